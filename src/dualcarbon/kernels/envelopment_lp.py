"""Directional distance to a piecewise linear frontier, and the slope of the frontier there, by one warm program.

With columns of the reference set, rows in the order inputs, good, bad, convexity, the program of a unit o is

    max beta   s.t.   X'z <= x_o - beta gx,   Y'z >= y_o + beta gy,   B'z = b_o - beta gb,   z >= 0

and, by form: `constant` nothing more; `sum_z_one` 1'z = 1; `kuosmanen` X'(z + w) in the rows of the inputs and
1'(z + w) = 1, w >= 0; `shephard` X'z <= theta x_o, 1'z = theta, 0 <= theta <= 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Form = Literal["constant", "kuosmanen", "shephard", "sum_z_one"]

SOLVED, INFEASIBLE, FAILED = 0, 1, 2
_UNBOUNDED = 3
_TOLERANCE = 1e-10
_ZERO = 1e-9
_BETA, _THETA, _FIRST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Scores:
    """One entry per evaluated unit.

    Attributes
    ----------
    beta : (r,)
        Inefficiency in multiples of the direction; NaN where not solved.
    low, high : (r,)
        Slopes dy / db of the frontier at the projection, in the units of the data: to the right, more bad (low),
        and to the left, less bad (high). Equal where the frontier is smooth; both inf where the good has no
        price; -inf or inf where the bad cannot move further to that side.
    status : (r,) int8
        SOLVED, INFEASIBLE or FAILED.
    """

    beta: Array
    low: Array
    high: Array
    status: NDArray[np.int8]


def score(
    reference: tuple[Array, Array, Array],
    units: tuple[Array, Array, Array],
    direction: tuple[Array, Array, Array],
    form: Form,
) -> Scores:
    """Distance and price interval of every unit against one reference set.

    Parameters
    ----------
    reference : x (n, m), y (n,), b (n,)
    units : x (r, m), y (r,), b (r,)
        The units evaluated, in the same units of measurement.
    direction : gx (r, m), gy (r,), gb (r,)
        Nonnegative, not all zero; gx = 0 for `shephard`.
    form : "constant", "kuosmanen", "shephard" or "sum_z_one"

    Returns
    -------
    Scores

    Notes
    -----
    Data are divided by the means of the reference set, each column and each right side by its norm, and the
    direction by its norm, so that tolerances mean the same for small and large units. One HiGHS model serves all
    units: a new right side and direction, and the last basis. Where a basic variable is zero the price is not
    unique: the two one-sided slopes are then the optima of the program of directions
    max dy s.t. X'd <= 0, Y'd >= dy, B'd = +-1, 1'd = 0 with d_j free where z_j > 0 and d_j >= 0 elsewhere.

    Examples
    --------
    >>> x, y, b = np.ones((3, 1)), np.array([0.5, 1.0, 0.6]), np.array([0.25, 1.0, 1.0])
    >>> found = score((x, y, b), (x, y, b), (0 * x, y, b), "kuosmanen")
    >>> found.beta.round(4).tolist(), found.high.round(4).tolist()
    ([0.0, 0.0, 0.3158], [2.0, 0.6667, 0.6667])
    """
    scale = np.concatenate([reference[0].mean(axis=0), [reference[1].mean(), reference[2].mean()]])
    points = np.column_stack(units) / scale
    directions = np.column_stack(direction) / scale
    model = _Model(np.column_stack(reference) / scale, form)
    r = len(points)
    beta, low, high = np.full(r, np.nan), np.full(r, np.nan), np.full(r, np.nan)
    status = np.full(r, SOLVED, dtype=np.int8)
    for o in range(r):
        status[o] = model.place(points[o], directions[o])
        if status[o] == SOLVED:
            beta[o] = model.beta() + 0.0
            low[o], high[o] = model.slopes()
            if np.isnan(low[o]) or np.isnan(high[o]):
                status[o] = FAILED
    rate = scale[-2] / scale[-1]
    return Scores(beta, low * rate, high * rate, status)


class _Model:
    """The program of one reference set in HiGHS, moved from unit to unit.

    Columns: beta, theta (fixed at zero unless `shephard`), then the reference. Rows: inputs, good (negated), bad,
    convexity (free under `constant`).
    """

    def __init__(self, data: Array, form: Form) -> None:
        self.form = form
        self.m = data.shape[1] - 2
        self.rows = self.m + 3
        self.highs = _highs(_columns(data, self.m, form), 1.0 if form == "shephard" else 0.0)
        self.sides = np.zeros(self.rows)
        self.scale = 1.0

    def place(self, point: Array, direction: Array) -> int:
        """Solve for the unit at `point`; SOLVED, INFEASIBLE or FAILED."""
        size, length = float(np.linalg.norm(point)), float(np.linalg.norm(direction))
        self.scale = size / length
        signed = np.concatenate([point, [1.0]]) / size
        signed[self.m] *= -1.0
        self._column(_BETA, np.concatenate([direction / length, [0.0]]))
        if self.form == "shephard":
            self._column(_THETA, np.concatenate([-signed[: self.m], [0.0, 0.0, -signed[-1]]]))
            signed[: self.m], signed[-1] = 0.0, 0.0
        self.sides = signed
        self._rows(signed, np.zeros(self.rows, dtype=np.bool_))
        status = self._run()
        return FAILED if status == _UNBOUNDED else status

    def beta(self) -> float:
        """The optimum in multiples of the direction."""
        return -float(self.highs.getInfo().objective_function_value) * self.scale

    def slopes(self) -> tuple[float, float]:
        """Slopes of the good in the bad to the right and to the left of the projection, in scaled units."""
        solution = self.highs.getSolution()
        values = np.array(solution.col_value)
        slack = np.abs(self.sides - np.array(solution.row_value))
        if slack[self.m] > _ZERO:
            return np.inf, np.inf
        room = values.copy()
        room[_BETA], room[_THETA] = np.inf, min(values[_THETA], 1.0 - values[_THETA])
        _, basic = self.highs.getBasicVariables()
        if min(slack[-1 - j] if j < 0 else room[j] for j in basic) <= _ZERO:
            return self._one_sided(values, slack > _ZERO)
        bad, good = solution.row_dual[self.m + 1], solution.row_dual[self.m]
        return (np.inf, np.inf) if abs(good) <= _TOLERANCE else (bad / good, bad / good)

    def _one_sided(self, values: Array, loose: NDArray[np.bool_]) -> tuple[float, float]:
        positive = _FIRST + np.flatnonzero(values[_FIRST:] > _ZERO)
        unit = np.zeros(self.rows)
        unit[self.m] = 1.0
        self._column(_BETA, unit)
        for j in positive:
            self.highs.changeColBounds(int(j), -np.inf, np.inf)
        theta = values[_THETA]
        if self.form == "shephard":
            self.highs.changeColBounds(
                _THETA, 0.0 if theta <= _ZERO else -np.inf, 0.0 if theta >= 1.0 - _ZERO else np.inf
            )
        right, left = (self._change(sign, loose) for sign in (1.0, -1.0))
        for j in positive:
            self.highs.changeColBounds(int(j), 0.0, np.inf)
        if self.form == "shephard":
            self.highs.changeColBounds(_THETA, 0.0, 1.0)
        return (np.inf, np.inf) if np.inf in (right, left) else (right, -left)

    def _change(self, bad: float, loose: NDArray[np.bool_]) -> float:
        """Largest change of the good when the bad changes by `bad`; inf if unbounded, -inf if it cannot."""
        sides = np.zeros(self.rows)
        sides[self.m + 1] = bad
        self._rows(sides, loose)
        status = self._run()
        if status == SOLVED:
            return -float(self.highs.getInfo().objective_function_value)
        return {INFEASIBLE: -np.inf, _UNBOUNDED: np.inf}.get(status, np.nan)

    def _column(self, column: int, values: Array) -> None:
        for row, value in enumerate(values):
            self.highs.changeCoeff(row, column, float(value))

    def _rows(self, sides: Array, free: NDArray[np.bool_]) -> None:
        for row, side in enumerate(sides):
            equality = row > self.m
            open_row = self.form == "constant" if row == self.m + 2 else bool(free[row]) and not equality
            low, high = (side if equality else -np.inf), side
            self.highs.changeRowBounds(row, -np.inf if open_row else low, np.inf if open_row else high)

    def _run(self) -> int:
        import highspy

        status = highspy.HighsModelStatus
        self.highs.run()
        found = self.highs.getModelStatus()
        if found not in (status.kOptimal, status.kInfeasible, status.kUnbounded):
            self.highs.clearSolver()
            self.highs.run()
            found = self.highs.getModelStatus()
        known = {status.kOptimal: SOLVED, status.kInfeasible: INFEASIBLE, status.kUnbounded: _UNBOUNDED}
        return known.get(found, FAILED)


def _columns(data: Array, m: int, form: Form) -> Array:
    """Columns of the reference set, (c, m + 3), each divided by the norm of its quantities."""
    n = len(data)
    z = np.column_stack([data[:, :m], -data[:, m], data[:, m + 1], np.ones(n)])
    if form == "kuosmanen":
        least = data[_undominated(data[:, :m]), :m]
        z = np.vstack([z, np.column_stack([least, np.zeros((len(least), 2)), np.ones(len(least))])])
    return np.asarray(z / np.linalg.norm(z[:, :-1], axis=1, keepdims=True), dtype=np.float64)


def _undominated(x: Array) -> NDArray[np.int64]:
    """Rows of x (n, m) with no other row at or below in every input; of equal rows the first."""
    kept: list[int] = []
    for i in np.lexsort((np.arange(len(x)), x.sum(axis=1))):
        if not kept or not bool((x[kept] <= x[i]).all(axis=1).any()):
            kept.append(int(i))
    return np.array(kept, dtype=np.int64)


def _highs(columns: Array, theta: float) -> Any:
    """The model with beta, theta <= `theta` and the reference columns; sides are set unit by unit."""
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
    c, rows = columns.shape
    none = np.empty(0, dtype=np.int32)
    for _ in range(rows):
        highs.addRow(-np.inf, np.inf, 0, none, np.empty(0))
    every, ones = np.arange(rows, dtype=np.int32), np.ones(rows)
    highs.addCol(-1.0, -np.inf, np.inf, rows, every, ones)
    highs.addCol(0.0, 0.0, theta, rows, every, ones)
    filled = columns != 0.0
    starts = np.concatenate([[0], np.cumsum(filled.sum(axis=1))[:-1]]).astype(np.int32)
    index = np.nonzero(filled)[1].astype(np.int32)
    highs.addCols(c, np.zeros(c), np.zeros(c), np.full(c, np.inf), index.size, starts, index, columns[filled])
    return highs
