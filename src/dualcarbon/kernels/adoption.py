"""Sums of logistic probabilities over many firms, and their rise at many shifts of the log odds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EXACT = 1e-14
"""Error of the interpolation, relative to the largest value, that the number of nodes is chosen for."""

_FAR = 700.0
"""Log odds beyond which a probability is 0 or 1 and its odds overflow."""


def tallies(log_odds: Floats, weights: Floats, code: Codes, shifts: Floats) -> Floats:
    """Sum over the firms of each group of w P(a + x), P(z) = 1 / (1 + exp(-z)), for every shift x and weight w.

    Parameters
    ----------
    log_odds : (n,)
        a.
    weights : (n, w)
    code : (n,)
        Group of each firm, -1 for none.
    shifts : (g, m)
        x of each group.

    Returns
    -------
    (g, w, m)
    """
    return np.asarray(_summed(_against(log_odds), weights, code, _against(shifts)), dtype=np.float64)


def gains(log_odds: Floats, weights: Floats, code: Codes, shifts: Floats) -> Floats:
    """Sum over the firms of each group of w (P(a + x) - P(a)), for every shift x and weight w; as for `tallies`.

    As w (1 - P(a)) P(a + x) (1 - exp(-x)), no difference of like numbers: it keeps its digits for shifts however small.
    Divided by x it is an analytic function whose nearest poles lie at a distance pi from the real axis. Where it takes
    fewer evaluations than there are shifts, that is summed at Chebyshev nodes of the range of the group's shifts and
    interpolated, to `EXACT` of its largest value.
    """
    against = _against(log_odds)
    stay = np.ascontiguousarray(weights * (against / (1.0 + against))[:, None])

    def chords(at: Floats) -> Floats:
        found = np.asarray(_summed(against, stay, code, _against(at)), dtype=np.float64)
        bounded = np.clip(at, -_FAR, _FAR)
        slope = np.divide(-np.expm1(-bounded), at, out=np.ones_like(at), where=at != 0.0)
        return found * slope[:, None, :]

    return shifts[:, None, :] * _through_nodes(chords, shifts)


def _through_nodes(function: Callable[[Floats], Floats], shifts: Floats) -> Floats:
    """A function of (g, m) to (g, w, m) at the shifts, or interpolated from fewer nodes of their range."""
    low, high = shifts.min(axis=1), shifts.max(axis=1)
    half, middle = 0.5 * (high - low), 0.5 * (low + high)
    nodes = _enough(float(half.max(initial=0.0)))
    if nodes >= shifts.shape[1]:
        return function(shifts)
    angles = np.pi * (np.arange(nodes) + 0.5) / nodes
    found = function(middle[:, None] + half[:, None] * np.cos(angles))
    coef = 2.0 / nodes * found @ np.cos(np.outer(np.arange(nodes), angles)).T
    coef[..., 0] *= 0.5
    unit = (shifts - middle[:, None]) / np.where(half > 0.0, half, 1.0)[:, None]
    basis = np.cos(np.arange(nodes)[:, None] * np.arccos(np.clip(unit, -1.0, 1.0))[:, None, :])
    return np.asarray(coef @ basis, dtype=np.float64)


def _against(log_odds: Floats) -> Floats:
    """Odds against, exp(-z), within the range of a float."""
    return np.exp(-np.clip(log_odds, -_FAR, _FAR))


def _enough(half: float) -> int:
    """Nodes that interpolate P over 2 `half` to `EXACT`: rho^-n <= EXACT, the ellipse of rho through i pi / half."""
    if half == 0.0:
        return 1
    rho = math.pi / half + math.hypot(math.pi / half, 1.0)
    return max(2, math.ceil(-math.log(EXACT) / math.log(rho)))


@jit
def _summed(against: Floats, weights: Floats, code: Codes, factor: Floats) -> Floats:
    """The sums by definition, from odds against today, exp(-a), and their factors, exp(-x)."""
    groups, m = factor.shape
    kinds = weights.shape[1]
    out = np.zeros((groups, kinds, m))
    p = np.empty(m)
    for i in range(against.size):
        g = code[i]
        if g < 0:
            continue
        for k in range(m):
            p[k] = 1.0 / (1.0 + against[i] * factor[g, k])
        for j in range(kinds):
            w = weights[i, j]
            for k in range(m):
                out[g, j, k] += w * p[k]
    return out
