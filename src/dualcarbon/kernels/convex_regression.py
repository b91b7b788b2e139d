"""Convex regression of a directional distance function: least squares, quantiles, expectiles.

With v = (x, -y, b), everything that is to be small, and one direction g >= 0, the distance f_i = F(v_i) is a concave
function with F(v - t g) = F(v) - t. Every unit has a plane through its own value with prices p_i:

    min sum loss(f_i)   s.t.   f_i <= f_h + p_h'(v_i - v_h) for all h, i,   p_i'g = 1,   p_i >= 0

f > 0 lies inside. Of the n (n - 1) rows few bind: the program is solved on the nearest neighbours, all rows are
scanned, the violated ones enter, until none is violated. The last program is solved to rounding, since an error of e in
the objective is one of sqrt(e) in f, and its answer made feasible exactly: f_i becomes the least of all planes at v_i.

Kuosmanen & Johnson (2017), European Journal of Operational Research 262, 792-801, doi:10.1016/j.ejor.2017.04.029; Lee,
Johnson, Moreno-Centeno & Kuosmanen (2013), ibid. 227, 391-400, doi:10.1016/j.ejor.2012.11.054.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

TOLERANCE = 1e-9
"""Largest violation of a row, in units of v along g, that ends the generation of rows."""
GAP = 1e-9
"""Largest relative gap between the objective and its lower bound."""
_ROUGH = 1e-9
_FINE = 1e-13
_RESIDUAL = 1e-9
_NEIGHBOURS = 16
_ENTER = 2
_ROUNDS = 60
_SELECTION = 1e-5
_SELECTIONS = 4
_ITERATIONS = 200
_SMALL = 1e-4


@dataclass(frozen=True, slots=True)
class Regression:
    """What is fitted.

    Attributes
    ----------
    v : (n, D)
        Inputs, goods with a minus sign, bads; best divided by their means.
    g : (D,)
        The direction, nonnegative, not zero.
    above, below : float
        Weights of values outside (f < 0) and inside (f > 0), positive.
    power : int
        1: absolute values, 2: squares.
    free : (D,) bool or None
        Columns whose price may be negative.
    contained : (k, D) or None
        Points at which no plane may be negative; with the goods and bads of all units set to zero and free prices
        of the bads: weak disposability.
    through_origin : bool
        All planes pass through the origin: constant returns.
    """

    v: Array
    g: Array
    above: float = 1.0
    below: float = 1.0
    power: int = 2
    free: Mask | None = None
    contained: Array | None = None
    through_origin: bool = False


@dataclass(frozen=True, slots=True)
class ConvexFit:
    """The optimum and its certificate.

    Attributes
    ----------
    f : (n,)
        Fitted distances, unique; of a quantile regression with several optima that with the least sum of squares.
    prices : (n, D)
        One price vector of every unit among those the optimum leaves open.
    objective, lower : float
        sum loss(f), and the value the solver proves no function on the rows can beat.
    rounds, rows : int
        Programs solved, rows in the last one.
    gap : float
        (objective - lower) / objective; a loss of 1e-4 a row counts as that where the fit is better.
    violation : float
        Largest violation before f was made feasible.
    status : str
        optimal; imprecise where the tolerances were not reached.
    pairs : (rows, 2) int64
        Plane and point of the rows of the last program; points from n on are those of `contained`.
    multipliers : (rows,)
        Their multipliers; of a quantile regression those of the program without the choice among optima.
    """

    f: Array
    prices: Array
    objective: float
    lower: float
    gap: float
    rounds: int
    rows: int
    violation: float
    status: str
    pairs: Index
    multipliers: Array


def fit(regression: Regression) -> ConvexFit:
    """The concave function that fits best.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> found = fit(Regression(np.column_stack([x, -np.array([1.0, 1.0, 2.0])]), np.array([0.0, 1.0])))
    >>> found.f.round(6).tolist()
    [-0.166667, 0.333333, -0.166667]
    """
    scale = float(regression.g.max())
    unit = replace(regression, g=regression.g / scale)
    program = _Program(unit)
    found = _generate(program, _SELECTION if unit.power == 1 else 0.0)
    return replace(
        found,
        f=found.f / scale,
        prices=found.prices / scale,
        objective=found.objective / scale**unit.power,
        lower=found.lower / scale**unit.power,
        violation=found.violation / scale,
        multipliers=found.multipliers / scale ** (unit.power - 1),
    )


@dataclass(frozen=True, slots=True)
class _Solved:
    """Values, slopes in reduced coordinates, multipliers of the rows, bound, and whether the tolerance was met."""

    f: Array
    slopes: Array
    multipliers: Array
    lower: float
    reached: bool


class _Program:
    """The regression in coordinates without the column `e`, whose price p'g = 1 gives: p'v = s'z + c."""

    def __init__(self, regression: Regression) -> None:
        r = self.regression = regression
        self.n, self.width = int(r.v.shape[0]), int(r.v.shape[1])
        free = np.zeros(self.width, dtype=np.bool_) if r.free is None else r.free
        signed = np.where(free, 0.0, r.g)
        self.e = int(np.argmax(signed if signed.any() else r.g))
        self.keep = np.delete(np.arange(self.width), self.e)
        self.ratio = r.g[self.keep] / r.g[self.e]
        points = r.v if r.contained is None else np.vstack([r.v, r.contained])
        self.z = points[:, self.keep] - points[:, [self.e]] * self.ratio
        self.c = points[:, self.e] / r.g[self.e]
        self.signed = ~free[self.keep]
        self.capped = not free[self.e] and bool((r.g[self.keep] > 0.0).any())

    @property
    def split(self) -> bool:
        """Whether the loss needs a variable for one of its sides."""
        return self.regression.power == 1 or self.regression.above != self.regression.below

    @property
    def size(self) -> int:
        """Variables: per unit f and D - 1 slopes, then one per unit for the side."""
        return self.n * (self.width + self.split)

    def rows(self, pairs: Index) -> tuple[csc_matrix, Array]:
        """Plane h at point i not below f_i, or not below zero at a point of `contained`."""
        from scipy.sparse import csc_matrix

        h, i = pairs.T
        own = i < self.n
        columns = np.column_stack([h[:, None] * self.width + np.arange(self.width), np.where(own, i, 0) * self.width])
        values = np.column_stack([np.ones(h.size), self.z[i] - self.z[h], np.where(own, -1.0, 0.0)])
        at = np.repeat(np.arange(h.size), self.width + 1)
        matrix = csc_matrix((values.ravel(), (at, columns.ravel())), shape=(h.size, self.size))
        matrix.sum_duplicates()
        return matrix, self.c[h] - self.c[i]

    def frame(self) -> tuple[csc_matrix, Array]:
        """Rows that are always there: the price of column e is not negative; the sides of the loss."""
        from scipy.sparse import csc_matrix

        r, n, every = self.regression, self.n, np.arange(self.n)
        blocks: list[tuple[csc_matrix, Array]] = []
        if self.capped:
            columns = every[:, None] * self.width + 1 + np.arange(self.width - 1)
            at, values = np.repeat(every, self.width - 1), np.tile(-r.g[self.keep], n)
            blocks.append((csc_matrix((values, (at, columns.ravel())), shape=(n, self.size)), np.full(n, -1.0)))
        if self.split:
            sign = 1.0 if r.power == 1 or r.above > r.below else -1.0
            columns = np.concatenate([every * self.width, n * self.width + every])
            values = np.concatenate([np.full(n, sign), np.ones(n)])
            side = csc_matrix((values, (np.tile(every, 2), columns)), shape=(n, self.size))
            blocks.append((side, np.zeros(n)))
        return _stack(blocks, self.size)

    def cost(self, selection: float) -> tuple[csc_matrix, Array]:
        """Half the Hessian's diagonal twice over, and the linear part, of the loss."""
        from scipy.sparse import diags

        r, n = self.regression, self.n
        hessian, linear = np.zeros(self.size), np.zeros(self.size)
        values, sides = slice(0, n * self.width, self.width), slice(n * self.width, None)
        if r.power == 1:
            hessian[values], linear[values], linear[sides] = selection, r.below, r.above + r.below
        else:
            hessian[values], hessian[sides] = 2.0 * min(r.above, r.below), 2.0 * abs(r.above - r.below)
        return diags(hessian).tocsc(), linear

    def lower_bounds(self) -> Array:
        """Prices with a sign, and the side of an absolute loss, are not negative."""
        bound = np.full(self.size, -np.inf)
        blocks = bound[: self.n * self.width].reshape(self.n, self.width)
        blocks[:, 1:] = np.where(self.signed, 0.0, -np.inf)
        if self.regression.power == 1:
            bound[self.n * self.width :] = 0.0
        return bound

    def origin(self) -> tuple[csc_matrix, Array] | tuple[None, None]:
        """Every plane is zero at the origin."""
        from scipy.sparse import csc_matrix

        if not self.regression.through_origin:
            return None, None
        columns = np.arange(self.n * self.width)
        values = np.column_stack([np.ones(self.n), -self.z[: self.n]]).ravel()
        at = np.repeat(np.arange(self.n), self.width)
        return csc_matrix((values, (at, columns)), shape=(self.n, self.size)), self.c[: self.n].copy()

    def planes(self, found: _Solved) -> Array:
        """(n, n + k): plane h at every point."""
        own = found.f - np.einsum("ij,ij->i", found.slopes, self.z[: self.n]) - self.c[: self.n]
        return np.asarray(own[:, None] + found.slopes @ self.z.T + self.c, dtype=np.float64)

    def loss(self, f: Array) -> float:
        """sum loss(f)."""
        r = self.regression
        return float(np.sum(np.where(f < 0.0, r.above, r.below) * np.abs(f) ** r.power))

    def prices(self, found: _Solved) -> Array:
        """(n, D)."""
        p = np.empty((self.n, self.width))
        p[:, self.keep] = found.slopes
        p[:, self.e] = 1.0 / self.regression.g[self.e] - found.slopes @ self.ratio
        return p


