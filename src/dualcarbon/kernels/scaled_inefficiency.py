"""A panel frontier whose one-sided error is a firm's own draw times a function of what changes within the firm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.quadratic_form import whitener
from dualcarbon.kernels.stochastic import log_cdf_and_ratio
from dualcarbon.kernels.tall import apply, apply_transposed, cross, times

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_STEPS = 2_000
_RACE_STEPS = 50
_HALVINGS = 40
_GAIN = 1e-16
_DIFFERENCE = 1e-5
_NEWTON_STEPS = 6
_RACE_FIRMS = 4_000
_FARTHEST = 30.0
_START = 0.3
_NEAR = 1e-4
_APART = 0.05
_UNFINISHED = 1e-6
_SHRUNK = 1e-3
_FLAT = 5e-3


@dataclass(frozen=True, slots=True)
class ScaledFit:
    """Where the likelihood of the deviations from firm means is largest.

    Attributes
    ----------
    coef : (k,)
    scale : (q,)
        delta in h = exp(z delta).
    sigma_v, sigma_u : float
    vcov : (k + q, k + q)
        Of (coef, scale): H^-1 (sum of s_i s_i') H^-1 G / (G - 1) with the scores s_i of the G firms.
    log_likelihood, without : float
        At the maximum, and of least squares (sigma_u = 0).
    lead : float
        Log-likelihood above the next local maximum that was found; inf if none was.
    gradient : float
        Largest derivative of the mean log-likelihood of a firm, in standardised variables.
    iterations : int
        On all firms, after the race of the starts.
    """

    coef: Array
    scale: Array
    sigma_v: float
    sigma_u: float
    vcov: Array
    log_likelihood: float
    without: float
    lead: float
    gradient: float
    iterations: int


def scaled_inefficiency(y: Array, x: Array, z: Array, starts: Index) -> ScaledFit | None:
    """Maximum likelihood of y_it = a_i + x_it b + v_it + exp(z_it delta) u_i, u_i half-normal, v normal.

    With tildes for deviations from firm means, h_it = exp(z_it delta) and e = y~ - x~ b,

        ln L_i = -(T_i - 1)/2 ln(2 pi sv^2) - e'e / (2 sv^2) + q^2/2 - ln(A)/2 + ln Phi(q) - ln su + ln 2,
        A = h~'h~ / sv^2 + 1 / su^2,   q = (h~'e / sv^2) / sqrt(A)    (Wang & Ho 2010)

    so that the firm effects a_i cost no parameter. There can be several local maxima, typically with delta of opposite
    signs: starts in both directions of each z climb on a part of the firms, every end they reach climbs on all firms,
    by the outer product of the firms' scores, and the highest ends with Newton's method on differences of the analytic
    gradient.

    Parameters
    ----------
    y : (n,)
    x : (n, k)
        Independent within firms.
    z : (n, q)
        What changes within firms; a constant one moves sigma_u alone and is not identified.
    starts : (g + 1,)
        Where each firm's rows start; at least two rows each.

    Returns
    -------
    ScaledFit or None
        None if no start finds a likelihood above that of least squares, or it runs off to a bound: delta towards 0
        and sigma_u towards infinity, their product held, costs less than 0.005.

    Notes
    -----
    Wang & Ho (2010), J. Econometrics 157, 286-296, https://doi.org/10.1016/j.jeconom.2009.12.006.
    """
    inside, deviations = deviation(y[:, None], starts)[:, 0], deviation(x, starts)
    white = whitener(cross(deviations, deviations) / len(y))
    x_white = times(deviations, white)
    spread = np.sqrt(np.mean(deviation(z, starts) ** 2, axis=0))
    z_unit = np.ascontiguousarray((z - z.mean(axis=0)) / spread)
    data = _Data(inside, x_white, z_unit, starts)
    least, without = _least_squares(data)
    ends = sorted(_ends(data, _race(data, least)), key=lambda end: -end.value)
    polished = _newton(data, ends[0]) if ends else None
    if polished is None or polished[0].value <= without + 1e-6 or _at_bound(data, polished[0]):
        return None
    lead = ends[0].value - ends[1].value if len(ends) > 1 else math.inf
    return _unscaled(data, polished, white, spread, z.mean(axis=0), (without, lead))


@dataclass(frozen=True, slots=True)
class _Data:
    """Deviations y (n,), x (n, k), raw z (n, q) and where firms start."""

    y: Array
    x: Array
    z: Array
    starts: Index

    @property
    def firms(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, slots=True)
class _Point:
    """A point (p,), the log-likelihood there, its gradient, and the iterations it took."""

    at: Array
    value: float
    slope: Array
    iterations: int


def deviation(values: Array, starts: Index) -> Array:
    """Deviations of the columns (n, m) from their means within firms."""
    counts = np.diff(starts)
    means = np.add.reduceat(values, starts[:-1], axis=0) / counts[:, None]
    return np.asarray(values - np.repeat(means, counts, axis=0), dtype=np.float64)


def posterior(y: Array, x: Array, z: Array, starts: Index, point: Array) -> Array:
    """E[u_i | e_i] of each firm, (g,): sigma* (q + phi(q) / Phi(q)), at (b, delta, ln sv^2, ln su^2)."""
    return _posterior(deviation(y[:, None], starts)[:, 0], deviation(x, starts), z, starts, point)


def log_likelihood(y: Array, x: Array, z: Array, starts: Index, point: Array) -> tuple[float, Array, Array]:
    """Sum over firms, gradient (p,) and scores (g, p) at (b, delta, ln sv^2, ln su^2), y and x already deviations."""
    scores = np.zeros((len(starts) - 1, len(point)))
    value = _likelihood(y, x, z, starts, point, scores)
    return value, scores.sum(axis=0), scores


def _least_squares(data: _Data) -> tuple[Array, float]:
    """(b, ln variance) and the likelihood of normal deviations."""
    coef: Array = np.asarray(np.linalg.solve(cross(data.x, data.x), apply_transposed(data.x, data.y)))
    rest = data.y - apply(data.x, coef)
    free = len(data.y) - data.firms
    variance = float(rest @ rest) / free
    return np.append(coef, math.log(variance)), -0.5 * free * (math.log(2.0 * math.pi * variance) + 1.0)


def _race(data: _Data, least: Array) -> list[_Point]:
    """The different ends of the starts on the first firms."""
    few = min(_RACE_FIRMS, data.firms)
    rows = int(data.starts[few])
    part = _Data(data.y[:rows], data.x[:rows], data.z[:rows], data.starts[: few + 1])
    return _distinct([_climb(part, start, _RACE_STEPS) for start in _starts(least, data.z.shape[1])])


def _ends(data: _Data, race: Sequence[_Point]) -> list[_Point]:
    """The different ends, on all firms, of climbs from the ends of the race."""
    return _distinct([_climb(data, end.at, _STEPS) for end in race])


def _distinct(found: Sequence[_Point | None]) -> list[_Point]:
    """The points without repetition: as near as `_NEAR` in value and `_APART` in every coordinate is the same."""
    kept: list[_Point] = []
    for point in found:
        if point is None or any(
            abs(point.value - other.value) < _NEAR * (1.0 + abs(other.value))
            and np.max(np.abs(point.at - other.at)) < _APART
            for other in kept
        ):
            continue
        kept.append(point)
    return kept


def _starts(least: Array, q: int) -> Sequence[Array]:
    coef, variance = least[:-1], least[-1]
    return [
        np.concatenate([coef, sign * _START * np.eye(q)[j], [variance - math.log(2.0), variance]])
        for j in range(q)
        for sign in (1.0, -1.0)
    ]


def _climb(data: _Data, start: Array, most: int) -> _Point | None:
    """Steps (sum of s s')^-1 (sum of s), halved until the likelihood rises."""
    at = start
    value, slope, scores = log_likelihood(data.y, data.x, data.z, data.starts, at)
    for iteration in range(1, most + 1):
        step = _safe_step(cross(scores, scores), slope)
        gain = float(slope @ step)
        if gain < 1e-8:
            return _Point(at, value, slope, iteration)
        length = min(1.0, 2.0 / float(np.max(np.abs(step[data.x.shape[1] :]))))
        for _ in range(_HALVINGS):
            trial = at + length * step
            new = log_likelihood(data.y, data.x, data.z, data.starts, trial) if _sane(data, trial) else None
            if new is not None and new[0] >= value + 1e-4 * length * gain:
                break
            length *= 0.5
        else:
            return _Point(at, value, slope, iteration)
        at, (value, slope, scores) = trial, new
    return _Point(at, value, slope, most) if _sane(data, at) else None


def _sane(data: _Data, at: Array) -> bool:
    k = data.x.shape[1]
    return bool(np.max(np.abs(data.z @ at[k:-2])) < _FARTHEST and np.max(np.abs(at[-2:])) < _FARTHEST)


def _safe_step(information: Array, slope: Array) -> Array:
    values, vectors = np.linalg.eigh(information)
    size = np.maximum(np.abs(values), 1e-12 * np.max(np.abs(values)))
    return np.asarray(vectors @ ((vectors.T @ slope) / size), dtype=np.float64)


def _newton(data: _Data, start: _Point) -> tuple[_Point, Array] | None:
    """Newton's method until the predicted gain is nothing; the information at the end. None if that is not reached."""
    at, value, slope = start.at, start.value, start.slope
    for iteration in range(_NEWTON_STEPS):
        information = _information(data, at)
        if np.linalg.eigvalsh(information)[0] <= 0.0:
            return None
        step = np.linalg.solve(information, slope)
        if float(slope @ step) < _GAIN * data.firms:
            return _Point(at, value, slope, start.iterations + iteration), information
        new = log_likelihood(data.y, data.x, data.z, data.starts, at + step)
        if not new[0] >= value - 1e-9 * abs(value):
            return None
        at, (value, slope, _) = at + step, new
    information = _information(data, at)
    if np.linalg.eigvalsh(information)[0] <= 0.0 or slope @ np.linalg.solve(information, slope) > _UNFINISHED:
        return None
    return _Point(at, value, slope, start.iterations + _NEWTON_STEPS), information


def _at_bound(data: _Data, found: _Point) -> bool:
    """Whether delta may as well be nearly 0 and sigma_u as much larger: the data know only their product.

    The likelihood then keeps rising towards delta = 0, where the curvature at the point found says nothing.
    """
    at = found.at.copy()
    at[data.x.shape[1] : -2] *= _SHRUNK
    at[-1] -= 2.0 * math.log(_SHRUNK)
    return log_likelihood(data.y, data.x, data.z, data.starts, at)[0] > found.value - _FLAT


def _information(data: _Data, at: Array) -> Array:
    """Minus the Hessian by central differences of the gradient, (p, p)."""
    rows = []
    for j in range(len(at)):
        step = np.zeros(len(at))
        step[j] = _DIFFERENCE
        up = log_likelihood(data.y, data.x, data.z, data.starts, at + step)[1]
        down = log_likelihood(data.y, data.x, data.z, data.starts, at - step)[1]
        rows.append((down - up) / (2.0 * _DIFFERENCE))
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2.0, dtype=np.float64)


