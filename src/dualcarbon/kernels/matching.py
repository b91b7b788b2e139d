"""Matching on one number: whom each treated unit is compared with, and the weight this gives to the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@jit
def nearest(treated: Floats, pool: Floats, k: int, caliper: float) -> Codes:
    """The k nearest of the pool for each treated unit, with replacement, (t, k); -1 where there are fewer.

    Of two at the same distance the lower one is taken.

    Parameters
    ----------
    treated : (t,)
    pool : (c,), increasing
    k : at least 1
    caliper : largest distance, may be infinite
    """
    found = np.full((treated.shape[0], k), -1, np.int64)
    for i in range(treated.shape[0]):
        right = np.searchsorted(pool, treated[i])
        left = right - 1
        for j in range(k):
            below = treated[i] - pool[left] if left >= 0 else np.inf
            above = pool[right] - treated[i] if right < pool.shape[0] else np.inf
            if min(below, above) > caliper or min(below, above) == np.inf:
                break
            if below <= above:
                found[i, j] = left
                left -= 1
            else:
                found[i, j] = right
                right += 1
    return found


@jit
def nearest_once(treated: Floats, pool: Floats, k: int, caliper: float) -> Codes:
    """The nearest of the pool still free for each treated unit, without replacement, (t, k); -1 where there is none.

    In k rounds, each in the order of the treated given; of two at the same distance the lower one is taken.

    Parameters
    ----------
    treated : (t,), in the order in which they choose
    pool : (c,), increasing
    k : at least 1
    caliper : largest distance, may be infinite
    """
    size = pool.shape[0]
    lower, upper = np.arange(size + 1), np.arange(size + 1)
    found = np.full((treated.shape[0], k), -1, np.int64)
    for j in range(k):
        for i in range(treated.shape[0]):
            place = np.searchsorted(pool, treated[i])
            right = _free(upper, place)
            left = _free(lower, place) - 1
            below = treated[i] - pool[left] if left >= 0 else np.inf
            above = pool[right] - treated[i] if right < size else np.inf
            if min(below, above) > caliper or min(below, above) == np.inf:
                continue
            taken = left if below <= above else right
            found[i, j] = taken
            lower[taken + 1] = taken
            upper[taken] = taken + 1
    return found


@jit
def _free(link: Codes, place: int) -> int:
    """Where the links from a place end; they are shortened on the way."""
    while link[place] != place:
        link[place] = link[link[place]]
        place = link[place]
    return place


@jit
def shares(found: Codes, size: int) -> Floats:
    """Weights of the pool, (size,), when each treated unit spreads 1 evenly over those it found, (t, k)."""
    weights = np.zeros(size)
    for i in range(found.shape[0]):
        count = 0
        for j in range(found.shape[1]):
            count += found[i, j] >= 0
        for j in range(found.shape[1]):
            if found[i, j] >= 0:
                weights[found[i, j]] += 1.0 / count
    return weights


@jit
def epanechnikov(treated: Floats, pool: Floats, bandwidth: float) -> tuple[Floats, Codes]:
    """Weights of the pool, (c,), when each treated unit spreads 1 in proportion to 1 - (distance / bandwidth)^2.

    Returns
    -------
    weights : (c,)
    found : (t,), how many of the pool lie within the bandwidth

    Parameters
    ----------
    treated : (t,)
    pool : (c,), increasing
    bandwidth : positive
    """
    weights = np.zeros(pool.shape[0])
    found = np.zeros(treated.shape[0], np.int64)
    near = np.empty(pool.shape[0])
    for i in range(treated.shape[0]):
        here = treated[i]
        first = np.searchsorted(pool, here - bandwidth)
        size = np.searchsorted(pool, here + bandwidth) - first
        others, given = pool[first : first + size], weights[first : first + size]
        for j in range(size):
            distance = (others[j] - here) / bandwidth
            near[j] = max(0.0, 1.0 - distance * distance)
        total = _total(near[:size])
        if total > 0.0:
            found[i] = size
            share = 1.0 / total
            for j in range(size):
                given[j] += near[j] * share
    return weights, found


@jit
def _total(values: Floats) -> float:
    """The sum of the values, in four strands that do not wait for one another."""
    a = b = c = d = 0.0
    whole = values.shape[0] - values.shape[0] % 4
    for j in range(0, whole, 4):
        a += values[j]
        b += values[j + 1]
        c += values[j + 2]
        d += values[j + 3]
    for j in range(whole, values.shape[0]):
        a += values[j]
    return (a + b) + (c + d)
