"""An exact linear program over every observation of a group, solved on the few rows that bind.

The program is that of Aigner and Chu (1968) and of Faere, Grosskopf, Noh and Weber (2005) once the translation
property has been substituted: with Q a quadratic or cubic in z, possibly with a trend or one intercept per period,

    min mean(b + Q(z))   s.t.   b + Q(z) >= 0,   d_f' dQ/dz >= side_f  for directions f,   Q at s - b <= 0

at every row, the last (null-jointness) on request. It has millions of rows and some tens of columns: a small
program on some rows is solved by the dual simplex of HiGHS, all rows are scanned, the most violated ones enter,
until none is violated. The vertex found is then solved for with extended residuals and scanned again; what
rounding leaves violated is removed by further dual pivots, each priced on all rows.

Aigner & Chu (1968), American Economic Review 58, 826-839; Faere et al. (2005), Journal of Econometrics 126,
469-492, doi:10.1016/j.jeconom.2004.05.010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.quadratic_form import independence, whitener
from dualcarbon.kernels.row_scan import Program, Scan, mean_slope, moments, rows

Array = NDArray[np.float64]
Index = NDArray[np.int64]

TOLERANCE = 1e-9
"""Largest violation of a row, in the units of z and b, that an optimal solution may have."""
_SIMPLEX_TOLERANCE = 1e-10
_INDEPENDENCE = 1e-11
_BOX = 1e6
_BATCH = 24
_START = 40
_ROUNDS = 300
_PIVOTS = 300
_NO_ROWS: Index = np.empty((0, 2), dtype=np.int64)
_BOUND: Index = np.array([[-1, -1]], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Solution:
    """The optimum and its certificate.

    Attributes
    ----------
    theta : (periods - 1 + p,)
        Intercepts of the periods, then the coefficients of the terms of the basis after the constant.
    objective : float
        Mean of b + Q(z); also for programs with another objective.
    value : float
        Value of what was minimised, without constants.
    rounds, pivots : int
        Scans of all rows, and simplex pivots.
    violation : float
        Largest violation of any row in the units of z and b.
    dual_violation : float
        Largest negative multiplier of the active rows over the norm of the cost.
    status : str
        optimal; imprecise when `violation` stayed above the tolerance; collinear when the rows do not determine
        the parameters, which are then NaN.
    entered : (r, 2) int64
        Family and observation of the rows that ever entered the small program.
    active : (q, 2) int64
        Family and observation of the rows that hold with equality at the vertex, one per parameter; -1, -1 is the
        bound on the objective of `extreme_slopes`. Empty where collinear.
    weights : (q,)
        Their multipliers over the norm of the cost, each row scaled to unit norm in the whitened parameters: how
        strongly each row holds the optimum back.
    """

    theta: Array
    objective: float
    value: float
    rounds: int
    pivots: int
    violation: float
    dual_violation: float
    status: str
    entered: Index
    active: Index
    weights: Array


def minimise(problem: Program, first: Index = _NO_ROWS) -> Solution:
    """The parameters that bring the mean of b + Q(z) to its least under the rows imposed.

    The answer is that of the full linear program: `violation` and `dual_violation` certify it.

    Parameters
    ----------
    problem : Program
    first : (r, 2) int64
        Family and observation of rows to begin with, such as those that entered a program on nearly the same rows;
        they change the work, not the optimum.

    Returns
    -------
    Solution

    Examples
    --------
    >>> from dualcarbon.kernels.row_scan import monotone, program
    >>> z = np.random.default_rng(0).uniform(0.5, 1.5, size=(60, 2))
    >>> found = minimise(program(z, 0.6 * z[:, 1] - 0.2 * z[:, 0], *monotone(2)))
    >>> found.status, (found.theta.round(9) + 0.0).tolist()
    ('optimal', [0.0, 0.2, -0.6, 0.0, 0.0, 0.0])
    """
    second = moments(problem)
    if independence(second) < _INDEPENDENCE:
        nothing = np.full(problem.size, np.nan)
        return Solution(nothing, np.nan, np.nan, 0, 0, np.inf, np.inf, "collinear", _NO_ROWS, _NO_ROWS, np.empty(0))
    small = _Small(problem, second, second[: problem.periods].sum(axis=0))
    _start(small)
    small.enter(first)
    return _generate(small)


def extreme_slopes(problem: Program, optimum: Solution, worse: float = 0.01) -> tuple[Solution, Solution]:
    """The parameters with the least and with the largest mean of -Q_s among the near-optimal ones.

    Near-optimal: every row holds and mean(b + Q) <= (1 + worse) times its least value.

    Parameters
    ----------
    problem : Program
    optimum : Solution of `minimise`
    worse : float
        Share by which the objective may worsen.

    Returns
    -------
    least, largest : Solution
    """
    if optimum.status == "collinear":
        return optimum, optimum
    second = moments(problem)
    cost = np.zeros(problem.size)
    cost[problem.periods :] = mean_slope(problem, second)
    cap = (1.0 + worse) * max(optimum.objective, 0.0)
    found = []
    for sign in (-1.0, 1.0):
        small = _Small(problem, second, sign * cost)
        small.append(-small.mean[None, :], np.array([float(problem.b.mean()) - cap]), _BOUND)
        small.enter(optimum.entered)
        found.append(_generate(small))
    return found[0], found[1]


class _Small:
    """The program on the rows that have entered, in whitened parameters phi, theta = M phi."""

    def __init__(self, problem: Program, second: Array, cost: Array) -> None:
        self.problem = problem
        self.M = whitener(second)
        self.mean = second[: problem.periods].sum(axis=0)
        self.cost = cost
        self.scan = Scan(problem)
        self.seen: list[set[int]] = [set() for _ in range(problem.families)]
        self.R: list[Array] = []
        self.lower: list[Array] = []
        self.names: list[Index] = []
        self.pivots = 0
        self.highs = _highs(self.cost @ self.M)

    def add(self, family: int, index: Index) -> int:
        """Let observations enter one family; how many were new."""
        new = np.array(sorted({int(i) for i in index} - self.seen[family]), dtype=np.int64)
        if new.size:
            self.seen[family].update(new.tolist())
            names = np.column_stack([np.full(new.size, family), new])
            self.append(*rows(self.problem, family, new), names)
        return int(new.size)

    def enter(self, chosen: Index) -> None:
        """Let rows enter that are given by family and observation."""
        for family in np.unique(chosen[:, 0]):
            self.add(int(family), chosen[chosen[:, 0] == family, 1])

    def append(self, R: Array, lower: Array, names: Index) -> None:
        """Rows R theta >= lower at the end of the small program, each with unit norm in phi."""
        whitened = R @ self.M
        norm = np.sqrt(np.einsum("ij,ij->i", whitened, whitened))
        r, p = whitened.shape
        columns = np.tile(np.arange(p, dtype=np.int32), r)
        starts = np.arange(0, r * p, p, dtype=np.int32)
        values = (whitened / norm[:, None]).ravel()
        self.highs.addRows(r, lower / norm, np.full(r, np.inf), r * p, starts, columns, values)
        self.R.append(R)
        self.lower.append(lower)
        self.names.append(names)

    def solve(self) -> tuple[Array, NDArray[np.bool_]]:
        """theta, and which rows are active; fewer than parameters if one of these is at its bound."""
        import highspy

        self.highs.run()
        basis = self.highs.getBasis()
        theta = self.M @ np.array(self.highs.getSolution().col_value)
        self.pivots += max(0, int(self.highs.getInfo().simplex_iteration_count))
        active = np.array([status != highspy.HighsBasisStatus.kBasic for status in basis.row_status])
        return theta, active

    def solution(self, theta: Array, violation: float, dual_violation: float, status: str, vertex: _Vertex) -> Solution:
        """What has been found, with its certificate."""
        entered = [(family, i) for family, seen in enumerate(self.seen) for i in sorted(seen)]
        return Solution(
            theta=theta,
            objective=float(self.mean @ theta + self.problem.b.mean()),
            value=float(self.cost @ theta),
            rounds=self.scan.passes,
            pivots=self.pivots,
            violation=max(violation, 0.0),
            dual_violation=dual_violation,
            status=status,
            entered=np.array(entered, dtype=np.int64).reshape(-1, 2),
            active=vertex.names,
            weights=vertex.multipliers,
        )


@dataclass(slots=True)
class _Vertex:
    """The active rows R theta = lower, what they are, and their multipliers over the norm of the cost."""

    R: Array
    lower: Array
    names: Index
    multipliers: Array


def _highs(cost: Array) -> Any:
    """An empty program in HiGHS: columns within wide bounds, warm dual simplex, no presolve, one thread."""
    import highspy

    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("presolve", "off"),
        ("threads", 1),
        ("solver", "simplex"),
        ("primal_feasibility_tolerance", _SIMPLEX_TOLERANCE),
        ("dual_feasibility_tolerance", _SIMPLEX_TOLERANCE),
    ):
        highs.setOptionValue(name, value)
    for _ in cost:
        highs.addVar(-_BOX, _BOX)
    highs.changeColsCost(cost.size, np.arange(cost.size, dtype=np.int32), np.asarray(cost, dtype=np.float64))
    return highs


def _start(small: _Small) -> None:
    """Enter evenly spaced rows and the extremes of every variable."""
    problem = small.problem
    n = problem.b.size
    measures = [*problem.z.T, problem.b, problem.z[:, -1] - problem.b]
    extremes = [int(at) for v in measures for at in (v.argmin(), v.argmax())]
    index = np.unique(np.concatenate([np.linspace(0, n - 1, _START).astype(np.int64), np.array(extremes)]))
    for family in range(problem.families - 1):
        small.add(family, index)
    if problem.null_jointness:
        small.add(problem.families - 1, index[problem.b[index] > 0.0])


def _generate(small: _Small) -> Solution:
    """Solve, scan, let the worst rows enter, until no new row is violated; then finish exactly."""
    added = 1
    while added and small.scan.passes < _ROUNDS:
        theta, active = small.solve()
        worst, where = small.scan(theta)
        added = 0
        for family in range(small.problem.families):
            violated = np.flatnonzero(worst[:, family] > TOLERANCE)
            order = np.argsort(-worst[violated, family], kind="stable")[:_BATCH]
            added += small.add(family, where[violated[order], family])
    if int(active.sum()) != small.problem.size:
        nothing = _Vertex(np.empty((0, small.problem.size)), np.empty(0), _NO_ROWS, np.empty(0))
        return small.solution(np.full(small.problem.size, np.nan), np.inf, np.inf, "collinear", nothing)
    R, lower, names = np.concatenate(small.R), np.concatenate(small.lower), np.concatenate(small.names)
    held = np.flatnonzero(active)
    return _finish(small, _Vertex(R[held], lower[held], names[held], np.empty(0)))


def _finish(small: _Small, vertex: _Vertex) -> Solution:
    """Solve the active square system in extended precision; pivot on the worst row until none is violated."""
    cost = small.cost @ small.M
    size = max(float(np.linalg.norm(cost)), 1e-300)
    for _ in range(_PIVOTS):
        whitened = vertex.R @ small.M
        norm = np.sqrt(np.einsum("ij,ij->i", whitened, whitened))
        whitened /= norm[:, None]
        theta = _exact(small.M, whitened, vertex.R, vertex.lower, norm)
        vertex.multipliers = np.asarray(np.linalg.solve(whitened.T, cost) / size, dtype=np.float64)
        worst, where = small.scan(theta)
        block, family = np.unravel_index(int(worst.argmax()), worst.shape)
        violation = float(worst[block, family])
        if violation <= TOLERANCE:
            break
        entering, side = rows(small.problem, int(family), where[block, family, None])
        weights = np.asarray(np.linalg.solve(whitened.T, (entering @ small.M)[0]), dtype=np.float64)
        leaving = _leaving(vertex.multipliers, weights)
        if leaving < 0:
            break
        vertex.R[leaving], vertex.lower[leaving] = entering[0], side[0]
        vertex.names[leaving] = family, where[block, family]
        small.pivots += 1
    dual = max(0.0, -float(vertex.multipliers.min()))
    return small.solution(theta, violation, dual, "optimal" if violation <= TOLERANCE else "imprecise", vertex)


def _exact(M: Array, whitened: Array, R: Array, lower: Array, norm: Array) -> Array:
    """theta with R theta = lower: a solve in whitened parameters and refinement on extended residuals."""
    theta = M @ np.linalg.solve(whitened, lower / norm)
    wide, side = R.astype(np.longdouble), lower.astype(np.longdouble)
    for _ in range(3):
        residual = (side - wide @ theta.astype(np.longdouble)).astype(np.float64)
        theta = theta + M @ np.linalg.solve(whitened, residual / norm)
    return np.asarray(theta, dtype=np.float64)


def _leaving(multipliers: Array, weights: Array) -> int:
    """Ratio test of the dual simplex: the active row whose multiplier reaches zero first, -1 if none can."""
    able = np.flatnonzero(weights > 1e-11 * np.abs(weights).max())
    if able.size == 0:
        return -1
    ratio = np.maximum(multipliers[able], 0.0) / weights[able]
    ties = able[ratio <= ratio.min() + 1e-15]
    return int(ties[np.argmax(weights[ties])])
