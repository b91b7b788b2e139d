"""Distance functions that are linear in their parameters: slopes, the monotone cone, the projection on it.

u = left + P(z), P a polynomial of a closed basis, with shifts of the level by period if asked. One of the variables, s,
joins the good and the bad and does not move along the direction in which u is measured; t = -P_s. The translog
hyperbolic and the quadratic directional distance function have this shape; what they put into z, left and the slopes
of u is theirs (`translog`, `directional`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from dualcarbon.kernels import polynomial
from dualcarbon.kernels.polynomial import Basis
from dualcarbon.kernels.quadratic_form import whitener
from dualcarbon.kernels.tall import apply, apply_transposed, cross, times

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]
Change = Literal["none", "neutral", "biased", "years"]

MARGIN = 1e-3
"""On the cone t lies between MARGIN and 1 - MARGIN, so that no shadow price is zero or infinite."""
FEASIBLE = 1e-9
"""Slopes count as monotone when they miss their bounds by no more."""
_TIGHT = 1e-11
_ROUNDS = 100
_BLOCKS = 24
_RANK = 1e-10
_APART = 1e-6


@dataclass(frozen=True, slots=True)
class Shape:
    """What P is made of and where it is bound.

    Attributes
    ----------
    degree : 2 or 3
    change : "none", "neutral" (time, time^2), "biased" (also time z_i) or "years" (a level per period)
    inputs, good, bad : bool
        Whether the cone bounds the input slopes, t from below (translog: u rises in the bad; quadratic: D falls in the
        good) and t from above.
    null_jointness : bool
        Whether left + P <= 0 where the bad is taken away, at the points `Coordinates.bare`.
    """

    degree: int = 2
    change: Change = "none"
    inputs: bool = True
    good: bool = True
    bad: bool = True
    null_jointness: bool = False


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Observations in the coordinates of the distance function.

    Attributes
    ----------
    z : (n, k)
        Variables of the polynomial, centred: inputs, s, then time if there is a trend.
    left : (n,)
        u = left + P(z).
    map : (m + 1, k), constant : (m + 1,)
        The slopes of u in the m inputs and, last, t are constant + map dP/dz.
    shape : Shape
    basis : Basis
        The terms of P.
    period : (n,) int64
        Codes of the periods with a level of their own, 0 for the base.
    shifts : int
        How many such periods there are beside the base.
    span : float
        Time from the base to the last of them.
    good, bad : float
        Units of good and bad along the direction: their means where u is measured in means, else 1.
    own : (n,) or None
        The bad in the units of left and of s, where it can be taken away.
    """

    z: Array
    left: Array
    map: Array
    constant: Array
    shape: Shape
    basis: Basis
    period: Index
    shifts: int = 0
    span: float = 0.0
    good: float = 1.0
    bad: float = 1.0
    own: Array | None = None

    def take(self, rows: Mask) -> Coordinates:
        """Some of the observations."""
        own = None if self.own is None else self.own[rows]
        z = np.ascontiguousarray(self.z[rows])
        return replace(self, z=z, left=self.left[rows], period=self.period[rows], shifts=self.shifts, own=own)

    @property
    def bare(self) -> Coordinates:
        """The observations without their bad."""
        assert self.own is not None
        z = self.z.copy()
        z[:, self.total] -= self.own
        return replace(self, z=z, left=self.left - self.own)

    @property
    def total(self) -> int:
        """Position of s among the variables."""
        return int(np.flatnonzero(self.map[-1])[-1])


def placed(
    z: Array, left: Array, slope_map: tuple[Array, Array], shape: Shape, time: Index | None, fit: Mask
) -> Coordinates:
    """Coordinates centred over the rows of the fit, with the trend or the periods that `shape` asks for.

    z (n, k) without time, left (n,), time (n,) whole numbers, or None where nothing changes over time. A period
    without a row in the fit takes the level of the nearest earlier period that has one, or the first.
    """
    turn, constant = slope_map
    trend = shape.change if shape.change in ("neutral", "biased") else "none"
    basis = polynomial.basis(z.shape[1], shape.degree, trend)
    if trend != "none":
        assert time is not None
        z = np.column_stack([z, time.astype(np.float64)])
        turn = np.column_stack([turn, np.zeros(len(turn))])
    period, shifts, span = np.zeros(left.size, dtype=np.int64), 0, 0.0
    if shape.change == "years":
        assert time is not None
        known = np.unique(time[fit])
        shifts, span = known.size - 1, float(known[-1] - known[0])
        period = np.maximum(np.searchsorted(known, time, side="right") - 1, 0).astype(np.int64)
    centred = np.ascontiguousarray(z - z[fit].mean(axis=0))
    return Coordinates(centred, left - left[fit].mean(), turn, constant, shape, basis, period, shifts, span)


