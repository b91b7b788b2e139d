"""The rows of the distance-function programs: what they are, and a scan of all of them by block."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.polynomial import Basis, basis, derivative, features

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_CHUNK = 256
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Program:
    """What holds at every row: b + Q(z) >= 0, directions of the slope of Q bounded below, null-jointness.

    Q is a polynomial, Q(z) = F(z) theta with F the monomials of `basis`. Rows are named by family and observation:
    family 0 is b + Q(z) >= 0, family f = 1 ... F is d_f' dQ/dz >= side_f, family F + 1 is Q at s - b <= 0 where b > 0.

    Attributes
    ----------
    z : (n, k)
        Variables, in units of their means or logs, best centred; time last where the basis has a trend.
    b : (n,)
        Left side.
    period : (n,) int64
        Codes 0 ... periods - 1; each period has its own intercept.
    periods : int
    directions : (F, k), sides : (F,)
    null_jointness : bool
    basis : Basis
    s : int
        Position of s among the variables.
    """

    z: Array
    b: Array
    period: Index
    periods: int
    directions: Array
    sides: Array
    null_jointness: bool
    basis: Basis
    s: int

    @property
    def size(self) -> int:
        """Number of parameters: the terms of the basis, with an intercept for every period instead of one."""
        return self.periods - 1 + self.basis.size

    @property
    def families(self) -> int:
        """Number of families, imposed or not, F + 2."""
        return self.sides.size + 2


def program(
    z: Array,
    b: Array,
    directions: Array,
    sides: Array,
    *,
    terms: Basis | None = None,
    s: int | None = None,
    period: Index | None = None,
    null_jointness: bool = False,
) -> Program:
    """A `Program` over n rows.

    Parameters
    ----------
    z : (n, k), b : (n,)
    directions : (F, k), sides : (F,)
        d_f' dQ/dz >= side_f at every row; `monotone` gives those of a distance function.
    terms : Basis, optional
        Of k variables; the quadratic without.
    s : int, optional
        Position of s; the last variable without.
    period : (n,) int64, optional
        Codes 0, 1, ... for neutral shifts by period; one common intercept without.
    null_jointness : bool
        Impose Q <= 0 at s - b at rows with b > 0.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    n, k = z.shape
    chosen = basis(k) if terms is None else terms
    codes = np.zeros(n, dtype=np.int64) if period is None else np.asarray(period, dtype=np.int64)
    shapes = (b.shape, codes.shape, directions.shape, sides.shape, chosen.variables)
    if n == 0 or shapes != ((n,), (n,), (sides.size, k), (sides.size,), k):
        raise ValueError(
            f"b (n,), period (n,), directions (F, {k}), sides (F,), a basis of {k} variables expected for {n} rows, "
            f"got {shapes}"
        )
    return Program(
        z=np.ascontiguousarray(z, dtype=np.float64),
        b=np.ascontiguousarray(b, dtype=np.float64),
        period=codes,
        periods=int(codes.max()) + 1,
        directions=np.ascontiguousarray(directions, dtype=np.float64),
        sides=np.ascontiguousarray(sides, dtype=np.float64),
        null_jointness=null_jointness,
        basis=chosen,
        s=k - 1 if s is None else s,
    )


def monotone(
    k: int, *, bad: bool = True, good: bool = True, inputs: bool = True, time: bool = False
) -> tuple[Array, Array]:
    """Directions and sides (F,) of Q_s >= -1 (`bad`), Q_s <= 0 (`good`) and Q_xi >= 0 (`inputs`); s is variable k - 1.

    With `time` a last variable follows that nothing is asked of: directions are (F, k + 1) instead of (F, k).

    Examples
    --------
    >>> d, side = monotone(2)
    >>> d.tolist(), side.tolist()
    ([[0.0, 1.0], [-0.0, -1.0], [1.0, 0.0]], [-1.0, 0.0, 0.0])
    """
    unit = np.eye(k, k + time)
    chosen = [(unit[-1], -1.0)] * bad + [(-unit[-1], 0.0)] * good + [(row, 0.0) for row in unit[:-1]] * inputs
    return np.array([d for d, _ in chosen]).reshape(-1, k + time), np.array([side for _, side in chosen])


