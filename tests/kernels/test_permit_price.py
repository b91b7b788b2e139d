"""The kernels of the permit market against slow twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from dualcarbon.kernels.permit_banking import banked_path
from dualcarbon.kernels.permit_price import crossing, edge_price
from dualcarbon.kernels.permit_quadratic import outcome, position, quadratic

EXACT = 1e-11  # sums in another order


def test_crossing_finds_awkward_roots() -> None:
    for target in (1e-9, 1e-3, 1.0, 1e6):
        for start in (0.0, 1e-6, 1e9):
            found = crossing(
                lambda p, t=target: (1.0 / (1.0 + p / t), -1.0 / (t * (1.0 + p / t) ** 2)), 0.5, start, 1.0, 1.0
            )
            assert found.converged and found.price == pytest.approx(target, rel=1e-9)


def test_crossing_of_a_kinked_demand() -> None:
    def demand(p: float) -> tuple[float, float]:
        return (3.0, 0.0) if p < 2.0 else (max(3.0 - 10.0 * (p - 2.0), 1.0), -10.0 if p < 2.2 else 0.0)

    found = crossing(demand, 2.0, 50.0, 1.0, 3.0)
    assert found.price == pytest.approx(2.1, rel=1e-13)


def test_position_is_the_sum_of_single_firms() -> None:
    rng = np.random.default_rng(0)
    n = 700
    co2, output, mac = rng.lognormal(size=(3, n))
    mu, scale = -rng.lognormal(size=n), rng.lognormal(size=n)
    beta = rng.uniform(0.0, 0.5, n)
    firms = quadratic(co2, output, mac, mu, scale, np.array([0.4]), np.full(n, 1.3))
    for price in (0.0, 0.3, 2.0, 50.0):
        total = 0.0
        for i in range(n):
            q = price / (1.0 + price * beta[i])
            m, at = -1.0 / (1.0 + mac[i] / scale[i]), -1.0 / (1.0 + q / scale[i])
            b = min(max(co2[i] + (m * m - at * at) / (2.0 * mu[i]), 0.4 * co2[i]), 1.3 * co2[i])
            at = -math.sqrt(max(m * m - 2.0 * mu[i] * (b - co2[i]), 0.0))
            total += b - beta[i] * (output[i] + scale[i] * ((at - m) / mu[i] - (b - co2[i])))
        value, steep = position(firms, price, beta)
        assert value == pytest.approx(total, rel=EXACT)
        step = 1e-6 * (1.0 + price)
        slope = (position(firms, price + step, beta)[0] - position(firms, price, beta)[0]) / step
        assert steep == pytest.approx(slope, rel=1e-2, abs=1e-6 * n)
        done = outcome(firms, price, beta)
        assert float((done.co2 - beta * (output + done.output_change)).sum()) == pytest.approx(value, rel=EXACT)


def test_path_without_limits_is_one_root() -> None:
    caps, growth = np.array([5.0, 4.0, 2.0]), 1.04 ** np.arange(3)
    demands = [lambda p, k=k: (6.0 / (1.0 + k * p), -6.0 * k / (1.0 + k * p) ** 2) for k in (1.0, 1.5, 2.0)]
    path = banked_path(demands, caps, 0.04, np.full(3, 99.0), np.full(3, np.inf))
    root = brentq(
        lambda x: sum(d(x * g)[0] for d, g in zip(demands, growth, strict=True)) - 11.0, 0.0, 99.0, xtol=1e-15
    )
    np.testing.assert_allclose(path.price, root * growth, rtol=1e-12)
    assert path.bank[-1] == pytest.approx(0.0, abs=1e-12)


def test_left_end_of_a_flat_demand_and_the_price_of_its_end() -> None:
    def flat(p: float) -> tuple[float, float]:
        return max(3.0 - p, 1.0), -1.0 if p < 2.0 else 0.0

    assert crossing(flat, 1.0, 50.0, 1.0, 3.0).price == pytest.approx(2.0, rel=1e-13)
    assert edge_price(lambda p: flat(p)[0], 1.0, 3.0) == pytest.approx(2.0, rel=1e-13)
    assert math.isinf(edge_price(lambda p: 1.0 + 1.0 / (1.0 + p) ** 2, 1.0, 2.0))


def test_outcome_at_an_infinite_price() -> None:
    one = np.ones(2)
    firms = quadratic(10.0 * one, 30.0 * one, one, -0.1 * one, one, np.array([0.5]), one)
    for beta in (np.empty(0), np.array([0.2, 0.4])):
        done, near = outcome(firms, math.inf, beta), outcome(firms, 1e12, beta)
        np.testing.assert_allclose(done.co2, near.co2, rtol=1e-9)
        np.testing.assert_allclose(done.output_change, near.output_change, rtol=1e-9)
