"""The normal/half-normal frontier: maximum likelihood by Newton's method, and inefficiency given the residual."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri_exp, owens_t

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.tall import apply, apply_transposed, cross

Array = NDArray[np.float64]

LAMBDA_HIGH = 200.0
"""Largest sigma_u / sigma_v; at this bound noise is half a percent of inefficiency."""
_LAMBDA_LOW = 1e-3
_MEAN = math.sqrt(2.0 / math.pi)
_SKEW = _MEAN * (4.0 / math.pi - 1.0)
_VARIANCE = 1.0 - 2.0 / math.pi
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_STEPS = 200
_GAIN = 1e-18
_ROUNDING = 1e-9
_HALVINGS = 40

Derivatives = Callable[[Array, Array, Array], tuple[float, Array, Array]]
"""From (A, r, point) to a log-likelihood, its gradient and its Hessian."""


@dataclass(frozen=True, slots=True)
class ComposedFit:
    """Where the likelihood is largest.

    Attributes
    ----------
    coef : (p,)
        phi in e = r + A phi = u + v.
    sigma_u, sigma_v : float
        Half-normal u: scale of the normal that is folded; exponential u: its mean.
    log_likelihood : float
    gradient : float
        Largest derivative of the mean log-likelihood with respect to (phi t, t, ratio), t the inverse scale and ratio
        that of the scales, as the likelihood is written.
    skewness : float
        Of the least-squares residuals.
    iterations : int
    converged : bool
    """

    coef: Array
    sigma_u: float
    sigma_v: float
    log_likelihood: float
    gradient: float
    skewness: float
    iterations: int
    converged: bool


def moments(variance: float, third: float) -> tuple[float, float]:
    """sigma_u and sigma_v whose sum u + v has this variance and third central moment.

    third = sigma_u^3 sqrt(2/pi) (4/pi - 1), variance = sigma_v^2 + (1 - 2/pi) sigma_u^2. A third moment <= 0 gives
    sigma_u = 0; one that asks for more than the variance allows leaves 1e-4 of the variance to v.

    Examples
    --------
    >>> su, sv = moments(0.04 + 0.25 * _VARIANCE, 0.125 * _SKEW)
    >>> round(su, 12), round(sv, 12)
    (0.5, 0.2)
    """
    sigma_u = (max(third, 0.0) / _SKEW) ** (1.0 / 3.0)
    sigma_u = min(sigma_u, math.sqrt(variance * (1.0 - 1e-4) / _VARIANCE))
    return sigma_u, math.sqrt(max(variance - _VARIANCE * sigma_u**2, 0.0))


def half_normal_ml(a: Array, r: Array) -> ComposedFit:
    """The maximum likelihood fit of e = r + A phi = u + v, u half-normal, v normal.

    ln L = sum of ln 2 + ln t - ln(2 pi) / 2 - z^2 / 2 + ln Phi(lambda z), z = t e, t = 1 / sigma, which for a given
    lambda is concave in (phi t, t). Newton's method with the analytic Hessian, its eigenvalues taken negative, starts
    from least squares with the moments of its residuals.

    Parameters
    ----------
    a : (n, p)
        Of full rank, the first column constant; best with A'A / n near I.
    r : (n,)

    Notes
    -----
    Least-squares residuals with skewness <= 0 are a maximum with sigma_u = 0 (Waldman 1982, J. Econometrics 18,
    275-279): least squares is returned as converged.
    Aigner, Lovell & Schmidt (1977), J. Econometrics 6, 21-37, doi:10.1016/0304-4076(77)90052-5.
    """
    a, r = np.ascontiguousarray(a), np.ascontiguousarray(r)
    least = np.asarray(np.linalg.solve(cross(a, a), -apply_transposed(a, r)), dtype=np.float64)
    e = r + apply(a, least)
    variance, third = float(np.mean(e * e)), float(np.mean(e * e * e))
    if variance <= 1e-26 * (1.0 + float(np.mean(r * r))) or third <= 0.0:
        return normal_fit(least, variance, third, r.size)
    sigma_u, sigma_v = moments(variance, third)
    sigma, ratio = math.hypot(sigma_u, sigma_v), sigma_u / max(sigma_v, 1e-9 * sigma_u)
    start = least.copy()
    start[0] += sigma_u * _MEAN / float(a[0, 0])
    point = np.concatenate([start / sigma, [1.0 / sigma, min(max(ratio, 0.1), 20.0)]])
    climb = ascend(_derivatives, a, r, point, (_LAMBDA_LOW, LAMBDA_HIGH))
    sigma, ratio = 1.0 / float(climb.point[-2]), float(climb.point[-1])
    sigma_v = sigma / math.hypot(1.0, ratio)
    scales = ratio * sigma_v, sigma_v
    return ComposedFit(
        climb.point[:-2] * sigma, *scales, climb.value, climb.gradient, third / variance**1.5, *climb.end
    )


def least_squares_fit(
    a: Array, r: Array, scales: Callable[[float, float], tuple[float, float]], unit_mean: float
) -> ComposedFit:
    """Least squares of r + A phi = u + v with E[u] = sigma_u unit_mean, scales from variance and third moment.

    The first column of a (n, p) is constant. `log_likelihood` is that of normal errors, whatever the scales.
    """
    a, r = np.ascontiguousarray(a), np.ascontiguousarray(r)
    least = np.asarray(np.linalg.solve(cross(a, a), -apply_transposed(a, r)), dtype=np.float64)
    e = r + apply(a, least)
    variance, third = float(np.mean(e * e)), float(np.mean(e * e * e))
    normal = normal_fit(least, variance, third, r.size)
    sigma_u, sigma_v = scales(variance, third)
    least[0] += sigma_u * unit_mean / float(a[0, 0])
    skewness = third / variance**1.5 if variance > 0.0 else 0.0
    return replace(normal, coef=least, sigma_u=sigma_u, sigma_v=sigma_v, skewness=skewness)


def normal_fit(coef: Array, variance: float, third: float, n: int) -> ComposedFit:
    """Least squares as the maximum with sigma_u = 0."""
    sigma = math.sqrt(variance)
    ll = -n * (_HALF_LOG_2PI + math.log(sigma) + 0.5) if sigma > 0.0 else math.inf
    skewness = third / sigma**3 if sigma > 0.0 else 0.0
    return ComposedFit(coef, 0.0, sigma, ll, 0.0, min(skewness, 0.0), 0, True)


@dataclass(frozen=True, slots=True)
class Climb:
    """Where Newton's method ends: the point (p + 2,), value, largest free derivative a row, (iterations, converged)."""

    point: Array
    value: float
    gradient: float
    end: tuple[int, bool]


