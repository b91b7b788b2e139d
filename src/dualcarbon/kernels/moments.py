"""Means, squares and cross products, summed in blocks of rows in a fixed order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]

BLOCK = 4096


@jit
def weighted_sums(values: Floats, weights: Floats) -> Floats:
    """V' w, (m,), of values (n, m) and weights (n,)."""
    n, columns = values.shape
    total = np.zeros(columns)
    part = np.empty(columns)
    for start in range(0, n, BLOCK):
        part[:] = 0.0
        for r in range(start, min(start + BLOCK, n)):
            for c in range(columns):
                part[c] += weights[r] * values[r, c]
        total += part
    return total


@jit
def sums_of_squares(values: Floats, weights: Floats) -> Floats:
    """Diagonal of V' W V, (m,), of values (n, m) and weights (n,)."""
    n, columns = values.shape
    total = np.zeros(columns)
    part = np.empty(columns)
    for start in range(0, n, BLOCK):
        part[:] = 0.0
        for r in range(start, min(start + BLOCK, n)):
            for c in range(columns):
                part[c] += weights[r] * values[r, c] * values[r, c]
        total += part
    return total


def cross_products(values: Floats, weights: Floats) -> Floats:
    """V' W V, (m, m), of values (n, m) and weights (n,).

    In one thread, so that the bits do not depend on the number of threads.
    """
    return _cross_products(np.ascontiguousarray(values), weights)


@jit
def _cross_products(values: Floats, weights: Floats) -> Floats:
    n, columns = values.shape
    total = np.zeros((columns, columns))
    part = np.empty((columns, columns))
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        part[:] = 0.0
        for r in range(start, stop - 3, 4):
            _add_four(part, values[r : r + 4], weights[r : r + 4])
        for r in range(stop - (stop - start) % 4, stop):
            for j in range(columns):
                share = weights[r] * values[r, j]
                for c in range(j + 1):
                    part[j, c] += share * values[r, c]
        total += part
    for j in range(columns):
        for c in range(j):
            total[c, j] = total[j, c]
    return total


@jit
def _add_four(part: Floats, rows: Floats, weights: Floats) -> None:
    """Add the lower triangle of V' W V of four rows, (4, m), to `part`, in place."""
    v0, v1, v2, v3 = rows[0], rows[1], rows[2], rows[3]
    for j in range(part.shape[0]):
        a0, a1, a2, a3 = weights[0] * v0[j], weights[1] * v1[j], weights[2] * v2[j], weights[3] * v3[j]
        own = part[j]
        for c in range(j + 1):
            own[c] += (a0 * v0[c] + a1 * v1[c]) + (a2 * v2[c] + a3 * v3[c])


def cross_sums(a: Floats, b: Floats, weights: Floats) -> Floats:
    """A' W B, (p, q), of a (n, p), b (n, q) and weights (n,)."""
    return np.column_stack([weighted_sums(a, weights * column) for column in b.T])


def centred(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Deviations from the weighted column means, (n, m), and the means, (m,).

    The mean of the deviations is taken off once more, so that the size of the means costs no digits.
    """
    total = weights.sum()
    mean = weighted_sums(values, weights) / total
    deviations = values - mean
    correction = weighted_sums(deviations, weights) / total
    deviations -= correction
    return deviations, mean + correction
