"""Changes within firms: against the printed density, lasting differences, noise, firms seen once or twice."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr

from dualcarbon.kernels import translog
from dualcarbon.kernels.distance import Coordinates, features, inefficiency, slopes, violated
from dualcarbon.kernels.panel_frontiers import within_firm
from dualcarbon.kernels.within_likelihood import Changes, within_likelihood

Array = NDArray[np.float64]

LIKELIHOOD = 1e-6  # BFGS on the printed density stops at gradients of 1e-6
EXACT = 1e-9  # the same data in another order or with a constant per firm
MEDIAN = 0.01  # of t at 0.1 with 9,000 rows: three standard errors, and the second order of the noise
SCALE = 0.012  # of sigma_u and sigma_v; the deviations of a half-normal are not half-normal


def draw(
    seed: int, firms: int = 1_000, years: int = 9, noise: float = 0.0, hidden: float = 0.0
) -> tuple[Coordinates, NDArray[np.int64]]:
    """Cobb-Douglas with eps = 1 / 9, so that t = 0.1; half-normal u of 0.25, independent of everything."""
    random = np.random.default_rng(seed)
    unit = np.repeat(np.arange(firms), years)
    ln_x = (random.standard_normal((firms, 2)))[unit] + 0.3 * random.standard_normal((unit.size, 2))
    r = 0.5 * random.standard_normal(firms)[unit] + 0.6 * random.standard_normal(unit.size)
    f, k = ln_x @ np.array([0.6, 0.4]), hidden * random.standard_normal(firms)[unit]
    u = 0.25 * np.abs(random.standard_normal(unit.size))
    y = np.exp(f + r / 9.0 - u + noise * random.standard_normal(unit.size))
    b = np.exp(f + r + k + u + noise * random.standard_normal(unit.size))
    rows = np.ones(unit.size, dtype=np.bool_)
    return translog.coordinates(np.exp(ln_x), y, b, rows, True), unit.astype(np.int64)


def fitted(data: Coordinates, unit: NDArray[np.int64]) -> Changes:
    found = within_likelihood(data, unit)
    assert found is not None
    return found


def median_t(theta: Array, data: Coordinates) -> float:
    return float(np.median(slopes(theta, data)[:, -1]))


def demeaned(values: Array, unit: NDArray[np.int64]) -> Array:
    out = values.copy()
    for firm in np.unique(unit):
        out[unit == firm] -= values[unit == firm].mean(axis=0)
    return out


def test_it_is_the_maximum_of_the_density_of_deviations() -> None:
    data, unit = draw(0, firms=60, noise=0.1)
    f, left = demeaned(features(data)[:, 1:], unit), demeaned(data.left, unit)

    def loss(point: Array) -> float:
        e = left + point[0] + f @ point[1:-2]
        s, lam = math.exp(point[-2]), math.exp(point[-1])
        return -float(np.mean(np.log(2.0 / s) - 0.5 * (e / s) ** 2 - 0.5 * np.log(2 * np.pi) + log_ndtr(e * lam / s)))

    start = np.concatenate([[0.2], np.linalg.lstsq(f, -left, rcond=None)[0], [math.log(0.25), 0.5]])
    best = minimize(loss, start, method="BFGS", options={"gtol": 1e-8, "maxiter": 2_000})
    found = fitted(data, unit)
    np.testing.assert_allclose(f @ found.rival.free[1:], f @ best.x[1:-2], atol=200 * LIKELIHOOD)
    again = best.x.copy()
    again[1:-2] = found.rival.free[1:]
    inner = minimize(lambda q: loss(np.concatenate([q[:1], again[1:-2], q[1:]])), again[[0, -2, -1]], method="BFGS")
    assert inner.fun <= best.fun + LIKELIHOOD


def test_lasting_differences_do_not_touch_the_slopes() -> None:
    """A constant per firm on the left is exact; a lasting factor of CO2 leaves t where it was."""
    data, unit = draw(1, firms=200)
    random = np.random.default_rng(0)
    moved = type(data)(
        data.z,
        data.left + random.standard_normal(200)[unit],
        data.map,
        data.constant,
        data.shape,
        data.basis,
        data.period,
    )
    first, second = fitted(data, unit), fitted(moved, unit)
    np.testing.assert_allclose(second.rival.free, first.rival.free, atol=1e3 * EXACT)
    data, unit = draw(2, hidden=0.7)
    assert median_t(fitted(data, unit).rival.theta, data) == pytest.approx(0.1, abs=MEDIAN)


def test_noise_is_seen_and_taken_out() -> None:
    data, unit = draw(3, noise=0.1, hidden=0.7)
    found = fitted(data, unit)
    assert found.corrected is not None
    expected = 0.01 * (0.9**2 + 0.1**2)
    assert found.rival.sigma_u == pytest.approx(0.25, abs=SCALE)
    assert found.rival.sigma_v == pytest.approx(math.sqrt(expected), abs=SCALE)
    bias = 0.8 * 0.01 / found.spread**2
    assert median_t(found.rival.theta, data) == pytest.approx(0.1 + bias, abs=MEDIAN)
    assert median_t(found.corrected, data) == pytest.approx(0.1, abs=MEDIAN)
    assert not violated(slopes(found.rival.theta, data)).any()


def test_it_is_surer_than_least_squares_without_noise() -> None:
    errors = []
    for seed in range(8):
        data, unit = draw(seed, firms=150, hidden=0.7)
        least = within_firm(data, unit)
        assert least is not None
        errors.append([median_t(fit.theta, data) - 0.1 for fit in (fitted(data, unit).rival, least)])
    likely, squares = np.sqrt(np.mean(np.square(errors), axis=0))
    assert likely < 0.8 * squares


def test_residuals_come_from_the_mean_of_the_firm() -> None:
    data, unit = draw(4, firms=50, years=5)
    found = fitted(data, unit)
    e = demeaned(inefficiency(found.rival.theta, data), unit)
    np.testing.assert_allclose(found.rival.e, e + found.rival.sigma_u * math.sqrt(2.0 / math.pi), atol=EXACT)


def test_row_order_does_not_matter() -> None:
    data, unit = draw(5, firms=80)
    order = np.random.default_rng(1).permutation(unit.size)
    first, second = fitted(data, unit), fitted(data.take(order), unit[order])
    np.testing.assert_allclose(second.rival.theta, first.rival.theta, atol=1e3 * EXACT)
    np.testing.assert_allclose(second.rival.u, first.rival.u[order], atol=1e3 * EXACT)


def test_firms_seen_once_have_no_u_and_change_nothing() -> None:
    data, unit = draw(6, firms=80)
    once = np.concatenate([[True], unit[1:] != unit[:-1]]) & (unit >= 60)
    rows = (unit < 60) | once
    codes = np.unique(unit[rows], return_inverse=True)[1].astype(np.int64)
    found, without = fitted(data.take(rows), codes), fitted(data.take(unit < 60), unit[unit < 60])
    np.testing.assert_allclose(found.rival.free, without.rival.free, atol=1e3 * EXACT)
    assert np.isnan(found.rival.u[codes >= 60]).all()
    assert np.isfinite(found.rival.u[codes < 60]).all()


def test_two_years_leave_the_scales_unknown() -> None:
    data, unit = draw(7, years=2)
    found = fitted(data, unit)
    assert np.isnan([found.rival.sigma_u, found.rival.sigma_v]).all()
    assert found.corrected is None
    assert np.isnan(found.rival.u).all()
    assert median_t(found.rival.theta, data) == pytest.approx(0.1, abs=0.02)


def test_without_changes_there_is_no_answer() -> None:
    data, unit = draw(8, firms=100)
    assert within_likelihood(data, np.arange(unit.size, dtype=np.int64)) is None
    assert within_likelihood(data.take(unit < 1), unit[unit < 1]) is None
    z = data.z.copy()
    z[:, 0] = z[unit * 9, 0]
    still = type(data)(z, data.left, data.map, data.constant, data.shape, data.basis, data.period)
    assert within_likelihood(still, unit) is None