def ascend(derivatives: Derivatives, a: Array, r: Array, point: Array, bounds: tuple[float, float]) -> Climb:
    """Newton's method on a log-likelihood in (phi t, t, ratio), the ratio within bounds, from a point (p + 2,).

    The eigenvalues of the Hessian are taken negative; a step is halved until the gain is a ten-thousandth of the
    predicted one.
    """
    n = len(a)
    value, slope, curvature = derivatives(a, r, point)
    settled = False
    for iteration in range(1, _STEPS + 1):  # noqa: B007
        free = _free(point, slope, bounds)
        step = np.zeros(point.size)
        step[free] = _ascent(slope[free], curvature[np.ix_(free, free)])
        gain = float(slope @ step) / n
        if gain < _GAIN:
            settled = True
            break
        length = 1.0
        for _ in range(_HALVINGS):
            trial = _bounded(point, step, length, bounds)
            new, new_slope, new_curvature = derivatives(a, r, trial)
            if gain < _ROUNDING or new - value >= 1e-4 * length * gain * n:
                break
            length *= 0.5
        else:
            break
        point, value, slope, curvature = trial, float(new), new_slope, new_curvature
    norm = float(np.max(np.abs(slope[_free(point, slope, bounds)]))) / n
    return Climb(point, float(value), norm, (iteration, settled))


def _free(point: Array, slope: Array, bounds: tuple[float, float]) -> NDArray[np.int64]:
    """Positions that may move: the ratio is held where it stands at a bound and the slope points outward."""
    ratio, outward = point[-1], slope[-1]
    held = (ratio >= bounds[1] and outward > 0.0) or (ratio <= bounds[0] and outward < 0.0)
    return np.arange(point.size - int(held), dtype=np.int64)


def _ascent(slope: Array, curvature: Array) -> Array:
    values, vectors = np.linalg.eigh(-curvature)
    size = np.maximum(np.abs(values), 1e-10 * np.max(np.abs(values)))
    return np.asarray(vectors @ ((vectors.T @ slope) / size), dtype=np.float64)


def _bounded(point: Array, step: Array, length: float, bounds: tuple[float, float]) -> Array:
    """The trial point; t at most ten times smaller, the ratio in its bounds and at most five times different."""
    trial = point + length * step
    trial[-2] = max(trial[-2], 0.1 * point[-2])
    trial[-1] = min(max(trial[-1], bounds[0], 0.2 * point[-1]), bounds[1], 5.0 * point[-1])
    return np.asarray(trial, dtype=np.float64)


def conditional_mean(e: Array, sigma_u: float, sigma_v: float) -> Array:
    """E[u | e], (n,), of e = u + v.

    u given e is normal with mean mu = e su^2 / s^2 and deviation d = su sv / s, cut at zero (Jondrow, Lovell, Materov &
    Schmidt 1982, J. Econometrics 19, 233-238, doi:10.1016/0304-4076(82)90004-5): E = mu + d phi(mu / d) / Phi(mu / d).
    sigma_u = 0 gives zeros, sigma_v = 0 gives max(e, 0).
    """
    if sigma_u == 0.0 or sigma_v == 0.0:
        return np.maximum(e, 0.0) if sigma_u > 0.0 else np.zeros(e.shape)
    s = math.hypot(sigma_u, sigma_v)
    return (sigma_u * sigma_v / s) * mean_excess(np.ascontiguousarray(e) * (sigma_u / (s * sigma_v)))


