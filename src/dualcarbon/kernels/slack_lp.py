"""Slacks, steps and slopes of a piecewise linear frontier by one warm program per reference set.

Quantities are signed so that less is better in every row (inputs and bads as they are, goods negative, inputs that must
be used up negative). With columns a_j of the reference set, the program of a unit at o is

    max  c's + e beta - k t
    s.t. sum_j z_j a_j + s + beta g = t o,   sum_j z_j = t (variable returns),   n's + t = 1,   z, s, beta >= 0

where n = 0 fixes t = 1 (additive and radial measures), and n > 0 is the Charnes-Cooper form of a ratio of sums of
slacks. Columns enter when they price out: the optimum over some of them is that over all of them when no other column
has a negative reduced cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SOLVED, INFEASIBLE, FAILED = 0, 1, 2
_UNBOUNDED = 3
_TOLERANCE = 1e-10
_ZERO = 1e-9
_T, _BETA, _SLACK = 0, 1, 2
_GAIN = 0
_BATCH = 12
_SPREAD = 1e8


@dataclass(frozen=True, slots=True)
class Task:
    """What is maximised at one unit; arrays (p,) in the units of the data.

    Attributes
    ----------
    point : signed quantities o
    reward : c, what one unit of slack is worth
    open : rows whose slack may be positive; the others are equations
    step : g of a common step, worth 1 (e = 1) and not all zero, or None
    norm : n of the ratio, or None; with it k = 1
    own : the column of the unit itself, if it is in the reference set; saves time only
    """

    point: Array
    reward: Array
    open: Mask
    step: Array | None = None
    norm: Array | None = None
    own: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The optimum at one unit.

    Attributes
    ----------
    value : objective: c's / t for sums of slacks, beta for a common step; for a ratio (1 - c's) / (1 + n's)
    beta : the common step
    slack : (p,), in the units of the data
    status : SOLVED, INFEASIBLE or FAILED; numbers are NaN unless SOLVED
    several : whether other optima may exist: a column outside the basis has no reduced cost
    """

    value: float
    beta: float
    slack: Array
    status: int
    several: bool


