"""Directional distance to a piecewise linear frontier, and the slope of the frontier there, by one warm program.

With columns of the reference set, rows in the order inputs, goods, bads, convexity, the program of a unit o is

    max beta   s.t.   X'z <= x_o - beta gx,   Y'z >= y_o + beta gy,   B'z = b_o - beta gb,   z >= 0

and, by form: `constant` nothing more; `sum_z_one` 1'z = 1; `kuosmanen` X'(z + w) in the rows of the inputs and
1'(z + w) = 1, w >= 0; `shephard` X'z <= theta x_o, 1'z = theta, 0 <= theta <= 1; `bad_as_input` 1'z = 1 and
B'z <= b_o - beta gb; `bad_as_input_constant` the same without 1'z = 1.

One model serves all units of a call: the slow road and the oracle of `dualcarbon.kernels.envelopment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.frame import undominated

Array = NDArray[np.float64]
Data = tuple[Array, Array, Array]
Form = Literal["constant", "kuosmanen", "shephard", "sum_z_one", "bad_as_input", "bad_as_input_constant"]

FREE_BADS: frozenset[Form] = frozenset({"bad_as_input", "bad_as_input_constant"})
CONE: frozenset[Form] = frozenset({"constant", "bad_as_input_constant"})

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
        Slopes dy / db of the frontier in the first good and the first bad at the projection, in the units of the
        data: to the right, more bad (low), and to the left, less bad (high). Equal where the frontier is smooth;
        both inf where the good has no price; -inf or inf where the bad cannot move further to that side.
    status : (r,) int8
        SOLVED, INFEASIBLE or FAILED.
    further : (r, s - 1)
        Prices of the other bads in units of the first good, at the multipliers found: a number of several where
        they are not unique; inf where the good has no price.
    """

    beta: Array
    low: Array
    high: Array
    status: NDArray[np.int8]
    further: Array


