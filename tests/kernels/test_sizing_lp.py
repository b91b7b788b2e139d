"""The sizing program by hand, against scipy's dense program, by duality, and by what each constraint is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.sizing_lp import (
    ENERGY,
    INFEASIBLE,
    POWER,
    PV,
    SOLVED,
    WIND,
    Sized,
    Sizing,
    least_loss,
    running_cost,
    size,
)

EXACT = 1e-8
"""Both are vertices of the same program: the solvers' tolerances."""
CLOSED = 1e-9
"""Energy balance of an hour, relative to the mean load, as promised."""


def question(n: int = 48, seed: int = 0, **changes: object) -> Sizing:
    random = np.random.default_rng(seed)
    t = np.arange(n)
    sun = np.maximum(np.sin(2 * np.pi * (t % 24 - 6) / 24), 0) * random.uniform(0.3, 1, n)
    base = Sizing(
        pv=sun,
        wind=random.uniform(0, 1, n) ** 2,
        load=random.uniform(1, 3, n),
        cost=np.array([350.0, 1500.0, 130.0, 70.0]),
        limits=np.full(4, np.inf),
        charging=0.95,
        discharging=0.93,
        floor=0.0,
        hours=None,
        price=None,
        co2=None,
        grid_kw=0.0,
        co2_cap=None,
        lost_cap=None,
    )
    return replace(base, **changes)


def on_grid(n: int = 48, **changes: object) -> dict[str, object]:
    return {"price": np.full(n, 0.75), "co2": np.full(n, 0.5e-3), "grid_kw": np.inf, **changes}


CASES = {
    "zero": {},
    "least": on_grid(),
    "tariff": on_grid(price=np.where(np.arange(48) % 24 < 8, 0.2, 1.5), grid_kw=2.5),
    "cap": on_grid(co2_cap=0.05),
    "cap_zero": on_grid(co2_cap=0.0),
    "lost": {"lost_cap": 3.0},
    "hours": {"hours": 3.0},
    "floor": {"floor": 0.2},
    "limits": {"limits": np.array([20.0, 30.0, 12.0, 3.0])},
}


def dense(asked: Sizing) -> float:
    """The same program row by row with scipy: the cost of the optimum."""
    n, w = asked.load.size, 8760.0 / asked.load.size
    grid, lost = asked.price is not None, asked.lost_cap is not None
    one, none = np.eye(n), np.zeros((n, n))
    g, u = one * grid, one * lost
    column = np.ones((n, 1))
    zero = np.zeros((n, 1))
    shift = np.roll(one, -1, axis=1).T
    blocks = [
        ([-asked.pv[:, None], -asked.wind[:, None], zero, zero, one, -one, none, -g, -u], -asked.load),
        ([zero, zero, -column, zero, none, none, one, none, none], np.zeros(n)),
        ([zero, zero, asked.floor * column, zero, none, none, -one, none, none], np.zeros(n)),
        ([zero, zero, zero, -column, one, none, none, none, none], np.zeros(n)),
        ([zero, zero, zero, -column, none, one, none, none, none], np.zeros(n)),
    ]
    upper, right = np.vstack([np.hstack(rows) for rows, _ in blocks]), np.concatenate([b for _, b in blocks])
    extra = np.zeros((0, 4 + 5 * n))
    if asked.co2_cap is not None and asked.co2 is not None:
        extra = np.vstack([extra, np.r_[np.zeros(4 + 3 * n), w * asked.co2, np.zeros(n)]])
        right = np.r_[right, asked.co2_cap]
    if lost:
        extra = np.vstack([extra, np.r_[np.zeros(4 + 4 * n), np.ones(n)]])
        right = np.r_[right, asked.lost_cap]
    balance = np.hstack(
        [zero, zero, zero, zero, -asked.charging * one, one / asked.discharging, one - shift, none, none]
    )
    equal = np.zeros(n)
    if asked.hours is not None:
        balance = np.vstack([balance, np.r_[0, 0, 1, -asked.hours, np.zeros(5 * n)]])
        equal = np.r_[equal, 0.0]
    price = w * asked.price if asked.price is not None else np.zeros(n)
    cost = np.r_[asked.cost, np.zeros(3 * n), price, np.zeros(n)]
    most = [None if np.isinf(v) else v for v in asked.limits]
    draw = None if np.isinf(asked.grid_kw) else asked.grid_kw
    bounds = [(0, m) for m in most] + [(0, None)] * (3 * n) + [(0, draw)] * n
    bounds += [(0, float(v)) for v in asked.load]
    found = linprog(cost, np.vstack([upper, extra]), right, balance, equal, bounds)
    assert found.status == 0, found.message
    return float(found.fun)


