"""The rows of the quadratic distance-function program: what they are, and a scan of all of them by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.quadratic_form import evaluate, features, gradient, length, unpack

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_CHUNK = 256
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Program:
    """What holds at every row: b + Q(z) >= 0, directions of the slope of Q bounded below, null-jointness.

    Rows are named by family and observation: family 0 is b + Q(z) >= 0, family f = 1 ... F is
    d_f' dQ/dz >= side_f, family F + 1 is Q(x, s - b) <= 0 where b > 0.

    Attributes
    ----------
    z : (n, k)
        Variables, s last; in units of their means, or logs about their means.
    b : (n,)
        Left side.
    period : (n,) int64
        Codes 0 ... periods - 1; each period has its own intercept.
    periods : int
    directions : (F, k), sides : (F,)
    null_jointness : bool
    """

    z: Array
    b: Array
    period: Index
    periods: int
    directions: Array
    sides: Array
    null_jointness: bool

    @property
    def size(self) -> int:
        """Number of parameters, periods + k + k (k + 1) / 2."""
        return self.periods - 1 + length(self.z.shape[1])

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
    period: Index | None = None,
    null_jointness: bool = False,
) -> Program:
    """A `Program` over n rows.

    Parameters
    ----------
    z : (n, k), b : (n,)
    directions : (F, k), sides : (F,)
        d_f' dQ/dz >= side_f at every row; `monotone` gives those of a distance function.
    period : (n,) int64, optional
        Codes 0, 1, ... for neutral shifts by period; one common intercept without.
    null_jointness : bool
        Impose Q(x, s - b) <= 0 at rows with b > 0.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    n, k = z.shape
    codes = np.zeros(n, dtype=np.int64) if period is None else np.asarray(period, dtype=np.int64)
    shapes = (b.shape, codes.shape, directions.shape, sides.shape)
    if n == 0 or shapes != ((n,), (n,), (sides.size, k), (sides.size,)):
        raise ValueError(f"b (n,), period (n,), directions (F, {k}), sides (F,) expected for {n} rows, got {shapes}")
    return Program(
        z=np.ascontiguousarray(z, dtype=np.float64),
        b=np.ascontiguousarray(b, dtype=np.float64),
        period=codes,
        periods=int(codes.max()) + 1,
        directions=np.ascontiguousarray(directions, dtype=np.float64),
        sides=np.ascontiguousarray(sides, dtype=np.float64),
        null_jointness=null_jointness,
    )


def monotone(k: int, *, bad: bool = True, good: bool = True, inputs: bool = True) -> tuple[Array, Array]:
    """Directions (F, k) and sides (F,) of Q_s >= -1 (`bad`), Q_s <= 0 (`good`) and Q_xi >= 0 (`inputs`).

    Examples
    --------
    >>> d, side = monotone(2)
    >>> d.tolist(), side.tolist()
    ([[0.0, 1.0], [-0.0, -1.0], [1.0, 0.0]], [-1.0, 0.0, 0.0])
    """
    unit = np.eye(k)
    chosen = [(unit[-1], -1.0)] * bad + [(-unit[-1], 0.0)] * good + [(row, 0.0) for row in unit[:-1]] * inputs
    return np.array([d for d, _ in chosen]).reshape(-1, k), np.array([side for _, side in chosen])


def moments(problem: Program) -> Array:
    """Mean of f'f with the intercepts of the periods in front, (size, size)."""
    total = np.zeros((problem.size, problem.size))
    for start in range(0, problem.b.size, _BLOCK):
        f = feature_rows(problem, np.arange(start, min(start + _BLOCK, problem.b.size)))
        total += f.T @ f
    return np.asarray(total / problem.b.size, dtype=np.float64)


def mean_slope(problem: Program, second: Array) -> Array:
    """Mean of the rows of Q_s without intercepts: Q_s is linear in z, whose means the second moments hold."""
    k = problem.z.shape[1]
    mean = second[: problem.periods, problem.periods : problem.periods + k].sum(axis=0)
    return gradient(mean[None, :], k - 1)[0, 1:]


