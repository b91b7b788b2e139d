"""The normal/exponential likelihood against differences, integrals and an independent optimiser."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import exponnorm, norm

from dualcarbon.kernels.exponential import (
    _derivatives,
    exponential_interval,
    exponential_limits,
    exponential_mean,
    exponential_ml,
    exponential_moments,
)
from dualcarbon.kernels.stochastic import LAMBDA_HIGH

Array = NDArray[np.float64]

DIFFERENCE = 1e-6  # central differences of step 1e-5 on values of order 100
INTEGRAL = 1e-10  # adaptive quadrature asked for 1e-13
OPTIMUM = 1e-4  # BFGS stops at a gradient of 1e-9 a row, where the likelihood is flat
EXACT = 1e-12


def composed(n: int, sigma_u: float, sigma_v: float, seed: int = 0) -> tuple[Array, Array]:
    """Features (n, 3) and r with r + A phi = u + v at phi = (-1, 0.5, 0.2)."""
    draw = np.random.default_rng(seed)
    a = np.column_stack([np.ones(n), draw.normal(size=(n, 2))])
    e = draw.exponential(size=n) * sigma_u + draw.normal(size=n) * sigma_v
    return a, e - a @ [-1.0, 0.5, 0.2]


def slow_log_likelihood(parameters: Array, a: Array, r: Array) -> float:
    """In (phi, ln sigma_u, ln sigma_v), from the density of another package."""
    phi, (su, sv) = parameters[:-2], np.exp(parameters[-2:])
    return float(exponnorm.logpdf(r + a @ phi, su / sv, scale=sv).sum())


@pytest.mark.parametrize("lam", [0.4, 1.7, 9.0])
def test_derivatives_agree_with_differences(lam: float) -> None:
    a, r = composed(60, 0.5, 0.2)
    point = np.array([-2.0, 1.1, 0.3, 2.1, lam])
    _, slope, curvature = _derivatives(a, r, point)
    step = 1e-5
    for j in range(point.size):
        ends = [_derivatives(a, r, point + sign * step * np.eye(point.size)[j]) for sign in (1.0, -1.0)]
        assert slope[j] == pytest.approx((ends[0][0] - ends[1][0]) / (2 * step), rel=DIFFERENCE, abs=1e-4)
        np.testing.assert_allclose(curvature[j], (ends[0][1] - ends[1][1]) / (2 * step), rtol=1e-5, atol=1e-3)


def test_likelihood_is_the_convolution() -> None:
    sigma_u, sigma_v = 0.4, 0.15
    e = np.array([-0.5, -0.1, 0.0, 0.2, 0.9, 2.0])

    def density(value: float) -> float:
        def joint(u: float) -> float:
            return math.exp(-u / sigma_u) / sigma_u * float(norm.pdf(value - u, scale=sigma_v))

        return quad(joint, 0.0, 6.0, points=[max(value, 0.0)], epsabs=0.0, epsrel=1e-13, limit=200)[0]

    expected = sum(math.log(density(float(value))) for value in e)
    found = _derivatives(np.empty((e.size, 0)), e, np.array([1.0 / sigma_u, sigma_u / sigma_v]))[0]
    assert found == pytest.approx(expected, rel=INTEGRAL)


@pytest.mark.parametrize(("sigma_u", "sigma_v"), [(0.5, 0.2), (0.2, 0.3), (0.8, 0.05)])
def test_maximum_agrees_with_an_independent_optimiser(sigma_u: float, sigma_v: float) -> None:
    a, r = composed(400, sigma_u, sigma_v, seed=3)
    fit = exponential_ml(a, r)
    start = np.append(np.linalg.lstsq(a, -r, rcond=None)[0] + [sigma_u, 0.0, 0.0], np.log([sigma_u, sigma_v]))
    found = minimize(lambda z: -slow_log_likelihood(z, a, r) / r.size, start, method="BFGS", options={"gtol": 1e-9})
    assert fit.converged
    assert fit.gradient < 1e-8
    assert fit.log_likelihood == pytest.approx(-found.fun * r.size, rel=1e-9)
    np.testing.assert_allclose(fit.coef, found.x[:3], rtol=OPTIMUM, atol=1e-5)
    np.testing.assert_allclose([fit.sigma_u, fit.sigma_v], np.exp(found.x[3:]), rtol=OPTIMUM)
    own = np.append(fit.coef, np.log([fit.sigma_u, fit.sigma_v]))
    assert slow_log_likelihood(own, a, r) == pytest.approx(fit.log_likelihood, rel=1e-10)


def test_maximum_is_a_maximum_in_every_direction() -> None:
    a, r = composed(300, 0.4, 0.2, seed=4)
    fit = exponential_ml(a, r)
    best = np.append(fit.coef, np.log([fit.sigma_u, fit.sigma_v]))
    for direction in np.random.default_rng(0).normal(size=(50, 5)):
        for size in (1e-3, 0.1):
            assert slow_log_likelihood(best + size * direction, a, r) < fit.log_likelihood


def test_large_sample_recovers_what_was_drawn() -> None:
    a, r = composed(40_000, 0.5, 0.2, seed=5)
    fit = exponential_ml(a, r)
    # asymptotic standard errors here: slopes 0.002, sigma_u 0.003, sigma_v 0.003
    np.testing.assert_allclose(fit.coef[1:], [0.5, 0.2], atol=0.008)
    assert fit.sigma_u == pytest.approx(0.5, abs=0.012)
    assert fit.sigma_v == pytest.approx(0.2, abs=0.012)


def test_wrong_skew_is_least_squares() -> None:
    a, r = composed(500, 0.5, 0.1, seed=6)
    fit = exponential_ml(a, -r)
    np.testing.assert_allclose(fit.coef, np.linalg.lstsq(a, r, rcond=None)[0], rtol=1e-10)
    assert (fit.sigma_u, fit.converged, fit.iterations) == (0.0, True, 0)
    assert fit.skewness < 0.0


def test_data_without_noise_stop_at_the_bound_of_lambda() -> None:
    a, r = composed(800, 0.5, 0.0, seed=7)
    fit = exponential_ml(a, r)
    assert fit.converged
    assert fit.sigma_u / fit.sigma_v == pytest.approx(LAMBDA_HIGH, rel=EXACT)
    np.testing.assert_allclose(fit.coef, [-1.0, 0.5, 0.2], atol=0.01)


def test_moments_and_their_bounds() -> None:
    assert exponential_moments(0.04, -1.0) == (0.0, 0.2)
    sigma_u, sigma_v = exponential_moments(1.0, 5.0)
    assert sigma_v == pytest.approx(0.01, rel=1e-9)
    assert sigma_v**2 + sigma_u**2 == pytest.approx(1.0, rel=EXACT)
    variance, third = (float(v) for v in exponnorm.stats(0.5 / 0.2, scale=0.2, moments="vs"))
    assert exponential_moments(variance, third * variance**1.5) == pytest.approx((0.5, 0.2), rel=1e-10)


@pytest.mark.parametrize("e", [-0.8, -0.1, 0.0, 0.05, 0.4, 2.0])
def test_conditional_mean_is_the_integral(e: float) -> None:
    sigma_u, sigma_v = 0.4, 0.15
    mu = e - sigma_v**2 / sigma_u
    top = max(mu, 0.0) + 12.0 * sigma_v if mu > -2.0 * sigma_v else 60.0 * sigma_v**2 / -mu

    def weight(u: float) -> float:
        return math.exp(-0.5 * ((u - mu) / sigma_v) ** 2 + 0.5 * min(mu / sigma_v, 0.0) ** 2)

    points = [max(mu, 0.0)] if 0.0 < mu < top else None
    mass, first = (
        quad(lambda u, k=k: u**k * weight(u), 0.0, top, points=points, epsabs=0.0, epsrel=1e-13, limit=300)[0]
        for k in (0, 1)
    )
    mean = float(exponential_mean(np.array([e]), sigma_u, sigma_v)[0])
    assert mean == pytest.approx(first / mass, rel=INTEGRAL)
    low, high = (float(v[0]) for v in exponential_interval(np.array([e]), sigma_u, sigma_v))
    below = quad(weight, 0.0, low, epsabs=0.0, epsrel=1e-12)[0] / mass
    above = quad(weight, high, top, epsabs=0.0, epsrel=1e-12, limit=300)[0] / mass
    assert (below, above) == (pytest.approx(0.025, rel=1e-8), pytest.approx(0.025, rel=1e-8))
    assert low < mean < high


def test_conditional_without_inefficiency_or_noise() -> None:
    e = np.array([-0.2, 0.3])
    np.testing.assert_array_equal(exponential_mean(e, 0.0, 0.2), [0.0, 0.0])
    np.testing.assert_array_equal(exponential_mean(e, 0.3, 0.0), [0.0, 0.3])
    np.testing.assert_array_equal(exponential_interval(e, 0.3, 0.0), [[0.0, 0.3], [0.0, 0.3]])


@pytest.mark.parametrize(("sigma_u", "sigma_v"), [(0.02, 0.3), (0.3, 0.3), (0.5, 0.01)])
def test_limits_leave_the_tails_outside(sigma_u: float, sigma_v: float) -> None:
    low, high = exponential_limits(sigma_u, sigma_v, 3.5)
    tail = float(norm.cdf(-3.5))
    law = exponnorm(sigma_u / sigma_v, scale=sigma_v)
    assert law.cdf(low) == pytest.approx(tail, rel=1e-6)
    assert law.sf(high) == pytest.approx(tail, rel=1e-6)


def test_limits_without_inefficiency_are_normal() -> None:
    assert exponential_limits(0.0, 0.2, 3.5) == pytest.approx((-0.7, 0.7), rel=EXACT)