def imbalance(asked: Sizing, found: Sized) -> float:
    h = found.hours
    own = asked.pv * found.sizes[PV] + asked.wind * found.sizes[WIND]
    used = own - h.curtailed_kwh + h.discharged_kwh - h.charged_kwh + h.grid_kwh + h.lost_kwh - asked.load
    level = np.diff(h.charge_kwh, prepend=h.start_kwh) - asked.charging * h.charged_kwh
    stored = level + h.discharged_kwh / asked.discharging
    return float(max(np.abs(used).max(), np.abs(stored).max()) / asked.load.mean())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_cost_is_scipys_and_the_duals_prove_it(name, seed):
    asked = question(seed=seed, **CASES[name])
    found = size(asked)
    assert found.status == SOLVED
    assert found.cost == pytest.approx(dense(asked), rel=EXACT)
    assert found.dual_cost == pytest.approx(found.cost, rel=EXACT)
    assert found.cost == running_cost(asked, found.sizes, found.hours)


@pytest.mark.parametrize("name", CASES)
def test_every_hour_closes_and_obeys_its_bounds(name):
    asked = question(**CASES[name])
    found = size(asked)
    h, sizes = found.hours, found.sizes
    assert imbalance(asked, found) < CLOSED
    assert h.start_kwh == pytest.approx(h.charge_kwh[-1], abs=CLOSED)
    slack = 1e-8 * asked.load.mean()
    assert h.charge_kwh.max() <= sizes[ENERGY] + slack and h.charge_kwh.min() >= asked.floor * sizes[ENERGY] - slack
    assert max(h.charged_kwh.max(), h.discharged_kwh.max()) <= sizes[POWER] + slack
    assert h.grid_kwh.min() >= 0 and h.grid_kwh.max() <= asked.grid_kw + slack
    assert min(h.curtailed_kwh.min(), h.lost_kwh.min()) >= 0
    assert (sizes <= asked.limits + slack).all()
    if asked.lost_cap is None:
        assert not h.lost_kwh.any()
    else:
        assert h.lost_kwh.sum() <= asked.lost_cap * (1 + EXACT)
    if asked.co2_cap is not None and asked.co2 is not None:
        assert asked.weight * asked.co2 @ h.grid_kwh <= asked.co2_cap + EXACT


@pytest.mark.parametrize("name", ["zero", "tariff", "floor", "lost"])
def test_hours_along_the_programs_own_charge_close_too(monkeypatch, name):
    asked = question(**CASES[name])
    expected = size(asked)
    monkeypatch.setattr("dualcarbon.kernels.sizing_lp.repeating_start", lambda *_: None)
    found = size(asked)
    assert imbalance(asked, found) < CLOSED
    assert found.cost == pytest.approx(expected.cost, rel=EXACT)
    assert found.hours.start_kwh == found.hours.charge_kwh[-1]


@pytest.mark.parametrize("solver", ["ipm", "choose"])
def test_solvers_agree(solver):
    asked = question(**CASES["cap"])
    assert size(asked, solver).cost == pytest.approx(size(asked).cost, rel=EXACT)


