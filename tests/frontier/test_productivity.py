"""Productivity indices: printed and stored values, one scipy program per distance, identities, counts, refusals."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.optimize import linprog

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.indices import NAMES, Index, Luenberger, MalmquistLuenberger
from dualcarbon.frontier.productivity import ProductivityResult, productivity

PRINTED = 0.5e-4 + 1e-9
"""The Stata Journal prints four decimals."""
STORED = 0.6e-5
"""Six significant digits of numbers near one."""
EXACT = 1e-8
"""Two solvers, each within 1e-10 in rows and reduced costs, on differently scaled programs."""
HERE = Path(__file__).resolve().parent
PROVINCES = HERE.parents[1] / "../shared/data/deabook/provinces_2013_2015.dta"
PROPORTIONAL = Direction.proportional()
CONSTANT = Technology(["x"], "y", "b", returns="constant", disposability="weak")
VARIABLE = Technology(["x"], "y", "b")
FREE = Technology(["x"], "y", "b", returns="constant", disposability="bad_as_input")


def made(frame: pl.DataFrame) -> Panel:
    return Panel.from_frame(frame, id="f", time="t")


def firms(n: int = 14, periods: int = 3, seed: int = 0, trend: float = 0.05) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    f, t = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    x = np.exp(0.5 * draw.standard_normal(n * periods))
    r, u = 0.5 * draw.standard_normal(n * periods), 0.2 * np.abs(draw.standard_normal(n * periods))
    y = x * np.exp(0.2 * r - u + trend * t)
    return pl.DataFrame(
        {"f": f, "t": 2000 + t, "x": x, "y": y, "b": x * np.exp(r + u), "x2": x * np.exp(u), "s": r**2 + x}
    )


def numbers(result: ProductivityResult, *columns: str) -> np.ndarray:
    return result.table.select(columns or ("index", "efficiency_change", "technical_change")).to_numpy()


@pytest.mark.parametrize(
    ("index", "columns"),
    [
        (MalmquistLuenberger("global"), ("gml", "gml_efficiency", "gml_technical")),
        (
            Luenberger("global", nonradial=True, weights={"Y": 1.0, "CO2": 1.0}),
            ("luenberger", "luenberger_efficiency", "luenberger_technical"),
        ),
    ],
)
def test_the_printed_indices_of_the_stata_journal(index: Index, columns: tuple[str, ...]) -> None:
    """Wang, Du & Zhang (2022), Stata Journal 22(1), doi:10.1177/1536867X221083886: gtfpch K L = Y : CO2, global."""
    if not PROVINCES.exists():
        pytest.skip("the folder of real data is not beside the checkout")
    table = pd.read_stata(PROVINCES)
    frame = pl.DataFrame({name: table[name].tolist() for name in table.columns})
    panel = Panel.from_frame(frame, id="id", time="t")
    technology = Technology(["K", "L"], "Y", "CO2", returns="constant", disposability="weak")
    found = productivity(panel, technology, PROPORTIONAL, index)
    printed = pl.read_csv(HERE / "stata_journal_2022_productivity.csv")
    assert found.table.select("unit", "period").rows() == printed.select("province", "pair").rows()
    np.testing.assert_allclose(numbers(found), printed.select(columns).to_numpy(), rtol=0, atol=PRINTED)


def test_the_stored_example_of_dataenvelopmentanalysis_jl() -> None:
    """Documentation of DataEnvelopmentAnalysis.jl, malmluen: five units, bads freely disposable, constant returns."""
    y, b = [[7, 5, 1, 3, 4], [8, 5.5, 2, 2, 4]], [[2, 5, 3, 3, 2], [1, 3, 2, 4, 1]]
    frame = pl.DataFrame({"f": [*range(5)] * 2, "t": [1] * 5 + [2] * 5, "x": [1.0] * 10})
    panel = made(frame.with_columns(y=pl.Series(np.ravel(y)), b=pl.Series(np.ravel(b)).cast(pl.Float64)))
    stored = [
        [1.37024, 1.0, 1.37024],
        [1.1, 0.9625, 1.14286],
        [1.12598, 1.02717, 1.09619],
        [0.916246, 0.826389, 1.10873],
        [1.2792, 0.954545, 1.34012],
    ]
    found = productivity(panel, FREE, PROPORTIONAL)
    np.testing.assert_allclose(numbers(found), stored, rtol=0, atol=STORED)


def brute(reference: pl.DataFrame, one: dict[str, Any], technology: Technology, weights: np.ndarray | None) -> float:
    """The distance along (0, y, -b) by one program of its own, NaN if infeasible."""
    parts = (technology.inputs, technology.goods, technology.bads)
    X, Y, B = (reference.select(part).to_numpy() for part in parts)
    x, y, b = (np.array([one[name] for name in part]) for part in parts)
    if technology.returns == "variable":
        X, Y, B = np.vstack([X, X]), np.vstack([Y, 0 * Y]), np.vstack([B, 0 * B])
    n, q, r = len(X), len(y), len(b)
    steps = 1 if weights is None else q + r
    gy = -y[:, None] if weights is None else np.hstack([-np.diag(y), np.zeros((q, r))])
    gb = b[:, None] if weights is None else np.hstack([np.zeros((r, q)), np.diag(b)])
    upper, sides = [np.hstack([X.T, np.zeros((len(x), steps))]), np.hstack([-Y.T, -gy])], [x, -y]
    equal, held = [np.hstack([B.T, gb])], [b]
    if technology.disposability == "bad_as_input":
        upper, sides, equal, held = [*upper, *equal], [*sides, *held], [], []
    if technology.returns == "variable":
        equal, held = [*equal, np.append(np.ones(n), np.zeros(steps))[None]], [*held, np.ones(1)]
    cost = -(np.ones(1) if weights is None else weights)
    found = linprog(
        np.append(np.zeros(n), cost),
        A_ub=np.vstack(upper),
        b_ub=np.concatenate(sides),
        A_eq=np.vstack(equal) if equal else None,
        b_eq=np.concatenate(held) if held else None,
        bounds=[(0, None)] * n + [(None, None) if weights is None else (0, None)] * steps,
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return -float(found.fun) if found.status == 0 else float("nan")


def brute_row(frame: pl.DataFrame, technology: Technology, index: Index, unit: int, period: int) -> list[float]:
    """Index, efficiency and technical change from the definitions."""
    nonradial = isinstance(index, Luenberger) and index.nonradial
    q, r = len(technology.goods), len(technology.bads)
    weights = np.repeat([0.5 / q, 0.5 / r], [q, r]) if nonradial else None
    first, last = (
        frame.row(by_predicate=(pl.col("f") == unit) & (pl.col("t") == t), named=True) for t in (period, period + 1)
    )
    sets = {t: frame.filter(t=t) for t in (period, period + 1)}
    sets["biennial"] = frame.filter(pl.col("t").is_in((period, period + 1)))
    sets["global"] = frame
    d = {(k, o): brute(s, one, technology, weights) for k, s in sets.items() for o, one in enumerate((first, last))}
    if index.ratio:
        d = {key: np.log1p(value) for key, value in d.items()}
    efficiency = d[period, 0] - d[period + 1, 1]
    total = (
        d[index.base, 0] - d[index.base, 1]
        if index.base != "adjacent"
        else sum(d[t, 0] - d[t, 1] for t in (period, period + 1)) / 2
    )
    found = np.array([total, efficiency, total - efficiency])
    return (np.exp(found) if index.ratio else found).tolist()


@pytest.mark.parametrize("technology", [CONSTANT, VARIABLE, FREE], ids=["constant", "variable", "free"])
@pytest.mark.parametrize("name", NAMES)
def test_every_index_against_its_definition(technology: Technology, name: str) -> None:
    frame = firms(9, 3, seed=3)
    found = productivity(made(frame), technology, PROPORTIONAL, name)
    expected = [brute_row(frame, technology, NAMES[name], u, t) for u, t in found.table.select("unit", "period").rows()]
    np.testing.assert_allclose(numbers(found), expected, rtol=0, atol=EXACT)
    lost = np.isnan(np.array(expected)[:, 0])
    assert (found.table["status"] == "infeasible").to_list() == lost.tolist()


@pytest.mark.parametrize("name", ["malmquist_luenberger", "global_nonradial_luenberger"])
def test_several_goods_and_bads(name: str) -> None:
    frame = firms(10, 2, seed=5).rename({"s": "b2", "x2": "y2"})
    technology = Technology(["x"], ["y", "y2"], ["b", "b2"])
    panel = made(frame)
    found = productivity(panel, technology, PROPORTIONAL, name)
    expected = [brute_row(frame, technology, NAMES[name], u, t) for u, t in found.table.select("unit", "period").rows()]
    np.testing.assert_allclose(numbers(found), expected, rtol=0, atol=EXACT)


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_make_the_index(name: str) -> None:
    found = productivity(made(firms()), VARIABLE, PROPORTIONAL, name)
    index, efficiency, technical = numbers(found).T
    ok = (found.table["status"] == "ok").to_numpy()
    assert ok.any()
    whole = efficiency * technical if NAMES[name].ratio else efficiency + technical
    np.testing.assert_allclose(index[ok], whole[ok], rtol=1e-12, atol=1e-12)
    assert np.isnan(index[~ok]).all()
    assert np.isfinite(efficiency[~ok]).all()  # infeasible across periods only


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_between_equal_periods(name: str) -> None:
    once = firms(12, 1)
    panel = made(pl.concat([once, once.with_columns(t=pl.col("t") + 1)]))
    found = productivity(panel, VARIABLE, PROPORTIONAL, name)
    assert found.table["status"].unique().to_list() == ["ok"]
    np.testing.assert_allclose(numbers(found), 1.0 if NAMES[name].ratio else 0.0, rtol=0, atol=EXACT)


@pytest.mark.parametrize("technology", [CONSTANT, VARIABLE])
@pytest.mark.parametrize("base", ["adjacent", "biennial", "global"])
def test_a_uniform_rise_of_output_is_technical_change_of_that_size(technology: Technology, base: Any) -> None:
    once = firms(12, 1)
    panel = made(pl.concat([once, once.with_columns(pl.col("y") * 1.25, t=pl.col("t") + 1)]))
    good_only = Direction(0.0, 1.0, 0.0, observed=True)
    ratio = productivity(panel, technology, good_only, MalmquistLuenberger(base))
    np.testing.assert_allclose(numbers(ratio), np.tile([1.25, 1.0, 1.25], (12, 1)), rtol=0, atol=EXACT)
    fixed = Direction.custom({"y": 0.5})
    difference = productivity(panel, technology, fixed, Luenberger(base))
    rise = 0.25 * once["y"].to_numpy() / 0.5
    np.testing.assert_allclose(numbers(difference, "index"), rise[:, None], rtol=0, atol=EXACT)


def test_less_of_every_input_and_bad_is_technical_change_of_that_size_under_constant_returns() -> None:
    once = firms(12, 1)
    later = once.with_columns(pl.col("x") / 1.25, pl.col("b") / 1.25, t=pl.col("t") + 1)
    found = productivity(made(pl.concat([once, later])), CONSTANT, Direction(0.0, 1.0, 0.0, observed=True))
    np.testing.assert_allclose(numbers(found), np.tile([1.25, 1.0, 1.25], (12, 1)), rtol=0, atol=EXACT)


def test_the_global_index_is_circular() -> None:
    frame = firms(12, 3)
    whole = productivity(made(frame), CONSTANT, PROPORTIONAL, "global_malmquist_luenberger")
    chained = whole.table.group_by("unit").agg(pl.col("index").product()).sort("unit")["index"].to_numpy()
    first, last = (whole.table.filter(period=t).sort("unit") for t in (2000, 2001))
    direct = (1 + first["distance_other"].to_numpy()) / (1 + last["distance_next_other"].to_numpy())
    np.testing.assert_allclose(chained, direct, rtol=1e-12)


def test_the_summary_averages_what_is_ok_and_counts_the_rest() -> None:
    found = productivity(made(firms(30, 4, trend=0.3)), VARIABLE, PROPORTIONAL)
    summary = found.summary()
    assert summary["period"].to_list() == [2000, 2001, 2002]
    assert summary["infeasible"].sum() == found.totals()["infeasible"] > 0
    assert summary["pairs"].sum() == found.table.height == 90
    for period, _, index, *_ in summary.rows():
        ok = found.table.filter(period=period, status="ok")["index"].to_numpy()
        assert index == pytest.approx(float(np.exp(np.log(ok).mean())), rel=1e-12)
    difference = productivity(made(firms(30, 4)), VARIABLE, PROPORTIONAL, "global_luenberger")
    assert difference.summary()["index"][0] == pytest.approx(
        difference.table.filter(period=2000)["index"].mean(), rel=1e-12
    )
    assert "infeasible" in repr(found)
    assert any("infeasible" in text.en for text in found.warnings)
    assert not difference.warnings


def test_every_row_and_gap_of_an_unbalanced_panel_is_counted() -> None:
    frame = firms(20, 4).with_columns(g=pl.when(pl.col("f") < 10).then(pl.lit("a")).otherwise(pl.lit("b")))
    frame = frame.filter(~((pl.col("f") == 0) & (pl.col("t") == 2001)))  # a gap
    frame = frame.filter(~((pl.col("f") == 11) & (pl.col("t") >= 2002)))  # leaves
    frame = frame.with_columns(
        g=pl.when((pl.col("f") == 12) & (pl.col("t") == 2003)).then(pl.lit("a")).otherwise("g"),
        b=pl.when((pl.col("f") == 13) & (pl.col("t") == 2000)).then(0.0).otherwise("b"),
        y=pl.when((pl.col("f") == 14) & (pl.col("t") == 2000)).then(None).otherwise("y"),
    )
    technology = Technology(["x"], "y", "b", group_by=["g"])
    found = productivity(made(frame), technology, PROPORTIONAL, "global_luenberger")
    totals = found.totals()
    assert (found.gaps, totals["moved"], totals["no_bad"], totals["missing"]) == (1, 1, 1, 1)
    assert (totals["only_now"], totals["only_next"]) == (2, 1)
    assert totals["pairs"] == 60 - 2 - 2 == found.table.height
    assert (
        sum(totals[s] for s in ("ok", "infeasible", "failed", "refused", "undefined", "no_bad", "missing", "moved"))
        == 56
    )
    assert found.diagnostics.columns[:3] == ["g", "period", "next_period"]
    assert found.diagnostics.height == 6
    assert {text.zh for text in found.warnings} != {text.en for text in found.warnings}
    assert len(found.warnings) == 2
    unmeasured = found.table.filter(pl.col("status").is_in(("moved", "no_bad", "missing")))
    assert unmeasured["index"].is_nan().all()


def test_a_group_does_not_see_the_others() -> None:
    frame = firms(20, 3).with_columns(g=pl.col("f") % 2)
    grouped = productivity(made(frame), Technology(["x"], "y", "b", group_by=["g"]), PROPORTIONAL)
    alone = productivity(made(frame.filter(g=1)), VARIABLE, PROPORTIONAL)
    odd = grouped.table.filter(pl.col("unit") % 2 == 1)
    assert odd.equals(alone.table)


@pytest.mark.parametrize("reference", ["contemporaneous", "sequential", "window"])
def test_the_frontier_of_a_period_may_remember(reference: Any) -> None:
    frame = firms(10, 4)
    technology = Technology(["x"], "y", "b", returns="constant", disposability="weak", reference=reference, window=2)
    found = productivity(made(frame), technology, PROPORTIONAL, "global_luenberger")
    first = {"contemporaneous": 2002, "sequential": 2000, "window": 2001}[reference]
    seen = frame.filter(pl.col("t").is_between(first, 2002))
    for unit, distance in found.table.filter(period=2002).select("unit", "distance").rows():
        one = frame.row(by_predicate=(pl.col("f") == unit) & (pl.col("t") == 2002), named=True)
        assert distance == pytest.approx(brute(seen, one, CONSTANT, None), abs=EXACT)


def test_a_constant_direction_is_the_same_step_in_every_period() -> None:
    frame = firms(10, 3)
    means = frame.select(pl.col("y").mean(), pl.col("b").mean()).row(0, named=True)
    found = productivity(made(frame), VARIABLE, Direction.unit(), "luenberger")
    spelled = productivity(made(frame), VARIABLE, Direction.custom(means), "luenberger")
    np.testing.assert_allclose(numbers(found), numbers(spelled), rtol=0, atol=EXACT)


def test_units_of_measurement_do_not_matter() -> None:
    frame = firms(12, 3)
    other = frame.with_columns(pl.col("x") * 1e6, pl.col("y") / 1e4, pl.col("b") * 1e3)
    for name in ("malmquist_luenberger", "global_nonradial_luenberger"):
        first, last = (productivity(made(f), VARIABLE, PROPORTIONAL, name) for f in (frame, other))
        np.testing.assert_allclose(numbers(last), numbers(first), rtol=0, atol=EXACT)


def test_workers_and_the_order_of_rows_do_not_change_a_bit() -> None:
    frame = firms(40, 3)
    one = productivity(made(frame), VARIABLE, PROPORTIONAL)
    many = productivity(
        made(frame.sample(fraction=1.0, shuffle=True, seed=1)), VARIABLE, PROPORTIONAL, engine=Threads(3)
    )
    assert one.table.equals(many.table)


def test_frontiers_of_too_few_rows_are_refused() -> None:
    few = productivity(made(firms(2, 2)), VARIABLE, PROPORTIONAL)
    assert few.table["status"].to_list() == ["refused"] * 2
    assert few.totals()["refused"] == 2
    assert few.table["index"].is_nan().all()


def test_a_pair_with_a_frontier_of_too_few_rows_is_refused_though_another_has_no_answer() -> None:
    """An infeasible pair has an efficiency change; this one has no frontier in its first period."""
    frame = pl.DataFrame(
        {
            "f": [0, 0, 1, 1, 2, 3],
            "t": [1, 2, 1, 2, 2, 2],
            "x": [1.0, 4.0, 2.0, 3.0, 4.0, 5.0],
            "y": [1.0, 2.0, 2.0, 3.0, 3.0, 4.0],
            "b": [1.0, 2.0, 2.0, 2.0, 3.0, 4.0],
        }
    )
    found = productivity(made(frame), VARIABLE, PROPORTIONAL, "luenberger").table
    assert found["status"].to_list() == ["refused", "refused"]
    assert found["efficiency_change"].is_nan().all()


def test_a_factor_that_is_not_positive_is_undefined() -> None:
    """In period 0 y <= b <= x; then x = 1000, y = 90, b = 1: 90 + 0.9 beta <= 1 - beta at beta = -89 / 1.9."""
    frame = pl.DataFrame(
        {"f": [0, 0, 1, 1, 2, 2], "t": [0, 1] * 3, "x": [1.0, 1000.0, 1.0, 1.0, 1.0, 1.0], "b": [1.0] * 6}
    )
    panel = made(frame.with_columns(y=pl.Series([1.0, 90.0, 1.0, 1.0, 1.0, 1.0])))
    found = productivity(panel, CONSTANT, Direction(0.0, 0.01, 1.0, observed=True))
    assert found.table["status"].to_list() == ["undefined", "ok", "ok"]
    assert found.table["distance_next_other"][0] == pytest.approx(-89 / 1.9, rel=EXACT)
    assert np.isnan(found.table["index"][0])


@pytest.mark.parametrize(
    ("index", "technology", "direction"),
    [
        ("malmquist", VARIABLE, PROPORTIONAL),
        ("malmquist_luenberger", VARIABLE, Direction.unit()),
        ("malmquist_luenberger", VARIABLE, Direction.bad_only()),
        ("malmquist_luenberger", Technology(["x"], "y", "b", reference="global"), PROPORTIONAL),
        ("malmquist_luenberger", Technology(["x"], "y", "b", returns="bic"), PROPORTIONAL),
        (Luenberger(nonradial=True, weights={"z": 1.0}), VARIABLE, PROPORTIONAL),
    ],
)
def test_what_cannot_be_measured_is_an_error_in_both_languages(
    index: Any, technology: Technology, direction: Direction
) -> None:
    with pytest.raises(ConfigError) as error:
        productivity(made(firms(5, 2)), technology, direction, index)
    assert error.value.say("zh") != error.value.say("en")


def test_one_period_is_an_error() -> None:
    with pytest.raises(DataError, match="two periods"):
        productivity(made(firms(5, 1)), VARIABLE, PROPORTIONAL)


def test_indices_are_checked_when_they_are_made() -> None:
    with pytest.raises(ConfigError, match="adjacent"):
        MalmquistLuenberger("sequential")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="nonradial"):
        Luenberger(weights={"y": 1.0})
    assert {index.label.zh for index in NAMES.values()}.isdisjoint(index.label.en for index in NAMES.values())
    assert len({index.label.en for index in NAMES.values()}) == len(NAMES)


def test_the_result_is_frozen_and_the_door_is_open() -> None:
    found = frontier.productivity(made(firms(5, 2)), VARIABLE, PROPORTIONAL, frontier.MalmquistLuenberger("global"))
    with pytest.raises(FrozenInstanceError):
        found.gaps = 1  # type: ignore[misc]
