"""Data centres by hand in one line, check points with their distance, bounds of PUE and utilisation, trends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.exhibit import Lines
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import (
    Fleet,
    Scenario,
    Sites,
    break_even_efficiency,
    break_even_path,
    check_points,
    data_centres,
    scenario,
    trend,
    trends,
)
from dualcarbon.footprint.fleet import power_w

EXACT = 1e-12  # products and powers of a few doubles

GIVEN = {2020: "given", 2030: "given"}


def fleet(**changed: object) -> Fleet:
    whole = {
        "units_million": {2020: 1.0, 2030: 4.0},
        "peak_w": {2020: 400.0, 2030: 600.0},
        "idle_share": {2020: 0.5, 2030: 0.3},
        "utilisation": {2020: 0.2, 2030: 0.6},
    }
    return Fleet("server", Text("服务器", "Servers"), **{**whole, **changed}, statuses=GIVEN)  # type: ignore[arg-type]


def sites(**changed: object) -> Sites:
    whole = {"pue": {2020: 1.6, 2030: 1.2}, "other_share": {2020: 0.2, 2030: 0.1}}
    return Sites(**{**whole, **changed}, statuses=GIVEN)  # type: ignore[arg-type]


def own(**changed: object) -> Scenario:
    return Scenario("own", Text("自设", "Own"), (fleet(**changed),), sites())


def test_one_year_by_hand() -> None:
    found = data_centres(own(), [2020, 2025, 2030])
    by_hand = {
        2020: (1.0, 400 * (0.5 + 0.5 * 0.2), 1.2, 1.6),
        2025: (2.0, 500 * (0.4 + 0.6 * 0.4), 1.15, 1.4),
        2030: (4.0, 600 * (0.3 + 0.7 * 0.6), 1.1, 1.2),
    }
    for year, (units, watts, other, pue) in by_hand.items():
        assert found.power_twh[year] == pytest.approx(units * 1e6 * watts * 8760 / 1e12 * other * pue, rel=EXACT)
    assert found.by_year["co2_mt"].null_count() == 3 and found.checks.is_empty()


def test_two_kinds_add() -> None:
    both_kinds = replace(own(), fleets=(fleet(), replace(fleet(), kind="accelerator")))
    np.testing.assert_allclose(
        data_centres(both_kinds).by_year["power_twh"], 2 * data_centres(own()).by_year["power_twh"], rtol=EXACT
    )


def test_the_concave_curve_meets_the_linear_one_at_both_ends() -> None:
    for load in (0.0, 1.0):
        assert power_w(400.0, 0.4, load, "concave") == pytest.approx(float(power_w(400.0, 0.4, load)), rel=EXACT)
    assert power_w(400.0, 0.4, 0.3, "concave") == pytest.approx(400 * (0.4 + 0.6 * (0.6 - 0.3**1.4)), rel=EXACT)
    assert (
        data_centres("world", [2024], curve="concave").power_twh[2024] > data_centres("world", [2024]).power_twh[2024]
    )


def test_check_points_stand_beside_ours() -> None:
    told = {
        "world": {2024: (415, 415), 2030: (945, 945)},
        "us": {2014: (60, 60), 2016: (60, 60), 2018: (76, 76), 2023: (176, 176), 2028: (325, 580)},
    }
    for region, points in told.items():
        found = data_centres(region)
        assert {r["year"]: (r["low_twh"], r["high_twh"]) for r in found.checks.to_dicts()} == points
        for row in found.checks.to_dicts():
            ours = found.power_twh[row["year"]]
            near = min(max(ours, row["low_twh"]), row["high_twh"])
            assert row["deviation_percent"] == pytest.approx(100 * (ours / near - 1), abs=1e-10)
        cells = [[c.value for c in row] for row in found.check_table().rows]
        assert [c[5] for c in cells] == found.checks["deviation_percent"].to_list()
    assert max(abs(d) for d in data_centres("world").checks["deviation_percent"]) > 1.0
    assert check_points("nowhere").is_empty()


def test_china_with_a_grid_path() -> None:
    found = data_centres("china", [2023, 2024], grid=GridPath.constant(0.5, 2023, 2024))
    assert found.power_twh[2023] == pytest.approx(8.10 * 2500 * 0.6 * 8760 / 1e6 * 1.48, rel=EXACT)
    np.testing.assert_allclose(found.by_year["co2_mt"], found.by_year["power_twh"] * 0.5, rtol=EXACT)
    assert found.scenario.years == range(2023, 2061)
    assert "assumption" in found.notes[0].en


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fleet(utilisation={2020: 0.2, 2030: 60.0}), "2030: 60"),
        (lambda: fleet(utilisation={2020: -0.2, 2030: 0.5}), "2020: -0.2"),
        (lambda: fleet(idle_share={2020: 0.2, 2030: 1.5}), "idle share"),
        (lambda: fleet(units_million={2020: 0.0, 2030: 1.5}), "units"),
        (lambda: fleet(peak_w={2020: -4.0, 2030: 1.5}), "watts"),
        (lambda: fleet(peak_w={2020: 4.0}), "1, the first: 2030"),
        (lambda: sites(pue={2020: 1.5, 2030: 0.8}), "2030: 0.8"),
        (lambda: sites(pue={2020: math.nan, 2030: 1.2}), "2020: nan"),
        (lambda: sites(other_share={2020: -0.1, 2030: 0.1}), "2020: -0.1"),
        (lambda: scenario("world").with_pue({2020: 0.9, 2060: 1.1}), "2020: 0.9"),
        (lambda: data_centres("world", [2019, 2020, 2061]), "2, the first: 2019, 2061"),
        (lambda: data_centres("us", [2023], grid=GridPath.constant(0.4, 2024, 2030)), "1 years absent"),
        (lambda: break_even_path({2024: 1.0, 2026: 0.0}), "2026: 0"),
        (lambda: break_even_path({2024: 1.0, 2026: 2.0}, pue={2024: 1.5, 2026: 0.9}), "2026: 0.9"),
        (lambda: break_even_path({2024: 1.0, 2026: 2.0}, energy={2025: 1.5}), "2024"),
        (lambda: trend(-1.0, 2024, [2025], compute=2.0, efficiency=1.5), "2024: -1"),
        (lambda: trend(1.0, 2024, [2023, 2025], compute=2.0, efficiency=1.5), "2023"),
    ],
)
def test_bad_values_are_named(make: object, said: str) -> None:
    with pytest.raises(DataError) as caught:
        make()  # type: ignore[operator]
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: data_centres("mars"), "china | world | us"),
        (lambda: data_centres("world", curve="cubic"), "linear | concave"),  # type: ignore[arg-type]
        (lambda: trend(1.0, 2024, [2025], compute="koomey", efficiency=1.5), "million_in_ten"),
        (lambda: trend(1.0, 2024, [2025], compute=0.0, efficiency=1.5), "above zero"),
        (lambda: break_even_efficiency(-5.0, 10), "1e6"),
        (lambda: break_even_efficiency(1e6, 0), "number of years"),
    ],
)
def test_bad_choices_are_named(make: object, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()  # type: ignore[operator]
    assert said in str(caught.value)


def test_a_million_times_in_ten_years() -> None:
    assert break_even_efficiency(1e6, 10) == pytest.approx(10**0.6, rel=EXACT)
    assert round(break_even_efficiency(1e6, 10), 2) == 3.98
    assert break_even_efficiency(1e6, 10, energy=2.0) == pytest.approx((1e6 / 2) ** 0.1, rel=EXACT)
    assert break_even_efficiency(0.5, 2) == pytest.approx(math.sqrt(0.5), rel=EXACT)


def test_trends_break_even_exactly_where_the_rates_are_equal() -> None:
    flat = trend(415.0, 2024, range(2024, 2035), compute=10**0.6, efficiency=break_even_efficiency(1e6, 10))
    np.testing.assert_allclose(flat.by_year["power_twh"], 415.0, rtol=EXACT)
    np.testing.assert_allclose(flat.by_year["shortfall"], 1.0, rtol=EXACT)
    grown = trend(415.0, 2024, [2034], compute="million_in_ten", efficiency="koomey")
    assert grown.power_twh[2034] == pytest.approx(415 * (3.9810717055 / 1.5550) ** 10, rel=EXACT)


def test_shipped_rates_are_what_their_sources_say() -> None:
    rate = dict(trends().select("key", "per_year").iter_rows())
    assert rate["million_in_ten"] == pytest.approx(10**0.6, rel=1e-10)
    assert rate["koomey"] == pytest.approx(2 ** (1 / 1.57), abs=5e-5)
    assert rate["slow_koomey"] == pytest.approx(2 ** (1 / 2.6), abs=5e-5)


def test_a_path_of_break_even_efficiency() -> None:
    found = break_even_path(
        {2024: 2.0, 2025: 6.0, 2027: 24.0}, energy={2024: 10.0, 2027: 20.0}, pue={2024: 1.5, 2027: 1.2}
    )
    needed = [1.0, 3.0 / (4 / 3) * (1.4 / 1.5), 12.0 / 2.0 * (1.2 / 1.5)]
    np.testing.assert_allclose(found["needed_index"], needed, rtol=EXACT)
    assert found["needed_per_year"][2] == pytest.approx(math.sqrt(needed[2] / needed[1]), rel=EXACT)
    million = break_even_path({y: 1e6 ** ((y - 2024) / 10) for y in range(2024, 2035)})
    np.testing.assert_allclose(million["needed_per_year"][1:].to_numpy(), 10**0.6, rtol=1e-10)


def test_exhibits() -> None:
    found = data_centres("world", range(2020, 2035))
    extrapolated = trend(415.0, 2024, range(2024, 2041), compute=1.3, efficiency="slow_koomey")
    drawing = found.figure([extrapolated]).drawing
    assert isinstance(drawing, Lines) and [len(c.x) for c in drawing.curves] == [15, 11]
    assert drawing.references[0].y == (415.0, 945.0) and len(drawing.references) == 1
    us = data_centres("us").figure().drawing
    assert isinstance(us, Lines) and len(us.references) == 2
    table = found.table([2024, 2030])
    assert table.row_keys == ("2024", "2030") and len(table.headers) == len(table.rows[0]) == 9
    with pytest.raises(DataError, match="2050"):
        found.table([2050])
    assert len(extrapolated.table().rows) == 17
    curves = extrapolated.figure().drawing
    assert isinstance(curves, Lines) and curves.curves[1].y[-1] == pytest.approx(16 * math.log10(1.3), rel=1e-9)
    assert pl.DataFrame(found.by_kind)["kind"].unique().sort().to_list() == ["accelerator", "server"]


def test_a_trend_beyond_what_a_number_holds() -> None:
    for c, e in ((1e20, 1e20), (1e10, 1e-10), (1e-20, 1e-20)):
        with pytest.raises(DataError, match="beyond"):
            trend(100.0, 2024, [2024, 2060], compute=c, efficiency=e)
    with pytest.raises(DataError, match="beyond"):
        break_even_efficiency(1e6, 1e-3)
    with pytest.raises(DataError, match="beyond"):
        break_even_path({2024: 1e-300, 2025: 1e300})


def test_a_scenario_without_units() -> None:
    with pytest.raises(ConfigError, match="fleet"):
        Scenario("x", both("x"), (), scenario("us").sites)


def test_figures_have_calendar_years() -> None:
    for found in (data_centres("us"), trend(1.0, 2024, [2024, 2030], compute=3, efficiency=2)):
        drawing = found.figure().drawing
        assert isinstance(drawing, Lines) and drawing.years


@pytest.mark.parametrize("growth", ["x", None])
def test_a_multiple_that_is_no_number(growth: object) -> None:
    with pytest.raises(ConfigError, match="multiple"):
        break_even_efficiency(growth, 10)  # type: ignore[arg-type]


def test_a_trend_that_would_press_the_figure_flat_is_cut_and_said() -> None:
    found = data_centres("world")
    steep = trend(415.0, 2024, range(2024, 2061), compute="million_in_ten", efficiency="koomey")
    calm = trend(415.0, 2024, range(2024, 2031), compute=1.3, efficiency=1.2)
    figure = found.figure([steep, calm])
    assert isinstance(figure.drawing, Lines)
    highest = max(*found.by_year["power_twh"], *found.checks["high_twh"])
    assert [len(c.x) for c in figure.drawing.curves] == [41, 3, 7]
    assert max(y for c in figure.drawing.curves for y in c.y) <= 3.0 * highest < steep.power_twh[2027]
    assert len(figure.notes) == len(found.notes) + 1
    assert "from 2027 on" in figure.notes[-1].en and "in 2060" in figure.notes[-1].en and "2027" in figure.notes[-1].zh


def test_a_trend_outside_the_figure_is_said() -> None:
    figure = data_centres("us").figure([trend(1.0, 2060, [2060], compute=2.0, efficiency=1.0)])
    assert isinstance(figure.drawing, Lines) and len(figure.drawing.curves) == 1
    assert "no year in the figure" in figure.notes[-1].en


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: trend("x", 2024, [2024], compute=2.0, efficiency=1.0), "not a number"),  # type: ignore[arg-type]
        (lambda: trend(1.0, 2024.5, [2025], compute=2.0, efficiency=1.0), "2024.5"),  # type: ignore[arg-type]
        (lambda: data_centres(None), "region"),  # type: ignore[arg-type]
        (lambda: data_centres("us", grid=0.5), "no grid path"),  # type: ignore[arg-type]
        (lambda: fleet(peak_w={2020: "x", 2030: 1.0}), "not a number"),
    ],
)
def test_inputs_of_another_kind(call: Callable[[], object], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        call()


def test_bounds_are_said_as_they_are_meant() -> None:
    with pytest.raises(DataError, match="> 0"):
        break_even_path({2024: 1.0, 2026: 0.0})
    with pytest.raises(DataError, match="2024-2024"):
        trend(1.0, 2024, [2020], compute=2.0, efficiency=1.0)