def moments(problem: Program) -> Array:
    """Mean of F'F with the intercepts of the periods in front, (size, size)."""
    total = np.zeros((problem.size, problem.size))
    for start in range(0, problem.b.size, _BLOCK):
        f = feature_rows(problem, np.arange(start, min(start + _BLOCK, problem.b.size)))
        total += f.T @ f
    return np.asarray(total / problem.b.size, dtype=np.float64)


def mean_slope(problem: Program, second: Array) -> Array:
    """Mean of the rows of Q_s without intercepts, from the means of the monomials that the second moments hold."""
    mean = np.append(1.0, second[: problem.periods, problem.periods :].sum(axis=0))
    return np.asarray((mean @ derivative(problem.basis, problem.s))[1:], dtype=np.float64)


def feature_rows(problem: Program, index: Index, null: bool = False) -> Array:
    """Monomials with one intercept per period, (r, size); at b = 0 for null-jointness."""
    z = problem.z[index]
    if null:
        z[:, problem.s] -= problem.b[index]
    f = features(problem.basis, z)
    if problem.periods == 1:
        return f
    intercepts = np.zeros((index.size, problem.periods))
    intercepts[np.arange(index.size), problem.period[index]] = 1.0
    return np.hstack([intercepts, f[:, 1:]])


def rows(problem: Program, family: int, index: Index) -> tuple[Array, Array]:
    """The rows R theta >= lower of one family at some observations, (r, size) and (r,)."""
    if family == 0:
        return feature_rows(problem, index), -problem.b[index]
    if family == problem.sides.size + 1:
        return -feature_rows(problem, index, null=True), np.zeros(index.size)
    slope = features(problem.basis, problem.z[index]) @ _along(problem, problem.directions[family - 1])
    R = np.zeros((index.size, problem.size))
    R[:, problem.periods :] = slope[:, 1:]
    return R, np.full(index.size, problem.sides[family - 1])


def surface(problem: Program, theta: Array) -> Array:
    """b + Q(z) at every row, (n,)."""
    shift = theta[: problem.periods] - theta[0]
    return np.asarray(problem.b + shift[problem.period] + _evaluate(problem, _common(problem, theta)), dtype=np.float64)


def slope(problem: Program, theta: Array, direction: Array) -> Array:
    """d' dQ/dz at every row, (n,), for a direction d, (k,)."""
    return _evaluate(problem, _along(problem, direction) @ _common(problem, theta))


