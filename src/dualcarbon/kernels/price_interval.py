"""The interval of the relative price at points of a convex frontier.

The smallest closed convex set that holds some points, those of `contained` (weak disposability) and everything above
them in the columns with a signed price, has supporting planes p'v + a >= 0 at each of its frontier points v_i. The
relative price p_b / p_y of two columns ranges there between the optima of two linear programs,

    min, max p_b   s.t.   p'v_h + a >= 0 for all h,   p'v_i + a = 0,   p_y = 1,   p_j >= 0

Kuosmanen & Zhou (2021), European Journal of Operational Research 289, 666-675, doi:10.1016/j.ejor.2020.07.036.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FEASIBLE = 1e-9
_LARGE = 1e8
_DUAL = 1
_PRIMAL = 4


@dataclass(frozen=True, slots=True)
class Frontier:
    """Points on the frontier and what kind of set they span.

    Attributes
    ----------
    points : (n, D)
        As `v` in `convex_regression`, projected.
    numeraire, priced : int
        Columns y and b.
    free : (D,) bool
        Columns whose price may be negative.
    contained : (k, D) or None
        Further points of the set.
    through_origin : bool
        The set is a cone: a = 0.
    """

    points: Array
    numeraire: int
    priced: int
    free: Mask
    contained: Array | None = None
    through_origin: bool = False


def price_intervals(frontier: Frontier, at: Index) -> tuple[Array, Array]:
    """Least and largest p_b / p_y at some of the points.

    Returns
    -------
    low, high : (r,)
        inf, -inf where no finite end exists; both inf where no supporting plane has p_y > 0; NaN where the solver
        failed.

    Examples
    --------
    >>> points = np.array([[-1.0, 1.0], [-2.0, 3.0], [-2.5, 5.0]])
    >>> low, high = price_intervals(Frontier(points, 0, 1, np.zeros(2, dtype=bool)), np.arange(3))
    >>> low.round(9).tolist(), high.round(9).tolist()
    ([0.5, 0.25, 0.0], [inf, 0.5, 0.25])
    """
    highs = _model(frontier)
    low, high = np.full(at.size, np.nan), np.full(at.size, np.nan)
    for j, i in enumerate(at):
        highs.changeRowBounds(int(i), 0.0, 0.0)
        low[j], high[j] = _end(highs, frontier.priced, 1.0), _end(highs, frontier.priced, -1.0)
        highs.changeRowBounds(int(i), 0.0, np.inf)
    return low, high


def _model(frontier: Frontier) -> Any:
    """All planes p'v + a >= 0 with p_y = 1, in HiGHS: warm simplex, one thread."""
    import highspy

    points = frontier.points if frontier.contained is None else np.vstack([frontier.points, frontier.contained])
    n, D = points.shape
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("presolve", "off"),
        ("threads", 1),
        ("solver", "simplex"),
        ("primal_feasibility_tolerance", _FEASIBLE),
        ("dual_feasibility_tolerance", _FEASIBLE),
    ):
        highs.setOptionValue(name, value)
    lower = np.where(frontier.free, -np.inf, 0.0)
    upper = np.full(D, np.inf)
    lower[frontier.numeraire] = upper[frontier.numeraire] = 1.0
    for one, other in zip(lower, upper, strict=True):
        highs.addVar(float(one), float(other))
    bound = 0.0 if frontier.through_origin else np.inf
    highs.addVar(-bound, bound)
    matrix = np.column_stack([points, np.ones(n)])
    columns = np.tile(np.arange(D + 1, dtype=np.int32), n)
    starts = np.arange(0, matrix.size, D + 1, dtype=np.int32)
    highs.addRows(n, np.zeros(n), np.full(n, np.inf), matrix.size, starts, columns, matrix.ravel())
    return highs


def _end(highs: Any, column: int, sign: float) -> float:
    """The least p_b for sign 1, the largest for -1; from scratch where the warm start ends without an answer."""
    import highspy

    answers = {
        highspy.HighsModelStatus.kOptimal: 0.0,
        highspy.HighsModelStatus.kUnbounded: -sign * np.inf,
        highspy.HighsModelStatus.kInfeasible: np.inf,
    }
    highs.changeColCost(column, sign)
    for strategy in (_DUAL, _PRIMAL, _DUAL):
        highs.setOptionValue("simplex_strategy", strategy)
        highs.run()
        status = highs.getModelStatus()
        if status in answers:
            break
        highs.clearSolver()
    if status != highspy.HighsModelStatus.kOptimal:
        return answers.get(status, np.nan)
    value = float(highs.getSolution().col_value[column])
    return value if abs(value) < _LARGE else float(np.copysign(np.inf, value))
