"""Directional distance to a piecewise linear frontier, and its slopes there, for very many units.

The programs are those of `dualcarbon.kernels.envelopment_lp`. Here a unit starts from the facets that other units have
shown (`facets`), every facet is checked against every column of the reference set before it is used, and slopes where
facets meet come from `one_sided`. What cannot be certified so is left to HiGHS.

`shephard` is reduced to a column of the unit itself: with t = 1 - theta, X'l + t x_o <= x_o and 1'l + t = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels import envelopment_lp as lp
from dualcarbon.kernels.envelopment_lp import FAILED, INFEASIBLE, SOLVED, Data, Form, Scores
from dualcarbon.kernels.facet_book import CELL, OPTIMAL, Book, Scratch, fill
from dualcarbon.kernels.facet_book import INFEASIBLE as OUTSIDE
from dualcarbon.kernels.facets import Answers, solve_units
from dualcarbon.kernels.frame import alike, boxes, canonical
from dualcarbon.kernels.one_sided import slopes_of_units

__all__ = ["FAILED", "INFEASIBLE", "SOLVED", "Form", "Scores", "score"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_SAMPLE = 61
"""One of so many units is answered first, so that the facets listed first are spread out."""
_PRICE = 1e-10
_RESCUED = 20_000
"""Largest reference set that HiGHS is given for a unit the simplex here could not certify; beyond it: FAILED."""


def score(reference: Data, units: Data, direction: Data, form: Form) -> Scores:
    """Distance and price interval of every unit against one reference set.

    Parameters
    ----------
    reference : x (n, m), y (n, q), b (n, s)
        y and b also as (n,), one column.
    units : x (r, m), y (r, q), b (r, s)
        The units evaluated, in the same units of measurement; they need not belong to the reference set.
    direction : gx (r, m), gy (r, q), gb (r, s)
        Not all zero; gx = 0 for `shephard`.
    form : the technology, a word of `Form`

    Returns
    -------
    Scores
        FAILED, apart from a direction of zeros, only where HiGHS failed too or the reference set is too large for it.

    Notes
    -----
    Rows are put in an order of their own and equal ones answered once, so the order in which they come changes no
    bit. Data are divided by the means of the reference set, columns, right sides and directions by their norms.

    Examples
    --------
    >>> x, y, b = np.ones((3, 1)), np.array([0.5, 1.0, 0.6]), np.array([0.25, 1.0, 1.0])
    >>> found = score((x, y, b), (x, y, b), (0 * x, y, b), "kuosmanen")
    >>> (found.beta.round(4) + 0.0).tolist(), found.high.round(4).tolist()
    ([0.0, 0.0, 0.3158], [2.0, 0.6667, 0.6667])
    """
    data = np.column_stack(reference)
    order, fresh = canonical(data)
    data = data[order]
    scale = lp.means(data)
    data = data[fresh]
    asked = np.column_stack([*direction, *units])
    order, fresh = canonical(asked)
    asked = np.ascontiguousarray(asked[order[fresh]])
    found = _score(data, asked, _widths(reference), scale, form)
    back = np.empty(order.size, dtype=np.int64)
    back[order] = np.cumsum(fresh) - 1
    return Scores(found.beta[back], found.low[back], found.high[back], found.status[back], found.further[back])


def _widths(reference: Data) -> tuple[int, int, int]:
    m, q, s = (part.shape[1] if part.ndim > 1 else 1 for part in reference)
    return m, q, s


@dataclass(frozen=True, slots=True)
class _Programs:
    """The programs of the units as the kernels take them: columns (R, n), sides, steps, own columns, scale of beta."""

    columns: Array
    fixed: NDArray[np.bool_]
    top: Index
    sides: Array
    steps: Array
    owns: Array
    lengths: Array
    shape: tuple[int, int]


def _programs(data: Array, asked: Array, widths: tuple[int, int, int], form: Form) -> _Programs:
    good, bad, k = widths[0], widths[0] + widths[1], sum(widths)
    rows = k if form in lp.CONE else k + 1
    columns = lp.columns(data, good, bad, form)[:, :rows]
    columns = np.ascontiguousarray(columns[alike(columns)].T)
    size, length = (np.sqrt(np.einsum("ij,ij->i", part, part)) for part in (asked[:, k:], asked[:, :k]))
    size, length = np.where(size > 0.0, size, 1.0), np.where(length > 0.0, length, 1.0)
    sides = np.column_stack([asked[:, k:], np.ones(len(asked))])[:, :rows]
    sides[:, good:bad] *= -1.0
    steps = np.column_stack([asked[:, :k], np.zeros(len(asked))])[:, :rows]
    owns = np.zeros((0, rows))
    if form == "shephard":
        owns = np.where((np.arange(rows) < good) | (np.arange(rows) == k), sides, 0.0)
        norm = np.sqrt(np.einsum("ij,ij->i", owns[:, :good], owns[:, :good]))
        owns = owns / np.where(norm > 0.0, norm, 1.0)[:, None]
    fixed = np.arange(rows) >= (k if form in lp.FREE_BADS else bad)
    return _Programs(
        columns,
        fixed,
        _most(-columns[good:bad], columns[0]),
        np.ascontiguousarray(sides / size[:, None]),
        np.ascontiguousarray(steps / length[:, None]),
        np.ascontiguousarray(owns),
        size / length,
        (widths[0], widths[1]),
    )


def _most(goods: Array, x: Array) -> Index:
    """Per good the column with most of it per first input; -1 where that is without bound."""
    if (x <= 0.0).any():
        return np.full(len(goods), -1, dtype=np.int64)
    return np.asarray(np.argmax(goods / x, axis=1), dtype=np.int64)


class _Desk:
    """A book with room that grows, and the answers written so far."""

    def __init__(self, programs: _Programs) -> None:
        self.programs = programs
        (rows, n), r = programs.columns.shape, len(programs.sides)
        self.book = Book(
            programs.columns,
            *boxes(programs.columns, CELL),
            programs.fixed,
            programs.top,
            np.zeros((rows, 256)),
            np.zeros(n, dtype=np.int64),
            np.zeros((rows, 512)),
            np.zeros((512, rows - 1), dtype=np.int64),
            np.full(1_024, -1, dtype=np.int64),
            np.array([1, 0], dtype=np.int64),
        )
        self.answers = Answers(
            np.full(r, np.nan),
            np.full((r, rows), np.nan),
            np.zeros((r, rows - 1), dtype=np.int32),
            np.full(r, -1, dtype=np.int32),
            np.full(r, OPTIMAL, dtype=np.int8),
            np.zeros(r, dtype=np.bool_),
        )
        self.slopes = np.full((r, 2), np.nan)
        self._scratch()

    def _scratch(self) -> None:
        rows = self.book.columns.shape[0]
        longest = max(self.book.pool.shape[1], self.book.facets.shape[1], 1_024)
        basis, inverse, values, ray = (np.empty(shape) for shape in ((rows, rows), (rows, rows), rows, rows))
        self.scratch = Scratch(basis, inverse, values, ray, np.empty(longest), np.empty(longest), np.empty(CELL))

    def _grow(self) -> None:
        """Twice the room for the pool, for the facets or for both, whichever is nearly used up."""
        book = self.book
        if book.size[0] >= book.pool.shape[1]:
            book = book._replace(pool=np.hstack([book.pool, np.zeros_like(book.pool)]))
        if book.size[1] >= book.facets.shape[1]:
            book = book._replace(
                facets=np.hstack([book.facets, np.zeros_like(book.facets)]),
                bases=np.vstack([book.bases, np.zeros_like(book.bases)]),
                table=np.full(2 * book.table.size, -1, dtype=np.int64),
            )
            fill(book)
        self.book = book
        self._scratch()

    def solve(self, todo: Index) -> None:
        """Answer these units."""
        p, done = self.programs, 0
        while True:
            done = solve_units(self.book, p.sides, p.steps, p.owns, todo, done, p.shape, self.scratch, self.answers)
            if done == todo.size:
                return
            self._grow()

    def price(self, todo: Index) -> None:
        """One-sided slopes of these units, answered before."""
        p, done = self.programs, 0
        while True:
            done = slopes_of_units(
                self.book, p.sides, p.steps, p.owns, todo, done, p.shape, self.scratch, self.answers, self.slopes
            )
            if done == todo.size:
                return
            self._grow()


def _score(data: Array, asked: Array, widths: tuple[int, int, int], scale: Array, form: Form) -> Scores:
    programs = _programs(data / scale, asked / np.tile(scale, 2), widths, form)
    desk = _Desk(programs)
    order = alike(programs.sides)
    desk.solve(np.concatenate([order[::_SAMPLE], np.delete(order, np.s_[::_SAMPLE])]))
    desk.price(np.flatnonzero((desk.answers.status == OPTIMAL) & desk.answers.tied))
    found = _scores(desk, widths, scale)
    lost = np.flatnonzero((found.status == FAILED) & asked[:, : sum(widths)].any(axis=1))
    if lost.size and len(data) <= _RESCUED:
        _rescue(data, asked, widths, form, lost, found)
    return found


def _scores(desk: _Desk, widths: tuple[int, int, int], scale: Array) -> Scores:
    answers, good, bad, k = desk.answers, widths[0], widths[0] + widths[1], sum(widths)
    solved = answers.status == OPTIMAL
    unpriced = answers.multipliers[:, good] <= _PRICE
    with np.errstate(divide="ignore", invalid="ignore"):
        prices = answers.multipliers[:, bad:k] / answers.multipliers[:, [good]]
    prices[unpriced & solved] = np.inf
    low, high = (np.where(answers.tied, desk.slopes[:, end], prices[:, 0]) for end in range(2))
    status = np.where(answers.status == OUTSIDE, INFEASIBLE, FAILED).astype(np.int8)
    status[solved & ~np.isnan(low) & ~np.isnan(high)] = SOLVED
    beta = np.where(solved, answers.beta * desk.programs.lengths + 0.0, np.nan)
    rates = scale[good] / scale[bad:k]
    return Scores(beta, low * rates[0], high * rates[0], status, prices[:, 1:] * rates[1:])


def _rescue(data: Array, asked: Array, widths: tuple[int, int, int], form: Form, lost: Index, found: Scores) -> None:
    """The units that were lost, by HiGHS, written into `found`."""
    x, y, b = np.split(data, np.cumsum(widths)[:2], axis=1)
    gx, gy, gb, *units = np.split(asked[lost], np.cumsum((*widths, *widths))[:-1], axis=1)
    again = lp.score((x, y, b), (units[0], units[1], units[2]), (gx, gy, gb), form)
    for name in ("beta", "low", "high", "status", "further"):
        getattr(found, name)[lost] = getattr(again, name)
