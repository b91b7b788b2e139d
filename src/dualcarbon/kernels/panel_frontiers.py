"""Two panel estimates of a distance function that fail where the pooled one does not, and the reverse.

Within firm: a firm's lasting carbon intensity is technology. Leave one out: s is instrumented by the firm's mean s in
its other years, which noise of this year does not touch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.distance import Coordinates, features, inefficiency, project
from dualcarbon.kernels.laws import LAWS, Law
from dualcarbon.kernels.tall import apply_transposed, cross, times

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_LEAST_ROWS_PER_PARAMETER = 3
_RANK = 1e-10
_HALF_NORMAL = LAWS["half_normal"]


@dataclass(frozen=True, slots=True)
class Rival:
    """A fit by other means than the likelihood of all rows.

    Attributes
    ----------
    theta, free : (p,)
        On the monotone cone, and before.
    e : (n,)
        Estimates of u + v.
    sigma_u, sigma_v : float
        NaN where the third moment cannot be known.
    u : (n,)
        E[u | e]; NaN for a firm that is seen once where that matters.
    skewness : float
        Of u + v.
    """

    theta: Array
    free: Array
    e: Array
    sigma_u: float
    sigma_v: float
    u: Array
    skewness: float


def within_firm(data: Coordinates, unit: Index, law: Law = _HALF_NORMAL) -> Rival | None:
    """Least squares on deviations from firm means.

    None if fewer than 3 rows per parameter are of repeated firms, if their features are collinear within firms (an
    input that never changes), or if the slopes are too far from the cone to be projected.

    Null-jointness is not imposed: the level of the function is not known. u comes from the within residuals plus E[u],
    sigma_u and sigma_v from their second and third moments: with T rows of a firm, sum e^2 has mean (T - 1) variance
    and sum e^3 has mean (T - 1)(T - 2) / T times the third moment of one u + v. Firms seen at most twice have symmetric
    deviations: u is then NaN throughout.
    """
    data = replace(data, shape=replace(data.shape, null_jointness=False))
    count = np.bincount(unit)[unit]
    f = features(data)
    if np.count_nonzero(count > 1) < _LEAST_ROWS_PER_PARAMETER * f.shape[1]:
        return None
    deviations = np.column_stack([_deviation(f[:, j], unit) for j in range(1, f.shape[1])])
    slopes = _solve(deviations, -_deviation(data.left, unit), _norm(f)[1:])
    free = None if slopes is None else np.append(0.0, slopes)
    theta = _on_cone(free, data)
    if free is None or theta is None:
        return None
    e = _deviation(inefficiency(theta, data), unit)
    variance = float(np.sum(e * e) / np.sum(1.0 - 1.0 / count))
    weight = float(np.sum((count - 1.0) * (count - 2.0) / count**2))
    if weight == 0.0:
        unknown = np.full(e.size, np.nan)
        return Rival(theta, free, unknown, np.nan, np.nan, unknown, np.nan)
    third = float(np.sum(e * e * e)) / weight
    sigma_u, sigma_v = law.moments(variance, third)
    e = e + sigma_u * law.unit_mean
    u = law.mean(e, sigma_u, sigma_v)
    u = np.where(count > 1, u, np.nan)
    return Rival(theta, free, e, sigma_u, sigma_v, u, third / variance**1.5 if variance > 0.0 else 0.0)


def leave_one_out(data: Coordinates, unit: Index, law: Law = _HALF_NORMAL) -> Rival | None:
    """Two-stage least squares, s replaced in the instruments by the firm's mean s in its other rows.

    None under the conditions of `within_firm`, for the instruments. u by the moments of the residuals.
    """
    count = np.bincount(unit)
    repeated = count[unit] > 1
    s = data.z[:, data.total]
    z = data.z.copy()
    z[:, data.total] = (np.bincount(unit, s)[unit] - s) / np.maximum(count[unit] - 1, 1)
    w = np.ascontiguousarray(features(replace(data, z=z))[repeated])
    f = features(data)
    if (
        len(w) < _LEAST_ROWS_PER_PARAMETER * f.shape[1]
        or np.linalg.matrix_rank(second := cross(w, w), hermitian=True) < w.shape[1]
    ):
        return None
    fitted = times(w, np.asarray(np.linalg.solve(second, cross(w, f[repeated])), dtype=np.float64))
    free = _solve(fitted, -data.left[repeated], _norm(f))
    theta = _on_cone(free, data)
    return None if free is None or theta is None else by_moments(theta, free, data, law)


def by_moments(theta: Array, free: Array, data: Coordinates, law: Law) -> Rival:
    """A fit whose sigma_u, sigma_v and u come from the moments of its residuals, their mean taken for E[u].

    theta (p,) on the cone, free (p,) before.
    """
    e = inefficiency(theta, data)
    e -= e.mean()
    variance, third = float(np.mean(e * e)), float(np.mean(e * e * e))
    sigma_u, sigma_v = law.moments(variance, third)
    e = e + sigma_u * law.unit_mean
    skewness = third / variance**1.5 if variance > 0.0 else 0.0
    return Rival(theta, free, e, sigma_u, sigma_v, law.mean(e, sigma_u, sigma_v), skewness)


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
