"""Parts and wholes by hand, under several paths, and of the nation's electricity; the report's claims."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.exhibit import Lines, Stacked
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import Component, data_centres, national_path, report_checks, stations, totals

EXACT = 1e-12  # sums and products of a few doubles

A = Component("a", Text("甲", "A"), {2030: 10.0, 2040: 30.0, 2050: 50.0})
B = Component("b", Text("乙", "B"), {2030: 5.0, 2040: 5.0})
CLEAN, DIRTY = GridPath.constant(0.1, 2030, 2060), GridPath.constant(0.6, 2030, 2060)


def test_parts_add_under_every_path() -> None:
    found = totals([A, B], [CLEAN, DIRTY], national_twh={2030: 100.0, 2050: 300.0})
    assert found.years == (2030, 2040)
    sector = found.power.filter(pl.col("component") == "sector")
    assert sector["power_twh"].to_list() == [15.0, 35.0]
    assert sector["national_share"].to_list() == pytest.approx([0.15, 0.175], rel=EXACT)
    for number, factor in enumerate((0.1, 0.6)):
        for key, twh in (("a", [10, 30]), ("b", [5, 5]), ("sector", [15, 35])):
            part = found.co2.filter((pl.col("path") == number) & (pl.col("component") == key))
            assert part["co2_mt"].to_list() == pytest.approx([factor * v for v in twh], rel=EXACT)
            whole = found.cumulative.filter((pl.col("path") == number) & (pl.col("component") == key))
            assert whole["co2_mt"].item() == pytest.approx(factor * sum(twh), rel=EXACT)


def test_the_sector_to_2060() -> None:
    years = range(2024, 2061)
    station, centre = stations(years, stock="mid"), data_centres("china", years)
    parts = [Component.of("stations", both("5G"), station), Component.of("data_centres", both("DC"), centre)]
    path = national_path()
    found = totals(parts, [path])
    assert found.years == tuple(years) and found.power["national_share"].null_count() == found.power.height
    sector = found.co2.filter(pl.col("component") == "sector")["co2_mt"].to_numpy()
    by_hand = [(station.power_twh[y] + centre.power_twh[y]) * path.at([y])[0] for y in years]
    np.testing.assert_allclose(sector, by_hand, rtol=EXACT)
    by_station = found.co2.filter(pl.col("component") == "stations")["co2_mt"]
    np.testing.assert_allclose(by_station, station.by_year["co2_average_mt"], rtol=EXACT)


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda: totals([], [CLEAN]), ConfigError, "parts []"),
        (lambda: totals([A], []), ConfigError, "0 paths"),
        (lambda: totals([A, A], [CLEAN]), ConfigError, "['a', 'a']"),
        (lambda: totals([Component("sector", both("s"), {2030: 1.0})], [CLEAN]), ConfigError, "sector"),
        (lambda: totals([A, B], [CLEAN], years=[2030, 2050]), DataError, "electricity of B"),
        (lambda: totals([A], [GridPath.constant(0.1, 2030, 2040)]), DataError, "first [2050]"),
        (lambda: totals([A], [CLEAN], national_twh={2030: 9.0, 2040: 9.0}), DataError, "1, the first: 2050"),
        (lambda: totals([A], [CLEAN], national_twh={2030: 0.0, 2050: 9.0}), DataError, "2030: 0"),
        (lambda: Component("a", both("a"), {2030: -2.0}), DataError, "2030: -2"),
        (lambda: Component("a", both("a"), {}), ConfigError, "no year"),
    ],
)
def test_what_is_refused(make: object, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        make()  # type: ignore[operator]
    assert said in str(caught.value)


def test_exhibits() -> None:
    found = totals([A, B], [CLEAN, DIRTY], national_twh={2030: 100.0, 2050: 300.0})
    table = found.table([2040])
    assert [c.value for c in table.rows[0]] == [2040, 30.0, 5.0, 35.0, pytest.approx(17.5), 3.5, 21.0]
    assert "No national total" in totals([A], [CLEAN]).table().notes[-1].en
    curves = found.figure().drawing
    assert isinstance(curves, Lines) and [c.y for c in curves.curves] == [(1.5, 3.5), (9.0, 21.0)]
    stack = found.power_figure().drawing
    assert isinstance(stack, Stacked) and [one.values for one in stack.layers] == [(10.0, 30.0), (5.0, 5.0)]
    assert stack.total is not None and stack.total.values == (15.0, 35.0) and stack.x == (2030.0, 2040.0)
    with pytest.raises(DataError, match="2045"):
        found.table([2045])


def test_the_report_s_claims() -> None:
    found = report_checks()
    assert found.implied_t_per_mwh == pytest.approx(14500 / 23725, rel=EXACT)
    tonnes = {(r["series"], r["year"]): r["t_per_station"] for r in found.station_t.to_dicts()}
    assert round(tonnes["implied", None], 1) == 14.5 and round(tonnes["national_average", 2023], 2) == 12.59
    assert round(tonnes["national_reporting", 2015], 2) == 14.47
    assert found.latest_t == pytest.approx(23.725 * 0.5306, rel=EXACT)
    for number in ("65", "14.5", "0.611", "2023", "0.5306", "12.59", "0.6101", "14.47"):
        assert number in found.said.zh and number in found.said.en
    assert len(found.table().rows) == 7


def test_figures_have_calendar_years() -> None:
    for found in (totals([A], [CLEAN]), stations()):
        drawing = found.figure().drawing
        assert isinstance(drawing, Lines) and drawing.years


def test_a_component_by_text_and_of_no_numbers() -> None:
    assert Component("a", Text("甲", "A"), {"2031": 2.0, "2030": "1"}).power_twh == {2030: 1.0, 2031: 2.0}  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="not a number"):
        Component("a", Text("甲", "A"), {2030: "x"})  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match="no grid path"):
        totals([A], [0.5])  # type: ignore[list-item]
