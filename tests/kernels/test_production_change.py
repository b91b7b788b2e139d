"""Distances against a linear program per unit, factors against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.production_change import OUTSIDE, SPLIT, UNDEFINED, ZERO, Period, production_changes

DISTANCE = 1e-7  # scipy's HiGHS with its own tolerance of 1e-7
EXACT = 1e-12


def world(n: int, seed: int, grown: float = 1.0) -> Period:
    r = np.random.default_rng(seed)
    energy, other = r.uniform(1, 3, n), r.uniform(1, 3, (n, 1))
    good = grown * np.sqrt(energy * other[:, 0]) * r.uniform(0.6, 1.0, n)
    return Period(energy, other, good, energy * r.uniform(0.8, 1.6, n))


def shephard(frontier: Period, unit: Period, i: int, which: int) -> float:
    """1 / min t with energy (0) or the bad (1) of unit i multiplied by t; NaN where infeasible."""
    n = len(frontier.energy)
    step = np.zeros(n + 1)
    step[n] = 1.0
    rows = [np.append(frontier.energy, -unit.energy[i] if which == 0 else 0.0)]
    sides = [0.0 if which == 0 else unit.energy[i]]
    for j in range(frontier.inputs.shape[1]):
        rows.append(np.append(frontier.inputs[:, j], 0.0))
        sides.append(unit.inputs[i, j])
    rows.append(np.append(-frontier.good, 0.0))
    sides.append(-unit.good[i])
    equal = np.append(frontier.bad, -unit.bad[i] if which == 1 else 0.0)
    right = 0.0 if which == 1 else unit.bad[i]
    found = linprog(step, np.array(rows), sides, equal[None, :], [right], bounds=[(0, None)] * (n + 1), method="highs")
    return 1.0 / found.x[-1] if found.status == 0 else np.nan


@pytest.mark.parametrize("grown", [1.0, 1.15])
def test_distances_and_factors(grown: float) -> None:
    before, after = world(12, 1), world(12, 2, grown)
    found = production_changes(before, after, "constant")
    for i in range(12):
        slots = ((before, before), (after, after), (before, after), (after, before))
        brute = np.array([[shephard(f, u, i, which) for f, u in slots] for which in (1, 0)])
        assert (found.status[i] == SPLIT) == np.isfinite(brute).all()
        if found.status[i] == SPLIT:
            np.testing.assert_allclose(found.carbon[:, i], brute[0], rtol=DISTANCE)
            np.testing.assert_allclose(found.energy[:, i], brute[1], rtol=DISTANCE)
        else:
            assert found.status[i] == OUTSIDE and np.isnan(found.factors[:, i]).all()
    ok = found.status == SPLIT
    assert ok.sum() >= 3
    np.testing.assert_allclose(found.factors[:, ok].prod(axis=0), (after.bad / before.bad)[ok], rtol=EXACT)
    own, own_next, other, other_next = found.carbon[:, ok]
    np.testing.assert_allclose(found.factors[3, ok], own_next / own, rtol=EXACT)
    total = np.sqrt(other / own * own_next / other_next)
    np.testing.assert_allclose(found.factors[3, ok] * found.factors[4, ok], total, rtol=EXACT)
    assert (found.carbon[:2, ok] >= 1.0 - 1e-9).all() and (found.energy[:2, ok] >= 1.0 - 1e-9).all()


def test_nothing_changed_gives_ones() -> None:
    one = world(10, 3)
    np.testing.assert_allclose(production_changes(one, one, "constant").factors, 1.0, rtol=1e-12)


def test_back_in_time_is_the_inverse() -> None:
    before, after = world(15, 4), world(15, 5)
    there, back = production_changes(before, after, "constant"), production_changes(after, before, "constant")
    assert (there.status == back.status).all()
    ok = there.status == SPLIT
    np.testing.assert_allclose(there.factors[:, ok] * back.factors[:, ok], 1.0, rtol=EXACT)


def test_units_of_measurement_change_nothing() -> None:
    before, after = world(10, 6), world(10, 7)
    plain = production_changes(before, after, "kuosmanen")
    scaled = production_changes(
        *(Period(1e4 * p.energy, 1e-3 * p.inputs, 50 * p.good, 1e6 * p.bad) for p in (before, after)), "kuosmanen"
    )
    assert (plain.status == scaled.status).all()
    np.testing.assert_allclose(scaled.factors, plain.factors, rtol=1e-8)


def test_zeros_are_told_apart() -> None:
    before, after = world(6, 8), world(6, 9)
    after.bad[2] = 0.0
    found = production_changes(before, after, "constant")
    assert found.status[2] == ZERO and np.isnan(found.factors[:, 2]).all() and np.isnan(found.carbon[:, 2]).all()
    assert UNDEFINED not in found.status


def test_energy_alone_needs_no_carbon_distance() -> None:
    before, after = world(12, 1), world(12, 2, 1.15)
    all_of_it, energy = (
        production_changes(before, after, "constant"),
        production_changes(before, after, "constant", energy_only=True),
    )
    ok = all_of_it.status == SPLIT
    assert (energy.status[ok] == SPLIT).all() and (energy.status == SPLIT).sum() >= ok.sum()
    np.testing.assert_array_equal(energy.factors[[1, 2, 5, 6]][:, ok], all_of_it.factors[[1, 2, 5, 6]][:, ok])
    assert np.isnan(energy.factors[[0, 3, 4]]).all()