def _unscaled(
    data: _Data, end: tuple[_Point, Array], white: Array, spread: Array, centre: Array, others: tuple[float, float]
) -> ScaledFit:
    """In the units of the data: h = exp(z delta) of the raw z, so that sigma_u takes up the centring."""
    found, information = end
    scores = log_likelihood(data.y, data.x, data.z, data.starts, found.at)[2]
    inverse = np.linalg.inv(information)
    vcov = inverse @ cross(scores, scores) @ inverse * data.firms / (data.firms - 1)
    k, q = len(white), len(spread)
    mapping = np.zeros((k + q, k + q))
    mapping[:k, :k], mapping[k:, k:] = white, np.diag(1.0 / spread)
    scale = found.at[k : k + q] / spread
    return ScaledFit(
        white @ found.at[:k],
        scale,
        math.exp(found.at[-2] / 2.0),
        math.exp(found.at[-1] / 2.0 - float(centre @ scale)),
        mapping @ vcov[: k + q, : k + q] @ mapping.T,
        found.value,
        *others,
        float(np.max(np.abs(found.slope))) / data.firms,
        found.iterations,
    )


@jit
def _firm(y: Array, x: Array, z: Array, first: int, years: int, point: Array, h: Array, e: Array) -> float:
    """Fills the h and e of one firm, each (years,), and returns the mean of h."""
    k, mean = x.shape[1], 0.0
    for t in range(years):
        index, rest = 0.0, y[first + t]
        for j in range(z.shape[1]):
            index += z[first + t, j] * point[k + j]
        for j in range(k):
            rest -= x[first + t, j] * point[j]
        h[t], e[t] = math.exp(index), rest
        mean += h[t] / years
    return mean


