"""Convex regression: the full program by another solver, an independent dual bound, special cases, properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from dualcarbon.kernels import convex_regression
from dualcarbon.kernels.convex_regression import ConvexFit, Regression, fit

Array = NDArray[np.float64]

OBJECTIVE = 1e-8
"""Two exact solvers; both work to 1e-9 or better."""
VALUE = 2e-6
"""An error of 1e-12 in a strongly convex objective is one of 1e-6 in its argument."""
DUAL = 1e-7
"""Residuals of the multipliers of an interior-point method, summed over the rows of a plane."""


def firms(n: int, seed: int, goods: int = 1, bads: int = 1) -> Array:
    """v = (x1, x2, -goods, bads) in units of means."""
    draw = np.random.default_rng(seed)
    x = np.exp(0.4 * draw.standard_normal((n, 2)))
    core = np.sqrt(x[:, 0] * x[:, 1])
    relative = np.exp(0.4 * draw.standard_normal((n, bads)))
    y = core[:, None] * (0.8 + 0.2 * relative[:, :1] ** -0.4) ** -2.5 * np.exp(0.2 * draw.standard_normal((n, goods)))
    b = core[:, None] * relative * np.exp(0.2 * draw.standard_normal((n, bads)))
    return np.column_stack([x / x.mean(0), -y / y.mean(0), b / b.mean(0)])


def signed(v: Array, **more: object) -> Regression:
    return Regression(v, np.array([0.0, 0.0, 1.0, 1.0]), **more)  # type: ignore[arg-type]


def weak(v: Array, **more: object) -> Regression:
    shut = v.copy()
    shut[:, 2:] = 0.0
    return signed(v, free=np.array([False, False, False, True]), contained=shut, **more)


def cone(v: Array, **more: object) -> Regression:
    return signed(v, through_origin=True, **more)


def full_linear_program(r: Regression) -> float:
    """All n (n - 1) rows in prices p_i, intercepts a_i and both parts of f_i: the multiplier form."""
    n, D = r.v.shape
    size = n * (D + 3)
    part = np.arange(size).reshape(n, D + 3)
    cost = np.zeros(size)
    cost[part[:, D + 1]], cost[part[:, D + 2]] = r.below, r.above
    equal, right, upper = [], [], []
    for i in range(n):
        row = np.zeros(size)
        row[part[i, :D]], row[part[i, D]], row[part[i, D + 1]], row[part[i, D + 2]] = r.v[i], 1.0, -1.0, 1.0
        norm = np.zeros(size)
        norm[part[i, :D]] = r.g
        equal += [row, norm]
        right += [0.0, 1.0]
        for h in range(n):
            if h != i:
                afriat = np.zeros(size)
                afriat[part[i, :D]], afriat[part[i, D]] = r.v[i], 1.0
                afriat[part[h, :D]], afriat[part[h, D]] = -r.v[i], -1.0
                upper.append(afriat)
        for point in [] if r.contained is None else r.contained:
            inside = np.zeros(size)
            inside[part[i, :D]], inside[part[i, D]] = -point, -1.0
            upper.append(inside)
    free = np.zeros(D, dtype=bool) if r.free is None else r.free
    intercept = (0.0, 0.0) if r.through_origin else (None, None)
    bounds = [*((None, None) if f else (0.0, None) for f in free), intercept, (0.0, None), (0.0, None)] * n
    found = linprog(cost, np.array(upper), np.zeros(len(upper)), np.array(equal), right, bounds, method="highs-ds")
    assert found.status == 0
    return float(found.fun)


def dual_bound(r: Regression, found: ConvexFit) -> float:
    """The value no feasible function beats, from the multipliers alone: min over f and p of the Lagrangian."""
    points = r.v if r.contained is None else np.vstack([r.v, r.contained])
    n, D = r.v.shape
    free = np.zeros(D, dtype=bool) if r.free is None else r.free
    h, i = found.pairs.T
    weight = np.maximum(found.multipliers, 0.0)
    own = i < n
    slope = np.bincount(i[own], weight[own], n) - np.bincount(h, weight, n)
    pull = np.zeros((n, D))
    np.add.at(pull, h, weight[:, None] * (points[i] - r.v[h]))
    moving = r.g > 0.0
    level = np.max(pull[:, moving] / r.g[moving], axis=1)
    excess = pull - level[:, None] * r.g
    assert np.max(np.where(free, np.abs(excess), excess)) < DUAL
    if r.power == 1:
        assert np.all(slope > -r.below - DUAL) and np.all(slope < r.above + DUAL)
        return float(-level.sum())
    return float(-np.sum(slope**2 / (4.0 * np.where(slope < 0.0, r.below, r.above))) - level.sum())


def loss(r: Regression, f: Array) -> float:
    return float(np.sum(np.where(f > 0.0, r.below, r.above) * np.abs(f) ** r.power))


@pytest.mark.parametrize("kind", [signed, weak, cone])
@pytest.mark.parametrize("tau", [0.5, 0.85])
def test_quantile_objective_is_that_of_the_full_program(kind: object, tau: float) -> None:
    r = kind(firms(42, 1), above=tau, below=1.0 - tau, power=1)  # type: ignore[operator]
    found = fit(r)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(full_linear_program(r), rel=OBJECTIVE)


def test_quantile_with_two_goods_and_two_bads() -> None:
    r = Regression(firms(30, 2, 2, 2), np.array([0.0, 0.5, 1.0, 0.5, 1.0, 0.0]), 0.7, 0.3, 1)
    assert fit(r).objective == pytest.approx(full_linear_program(r), rel=OBJECTIVE)


@pytest.mark.parametrize("kind", [signed, weak])
@pytest.mark.parametrize(("above", "below", "power"), [(1.0, 1.0, 2), (0.9, 0.1, 2), (0.2, 0.8, 2), (0.8, 0.2, 1)])
def test_a_dual_bound_computed_from_the_multipliers_certifies_the_optimum(
    kind: object, above: float, below: float, power: int
) -> None:
    """Every row of the full program is feasible, and the bound meets the objective."""
    r = kind(firms(60, 3), above=above, below=below, power=power)  # type: ignore[operator]
    found = fit(r)
    assert found.objective == pytest.approx(loss(r, found.f), rel=1e-12)
    assert dual_bound(r, found) == pytest.approx(found.objective, rel=OBJECTIVE)
    feasible(r, found)


def feasible(r: Regression, found: ConvexFit) -> None:
    planes = found.f[:, None] + found.prices @ r.v.T - np.sum(found.prices * r.v, axis=1)[:, None]
    assert np.max(found.f - planes) < 1e-9
    np.testing.assert_allclose(found.prices @ r.g, 1.0, rtol=1e-12)
    free = np.zeros(r.g.size, dtype=bool) if r.free is None else r.free
    assert found.prices[:, ~free].min() > -1e-9
    if r.contained is not None:
        at = found.f[:, None] + found.prices @ r.contained.T - np.sum(found.prices * r.v, axis=1)[:, None]
        assert at.min() > -1e-8


def test_planes_of_constant_returns_pass_through_the_origin() -> None:
    r = cone(firms(60, 4))
    found = fit(r)
    np.testing.assert_allclose(found.f, np.sum(found.prices * r.v, axis=1), atol=1e-8)
    assert found.objective > fit(signed(r.v)).objective


def test_weak_disposability_rows_bind() -> None:
    r = weak(firms(60, 3))
    without = replace(r, contained=None)
    assert fit(r).objective > fit(without).objective * (1.0 + 1e-6)
    with_signs = fit(signed(r.v)).objective
    assert fit(without).objective < with_signs


def test_three_points_by_hand() -> None:
    """y = 1, 1, 2 at x = 1, 2, 3: the concave least squares fit is the line 1/3 + x/2... through 5/6, 4/3, 11/6."""
    found = fit(Regression(np.column_stack([[1.0, 2.0, 3.0], [-1.0, -1.0, -2.0]]), np.array([0.0, 1.0])))
    np.testing.assert_allclose(found.f, np.array([5 / 6, 4 / 3, 11 / 6]) - [1.0, 1.0, 2.0], atol=1e-9)
    assert found.objective == pytest.approx(1 / 6)


@pytest.mark.parametrize("power", [1, 2])
def test_concave_data_are_fitted_exactly(power: int) -> None:
    x = np.linspace(0.5, 3.0, 40)
    found = fit(Regression(np.column_stack([x, -np.sqrt(x)]), np.array([0.0, 1.0]), 0.7, 0.3, power))
    np.testing.assert_allclose(found.f, 0.0, atol=VALUE)
    assert found.status == "optimal"


def test_rows_in_another_order_and_a_longer_direction() -> None:
    for power in (1, 2):
        r = weak(firms(80, 5), above=0.9, below=0.1, power=power)
        found = fit(r)
        order = np.random.default_rng(0).permutation(80)
        assert r.contained is not None
        moved = fit(replace(r, v=r.v[order], contained=r.contained[order]))
        np.testing.assert_allclose(moved.f, found.f[order], atol=VALUE)
        np.testing.assert_allclose(fit(replace(r, g=50.0 * r.g)).f, found.f / 50.0, atol=VALUE / 50.0)


def test_quantile_property() -> None:
    """Under variable returns at most n (1 - tau) rows lie strictly outside and at most n tau strictly inside."""
    v = firms(90, 6)
    for tau in (0.3, 0.5, 0.75, 0.9):
        f = fit(signed(v, above=tau, below=1.0 - tau, power=1)).f
        assert np.count_nonzero(f < -VALUE) <= 90 * (1.0 - tau) + 1e-9
        assert np.count_nonzero(f > VALUE) <= 90 * tau + 1e-9


def test_expectile_property() -> None:
    """Under variable returns tau sum max(-f, 0) = (1 - tau) sum max(f, 0)."""
    v = firms(90, 6)
    for tau in (0.3, 0.5, 0.9):
        f = fit(signed(v, above=tau, below=1.0 - tau)).f
        outside, inside = -f[f < 0.0].sum(), f[f > 0.0].sum()
        assert tau * outside == pytest.approx((1.0 - tau) * inside, rel=1e-5)


@pytest.mark.parametrize("power", [1, 2])
def test_both_sides_of_the_loss_are_monotone_in_tau(power: int) -> None:
    """Optimality at two values of tau implies it, whatever the restrictions."""
    v = firms(70, 7)
    outside, inside = [], []
    for tau in (0.2, 0.4, 0.6, 0.8, 0.95):
        f = fit(weak(v, above=tau, below=1.0 - tau, power=power)).f
        outside.append(np.sum(np.maximum(-f, 0.0) ** power))
        inside.append(np.sum(np.maximum(f, 0.0) ** power))
    assert (np.diff(outside) <= VALUE).all() and (np.diff(inside) >= -VALUE).all()


def test_least_squares_is_the_middle_expectile_and_has_the_least_squares() -> None:
    v = firms(70, 8)
    least = fit(signed(v))
    np.testing.assert_allclose(fit(signed(v, above=0.5, below=0.5)).f, least.f, atol=VALUE)
    for power, tau in ((1, 0.5), (2, 0.6), (1, 0.9)):
        other = fit(signed(v, above=tau, below=1.0 - tau, power=power)).f
        assert least.objective < np.sum(other**2)


def test_among_several_quantile_optima_the_shortest() -> None:
    """Two rows at one point: every value between them is a median; the midpoint has the least squares."""
    v = np.column_stack([np.ones(2), [-1.0, -2.0]])
    found = fit(Regression(v, np.array([0.0, 1.0]), 0.5, 0.5, 1))
    np.testing.assert_allclose(found.f, [0.5, -0.5], atol=VALUE)
    assert found.objective == pytest.approx(0.5)


def test_a_solver_that_stops_early_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convex_regression, "_ITERATIONS", 3)
    assert fit(signed(firms(40, 9))).status == "imprecise"
