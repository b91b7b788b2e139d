"""The dispatch rule against an obvious twin, its fixed point, and a linear program that knows the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dualcarbon.kernels.dispatch import (
    CHARGED,
    CURTAILED,
    DISCHARGED,
    GRID,
    LAST,
    LOST,
    LOST_HOURS,
    Battery,
    dispatch_hours,
    dispatch_totals,
    repeating_start,
)

EXACT = 1e-12
"""The rule is sums and minima: rounding only."""
SOLVED = 1e-7
"""HiGHS' own tolerance."""


def twin(own, load, b: Battery, grid_kw: float, start: float) -> list[dict[str, float]]:
    """The rule as a person would write it."""
    rows, charge = [], start
    for r, need in zip(own.tolist(), load.tolist(), strict=True):
        row = dict.fromkeys(("charged", "discharged", "grid", "curtailed", "lost"), 0.0)
        if r >= need:
            room = (b.energy_kwh - charge) / b.charging
            row["charged"] = min(r - need, b.power_kw, room)
            row["curtailed"] = r - need - row["charged"]
        else:
            row["discharged"] = min(need - r, b.power_kw, (charge - b.floor_kwh) * b.discharging)
            left = need - r - row["discharged"]
            row["grid"] = min(left, grid_kw)
            row["lost"] = left - row["grid"]
        charge += b.charging * row["charged"] - row["discharged"] / b.discharging
        rows.append({**row, "charge": charge})
    return rows


def station(seed: int, n: int = 96) -> tuple[np.ndarray, np.ndarray, Battery, float]:
    random = np.random.default_rng(seed)
    energy = float(random.uniform(0, 10))
    battery = Battery(energy, energy * random.uniform(0, 0.4), *random.uniform([0.2, 0.7, 0.7], [4, 1, 1]).tolist())
    own = random.uniform(0, 5, n) * (random.random(n) < 0.5)
    return own, random.uniform(0, 3, n), battery, float(random.choice([0.0, 0.8, np.inf]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_every_hour_is_the_twins(seed, share):
    own, load, battery, grid = station(seed)
    start = battery.floor_kwh + share * (battery.energy_kwh - battery.floor_kwh)
    found, rows = dispatch_hours(own, load, battery, grid, start), twin(own, load, battery, grid, start)
    for name in ("charged", "discharged", "grid", "curtailed", "lost", "charge"):
        expected = np.array([row[name] for row in rows])
        np.testing.assert_allclose(getattr(found, f"{name}_kwh"), expected, atol=EXACT * 100)


@pytest.mark.parametrize("seed", range(5))
def test_totals_are_sums_of_the_hours(seed):
    own, load, battery, grid = station(seed)
    hours = dispatch_hours(own, load, battery, grid, battery.energy_kwh)
    totals = dispatch_totals(own, load, battery, grid, battery.energy_kwh)
    sums = {GRID: "grid", CURTAILED: "curtailed", LOST: "lost", CHARGED: "charged", DISCHARGED: "discharged"}
    for place, name in sums.items():
        assert totals[place] == pytest.approx(getattr(hours, f"{name}_kwh").sum(), abs=1e-10)
    assert totals[LAST] == hours.charge_kwh[-1]
    assert totals[LOST_HOURS] == (hours.lost_kwh > 1e-9 * load).sum()


@pytest.mark.parametrize("seed", range(20))
def test_hours_balance_and_stay_within_bounds(seed):
    own, load, b, grid = station(seed)
    h = dispatch_hours(own, load, b, grid, b.energy_kwh)
    served = own - h.curtailed_kwh + h.discharged_kwh - h.charged_kwh + h.grid_kwh + h.lost_kwh
    np.testing.assert_allclose(served, load, atol=EXACT)
    assert h.charge_kwh.min() >= b.floor_kwh and h.charge_kwh.max() <= b.energy_kwh
    assert max(h.charged_kwh.max(), h.discharged_kwh.max()) <= b.power_kw
    assert not np.any(h.charged_kwh * h.discharged_kwh)


@pytest.mark.parametrize("seed", range(20))
def test_the_repeating_start_repeats_and_is_the_highest(seed):
    own, load, b, _ = station(seed)
    start = repeating_start(own, load, b)
    assert start is not None

    def last(first: float) -> float:
        return dispatch_totals(own, load, b, np.inf, first)[LAST]

    assert last(start) == pytest.approx(start, abs=1e-9)
    for share in (0.25, 0.5, 1.0):
        higher = start + share * (b.energy_kwh - start)
        assert higher <= start + EXACT or last(higher) < higher


@pytest.mark.parametrize("seed", range(6))
def test_no_rule_with_foresight_loses_less(seed):
    own, load, b, _ = station(seed, 30)
    start = repeating_start(own, load, b)
    n = load.size
    one, none = np.eye(n), np.zeros((n, n))
    store = one - np.roll(one, -1, axis=1).T
    need = np.hstack([one, -one, none, -one])
    keep = np.hstack([-b.charging * one, one / b.discharging, store, none])
    bounds = [(0, b.power_kw)] * (2 * n) + [(b.floor_kwh, b.energy_kwh)] * n + [(0, None)] * n
    cost = np.r_[np.zeros(3 * n), np.ones(n)]
    best = linprog(cost, A_ub=need, b_ub=own - load, A_eq=keep, b_eq=np.zeros(n), bounds=bounds)
    assert dispatch_totals(own, load, b, 0.0, start)[LOST] == pytest.approx(best.fun, abs=SOLVED)
