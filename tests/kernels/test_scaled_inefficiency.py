"""The within likelihood against integration over u, differences, and planted values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from dualcarbon.kernels.scaled_inefficiency import (
    ScaledFit,
    deviation,
    log_likelihood,
    posterior,
    scaled_inefficiency,
)

Floats = NDArray[np.float64]

INTEGRAL = 1e-8  # adaptive quadrature
DIFFERENCE = 1e-6  # central differences of the likelihood
SAME = 1e-7  # two climbs to one maximum
ERRORS = 4.0  # standard errors from the planted value


def simulated(
    firms: int, years: int, seed: int, scale: float = 0.4
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    r = np.random.default_rng(seed)
    count = r.integers(2, years + 1, firms)
    starts = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    f = np.repeat(np.arange(firms), count)
    a = r.normal(size=firms)[f]
    x = r.normal(size=(len(f), 2)) + 0.3 * a[:, None]
    z = 0.7 * r.normal(size=(len(f), 1))
    u = np.abs(0.5 * r.normal(size=firms))[f]
    y = a + x @ [0.8, -0.3] + 0.2 * r.normal(size=len(f)) + np.exp(scale * z[:, 0]) * u
    return y, x, z, starts


def integrated(e: Floats, h: Floats, sv: float, su: float) -> float:
    """The density of within deviations, u integrated out; normal on the T - 1 dimensional space of deviations."""

    def inside(u: float) -> float:
        square = float(np.sum((e - h * u) ** 2))
        log = -0.5 * (len(e) - 1) * np.log(2 * np.pi * sv**2) - 0.5 * square / sv**2
        return float(np.exp(log) * 2.0 * norm.pdf(u, scale=su))

    return float(np.log(quad(inside, 0.0, 6.0, epsabs=0.0, epsrel=1e-11, limit=400, points=[0.2, 0.5, 1.0])[0]))


def test_likelihood_is_the_integral_over_u() -> None:
    y, x, z, starts = simulated(12, 5, 1)
    yt, xt = deviation(y[:, None], starts)[:, 0], deviation(x, starts)
    b, delta, sv, su = np.array([0.7, -0.2]), 0.3, 0.25, 0.6
    point = np.array([*b, delta, 2 * np.log(sv), 2 * np.log(su)])
    total = 0.0
    for i in range(12):
        rows = slice(starts[i], starts[i + 1])
        h = np.exp(z[rows, 0] * delta)
        total += integrated(yt[rows] - xt[rows] @ b, h - h.mean(), sv, su)
    assert log_likelihood(yt, xt, z, starts, point)[0] == pytest.approx(total, rel=INTEGRAL)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    y, x, z, starts = simulated(50, 6, 2)
    yt, xt = deviation(y[:, None], starts)[:, 0], deviation(x, starts)
    point = np.array([0.7, -0.2, 0.3, np.log(0.05), np.log(0.3)])
    _, slope, scores = log_likelihood(yt, xt, z, starts, point)
    for j, step in enumerate(1e-5 * np.eye(5)):
        ends = [log_likelihood(yt, xt, z, starts, point + sign * step)[0] for sign in (1, -1)]
        assert slope[j] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=DIFFERENCE)
    np.testing.assert_allclose(scores.sum(axis=0), slope)


def test_posterior_is_the_mean_of_u_given_the_deviations() -> None:
    y, x, z, starts = simulated(5, 5, 3)
    point = np.array([0.7, -0.2, 0.3, 2 * np.log(0.25), 2 * np.log(0.6)])
    found = posterior(y, x, z, starts, point)
    yt, xt = deviation(y[:, None], starts)[:, 0], deviation(x, starts)
    for i in range(5):
        rows = slice(starts[i], starts[i + 1])
        h = np.exp(z[rows, 0] * 0.3)
        e, h = yt[rows] - xt[rows] @ point[:2], h - h.mean()

        def weight(u: float, e: Floats = e, h: Floats = h) -> float:
            return float(np.exp(-0.5 * np.sum((e - h * u) ** 2) / 0.25**2) * norm.pdf(u, scale=0.6))

        moments = [quad(lambda u, p=p, w=weight: u**p * w(u), 0.0, 6.0, epsrel=1e-11)[0] for p in (1, 0)]
        assert found[i] == pytest.approx(moments[0] / moments[1], rel=1e-7)


def fitted(arrays: tuple[Floats, Floats, Floats, NDArray[np.int64]]) -> ScaledFit:
    found = scaled_inefficiency(*arrays)
    assert found is not None
    return found


@pytest.mark.parametrize("scale", [0.5, -0.5])
def test_planted_values_are_recovered(scale: float) -> None:
    found = fitted(simulated(4_000, 8, 4, scale))
    se = np.sqrt(np.diag(found.vcov))
    assert np.all(np.abs(np.append(found.coef, found.scale) - [0.8, -0.3, scale]) < ERRORS * se)
    assert found.sigma_v == pytest.approx(0.2, rel=0.02)
    assert found.sigma_u == pytest.approx(0.5, rel=0.1)
    assert found.gradient < 1e-8 and found.log_likelihood > found.without


def test_units_of_regressors_and_of_z_change_nothing_but_their_coefficients() -> None:
    y, x, z, starts = simulated(800, 6, 5)
    plain, scaled = fitted((y, x, z, starts)), fitted((y, x * [1e3, 1e-2], 100.0 * (z + 2.0), starts))
    np.testing.assert_allclose(scaled.coef * [1e3, 1e-2], plain.coef, rtol=SAME)
    np.testing.assert_allclose(scaled.scale * 100.0, plain.scale, rtol=SAME)
    np.testing.assert_allclose(scaled.log_likelihood, plain.log_likelihood, rtol=1e-10)
    np.testing.assert_allclose(np.diag(scaled.vcov)[:2] * [1e6, 1e-4], np.diag(plain.vcov)[:2], rtol=1e-4)
    np.testing.assert_allclose(scaled.sigma_u * np.exp(200.0 * scaled.scale[0]), plain.sigma_u, rtol=1e-5)


def test_without_inefficiency_there_is_no_fit() -> None:
    r = np.random.default_rng(6)
    starts = np.arange(0, 401, 4)
    x = r.normal(size=(400, 1))
    y = 0.5 * x[:, 0] + np.repeat(r.normal(size=100), 4)
    y = y - 1e-3 * r.random(400) ** 0.25
    found = scaled_inefficiency(y, x, r.normal(size=(400, 1)), starts)
    assert found is None or found.log_likelihood - found.without < 6.0
