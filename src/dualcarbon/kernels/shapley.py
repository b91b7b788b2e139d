"""The change of a product shared out to its factors by the orders in which they may change.

With S the set of factors that have changed, the effect of factor k is the mean of V(S + k) - V(S) over all n! orders,
or over an order and its reverse. For products of numbers and of matrices the mean over all orders is an integral,

    sum_S |S|! (n - 1 - |S|)! / n! (V(S + k) - V(S)) = int_0^1 [prod_j<k x_j(t)] dx_k [prod_j>k x_j(t)] dt,

x(t) = x_0 + t dx, because int t^s (1 - t)^(n - 1 - s) dt = s! (n - 1 - s)! / n!. The integrand is a polynomial of
degree n - 1, so that Gauss and Legendre's rule with n/2 nodes, rounded up, is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]


def nodes(factors: int) -> tuple[Array, Array]:
    """Nodes in (0, 1) and weights, adding up to 1, exact for polynomials of degree `factors` - 1."""
    places, weights = np.polynomial.legendre.leggauss((factors + 1) // 2)
    return (places + 1.0) / 2.0, weights / 2.0


def shapley_effects(before: Array, after: Array) -> Array:
    """Mean over all orders, (k, n), of the change that each of k factors makes in each of n cells.

    Parameters
    ----------
    before, after : (k, n)
        Factors in the two periods, of any sign.

    Examples
    --------
    >>> shapley_effects(np.array([[2.0], [3.0]]), np.array([[4.0], [5.0]])).ravel().tolist()
    [8.0, 6.0]
    """
    places, weights = nodes(len(before))
    return np.asarray(_integrate(np.ascontiguousarray(before), np.ascontiguousarray(after), places, weights))


def ordered_effects(before: Array, after: Array) -> Array:
    """The change (k, n) that each factor makes where they change one after the other, the first first.

    Examples
    --------
    >>> ordered_effects(np.array([[2.0], [3.0]]), np.array([[4.0], [5.0]])).ravel().tolist()
    [6.0, 8.0]
    """
    return np.asarray(_ordered(np.ascontiguousarray(before), np.ascontiguousarray(after)))


def polar_effects(before: Array, after: Array) -> Array:
    """Mean (k, n) of the order given and its reverse (Dietzenbacher & Los 1998, doi:10.1080/09535319800000023)."""
    back = ordered_effects(before[::-1], after[::-1])[::-1]
    return np.asarray((ordered_effects(before, after) + back) / 2.0)


def subset_totals(before: Array, after: Array) -> Array:
    """Sums over the cells, (2^k,), of the products with the factors in the bits of the place changed.

    Examples
    --------
    >>> subset_totals(np.array([[2.0], [3.0]]), np.array([[4.0], [5.0]])).tolist()
    [6.0, 12.0, 10.0, 20.0]
    """
    return np.asarray(_subsets(np.ascontiguousarray(before), np.ascontiguousarray(after)))


def shapley_of_subsets(values: Array) -> Array:
    """Mean over all orders of the change that each of k players makes, from the values (2^k, ...) of all subsets.

    Examples
    --------
    >>> shapley_of_subsets(np.array([6.0, 12.0, 10.0, 20.0])).tolist()
    [8.0, 6.0]
    """
    places = np.arange(len(values))
    k = int(len(values)).bit_length() - 1
    size = np.array([int(place).bit_count() for place in places])
    shares = np.array([factorial(s) * factorial(k - 1 - s) / factorial(k) for s in range(k)])
    found = np.empty((k, *values.shape[1:]))
    for factor in range(k):
        without = places[(places >> factor) & 1 == 0]
        gains = values[without + (1 << factor)] - values[without]
        found[factor] = np.tensordot(shares[size[without]], gains, axes=1)
    return found


def path_of_subsets(values: Array, order: Sequence[int]) -> Array:
    """The change that each player makes where they join in this order, from the values (2^k, ...) of all subsets."""
    found = np.empty((len(order), *values.shape[1:]))
    held = 0
    for factor in order:
        found[factor] = values[held + (1 << factor)] - values[held]
        held += 1 << factor
    return found


def chain(parts: Sequence[Array]) -> Array:
    """The product of matrices from the left."""
    product = parts[0]
    for part in parts[1:]:
        product = product @ part
    return product


def shapley_of_matrices(before: Sequence[Array], after: Sequence[Array]) -> Array:
    """Mean over all orders, (k, ...), of the change that each of k matrices makes in their product."""
    places, weights = nodes(len(before))
    steps = [end - start for start, end in zip(before, after, strict=True)]
    found: list[Array] = []
    for factor in range(len(before)):
        total = np.zeros(())
        for t, weight in zip(places, weights, strict=True):
            moved = [start + t * step for start, step in zip(before, steps, strict=True)]
            moved[factor] = steps[factor]
            total = total + weight * chain(moved)
        found.append(total)
    return np.stack(found)


def ordered_of_matrices(before: Sequence[Array], after: Sequence[Array], order: Sequence[int]) -> Array:
    """The change (k, ...) that each matrix makes in the product where they change in this order."""
    now = list(before)
    found: list[Array] = [np.zeros(())] * len(before)
    for factor in order:
        parts = list(now)
        parts[factor] = after[factor] - before[factor]
        found[factor] = chain(parts)
        now[factor] = after[factor]
    return np.stack(found)


def matrices_of_subsets(before: Sequence[Array], after: Sequence[Array]) -> Array:
    """Products (2^k, ...) with the matrices in the bits of the place changed."""
    k, both = len(before), (before, after)
    return np.stack([chain([both[place >> j & 1][j] for j in range(k)]) for place in range(1 << k)])


@jit
def _integrate(before: Array, after: Array, places: Array, weights: Array) -> Array:
    k, n = before.shape
    found = np.zeros((k, n))
    left = np.empty(k + 1)
    for i in range(n):
        for node in range(places.size):
            t = places[node]
            left[0] = weights[node]
            for j in range(k):
                left[j + 1] = left[j] * ((1.0 - t) * before[j, i] + t * after[j, i])
            right = 1.0
            for j in range(k - 1, -1, -1):
                found[j, i] += left[j] * (after[j, i] - before[j, i]) * right
                right *= (1.0 - t) * before[j, i] + t * after[j, i]
    return found


@jit
def _ordered(before: Array, after: Array) -> Array:
    k, n = before.shape
    found = np.empty((k, n))
    right = np.empty(k + 1)
    for i in range(n):
        right[k] = 1.0
        for j in range(k - 1, -1, -1):
            right[j] = right[j + 1] * before[j, i]
        left = 1.0
        for j in range(k):
            found[j, i] = left * (after[j, i] - before[j, i]) * right[j + 1]
            left *= after[j, i]
    return found


@jit
def _subsets(before: Array, after: Array) -> Array:
    k, n = before.shape
    totals, lost, product = np.zeros(1 << k), np.zeros(1 << k), np.empty(1 << k)
    for i in range(n):
        product[0] = 1.0
        for j in range(k):
            half = 1 << j
            for place in range(half):
                product[half + place] = product[place] * after[j, i]
                product[place] *= before[j, i]
        for place in range(1 << k):
            y = product[place] - lost[place]
            total = totals[place] + y
            lost[place] = (total - totals[place]) - y
            totals[place] = total
    return totals