class SlackProgram:
    """The program of one reference set in HiGHS, moved from unit to unit.

    Parameters
    ----------
    columns : (c, p)
        Signed quantities of the reference set.
    convex : bool
        Variable returns: weights add up to one.

    Notes
    -----
    Rows are divided by their mean over the reference set, each column and each unit by its norm, so that tolerances
    mean the same for small and large units. The last basis and the columns that were needed are kept. Where the optimum
    is not unique, the slack of the row `prefer` is the largest among all optima: columns with a reduced cost are fixed
    at zero and that slack is maximised. A unit whose rewarded quantities are worth 1e8 times more or less than each
    other, counted in means of the reference set, is beyond these tolerances: FAILED.

    Examples
    --------
    >>> program = SlackProgram(np.array([[1.0, -1.0], [2.0, -4.0]]), convex=False)
    >>> round(program.solve(Task(np.array([3.0, -3.0]), np.array([0.0, 1 / 3]), np.array([True, True]))).value, 9)
    1.0
    """

    def __init__(self, columns: Array, convex: bool) -> None:
        self.p = columns.shape[1]
        scale = np.abs(columns).mean(axis=0)
        self.scale = np.where(scale > 0.0, scale, 1.0)
        scaled = columns / self.scale
        norm = np.linalg.norm(scaled, axis=1, keepdims=True)
        self.columns = np.column_stack([scaled, np.full(len(scaled), float(convex))]) / norm
        first = np.unique([self.columns.argmin(axis=0), self.columns.argmax(axis=0)])
        self._score = _Program(*_scoring(self.columns, convex), first)
        self._slope: _Program | None = None
        self._whole: _Program | None = None
        self._support: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._slack = np.zeros(self.p)

    def solve(self, task: Task, prefer: int | None = None) -> Found:
        """The optimum at one unit."""
        size = float(np.linalg.norm(task.point / self.scale))
        unit = self.scale * size
        if _spread(task, unit) > _SPREAD:
            return Found(np.nan, np.nan, np.full(self.p, np.nan), FAILED, False)
        length = self._move(task, size)
        status = self._score.solve(() if task.own is None else (task.own,))
        if status != SOLVED:
            failed = INFEASIBLE if status == INFEASIBLE else FAILED
            return Found(np.nan, np.nan, np.full(self.p, np.nan), failed, False)
        beta = self._keep() * size / length
        value = _value(task, self._slack * unit, beta)
        several = self._score.ties()
        if several and prefer is not None and task.open[prefer] and (self._slack > _ZERO).any():
            self._largest(prefer)
        return Found(value, beta, self._slack * unit, SOLVED, several)

    def slopes(self, target: int, changes: Sequence[Array], equal: Mask, projected: Mask) -> tuple[float, ...]:
        """Largest improvement of one row at the last solution per small change of the right sides.

        Parameters
        ----------
        target : int
            The row that is improved: max r with sum_j d_j a_j + s + r e_target = change, d_j >= 0 unless z_j > 0.
        changes : sequence of (p,)
            Changes of o in the units of the data.
        equal : (p,) bool
            Rows without free disposal.
        projected : (p,) bool
            Rows whose slack the projection has taken out; where slack is left in another row, the row is not felt.

        Returns
        -------
        tuple of float
            One-sided derivatives in the unit of `target`; inf where it has no bound, -inf where the change is
            impossible, NaN where the solver failed.
        """
        if self._slope is None:
            self._slope = _Program(*_sloping(self.columns, target), self._support)
        loose = ~projected & (self._slack > _ZERO)
        bounds = np.where(loose, -np.inf, 0.0), np.where(equal & ~loose, 0.0, np.inf)
        found = [gain * self.scale[target] for gain in self._gains(self._slope, changes, bounds)]
        if -np.inf in found:
            if self._whole is None:
                self._whole = _Program(*_sloping(self.columns, target), np.arange(len(self.columns)))
            found = [gain * self.scale[target] for gain in self._gains(self._whole, changes, bounds)]
        return tuple(found)

    def _move(self, task: Task, size: float) -> float:
        """Put the unit into the program; the length of its step."""
        highs, unit = self._score.highs, self.scale * size
        convex, ratio = 1.0 / size, self.p + 1
        for row, value in enumerate(task.point / unit):
            highs.changeCoeff(row, _T, -float(value))
        highs.changeCoeff(self.p, _T, -convex)
        length = 1.0
        if task.step is not None:
            length = float(np.linalg.norm(task.step / self.scale))
            for row, value in enumerate(task.step / self.scale / length):
                highs.changeCoeff(row, _BETA, float(value))
        costs = np.concatenate([[float(task.norm is not None), -float(task.step is not None)], -task.reward * unit])
        norm = np.zeros(self.p) if task.norm is None else task.norm * unit
        for row, value in enumerate(norm):
            highs.changeCoeff(ratio, _SLACK + row, float(value))
        highs.changeRowBounds(ratio, *((1.0, 1.0) if task.norm is not None else (-np.inf, np.inf)))
        upper = np.concatenate([[1.0, 0.0 if task.step is None else np.inf], np.where(task.open, np.inf, 0.0)])
        lower = np.zeros(_SLACK + self.p)
        lower[_T] = 0.0 if task.norm is not None else 1.0
        first = np.arange(_SLACK + self.p, dtype=np.int32)
        highs.changeColsBounds(first.size, first, lower, upper)
        highs.changeColsCost(first.size, first, costs / (np.abs(costs).max() or 1.0))
        return length

    def _keep(self) -> float:
        """Remember slacks and columns in use at the present solution; its beta."""
        values = self._score.values()
        self._slack = values[_SLACK : _SLACK + self.p] / values[_T]
        self._support = self._score.present(values > _ZERO * values[_T])
        return float(values[_BETA] / values[_T])

    def _largest(self, row: int) -> None:
        """Go to the optimum with the largest slack of a row; stay if the solver finds none."""
        score = self._score
        closed = score.closed()
        zeros = np.zeros(closed.size)
        first = np.arange(_SLACK + self.p, dtype=np.int32)
        costs = np.zeros(first.size)
        costs[_SLACK + row] = -1.0
        score.highs.changeColsBounds(closed.size, closed, zeros, zeros)
        score.highs.changeColsCost(first.size, first, costs)
        score.highs.changeColBounds(_T, 1.0, 1.0)
        score.highs.changeRowBounds(self.p + 1, -np.inf, np.inf)
        if _run(score.highs) == SOLVED:
            self._keep()
        score.highs.changeColsBounds(closed.size, closed, zeros, np.full(closed.size, np.inf))

    def _gains(self, slope: _Program, changes: Sequence[Array], bounds: tuple[Array, Array]) -> list[float]:
        """Improvements in scaled units, with the columns in use free to go both ways."""
        slope.add(self._support)
        slope.highs.changeColsBounds(self.p, np.arange(1, 1 + self.p, dtype=np.int32), *bounds)
        free = slope.place[self._support].astype(np.int32)
        wide, zeros = np.full(free.size, np.inf), np.zeros(free.size)
        slope.highs.changeColsBounds(free.size, free, -wide, wide)
        found = [_gain(slope, change / self.scale) for change in changes]
        slope.highs.changeColsBounds(free.size, free, zeros, wide)
        return found


