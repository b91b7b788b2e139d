"""The envelopment model: published tables through the room, statuses, choices, evidence, refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Disposability, Technology
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.envelopment import MODEL, EnvelopmentModel

SCORE = 1e-9
"""HiGHS works to 1e-10 in rows and reduced costs."""
SHARED = Path(__file__).resolve().parents[2] / "../shared"
RAW = EnvelopmentModel(screen=False, level_shift=False)
PROPORTIONAL = Direction.proportional()
TECHNOLOGY = Technology(("labour", "capital"), "output", "co2")


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData
    mac: np.ndarray


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    return path


def anchors(name: str) -> dict[str, Any]:
    return json.loads(shared("anchors", "frontier.json").read_text(encoding="utf-8"))[name]


def polars(frame: pd.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({str(name): column.tolist() for name, column in frame.items()})


def by_hand(n: int = 4) -> GroupData:
    """x = 1 throughout: a frontier through (y, b) = (0.5, 0.25), (1, 1), (1.1, 2), and an interior unit."""
    y, b = np.array([0.5, 1.0, 1.1, 0.6])[:n], np.array([0.25, 1.0, 2.0, 1.0])[:n]
    return GroupData(np.ones((n, 1)), y * 7e3, b * 2.0, np.arange(n), np.zeros(n, dtype=np.int64))


def solve(
    data: GroupData,
    model: EnvelopmentModel = RAW,
    technology: Technology = TECHNOLOGY,
    direction: Direction = PROPORTIONAL,
) -> GroupFit:
    return model.solve(data, technology, direction)


def test_published_provinces_by_year() -> None:
    """Stata Journal 22(1), 2022: 90 scores per-year, at the 4 decimals printed."""
    printed = anchors("stata_journal_2022_provinces")
    frame = polars(pd.read_stata(shared("data", "deabook", "provinces_2013_2015.dta")))
    panel = Panel.from_frame(frame, id="id", time="t", schema="province")
    technology = Technology(("K", "L"), "Y", "CO2", returns="constant", disposability="weak")
    found = frontier.fit(panel, technology, Direction.all_proportional(), "envelopment")
    assert found.diagnostics.height == 3 and found.table.height == 90
    for unit, t, beta in found.table.select("id", "t", "inefficiency").rows():
        assert f"{beta:.4f}" == f"{printed['radial_ddf'][f'{unit} {2012 + int(t)}'][0]:.4f}"
    anhui = frontier.fit(panel, technology, Direction.proportional(), "envelopment").table.filter(
        pl.col("id") == "Anhui"
    )
    assert anhui["inefficiency"].round(4).to_list() == printed["direction_0_0_Y_CO2"]["Anhui 2013-2015"]


@pytest.mark.parametrize(
    ("table", "returns", "disposability"),
    [("crs", "constant", "weak"), ("vrs_shephard", "variable", "shephard"), ("vrs_kuosmanen", "variable", "kuosmanen")],
)
def test_published_oecd_pooled(table: str, returns: Any, disposability: Disposability) -> None:
    """deabook 0.0.10, tables 6.8-6.10: 132 scores at the digits printed."""
    printed = anchors("deabook_oecd_2016_2019")[table]
    frame = polars(pd.read_excel(shared("data", "deabook", "oecd_2011_2019.xlsx")).query("year > 2015"))
    panel = Panel.from_frame(frame, id="国家", time="year", schema="province")
    technology = Technology(("K", "L", "E"), "Y", "CO2", returns, disposability, reference="global")
    found = frontier.fit(panel, technology, Direction.proportional(), "envelopment")
    for country, year, beta in found.table.select("国家", "year", "inefficiency").rows():
        number = repr(printed[country][year - 2016])
        assert abs(1.0 - beta - float(number)) <= 0.5 * 10.0 ** -len(number.split(".")[1]) * (1.0 + 1e-6)


def test_published_toy_of_five_units() -> None:
    """DataEnvelopmentAnalysis.jl: with CO2 as an equality the second of five units is efficient; few rows are said."""
    toy = anchors("bad_as_input_toy")
    frame = pl.DataFrame({"unit": range(5), "year": [2015] * 5, **{name: toy[name] for name in ("x", "y", "b")}})
    technology = Technology(("x",), "y", "b", returns="constant", disposability="weak")
    panel = Panel.from_frame(frame, id="unit", time="year")
    found = frontier.fit(panel, technology, Direction.proportional(), "envelopment")
    np.testing.assert_allclose(found.table["inefficiency"], [0.0, 0.0, *toy["beta"][2:]], atol=5e-9)
    assert found.diagnostics["status"].to_list() == ["weakly_identified"]
    assert "5 observations" in found.diagnostics["why_en"][0]
    free = Technology(("x",), "y", "b", returns="constant", disposability="bad_as_input")
    found = frontier.fit(panel, free, Direction.proportional(), "envelopment")
    np.testing.assert_allclose(found.table["inefficiency"], toy["beta"], atol=5e-9)


def test_published_greenhouse_gas_abatement() -> None:
    """pyStoNED: its constant direction of one unit of each output, contracting; sum z = 1 over 168 observations."""
    printed = [
        float(word) for word in re.findall(r"[0-9]+[.][0-9]+", anchors("pystoned_ghg")["note"].split("first ")[-1])
    ]
    table = pl.read_csv(shared("data", "oecd_ghg_abatement_2010_2015.csv"))
    table = table.rename({name: name.strip() for name in table.columns})
    table = table.with_columns(pl.col("HRSN", "CPNK", "VALK", "GHG").str.strip_chars().cast(pl.Float64))
    direction = Direction(0.0, 1.0 / table["VALK"].mean(), 1.0 / table["GHG"].mean(), observed=False)  # type: ignore[operator]
    technology = Technology(("HRSN", "CPNK"), "VALK", "GHG", disposability="sum_z_one", reference="global")
    found = frontier.fit(Panel.from_frame(table, id="Country", time="Year"), technology, direction, "envelopment")
    theta = found.table["inefficiency"].to_numpy()
    np.testing.assert_allclose([theta[0], theta.mean()], printed, atol=5e-9)
    panel, custom = Panel.from_frame(table, id="Country", time="Year"), Direction.custom({"VALK": 1.0, "GHG": 1.0})
    again = frontier.fit(panel, technology, custom, "envelopment").table["inefficiency"].to_numpy()
    np.testing.assert_allclose([again[0], again.mean()], printed, atol=5e-9)


def test_prices_and_statuses_by_hand() -> None:
    found, rate = solve(by_hand()), 7e3 / 2.0
    assert found.status.tolist() == [CODE["kink"], CODE["kink"], CODE["edge"], CODE["ok"]]
    np.testing.assert_allclose(found.mac_low[[0, 1, 3]], np.array([2 / 3, 0.1, 2 / 3]) * rate, rtol=SCORE)
    np.testing.assert_allclose(found.mac_high, np.array([2.0, 2 / 3, 0.1, 2 / 3]) * rate, rtol=SCORE)
    assert found.mac_low[2] == -np.inf
    np.testing.assert_allclose(
        found.mac, np.array([np.sqrt(4 / 3), np.sqrt(0.2 / 3), np.nan, 2 / 3]) * rate, rtol=SCORE
    )
    np.testing.assert_allclose(found.inefficiency, [0.0, 0.0, 0.0, (1.0 - 0.6) / (0.6 + 2 / 3)], atol=SCORE)
    assert np.array_equal(found.abatement_room, found.inefficiency)


def test_a_kink_at_the_top_is_priced_by_its_left_side() -> None:
    """(y, b) = (1, 1) then (0.9, 2): more CO2 costs output, less CO2 costs output."""
    data = GroupData(np.ones((2, 1)), np.array([1.0, 0.9]), np.array([1.0, 2.0]), np.arange(2), np.zeros(2, np.int64))
    found = solve(data)
    assert found.status[0] == CODE["kink"]
    assert (found.mac_low[0], found.mac_high[0], found.mac[0]) == pytest.approx((-0.1, 1.0, 1.0))


def test_negative_prices_on_a_falling_frontier() -> None:
    """The projection of (0.5, 1.8) along (0, 1, 0) falls on the segment from (1, 1) to (0.9, 2)."""
    y, b = np.array([1.0, 0.9, 0.5]), np.array([1.0, 2.0, 1.8])
    data = GroupData(np.ones((3, 1)), y, b, np.arange(3), np.zeros(3, dtype=np.int64))
    found = solve(data, direction=Direction(0.0, 1.0, 0.0, observed=True))
    assert found.status[2] == CODE["negative"] and found.mac[2] == pytest.approx(-0.1)
    assert found.abatement_room[2] == 0.0


def test_zero_and_infinite_prices() -> None:
    """Flat between (1, 1) and (1, 2); along (0, 0, b) a dominated unit lands where the good has no price."""
    y, b = np.array([1.0, 1.0, 0.5]), np.array([1.0, 2.0, 1.5])
    data = GroupData(np.ones((3, 1)), y, b, np.arange(3), np.zeros(3, dtype=np.int64))
    flat = solve(data, direction=Direction(0.0, 1.0, 0.0, observed=True))
    assert flat.status[2] == CODE["zero"] and flat.mac[2] == 0.0
    y, b = np.array([1.0, 1.5, 0.5]), np.array([1.0, 2.0, 1.8])
    step = GroupData(np.ones((3, 1)), y, b, np.arange(3), np.zeros(3, dtype=np.int64))
    upright = Technology(("labour",), "output", "co2", disposability="sum_z_one")
    worse = solve(step, technology=upright, direction=Direction.bad_only())
    assert worse.inefficiency[2] == pytest.approx(0.8 / 1.8)
    assert worse.status[2] == CODE["infinite"]
    assert np.isnan(worse.mac[2]) and worse.mac_low[2] == worse.mac_high[2] == np.inf


def test_own_direction_and_constant_direction() -> None:
    """beta of (0, 1, 1) in means times the means is the same step as any other length of that direction."""
    data = by_hand()
    means = solve(data, direction=Direction.unit())
    longer = solve(data, direction=Direction(0.0, 2.0, 2.0, observed=False))
    np.testing.assert_allclose(longer.inefficiency, means.inefficiency / 2.0, atol=SCORE)
    np.testing.assert_allclose(longer.abatement_room, means.abatement_room, atol=SCORE)
    np.testing.assert_allclose(means.abatement_room, means.inefficiency * data.b.mean() / data.b, atol=SCORE)


def test_inputs_move_in_a_constant_direction() -> None:
    data = replace(by_hand(), x=np.array([[1.0], [2.0], [3.0], [4.0]]))
    found = solve(data, direction=Direction(1.0, 0.0, 0.0, observed=False))
    assert found.inefficiency[3] > 0.1
    projected = replace(data, x=data.x - found.inefficiency[:, None] * data.x.mean())
    joined = GroupData(
        np.vstack([data.x, projected.x]), np.tile(data.y, 2), np.tile(data.b, 2), np.arange(8), np.zeros(8, np.int64)
    )
    again = solve(joined, direction=Direction(1.0, 0.0, 0.0, observed=False))
    np.testing.assert_allclose(again.inefficiency[4:], 0.0, atol=SCORE)


def test_units_of_measurement_do_not_matter(industry: Callable[..., Industry]) -> None:
    data = industry(n=180, seed=0).data
    found = solve(data)
    other = solve(replace(data, x=data.x * [1e-4, 1e5], y=data.y * 1e3, b=data.b * 1e-3))
    np.testing.assert_allclose(other.inefficiency, found.inefficiency, atol=SCORE)
    np.testing.assert_allclose(other.mac, found.mac * 1e6, rtol=1e-7)
    assert np.array_equal(other.status, found.status)


def test_rows_without_co2_leave_the_reference_set(industry: Callable[..., Industry]) -> None:
    data = industry(n=180, seed=1).data
    bad = data.b.copy()
    bad[::30] = 0.0
    kept = bad > 0.0
    found = solve(replace(data, b=bad))
    assert (found.status[~kept] == CODE["no_bad"]).all() and np.isnan(found.inefficiency[~kept]).all()
    alone = solve(GroupData(data.x[kept], data.y[kept], bad[kept], data.unit[kept], data.time[kept]))
    np.testing.assert_allclose(found.inefficiency[kept], alone.inefficiency, atol=SCORE)
    assert found.facts["n_no_bad"] == np.count_nonzero(~kept)


def test_outliers_are_screened_and_the_shift_is_reported(industry: Callable[..., Industry]) -> None:
    data = industry(n=270, seed=2).data
    good = data.y.copy()
    good[:3] *= 30.0
    screened = solve(replace(data, y=good), MODEL)
    assert (screened.status[:3] == CODE["outlier"]).all() and np.isnan(screened.inefficiency[:3]).all()
    raw = solve(replace(data, y=good), EnvelopmentModel(screen=False))
    assert raw.facts["n_screened"] == 0 and raw.facts["n_fit"] == 270
    for key in ("mac_screened", "mac_untreated"):
        assert raw.facts[key] == pytest.approx(screened.facts[key], rel=1e-7)
    small = MODEL.solve(_head(replace(data, y=good), 170), TECHNOLOGY, PROPORTIONAL)
    assert small.facts["n_screened"] == 0 and "with the screen" in small.why.en
    silent = solve(replace(data, y=good), RAW)
    assert np.isnan(silent.facts["mac_screened"]) and "with the screen" not in silent.why.en


def _head(data: GroupData, n: int) -> GroupData:
    return GroupData(data.x[:n], data.y[:n], data.b[:n], data.unit[:n], data.time[:n])


def test_a_frontier_far_from_its_firms_is_refused(industry: Callable[..., Industry]) -> None:
    data = industry(n=180, seed=3).data
    good = data.y.copy()
    good[np.argsort(data.x.sum(axis=1))[:9]] *= 1e6
    found = solve(replace(data, y=good))
    assert found.verdict == "trivial" and "aggregate abatement room" in found.why.en
    assert (found.status == CODE["refused"]).all() and np.isnan(found.mac).all()


def test_prices_of_clean_firms_are_near_the_truth(industry: Callable[..., Industry]) -> None:
    """Median error .21 in the race of estimators at 3,000 rows; a piecewise linear frontier is rougher at 900."""
    simulated = industry(n=900, seed=4)
    found = solve(simulated.data)
    ok = found.status == CODE["ok"]
    assert ok.mean() > 0.5
    assert np.median(np.abs(np.log(found.mac[ok] / simulated.mac[ok]))) < 0.3


def test_large_reference_sets_are_refused_with_the_number(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=5).data
    with pytest.raises(ConfigError, match="90") as raised:
        solve(data, EnvelopmentModel(largest=50))
    assert "translog_ml" in raised.value.say("en") and "至多 50" in raised.value.say("zh")


def several(n: int, seed: int) -> GroupData:
    draw = np.random.default_rng(seed)
    base = np.exp(draw.normal(size=(n, 1)))
    x, y, b = (base * np.exp(0.3 * draw.normal(size=(n, 2))) for _ in range(3))
    return GroupData(x, y[:, 0], b[:, 0], np.arange(n), np.zeros(n, np.int64), y[:, 1:], b[:, 1:])


def test_several_goods_and_bads() -> None:
    """The price of the second bad is the price it has when it stands first."""
    data = several(240, 6)
    technology = Technology(("labour", "capital"), ("output", "heat"), ("co2", "so2"))
    found = solve(data, technology=technology)
    assert set(found.columns) == {"mac_so2"} and MODEL.least(technology) == 6
    assert data.more_bads is not None
    turned = replace(data, b=data.more_bads[:, 0].copy(), more_bads=data.b[:, None])
    other = solve(turned, technology=Technology(("labour", "capital"), ("output", "heat"), ("so2", "co2")))
    np.testing.assert_allclose(other.inefficiency, found.inefficiency, atol=1e-8)
    one = (found.status == CODE["ok"]) & (other.status == CODE["ok"])
    assert one.sum() > 60
    np.testing.assert_allclose(found.columns["mac_so2"][one], other.mac[one], rtol=1e-6)
    np.testing.assert_allclose(other.columns["mac_co2"][one], found.mac[one], rtol=1e-6)


def test_own_steps_are_a_direction_like_any_other() -> None:
    data = several(150, 7)
    whole = np.column_stack([0.0 * data.x, data.goods, data.bads])
    technology = Technology(("labour", "capital"), ("output", "heat"), ("co2", "so2"))
    custom = Direction.custom({"output": "o", "heat": "h", "co2": "c", "so2": "s"})
    found = solve(replace(data, steps=whole), technology=technology, direction=custom)
    usual = solve(data, technology=technology)
    assert np.array_equal(found.inefficiency, usual.inefficiency) and np.array_equal(found.mac_low, usual.mac_low)


@pytest.mark.parametrize("disposability", ["kuosmanen", "bad_as_input"])
def test_reference_sets_are_nested(disposability: Disposability, industry: Callable[..., Industry]) -> None:
    """A frontier of more periods lies nowhere below one of fewer; the first period's sequential frontier is its own."""
    data = industry(n=900, seed=8).data
    frame = pl.DataFrame({"firm": data.unit, "year": data.time, "labour": data.x[:, 0], "capital": data.x[:, 1]})
    panel = Panel.from_frame(frame.with_columns(output=data.y, co2=data.b), id="firm", time="year")
    beta = {}
    for reference in ("contemporaneous", "sequential", "window", "biennial", "global"):
        technology = Technology(
            ("labour", "capital"),
            "output",
            "co2",
            disposability=disposability,
            reference=reference,  # type: ignore[arg-type]
        )
        beta[reference] = frontier.fit(panel, technology, PROPORTIONAL, RAW).table["inefficiency"].to_numpy()
        assert np.isfinite(beta[reference]).all()
    for fewer, more in (
        ("contemporaneous", "window"),
        ("window", "sequential"),
        ("sequential", "global"),
        ("contemporaneous", "biennial"),
        ("biennial", "global"),
    ):
        assert (beta[more] >= beta[fewer] - SCORE).all() and (beta[more] > beta[fewer] + 1e-3).any()
    first = panel.codes("year") == 0
    np.testing.assert_allclose(beta["sequential"][first], beta["contemporaneous"][first], atol=SCORE)


