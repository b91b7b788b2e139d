"""What the units of one technology have shown so far: the columns that were needed, and facets checked against all.

Columns that are alike stand together in cells. A cell whose box of least and largest entries lies on the right side of
a facet holds no column on the wrong side, so a facet is checked against every column by looking at few of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]
Index = NDArray[np.int64]

OPTIMAL, INFEASIBLE, STUCK, FULL = 0, 1, 2, 3
REDUCED = 1e-11
"""Negative reduced costs that count as zero, relative to the largest multiplier; columns have norm one."""
CELL = 32
OWN = 0
"""Slot of the pool for the column of the unit itself."""
_BLOCK = 1_024


class Book(NamedTuple):
    """What one technology has shown so far; R rows.

    Attributes
    ----------
    columns : (R, n)
        Every column, of norm one, neighbours alike.
    low, high : (R, c)
        Least and largest entries of each CELL columns.
    fixed : (R,) bool
        Rows without a slack.
    top : (q,) int64
        Per good the column with most of it per first input, -1 if that is without bound.
    pool : (R, p)
        Columns that were needed; slot 0 is the column of the unit itself, or zeros.
    slot : (n,) int64
        Position of a column in the pool, 0 if it is not there.
    facets : (R, f)
        Rays of norm one.
    bases : (f, R - 1) int64
        Their basic columns beside the direction: a slot of the pool, or -(i + 1), the unit vector of row i.
    table : (h,) int64
        Facets by their bases, -1 where empty; h is a power of two.
    size : (2,) int64
        Slots and facets in use.
    """

    columns: Array
    low: Array
    high: Array
    fixed: NDArray[np.bool_]
    top: Index
    pool: Array
    slot: Index
    facets: Array
    bases: Index
    table: Index
    size: Index


class Scratch(NamedTuple):
    """Room to work in: matrices (R, R), vectors (R,), two buffers as long as pool and facets, one for a cell."""

    basis: Array
    inverse: Array
    values: Array
    ray: Array
    first: Array
    second: Array
    cell: Array


@jit
def weigh(columns: Array, weight: Array, start: int, count: int, out: Array) -> None:
    """out[j] = weight' columns[:, start + j], j < count."""
    rows = columns.shape[0]
    i = 0
    if rows >= 4:
        w0, w1, w2, w3 = weight[0], weight[1], weight[2], weight[3]
        for j in range(count):
            k = start + j
            out[j] = w0 * columns[0, k] + w1 * columns[1, k] + w2 * columns[2, k] + w3 * columns[3, k]
        i = 4
    else:
        for j in range(count):
            out[j] = 0.0
    while i + 1 < rows:
        w0, w1 = weight[i], weight[i + 1]
        for j in range(count):
            out[j] += w0 * columns[i, start + j] + w1 * columns[i + 1, start + j]
        i += 2
    if i < rows:
        w0 = weight[i]
        for j in range(count):
            out[j] += w0 * columns[i, start + j]


@jit
def worst(book: Book, weight: Array, limit: float, scratch: Scratch) -> int:
    """Where weight' column is smallest, -1 if nowhere below `limit`."""
    least, at = np.inf, -1
    cells, columns = book.low.shape[1], book.columns.shape[1]
    above, below = np.maximum(weight, 0.0), np.minimum(weight, 0.0)
    for start in range(0, cells, _BLOCK):
        count = min(_BLOCK, cells - start)
        weigh(book.low, above, start, count, scratch.first)
        weigh(book.high, below, start, count, scratch.second)
        for c in range(count):
            if scratch.first[c] + scratch.second[c] < min(limit, least):
                first = (start + c) * CELL
                many = min(CELL, columns - first)
                weigh(book.columns, weight, first, many, scratch.cell)
                for j in range(many):
                    if scratch.cell[j] < min(limit, least):
                        least, at = scratch.cell[j], first + j
    return at


@jit
def admit(book: Book, column: int) -> int:
    """Put a column into the pool; its slot, 0 if the pool is full."""
    slot = int(book.size[0])
    if slot == book.pool.shape[1]:
        return 0
    for i in range(book.pool.shape[0]):
        book.pool[i, slot] = book.columns[i, column]
    book.slot[column] = slot
    book.size[0] += 1
    return slot


@jit
def request(book: Book, column: int) -> tuple[int, int]:
    """A column that violates joins the pool."""
    if book.slot[column] > 0:
        return STUCK, column
    return (INFEASIBLE, column) if admit(book, column) > 0 else (FULL, 0)


@jit
def _place(book: Book, codes: Index) -> int:
    """Where in the table these basic columns, in any order, stand or would stand."""
    mask = book.table.shape[0] - 1
    key = np.uint64(0)
    for code in codes:
        mixed = np.uint64(code + 64) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        key += mixed * np.uint64(0xBF58476D1CE4E5B9)
    at = np.int64((key ^ (key >> np.uint64(32))) & np.uint64(mask))
    while book.table[at] >= 0:
        facet = book.table[at]
        same = True
        for code in codes:
            found = False
            for other in book.bases[facet]:
                found = found or other == code
            same = same and found
        if same:
            return int(at)
        at = (at + 1) & mask
    return int(at)


@jit
def fill(book: Book) -> None:
    """Enter every facet into an empty table."""
    for facet in range(book.size[1]):
        book.table[_place(book, book.bases[facet])] = facet


@jit
def certify(book: Book, codes: Index, scratch: Scratch) -> tuple[int, int]:
    """Check the multipliers in `scratch.inverse[0]` against every column, and keep their facet.

    Returns (OPTIMAL, facet or -1 if it is not kept), or (INFEASIBLE, column) where a column violates and joined the
    pool, or (STUCK, column) if it was there already, or (FULL, 0) if there is no room.
    """
    size = scratch.ray.shape[0]
    shared = True
    for code in codes:
        shared = shared and code != OWN
    at = _place(book, codes) if shared else -1
    if shared and book.table[at] >= 0:
        return OPTIMAL, int(book.table[at])
    norm = 0.0
    for i in range(size):
        norm += scratch.inverse[0, i] ** 2
    norm = np.sqrt(norm)
    for i in range(size):
        scratch.ray[i] = scratch.inverse[0, i] / norm
    column = worst(book, scratch.ray, -REDUCED, scratch)
    if column >= 0:
        return request(book, column)
    if not shared:
        return OPTIMAL, -1
    facet = book.size[1]
    if facet == book.facets.shape[1]:
        return FULL, 0
    book.facets[:, facet] = scratch.ray
    book.bases[facet] = codes
    book.table[at] = facet
    book.size[1] += 1
    return OPTIMAL, int(facet)


@jit
def infeasible(book: Book, scratch: Scratch) -> tuple[int, int]:
    """After a dual simplex without entering variable: OPTIMAL if `scratch.ray` proves it for every column.

    Else INFEASIBLE, a column was missing and joined the pool, or STUCK or FULL.
    """
    column = worst(book, scratch.ray, -REDUCED * max(1.0, np.abs(scratch.ray).max()), scratch)
    return request(book, column) if column >= 0 else (OPTIMAL, -1)
