"""The translog hyperbolic function against the definitions it stands for, and its projection on the monotone cone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from dualcarbon.kernels import distance as ds
from dualcarbon.kernels import translog as tl
from dualcarbon.kernels.polynomial import terms
from dualcarbon.kernels.quadratic_form import features, whitener

Array = NDArray[np.float64]

EXACT = 1e-10
DIFFERENCE = 1e-6  # central differences of step 1e-5
SOLVER = 1e-6  # SLSQP stops at 1e-13 of an objective of order 1
FEASIBLE = 1e-9


def firms(n: int = 80, m: int = 2, seed: int = 0) -> tuple[Array, Array, Array]:
    draw = np.random.default_rng(seed)
    x = np.exp(1.2 * draw.normal(size=(n, 1)) + 0.5 * draw.normal(size=(n, m))) * 100.0
    b = x.mean(axis=1) * np.exp(0.8 * draw.normal(size=n))
    return x, x.prod(axis=1) ** (0.9 / m) * b**0.1 * np.exp(-0.2 * np.abs(draw.normal(size=n))) * 1e4, b


def everything(n: int) -> NDArray[np.bool_]:
    return np.ones(n, dtype=np.bool_)


def packed(a0: float, a: Array, square: Array) -> Array:
    """The parameters of a quadratic from its constant, slopes (k,) and symmetric matrix (k, k)."""
    return np.concatenate([[a0], a, square[np.triu_indices(a.size)]])


def theta_of(k: int, seed: int = 1) -> Array:
    """A quadratic near Cobb-Douglas with slope -0.3 in s."""
    draw = np.random.default_rng(seed)
    square = 0.02 * draw.normal(size=(k, k))
    return packed(0.1, np.append(np.full(k - 1, 0.3), -0.3), square + square.T)


def inefficiency_at(
    theta: Array, base: tuple[Array, Array, Array], point: tuple[Array, float, float], crs: bool
) -> float:
    """u at one more point, in the coordinates centred on the base."""
    x = np.vstack([base[0], point[0]])
    y, b = np.append(base[1], point[1]), np.append(base[2], point[2])
    fit = everything(len(x))
    fit[-1] = False
    data = tl.coordinates(x, y, b, fit, crs)
    return float(data.left[-1] + (features(data.z) @ theta)[-1])


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("crs", [False, True])
def test_u_is_a_hyperbolic_distance(m: int, crs: bool) -> None:
    base = firms(m=m)
    theta = theta_of(m + (not crs))
    x, y, b = base[0][5], float(base[1][5]), float(base[2][5])
    u = inefficiency_at(theta, base, (x, y, b), crs)
    for a in (-0.7, 0.4):
        moved = inefficiency_at(theta, base, (x, y * np.exp(a), b * np.exp(-a)), crs)
        assert moved == pytest.approx(u - a, abs=EXACT)
    if crs:
        assert inefficiency_at(theta, base, (9.0 * x, 9.0 * y, 9.0 * b), crs) == pytest.approx(u, abs=EXACT)


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("crs", [False, True])
def test_slopes_are_derivatives_of_u(m: int, crs: bool) -> None:
    base = firms(m=m)
    theta = theta_of(m + (not crs))
    rows = ds.slopes(theta, tl.coordinates(*base, everything(80), crs))
    x, y, b = base[0][7], float(base[1][7]), float(base[2][7])
    step = 1e-5
    for i in range(m + 1):
        ends = []
        for sign in (1.0, -1.0):
            up = np.exp(sign * step)
            moved = x * np.where(np.arange(m) == i, up, 1.0)
            ends.append(inefficiency_at(theta, base, (moved, y, b * up if i == m else b), crs))
        assert rows[7, i] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=DIFFERENCE, abs=DIFFERENCE)
    if crs:
        np.testing.assert_allclose(rows[:, :m].sum(axis=1), 1.0 - 2.0 * rows[:, m], atol=EXACT)


@pytest.mark.parametrize("crs", [False, True])
def test_shadow_price_is_the_slope_of_the_frontier_at_the_projection(crs: bool) -> None:
    base = firms()
    theta = theta_of(2 + (not crs))
    x, y, b = base[0][3], float(base[1][3]), float(base[2][3])
    data = tl.coordinates(*base, everything(80), crs)
    u = data.left + features(data.z) @ theta
    price = tl.shadow_price(tl.elasticity(ds.slopes(theta, data)[:, -1]), base[1], base[2], u)[3]

    def frontier(bad: float) -> float:
        """Largest good output with this much of the bad."""
        return brentq(lambda v: inefficiency_at(theta, base, (x, v, bad), crs), y * 1e-2, y * 1e2, xtol=1e-9 * y)

    at = b * np.exp(-u[3])
    assert frontier(at) == pytest.approx(y * np.exp(u[3]), rel=1e-8)
    numeric = (frontier(at * 1.0001) - frontier(at * 0.9999)) / (2e-4 * at)
    assert price == pytest.approx(numeric, rel=DIFFERENCE)


def test_elasticity_exists_between_zero_and_one() -> None:
    eps = tl.elasticity(np.array([-0.1, 0.0, 0.2, 0.5, 1.0, 1.3]))
    np.testing.assert_allclose(eps, [np.nan, np.nan, 0.25, 1.0, np.nan, np.nan])


def wild(n: int, m: int, crs: bool, seed: int) -> tuple[Array, ds.Coordinates]:
    """Least squares on data so noisy that its slopes leave the cone."""
    x, y, b = firms(n, m, seed)
    y = y * np.exp(1.5 * np.random.default_rng(seed + 50).normal(size=n))
    data = tl.coordinates(x, y, b, everything(n), crs)
    return np.asarray(np.linalg.lstsq(features(data.z), -data.left, rcond=None)[0]), data


def every_row(data: ds.Coordinates) -> tuple[Array, Array]:
    """All cone constraints as G theta >= low, from differences of the slopes in theta."""
    p = terms(data.z.shape[1], 2)

    def slack(theta: Array) -> Array:
        slope = ds.slopes(theta, data)
        t = slope[:, -1:]
        return np.concatenate([slope[:, :-1], t - ds.MARGIN, 1.0 - ds.MARGIN - t], axis=1).ravel()

    zero = slack(np.zeros(p))
    return np.column_stack([slack(unit) - zero for unit in np.eye(p)]), -zero


@pytest.mark.parametrize("crs", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_projection_is_the_nearest_monotone_function(crs: bool, seed: int) -> None:
    theta, data = wild(60, 2, crs, seed)
    assert ds.violated(ds.slopes(theta, data)).any()
    found = ds.project(theta, data)
    g, low = every_row(data)
    assert (g @ found - low).min() >= -FEASIBLE
    f = features(data.z)
    white = whitener(f.T @ f / len(f))
    slow = minimize(
        lambda d: float(d @ d),
        np.linalg.solve(white, found - theta),
        jac=lambda d: 2.0 * d,
        constraints={"type": "ineq", "fun": lambda d: g @ (theta + white @ d) - low, "jac": lambda d: g @ white},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 500},
    )
    assert slow.success
    assert np.mean((f @ (found - theta)) ** 2) == pytest.approx(slow.fun, rel=SOLVER)
    np.testing.assert_allclose(f @ found, f @ (theta + white @ slow.x), atol=1e-5)


@pytest.mark.parametrize(("n", "m"), [(4_000, 3), (12_000, 2)])
def test_projection_is_feasible_at_every_row_of_a_large_group(n: int, m: int) -> None:
    theta, data = wild(n, m, False, 5)
    theta = theta + 0.05 * theta_of(m + 1, seed=9) * np.sign(theta)
    found = ds.project(theta, data)
    g, low = every_row(data)
    assert (g @ theta - low).min() < -FEASIBLE
    assert (g @ found - low).min() >= -FEASIBLE
    again = ds.project(found, data)
    np.testing.assert_allclose(again, found, atol=EXACT)


def test_a_monotone_function_is_its_own_projection() -> None:
    data = tl.coordinates(*firms(), everything(80), False)
    theta = packed(0.0, np.array([0.4, 0.5, -0.2]), np.zeros((3, 3)))
    np.testing.assert_array_equal(ds.project(theta, data), theta)


def test_least_distance_meets_its_optimality_conditions() -> None:
    draw = np.random.default_rng(2)
    rows = draw.normal(size=(40, 5))
    low = rows @ draw.normal(size=5) - 0.1 * draw.random(40)
    d = ds.least_distance(rows, low)
    slack = rows @ d - low
    assert slack.min() >= -EXACT
    active = rows[np.abs(slack) < 1e-9]
    weights = np.linalg.lstsq(active.T, d, rcond=None)[0]
    np.testing.assert_allclose(active.T @ weights, d, atol=1e-9)
    assert weights.min() >= -1e-9
    np.testing.assert_allclose(ds.least_distance(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -1.0])), [2.0, 0.0])


def test_full_rank_sees_copies_constants_and_few_rows() -> None:
    data = tl.coordinates(*firms(50), everything(50), False)
    z = data.z
    assert ds.full_rank(data)
    assert not ds.full_rank(replace(data, z=np.column_stack([z[:, 0], z[:, 0], z[:, 2]])))
    assert not ds.full_rank(replace(data, z=np.column_stack([z[:, 0], np.zeros(50), z[:, 2]])))
    assert not ds.full_rank(data.take(np.arange(50) < 9))


def test_noise_correction_is_the_formula() -> None:
    x, y, b = firms(200)
    data = tl.coordinates(x, y, b, everything(200), False)
    theta, sigma_v = theta_of(3), 0.1
    ln_x = data.z[:, :-1]
    square = np.column_stack([np.ones(200), ln_x, ln_x**2, ln_x[:, 0] * ln_x[:, 1]])
    rest = data.z[:, -1] - square @ np.linalg.lstsq(square, data.z[:, -1], rcond=None)[0]
    t = ds.slopes(theta, data)[:, -1].mean()
    kappa = (1 - 2 * t) * sigma_v**2 / ((1 - t) ** 2 + t**2) / np.mean(rest**2)
    moved = features(data.z) @ (ds.noise_corrected(theta, data, sigma_v) - theta)
    np.testing.assert_allclose(moved, kappa * rest, atol=EXACT)
    in_s = data.z.shape[1]
    assert ds.noise_corrected(theta, data, sigma_v)[in_s] == pytest.approx(theta[in_s] + kappa)


def test_noise_correction_undoes_noise_in_both_outputs() -> None:
    draw = np.random.default_rng(8)
    n, t = 200_000, 0.1
    ln_x = draw.normal(size=(n, 1))
    w = 1.5 * ln_x[:, 0] + draw.normal(size=n)
    ln_y = 0.6 * ln_x[:, 0] + t * w
    noisy_y, noisy_b = ln_y + 0.1 * draw.normal(size=n), w - ln_y + 0.1 * draw.normal(size=n)
    data = tl.coordinates(np.exp(ln_x), np.exp(noisy_y), np.exp(noisy_b), everything(n), False)
    f = features(data.z)
    theta = np.asarray(np.linalg.lstsq(f, -data.left, rcond=None)[0])
    fixed = ds.noise_corrected(theta, data, float((data.left + f @ theta).std()))
    before, after = (float(ds.slopes(v, data)[:, -1].mean()) for v in (theta, fixed))
    # (1 - 2 t) 0.01 = 0.008 of bias, standard error 2e-4
    assert before - t == pytest.approx(0.008, abs=1e-3)
    assert after == pytest.approx(t, abs=1e-3)
