"""Slopes of a piecewise linear frontier to both sides of a point where facets meet.

At the projection of a unit let D be the multipliers pi that are optimal for it, scaled to price one of the first good.
The slope dy / db of the frontier is min pi_b over D to the right (more of the first bad) and max pi_b to the left. Both
are found by the dual simplex with the right side +e_b or -e_b, in which only variables that are zero at the projection
may leave the basis. No entering variable: the bad cannot move further to that side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.dual_simplex import dual_simplex, factor
from dualcarbon.kernels.facet_book import (
    FULL,
    INFEASIBLE,
    OPTIMAL,
    OWN,
    STUCK,
    Array,
    Book,
    Index,
    Scratch,
    certify,
    infeasible,
)
from dualcarbon.kernels.facets import ZERO, Answers
from dualcarbon.kernels.jit import jit

_PRICE = 1e-10
"""Prices of the good at or below this are zero."""
_STARTS = 20_000
_MOVE = 1e-11
"""Negative changes of basic variables that count as zero; the bad moves by its mean."""
_UNPRICED = 4
_LIFTS = 10


@jit
def _priced_beside(book: Book, step: Array, good: int, codes: Index, may: NDArray[np.bool_], scratch: Scratch) -> int:
    """From a facet where the good has no price to one where it has: most price of the good.

    The face may have no end in that price. So multipliers are scaled to price the direction and some of the good, more
    and more of it while they have no end; they then have one.
    """
    size = step.shape[0]
    less, lifted = np.zeros(size), step.copy()
    less[good] = -1.0
    for power in range(_LIFTS):
        lifted[good] = step[good] + 10.0**power
        status, _ = dual_simplex(book, codes, lifted, less, may, scratch, _MOVE)
        if status == INFEASIBLE:
            status, _ = infeasible(book, scratch)
            if status != OPTIMAL:
                return status
            if scratch.inverse[0, good] > _PRICE:
                return OPTIMAL
        elif status == OPTIMAL:
            priced = scratch.inverse[0, good] > _PRICE
            status, _ = certify(book, codes, scratch)
            return _UNPRICED if status == OPTIMAL and not priced else status
        else:
            return STUCK
    return STUCK


@jit
def _priced(
    book: Book, step: Array, side: Array, good: int, codes: Index, may: NDArray[np.bool_], scratch: Scratch
) -> int:
    """Move `codes` within the optimal face to a facet that prices the good; `may` marks what is zero.

    Returns OPTIMAL, _UNPRICED where no facet does, INFEASIBLE where a column joined the pool, STUCK or FULL.
    """
    size = step.shape[0]
    if not factor(book, codes, step, scratch):
        return STUCK
    for i in range(size):
        value = 0.0
        for k in range(size):
            value += scratch.inverse[i, k] * side[k]
        may[i] = i > 0 and value <= ZERO
        if i > 0 and codes[i - 1] == -(good + 1) and value > ZERO:
            return _UNPRICED
    if scratch.inverse[0, good] > _PRICE:
        return OPTIMAL
    return _priced_beside(book, step, good, codes, may, scratch)


@jit
def _slope(
    book: Book, good: int, bad: int, sign: float, codes: Index, may: NDArray[np.bool_], scratch: Scratch
) -> tuple[int, float]:
    """Price of the bad at the end of the face on one side, with the status of the search."""
    size = codes.shape[0] + 1
    move, unit = np.zeros(size), np.zeros(size)
    move[bad], unit[good] = sign, 1.0
    status, _ = dual_simplex(book, codes, unit, move, may, scratch, _MOVE)
    if status == OPTIMAL:
        price = scratch.inverse[0, bad]
        status, _ = certify(book, codes, scratch)
        return status, price
    if status == INFEASIBLE:
        status, _ = infeasible(book, scratch)
        return status, -np.inf if sign > 0.0 else np.inf
    return status, np.nan


@jit
def slopes_of(
    book: Book, side: Array, step: Array, shape: tuple[int, int], basis: Index, scratch: Scratch, out: Array
) -> int:
    """Both slopes of one unit into out (2,); OPTIMAL, STUCK or FULL."""
    size = side.shape[0]
    may = np.zeros(size, dtype=np.bool_)
    start, codes = np.empty(size - 1, dtype=np.int64), np.empty(size - 1, dtype=np.int64)
    good, bad = shape[0], shape[0] + shape[1]
    for _ in range(_STARTS):
        start[:] = basis
        status = _priced(book, step, side, good, start, may, scratch)
        if status == _UNPRICED:
            out[0] = out[1] = np.inf
            return OPTIMAL
        for end in range(2):
            if status == OPTIMAL:
                codes[:] = start
                status, out[end] = _slope(book, good, bad, 1.0 - 2.0 * end, codes, may, scratch)
        if status != INFEASIBLE:
            return status
    return STUCK


@jit
def slopes_of_units(
    book: Book,
    sides: Array,
    steps: Array,
    owns: Array,
    todo: Index,
    begin: int,
    shape: tuple[int, int],
    scratch: Scratch,
    answers: Answers,
    out: Array,
) -> int:
    """Slopes of the units todo[begin:] into out (r, 2), NaN where the search was stuck.

    Returns the position in `todo` where room ran out, or its length.
    """
    basis = np.empty(sides.shape[1] - 1, dtype=np.int64)
    for t in range(begin, todo.shape[0]):
        o = todo[t]
        if owns.shape[0] > 0:
            book.pool[:, OWN] = owns[o]
        basis[:] = answers.bases[o]
        status = slopes_of(book, sides[o], steps[o], shape, basis, scratch, out[o])
        if status == FULL:
            return t
        if status != OPTIMAL:
            out[o] = np.nan
    return int(todo.shape[0])
