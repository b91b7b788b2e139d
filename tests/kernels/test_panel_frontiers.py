"""Within-firm and leave-one-out estimates against dummies and textbook two-stage least squares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.kernels import translog as tl
from dualcarbon.kernels.distance import Coordinates
from dualcarbon.kernels.panel_frontiers import leave_one_out, within_firm
from dualcarbon.kernels.quadratic_form import features
from dualcarbon.kernels.stochastic import conditional_mean, moments

Array = NDArray[np.float64]

EXACT = 1e-8


def panel(
    firms: int = 150, years: int = 5, seed: int = 0, noise: float = 0.0, hidden: float = 0.0
) -> tuple[Coordinates, NDArray[np.int64], float]:
    """Cobb-Douglas firms with elasticity 0.25; noise in both outputs, a hidden lasting factor of b."""
    draw = np.random.default_rng(seed)
    unit = np.repeat(np.arange(firms), years)
    n = unit.size
    ln_x = 1.5 * draw.normal(size=firms)[unit, None] + 0.4 * draw.normal(size=(n, 2))
    eps = 0.25
    r = draw.normal(size=firms)[unit] + 0.8 * draw.normal(size=n)
    ln_b = ln_x @ [0.5, 0.5] + r
    ln_y = eps * ln_b + (1 - eps) * (ln_x @ [0.5, 0.5])
    ln_b = ln_b + hidden * draw.normal(size=firms)[unit]
    u = 0.2 * np.abs(draw.normal(size=n))
    y, b = (np.exp(v + noise * draw.normal(size=n)) for v in (ln_y - u, ln_b + u))
    return tl.coordinates(np.exp(ln_x), y, b, np.ones(n, dtype=np.bool_), False), unit, eps


def elasticity(theta: Array, data: Coordinates) -> float:
    return float(np.nanmedian(tl.elasticity(tl.slopes(theta, data)[:, -1])))


def test_within_is_the_regression_with_firm_dummies() -> None:
    data, unit, _ = panel()
    keep = np.random.default_rng(1).random(unit.size) < 0.8
    data, unit = data.take(keep), np.unique(unit[keep], return_inverse=True)[1]
    rival = within_firm(data, unit)
    assert rival is not None
    f = features(data.z)[:, 1:]
    dummies = (unit[:, None] == np.arange(unit.max() + 1)).astype(float)
    both = np.column_stack([f, dummies])
    slow = np.linalg.lstsq(both, -data.left, rcond=None)[0]
    np.testing.assert_allclose(rival.theta[1:], slow[: f.shape[1]], rtol=EXACT, atol=1e-10)
    count = np.bincount(unit)
    e = data.left + both @ slow
    variance, third, weight = 0.0, 0.0, 0.0
    for firm, t in enumerate(count):
        variance += (t - 1.0) / unit.size
        weight += (t - 1.0) * (t - 2.0) / t
        third += float(np.sum(e[unit == firm] ** 3))
    su, sv = moments(float(np.mean(e**2)) / variance, third / weight)
    u = conditional_mean(e + su * np.sqrt(2.0 / np.pi), su, sv)
    np.testing.assert_allclose(rival.u[count[unit] > 1], u[count[unit] > 1], rtol=1e-7)
    assert np.isnan(rival.u[count[unit] == 1]).all()


def test_third_moment_of_deviations() -> None:
    """E of the sum over a firm of (e - mean)^3 is (T - 1)(T - 2) / T times the third moment of e."""
    draw = np.random.default_rng(0)
    for t in (3, 5):
        e = draw.exponential(size=(400_000, t))
        total = np.sum((e - e.mean(axis=1, keepdims=True)) ** 3, axis=1)
        error = total.std() / np.sqrt(len(total))
        assert abs(total.mean() - 2.0 * (t - 1) * (t - 2) / t) < 4.0 * error


def test_leave_one_out_is_two_stage_least_squares() -> None:
    data, unit, _ = panel(noise=0.1)
    keep = np.random.default_rng(2).random(unit.size) < 0.5
    data, unit = data.take(keep), np.unique(unit[keep], return_inverse=True)[1]
    rival = leave_one_out(data, unit)
    assert rival is not None
    z, s = data.z, data.z[:, -1]
    rows, instruments = [], []
    for i in range(unit.size):
        rest = [j for j in range(unit.size) if unit[j] == unit[i] and j != i]
        if rest:
            rows.append(i)
            instruments.append([*z[i, :-1], s[rest].mean()])
    w, f = features(np.array(instruments)), features(z)[rows]
    slow = np.linalg.solve(w.T @ f, -(w.T @ data.left[rows]))
    np.testing.assert_allclose(features(z) @ rival.theta, features(z) @ slow, rtol=1e-6, atol=EXACT)
    assert np.isfinite(rival.u).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_is_right_where_the_other_is_wrong(seed: int) -> None:
    data, unit, eps = panel(firms=1_500, seed=seed, noise=0.3)
    within, instrumented = within_firm(data, unit), leave_one_out(data, unit)
    assert within is not None
    assert instrumented is not None
    assert abs(np.log(elasticity(instrumented.theta, data) / eps)) < 0.1
    assert abs(np.log(elasticity(within.theta, data) / eps)) > 0.2
    data, unit, eps = panel(firms=1_500, seed=seed, hidden=1.0)
    within, instrumented = within_firm(data, unit), leave_one_out(data, unit)
    assert within is not None
    assert instrumented is not None
    assert abs(np.log(elasticity(within.theta, data) / eps)) < 0.1
    assert abs(np.log(elasticity(instrumented.theta, data) / eps)) > 0.2


def test_an_input_that_never_changes_within_firms_leaves_no_within_estimate() -> None:
    data, unit, _ = panel()
    fixed = data.z[:, :1] * 0.0 + np.random.default_rng(0).normal(size=unit.max() + 1)[unit, None]
    still = replace(data, z=np.column_stack([fixed, data.z[:, 1:]]))
    assert within_firm(still, unit) is None
    assert leave_one_out(still, unit) is not None


def test_two_years_identify_slopes_but_not_the_skew() -> None:
    data, unit, eps = panel(firms=2_000, years=2)
    within = within_firm(data, unit)
    assert within is not None
    assert abs(np.log(elasticity(within.theta, data) / eps)) < 0.1
    assert np.isnan(within.u).all()


def test_firms_seen_once_have_neither() -> None:
    data, unit, _ = panel(years=1)
    assert within_firm(data, unit) is None
    assert leave_one_out(data, unit) is None