def features(data: Coordinates) -> Array:
    """Rows F with u = left + F theta, (n, p): the terms of P, then a dummy for every period but the base."""
    f = polynomial.features(data.basis, data.z)
    return f if not data.shifts else np.column_stack([f, data.period[:, None] == 1 + np.arange(data.shifts)])


def full_rank(data: Coordinates) -> bool:
    """Whether the features are linearly independent over the rows, to 1e-10 of their scale."""
    f = features(data)
    second = cross(f, f) / len(f)
    scale = np.sqrt(np.diag(second))
    if len(f) < f.shape[1] or not scale.all():
        return False
    values = np.linalg.eigvalsh(second / np.outer(scale, scale))
    return bool(values[0] > _RANK * values[-1])


def whitened(data: Coordinates) -> tuple[Array, Array]:
    """Features A = F M with A'A / n = I, (n, p), and M, (p, p): P = A phi with theta = M phi."""
    f = features(data)
    white = whitener(cross(f, f) / len(f))
    return times(f, white), white


def inefficiency(theta: Array, data: Coordinates) -> Array:
    """left + P, (n,): u, or u + v where theta was fitted with noise."""
    return data.left + apply(features(data), theta)


def slopes(theta: Array, data: Coordinates) -> Array:
    """(n, m + 1): slopes of u in the inputs and, last, t at every row."""
    coef = np.column_stack([lower @ theta[: data.basis.size] for lower in _derivatives(data.basis)])
    moving = times(_inner(data), np.ascontiguousarray(coef[1:] @ data.map.T))
    return np.asarray(moving + (data.constant + data.map @ coef[0]), dtype=np.float64)


def change_per_period(theta: Array, data: Coordinates) -> float:
    """By how much u rises from one period to the next at the same inputs and outputs, on average; NaN without change.

    The frontier moves out by that much: the mean of dP / dtime, or the level of the last period less that of the first
    over the time between.
    """
    size = data.basis.size
    if data.shifts:
        return float(theta[size + data.shifts - 1] / data.span)
    time = data.map.shape[1] - 1
    if time == data.total:
        return float("nan")
    lower = _derivatives(data.basis)[time] @ theta[:size]
    return float(lower[0] + apply(_inner(data), np.ascontiguousarray(lower[1:])).mean())


def _derivatives(basis: Basis) -> list[Array]:
    """(q, p) per variable: coefficients of dP/dz_j on the terms of lower degree."""
    inner = polynomial.inner(basis)
    return [polynomial.derivative(basis, j)[:inner] for j in range(basis.variables)]


def _inner(data: Coordinates) -> Array:
    """The terms of lower degree without the constant, (n, q - 1)."""
    inner = polynomial.inner(data.basis)
    if inner == 1 + data.basis.variables:
        return data.z
    return np.ascontiguousarray(polynomial.features(data.basis, data.z)[:, 1:inner])


def violated(slope: Array) -> Mask:
    """(n,): True where an input slope is negative or t is outside MARGIN ... 1 - MARGIN."""
    return np.asarray(_slack(slope).min(axis=1) < -FEASIBLE, dtype=np.bool_)


def _slack(slope: Array) -> Array:
    """(n, m + 2), nonnegative on the cone: input slopes, t - MARGIN, 1 - MARGIN - t."""
    t = slope[:, -1:]
    return np.concatenate([slope[:, :-1], t - MARGIN, (1.0 - MARGIN) - t], axis=1)


def _imposed(theta: Array, data: Coordinates) -> Array:
    """(n, families): the slacks that the shape asks to be nonnegative."""
    shape, m = data.shape, len(data.map) - 1
    kept = np.array([*[shape.inputs] * m, shape.good, shape.bad])
    slack = _slack(slopes(theta, data))[:, kept]
    return np.column_stack([slack, -inefficiency(theta, data.bare)]) if shape.null_jointness else slack


class _Rows:
    """Rows g with slack = g theta + a constant, by family and observation."""

    def __init__(self, data: Coordinates) -> None:
        shape, m = data.shape, len(data.map) - 1
        kept = np.array([*[shape.inputs] * m, shape.good, shape.bad])
        turns = np.vstack([data.map, -data.map[m:]])[kept]
        lowered = _derivatives(data.basis)
        self._data = data
        self._bare = data.bare if shape.null_jointness else None
        self._operators = [sum(w * lower for w, lower in zip(turn, lowered, strict=True)) for turn in turns]

    def row(self, family: int, i: int) -> Array:
        """g (p,) of one family at one observation."""
        one = slice(i, i + 1)
        if family == len(self._operators):
            assert self._bare is not None
            return np.asarray(-features(_one(self._bare, one))[0], dtype=np.float64)
        data = self._data
        inner = polynomial.features(data.basis, data.z[one])[0, : polynomial.inner(data.basis)]
        return np.concatenate([inner @ self._operators[family], np.zeros(data.shifts)])