def score(reference: Data, units: Data, direction: Data, form: Form) -> Scores:
    """Distance and price interval of every unit against one reference set.

    Parameters
    ----------
    reference : x (n, m), y (n, q), b (n, s)
        y and b also as (n,), one column.
    units : x (r, m), y (r, q), b (r, s)
        The units evaluated, in the same units of measurement.
    direction : gx (r, m), gy (r, q), gb (r, s)
        Not all zero; gx = 0 for `shephard`.
    form : the technology, a word of `Form`

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
    m, q, s = (part.shape[1] if part.ndim > 1 else 1 for part in reference)
    data = np.column_stack(reference)
    scale = means(data)
    points, directions = np.column_stack(units) / scale, np.column_stack(direction) / scale
    model = _Model(data / scale, (m, q, s), form)
    r, good, bad = len(points), m, m + q
    beta, low, high = np.full(r, np.nan), np.full(r, np.nan), np.full(r, np.nan)
    further = np.full((r, s - 1), np.nan)
    status = np.full(r, SOLVED, dtype=np.int8)
    for o in range(r):
        status[o] = model.place(points[o], directions[o])
        if status[o] == SOLVED:
            beta[o], further[o] = model.beta() + 0.0, model.further()
            low[o], high[o] = model.slopes()
            if np.isnan(low[o]) or np.isnan(high[o]):
                status[o] = FAILED
    rates = scale[good] / scale[bad:]
    return Scores(beta, low * rates[0], high * rates[0], status, further * rates[1:])


def means(data: Array) -> Array:
    """Means of the columns; 1 for a column of zeros."""
    found = data.mean(axis=0)
    return np.where(found > 0.0, found, 1.0)


class _Model:
    """The program of one reference set in HiGHS, moved from unit to unit.

    Columns: beta, theta (fixed at zero unless `shephard`), then the reference. Rows: inputs, goods (negated), bads,
    convexity (free in a cone).
    """

    def __init__(self, data: Array, widths: tuple[int, int, int], form: Form) -> None:
        self.form = form
        self.good, self.bad = widths[0], widths[0] + widths[1]
        self.rows = sum(widths) + 1
        self.highs = _highs(columns(data, self.good, self.bad, form), 1.0 if form == "shephard" else 0.0)
        self.sides = np.zeros(self.rows)
        self.scale = 1.0

    def place(self, point: Array, direction: Array) -> int:
        """Solve for the unit at `point`; SOLVED, INFEASIBLE or FAILED."""
        size, length = float(np.linalg.norm(point)), float(np.linalg.norm(direction))
        if not (size > 0.0 and length > 0.0):
            return FAILED
        self.scale = size / length
        signed = np.concatenate([point, [1.0]]) / size
        signed[self.good : self.bad] *= -1.0
        self._column(_BETA, np.concatenate([direction / length, [0.0]]))
        if self.form == "shephard":
            inputs = np.where(np.arange(self.rows) < self.good, signed, 0.0)
            inputs[-1] = signed[-1]
            self._column(_THETA, -inputs)
            signed = signed - inputs
        self.sides = signed
        self._rows(signed, np.zeros(self.rows, dtype=np.bool_))
        status = self._run()
        return FAILED if status == _UNBOUNDED else status

    def beta(self) -> float:
        """The optimum in multiples of the direction."""
        return -float(self.highs.getInfo().objective_function_value) * self.scale

    def further(self) -> Array:
        """Prices of the bads after the first in units of the first good, in scaled units."""
        prices = np.array(self.highs.getSolution().row_dual)
        good = prices[self.good]
        others = prices[self.bad + 1 : self.rows - 1]
        return np.full(others.shape, np.inf) if abs(good) <= _TOLERANCE else others / good

    def slopes(self) -> tuple[float, float]:
        """Slopes of the good in the bad to the right and to the left of the projection, in scaled units."""
        solution = self.highs.getSolution()
        values = np.array(solution.col_value)
        slack = np.abs(self.sides - np.array(solution.row_value))
        if slack[self.good] > _ZERO:
            return np.inf, np.inf
        room = values.copy()
        room[_BETA], room[_THETA] = np.inf, min(values[_THETA], 1.0 - values[_THETA])
        _, basic = self.highs.getBasicVariables()
        if min(slack[-1 - j] if j < 0 else room[j] for j in basic) <= _ZERO:
            return self._one_sided(values, slack > _ZERO)
        bad, good = solution.row_dual[self.bad], solution.row_dual[self.good]
        return (np.inf, np.inf) if abs(good) <= _TOLERANCE else (bad / good, bad / good)

    def _one_sided(self, values: Array, loose: NDArray[np.bool_]) -> tuple[float, float]:
        positive = _FIRST + np.flatnonzero(values[_FIRST:] > _ZERO)
        unit = np.zeros(self.rows)
        unit[self.good] = 1.0
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
        sides[self.bad] = bad
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
            equality = row >= self.bad and (self.form not in FREE_BADS or row == self.rows - 1)
            open_row = self.form in CONE if row == self.rows - 1 else bool(free[row]) and not equality
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


def columns(data: Array, good: int, bad: int, form: Form) -> Array:
    """Columns of the reference set and, for `kuosmanen`, of w, (c, rows), each over the norm of its quantities.

    `good` and `bad` are the first columns of the goods and of the bads in `data`.
    """
    z = np.column_stack([data, np.ones(len(data))])
    z[:, good:bad] *= -1.0
    if form == "kuosmanen":
        least = undominated(data[:, :good])
        w = np.zeros((len(least), z.shape[1]))
        w[:, :good], w[:, -1] = data[least, :good], 1.0
        z = np.vstack([z, w])
    size = np.sqrt(np.einsum("ij,ij->i", z[:, :-1], z[:, :-1]))
    return np.asarray(z / np.where(size > 0.0, size, 1.0)[:, None], dtype=np.float64)


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
