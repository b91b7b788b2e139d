"""Tests of an effect when its trend after treatment is bounded by the largest step before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FLAT = 1e-12
"""Distance from 1 at which a statistic moves with the largest one and sets no limit."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """The vertices of one linear piece of the restriction.

    Attributes
    ----------
    slope : (j, k + p)
        Statistic j at the value t is slope_j'b + offset_j t; the largest should not exceed 0.
    offset : (j,)
    vcov : (j, j)
        Of the statistics.
    critical : float
        Quantile of their largest under means of zero: the first, least favourable stage.
    """

    slope: Floats
    offset: Floats
    vcov: Floats
    critical: float


def pieces(vcov: Floats, target: Floats, ratio: float, kappa: float, shocks: Floats) -> list[Restriction]:
    """All pieces of the restriction |d_t - d_(t-1)| <= ratio v after treatment, v the largest step before it.

    Piece (s, sign) takes v = sign (d_(s+1) - d_s). The steps after treatment are nuisance parameters but for their
    combination sum_t c_t (d_t - d_(t-1)) = target'd, c_t = sum_(r>=t) target_r. Every step has two moments,
    +-(step) - ratio v <= 0, with standard deviations s+-. The dual of min_(eta, steps) max moment / s has the vertices

        (target'b - t - ratio sum |c_t| v) / q+,   (t - target'b - ratio sum |c_t| v) / q-,   -2 ratio v / (s+_t + s-_t)

    q+ = sum |c_t| s_t, s the deviation of the moment on the side of c_t's sign, q- of the other side.

    Parameters
    ----------
    vcov : (k + p, k + p), of the effects in order of time, the reference between the k before and the p after it
    target : (p,)
    ratio : largest step after treatment in units of the largest one before it
    kappa : size of the first stage
    shocks : (r, k + p), draws of the normal with mean zero and covariance `vcov`
    """
    p, k = len(target), len(vcov) - len(target)
    steps = _steps(k, p)
    found = []
    for s in range(k if ratio > 0 else 1):
        for sign in (1.0, -1.0) if ratio > 0 else (1.0,):
            slope, offset = _vertices(vcov, steps[k:], ratio * sign * steps[s], target)
            critical = float(np.quantile((shocks @ slope.T).max(axis=1), 1 - kappa))
            found.append(Restriction(slope, offset, slope @ vcov @ slope.T, critical))
    return found


def _steps(k: int, p: int) -> Floats:
    """Differences of neighbouring periods from k before to p after the reference, which is zero: (k + p, k + p)."""
    values = np.insert(np.eye(k + p), k, 0.0, axis=0)
    return np.diff(values, axis=0)


def _vertices(vcov: Floats, after: Floats, most: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Slopes, (j, k + p), and offsets, (j,), of the statistics; `most` is the row of ratio v."""
    c = np.cumsum(target[::-1])[::-1]
    above, below = after - most, -after - most
    up, down = (np.sqrt(np.einsum("pk,kl,pl->p", m, vcov, m)) for m in (above, below))
    centre, spread = c @ after, np.abs(c).sum() * most
    first = float(np.abs(c) @ np.where(c > 0, up, down))
    second = float(np.abs(c) @ np.where(c > 0, down, up))
    slope = [(centre - spread) / first, (-centre - spread) / second]
    offset = [-1.0 / first, 1.0 / second]
    if np.any(most):
        slope += list(-2.0 * most / (up + down)[:, None])
        offset += [0.0] * len(after)
    return np.array(slope), np.array(offset)


def accepted(found: Sequence[Restriction], estimate: Floats, values: Floats, alpha: float, kappa: float) -> Mask:
    """Whether each value, (v,), of the effect is accepted by some piece: the conditional test after the first stage."""
    held = np.zeros(len(values), dtype=np.bool_)
    for piece in found:
        rest = ~held
        held[rest] = ~_rejected(piece, estimate, values[rest], alpha, kappa)
    return held


def _rejected(piece: Restriction, estimate: Floats, values: Floats, alpha: float, kappa: float) -> Mask:
    statistic = piece.slope @ estimate + np.outer(values, piece.offset)
    at = np.argmax(statistic, axis=1)
    rows = np.arange(len(values))
    largest, variance = statistic[rows, at], np.diag(piece.vcov)[at]
    share = piece.vcov[:, at].T / variance[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = (statistic - share * largest[:, None]) / (1.0 - share)
    low = np.max(np.where(share < 1.0 - FLAT, limit, -np.inf), axis=1)
    high = np.min(np.where(share > 1.0 + FLAT, limit, np.inf), axis=1)
    error = np.sqrt(variance)
    size = (alpha - kappa) / (1.0 - kappa)
    quantile = truncated_quantile(1.0 - size, low / error, np.minimum(high, piece.critical) / error)
    return np.asarray((largest > piece.critical) | (largest / error > np.maximum(quantile, 0.0)))


def truncated_quantile(level: float, low: Floats, high: Floats) -> Floats:
    """Quantile of the standard normal truncated to [low, high], (v,); in logarithms, so that far tails are exact."""
    from scipy.special import log_ndtr, ndtri_exp

    upper = low > 0.0
    left, right = np.where(upper, -high, low), np.where(upper, -low, high)
    share = np.where(upper, 1.0 - level, level)
    with np.errstate(divide="ignore"):
        logarithm = np.logaddexp(np.log(share) + log_ndtr(right), np.log1p(-share) + log_ndtr(left))
    found = ndtri_exp(np.minimum(logarithm, 0.0))
    return np.asarray(np.where(upper, -found, found), dtype=np.float64)
