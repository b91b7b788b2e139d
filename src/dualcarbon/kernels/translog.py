"""The translog hyperbolic distance function in the coordinates that make it linear: slopes, cone, shadow price.

u = left + Q(z) >= 0 with Q quadratic and unrestricted; z holds the logs of the inputs and s = -(ln y + ln b), which
does not move when y is multiplied and b divided by the same factor (Cuesta, Lovell & Zofio 2009, Ecological Economics
68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001). Under constant returns the inputs enter relative to the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from dualcarbon.kernels.quadratic_form import features, gradient, length, pack, unpack, whitener
from dualcarbon.kernels.tall import apply, apply_transposed, cross, times

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

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
class Coordinates:
    """Observations in the coordinates of the distance function, centred.

    Attributes
    ----------
    z : (n, k)
        Variables of the quadratic, s last; k = m + 1 under variable and m under constant returns.
    left : (n,)
        u = left + Q(z).
    map : (m + 1, k), constant : (m + 1,)
        d u / d (ln x_1 ... ln x_m) and, last, t = d u / d ln b, are constant + map dQ/dz.
    """

    z: Array
    left: Array
    map: Array
    constant: Array

    def take(self, rows: Mask) -> Coordinates:
        """Some of the observations."""
        return replace(self, z=np.ascontiguousarray(self.z[rows]), left=self.left[rows])


def coordinates(x: Array, y: Array, b: Array, fit: Mask, constant_returns: bool) -> Coordinates:
    """Logs of x (n, m), y (n,), b (n,), all positive, less their means over the rows of the fit.

    Variable returns: z = (ln x, -(ln y + ln b)), left = -ln y. Constant returns: z = (ln x_i - ln x_1 for i > 1,
    -(ln y + ln b - 2 ln x_1)), left = -(ln y - ln x_1).
    """
    ln_x, ln_y = np.log(x), np.log(y)
    s = -(ln_y + np.log(b))
    m = x.shape[1]
    turn = np.zeros((m + 1, m + (not constant_returns)))
    constant = np.zeros(m + 1)
    turn[m, -1] = -1.0
    if constant_returns:
        first = ln_x[:, 0]
        z, left = np.column_stack([ln_x[:, 1:] - first[:, None], s + 2.0 * first]), first - ln_y
        turn[0, :-1], turn[0, -1], constant[0] = -1.0, 2.0, 1.0
        turn[1:m, : m - 1] = np.eye(m - 1)
    else:
        z, left = np.column_stack([ln_x, s]), -ln_y
        turn[:m, :m] = np.eye(m)
    return Coordinates(np.ascontiguousarray(z - z[fit].mean(axis=0)), left - left[fit].mean(), turn, constant)


def full_rank(z: Array) -> bool:
    """Whether the features of the quadratic are linearly independent over the rows, to 1e-10 of their scale."""
    second = _second_moments(z)
    scale = np.sqrt(np.diag(second))
    if len(z) < length(z.shape[1]) or not scale.all():
        return False
    values = np.linalg.eigvalsh(second / np.outer(scale, scale))
    return bool(values[0] > _RANK * values[-1])


def _second_moments(z: Array) -> Array:
    f = features(z)
    return cross(f, f) / len(f)


def whitened(data: Coordinates) -> tuple[Array, Array]:
    """Features A = F M with A'A / n = I, (n, p), and M, (p, p): Q = A phi with theta = M phi."""
    f = features(data.z)
    white = whitener(cross(f, f) / len(f))
    return times(f, white), white


def inefficiency(theta: Array, data: Coordinates) -> Array:
    """left + Q(z), (n,): u, or u + v where theta was fitted with noise."""
    return data.left + apply(features(data.z), theta)


def slopes(theta: Array, data: Coordinates) -> Array:
    """(n, m + 1): d u / d ln x_i and, last, t = d u / d ln b at every row."""
    _, a, A = unpack(theta, data.z.shape[1])
    return times(data.z, np.ascontiguousarray(A @ data.map.T)) + (data.constant + data.map @ a)