def conditional_interval(e: Array, sigma_u: float, sigma_v: float, level: float = 0.95) -> tuple[Array, Array]:
    """The central interval of u given e = u + v, two arrays (n,); `conditional_mean` lies inside.

    The bound q of the cut normal solves P(u > q | e) = Phi((mu - q) / d) / Phi(mu / d), by logs so that it holds far
    in the tail.
    """
    if sigma_u == 0.0 or sigma_v == 0.0:
        point = conditional_mean(e, sigma_u, sigma_v)
        return point, point
    s = math.hypot(sigma_u, sigma_v)
    ratio = e * (sigma_u / (s * sigma_v))
    tail = log_ndtr(ratio)
    low, high = (
        np.maximum((sigma_u * sigma_v / s) * (ratio - ndtri_exp(tail + math.log(share))), 0.0)
        for share in (0.5 + level / 2.0, 0.5 - level / 2.0)
    )
    return low, high


def composed_limits(sigma_u: float, sigma_v: float, score: float) -> tuple[float, float]:
    """The two values of e = u + v beyond each of which lies the probability Phi(-score).

    P(e < z s) = Phi(z) - 2 T(z, lambda) with Owen's T (Azzalini 1985).
    """
    s, tail = math.hypot(sigma_u, sigma_v), float(ndtr(-score))
    lam = sigma_u / sigma_v

    def below(z: float) -> float:
        return float(ndtr(z) - 2.0 * owens_t(z, lam)) - tail

    def above(z: float) -> float:
        return float(ndtr(-z) + 2.0 * owens_t(z, lam)) - tail

    return s * float(brentq(below, -10.0, 10.0, xtol=1e-12)), s * float(brentq(above, -10.0, 10.0, xtol=1e-12))


@jit
def log_cdf_and_ratio(q: float) -> tuple[float, float]:
    """ln Phi(q) and phi(q) / Phi(q)."""
    if q > 0.0:
        beyond = 0.5 * math.erfc(q * 0.7071067811865476)
        return math.log1p(-beyond), 0.3989422804014327 * math.exp(-0.5 * q * q) / (1.0 - beyond)
    if q > -35.0:
        cdf = 0.5 * math.erfc(-q * 0.7071067811865476)
        return math.log(cdf), 0.3989422804014327 * math.exp(-0.5 * q * q) / cdf
    g = 1.0 / (q * q)
    tail = 1.0 - g * (1.0 - 3.0 * g * (1.0 - 5.0 * g * (1.0 - 7.0 * g * (1.0 - 9.0 * g))))
    return -0.5 * q * q - 0.9189385332046727 - math.log(-q) + math.log(tail), -q / tail


@jit
def mean_excess(ratio: Array) -> Array:
    """x + phi(x) / Phi(x): mean of a unit normal with mean x cut at zero, without cancellation in the far tail."""
    out = np.empty(ratio.size)
    for i in range(ratio.size):
        x = ratio[i]
        if x > -35.0:
            out[i] = x + log_cdf_and_ratio(x)[1]
        else:
            g = 1.0 / (x * x)
            out[i] = (1.0 - g * (2.0 - g * (10.0 - g * (74.0 - g * 706.0)))) / -x
    return out


@jit
def _derivatives(a: Array, r: Array, point: Array) -> tuple[float, Array, Array]:
    """The log-likelihood at (phi t, t, lambda), its gradient (p + 2,) and its Hessian (p + 2, p + 2)."""
    n, p = a.shape
    t, lam = point[p], point[p + 1]
    row = np.empty(p + 1)
    slope = np.zeros(p + 2)
    curvature = np.zeros((p + 2, p + 2))
    total = n * (math.log(2.0 * t) - 0.9189385332046727)
    for i in range(n):
        z = t * r[i]
        for j in range(p):
            row[j] = a[i, j]
            z += a[i, j] * point[j]
        row[p] = r[i]
        log_cdf, m = log_cdf_and_ratio(lam * z)
        h = m * (m + lam * z)
        total += log_cdf - 0.5 * z * z
        first = lam * m - z
        second = -1.0 - lam * lam * h
        cross = m - lam * z * h
        for j in range(p + 1):
            slope[j] += first * row[j]
            curvature[p + 1, j] += cross * row[j]
            weighted = second * row[j]
            for k in range(j + 1):
                curvature[j, k] += weighted * row[k]
        slope[p + 1] += z * m
        curvature[p + 1, p + 1] -= z * z * h
    slope[p] += n / t
    curvature[p, p] -= n / (t * t)
    for j in range(p + 2):
        for k in range(j):
            curvature[k, j] = curvature[j, k]
    return total, slope, curvature
