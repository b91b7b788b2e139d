"""Programs of a few rows and very many columns, unit after unit: a dual simplex that starts from facets met before.

The program of a unit is max beta s.t. sum_j a_j z_j + beta g + slacks = side, z >= 0, the columns a_j shared by all
units. A facet is a ray pi with pi'a_j >= 0 for every column and pi_i >= 0 in every row with a slack; pi / pi'g is then
dual feasible for any unit with pi'g > 0, and beta <= pi'side / pi'g. So the known facet of smallest ratio is where a
unit starts: if its basis is primal feasible it is the answer, else a dual simplex over the pool (the columns that were
ever needed) goes on from it. A new facet is priced against every column; one that violates joins the pool and the unit
starts again. Nothing is kept that was not checked against every column.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.dual_simplex import dual_simplex
from dualcarbon.kernels.facet_book import (
    FULL,
    INFEASIBLE,
    OPTIMAL,
    OWN,
    REDUCED,
    STUCK,
    Array,
    Book,
    Index,
    Scratch,
    admit,
    certify,
    infeasible,
    weigh,
)
from dualcarbon.kernels.jit import jit

PRIMAL = 1e-10
"""Negative values of basic variables that count as zero; right sides have norm one."""
ZERO = 1e-10
"""Basic variables at or below this are zero: the price is then a question of one-sided slopes."""
LISTED = 2_048
"""Facets that a unit looks at for its start; from there it pivots."""
_LEAST_STEP = 1e-9
_STARTS = 20_000


class Answers(NamedTuple):
    """Per unit: optimum, multipliers (r, R), basis (r, R - 1), facet, status, and whether a basic value is zero."""

    beta: Array
    multipliers: Array
    bases: NDArray[np.int32]
    facet: NDArray[np.int32]
    status: NDArray[np.int8]
    tied: NDArray[np.bool_]


@jit
def nearest(book: Book, side: Array, step: Array, own: bool, scratch: Scratch) -> int:
    """Of the first LISTED facets the one of smallest ratio among those that bound this unit, -1 if none does."""
    count, size = min(book.size[1], LISTED), side.shape[0]
    weigh(book.facets, side, 0, count, scratch.first)
    weigh(book.facets, step, 0, count, scratch.second)
    best, at = np.inf, -1
    for f in range(count):
        slope = scratch.second[f]
        if slope > _LEAST_STEP and (at < 0 or scratch.first[f] < best * slope):
            if own:
                cost = 0.0
                for i in range(size):
                    cost += book.facets[i, f] * book.pool[i, OWN]
                if cost < -REDUCED:
                    continue
            best, at = scratch.first[f] / slope, f
    return at


@jit
def _largest(step: Array, start: int, stop: int) -> int:
    at = start
    for i in range(start, stop):
        if step[i] > step[at]:
            at = i
    return at


@jit
def crash(book: Book, step: Array, inputs: int, goods: int, codes: Index) -> bool:
    """A dual feasible basis without any facet: the price of one thing that the direction moves, all others zero."""
    size, count, also = step.shape[0], 0, -1
    at = _largest(step, inputs + goods, size)
    if not step[at] > 0.0:
        at = _largest(step, 0, inputs)
    if not step[at] > 0.0:
        at, also = _largest(step, inputs, inputs + goods), 0
        column = book.top[at - inputs]
        if not step[at] > 0.0 or column < 0:
            return False
        slot = book.slot[column]
        codes[0] = slot if slot > 0 else admit(book, column)
        if codes[0] == 0:
            return False
        count = 1
    for i in range(size):
        if i != at and i != also:
            codes[count] = -(i + 1)
            count += 1
    return True


@jit
def solve(
    book: Book, side: Array, step: Array, own: bool, shape: tuple[int, int], codes: Index, scratch: Scratch
) -> tuple[int, int]:
    """The program of one unit; `shape` is the number of inputs and of goods.

    Returns status and facet, -1 where none is kept. OPTIMAL: `codes` is the basis, `scratch.inverse[0]` the
    multipliers, `scratch.values` the values. FULL: more room is needed, then call again.
    """
    every = np.ones(side.shape[0], dtype=np.bool_)
    from_facet = True
    for _ in range(_STARTS):
        facet = nearest(book, side, step, own, scratch) if from_facet else -1
        if facet >= 0:
            codes[:] = book.bases[facet]
        elif not crash(book, step, shape[0], shape[1], codes):
            return STUCK, -1
        status, pivots = dual_simplex(book, codes, step, side, every, scratch, PRIMAL)
        if status == OPTIMAL:
            if facet >= 0 and pivots == 0:
                return OPTIMAL, facet
            status, facet = certify(book, codes, scratch)
            if status != INFEASIBLE:
                return status, facet
        elif status == INFEASIBLE:
            status, _ = infeasible(book, scratch)
            if status != INFEASIBLE:
                return INFEASIBLE if status == OPTIMAL else status, -1
        elif facet >= 0:
            from_facet = False
        else:
            return STUCK, -1
    return STUCK, -1


@jit
def solve_units(
    book: Book,
    sides: Array,
    steps: Array,
    owns: Array,
    todo: Index,
    begin: int,
    shape: tuple[int, int],
    scratch: Scratch,
    answers: Answers,
) -> int:
    """Units todo[begin:], rows of `sides` and `steps`; `owns` (r, R) or (0, R) are columns of the units themselves.

    Returns the position in `todo` where room ran out, or its length.
    """
    size = sides.shape[1]
    codes = np.empty(size - 1, dtype=np.int64)
    own = owns.shape[0] > 0
    for t in range(begin, todo.shape[0]):
        o = todo[t]
        if own:
            book.pool[:, OWN] = owns[o]
        status, facet = solve(book, sides[o], steps[o], own, shape, codes, scratch)
        if status == FULL:
            return t
        answers.status[o], answers.facet[o] = status, facet
        if status != OPTIMAL:
            continue
        value, least = 0.0, np.inf
        for i in range(size):
            answers.multipliers[o, i] = scratch.inverse[0, i]
            value += scratch.inverse[0, i] * sides[o, i]
            if i > 0:
                answers.bases[o, i - 1] = codes[i - 1]
                least = min(least, scratch.values[i])
        answers.beta[o], answers.tied[o] = value, least <= ZERO
    return int(todo.shape[0])
