"""The quadratic distance function: recovery, invariances, statuses, evidence, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.quadratic import MODEL, RESTRICTIONS, QuadraticModel, Restrictions
from dualcarbon.kernels.polynomial import basis, derivative, features
from dualcarbon.kernels.row_generation import minimise
from dualcarbon.kernels.row_scan import monotone, program


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData
    mac: np.ndarray


EXACT = 1e-8
"""Rows hold to 1e-9 in units of the means; prices lose a digit in (1 - t) / t."""
FRONTIER_BIAS = 0.02
"""At 4,000 rows with half-normal u of 0.12 the envelope is some thousandths off the truth; slopes lose a digit."""
PROVINCES = Path(__file__).resolve().parents[2] / "../shared/data/deabook/provinces_2013_2015.dta"
TECHNOLOGY = Technology(("labour", "capital"), "output", "co2")
RAW = QuadraticModel(screen=False)


def group(x: np.ndarray, y: np.ndarray, b: np.ndarray, periods: int = 1) -> GroupData:
    n = y.size
    return GroupData(x, y, b, np.arange(n) // periods, np.arange(n) % periods)


def evaluate(theta: np.ndarray, z: np.ndarray) -> np.ndarray:
    return features(basis(z.shape[1]), z) @ theta


def slope(theta: np.ndarray, z: np.ndarray, j: int) -> np.ndarray:
    return features(basis(z.shape[1]), z) @ derivative(basis(z.shape[1]), j) @ theta


def solve(model: QuadraticModel, data: GroupData) -> GroupFit:
    return model.solve(data, TECHNOLOGY, Direction.unit())


def narrow(n: int = 400, seed: int = 0, inefficiency: float = 0.12, periods: int = 1) -> tuple[GroupData, np.ndarray]:
    """A quadratic truth with sizes within a factor of 3, and its price at every row; firms last over the periods.

    The direction is (1, -1) in units of the means, so the truth is shifted until y and b have the same mean.
    """
    rng = np.random.default_rng(seed)
    firm = np.arange(n) // periods
    x = rng.uniform(0.5, 1.5, size=(n, 2))
    x = np.clip(x[firm] + 0.1 * (periods > 1) * rng.normal(size=(n, 2)), 0.45, 1.55)
    mean = x @ [0.6, 0.4]
    bend = 0.15 * rng.normal(size=n)
    bend = np.clip(bend[firm] + 0.05 * (periods > 1) * rng.normal(size=n), -0.35, 0.35)
    s = 2.0 * mean + bend
    t = 0.7 + 0.5 * bend
    frontier_b = 0.7 * s - 0.4 * mean + 0.25 * bend**2
    u = np.minimum(np.abs(rng.normal(size=n)) * inefficiency, 0.5 * (s - frontier_b))
    y, b = s - frontier_b - u, frontier_b + u
    shift = (y.mean() - b.mean()) / 2.0
    y, b = y - shift, b + shift
    return group(x * [50.0, 8e3], 3e3 * y, 50.0 * b, periods), (1.0 - t) / t * 60.0


def test_an_exact_truth_is_recovered() -> None:
    data, mac = narrow(inefficiency=0.0)
    found = solve(RAW, data)
    assert found.inefficiency.max() <= EXACT
    np.testing.assert_allclose(found.mac, mac, rtol=EXACT)
    assert (found.status == CODE["ok"]).all()


def test_price_is_the_slope_of_the_frontier_in_the_units_of_the_data() -> None:
    """Solve D(x, y, b) = 0 for y at two values of b around the projection."""
    data, _ = narrow()
    found = solve(RAW, data)
    x, good, bad = data.x / data.x.mean(axis=0), data.y / data.y.mean(), data.b / data.b.mean()
    theta = minimise(program(np.column_stack([x, good + bad]), bad, *monotone(3))).theta

    def frontier_good(rows: np.ndarray, b: np.ndarray) -> np.ndarray:
        y = good[rows].copy()
        for _ in range(60):
            z = np.column_stack([x[rows], y + b])
            y -= (b + evaluate(theta, z)) / slope(theta, z, 2)
        return y

    rows = np.flatnonzero(found.status == CODE["ok"])[:50]
    at, h = bad[rows] - found.inefficiency[rows], 1e-5
    change = (frontier_good(rows, at + h) - frontier_good(rows, at - h)) / (2.0 * h)
    np.testing.assert_allclose(found.mac[rows], change * data.y.mean() / data.b.mean(), rtol=1e-6)
    np.testing.assert_allclose(frontier_good(rows, at), good[rows] + found.inefficiency[rows], atol=EXACT)


def test_units_of_measurement_do_not_matter() -> None:
    data, _ = narrow(seed=1)
    found = solve(RAW, data)
    other = solve(RAW, replace(data, x=data.x * [1e-5, 1e4], y=data.y * 1e6, b=data.b * 1e-2))
    np.testing.assert_allclose(other.inefficiency, found.inefficiency, atol=EXACT)
    np.testing.assert_allclose(other.mac, found.mac * 1e8, rtol=1e-6)


def test_projections_have_no_inefficiency() -> None:
    """Translation: a step of alpha mean units along (1, -1) lowers D by alpha, and s = y + b does not move."""
    data, _ = narrow(seed=2)
    x, good, bad = data.x / data.x.mean(axis=0), data.y / data.y.mean(), data.b / data.b.mean()
    z = np.column_stack([x, good + bad])
    distance = solve(RAW, data).inefficiency
    theta = minimise(program(z, bad, *monotone(3))).theta
    np.testing.assert_allclose(bad - 0.1 + evaluate(theta, z), distance - 0.1, atol=EXACT)
    again = minimise(program(z, bad - distance, *monotone(3)))
    assert again.objective == pytest.approx(0.0, abs=EXACT)


def test_room_is_the_distance_as_a_share_of_own_co2() -> None:
    data, _ = narrow(seed=4)
    found = solve(RAW, data)
    np.testing.assert_allclose(found.abatement_room, found.inefficiency * data.b.mean() / data.b, rtol=1e-12)
    total = float(found.abatement_room @ data.b / data.b.sum())
    assert found.facts["aggregate_room"] == pytest.approx(total, rel=1e-12)


def test_near_optimal_range_brackets_the_optimum() -> None:
    data, _ = narrow(seed=5)
    found = solve(RAW, data)
    facts = found.facts
    assert facts["slope_low"] < facts["slope_mean"] < facts["slope_high"]
    assert (found.mac_low <= found.mac).all() and (found.mac <= found.mac_high).all()
    assert np.median(found.mac_high / found.mac_low) > 1.0
    without = solve(QuadraticModel(screen=False, near_range=False), data)
    assert np.array_equal(without.mac, found.mac)
    assert np.isnan(without.mac_low).all() and np.isnan(without.facts["near_range"])


def test_a_longer_sample_of_the_same_firms_changes_nothing() -> None:
    data, _ = narrow(seed=6)
    twice = group(np.tile(data.x, (2, 1)), np.tile(data.y, 2), np.tile(data.b, 2))
    np.testing.assert_allclose(solve(RAW, twice).mac[:400], solve(RAW, data).mac, rtol=1e-6)


def test_restriction_sets_are_nested() -> None:
    data, _ = narrow(seed=7)
    room = [solve(QuadraticModel(r, screen=False), data).inefficiency.mean() for r in RESTRICTIONS.values()]
    assert list(RESTRICTIONS) == ["frontier", "outputs", "monotone", "null_joint"]
    assert all(a <= b + EXACT for a, b in pairwise(room))
    assert room[-1] > room[0] + 1e-4


def test_negative_prices_where_the_outputs_are_free() -> None:
    data, _ = narrow(seed=8)
    tilted = replace(data, b=data.b[np.random.default_rng(8).permutation(400)])
    found = solve(QuadraticModel(Restrictions(bad=False, good=False, inputs=False), screen=False), tilted)
    negative = found.status == CODE["negative"]
    assert negative.any() and (found.mac[negative] < 0.0).all()
    assert found.facts["negative_share"] == pytest.approx(negative.mean())


def test_zero_prices_where_the_frontier_is_flat_in_co2(industry: Callable[..., Industry]) -> None:
    found = solve(RAW, industry(n=900, seed=3).data)
    zero = found.status == CODE["zero"]
    assert zero.any() and (found.mac[zero] == 0.0).all() and (found.mac_low[zero] == 0.0).all()
    assert found.facts["zero_share"] == pytest.approx(zero.mean())


def test_rows_without_co2_leave_the_fit_and_are_counted() -> None:
    data, _ = narrow(seed=10)
    bad = data.b.copy()
    bad[::40] = 0.0
    found, kept = solve(RAW, replace(data, b=bad)), bad > 0.0
    assert (found.status[~kept] == CODE["no_bad"]).all() and np.isnan(found.mac[~kept]).all()
    assert found.facts["n_no_bad"] == 10 and found.facts["n_fit"] == 390
    alone = solve(RAW, GroupData(data.x[kept], data.y[kept], bad[kept], data.unit[kept], data.time[kept]))
    assert np.array_equal(found.mac[kept], alone.mac)


def test_the_trivial_optimum_is_refused() -> None:
    """Every firm has a twin of the same size that emits next to nothing: Q = 0, D = b, an infinite price."""
    data, _ = narrow(seed=11)
    good, bad = data.y / data.y.mean(), data.b / data.b.mean()
    tiny = np.full(400, 1e-9)
    b = np.concatenate([bad, tiny])
    share = b.mean()
    y = np.concatenate([good, good + (bad - tiny) / share])
    y /= y.mean()
    for _ in range(200):
        y[400:] = y[:400] + (bad - tiny) / share
        y /= y.mean()
    found = solve(RAW, group(np.vstack([data.x, data.x]), y, b))
    assert found.verdict == "trivial"
    assert "optimum is trivial: the abatement cost is infinite" in found.why.en
    assert "无穷大" in found.why.zh
    assert (found.status == CODE["refused"]).all()
    assert np.isnan(found.mac).all() and np.isnan(found.inefficiency).all()


def with_a_clean_giant(n: int = 300, seed: int = 24) -> GroupData:
    """One more firm with the smallest inputs, the largest s = y + b in units of the means, and no CO2."""
    data, _ = narrow(n, seed)
    most = 3.0 * (data.y + data.b * data.y.mean() / data.b.mean()).max()
    return group(np.vstack([data.x, data.x.min(axis=0)]), np.append(data.y, most), np.append(data.b, 0.0))


def test_zero_co2_rows_that_are_kept_make_the_optimum_trivial_and_it_is_refused() -> None:
    """The slopes of a quadratic that are monotone at two rows are so between them: Q >= Q(giant) = D(giant) >= 0
    everywhere, so that Q = 0, D = b is the optimum."""
    data = with_a_clean_giant()
    bad = data.b / data.b.mean()
    z = np.column_stack([data.x / data.x.mean(axis=0), data.y / data.y.mean() + bad])
    found = minimise(program(z - z.mean(axis=0), bad, *monotone(3)))
    assert found.status == "optimal" and found.objective == pytest.approx(1.0, abs=EXACT)
    np.testing.assert_allclose(found.theta, 0.0, atol=EXACT)

    kept = solve(QuadraticModel(screen=False, keep_zero_bad=True), data)
    assert kept.verdict == "trivial"
    assert "infinite at every row" in kept.why.en and "1 rows with CO2 = 0 were kept" in kept.why.en
    assert "保留了 1 个排放为零的观测" in kept.why.zh
    assert (kept.status == CODE["refused"]).all() and np.isnan(kept.mac).all()
    assert kept.facts["n_fit"] == 301 and kept.facts["n_no_bad"] == 1

    dropped = solve(RAW, data)
    assert dropped.verdict != "trivial"
    assert dropped.status[300] == CODE["no_bad"] and np.isfinite(dropped.mac[:300]).all()


def test_a_few_kept_zeros_have_no_price_and_move_the_others() -> None:
    data, _ = narrow(seed=25)
    bad = data.b.copy()
    bad[::80] = 0.0
    data = replace(data, b=bad)
    kept, dropped = (solve(QuadraticModel(screen=False, keep_zero_bad=keep), data) for keep in (True, False))
    assert (kept.status[::80] == CODE["no_bad"]).all() and kept.facts["n_no_bad"] == 5
    for values in (kept.mac, kept.mac_low, kept.mac_high, kept.abatement_room):
        assert np.isnan(values[::80]).all()
    assert kept.facts["n_fit"] == 400 and dropped.facts["n_fit"] == 395
    assert kept.facts["mac_median"] != pytest.approx(dropped.facts["mac_median"], rel=1e-3)


def test_collinear_inputs_are_refused() -> None:
    data, _ = narrow(seed=12)
    found = solve(RAW, replace(data, x=np.column_stack([data.x[:, 0], 3.0 * data.x[:, 0]])))
    assert found.verdict == "trivial" and "collinear" in found.why.en and "共线" in found.why.zh
    assert (found.status == CODE["refused"]).all()


def test_wide_groups_are_never_identified(industry: Callable[..., Industry]) -> None:
    found = solve(MODEL, industry(n=900, seed=1).data)
    assert found.verdict != "identified"
    assert "p99/p1 of carbon intensity is " in found.why.en and "and p99/p1 of the first input is " in found.why.en
    assert found.facts["bad_per_good_p99_p1"] > 5.0 and found.facts["first_input_p99_p1"] > 4.0


def test_a_narrow_clean_group_is_identified() -> None:
    data, mac = narrow(n=4000, seed=13, periods=5)
    found = solve(MODEL, data)
    assert found.verdict == "identified", found.why.en
    assert np.nanmedian(np.abs(np.log(found.mac / mac))) < FRONTIER_BIAS


def test_outliers_are_screened_and_the_shift_is_reported() -> None:
    data, _ = narrow(n=1000, seed=14)
    bad = data.b.copy()
    bad[:5] *= 1e-4
    found = solve(MODEL, replace(data, b=bad))
    assert (found.status[:5] == CODE["outlier"]).all() and np.isnan(found.mac[:5]).all()
    facts = found.facts
    assert facts["n_screened"] == np.count_nonzero(found.status == CODE["outlier"])
    assert abs(np.log(facts["mac_untreated"] / facts["mac_median"])) > 0.1
    assert "with the screen" in found.why.en
    raw = solve(RAW, replace(data, b=bad))
    assert (raw.status != CODE["outlier"]).all()


def test_small_groups_are_not_screened_but_the_shift_is_said() -> None:
    data, _ = narrow(n=179, seed=15)
    bad = data.b.copy()
    bad[:3] *= 1e-4
    found = solve(MODEL, replace(data, b=bad))
    assert found.facts["n_screened"] == 0 and "with the screen" in found.why.en
    alone = solve(MODEL, GroupData(data.x[3:], data.y[3:], data.b[3:], data.unit[3:], data.time[3:]))
    assert found.facts["mac_screened"] == pytest.approx(alone.facts["mac_median"], rel=0.05)


def test_ninety_provinces_enter_the_fit_whole() -> None:
    """Mean MAC of 90 provinces, CNY/t: 12,758 is the upper end of the range stored with the design."""
    if not PROVINCES.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    table = pd.read_stata(PROVINCES)
    x, y, b = (table[names].to_numpy(dtype=np.float64) for names in (["K", "L"], "Y", "CO2"))
    found = solve(QuadraticModel(RESTRICTIONS["outputs"]), group(x, 1e8 * y, b, periods=3))
    assert round(float(found.mac.mean())) == 12_758


@pytest.mark.parametrize("years", [(0, 1, 2, 3), (0, 1, 5, 6)], ids=["every", "gaps"])
@pytest.mark.parametrize("change", ["years", "neutral", "biased"])
def test_technical_change_is_taken_up(change: str, years: tuple[int, ...]) -> None:
    """D falls by 0.02 a period at given (x, s): exact under shifts of the level, within a trend too; years that nobody
    reports count."""
    data, mac = narrow(seed=16, inefficiency=0.0)
    year, step = np.array(years)[np.arange(400) % 4], 0.02
    good, bad = data.y.mean(), data.b.mean()
    shift = step * (year - year.mean())
    moved = replace(data, y=data.y + shift * good, b=data.b - shift * bad, time=year)
    found = solve(QuadraticModel(screen=False, change=change), moved)  # type: ignore[arg-type]
    assert found.inefficiency.max() <= EXACT
    np.testing.assert_allclose(found.mac, mac, rtol=EXACT)
    assert found.facts["change_per_period"] == pytest.approx(step, abs=EXACT)
    assert solve(RAW, moved).inefficiency.mean() > 0.5 * step
    assert np.isnan(solve(RAW, moved).facts["change_per_period"])


def test_a_cubic_envelops_more_closely_and_contains_the_quadratic() -> None:
    data, mac = narrow(seed=17)
    two, three = (solve(QuadraticModel(screen=False, degree=d), data) for d in (2, 3))  # type: ignore[arg-type]
    assert three.inefficiency.mean() < two.inefficiency.mean() - 1e-4
    exact, mac = narrow(seed=17, inefficiency=0.0)
    np.testing.assert_allclose(solve(QuadraticModel(screen=False, degree=3), exact).mac, mac, rtol=1e-7)


def test_what_is_not_supported_is_said() -> None:
    wrong = (
        (Technology(("labour",), "y", "b", returns="constant"), Direction.unit()),
        (Technology(("labour",), "y", "b", returns="bic"), Direction.unit()),
        (TECHNOLOGY, Direction.bad_only()),
        (TECHNOLOGY, Direction.all_proportional()),
    )
    for technology, direction in wrong:
        with pytest.raises(ConfigError):
            MODEL.check(technology, direction)
    MODEL.check(TECHNOLOGY, Direction.unit())
    MODEL.check(TECHNOLOGY, Direction.proportional())
    assert MODEL.least(TECHNOLOGY) == 20
    assert QuadraticModel(degree=3).least(TECHNOLOGY) == 40
    assert QuadraticModel(change="biased").least(TECHNOLOGY) == 30
    assert QuadraticModel(change="years").least(TECHNOLOGY) == 20
    for wrong_form in (QuadraticModel(degree=4), QuadraticModel(change="trend")):  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="not allowed"):
            wrong_form.check(TECHNOLOGY, Direction.unit())
    assert MODEL.warning is not None and "83-100 %" in MODEL.warning.en and "83–100 %" in MODEL.warning.zh