class _Program:
    """A HiGHS model over some columns of the reference set, at no cost, to which others are added as they price out."""

    def __init__(self, highs: Any, columns: Array, first: NDArray[np.int64]) -> None:
        self.highs = highs
        self.columns = columns
        self.lead = highs.getNumCol()
        self.place = np.full(len(columns), -1, dtype=np.int64)
        self.reduced = np.zeros(len(columns))
        self.leading = np.zeros(self.lead)
        self.add(first)

    def add(self, chosen: NDArray[np.int64]) -> None:
        """Columns that are not present yet."""
        new = chosen[self.place[chosen] < 0]
        if new.size:
            self.place[new] = self.highs.getNumCol() + np.arange(new.size)
            _append(self.highs, self.columns[new])

    def solve(self, own: Sequence[int] = ()) -> int:
        """The optimum over all columns; where those present admit no plan, those of `own` and then all are added."""
        status = self.optimise()
        for more in (np.array(own, dtype=np.int64), np.arange(len(self.columns))):
            if status == INFEASIBLE and (self.place[more] < 0).any():
                self.add(more)
                status = self.optimise()
        return status

    def optimise(self) -> int:
        """The optimum over all columns, INFEASIBLE already where those present admit no plan."""
        while (status := _run(self.highs)) == SOLVED:
            solution = self.highs.getSolution()
            self.leading = np.array(solution.col_dual[: self.lead])
            self.reduced = -(self.columns @ np.array(solution.row_dual))
            outside = np.flatnonzero((self.place < 0) & (self.reduced < -_TOLERANCE))
            if not outside.size:
                break
            self.add(outside[np.argsort(self.reduced[outside], kind="stable")[:_BATCH]])
        return status

    def values(self) -> Array:
        """Of all columns of the model."""
        return np.array(self.highs.getSolution().col_value)

    def present(self, chosen: Mask) -> NDArray[np.int64]:
        """Columns of the reference set among the chosen columns of the model."""
        rows = np.flatnonzero(self.place >= 0)
        return rows[chosen[self.place[rows]]]

    def ties(self) -> bool:
        """Whether a column outside the basis could enter at no loss; such columns of the reference set are added."""
        _, basic = self.highs.getBasicVariables()
        free = np.count_nonzero(np.abs(self.leading[_SLACK:]) <= _ZERO) + np.count_nonzero(self.reduced <= _ZERO)
        self.add(np.flatnonzero((self.place < 0) & (self.reduced <= _ZERO)))
        return bool(free > np.count_nonzero(np.asarray(basic) >= _SLACK))

    def closed(self) -> NDArray[np.int32]:
        """Columns of the model that no optimum uses."""
        slack = _SLACK + np.flatnonzero(np.abs(self.leading[_SLACK:]) > _ZERO)
        own = self.place[(self.place >= 0) & (self.reduced > _ZERO)]
        return np.concatenate([slack, own]).astype(np.int32)