@jit
def _likelihood(y: Array, x: Array, z: Array, starts: Index, point: Array, scores: Array) -> float:
    """The log-likelihood; the scores of firm i are written to row i."""
    k, q = x.shape[1], z.shape[1]
    noise, prior = math.exp(-point[k + q]), math.exp(-point[k + q + 1])
    longest = 0
    for i in range(starts.shape[0] - 1):
        longest = max(longest, starts[i + 1] - starts[i])
    h, e = np.empty(longest), np.empty(longest)
    total = 0.0
    for i in range(starts.shape[0] - 1):
        first, years = starts[i], starts[i + 1] - starts[i]
        row = scores[i]
        row[:] = 0.0
        mean = _firm(y, x, z, first, years, point, h, e)
        hh, he, ee = 0.0, 0.0, 0.0
        for t in range(years):
            d = h[t] - mean
            hh += d * d
            he += d * e[t]
            ee += e[t] * e[t]
        a = hh * noise + prior
        ratio = he * noise / math.sqrt(a)
        log_cdf, m = log_cdf_and_ratio(ratio)
        total += -0.5 * (years - 1) * (1.8378770664093453 + point[k + q]) - 0.5 * ee * noise + 0.5 * ratio * ratio
        total += log_cdf - 0.5 * math.log(a) - 0.5 * point[k + q + 1] + 0.6931471805599453
        pull = ratio + m
        by_he = pull * noise / math.sqrt(a)
        by_a = -0.5 * (pull * ratio + 1.0) / a
        for t in range(years):
            d = h[t] - mean
            for j in range(k):
                row[j] += (noise * e[t] - by_he * d) * x[first + t, j]
            weight = (by_he * e[t] + 2.0 * by_a * noise * d) * h[t]
            for j in range(q):
                row[k + j] += weight * z[first + t, j]
        row[k + q] = -0.5 * (years - 1) + 0.5 * ee * noise - by_he * he - by_a * hh * noise
        row[k + q + 1] = -by_a * prior - 0.5
    return total


@jit
def _posterior(y: Array, x: Array, z: Array, starts: Index, point: Array) -> Array:
    k, q = x.shape[1], z.shape[1]
    noise, prior = math.exp(-point[k + q]), math.exp(-point[k + q + 1])
    out = np.empty(starts.shape[0] - 1)
    for i in range(starts.shape[0] - 1):
        years = starts[i + 1] - starts[i]
        h, e = np.empty(years), np.empty(years)
        mean = _firm(y, x, z, starts[i], years, point, h, e)
        hh, he = 0.0, 0.0
        for t in range(years):
            hh += (h[t] - mean) ** 2
            he += (h[t] - mean) * e[t]
        a = hh * noise + prior
        ratio = he * noise / math.sqrt(a)
        out[i] = (ratio + log_cdf_and_ratio(ratio)[1]) / math.sqrt(a)
    return out
