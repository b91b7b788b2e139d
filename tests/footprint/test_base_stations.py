"""The report's arithmetic by hand, the two stocks, savings one after another, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.exhibit import Lines
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text
from dualcarbon.footprint import Saving, Stock, default_savings, factor_paths, national_path, shipped, stations

EXACT = 1e-12  # products and sums of a few doubles
SHARED = Path(__file__).resolve().parents[2].parent / "shared"

SERIES = {2018: 0.0, 2019: 13.0, 2020: 71.8, 2021: 142.5, 2022: 231.2, 2023: 337.7, 2024: 425.1, 2025: 483.8}


def test_the_design_figures_of_2024() -> None:
    row = stations([2024]).by_year.to_dicts()[0]
    assert row["power_year_end_twh"] == pytest.approx(425.1e4 * 52 * 365 / 1e9, rel=EXACT)
    assert row["power_average_twh"] == pytest.approx((337.7e4 + 425.1e4) / 2 * 52 * 365 / 1e9, rel=EXACT)
    assert round(row["power_year_end_twh"], 1) == 80.7 and round(row["power_average_twh"], 1) == 72.4
    assert row["co2_average_mt"] == pytest.approx(row["power_average_twh"] * 0.5306, rel=EXACT)


def test_every_year_by_hand() -> None:
    found = stations()
    assert found.by_year["year"].to_list() == list(range(2019, 2026))
    factor = {2019: 0.5568, 2020: 0.5568, 2021: 0.5568, 2022: 0.5366, 2023: 0.5306, 2024: 0.5306, 2025: 0.5306}
    for row in found.by_year.to_dicts():
        year = row["year"]
        kwh = 65.0 * 0.8 ** min((year - 2019) / 5, 1.0)
        twh = (SERIES[year - 1] + SERIES[year]) / 2 * 1e4 * kwh * 365 / 1e9
        assert row["kwh_per_station_day"] == pytest.approx(kwh, rel=EXACT)
        assert row["power_average_twh"] == pytest.approx(twh, rel=EXACT)
        assert row["co2_average_mt"] == pytest.approx(twh * factor[year], rel=EXACT)
        assert row["factor_official"] == (year in (2021, 2022, 2023))
    assert found.power_twh[2024] == found.by_year["power_average_twh"][5]


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of shared data is not beside the checkout")
def test_the_facts_agree_with_the_compiled_table() -> None:
    compiled = pl.read_csv(SHARED / "data/china_5g_base_stations.csv")
    stock = Stock.facts()
    ours = dict(zip(stock.years.tolist(), stock.stations.tolist(), strict=True))
    for row in compiled.to_dicts():
        # 2024: the bulletin's 425.1 is shipped, the compiled table derives 425.0 from rounded monthly figures
        assert ours[row["year"]] / 1e4 == pytest.approx(
            row["stations_10k_year_end"], abs=0.1001 * (row["year"] == 2024)
        )


def test_every_fact_and_assumption_has_a_source_and_a_known_status() -> None:
    for name in ("stations_5g", "station_energy", "savings", "station_scenarios", "fleets", "sites", "checkpoints"):
        for row in shipped.rows(name):
            assert row["source_zh"] and row["source_en"] and row["status"] in shipped.STATUSES
    for name in ("trends", "inputs"):
        for row in shipped.rows(name):
            assert row["source_zh"] and row["source_en"] and row["status"] in shipped.STATUSES


def test_leap_days_are_counted_only_when_asked() -> None:
    plain, leap = (stations([2023, 2024], leap_days=asked) for asked in (False, True))
    assert plain.by_year["days"].to_list() == [365, 365] and leap.by_year["days"].to_list() == [365, 366]
    assert leap.power_twh[2024] == pytest.approx(plain.power_twh[2024] * 366 / 365, rel=EXACT)
    assert "365 days" in " ".join(n.en for n in plain.notes)


def test_one_station_for_a_year_is_the_report_s_tonnes() -> None:
    one = stations([2024], stock={2023: 1.0, 2024: 1.0}, kwh_per_day=65.0, factor=0.611)
    assert one.by_year["co2_average_mt"][0] * 1e6 == pytest.approx(65 * 365 * 0.611 / 1000, rel=EXACT)
    assert round(one.by_year["co2_average_mt"][0] * 1e6, 1) == 14.5


def test_savings_multiply_and_their_parts_add_up() -> None:
    two = (
        Saving("a", Text("甲", "A"), 0.2, 2019, 2023, 0.5),
        Saving("b", Text("乙", "B"), 0.1, 2019, 2021),
    )
    years = [2020, 2023, 2024]
    found = stations(years, savings=two)
    reach = {2020: (0.125, 0.5), 2023: (0.5, 1.0), 2024: (0.5, 1.0)}
    for row in found.by_year.to_dicts():
        a, b = reach[row["year"]]
        assert row["kwh_per_station_day"] == pytest.approx(65.0 * (1 - 0.2 * a) * (1 - 0.1 * b), rel=EXACT)
        saved = found.by_saving.filter(pl.col("year") == row["year"])
        assert saved["saved_kwh_per_station_day"].sum() + row["kwh_per_station_day"] == pytest.approx(65.0, rel=EXACT)
    turned = stations(years, savings=two[::-1])
    np.testing.assert_allclose(turned.by_year["kwh_per_station_day"], found.by_year["kwh_per_station_day"], rtol=EXACT)


def test_shipped_savings_say_how_far_they_are_from_what_is_told() -> None:
    found = stations([2024], savings=default_savings())
    left = found.by_year["kwh_per_station_day"][0]
    said = next(n.en for n in found.notes if n.en.startswith("In 2024"))
    assert f"{left:.2f}" in said and f"{100 * (left / 52 - 1):+.1f} %" in said
    product = math.prod(
        1 - s.share * s.reach * min(max((2024 - s.first) / (s.last - s.first), 0), 1) for s in default_savings()
    )
    assert left == pytest.approx(65 * product, rel=EXACT)


@pytest.mark.parametrize("name", ["low", "mid", "high"])
def test_a_scenario_passes_the_facts_and_saturates(name: str) -> None:
    stock = Stock.logistic(name)
    row = next(r for r in shipped.rows("station_scenarios") if r["key"] == name)
    ceiling, rate = float(row["saturation_10k"]) * 1e4, float(row["growth_per_year"])
    assert stock.years[-1] == 2060 and stock.stations[7] == 483.8e4
    assert set(stock.statuses[8:]) == {"scenario"} and "scenario" not in stock.statuses[:8]
    level = 483.8e4
    for year, ours in zip(stock.years[8:].tolist(), stock.stations[8:].tolist(), strict=True):
        share = 1 / (1 + (ceiling / level - 1) * math.exp(-rate * (year - 2025)))
        assert ours == pytest.approx(ceiling * share, rel=EXACT)
    assert np.all(np.diff(stock.stations) > 0) and stock.stations[-1] < ceiling
    # the shipped rate, rounded to four digits, leads back to the stock of 2024
    back = ceiling / (1 + (ceiling / level - 1) * math.exp(rate))
    assert back == pytest.approx(425.1e4, rel=1e-4)


def test_a_grid_path_of_one_s_own_and_several_side_by_side() -> None:
    path = GridPath.constant(0.25, 2020, 2030)
    found = stations(range(2020, 2031), stock="mid", grid=path)
    power = found.by_year["power_average_twh"].to_numpy()
    np.testing.assert_allclose(found.by_year["co2_average_mt"], power * 0.25, rtol=EXACT)
    several = found.under([path, GridPath.constant(0.5, 2020, 2030)])
    assert several.height == 22
    np.testing.assert_allclose(several["co2_average_mt"].to_numpy()[11:], power * 0.5, rtol=EXACT)


def test_the_vintage_of_a_factor_is_a_choice() -> None:
    assert national_path(years=[2019, 2022, 2030]).t_per_mwh.tolist() == [0.5568, 0.5366, 0.5306]
    reporting = national_path("national_reporting", years=[2018, 2021, 2030])
    assert reporting.t_per_mwh.tolist() == [0.6101, 0.581, 0.5703] and reporting.official.tolist() == [
        False,
        True,
        False,
    ]
    assert national_path("national_reporting", years=[2019], vintage="nearest").t_per_mwh.tolist() == [0.581]
    assert [p.t_per_mwh[0] for p in factor_paths([2024])] == [0.5306, 0.5703, 0.6101, 0.5306, 0.611]


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"years": [2026, 2030]}, DataError, "2, the first: 2026, 2030"),
        ({"years": [2018]}, DataError, "2017"),
        ({"years": []}, ConfigError, "no year"),
        ({"years": [2020.5]}, ConfigError, "2020.5"),
        ({"kwh_per_day": -1.0}, DataError, "7, the first: 2019: -1"),
        ({"kwh_per_day": {2019: 65.0, 2022: 60.0}}, DataError, "3, the first: 2023, 2024, 2025"),
        ({"kwh_per_day": {2019: 65.0, 2025: -3.0}}, DataError, "2025: -3"),
        ({"kwh_per_day": math.nan}, DataError, "nan"),
        ({"stock": {2020: 1.0, 2022: 3.0}}, DataError, "1, the first: 2021"),
        ({"stock": {2020: 1.0, 2021: -3.0}, "years": [2021]}, DataError, "2021: -3"),
        ({"stock": "huge"}, ConfigError, "low | mid | high"),
        ({"factor": "world"}, ConfigError, "national_average | national_reporting"),
        ({"factor": -0.5}, DataError, "-0.5"),
        ({"vintage": "latest"}, ConfigError, "in_force | nearest | exact"),
        ({"vintage": "exact"}, DataError, "4 area-years"),
        ({"grid": GridPath.constant(0.5, 2019, 2023)}, DataError, "2 years absent, first [2024, 2025]"),
        ({"grid": GridPath.constant(0.5, 2019, 2025), "factor": 0.5}, ConfigError, "one of grid and factor"),
    ],
)
def test_bad_input_is_named(asked: dict[str, object], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        stations(**asked)  # type: ignore[arg-type]
    assert said in str(caught.value) and "请：" in str(caught.value)


def test_bad_parameters_of_a_saving_or_a_saturation() -> None:
    with pytest.raises(ConfigError, match="sleep"):
        stations(savings=(*default_savings(), default_savings()[0]))
    with pytest.raises(ConfigError, match="share=15"):
        Saving("a", Text("甲", "A"), 15, 2019, 2023)
    with pytest.raises(ConfigError, match="unit is stations"):
        Stock.saturating(600.0, 0.5)
    with pytest.raises(ConfigError, match="above zero"):
        Stock.saturating(6e6, 0.0)


def test_exhibits_hold_what_was_reckoned() -> None:
    found = stations()
    table = found.table()
    assert table.row_keys == tuple(str(y) for y in range(2019, 2026)) and not table.simulated
    assert table.rows[5][4].value == found.power_twh[2024]
    several = found.factor_table()
    assert len(several.rows) == 5
    assert several.rows[4][1].value == 0.611
    assert several.rows[4][2 + 5].value == pytest.approx(found.power_twh[2024] * 0.611, rel=EXACT)
    saved = stations(savings=default_savings())
    parts = saved.saving_table()
    whole = 65.0 - saved.by_year["kwh_per_station_day"][-1]
    assert sum(row[3].value for row in parts.rows) == pytest.approx(whole, rel=EXACT)  # type: ignore[misc]
    assert found.saving_table().rows == ()
    drawing = found.figure().drawing
    assert isinstance(drawing, Lines) and len(drawing.curves) == 3 and len(drawing.references) == 1
    assert drawing.references[0].y[5] == pytest.approx(found.by_year["co2_year_end_mt"][5], rel=EXACT)


@pytest.mark.parametrize("years", [2024, ["x"], [None], [float("nan")], [2024.5]])
def test_what_is_no_year_is_named(years: object) -> None:
    with pytest.raises(ConfigError, match="years are wrong"):
        stations(years)  # type: ignore[arg-type]


def test_years_written_as_text() -> None:
    told = stations([2024], stock={"2023": 1e6, "2024": 2e6}, kwh_per_day={"2024": 50.0})  # type: ignore[dict-item]
    assert told.power_twh[2024] == pytest.approx(1.5e6 * 50 * 365 / 1e9, rel=1e-14)
    with pytest.raises(ConfigError, match="years are wrong"):
        stations([2024], kwh_per_day={2024: 1.0, "2024": 2.0})  # type: ignore[dict-item]


@pytest.mark.parametrize("build", ["under", "factor_table", "figure"])
def test_no_path_at_all_is_refused(build: str) -> None:
    with pytest.raises(ConfigError, match="no grid path"):
        getattr(stations([2024]), build)([])


def test_energy_that_is_no_number_is_said() -> None:
    with pytest.raises(ConfigError, match="not a number") as caught:
        stations([2024], kwh_per_day="x")  # type: ignore[arg-type]
    assert caught.value.found.en == "'x'"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"stock": {2023: "a", 2024: 1.0}}, "not a number"),
        ({"stock": [1.0, 2.0]}, "not values by year"),
        ({"stock": pd.Series({2023: 1e6, 2024: 2e6})}, "not values by year"),
        ({"grid": 0.5}, "no grid path"),
        ({"factor": [0.5]}, "not a number"),
    ],
)
def test_inputs_of_another_kind(given: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        stations([2024], **given)


def test_paths_that_are_none() -> None:
    with pytest.raises(ConfigError, match="no grid path"):
        stations([2024]).under([0.5])  # type: ignore[list-item]