class Scan:
    """The worst violation of every family by block of rows, for many theta over the same rows."""

    def __init__(self, problem: Program) -> None:
        n = problem.b.size
        self.problem = problem
        self.columns = np.ascontiguousarray(problem.z.T)
        self.blocks = min(64, n // 500 + 1)
        self.size = -(-n // self.blocks)
        self.passes = 0
        self.turns = np.array([_along(problem, d) for d in problem.directions]).reshape(-1, *[problem.basis.size] * 2)
        self.scale = 1.0 / _factorials(problem.basis)

    def __call__(self, theta: Array) -> tuple[Array, Index]:
        """Violations, (blocks, families), -inf where a family has no row, and the rows they occur at."""
        p = self.problem
        self.passes += 1
        common = _common(p, theta)
        worst = np.full((self.blocks, p.families), -np.inf)
        where = np.zeros((self.blocks, p.families), dtype=np.int64)
        shift, level, slopes = theta[: p.periods] - common[0], common * self.scale, (self.turns @ common) * self.scale
        null = _at_zero(p, common) * self.scale
        parent, factor, size = p.basis.parent, p.basis.factor, self.size
        _scan(self.columns, p.b, p.period, shift, parent, factor, level, slopes, p.sides, null, size, worst, where)
        return worst, where


def _common(problem: Program, theta: Array) -> Array:
    """theta with the first intercept alone, (p,)."""
    return np.append(theta[0], theta[problem.periods :])


def _along(problem: Program, direction: Array) -> Array:
    """D with d' dQ/dz = F D theta, (p, p)."""
    D = np.zeros((problem.basis.size, problem.basis.size))
    for j in np.flatnonzero(direction):
        D += direction[j] * derivative(problem.basis, int(j))
    return D


def _at_zero(problem: Program, common: Array) -> Array:
    """Coefficients (r, p) with Q at s - b = sum over q of b^q F c_q, by Taylor's formula; none without the family."""
    if not problem.null_jointness:
        return np.empty((0, common.size))
    D, terms = derivative(problem.basis, problem.s), [common]
    for q in range(1, int(problem.basis.exponents[:, problem.s].max()) + 1):
        terms.append(-(D @ terms[-1]) / q)
    return np.array(terms)


def _factorials(basis: Basis) -> Array:
    """e! of every term: what the plain monomial is divided by."""
    return np.array([float(np.prod([factorial(int(v)) for v in e])) for e in basis.exponents])


def _evaluate(problem: Program, coef: Array) -> Array:
    """F coef at every row, (n,)."""
    out = np.empty(problem.b.size)
    columns = np.ascontiguousarray(problem.z.T)
    _combine(columns, problem.basis.parent, problem.basis.factor, coef / _factorials(problem.basis), out)
    return out


@jit
def _combine(z: Array, parent: Index, factor: Index, coef: Array, out: Array) -> None:
    f = np.ones((parent.size, _CHUNK))
    value = np.empty(_CHUNK)
    for start in range(0, out.size, _CHUNK):
        count = min(_CHUNK, out.size - start)
        _monomials(z, parent, factor, start, count, f)
        value[:count] = 0.0
        _add(f, coef, value, count)
        out[start : start + count] = value[:count]


@jit
def _scan(
    z: Array,
    b: Array,
    period: Index,
    shift: Array,
    parent: Index,
    factor: Index,
    level: Array,
    slopes: Array,
    sides: Array,
    null: Array,
    size: int,
    worst: Array,
    where: Index,
) -> None:
    n = b.size
    f = np.ones((parent.size, _CHUNK))
    value = np.empty(_CHUNK)
    for block in range(worst.shape[0]):
        end = min(n, (block + 1) * size)
        for start in range(block * size, end, _CHUNK):
            count = min(_CHUNK, end - start)
            _monomials(z, parent, factor, start, count, f)
            for r in range(count):
                value[r] = -b[start + r] - shift[period[start + r]]
            _add(f, -level, value, count)
            _keep(worst, where, block, 0, value, start, count)
            for family in range(sides.size):
                value[:count] = sides[family]
                _add(f, -slopes[family], value, count)
                _keep(worst, where, block, 1 + family, value, start, count)
            if null.shape[0] > 0:
                value[:count] = 0.0
                for q in range(null.shape[0] - 1, -1, -1):
                    for r in range(count):
                        value[r] *= b[start + r]
                    _add(f, null[q], value, count)
                for r in range(count):
                    value[r] = value[r] + shift[period[start + r]] if b[start + r] > 0.0 else -np.inf
                _keep(worst, where, block, 1 + sides.size, value, start, count)


@jit
def _monomials(z: Array, parent: Index, factor: Index, start: int, count: int, f: Array) -> None:
    """Plain monomials of a chunk of rows, by term; the constant stands already."""
    for c in range(1, parent.size):
        j, q = factor[c], parent[c]
        for r in range(count):
            f[c, r] = f[q, r] * z[j, start + r]


@jit
def _add(f: Array, coef: Array, value: Array, count: int) -> None:
    """value += f' coef."""
    for c in range(coef.size):
        weight = coef[c]
        if weight != 0.0:
            for r in range(count):
                value[r] += weight * f[c, r]


@jit
def _keep(worst: Array, where: Index, block: int, family: int, value: Array, start: int, count: int) -> None:
    best = worst[block, family]
    at = -1
    for r in range(count):
        if value[r] > best:
            best = value[r]
            at = r
    if at >= 0:
        worst[block, family] = best
        where[block, family] = start + at