def _one(data: Coordinates, row: slice) -> Coordinates:
    return replace(data, z=data.z[row], left=data.left[row], period=data.period[row], own=None)


def project(theta: Array, data: Coordinates) -> Array:
    """The function nearest to theta, in the mean square of P over the rows, that is monotone at every row.

    min |d|^2 over theta + M d, M'GM = I with G the second moments of the features, subject to what the shape imposes of
    input slopes >= 0 and MARGIN <= t <= 1 - MARGIN at every row. A least-distance program on generated rows: the worst
    row of each family and block joins until none is violated. A theta that is monotone is returned as it is.

    Raises
    ------
    ArithmeticError
        If 100 rounds leave a slope out of bounds by more than 1e-9.
    """
    start = slack = _imposed(theta, data)
    if not slack.shape[1] or slack.min() >= -_TIGHT:
        return theta
    f = features(data)
    white = whitener(cross(f, f) / len(f))
    every = _Rows(data)
    rows: dict[tuple[int, int], tuple[Array, float]] = {}
    current = theta
    for _ in range(_ROUNDS):
        fresh = [at for at in _worst(slack) if at not in rows]
        if not fresh:
            break
        for family, i in fresh:
            g = every.row(family, i) @ white
            size = float(np.linalg.norm(g))
            rows[family, i] = (g / size, -float(start[i, family]) / size)
        matrix, low = (np.array(v) for v in zip(*rows.values(), strict=True))
        current = theta + white @ least_distance(matrix, low)
        slack = _imposed(current, data)
    if slack.min() < -FEASIBLE:
        raise ArithmeticError("the projection on the monotone cone did not settle")
    return current


def _worst(slack: Array) -> list[tuple[int, int]]:
    """(family, row) of the most violated row of each family in each block of rows."""
    edges = np.linspace(0, len(slack), min(_BLOCKS, len(slack)) + 1).astype(np.int64)
    worst: list[tuple[int, int]] = []
    for start, stop in pairwise(edges.tolist()):
        at = slack[start:stop].argmin(axis=0)
        worst += [(f, start + int(i)) for f, i in enumerate(at) if slack[start + i, f] < -_TIGHT]
    return worst


def least_distance(rows: Array, low: Array) -> Array:
    """The shortest d with rows d >= low, by nonnegative least squares (Lawson & Hanson 1974, chapter 23).

    rows (r, p) of length one, low (r,). The active rows are solved once more as equalities, which leaves them exact to
    rounding.

    Raises
    ------
    ArithmeticError
        If no d meets the rows.
    """
    p = rows.shape[1]
    size = float(low.max())
    if size <= 0.0:
        return np.zeros(p)
    target = np.zeros(p + 1)
    target[p] = 1.0
    weights, distance = nnls(np.vstack([rows.T, low / size]), target, maxiter=100 * len(low) + 1000)
    if distance < _APART:
        raise ArithmeticError("the rows contradict each other")
    d = size * (rows.T @ weights) / (1.0 - float(low @ weights) / size)
    active = weights > 0.0
    exact = np.linalg.lstsq(rows[active], low[active], rcond=1e-12)[0]
    return np.asarray(exact if (rows @ exact - low).min() >= (rows @ d - low).min() else d, dtype=np.float64)


def noise_corrected(theta: Array, data: Coordinates, sigma_v: float) -> Array:
    """theta less the bias that noise of equal variance in good and bad, along the direction, puts on its slopes.

    Noise in y and b also sits in s. In units of the direction sigma_v^2 = ((1 - t)^2 + t^2) sigma^2, and the slope in
    -s is too large by (1 - 2 t) sigma^2 / Var(s | x) to first order, t at its mean, the other variables entering
    E[s | x] as P lets them; that much of s - E[s | x] is added to P.
    """
    s = data.total
    t = float(slopes(theta, data)[:, -1].mean())
    f = features(data)
    others = np.ones(f.shape[1], dtype=np.bool_)
    others[: data.basis.size] = data.basis.exponents[:, s] == 0
    g = np.ascontiguousarray(f[:, others])
    value = np.ascontiguousarray(data.z[:, s])
    coef = np.asarray(np.linalg.solve(cross(g, g), apply_transposed(g, value)), dtype=np.float64)
    spread = float(np.mean((value - apply(g, coef)) ** 2))
    kappa = (1.0 - 2.0 * t) * sigma_v**2 / (((1.0 - t) ** 2 + t**2) * spread)
    rest = np.zeros(theta.size)
    rest[others] = -coef
    rest[1 + s] = 1.0
    return np.asarray(theta + kappa * rest, dtype=np.float64)
