"""The shortest interval of fixed length for an effect whose trend may bend by a given amount each period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 80
"""Penalties tried before the best is refined."""

ROUNDS = 20_000
"""Sweeps of the coordinate descent allowed."""

SETTLED = 1e-14
"""Change of a sweep, relative to the largest weight, at which the descent stops."""


@dataclass(frozen=True, slots=True)
class Affine:
    """A linear estimator of an effect and its interval.

    Attributes
    ----------
    weights : (k + p,)
        On the effects before and after treatment; exact under a linear trend.
    bias : float
        Largest bias if the trend's slope changes by at most `bend` from one period to the next.
    se : float
    half : float
        Half-length of the interval: the quantile of |N(bias, se^2)|.
    """

    weights: Floats
    bias: float
    se: float
    half: float


def fixed_length(vcov: Floats, target: Floats, bend: float, alpha: float) -> Affine:
    """The estimator target'b_post + v'b_pre, exact under linear trends, with the shortest honest interval.

    With k periods before and p after the reference, v_j = w_j - w_(j-1), z_j = w_1 + ... + w_j and z_k = sum_s s
    target_s, its largest bias is

        bend (sum_j |z_j| + sum_(s<p) |sum_(r=1..s) r target_(p-s+r)|)

    so that z minimises variance / 2 + m sum |z_j| for some m; the best m is found on a grid and refined.

    Parameters
    ----------
    vcov : (k + p, k + p), of the effects in order of time, the reference (0) between the k before and the p after it
    target : (p,)
    bend : largest change of slope, not negative
    alpha : one less the level

    Notes
    -----
    Rambachan & Roth (2023), https://doi.org/10.1093/restud/rdad018; Armstrong & Kolesar (2018),
    https://doi.org/10.3982/ECTA14434.
    """
    p, k = len(target), len(vcov) - len(target)
    last = float(np.arange(1, p + 1) @ target)
    fixed = sum(abs(float(np.arange(1, s + 1) @ target[p - s :])) for s in range(1, p)) + abs(last)
    basis = _weights_of(k)
    quadratic = basis.T @ vcov[:k, :k] @ basis
    linear = basis.T @ vcov[:k, k:] @ target
    gradient = linear[:-1] + quadratic[:-1, -1] * last

    def chosen(penalty: float, start: Floats) -> tuple[Affine, Floats]:
        free = _lasso(quadratic[:-1, :-1], gradient, penalty, start)
        v = np.concatenate([basis @ np.append(free, last), target])
        bias, se = bend * (fixed + float(np.abs(free).sum())), float(v @ vcov @ v) ** 0.5
        return Affine(v, bias, se, folded_quantile(bias / se, 1 - alpha) * se), free

    return _shortest(chosen, float(np.abs(gradient).max(initial=0.0)), k - 1)


def _shortest(chosen: Callable[[float, Floats], tuple[Affine, Floats]], most: float, size: int) -> Affine:
    """The penalty between 0 and the one at which all free weights are 0 that gives the shortest interval."""
    from scipy.optimize import minimize_scalar

    best, free = chosen(most, np.zeros(size))
    if most == 0.0:
        return best
    grid = most * np.append(np.geomspace(1.0, 1e-8, STEPS), 0.0)
    found = [best]
    starts = [free]
    for penalty in grid[1:]:
        answer, free = chosen(float(penalty), free)
        found.append(answer)
        starts.append(free)
    at = int(np.argmin([one.half for one in found]))
    ends = float(grid[min(at + 1, STEPS)]), float(grid[max(at - 1, 0)])
    refined = minimize_scalar(
        lambda m: chosen(float(m), starts[at])[0].half, bounds=ends, method="bounded", options={"xatol": 1e-10 * most}
    )
    better = chosen(float(refined.x), starts[at])[0]
    return better if better.half < found[at].half else found[at]


def _weights_of(k: int) -> Floats:
    """The map from z to the weights on the k effects before the reference: second differences, (k, k)."""
    step = np.eye(k) - np.eye(k, k=-1)
    return step @ step


def _lasso(quadratic: Floats, linear: Floats, penalty: float, start: Floats) -> Floats:
    """z that minimises z'Qz / 2 + linear'z + penalty |z|_1, by coordinates."""
    z = start.copy()
    for _ in range(ROUNDS):
        moved = 0.0
        for j in range(len(z)):
            slope = linear[j] + quadratic[j] @ z - quadratic[j, j] * z[j]
            new = -np.sign(slope) * max(abs(slope) - penalty, 0.0) / quadratic[j, j]
            moved = max(moved, abs(new - z[j]))
            z[j] = new
        if moved <= SETTLED * max(float(np.abs(z).max(initial=0.0)), 1.0):
            break
    return z


def folded_quantile(mean: float, level: float) -> float:
    """Quantile of |N(mean, 1)|."""
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    centre = abs(mean)
    low, high = float(ndtri((1 + level) / 2)), centre + float(ndtri((1 + level) / 2))
    if centre == 0.0:
        return low
    return float(brentq(lambda x: ndtr(x - centre) - ndtr(-x - centre) - level, 0.0, high, xtol=1e-14))
