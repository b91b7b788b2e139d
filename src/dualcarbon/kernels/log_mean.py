"""The logarithmic mean, and the change of a product shared out to its factors by it, cell by cell.

    L(a, b) = (a - b) / ln(a / b),   L(a, a) = a,   L(a, 0) = 0

computed as max(a, b) (1 - exp(-|r|)) / |r| with r = ln(a / b), which loses no digit where a is near b, and with r the
sum of the log ratios of the factors where a and b are products, so that the effects add up to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of two periods and what each factor adds.

    Attributes
    ----------
    start, end : (n,)
        Products of the factors.
    weight : (n,)
        L(end, start).
    effects : (k, n)
        L(end, start) ln(x_k1 / x_k0), with the limits of zero.
    """

    start: Array
    end: Array
    weight: Array
    effects: Array


def log_mean(a: Array, b: Array) -> Array:
    """L(a, b) of nonnegative arrays of one shape.

    Examples
    --------
    >>> log_mean(np.array([2.0, 1.0, 3.0]), np.array([2.0, 0.0, 1.0])).round(6).tolist()
    [2.0, 0.0, 1.820478]
    """
    flat = _log_mean(np.ascontiguousarray(a, dtype=np.float64).ravel(), np.ascontiguousarray(b, np.float64).ravel())
    return flat.reshape(np.shape(a))


def log_ratio(after: Array, before: Array) -> Array:
    """ln(after / before) of nonnegative arrays of one shape; 0 where both are 0, infinite where one is."""
    flat = _log_ratio(np.ascontiguousarray(after, np.float64).ravel(), np.ascontiguousarray(before, np.float64).ravel())
    return flat.reshape(np.shape(after))


def log_mean_effects(before: Array, after: Array) -> Cells:
    """What each factor of a product adds to its change, LMDI-I.

    Parameters
    ----------
    before, after : (k, n)
        Nonnegative factors of n cells in the two periods.

    Notes
    -----
    A cell that is zero in one period (Ang, Zhang & Choi 1998, Table 2): factors that rise from zero share its value,
    factors that fall to zero share minus its value, equally; the others get nothing. Zero in both periods: nothing.
    The effects of the reverse change are exactly minus the effects.

    doi:10.1016/S0360-5442(98)00016-4

    Examples
    --------
    >>> cells = log_mean_effects(np.array([[0.0], [0.0], [2.0]]), np.array([[4.0], [5.0], [3.0]]))
    >>> cells.effects.ravel().tolist()
    [30.0, 30.0, 0.0]
    """
    return Cells(*_effects(np.ascontiguousarray(before), np.ascontiguousarray(after)))


@jit
def _ratio(after: float, before: float) -> float:
    """ln(after / before), odd in the exchange of its arguments to the last bit."""
    if after == before:
        return 0.0
    high, low = max(after, before), min(after, before)
    if low == 0.0:
        size = math.inf
    elif high < 2.0 * low:
        size = math.log1p((high - low) / low)
    else:
        size = math.log(high / low)
        if math.isinf(size):
            size = math.log(high) - math.log(low)
    return size if after > before else -size


@jit
def _mean(top: float, r: float) -> float:
    """L of the larger of two numbers and the log of their ratio."""
    size = abs(r)
    return top if size == 0.0 else -top * math.expm1(-size) / size


@jit
def _log_mean(a: Array, b: Array) -> Array:
    found = np.empty(a.size)
    for i in range(a.size):
        found[i] = _mean(max(a[i], b[i]), _ratio(a[i], b[i]))
    return found


@jit
def _log_ratio(after: Array, before: Array) -> Array:
    found = np.empty(after.size)
    for i in range(after.size):
        found[i] = _ratio(after[i], before[i])
    return found


@jit
def _effects(before: Array, after: Array) -> tuple[Array, Array, Array, Array]:
    k, n = before.shape
    start, end, weight, effects = np.empty(n), np.empty(n), np.zeros(n), np.zeros((k, n))
    for i in range(n):
        v0, v1, r, rising, falling = 1.0, 1.0, 0.0, 0, 0
        for j in range(k):
            a, b = before[j, i], after[j, i]
            v0, v1 = v0 * a, v1 * b
            rising, falling = rising + (a == 0.0), falling + (b == 0.0)
        start[i], end[i] = v0, v1
        if rising > 0 and falling > 0:
            continue
        if rising > 0 or falling > 0:
            share = v1 / rising if rising > 0 else -v0 / falling
            for j in range(k):
                if before[j, i] == 0.0 or after[j, i] == 0.0:
                    effects[j, i] = share
            continue
        for j in range(k):
            effects[j, i] = _ratio(after[j, i], before[j, i])
            r += effects[j, i]
        weight[i] = _mean(v1 if r > 0.0 else v0, r)
        for j in range(k):
            effects[j, i] *= weight[i]
    return start, end, weight, effects
