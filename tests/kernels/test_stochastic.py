"""The normal/half-normal likelihood against differences, integrals and an independent optimiser."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import log_ndtr
from scipy.stats import norm, skewnorm

from dualcarbon.kernels.stochastic import (
    LAMBDA_HIGH,
    _derivatives,
    composed_limits,
    conditional_interval,
    conditional_mean,
    half_normal_ml,
    log_cdf_and_ratio,
    moments,
)

Array = NDArray[np.float64]

DIFFERENCE = 1e-6  # central differences of step 1e-5 on values of order 100
TAIL = 1e-11  # the series beyond -35 ends with a term below 1e-12
INTEGRAL = 1e-10  # adaptive quadrature asked for 1e-13
OPTIMUM = 1e-4  # BFGS stops at a gradient of 1e-9 a row, where the likelihood is flat
EXACT = 1e-12
RATIO = 1e-7  # the reference takes the difference of two logs of size 5e7


def composed(n: int, sigma_u: float, sigma_v: float, seed: int = 0) -> tuple[Array, Array]:
    """Features (n, 3) and r with r + A phi = u + v at phi = (-1, 0.5, 0.2)."""
    draw = np.random.default_rng(seed)
    a = np.column_stack([np.ones(n), draw.normal(size=(n, 2))])
    e = np.abs(draw.normal(size=n)) * sigma_u + draw.normal(size=n) * sigma_v
    return a, e - a @ [-1.0, 0.5, 0.2]


def slow_log_likelihood(parameters: Array, a: Array, r: Array) -> float:
    """In (phi, ln sigma_u, ln sigma_v), from the density as it is printed."""
    phi, (su, sv) = parameters[:-2], np.exp(parameters[-2:])
    s, e = math.hypot(su, sv), r + a @ phi
    return float(np.sum(np.log(2.0) + norm.logpdf(e, scale=s) + norm.logcdf(e * su / (sv * s))))


def test_derivatives_agree_with_differences() -> None:
    a, r = composed(60, 0.5, 0.2)
    point = np.array([-2.0, 1.1, 0.3, 2.1, 1.7])
    _, slope, curvature = _derivatives(a, r, point)
    step = 1e-5
    for j in range(point.size):
        ends = [_derivatives(a, r, point + sign * step * np.eye(point.size)[j]) for sign in (1.0, -1.0)]
        assert slope[j] == pytest.approx((ends[0][0] - ends[1][0]) / (2 * step), rel=DIFFERENCE, abs=DIFFERENCE)
        np.testing.assert_allclose(curvature[j], (ends[0][1] - ends[1][1]) / (2 * step), rtol=DIFFERENCE, atol=1e-5)


def test_likelihood_is_the_integral_over_u() -> None:
    sigma_u, sigma_v = 0.4, 0.15
    e = np.array([-0.5, -0.1, 0.0, 0.2, 0.9, 2.0])

    def density(value: float) -> float:
        def joint(u: float) -> float:
            return 2.0 * float(norm.pdf(u, scale=sigma_u) * norm.pdf(value - u, scale=sigma_v))

        return quad(joint, 0.0, 6.0, points=[max(value, 0.0)], epsabs=0.0, epsrel=1e-13, limit=200)[0]

    expected = sum(math.log(density(float(value))) for value in e)
    lam, s = sigma_u / sigma_v, math.hypot(sigma_u, sigma_v)
    found = _derivatives(np.empty((e.size, 0)), e, np.array([1.0 / s, lam]))[0]
    assert found == pytest.approx(expected, rel=INTEGRAL)
    assert found == pytest.approx(skewnorm.logpdf(e, lam, scale=s).sum(), rel=EXACT)


def test_normal_tail_far_out() -> None:
    for q in (-1e4, -100.0, -36.0, -34.0, -8.0, -1.0, 0.0, 3.0, 9.0, 40.0):
        log_cdf, ratio = log_cdf_and_ratio(q)
        assert log_cdf == pytest.approx(float(log_ndtr(q)), rel=TAIL)
        assert ratio == pytest.approx(math.exp(float(norm.logpdf(q) - log_ndtr(q))), rel=RATIO, abs=1e-300)


@pytest.mark.parametrize(("sigma_u", "sigma_v"), [(0.5, 0.2), (0.4, 0.2), (0.8, 0.05)])
def test_maximum_agrees_with_an_independent_optimiser(sigma_u: float, sigma_v: float) -> None:
    a, r = composed(400, sigma_u, sigma_v, seed=3)
    fit = half_normal_ml(a, r)
    least = np.linalg.lstsq(a, -r, rcond=None)[0] + [0.8 * sigma_u, 0.0, 0.0]
    start = np.append(least, [math.log(0.8 * sigma_u), math.log(1.3 * sigma_v)])
    found = minimize(lambda z: -slow_log_likelihood(z, a, r) / r.size, start, method="BFGS", options={"gtol": 1e-9})
    assert fit.converged
    assert fit.gradient < 1e-8
    assert fit.log_likelihood == pytest.approx(-found.fun * r.size, rel=1e-10)
    np.testing.assert_allclose(fit.coef, found.x[:3], rtol=OPTIMUM, atol=1e-5)
    np.testing.assert_allclose([fit.sigma_u, fit.sigma_v], np.exp(found.x[3:]), rtol=OPTIMUM)
    own = np.append(fit.coef, np.log([fit.sigma_u, fit.sigma_v]))
    assert slow_log_likelihood(own, a, r) == pytest.approx(fit.log_likelihood, rel=EXACT)


def test_maximum_is_a_maximum_in_every_direction() -> None:
    a, r = composed(300, 0.4, 0.2, seed=4)
    fit = half_normal_ml(a, r)
    best = np.append(fit.coef, np.log([fit.sigma_u, fit.sigma_v]))
    for direction in np.random.default_rng(0).normal(size=(50, 5)):
        for size in (1e-3, 0.1):
            assert slow_log_likelihood(best + size * direction, a, r) < fit.log_likelihood


def test_large_sample_recovers_what_was_drawn() -> None:
    a, r = composed(40_000, 0.5, 0.2, seed=5)
    fit = half_normal_ml(a, r)
    # asymptotic standard errors here: slopes 0.0013, sigma_u 0.005, sigma_v 0.003
    np.testing.assert_allclose(fit.coef[1:], [0.5, 0.2], atol=0.005)
    assert fit.sigma_u == pytest.approx(0.5, abs=0.02)
    assert fit.sigma_v == pytest.approx(0.2, abs=0.012)


def test_wrong_skew_is_least_squares() -> None:
    a, r = composed(500, 0.5, 0.1, seed=6)
    fit = half_normal_ml(a, -r)
    np.testing.assert_allclose(fit.coef, np.linalg.lstsq(a, r, rcond=None)[0], rtol=1e-10)
    e = a @ fit.coef - r
    assert (fit.sigma_u, fit.converged, fit.iterations) == (0.0, True, 0)
    assert fit.sigma_v == pytest.approx(e.std(), rel=EXACT)
    assert fit.log_likelihood == pytest.approx(norm.logpdf(e, scale=e.std()).sum(), rel=EXACT)
    assert fit.skewness < 0.0


def test_data_without_noise_stop_at_the_bound_of_lambda() -> None:
    a, r = composed(800, 0.5, 0.0, seed=7)
    fit = half_normal_ml(a, r)
    assert fit.converged
    assert fit.sigma_u / fit.sigma_v == pytest.approx(LAMBDA_HIGH, rel=EXACT)
    np.testing.assert_allclose(fit.coef, [-1.0, 0.5, 0.2], atol=0.01)


def test_an_exact_fit_has_no_likelihood_to_climb() -> None:
    a, _ = composed(50, 0.5, 0.1)
    fit = half_normal_ml(a, a @ [1.0, 2.0, 3.0])
    np.testing.assert_allclose(fit.coef, [-1.0, -2.0, -3.0], rtol=1e-10)
    assert fit.sigma_u == 0.0


def test_moments_and_their_bounds() -> None:
    assert moments(0.04, -1.0) == (0.0, 0.2)
    sigma_u, sigma_v = moments(1.0, 5.0)
    assert sigma_v == pytest.approx(0.01, rel=1e-9)
    assert sigma_v**2 + (1.0 - 2.0 / math.pi) * sigma_u**2 == pytest.approx(1.0, rel=EXACT)


@pytest.mark.parametrize("e", [-3.0, -0.8, -0.1, 0.0, 0.05, 0.4, 2.0])
def test_conditional_mean_is_the_integral(e: float) -> None:
    sigma_u, sigma_v = 0.4, 0.15
    s = math.hypot(sigma_u, sigma_v)
    mu, d = e * sigma_u**2 / s**2, sigma_u * sigma_v / s
    top = max(mu, 0.0) + 12.0 * d if mu > -2.0 * d else 60.0 * d * d / -mu

    def weight(u: float) -> float:
        return math.exp(-0.5 * ((u - mu) / d) ** 2 + 0.5 * min(mu / d, 0.0) ** 2)

    points = [max(mu, 0.0)] if 0.0 < mu < top else None
    mass, first = (
        quad(lambda u, k=k: u**k * weight(u), 0.0, top, points=points, epsabs=0.0, epsrel=1e-13, limit=300)[0]
        for k in (0, 1)
    )
    mean = float(conditional_mean(np.array([e]), sigma_u, sigma_v)[0])
    assert mean == pytest.approx(first / mass, rel=INTEGRAL)
    low, high = (float(v[0]) for v in conditional_interval(np.array([e]), sigma_u, sigma_v))
    below = quad(weight, 0.0, low, epsabs=0.0, epsrel=1e-12)[0] / mass
    above = quad(weight, high, top, epsabs=0.0, epsrel=1e-12, limit=300)[0] / mass
    assert (below, above) == (pytest.approx(0.025, rel=1e-8), pytest.approx(0.025, rel=1e-8))
    assert low < mean < high


def test_conditional_in_the_far_tail() -> None:
    e = -np.array([30.0, 34.9, 35.1, 60.0, 1e3]) * 0.15 * math.hypot(0.4, 0.15) / 0.4
    mean = conditional_mean(e, 0.4, 0.15)
    ratio = np.array([30.0, 34.9, 35.1, 60.0, 1e3])
    d = 0.4 * 0.15 / math.hypot(0.4, 0.15)
    # Mills ratio bounds: x / (x^2 + 1) < 1 - x R(x) over R(x) < 1 / x
    assert np.all(mean / d < 1.0 / ratio)
    assert np.all(mean / d > 1.0 / ratio - 2.0 / ratio**3)
    assert np.all(np.diff(mean) < 0.0)


def test_conditional_without_inefficiency_or_noise() -> None:
    e = np.array([-0.2, 0.3])
    np.testing.assert_array_equal(conditional_mean(e, 0.0, 0.2), [0.0, 0.0])
    np.testing.assert_array_equal(conditional_mean(e, 0.3, 0.0), [0.0, 0.3])
    np.testing.assert_array_equal(conditional_interval(e, 0.3, 0.0), [[0.0, 0.3], [0.0, 0.3]])


@pytest.mark.parametrize(("sigma_u", "sigma_v"), [(0.0, 0.3), (0.3, 0.3), (0.5, 0.01)])
def test_composed_limits_leave_the_tails_outside(sigma_u: float, sigma_v: float) -> None:
    low, high = composed_limits(sigma_u, sigma_v, 3.5)
    s, tail = math.hypot(sigma_u, sigma_v), float(norm.cdf(-3.5))
    law = skewnorm(sigma_u / sigma_v, scale=s)
    assert law.cdf(low) == pytest.approx(tail, rel=1e-6)
    assert law.sf(high) == pytest.approx(tail, rel=1e-6)