def test_one_sunny_hour_by_hand():
    pv, load = np.array([1.0, 0.0, 0.0]), np.array([1.0, 2.0, 1.0])
    cost = np.array([10.0, 1.0, 3.0, 2.0])
    asked = question(3, pv=pv, wind=np.zeros(3), load=load, cost=cost, charging=0.8, discharging=0.5)
    found = size(asked)
    stored = 3.0 / 0.5
    charged = stored / 0.8
    np.testing.assert_allclose(found.sizes, [1.0 + charged, 0.0, stored, charged], rtol=EXACT)
    assert found.cost == pytest.approx(10 * (1 + charged) + 3 * stored + 2 * charged, rel=EXACT)


def test_one_hour_buys_the_cheaper_of_panel_and_grid():
    for price, expected in ((0.01, [0.0, 1.0]), (1.0, [1.0, 0.0])):
        asked = question(1, pv=np.ones(1), wind=np.zeros(1), load=np.ones(1), **on_grid(1, price=np.array([price])))
        found = size(asked)
        assert [found.sizes[PV], found.hours.grid_kwh[0]] == pytest.approx(expected, abs=EXACT)
        assert found.price[0] == pytest.approx(min(price, 350.0 / 8760.0), rel=EXACT)


@pytest.mark.parametrize("factor", [1e-4, 1e5])
def test_sizes_and_costs_scale_with_the_load(factor):
    asked = question(**on_grid(co2_cap=0.05))
    large = replace(asked, load=factor * asked.load, co2_cap=0.05 * factor)
    one, many = size(asked), size(large)
    np.testing.assert_allclose(many.sizes, factor * one.sizes, rtol=EXACT)
    assert many.cost == pytest.approx(factor * one.cost, rel=EXACT)
    assert many.co2_price == pytest.approx(one.co2_price, rel=EXACT)


def test_the_carbon_price_is_the_slope_of_cost_in_the_cap():
    step = 1e-3
    low, middle, high = (size(question(**on_grid(co2_cap=0.05 + d))) for d in (-step, 0.0, step))
    left, right = (low.cost - middle.cost) / step, (middle.cost - high.cost) / step
    assert middle.co2_price > 10.0
    assert right * (1 - 1e-6) <= middle.co2_price <= left * (1 + 1e-6)


def test_the_price_of_lost_load_is_the_slope_in_kwh_a_year():
    step = 1e-3
    low, middle, high = (size(question(lost_cap=3.0 + d)) for d in (-step, 0.0, step))
    weight = 8760 / 48
    left, right = (low.cost - middle.cost) / step / weight, (middle.cost - high.cost) / step / weight
    assert right * (1 - 1e-6) <= middle.lost_price <= left * (1 + 1e-6)


def test_the_hourly_price_is_the_slope_of_cost_in_that_hours_load():
    asked, step = question(**CASES["tariff"]), 1e-4
    base = size(asked)
    for hour in (3, 20, 41):
        up, down = (replace(asked, load=asked.load + d * (np.arange(48) == hour)) for d in (step, -step))
        slopes = [(size(up).cost - base.cost) / step, (base.cost - size(down).cost) / step]
        assert min(slopes) * (1 - 1e-6) <= base.price[hour] * 8760 / 48 <= max(slopes) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("tariff", {"grid_kw": np.inf}),
        ("cap", {"co2_cap": None}),
        ("lost", {"lost_cap": 30.0}),
        ("hours", {"hours": None}),
        ("floor", {"floor": 0.0}),
        ("limits", {"limits": np.full(4, np.inf)}),
    ],
)
def test_each_constraint_costs_something(name, free):
    bound = question(**CASES[name])
    assert size(replace(bound, **free)).cost < size(bound).cost * (1 - 1e-4)


def test_what_cannot_be_served_is_the_least_loss():
    asked = question(limits=np.array([2.0, 0.0, np.inf, np.inf]))
    assert size(asked).status == INFEASIBLE
    found = least_loss(asked)
    assert found.hours.lost_kwh.sum() == pytest.approx(dense_loss(asked), rel=1e-5)


def dense_loss(asked: Sizing) -> float:
    """Bisection on the loss that is allowed."""
    low, high = 0.0, float(asked.load.sum())
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if size(replace(asked, lost_cap=middle)).status == SOLVED else (middle, high)
    return high