def _stack(blocks: list[tuple[csc_matrix, Array]], size: int) -> tuple[csc_matrix, Array]:
    from scipy.sparse import csc_matrix, vstack

    if not blocks:
        return csc_matrix((0, size)), np.empty(0)
    return vstack([matrix for matrix, _ in blocks]).tocsc(), np.concatenate([side for _, side in blocks])


def _generate(program: _Program, selection: float) -> ConvexFit:
    """Solve, scan, let the worst rows enter, until none is violated."""
    pairs = _neighbours(program)
    rounds, tolerance = 0, _ROUGH
    while True:
        rounds += 1
        found = _interior(program, pairs, selection, tolerance)
        violated = _violated(program, found, pairs)
        over = not np.isfinite(found.f).all() or rounds >= _ROUNDS
        if over or (violated.shape[0] == 0 and tolerance == _FINE):
            break
        tolerance = _FINE if violated.shape[0] == 0 else tolerance
        pairs = np.vstack([pairs, violated])
    certified = found if selection == 0.0 else _interior(program, pairs, 0.0, _FINE)
    done = _finish(program, found, certified, pairs, rounds)
    if selection > _SELECTION * 10.0**-_SELECTIONS and done.status == "imprecise":
        return _generate(program, selection / 10.0)
    return done


