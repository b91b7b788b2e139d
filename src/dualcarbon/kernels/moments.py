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
    """V' W V, (m, m), of values (n, m) and weights (n,)."""
    total = np.zeros((values.shape[1], values.shape[1]))
    root = np.sqrt(weights)[:, None]
    for start in range(0, len(values), BLOCK):
        part = values[start : start + BLOCK] * root[start : start + BLOCK]
        total += part.T @ part
    return total


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