def violated(slope: Array) -> Mask:
    """(n,): True where an input slope is negative or t is outside MARGIN ... 1 - MARGIN."""
    return np.asarray(_slack(slope).min(axis=1) < -FEASIBLE, dtype=np.bool_)


def elasticity(t: Array) -> Array:
    """eps = t / (1 - t) = d ln y / d ln b along the frontier; NaN where t is not inside (0, 1)."""
    inside = (t > 0.0) & (t < 1.0)
    return np.where(inside, t / np.where(inside, 1.0 - t, 1.0), np.nan)


def shadow_price(eps: Array, y: Array, b: Array, u: Array) -> Array:
    """MAC = eps (y / b) exp(2 u), good output forgone per unit of the bad, at the projection (y exp(u), b exp(-u))."""
    return np.asarray(eps * (y / b) * np.exp(2.0 * u), dtype=np.float64)


def _slack(slope: Array) -> Array:
    """(n, m + 2), nonnegative on the cone: input slopes, t - MARGIN, 1 - MARGIN - t."""
    t = slope[:, -1:]
    return np.concatenate([slope[:, :-1], t - MARGIN, (1.0 - MARGIN) - t], axis=1)


def _slack_row(data: Coordinates, family: int, row: int) -> Array:
    """The row g with slack = g theta + a constant, for one family of `_slack` at one observation."""
    m = data.map.shape[0] - 1
    turn = -data.map[m] if family > m else data.map[family]
    z = data.z[row : row + 1]
    return np.asarray(sum(turn[j] * gradient(z, j)[0] for j in range(z.shape[1])), dtype=np.float64)


def project(theta: Array, data: Coordinates) -> Array:
    """The quadratic nearest to theta, in the mean square of Q over the rows, that is monotone at every row.

    min |d|^2 over theta + M d, M'GM = I with G the second moments of the features, subject to input slopes >= 0 and
    MARGIN <= t <= 1 - MARGIN at every row. A least-distance program on generated rows: the worst row of each family
    and block joins until none is violated. A theta that is monotone is returned as it is.

    Raises
    ------
    ArithmeticError
        If 100 rounds leave a slope out of bounds by more than 1e-9.
    """
    white = whitener(_second_moments(data.z))
    start = slack = _slack(slopes(theta, data))
    rows: dict[tuple[int, int], tuple[Array, float]] = {}
    current = theta
    for _ in range(_ROUNDS):
        fresh = [at for at in _worst(slack) if at not in rows]
        if not fresh:
            break
        for family, i in fresh:
            g = _slack_row(data, family, i) @ white
            size = float(np.linalg.norm(g))
            rows[family, i] = (g / size, -float(start[i, family]) / size)
        matrix, low = (np.array(v) for v in zip(*rows.values(), strict=True))
        current = theta + white @ least_distance(matrix, low)
        slack = _slack(slopes(current, data))
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
    """theta less the bias that noise of equal variance in ln y and ln b puts on its slopes.

    Noise in y and b also sits in s. With v = t v_b - (1 - t) v_y and sigma_v^2 = ((1 - t)^2 + t^2) sigma^2, the
    slope in -s is too large by (1 - 2 t) sigma^2 / Var(s | x) to first order, t at its mean, x entering E[s | x] as a
    quadratic; that much of s - E[s | x] is added to Q.
    """
    k = data.z.shape[1]
    t = float(slopes(theta, data)[:, -1].mean())
    f = features(data.z[:, :-1])
    s = np.ascontiguousarray(data.z[:, -1])
    coef = np.asarray(np.linalg.solve(cross(f, f), apply_transposed(f, s)), dtype=np.float64)
    spread = float(np.mean((s - apply(f, coef)) ** 2))
    kappa = (1.0 - 2.0 * t) * sigma_v**2 / (((1.0 - t) ** 2 + t**2) * spread)
    c0, c, C = unpack(coef, k - 1)
    square = np.zeros((k, k))
    square[:-1, :-1] = -C
    return np.asarray(theta + kappa * pack(-c0, np.append(-c, 1.0), square), dtype=np.float64)
