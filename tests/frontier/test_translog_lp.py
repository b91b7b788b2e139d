"""The translog hyperbolic program: recovery, homogeneity, invariances, prices at the projection, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.translog_lp import MODEL, TranslogLinearModel
from dualcarbon.kernels import polynomial

EXACT = 1e-8
"""Rows hold to 1e-9 in logs; prices lose a digit in t / (1 - t)."""
HIGHS = 1e-7
"""Default tolerances of HiGHS in the twin."""
RECOVERY = 0.03
"""Median error of ln MAC in the race of estimators: the truth is CES, the fit translog and deterministic."""
UNITS = 1e-6
"""A change of units moves the centring by rounding and the vertex with it."""
VARIABLE = Technology(("labour", "capital"), "output", "co2")
CONSTANT = Technology(("labour", "capital"), "output", "co2", returns="constant")
RAW = TranslogLinearModel(screen=False)


def features(z: np.ndarray) -> np.ndarray:
    return polynomial.features(polynomial.basis(z.shape[1]), z)


def gradient(z: np.ndarray, j: int) -> np.ndarray:
    return features(z) @ polynomial.derivative(polynomial.basis(z.shape[1]), j)


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData
    mac: np.ndarray


def solve(model: TranslogLinearModel, data: GroupData, technology: Technology = VARIABLE) -> GroupFit:
    return model.solve(data, technology, Direction.proportional())


def truth(n: int = 500, seed: int = 0, periods: int = 5) -> tuple[GroupData, np.ndarray]:
    """A monotone translog frontier without inefficiency, and its price; firms last over the periods."""
    rng = np.random.default_rng(seed)
    firm, time = np.arange(n) // periods, np.arange(n) % periods
    ln_x, s = 0.9 * rng.normal(size=(n, 2))[firm], -1.7 * rng.normal(size=n)[firm]
    ln_x, s = ln_x + 0.3 * rng.normal(size=(n, 2)), s + 0.5 * rng.normal(size=n)
    theta = np.array([8.0, 0.55, 0.3, -0.25, 0.03, -0.02, 0.012, 0.04, 0.008, 0.015])
    z = np.column_stack([ln_x, s])
    ln_y, t = features(z) @ theta, -(gradient(z, 2) @ theta)
    assert t.min() > 0.01 and t.max() < 0.99
    assert (gradient(z, 0) @ theta).min() > 0.0 and (gradient(z, 1) @ theta).min() > 0.0
    y, b = np.exp(ln_y), np.exp(-s - ln_y)
    return GroupData(np.exp(ln_x), y, b, firm, time), t / (1.0 - t) * y / b


def sampled(industry: Callable[..., Industry], seed: int = 0, n: int = 900) -> GroupData:
    return industry(n=n, seed=seed).data


def test_an_exact_truth_is_recovered() -> None:
    data, mac = truth()
    found = solve(RAW, data)
    assert found.inefficiency.max() <= EXACT
    np.testing.assert_allclose(found.mac, mac, rtol=1e-7)
    assert found.verdict == "identified", found.why.en


@pytest.mark.parametrize("technology", [VARIABLE, CONSTANT])
def test_scores_are_those_of_the_program_written_in_coefficients(
    industry: Callable[..., Industry], technology: Technology
) -> None:
    """The textbook form: ln D a free quadratic in ln x, ln y, ln b; almost homogeneous, monotone, at most zero."""
    data = sampled(industry, n=180)
    found = solve(RAW, data, technology)
    v = np.log(np.column_stack([data.x, data.y, data.b]))
    v -= v.mean(axis=0)
    f, (capital, labour, good, bad) = features(v), (gradient(v, j) for j in range(4))
    equal, right = good - bad, np.ones(len(v))
    if technology is CONSTANT:
        equal, right = np.vstack([equal, capital + labour + good + bad]), np.append(right, np.zeros(len(v)))
    best = linprog(
        -f.mean(axis=0),
        A_ub=np.vstack([f, capital, labour, -good, bad]),
        b_ub=np.zeros(5 * len(v)),
        A_eq=equal,
        b_eq=right,
        bounds=(None, None),
        method="highs",
    )
    assert best.status == 0
    assert found.inefficiency.mean() == pytest.approx(best.fun, abs=HIGHS)


def test_price_is_the_slope_of_the_frontier_at_the_projection(industry: Callable[..., Industry]) -> None:
    """Fitted to its own projections (y exp(u), b exp(-u)) the frontier has u = 0 everywhere and the same prices."""
    data = sampled(industry, seed=1)
    found = solve(RAW, data)
    u = found.inefficiency
    projected = replace(data, y=data.y * np.exp(u), b=data.b * np.exp(-u))
    again = solve(RAW, projected)
    assert again.inefficiency.max() <= EXACT
    np.testing.assert_allclose(again.mac, found.mac, rtol=1e-6)


def test_room_is_the_share_given_by_u(industry: Callable[..., Industry]) -> None:
    data = sampled(industry, seed=2)
    found = solve(RAW, data)
    np.testing.assert_allclose(found.abatement_room, 1.0 - np.exp(-found.inefficiency), rtol=1e-12)
    total = float(found.abatement_room @ data.b / data.b.sum())
    assert found.facts["aggregate_room"] == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("technology", [VARIABLE, CONSTANT])
def test_units_of_measurement_do_not_matter(industry: Callable[..., Industry], technology: Technology) -> None:
    data = sampled(industry, seed=3)
    found = solve(RAW, data, technology)
    other = solve(RAW, replace(data, x=data.x * [1e-5, 1e3], y=data.y * 1e4, b=data.b * 1e-3), technology)
    np.testing.assert_allclose(other.inefficiency, found.inefficiency, atol=UNITS)
    np.testing.assert_allclose(other.mac, found.mac * 1e7, rtol=UNITS)


def test_constant_returns_are_homogeneous(industry: Callable[..., Industry]) -> None:
    """Every firm may be scaled by a factor of its own."""
    data = sampled(industry, seed=4)
    factor = np.exp(2.0 * np.random.default_rng(4).normal(size=data.y.size))
    scaled = replace(data, x=data.x * factor[:, None], y=data.y * factor, b=data.b * factor)
    found, other = solve(RAW, data, CONSTANT), solve(RAW, scaled, CONSTANT)
    np.testing.assert_allclose(other.inefficiency, found.inefficiency, atol=UNITS)
    np.testing.assert_allclose(other.mac, found.mac, rtol=UNITS)
    assert np.abs(solve(RAW, scaled).inefficiency - solve(RAW, data).inefficiency).max() > 1e-3


def test_the_order_of_inputs_does_not_matter_under_constant_returns(industry: Callable[..., Industry]) -> None:
    """Inputs enter relative to the first; its own monotonicity is a row like the others."""
    data = sampled(industry, seed=5)
    found = solve(RAW, data, CONSTANT)
    other = solve(RAW, replace(data, x=data.x[:, ::-1].copy()), CONSTANT)
    np.testing.assert_allclose(other.inefficiency, found.inefficiency, atol=UNITS)


def test_one_input_under_constant_returns(industry: Callable[..., Industry]) -> None:
    data = industry(n=600, seed=6, inputs=1).data
    technology = Technology(("labour",), "output", "co2", returns="constant")
    assert MODEL.least(technology) == 6
    found = solve(RAW, data, technology)
    assert found.inefficiency.min() >= 0.0 and (found.status == CODE["ok"]).mean() > 0.9


@pytest.mark.parametrize("technology", [VARIABLE, CONSTANT])
@pytest.mark.parametrize("change", ["years", "neutral", "biased"])
def test_technical_change_is_taken_up(change: str, technology: Technology) -> None:
    """y rises and b falls by 3 % a period at given (x, s): the price moves by exp(6 %) with y / b, u stays zero."""
    data, mac = truth(600)
    if technology is CONSTANT:
        data, mac = constant_truth(600)
    grown = replace(data, y=data.y * np.exp(0.03 * data.time), b=data.b * np.exp(-0.03 * data.time))
    found = solve(TranslogLinearModel(screen=False, change=change), grown, technology)  # type: ignore[arg-type]
    assert found.inefficiency.max() <= EXACT
    np.testing.assert_allclose(found.mac, mac * np.exp(0.06 * data.time), rtol=1e-6)
    assert found.facts["change_per_period"] == pytest.approx(0.03, abs=EXACT)
    assert solve(RAW, grown, technology).inefficiency.mean() > 0.02


def constant_truth(n: int) -> tuple[GroupData, np.ndarray]:
    """ln y = ln F(x) + a (ln b - ln F(x)) with F Cobb-Douglas and a = .2."""
    rng = np.random.default_rng(1)
    ln_x, r = rng.normal(size=(n, 2)), rng.normal(size=n)
    f = ln_x @ [0.6, 0.4]
    y, b = np.exp(f + 0.2 * r), np.exp(f + r)
    return GroupData(np.exp(ln_x), y, b, np.arange(n) // 5, np.arange(n) % 5), 0.2 * y / b


def test_a_cubic_truth_needs_the_cubic() -> None:
    """ln y + ln b = -s and ln y = Q(ln x, s) with a cubic term in s."""
    rng = np.random.default_rng(2)
    ln_x, s = rng.normal(size=(500, 1)), rng.uniform(-2.0, 2.0, 500)
    ln_y = 0.8 * ln_x[:, 0] - 0.3 * s + 0.02 * s**2 - 0.01 * s**3
    t = 0.3 - 0.04 * s + 0.03 * s**2
    y, b = np.exp(ln_y), np.exp(-s - ln_y)
    data = GroupData(np.exp(ln_x), y, b, np.arange(500) // 5, np.arange(500) % 5)
    technology = Technology(("labour",), "output", "co2")
    found = solve(TranslogLinearModel(screen=False, degree=3), data, technology)
    assert found.inefficiency.max() <= EXACT
    np.testing.assert_allclose(found.mac, t / (1.0 - t) * y / b, rtol=1e-6)
    assert solve(RAW, data, technology).inefficiency.max() > 1e-3


def test_near_optimal_range_brackets_the_optimum(industry: Callable[..., Industry]) -> None:
    found = solve(RAW, sampled(industry, seed=7))
    facts, ok = found.facts, found.status == CODE["ok"]
    assert facts["slope_low"] <= facts["slope_mean"] <= facts["slope_high"]
    log_odds = [np.log(facts[key] / (1.0 - facts[key])) for key in ("slope_low", "slope_high")]
    assert facts["near_range"] == pytest.approx(log_odds[1] - log_odds[0])
    assert (found.mac_low[ok] <= found.mac[ok]).all() and (found.mac[ok] <= found.mac_high[ok]).all()


def test_prices_of_clean_firms_are_near_the_truth(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=3000, seed=8)
    found = solve(MODEL, simulated.data, CONSTANT)
    error = np.abs(np.log(found.mac / simulated.mac))
    assert np.nanmedian(error) < RECOVERY


def test_outliers_and_rows_without_co2_leave_the_fit(industry: Callable[..., Industry]) -> None:
    data = sampled(industry, seed=9)
    bad = data.b.copy()
    bad[:5], bad[5:10] = bad[:5] * 1e-6, 0.0
    found = solve(MODEL, replace(data, b=bad))
    assert (found.status[:5] == CODE["outlier"]).all() and (found.status[5:10] == CODE["no_bad"]).all()
    assert np.isnan(found.mac[:10]).all()
    assert found.facts["n_no_bad"] == 5 and found.facts["n_screened"] >= 5
    assert abs(np.log(found.facts["mac_untreated"] / found.facts["mac_median"])) > 0.1
    raw = solve(RAW, replace(data, b=bad))
    assert raw.facts["n_screened"] == 0 and "with the screen" in raw.why.en
    assert raw.verdict == "weakly_identified"
    assert raw.facts["mac_untreated"] == pytest.approx(found.facts["mac_untreated"], rel=EXACT)
    assert raw.facts["mac_screened"] == pytest.approx(found.facts["mac_screened"], rel=EXACT)


def test_a_frontier_of_one_outlier_is_refused(industry: Callable[..., Industry]) -> None:
    data = sampled(industry, seed=11)
    good = data.y.copy()
    good[0] *= 1e4
    found = solve(RAW, replace(data, y=good))
    assert found.facts["aggregate_room"] > 0.6 and found.verdict == "trivial"
    assert (found.status == CODE["refused"]).all() and np.isnan(found.inefficiency).all()
    assert "aggregate abatement room" in found.why.en


def test_collinear_inputs_are_refused(industry: Callable[..., Industry]) -> None:
    data = sampled(industry, seed=10)
    found = solve(RAW, replace(data, x=data.x[:, [0, 0]] ** [1.0, 2.0]))
    assert found.verdict == "trivial" and "collinear" in found.why.en


def test_what_is_not_supported_is_said() -> None:
    with pytest.raises(ConfigError, match="no likelihood"):
        MODEL.check(Technology(("labour",), "y", "b", returns="bic"), Direction.proportional())
    for direction in (Direction.unit(), Direction.bad_only(), Direction.all_proportional()):
        with pytest.raises(ConfigError):
            MODEL.check(VARIABLE, direction)
    for technology in (VARIABLE, CONSTANT):
        MODEL.check(technology, Direction.proportional())
    assert MODEL.least(VARIABLE) == 20 and MODEL.least(CONSTANT) == 12
    assert TranslogLinearModel(degree=3, change="neutral").least(CONSTANT) == 24
    for wrong in (TranslogLinearModel(degree=1), TranslogLinearModel(change="annual")):  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="not allowed"):
            wrong.check(VARIABLE, Direction.proportional())
