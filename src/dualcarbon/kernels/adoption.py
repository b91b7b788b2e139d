"""Sums of logistic probabilities over many firms, at many shifts of the log odds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EXACT = 1e-14
"""Error of the interpolation, relative to the largest value, that the number of nodes is chosen for."""


def tallies(log_odds: Floats, weights: Floats, code: Codes, shifts: Floats) -> Floats:
    """Sum over the firms of each group of w P(a + x), P(z) = 1 / (1 + exp(-z)), for every shift x and weight w.

    The sum is an analytic function of x whose nearest poles lie at a distance pi from the real axis. Where it takes
    fewer evaluations than there are shifts, it is summed at Chebyshev nodes of the range of the group's shifts and
    interpolated, to `EXACT` of its largest value.

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
    low, high = shifts.min(axis=1), shifts.max(axis=1)
    half = 0.5 * (high - low)
    nodes = _enough(float(half.max(initial=0.0)))
    if nodes >= shifts.shape[1]:
        return np.asarray(_summed(np.exp(-log_odds), weights, code, np.exp(-shifts)), dtype=np.float64)
    place = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)
    at = 0.5 * (low + high)[:, None] + half[:, None] * place
    found = _summed(np.exp(-log_odds), weights, code, np.exp(-at))
    turns = np.cos(np.outer(np.arange(nodes), np.pi * (np.arange(nodes) + 0.5) / nodes))
    coef = 2.0 / nodes * found @ turns.T
    coef[..., 0] *= 0.5
    wide = np.where(half > 0.0, half, 1.0)
    unit = (shifts - 0.5 * (low + high)[:, None]) / wide[:, None]
    basis = np.cos(np.arange(nodes)[:, None] * np.arccos(np.clip(unit, -1.0, 1.0))[:, None, :])
    return np.asarray(coef @ basis, dtype=np.float64)


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