def _neighbours(program: _Program) -> Index:
    """Every unit with the planes of its neighbours."""
    from scipy.spatial import cKDTree

    z: Array = program.z[: program.n]
    spread = z.std(axis=0)
    scaled = z / np.where(spread > 0.0, spread, 1.0)
    k = min(_NEIGHBOURS + 1, program.n)
    near = np.asarray(cKDTree(scaled).query(scaled, k)[1], dtype=np.int64).reshape(program.n, k)
    pairs = np.column_stack([near.ravel(), np.repeat(np.arange(program.n), k)])
    return np.asarray(pairs[pairs[:, 0] != pairs[:, 1]], dtype=np.int64)


def _violated(program: _Program, found: _Solved, pairs: Index) -> Index:
    """The worst violated rows of every point and of every plane that are not in the program."""
    gap = -program.planes(found)
    gap[:, : program.n] += found.f
    gap[pairs[:, 0], pairs[:, 1]] = -np.inf
    np.fill_diagonal(gap, -np.inf)
    chosen = np.zeros(gap.shape, dtype=np.bool_)
    for axis in (0, 1):
        count = min(_ENTER, gap.shape[axis])
        worst = np.argpartition(-gap, count - 1, axis=axis)
        np.put_along_axis(chosen, np.take(worst, np.arange(count), axis=axis), True, axis=axis)
    return np.argwhere(chosen & (gap > TOLERANCE)).astype(np.int64)


def _interior(program: _Program, pairs: Index, selection: float, tolerance: float) -> _Solved:
    """The program on some rows by a proximal interior-point method."""
    import piqp

    matrix, side = _stack([program.rows(pairs), program.frame()], program.size)
    hessian, linear = program.cost(selection)
    solver: Any = piqp.SparseSolver()
    settings = solver.settings
    settings.eps_abs = settings.eps_rel = tolerance
    settings.eps_duality_gap_abs = settings.eps_duality_gap_rel = tolerance
    settings.max_iter = _ITERATIONS
    equal, value = program.origin()
    above = np.full(side.size, np.inf)
    unbounded = np.full(program.size, np.inf)
    solver.setup(hessian, linear, equal, value, matrix, side, above, program.lower_bounds(), unbounded)
    status, info = solver.solve(), solver.result.info
    x, z = np.array(solver.result.x), np.array(solver.result.z_l)
    block = x[: program.n * program.width].reshape(program.n, program.width)
    return _Solved(
        f=block[:, 0].copy(),
        slopes=np.where(program.signed, np.maximum(block[:, 1:], 0.0), block[:, 1:]),
        multipliers=z[: pairs.shape[0]],
        lower=float(info.dual_obj),
        reached=status == piqp.PIQP_SOLVED or max(info.primal_res, info.dual_res) <= _RESIDUAL,
    )


def _finish(program: _Program, found: _Solved, certified: _Solved, pairs: Index, rounds: int) -> ConvexFit:
    """Make f the least of all planes, and compare its loss with the bound."""
    f = program.planes(found)[:, : program.n].min(axis=0)
    objective = program.loss(f)
    done = ConvexFit(
        f=f,
        prices=program.prices(found),
        objective=objective,
        lower=certified.lower,
        gap=max(objective - certified.lower, 0.0) / max(objective, _SMALL * program.n),
        rounds=rounds,
        rows=pairs.shape[0],
        violation=float(np.max(found.f - f)),
        status="optimal",
        pairs=pairs,
        multipliers=certified.multipliers,
    )
    good = found.reached and certified.reached and done.gap <= GAP and done.violation <= 10.0 * TOLERANCE
    return done if good else replace(done, status="imprecise")