def feature_rows(problem: Program, index: Index, null: bool = False) -> Array:
    """Features with one intercept per period, (r, size); at b = 0 for null-jointness."""
    z = problem.z[index]
    if null:
        z[:, -1] -= problem.b[index]
    f = features(z)
    if problem.periods == 1:
        return f
    intercepts = np.zeros((index.size, problem.periods))
    intercepts[np.arange(index.size), problem.period[index]] = 1.0
    return np.hstack([intercepts, f[:, 1:]])


def surface(problem: Program, theta: Array) -> Array:
    """b + Q(z) at every row, (n,)."""
    common = theta[problem.periods - 1 :]
    shift = theta[: problem.periods] - common[0]
    return np.asarray(problem.b + evaluate(common, problem.z) + shift[problem.period], dtype=np.float64)


def rows(problem: Program, family: int, index: Index) -> tuple[Array, Array]:
    """Rows R, (r, size), and lower sides, (r,), with R theta >= lower for one family."""
    if family == 0:
        return feature_rows(problem, index), -problem.b[index]
    if family == problem.families - 1:
        return -feature_rows(problem, index, null=True), np.zeros(index.size)
    direction, side = problem.directions[family - 1], problem.sides[family - 1]
    z = problem.z[index]
    R = np.zeros((index.size, problem.size))
    for j in np.flatnonzero(direction):
        R[:, problem.periods :] += direction[j] * gradient(z, int(j))[:, 1:]
    return R, np.full(index.size, side)


class Scan:
    """The worst violation of every family by block of rows, for many theta over the same rows."""

    def __init__(self, problem: Program) -> None:
        n = problem.b.size
        self.problem = problem
        self.columns = np.ascontiguousarray(problem.z.T)
        self.blocks = min(64, n // 500 + 1)
        self.size = -(-n // self.blocks)
        self.passes = 0

    def __call__(self, theta: Array) -> tuple[Array, Index]:
        """Violations, (blocks, families), -inf where a family has no row, and the rows they occur at."""
        p = self.problem
        self.passes += 1
        _, a, A = unpack(theta[p.periods - 1 :], p.z.shape[1])
        worst = np.full((self.blocks, p.families), -np.inf)
        where = np.zeros((self.blocks, p.families), dtype=np.int64)
        intercepts = theta[: p.periods].copy()
        _scan(
            *(self.columns, p.b, p.period, intercepts, a, A),
            *(p.directions, p.sides, p.null_jointness, self.size, worst, where),
        )
        return worst, where


@jit
def _scan(
    z: Array,
    b: Array,
    period: Index,
    intercepts: Array,
    a: Array,
    A: Array,
    directions: Array,
    sides: Array,
    null: bool,
    size: int,
    worst: Array,
    where: Index,
) -> None:
    k, n = z.shape
    families = sides.size
    slopes = np.empty((k, _CHUNK))
    value = np.empty(_CHUNK)
    level = np.empty(_CHUNK)
    for block in range(worst.shape[0]):
        end = min(n, (block + 1) * size)
        for start in range(block * size, end, _CHUNK):
            count = min(_CHUNK, end - start)
            _values(z, period, intercepts, a, A, start, count, slopes, level)
            for r in range(count):
                value[r] = -(b[start + r] + level[r])
            _keep(worst, where, block, 0, value, start, count)
            for f in range(families):
                value[:count] = sides[f]
                for j in range(k):
                    weight = directions[f, j]
                    if weight != 0.0:
                        for r in range(count):
                            value[r] -= weight * slopes[j, r]
                _keep(worst, where, block, 1 + f, value, start, count)
            if null:
                for r in range(count):
                    bad = b[start + r]
                    at_zero = level[r] - bad * slopes[k - 1, r] + 0.5 * A[k - 1, k - 1] * bad * bad
                    value[r] = at_zero if bad > 0.0 else -np.inf
                _keep(worst, where, block, 1 + families, value, start, count)


@jit
def _values(
    z: Array,
    period: Index,
    intercepts: Array,
    a: Array,
    A: Array,
    start: int,
    count: int,
    slopes: Array,
    level: Array,
) -> None:
    k = z.shape[0]
    for r in range(count):
        level[r] = intercepts[period[start + r]]
    for i in range(k):
        for r in range(count):
            slopes[i, r] = a[i]
        for j in range(k):
            weight = A[i, j]
            for r in range(count):
                slopes[i, r] += weight * z[j, start + r]
        for r in range(count):
            level[r] += 0.5 * z[i, start + r] * (a[i] + slopes[i, r])


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
