"""The fast scoring kernel against one HiGHS program per unit, on random, degenerate, real and damaged data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest

import dualcarbon as dc
from dualcarbon.kernels import envelopment_lp
from dualcarbon.kernels.envelopment import FAILED, INFEASIBLE, SOLVED, Form, Scores, score

BETA = 1e-8
"""Both programs work to 1e-10 in rows and reduced costs."""
PRICE = 1e-6
"""Relative; a basis of firms of very different size multiplies the 1e-10."""
ZERO = 1e-7
"""Prices below this, in means of the data, are zero in both programs."""
SHARED = Path(__file__).resolve().parents[2] / "../shared"
FORMS: tuple[Form, ...] = get_args(Form)
Data = tuple[np.ndarray, np.ndarray, np.ndarray]


def firms(n: int, seed: int, spread: float = 1.0, shape: tuple[int, int, int] = (2, 1, 1)) -> Data:
    m, q, s = shape
    rng = np.random.default_rng(seed)
    x = np.exp(spread * rng.normal(size=(n, 1)) + 0.4 * rng.normal(size=(n, m)))
    base = np.exp(np.log(x).mean(axis=1, keepdims=True))
    r, u = 0.6 * rng.normal(size=(n, 1)), 0.3 * np.abs(rng.normal(size=(n, 1)))
    y = 3e3 * base * np.exp(0.1 * r - u + 0.2 * rng.normal(size=(n, q)))
    b = 60.0 * base * np.exp(r + u + 0.2 * rng.normal(size=(n, s)))
    return x * np.logspace(1.0, 4.0, m), y, b


def lattice(n: int, seed: int) -> Data:
    """Small whole numbers: many equal rows, many ties, many faces with more corners than they need."""
    rng = np.random.default_rng(seed)
    x, y, b = (rng.integers(1, 7, size=(n, k)).astype(float) for k in (2, 1, 1))
    return x, y, b


def proportional(data: Data, inputs: float = 0.0) -> Data:
    return inputs * data[0], data[1], data[2]


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    return path


def same(ours: np.ndarray, theirs: np.ndarray, zero: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return (ours == theirs) | (np.abs(ours - theirs) <= PRICE * np.abs(theirs) + zero)


def compare(reference: Data, units: Data, direction: Data, form: Form) -> tuple[Scores, Scores]:
    """Same status, distance and interval. From the last unit's basis HiGHS may stop at a point that is feasible to
    1e-10 and beside the corner; its interval is then that of a unit solved from nothing."""
    fast, slow = (kernel(reference, units, direction, form) for kernel in (score, envelopment_lp.score))
    assert np.array_equal(fast.status, slow.status) and (slow.status != FAILED).all()
    done = slow.status == SOLVED
    np.testing.assert_allclose(fast.beta[done], slow.beta[done], rtol=BETA, atol=BETA)
    good, bad = (part.reshape(len(part), -1)[:, 0].mean() for part in reference[1:])
    zero = ZERO * good / bad
    apart = done & ~(same(fast.low, slow.low, zero) & same(fast.high, slow.high, zero))
    assert apart.sum() <= 0.01 * done.size
    for o in np.flatnonzero(apart):
        unit, step = (tuple(part[o : o + 1] for part in parts) for parts in (units, direction))
        alone = envelopment_lp.score(reference, unit, step, form)  # type: ignore[arg-type]
        assert same(fast.low[o], alone.low, zero).all() and same(fast.high[o], alone.high, zero).all()
    return fast, slow


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_every_firm_of_an_industry(form: Form, spread: float) -> None:
    data = firms(450, 1, spread)
    fast, _ = compare(data, data, proportional(data), form)
    assert (fast.status == SOLVED).all() and (fast.beta > -BETA).all()
    priced = np.isfinite(fast.high) & np.isfinite(fast.low)
    assert np.count_nonzero(fast.high[priced] > fast.low[priced] * (1.0 + 1e-6)) > 3


@pytest.mark.parametrize("form", FORMS)
def test_firms_on_a_lattice_and_twice(form: Form) -> None:
    data = lattice(220, 2)
    fast, _ = compare(data, data, proportional(data), form)
    again = tuple(np.vstack([part, part[:50]]) for part in data)
    twice = score(again, again, proportional(again), form)  # type: ignore[arg-type]
    np.testing.assert_allclose(twice.beta[:220], fast.beta, atol=1e-13)
    assert np.array_equal(twice.beta[220:], twice.beta[:50]) and np.array_equal(twice.high[220:], twice.high[:50])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(3, 2, 2), (1, 1, 3), (2, 2, 1)])
def test_several_goods_and_bads(form: Form, shape: tuple[int, int, int]) -> None:
    data = firms(120, 3, 0.7, shape)
    fast, slow = compare(data, data, proportional(data), form)
    assert fast.further.shape == (120, shape[2] - 1)
    inside = (fast.beta > 0.01) & (fast.low == fast.high) & np.isfinite(fast.low)
    rates = data[1][:, 0].mean() / data[2].mean(axis=0)[1:]
    for ours, theirs, rate in zip(fast.further[inside].T, slow.further[inside].T, rates, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=PRICE, atol=ZERO * rate)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("moves", [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 0.3, 0.9), (0.5, 1.0, 1.0), (1.0, 0.0, 0.0)])
def test_custom_directions(form: Form, moves: tuple[float, float, float]) -> None:
    """The same step for all, in means; the program may be infeasible nowhere, the firms are in the reference set."""
    if form == "shephard" and moves[0]:
        pytest.skip("theta scales the inputs already")
    data = firms(70, 4)
    steps = [move * np.broadcast_to(part.mean(axis=0), part.shape) for move, part in zip(moves, data, strict=True)]
    compare(data, data, (steps[0], steps[1], steps[2]), form)


@pytest.mark.parametrize("form", FORMS)
def test_units_of_another_period(form: Form) -> None:
    reference, units = firms(150, 5), firms(250, 6, 1.3)
    fast, _ = compare(reference, units, proportional(units), form)
    assert (fast.beta[fast.status == SOLVED] < 0.0).any()
    if form in ("kuosmanen", "shephard", "sum_z_one", "bad_as_input"):
        assert (fast.status == INFEASIBLE).any()


@pytest.mark.parametrize("form", FORMS)
def test_simulated_survey(form: Form) -> None:
    frame = dc.panel.simulate_survey(rows=4_000, seed=3).panel.frame
    co2 = (1.9 * frame["coal_t"] + 3.1 * frame["oil_t"] + 5.8e-4 * frame["power_kwh"]).to_numpy()
    inputs = frame.select("employees_person", "fixed_assets_cny").to_numpy()
    kept = np.flatnonzero(co2 > 0.0)[::16]
    data = inputs[kept], frame["output_cny"].to_numpy()[kept], co2[kept]
    compare(data, data, proportional(data), form)


def sound(table: np.ndarray, n: int) -> Data:
    """The first rows with every value positive, the last two columns the good and the bad."""
    table = table[(np.isfinite(table) & (table > 0.0)).all(axis=1)][:n]
    return table[:, :-2], table[:, -2], table[:, -1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("inputs", [0.0, 1.0])
def test_power_plants(form: Form, inputs: float) -> None:
    panel = dc.panel.load_us_power(shared("data", "us_power_plant_panel_2016_2019.parquet"))
    data = sound(np.column_stack(panel.arrays("capacity_kw", "energy_tce", "power_kwh", "co2_t")), 300)
    compare(data, data, proportional(data, 0.0 if form == "shephard" else inputs), form)


@pytest.mark.parametrize("form", FORMS)
def test_provinces(form: Form) -> None:
    panel = dc.panel.load_panel("china_provinces")
    names = ("capital_cny", "labour_person", "energy_tce", "output_cny", "co2_t")
    data = sound(np.column_stack(panel.arrays(*names)), 300)
    compare(data, data, proportional(data), form)


def anchors(name: str) -> dict[str, Any]:
    return json.loads(shared("anchors", "frontier.json").read_text(encoding="utf-8"))[name]


def test_published_bad_as_input() -> None:
    """DataEnvelopmentAnalysis.jl: five units, the bad freely disposable."""
    toy = anchors("bad_as_input_toy")
    data = np.array(toy["x"], float)[:, None], np.array(toy["y"], float), np.array(toy["b"], float)
    found = score(data, data, (0.0 * data[0], data[1], data[2]), "bad_as_input_constant")
    np.testing.assert_allclose(found.beta, toy["beta"], atol=5e-9)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_published_greenhouse_gas_abatement(sign: float) -> None:
    """pyStoNED, sum z = 1, one unit of each output: its example expands the bad (-1); contracting as well."""
    note = anchors("pystoned_ghg")["note"]
    table = pl.read_csv(shared("data", "oecd_ghg_abatement_2010_2015.csv"))
    table = table.rename({name: name.strip() for name in table.columns})
    columns = table.select(pl.col("HRSN", "CPNK", "VALK", "GHG").str.strip_chars().cast(pl.Float64)).to_numpy()
    data, ones = (columns[:, :2], columns[:, 2], columns[:, 3]), np.ones(len(columns))
    found = score(data, data, (0.0 * data[0], ones, sign * ones), "sum_z_one")
    expanding, contracting = note.split("Contracting")
    printed = [float(word) for word in re.findall(r"[0-9]+[.][0-9]+", expanding if sign < 0.0 else contracting)]
    if sign < 0.0:
        np.testing.assert_allclose(found.beta[:3], printed[-4:-1], rtol=1e-9)
    else:
        np.testing.assert_allclose(found.beta[0], printed[-2], rtol=1e-9)
    np.testing.assert_allclose(found.beta.mean(), printed[-1], rtol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_order_of_rows_changes_no_bit(form: Form) -> None:
    for data in (firms(300, 8), lattice(150, 9), firms(120, 10, 1.0, (2, 2, 2))):
        found = score(data, data, proportional(data), form)
        order = np.random.default_rng(0).permutation(len(data[0]))
        other = np.random.default_rng(1).permutation(len(data[0]))
        moved, shuffled = (tuple(part[rows] for part in data) for rows in (order, other))
        again = score(shuffled, moved, proportional(moved), form)  # type: ignore[arg-type]
        for name in ("beta", "low", "high", "status", "further"):
            assert np.array_equal(getattr(again, name), getattr(found, name)[order], equal_nan=True)


@pytest.mark.parametrize("form", FORMS)
def test_distance_shrinks_by_the_step_and_ends_at_zero(form: Form) -> None:
    data = firms(200, 11)
    whole = score(data, data, proportional(data), form).beta
    for share in (0.25, 1.0):
        moved = data[0], data[1] * (1.0 + share * whole[:, None]), data[2] * (1.0 - share * whole[:, None])
        rest = score(data, moved, proportional(data), form).beta
        np.testing.assert_allclose(rest, (1.0 - share) * whole, atol=BETA)


@pytest.mark.parametrize("form", FORMS)
def test_units_of_measurement_do_not_matter(form: Form) -> None:
    data = firms(200, 12)
    found = score(data, data, proportional(data), form)
    other = data[0] * [1e-6, 1e7], data[1] * 1e5, data[2] * 1e-3
    again = score(other, other, proportional(other), form)
    np.testing.assert_allclose(again.beta, found.beta, atol=BETA)
    np.testing.assert_allclose(again.high, found.high * 1e8, rtol=PRICE, atol=1e-3)


@pytest.mark.parametrize("form", FORMS)
def test_another_unit_never_lowers_inefficiency(form: Form) -> None:
    data = firms(300, 13)
    fewer = data[0][:150], data[1][:150], data[2][:150]
    small, large = (score(part, fewer, proportional(fewer), form).beta for part in (fewer, data))
    assert (large >= small - BETA).all() and (large > small + 1e-3).any()


@pytest.mark.parametrize("form", FORMS)
def test_prices_lie_between_one_sided_differences_of_the_frontier(form: Form) -> None:
    """Along the good alone beta is the room in the good; at the projection, with the bad moved a little."""
    data = firms(120, 14, 0.5)
    data = data[0] / data[0].mean(axis=0), data[1] / data[1].mean(), data[2] / data[2].mean()
    found = score(data, data, proportional(data), form)
    at = data[1] * (1.0 + found.beta[:, None]), data[2] * (1.0 - found.beta[:, None])
    up, step = (0.0 * data[0], np.ones_like(at[0]), 0.0 * at[1]), 1e-5 * at[1]
    right, left = (score(data, (data[0], at[0], at[1] + h), up, form) for h in (step, -step))
    priced = np.isfinite(found.low) & np.isfinite(found.high) & (right.status == SOLVED) & (left.status == SOLVED)
    assert priced.sum() > 60
    slack = 1e-4 * np.maximum(1.0, np.abs(found.high[priced]))
    assert (np.abs(right.beta / step[:, 0] - found.low)[priced] <= slack).all()
    assert (np.abs(-left.beta / step[:, 0] - found.high)[priced] <= slack).all()


def everywhere(form: Form, data: Data) -> Scores:
    found = score(data, data, proportional(data), form)
    assert np.isin(found.status, (SOLVED, INFEASIBLE, FAILED)).all()
    assert (np.isnan(found.beta) == (found.status != SOLVED)).all()
    return found


@pytest.mark.parametrize("form", FORMS)
def test_firms_that_are_all_equal(form: Form) -> None:
    same = np.full((12, 2), 3.0), np.full(12, 5.0), np.full(12, 7.0)
    found = everywhere(form, same)
    np.testing.assert_allclose(found.beta, 0.0, atol=BETA)
    alone = score((same[0][:1], same[1][:1], same[2][:1]), same, proportional(same), form)
    np.testing.assert_allclose(alone.beta, 0.0, atol=BETA)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("column", range(4))
def test_a_constant_column(form: Form, column: int) -> None:
    """With a constant bad under 1'z = 1 the distance is fixed by the bad alone, and optima that differ in the slack of
    the good are equal: no interval to compare."""
    table = np.column_stack(firms(60, 15))
    table[:, column] = 2.0
    data = table[:, :2], table[:, 2], table[:, 3]
    if column < 3:
        compare(data, data, proportional(data), form)
    else:
        fast, slow = (kernel(data, data, proportional(data), form) for kernel in (score, envelopment_lp.score))
        np.testing.assert_allclose(fast.beta, slow.beta, atol=BETA)


@pytest.mark.parametrize("form", FORMS)
def test_more_inputs_than_firms(form: Form) -> None:
    data = firms(4, 16, 1.0, (7, 1, 1))
    compare(data, data, proportional(data), form)


@pytest.mark.parametrize("form", FORMS)
def test_sizes_twelve_orders_apart(form: Form) -> None:
    """A firm a million times above and one a million times below all others."""
    data = firms(80, 17)
    for part in data:
        part[0] *= 1e6
        part[1] *= 1e-6
    found = everywhere(form, data)
    slow = envelopment_lp.score(data, data, proportional(data), form)
    np.testing.assert_allclose(found.beta, slow.beta, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_near_zero_and_a_bad_of_zero(form: Form) -> None:
    data = firms(80, 18)
    data[2][:3] *= 1e-6
    data[2][3] = 0.0
    found = everywhere(form, data)
    assert (found.status == SOLVED).all()
    slow = envelopment_lp.score(data, data, proportional(data), form)
    np.testing.assert_allclose(found.beta, slow.beta, atol=BETA)


@pytest.mark.parametrize("form", FORMS)
def test_a_direction_of_zeros_is_an_honest_failure(form: Form) -> None:
    data = firms(30, 19)
    gy = data[1].copy()
    gy[4] = 0.0
    found = score(data, data, (0.0 * data[0], gy, 0.0 * data[2]), form)
    assert found.status[4] == FAILED and np.isnan(found.beta[4])
    assert (np.delete(found.status, 4) == SOLVED).all()