def test_the_level_shift_looks_at_few_rows_spread_over_co2(industry: Callable[..., Industry]) -> None:
    data = industry(n=1_800, seed=9).data
    good = data.y.copy()
    good[:9] *= 30.0
    facts = solve(replace(data, y=good), MODEL).facts
    order = np.random.default_rng(0).permutation(1_800)
    moved = GroupData(data.x[order], good[order], data.b[order], data.unit[order], data.time[order])
    again = solve(moved, MODEL).facts
    assert facts["mac_screened"] == again["mac_screened"] and facts["mac_untreated"] == again["mac_untreated"]
    assert float(facts["mac_untreated"]) > 0.0 and facts["mac_untreated"] != facts["mac_screened"]  # type: ignore[arg-type]


def test_what_is_not_supported_is_said() -> None:
    def technology(returns: Any, disposability: Any) -> Technology:
        return Technology(("labour",), "y", "b", returns, disposability)

    for returns, disposability in (("bic", "kuosmanen"), ("variable", "weak"), ("constant", "sum_z_one")):
        with pytest.raises(ConfigError):
            MODEL.check(technology(returns, disposability), PROPORTIONAL)
    with pytest.raises(ConfigError):
        MODEL.check(technology("variable", "shephard"), Direction.all_proportional())
    with pytest.raises(ConfigError):
        MODEL.check(TECHNOLOGY, Direction(0.0, 0.0, 0.0, observed=True))
    with pytest.raises(ConfigError):
        MODEL.check(TECHNOLOGY, Direction(0.0, 1.0, -1.0, observed=True))
    for returns, disposability in (
        ("variable", "kuosmanen"),
        ("constant", "kuosmanen"),
        ("constant", "weak"),
        ("variable", "shephard"),
        ("variable", "sum_z_one"),
    ):
        MODEL.check(technology(returns, disposability), PROPORTIONAL)
    for returns in ("variable", "constant"):
        MODEL.check(technology(returns, "bad_as_input"), PROPORTIONAL)
    assert MODEL.least(TECHNOLOGY) == 4
    shephard = technology("variable", "shephard")
    MODEL.check(shephard, Direction.custom({"y": 1.0, "labour": 0.0}))
    for steps in ({"labour": 1.0, "y": 1.0}, {"labour": "l"}):
        with pytest.raises(ConfigError):
            MODEL.check(shephard, Direction.custom(steps))
    with pytest.raises(ConfigError):
        MODEL.check(TECHNOLOGY, Direction.custom({"y": 0.0}))