def _gain(slope: _Program, sides: Array) -> float:
    size = float(np.linalg.norm(sides))
    for row, side in enumerate(sides / size):
        slope.highs.changeRowBounds(row, float(side), float(side))
    status = slope.optimise()
    if status == SOLVED:
        return -float(slope.highs.getInfo().objective_function_value) * size
    return {INFEASIBLE: -np.inf, _UNBOUNDED: np.inf}.get(status, np.nan)


def _spread(task: Task, unit: Array) -> float:
    """Largest over smallest worth of the slacks that count."""
    worth = task.reward if task.norm is None else task.reward + task.norm
    counted = np.abs(worth * unit)[worth != 0.0]
    return float(counted.max() / counted.min()) if counted.size else 1.0


def _value(task: Task, slack: Array, beta: float) -> float:
    if task.norm is not None:
        return float((1.0 - task.reward @ slack) / (1.0 + task.norm @ slack))
    return beta if task.step is not None else float(task.reward @ slack)


def _run(highs: Any) -> int:
    import highspy

    status = highspy.HighsModelStatus
    known = {status.kOptimal: SOLVED, status.kInfeasible: INFEASIBLE, status.kUnbounded: _UNBOUNDED}
    highs.run()
    if highs.getModelStatus() not in known:
        highs.clearSolver()
        highs.run()
    return known.get(highs.getModelStatus(), FAILED)


def _scoring(columns: Array, convex: bool) -> tuple[Any, Array]:
    """Columns t, beta, slacks; rows of quantities, of the weights, of the ratio; the reference set in these rows."""
    p = columns.shape[1] - 1
    slack = np.column_stack([np.eye(p), np.zeros(p), np.ones(p)])
    first = np.vstack([np.ones((1, p + 2)), np.column_stack([np.ones((1, p)), np.zeros((1, 2))]), slack])
    highs = _highs(first)
    if not convex:
        highs.changeRowBounds(p, -np.inf, np.inf)
    return highs, np.column_stack([columns, np.zeros(len(columns))])


def _sloping(columns: Array, target: int) -> tuple[Any, Array]:
    """Columns gain, slacks; rows of quantities and of the weights; and the reference set in these rows."""
    p = columns.shape[1] - 1
    gain = np.zeros((1, p + 1))
    gain[0, target] = 1.0
    highs = _highs(np.vstack([gain, np.eye(p, p + 1)]))
    highs.changeColBounds(_GAIN, -np.inf, np.inf)
    highs.changeColCost(_GAIN, -1.0)
    return highs, columns


def _highs(columns: Array) -> Any:
    """A model of equations with nonnegative columns at no cost."""
    import highspy

    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("presolve", "off"),
        ("threads", 1),
        ("solver", "simplex"),
        ("primal_feasibility_tolerance", _TOLERANCE),
        ("dual_feasibility_tolerance", _TOLERANCE),
    ):
        highs.setOptionValue(name, value)
    none = np.empty(0, dtype=np.int32)
    for _ in range(columns.shape[1]):
        highs.addRow(0.0, 0.0, 0, none, np.empty(0))
    _append(highs, columns)
    return highs


def _append(highs: Any, columns: Array) -> None:
    filled = columns != 0.0
    starts = np.concatenate([[0], np.cumsum(filled.sum(axis=1))[:-1]]).astype(np.int32)
    index = np.nonzero(filled)[1].astype(np.int32)
    c = len(columns)
    highs.addCols(c, np.zeros(c), np.zeros(c), np.full(c, np.inf), index.size, starts, index, columns[filled])
