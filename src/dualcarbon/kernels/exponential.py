"""The normal/exponential frontier: maximum likelihood, and inefficiency given the residual."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri_exp

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.stochastic import (
    LAMBDA_HIGH,
    ComposedFit,
    ascend,
    log_cdf_and_ratio,
    mean_excess,
    normal_fit,
)
from dualcarbon.kernels.tall import apply, apply_transposed, cross

Array = NDArray[np.float64]

_LAMBDA_LOW = 0.01


def exponential_moments(variance: float, third: float) -> tuple[float, float]:
    """sigma_u and sigma_v whose sum u + v has this variance and third central moment.

    third = 2 sigma_u^3, variance = sigma_v^2 + sigma_u^2. A third moment <= 0 gives sigma_u = 0; one that asks for more
    than the variance allows leaves 1e-4 of the variance to v.

    Examples
    --------
    >>> su, sv = exponential_moments(0.25 + 0.04, 2.0 * 0.125)
    >>> round(su, 12), round(sv, 12)
    (0.5, 0.2)
    """
    sigma_u = (max(third, 0.0) / 2.0) ** (1.0 / 3.0)
    sigma_u = min(sigma_u, math.sqrt(variance * (1.0 - 1e-4)))
    return sigma_u, math.sqrt(max(variance - sigma_u**2, 0.0))


def exponential_ml(a: Array, r: Array) -> ComposedFit:
    """The maximum likelihood fit of e = r + A phi = u + v, u exponential with mean sigma_u, v normal.

    ln L = sum of ln t + 1 / (2 lambda^2) - z + ln Phi(lambda z - 1 / lambda), z = t e, t = 1 / sigma_u, lambda =
    sigma_u / sigma_v, which for a given lambda is concave in (phi t, t). Newton's method from least squares with the
    moments of its residuals; lambda between 0.01 and 200.

    Parameters
    ----------
    a : (n, p)
        Of full rank, the first column constant; best with A'A / n near I.
    r : (n,)

    Notes
    -----
    Least-squares residuals with skewness <= 0 are taken to have sigma_u = 0: least squares is returned as converged.
    Meeusen & van den Broeck (1977), International Economic Review 18, 435-444, doi:10.2307/2525757.
    """
    a, r = np.ascontiguousarray(a), np.ascontiguousarray(r)
    least = np.asarray(np.linalg.solve(cross(a, a), -apply_transposed(a, r)), dtype=np.float64)
    e = r + apply(a, least)
    variance, third = float(np.mean(e * e)), float(np.mean(e * e * e))
    if variance <= 1e-26 * (1.0 + float(np.mean(r * r))) or third <= 0.0:
        return normal_fit(least, variance, third, r.size)
    sigma_u, sigma_v = exponential_moments(variance, third)
    start = least.copy()
    start[0] += sigma_u / float(a[0, 0])
    ratio = sigma_u / max(sigma_v, 1e-9 * sigma_u)
    point = np.concatenate([start / sigma_u, [1.0 / sigma_u, min(max(ratio, 0.1), 20.0)]])
    climb = ascend(_derivatives, a, r, point, (_LAMBDA_LOW, LAMBDA_HIGH))
    sigma_u = 1.0 / float(climb.point[-2])
    scales, skewness = (sigma_u, sigma_u / float(climb.point[-1])), third / variance**1.5
    return ComposedFit(climb.point[:-2] * sigma_u, *scales, climb.value, climb.gradient, skewness, *climb.end)


def exponential_mean(e: Array, sigma_u: float, sigma_v: float) -> Array:
    """E[u | e], (n,), of e = u + v.

    u given e is normal with mean mu = e - sv^2 / su and deviation sv, cut at zero (Jondrow, Lovell, Materov & Schmidt
    1982, J. Econometrics 19, 233-238, doi:10.1016/0304-4076(82)90004-5). sigma_u = 0 gives zeros, sigma_v = 0 gives
    max(e, 0).
    """
    if sigma_u == 0.0 or sigma_v == 0.0:
        return np.maximum(e, 0.0) if sigma_u > 0.0 else np.zeros(e.shape)
    return sigma_v * mean_excess(np.ascontiguousarray(e) / sigma_v - sigma_v / sigma_u)


def exponential_interval(e: Array, sigma_u: float, sigma_v: float, level: float = 0.95) -> tuple[Array, Array]:
    """The central interval of u given e = u + v, two arrays (n,); `exponential_mean` lies inside."""
    if sigma_u == 0.0 or sigma_v == 0.0:
        point = exponential_mean(e, sigma_u, sigma_v)
        return point, point
    ratio = e / sigma_v - sigma_v / sigma_u
    tail = log_ndtr(ratio)
    low, high = (
        np.maximum(sigma_v * (ratio - ndtri_exp(tail + math.log(share))), 0.0)
        for share in (0.5 + level / 2.0, 0.5 - level / 2.0)
    )
    return low, high


def exponential_limits(sigma_u: float, sigma_v: float, score: float) -> tuple[float, float]:
    """The two values of e = u + v beyond each of which lies the probability Phi(-score).

    P(e > z) = Phi(-z / sv) + exp(c^2 / 2 - z / su) Phi(z / sv - c), c = sv / su.
    """
    tail = float(ndtr(-score))
    if sigma_u == 0.0:
        return -score * sigma_v, score * sigma_v
    c = sigma_v / sigma_u

    def beyond(z: float) -> float:
        z_v = z / sigma_v
        return float(ndtr(-z_v) + math.exp(0.5 * c * c - z / sigma_u + float(log_ndtr(z_v - c))))

    def below(z: float) -> float:
        z_v = z / sigma_v
        return float(ndtr(z_v) - math.exp(0.5 * c * c - z / sigma_u + float(log_ndtr(z_v - c))))

    low, high = -(score + 5.0) * sigma_v, (score + 5.0) * sigma_v - 2.0 * sigma_u * math.log(tail)
    ends = (
        brentq(lambda z: below(z) - tail, low, high, xtol=1e-13 * sigma_v),
        brentq(lambda z: beyond(z) - tail, low, high, xtol=1e-13 * sigma_v),
    )
    return float(ends[0]), float(ends[1])


@jit
def _derivatives(a: Array, r: Array, point: Array) -> tuple[float, Array, Array]:
    """The log-likelihood at (phi t, t, lambda), its gradient (p + 2,) and its Hessian (p + 2, p + 2)."""
    n, p = a.shape
    t, lam = point[p], point[p + 1]
    row = np.empty(p + 1)
    slope = np.zeros(p + 2)
    curvature = np.zeros((p + 2, p + 2))
    total = n * (math.log(t) + 0.5 / (lam * lam))
    for i in range(n):
        z = t * r[i]
        for j in range(p):
            row[j] = a[i, j]
            z += a[i, j] * point[j]
        row[p] = r[i]
        q = lam * z - 1.0 / lam
        log_cdf, m = log_cdf_and_ratio(q)
        h = m * (m + q)
        turn = z + 1.0 / (lam * lam)
        total += log_cdf - z
        first = lam * m - 1.0
        cross = m - lam * h * turn
        for j in range(p + 1):
            slope[j] += first * row[j]
            curvature[p + 1, j] += cross * row[j]
            weighted = -lam * lam * h * row[j]
            for k in range(j + 1):
                curvature[j, k] += weighted * row[k]
        slope[p + 1] += m * turn
        curvature[p + 1, p + 1] -= h * turn * turn + 2.0 * m / lam**3
    slope[p] += n / t
    curvature[p, p] -= n / (t * t)
    slope[p + 1] -= n / lam**3
    curvature[p + 1, p + 1] += 3.0 * n / lam**4
    for j in range(p + 2):
        for k in range(j):
            curvature[k, j] = curvature[j, k]
    return total, slope, curvature
