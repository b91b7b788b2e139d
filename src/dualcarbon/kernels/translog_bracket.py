"""Two estimates of the translog hyperbolic function that fail where the pooled one does not, and the reverse.

Within firm: a firm's lasting carbon intensity is technology. Leave one out: s is instrumented by the firm's mean s in
its other years, which noise of this year does not touch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.quadratic_form import features
from dualcarbon.kernels.stochastic import conditional_mean, moments
from dualcarbon.kernels.tall import apply_transposed, cross, times
from dualcarbon.kernels.translog import Coordinates, inefficiency, project

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_MEAN = math.sqrt(2.0 / math.pi)
_LEAST_ROWS_PER_PARAMETER = 3
_RANK = 1e-10


@dataclass(frozen=True, slots=True)
class Rival:
    """theta (p,), on the monotone cone, and E[u | e] (n,), NaN for a firm that is seen once where that matters."""

    theta: Array
    u: Array


def within_firm(data: Coordinates, unit: Index) -> Rival | None:
    """Least squares on deviations from firm means.

    None if fewer than 3 rows per parameter are of repeated firms, if their features are collinear within firms (an
    input that never changes), or if the slopes are too far from the cone to be projected.

    u comes from the within residuals plus sigma_u sqrt(2 / pi), sigma_u and sigma_v from their second and third
    moments: with T rows of a firm, sum e^2 has mean (T - 1) variance and sum e^3 has mean (T - 1)(T - 2) / T times the
    third moment of one u + v. Firms seen at most twice have symmetric deviations: u is then NaN throughout.
    """
    count = np.bincount(unit)[unit]
    f = features(data.z)
    if np.count_nonzero(count > 1) < _LEAST_ROWS_PER_PARAMETER * f.shape[1]:
        return None
    deviations = np.column_stack([_deviation(f[:, j], unit) for j in range(1, f.shape[1])])
    slopes = _solve(deviations, -_deviation(data.left, unit), _norm(f)[1:])
    theta = _on_cone(None if slopes is None else np.append(0.0, slopes), data)
    if theta is None:
        return None
    e = _deviation(inefficiency(theta, data), unit)
    variance = float(np.sum(e * e) / np.sum(1.0 - 1.0 / count))
    weight = float(np.sum((count - 1.0) * (count - 2.0) / count**2))
    if weight == 0.0:
        return Rival(theta, np.full(e.size, np.nan))
    sigma_u, sigma_v = moments(variance, float(np.sum(e * e * e)) / weight)
    u = conditional_mean(e + sigma_u * _MEAN, sigma_u, sigma_v)
    return Rival(theta, np.where(count > 1, u, np.nan))


def leave_one_out(data: Coordinates, unit: Index) -> Rival | None:
    """Two-stage least squares, s replaced in the instruments by the firm's mean s in its other rows.

    None under the conditions of `within_firm`, for the instruments. u by the moments of the residuals.
    """
    count = np.bincount(unit)
    repeated = count[unit] > 1
    s = data.z[:, -1]
    others = (np.bincount(unit, s)[unit] - s) / np.maximum(count[unit] - 1, 1)
    w = features(np.column_stack([data.z[:, :-1], others])[repeated])
    f = features(data.z)
    if (
        len(w) < _LEAST_ROWS_PER_PARAMETER * f.shape[1]
        or np.linalg.matrix_rank(second := cross(w, w), hermitian=True) < w.shape[1]
    ):
        return None
    fitted = times(w, np.asarray(np.linalg.solve(second, cross(w, f[repeated])), dtype=np.float64))
    theta = _on_cone(_solve(fitted, -data.left[repeated], _norm(f)), data)
    if theta is None:
        return None
    e = inefficiency(theta, data)
    e -= e.mean()
    sigma_u, sigma_v = moments(float(np.mean(e * e)), float(np.mean(e * e * e)))
    return Rival(theta, conditional_mean(e + sigma_u * _MEAN, sigma_u, sigma_v))


def _deviation(values: Array, unit: Index) -> Array:
    return np.asarray(values - (np.bincount(unit, values) / np.bincount(unit))[unit], dtype=np.float64)


def _solve(f: Array, values: Array, scale: Array) -> Array | None:
    """Least squares by the normal equations; None where the columns are dependent to 1e-10 of the squared scale."""
    if not scale.all():
        return None
    scaled = cross(f, f) / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < _RANK:
        return None
    return np.asarray(np.linalg.solve(scaled, apply_transposed(f, values) / scale) / scale, dtype=np.float64)


def _norm(f: Array) -> Array:
    return np.asarray(np.sqrt(np.einsum("ni,ni->i", f, f)), dtype=np.float64)


def _on_cone(theta: Array | None, data: Coordinates) -> Array | None:
    if theta is None:
        return None
    try:
        return project(theta, data)
    except ArithmeticError:
        return None
