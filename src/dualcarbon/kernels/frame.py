"""Rows of a reference set: which can matter, in which order they do not depend on how they came, which are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def canonical(table: Array) -> tuple[Index, NDArray[np.bool_]]:
    """An order of the rows of table (n, k) by their values alone, and which rows so ordered differ from the one before.

    The last column decides, ties go by all columns; equal rows stand together.
    """
    order = np.argsort(table[:, -1], kind="stable")
    last = table[order, -1]
    same = np.zeros(order.size, dtype=np.bool_)
    same[1:] = last[1:] == last[:-1]
    tied = same.copy()
    tied[:-1] |= same[1:]
    at = np.flatnonzero(tied)
    if at.size:
        rows = order[at]
        order[at] = rows[np.lexsort(table[rows].T)]
        same[at] = np.concatenate([[False], (table[order[at][1:]] == table[order[at][:-1]]).all(axis=1)])
    return order, ~same


@jit
def _undominated(x: Array, order: Index, kept: Index) -> int:
    count = 0
    for i in order:
        free = True
        for k in range(count):
            below = True
            for j in range(x.shape[1]):
                if x[kept[k], j] > x[i, j]:
                    below = False
                    break
            if below:
                free = False
                break
        if free:
            kept[count] = i
            count += 1
    return count


def undominated(x: Array) -> Index:
    """Rows of x (n, m) with no other row at or below in every input; of equal rows the first.

    Examples
    --------
    >>> undominated(np.array([[2.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0]])).tolist()
    [0, 1]
    """
    kept = np.empty(len(x), dtype=np.int64)
    count = _undominated(np.ascontiguousarray(x), np.lexsort((np.arange(len(x)), x.sum(axis=1))), kept)
    return kept[:count]


def alike(table: Array) -> Index:
    """An order of the rows of table (n, k), entries of one sign per column, in which neighbours are alike in logs.

    Logs of the entries are cut into steps between mean - 3 sd and mean + 3 sd and their bits interleaved (Morton
    order); rows of one key keep their order.
    """
    sizes = np.abs(table)
    bits = max(1, min(8, 62 // max(1, table.shape[1])))
    key = np.zeros(len(table), dtype=np.int64)
    for j in range(table.shape[1]):
        steps = _steps(sizes[:, j], 1 << bits)
        for bit in range(bits):
            key |= ((steps >> bit) & 1) << (bit * table.shape[1] + j)
    return np.argsort(key, kind="stable")


def _steps(values: Array, count: int) -> Index:
    positive = values > 0.0
    if not positive.any():
        return np.zeros(values.size, dtype=np.int64)
    logs = np.log(np.where(positive, values, values[positive].min()))
    centre, spread = logs.mean(), logs.std()
    if not spread > 0.0:
        return np.zeros(values.size, dtype=np.int64)
    share = (logs - centre) / (6.0 * spread) + 0.5
    return np.asarray(np.clip((share * count).astype(np.int64), 0, count - 1), dtype=np.int64)


def boxes(columns: Array, cell: int) -> tuple[Array, Array]:
    """Least and largest entries, (R, c) each, of every `cell` neighbouring columns of columns (R, n)."""
    starts = np.arange(0, columns.shape[1], cell)
    return np.minimum.reduceat(columns, starts, axis=1), np.maximum.reduceat(columns, starts, axis=1)
