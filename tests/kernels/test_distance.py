"""Distance functions of any degree with technical change: slopes, dummies, cone, noise, against slow definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.optimize import minimize

from dualcarbon.kernels import directional, translog
from dualcarbon.kernels import distance as ds
from dualcarbon.kernels.laws import LAWS
from dualcarbon.kernels.panel_frontiers import by_moments, leave_one_out, within_firm
from dualcarbon.kernels.stochastic import least_squares_fit

Array = NDArray[np.float64]
Index = NDArray[np.int64]

EXACT = 1e-8
DIFFERENCE = 1e-6  # central differences of step 1e-5
SOLVER = 1e-6  # SLSQP stops at 1e-13 of an objective of order 1
RECOVERED = 1e-6  # asked of exact data; least squares of centred polynomials reaches 1e-9

SHAPES = [
    ds.Shape(2, "none"),
    ds.Shape(3, "none"),
    ds.Shape(2, "neutral"),
    ds.Shape(3, "biased"),
    ds.Shape(2, "years"),
]


def firms(n: int = 90, m: int = 2, seed: int = 0, years: int = 5) -> tuple[Array, Array, Array, Index, Index]:
    draw = np.random.default_rng(seed)
    unit, time = (np.arange(n) // years).astype(np.int64), (np.arange(n) % years).astype(np.int64)
    lasting = draw.normal(size=(n, 2))[unit]
    x = np.exp(0.3 * lasting[:, :1] + 0.2 * draw.normal(size=(n, m))) * 100.0
    b = x.mean(axis=1) * np.exp(0.3 * lasting[:, 1] + 0.2 * draw.normal(size=n))
    y = x.prod(axis=1) ** (0.9 / m) * b**0.1 * np.exp(0.02 * time - 0.2 * np.abs(draw.normal(size=n))) * 1e4
    return x, y, b, unit, time


def placed(kind: str, shape: ds.Shape, crs: bool = False, n: int = 90, m: int = 2, seed: int = 0) -> ds.Coordinates:
    x, y, b, _, time = firms(n, m, seed)
    return coordinates(kind, shape, crs, (x, y, b, time), np.ones(n, dtype=np.bool_))


def coordinates(
    kind: str, shape: ds.Shape, crs: bool, rows: tuple[Array, Array, Array, Index], fit: NDArray[np.bool_]
) -> ds.Coordinates:
    x, y, b, time = rows
    if kind == "translog":
        return translog.coordinates(x, y, b, fit, crs, shape, time)
    return directional.coordinates(x, y, b, fit, shape, time)


def some_theta(data: ds.Coordinates, seed: int = 1) -> Array:
    return 0.1 * np.random.default_rng(seed).normal(size=ds.features(data).shape[1])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("kind", "crs"), [("translog", False), ("translog", True), ("quadratic", False)])
def test_slopes_are_derivatives_of_u(kind: str, crs: bool, shape: ds.Shape) -> None:
    x, y, b, _, time = firms()
    fit = np.ones(91, dtype=np.bool_)
    fit[-1] = False
    theta = some_theta(placed(kind, shape, crs))
    step, at = 1e-5, 7
    relative = kind == "translog"

    def u_at(point: tuple[Array, float, float]) -> float:
        rows = (
            np.vstack([x, point[0]]),
            np.append(y, point[1]),
            np.append(b, point[2]),
            np.append(time, time[at]).astype(np.int64),
        )
        return float(ds.inefficiency(theta, coordinates(kind, shape, crs, rows, fit))[-1])

    found = ds.slopes(theta, placed(kind, shape, crs))[at]
    for i in range(3):
        ends = []
        for sign in (1.0, -1.0):
            new_x, new_y, new_b = x[at].copy(), float(y[at]), float(b[at])
            if i < 2:
                new_x[i] *= np.exp(sign * step) if relative else 1.0
                new_x[i] += 0.0 if relative else sign * step * x[:, i].mean()
            elif relative:
                new_b *= np.exp(sign * step)
            else:
                new_y -= sign * step * y.mean()
            ends.append(u_at((new_x, new_y, new_b)))
        assert found[i] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=DIFFERENCE, abs=DIFFERENCE)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["translog", "quadratic"])
def test_u_falls_by_the_step_along_the_direction(kind: str, shape: ds.Shape) -> None:
    x, y, b, _, time = firms()
    fit = np.ones(180, dtype=np.bool_)
    fit[90:] = False
    moved = (y * np.exp(0.3), b * np.exp(-0.3)) if kind == "translog" else (y + 0.3 * y.mean(), b - 0.3 * b.mean())
    rows = (np.vstack([x, x]), np.append(y, moved[0]), np.append(b, moved[1]), np.append(time, time))
    data = coordinates(kind, shape, False, rows, fit)
    u = ds.inefficiency(some_theta(data.take(fit)), data)
    np.testing.assert_allclose(u[90:], u[:90] - 0.3, atol=EXACT)


@pytest.mark.parametrize("kind", ["translog", "quadratic"])
def test_year_effects_are_dummies(kind: str) -> None:
    x, y, b, _, time = firms()
    data = placed(kind, ds.Shape(2, "years"))
    if kind == "translog":
        z, left = np.column_stack([np.log(x), -np.log(y * b)]), -np.log(y)
    else:
        z, left = np.column_stack([x / x.mean(axis=0), y / y.mean() + b / b.mean()]), b / b.mean()
    square = np.column_stack([z[:, i] * z[:, j] for i in range(3) for j in range(i, 3)])
    slow = sm.OLS(-left, np.column_stack([z, square, (time[:, None] == np.arange(5)).astype(float)])).fit()
    fit = least_squares_fit(ds.features(data), data.left, LAWS["half_normal"].moments, 0.0)
    np.testing.assert_allclose(ds.inefficiency(fit.coef, data), -slow.resid, atol=EXACT)
    assert fit.log_likelihood == pytest.approx(slow.llf, rel=EXACT)
    shifts = slow.params[-5:] - slow.params[-5]
    np.testing.assert_allclose(fit.coef[-4:], shifts[1:], rtol=1e-6, atol=EXACT)
    assert ds.change_per_period(fit.coef, data) == pytest.approx(shifts[-1] / 4.0, rel=1e-6)
    apart = coordinates(kind, ds.Shape(2, "years"), False, (x, y, b, 2 * time), np.ones(90, dtype=np.bool_))
    assert ds.change_per_period(fit.coef, apart) == pytest.approx(shifts[-1] / 8.0, rel=1e-6)


@pytest.mark.parametrize("change", ["neutral", "biased"])
def test_a_trend_moves_the_frontier_by_its_derivative(change: ds.Change) -> None:
    x, y, b, _, time = firms()
    every, shape = np.ones(90, dtype=np.bool_), ds.Shape(3, change)
    theta = some_theta(placed("translog", shape))
    half = 1e-5

    def u_later(by: float) -> Array:
        data = translog.coordinates(x, y, b, every, False, shape, time)
        return ds.inefficiency(theta, replace(data, z=data.z + by * np.eye(data.z.shape[1])[-1]))

    numeric = (u_later(half) - u_later(-half)).mean() / (2 * half)
    found = ds.change_per_period(theta, placed("translog", shape))
    assert found == pytest.approx(numeric, rel=DIFFERENCE)
    assert np.isnan(ds.change_per_period(np.zeros(10), placed("translog", ds.Shape())))


def test_a_period_out_of_the_fit_takes_the_level_before_it() -> None:
    x, y, b, _, time = firms()
    data = translog.coordinates(x, y, b, (time != 0) & (time != 3), False, ds.Shape(2, "years"), time)
    assert data.shifts == 2
    assert [int(data.period[time == t][0]) for t in range(5)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_exact_data_are_recovered(shape: ds.Shape) -> None:
    """Outputs put on the frontier of a planted function: least squares and likelihood find its slopes again."""
    start = placed("translog", shape, n=300)
    theta = np.linalg.lstsq(ds.features(start), -start.left, rcond=None)[0]
    theta[1 : 1 + start.total] += 0.05
    exact = replace(start, left=-ds.features(start) @ theta)
    white, turn = ds.whitened(exact)
    for law in LAWS.values():
        found = turn @ law.fit(white, exact.left).coef
        np.testing.assert_allclose(ds.slopes(found, exact), ds.slopes(theta, exact), atol=RECOVERED)


def slow_slack(data: ds.Coordinates, theta: Array) -> Array:
    slope = ds.slopes(theta, data)
    t = slope[:, -1:]
    parts = [slope[:, :-1], t - ds.MARGIN, 1.0 - ds.MARGIN - t]
    if data.shape.null_jointness:
        assert data.own is not None
        z, left = data.z.copy(), data.left - data.own
        z[:, 2] -= data.own
        parts.append(-(left + ds.features(replace(data, z=z)) @ theta)[:, None])
    return np.concatenate(parts, axis=1).ravel()


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("translog", ds.Shape(3, "none")),
        ("translog", ds.Shape(2, "biased")),
        ("quadratic", ds.Shape(2, "years")),
        ("quadratic", ds.Shape(2, "none", null_jointness=True)),
    ],
    ids=str,
)
def test_projection_is_the_dense_quadratic_program(kind: str, shape: ds.Shape) -> None:
    x, y, b, _, time = firms(60, seed=4)
    y = y * np.exp(0.6 * np.random.default_rng(9).normal(size=60))
    data = coordinates(kind, shape, False, (x, y, b, time), np.ones(60, dtype=np.bool_))
    f = ds.features(data)
    theta = np.linalg.lstsq(f, -data.left, rcond=None)[0]
    g0 = slow_slack(data, np.zeros(theta.size))
    g = np.column_stack([slow_slack(data, one) - g0 for one in np.eye(theta.size)])
    assert (g @ theta + g0).min() < 0.0
    found = ds.project(theta, data)
    assert (g @ found + g0).min() >= -ds.FEASIBLE
    root = np.linalg.cholesky(f.T @ f / 60).T
    white = np.linalg.inv(root)
    slow = minimize(
        lambda d: float(d @ d),
        root @ (found - theta),
        jac=lambda d: 2.0 * d,
        constraints={"type": "ineq", "fun": lambda d: g @ (theta + white @ d) + g0, "jac": lambda d: g @ white},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 500},
    )
    assert slow.success
    assert np.mean((f @ (found - theta)) ** 2) == pytest.approx(slow.fun, rel=SOLVER)


def test_only_what_the_shape_imposes_is_projected() -> None:
    x, y, b, _, time = firms(60, seed=4)
    y = y * np.exp(0.6 * np.random.default_rng(9).normal(size=60))
    every = np.ones(60, dtype=np.bool_)
    free = directional.coordinates(x, y, b, every, ds.Shape(inputs=False, good=False, bad=False), time)
    theta = np.linalg.lstsq(ds.features(free), -free.left, rcond=None)[0]
    np.testing.assert_array_equal(ds.project(theta, free), theta)
    outputs = replace(free, shape=ds.Shape(inputs=False))
    slope = ds.slopes(ds.project(theta, outputs), outputs)
    assert slope[:, :-1].min() < 0.0
    assert slope[:, -1].min() >= ds.MARGIN - ds.FEASIBLE
    assert slope[:, -1].max() <= 1.0 - ds.MARGIN + ds.FEASIBLE


def test_noise_correction_regresses_s_on_everything_else() -> None:
    data = placed("translog", ds.Shape(3, "years"))
    theta, f = some_theta(data), ds.features(data)
    others = np.column_stack(
        [
            *(data.z[:, 0] ** i * data.z[:, 1] ** j for i in range(4) for j in range(4 - i)),
            *(data.period == p for p in range(1, 5)),
        ]
    ).astype(float)
    s = data.z[:, 2]
    rest = s - others @ np.linalg.lstsq(others, s, rcond=None)[0]
    t = ds.slopes(theta, data)[:, -1].mean()
    kappa = (1 - 2 * t) * 0.01 / ((1 - t) ** 2 + t**2) / np.mean(rest**2)
    np.testing.assert_allclose(f @ (ds.noise_corrected(theta, data, 0.1) - theta), kappa * rest, atol=EXACT)


@pytest.mark.parametrize("degree", [2, 3])
def test_noise_correction_of_the_directional_function(degree: int) -> None:
    """Equal additive noise in y / ybar and b / bbar: the slope in s it leaves is the one that is removed."""
    draw = np.random.default_rng(8)
    n, t = 200_000, 0.7
    x = 2.0 + draw.random((n, 1))
    s = 1.5 * x[:, 0] + 0.5 * draw.normal(size=n)
    bad = t * s - 0.5 * x[:, 0] + 10.0
    good = s - bad + 20.0
    good *= bad.mean() / good.mean()
    every, shape = np.ones(n, dtype=np.bool_), ds.Shape(degree)
    noise = 0.1 * draw.normal(size=(2, n))
    data = directional.coordinates(x, good + noise[0], bad + noise[1], every, shape)
    white, turn = ds.whitened(data)
    theta = turn @ least_squares_fit(white, data.left, LAWS["half_normal"].moments, 0.0).coef
    spread = float(ds.inefficiency(theta, data).std())
    clean = directional.coordinates(x, good, bad, every, shape)
    white, turn = ds.whitened(clean)
    truth = turn @ least_squares_fit(white, clean.left, LAWS["half_normal"].moments, 0.0).coef
    true_t = ds.slopes(truth, clean)[:, -1].mean()
    before, after = (ds.slopes(v, data)[:, -1].mean() for v in (theta, ds.noise_corrected(theta, data, spread)))
    assert abs(after - true_t) < 0.15 * abs(before - true_t)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_within_is_the_regression_with_firm_dummies(shape: ds.Shape) -> None:
    x, y, b, unit, time = firms(400)
    loose = replace(shape, inputs=False, good=False, bad=False)
    data = translog.coordinates(x, y, b, np.ones(400, dtype=np.bool_), False, loose, time)
    rival = within_firm(data, unit)
    assert rival is not None
    f = ds.features(data)[:, 1:]
    dummies = (unit[:, None] == np.arange(unit.max() + 1)).astype(float)
    slow = sm.OLS(-data.left, np.column_stack([f, dummies])).fit()
    np.testing.assert_allclose(rival.theta[1:], slow.params[: f.shape[1]], rtol=1e-6, atol=EXACT)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_leave_one_out_is_two_stage_least_squares(shape: ds.Shape) -> None:
    x, y, b, unit, time = firms(400)
    loose = replace(shape, inputs=False, good=False, bad=False)
    data = translog.coordinates(x, y, b, np.ones(400, dtype=np.bool_), False, loose, time)
    rival = leave_one_out(data, unit)
    assert rival is not None
    z = data.z.copy()
    for i in range(400):
        z[i, 2] = data.z[(unit == unit[i]) & (np.arange(400) != i), 2].mean()
    f, w = ds.features(data), ds.features(replace(data, z=z))
    first = w @ np.linalg.lstsq(w, f, rcond=None)[0]
    slow = np.linalg.lstsq(first, -data.left, rcond=None)[0]
    np.testing.assert_allclose(f @ rival.theta, f @ slow, rtol=1e-6, atol=1e-6)


def test_moments_set_the_level() -> None:
    data = placed("translog", ds.Shape())
    theta = np.linalg.lstsq(ds.features(data), -data.left, rcond=None)[0]
    found = by_moments(theta, theta, data, LAWS["exponential"])
    assert found.e.mean() == pytest.approx(found.sigma_u, rel=EXACT)
    assert found.e.var() == pytest.approx(found.sigma_u**2 + found.sigma_v**2, rel=EXACT)


def test_the_relative_price_exists_between_zero_and_one() -> None:
    found = directional.relative_price(np.array([-0.1, 0.0, 0.2, 0.5, 1.0, 1.3]))
    np.testing.assert_allclose(found, [np.nan, np.nan, 4.0, 1.0, np.nan, np.nan])


def test_the_relative_price_is_the_slope_of_the_frontier() -> None:
    """Along D = 0, dy / db = (1 - t) / t ybar / bbar."""
    x, y, b, _, time = firms()
    data = placed("quadratic", ds.Shape())
    theta = np.linalg.lstsq(ds.features(data), -data.left, rcond=None)[0]
    t = ds.slopes(theta, data)[3, -1]
    price = directional.relative_price(np.array([t]))[0] * data.good / data.bad
    rows = np.array([3, 3])
    db = np.array([1e-5, -1e-5]) * b.mean()
    moved = (
        np.vstack([x, x[rows]]),
        np.append(y, y[rows] + price * db),
        np.append(b, b[rows] + db),
        np.append(time, time[rows]),
    )
    fit = np.arange(92) < 90
    u = ds.inefficiency(theta, coordinates("quadratic", ds.Shape(), False, moved, fit))
    assert (u[90] - u[91]) / 2e-5 == pytest.approx(0.0, abs=DIFFERENCE)
