"""A dual simplex for few rows: the inverse of the basis is computed anew at every pivot, the pool is priced whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.facet_book import INFEASIBLE, OPTIMAL, REDUCED, STUCK, Array, Book, Index, Scratch, weigh
from dualcarbon.kernels.jit import jit

_PIVOTS = 300
_ROUNDING = 1e-14
"""Entries of an inverse this small beside others of their column are rounding of zero."""


@jit
def invert(basis: Array, inverse: Array) -> bool:
    """Gauss-Jordan with partial pivoting on rows of equal size; `basis` is overwritten. False if singular."""
    size = basis.shape[0]
    for i in range(size):
        large = 0.0
        for j in range(size):
            large = max(large, abs(basis[i, j]))
        if not large > 0.0:
            return False
        for j in range(size):
            basis[i, j] /= large
            inverse[i, j] = 1.0 / large if i == j else 0.0
    for c in range(size):
        pivot = c
        for r in range(c + 1, size):
            if abs(basis[r, c]) > abs(basis[pivot, c]):
                pivot = r
        if not abs(basis[pivot, c]) > 1e-15:
            return False
        for k in range(size):
            basis[c, k], basis[pivot, k] = basis[pivot, k], basis[c, k]
            inverse[c, k], inverse[pivot, k] = inverse[pivot, k], inverse[c, k]
        factor = 1.0 / basis[c, c]
        for k in range(size):
            basis[c, k] *= factor
            inverse[c, k] *= factor
        for r in range(size):
            factor = basis[r, c]
            if r != c and factor != 0.0:
                for k in range(size):
                    basis[r, k] -= factor * basis[c, k]
                    inverse[r, k] -= factor * inverse[c, k]
    for k in range(size):
        large = 0.0
        for i in range(size):
            large = max(large, abs(inverse[i, k]))
        for i in range(size):
            if abs(inverse[i, k]) < _ROUNDING * large:
                inverse[i, k] = 0.0
    return True


@jit
def factor(book: Book, codes: Index, first: Array, scratch: Scratch) -> bool:
    """Inverse of the basis with `first` before the columns of `codes`."""
    size = first.shape[0]
    for i in range(size):
        scratch.basis[i, 0] = first[i]
    for c in range(1, size):
        code = codes[c - 1]
        for i in range(size):
            scratch.basis[i, c] = book.pool[i, code] if code >= 0 else 0.0
        if code < 0:
            scratch.basis[-code - 1, c] = 1.0
    return invert(scratch.basis, scratch.inverse)


@jit
def _leaving(book: Book, codes: Index, side: Array, may: NDArray[np.bool_], scratch: Scratch, zero: float) -> int:
    """Position of the basic variable that is out of bounds most, 0 if none; `scratch.ray` is its row, signed."""
    size = side.shape[0]
    most, at, sign = zero, 0, 1.0
    for i in range(size):
        value = 0.0
        for k in range(size):
            value += scratch.inverse[i, k] * side[k]
        scratch.values[i] = value
        if i > 0 and may[i]:
            held = codes[i - 1] < 0 and book.fixed[-codes[i - 1] - 1]
            if -value > most:
                most, at, sign = -value, i, 1.0
            elif held and value > most:
                most, at, sign = value, i, -1.0
    if at > 0:
        for k in range(size):
            scratch.ray[k] = sign * scratch.inverse[at, k]
    return at


@jit
def _entering(book: Book, scratch: Scratch) -> int:
    """Code of the variable that keeps every reduced cost nonnegative when it enters; the size of the pool if none."""
    size, count = scratch.ray.shape[0], int(book.size[0])
    cost = scratch.inverse[0]
    large = 1.0
    for k in range(size):
        large = max(large, abs(scratch.ray[k]))
    least = -REDUCED * large
    weigh(book.pool, cost, 0, count, scratch.first)
    weigh(book.pool, scratch.ray, 0, count, scratch.second)
    best, code, pivot = np.inf, count, 0.0
    for j in range(count):
        change = scratch.second[j]
        if change < least:
            ratio = max(scratch.first[j], 0.0) / -change
            if ratio < best - 1e-14 or (ratio <= best + 1e-14 and -change > pivot):
                best, code, pivot = ratio, j, -change
    for k in range(size):
        change = scratch.ray[k]
        if change < least and not book.fixed[k]:
            ratio = max(cost[k], 0.0) / -change
            if ratio < best - 1e-14 or (ratio <= best + 1e-14 and -change > pivot):
                best, code, pivot = ratio, -(k + 1), -change
    return code


@jit
def dual_simplex(
    book: Book, codes: Index, first: Array, side: Array, may: NDArray[np.bool_], scratch: Scratch, zero: float
) -> tuple[int, int]:
    """From a dual feasible basis to the optimum over the pool; only the positions in `may` leave the basis.

    Returns status and number of pivots. OPTIMAL: `scratch.inverse[0]` are the multipliers, `scratch.values` the
    values. INFEASIBLE: `scratch.ray` proves it.
    """
    if not factor(book, codes, first, scratch):
        return STUCK, 0
    for pivots in range(_PIVOTS):
        row = _leaving(book, codes, side, may, scratch, zero)
        if row == 0:
            return OPTIMAL, pivots
        code = _entering(book, scratch)
        if code == int(book.size[0]):
            return INFEASIBLE, pivots
        codes[row - 1] = code
        if not factor(book, codes, first, scratch):
            return STUCK, pivots
    return STUCK, _PIVOTS
