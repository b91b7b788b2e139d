"""Income at the peak: the report's figures, the ratio by hand, what is unknown stays unknown; where China stands."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import DataError
from dualcarbon.nations import (
    facts,
    income_at_peak,
    incomes,
    peaks,
    position,
    read_income,
    shipped_emissions,
    shipped_income,
    sources,
)

ROUNDED = 0.5  # incomes are quoted in whole USD
WRITTEN = 5e-5  # the extract keeps four decimals
EXACT = 1e-12  # one division
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
# USD per head of the country in its peak year; of the world in the World Bank's present vintage.
AT_PEAK = {"GBR": (2650, 882), "DEU": (11281, 2320), "USA": (44123, 7263), "JPN": (40899, 10701)}


@pytest.mark.parametrize("code", AT_PEAK)
def test_income_in_the_peak_year(code: str) -> None:
    frame = income_at_peak(peaks(shipped_emissions()), shipped_income()).frame
    row = frame.row(by_predicate=pl.col("country") == code, named=True)
    own, world = AT_PEAK[code]
    assert row["gdp_per_head_usd"] == pytest.approx(own, abs=ROUNDED)
    assert row["world_gdp_per_head_usd"] == pytest.approx(world, abs=ROUNDED)
    assert row["ratio"] == pytest.approx(row["gdp_per_head_usd"] / row["world_gdp_per_head_usd"], rel=EXACT)


def test_japan_in_the_year_the_report_prints() -> None:
    row = incomes(shipped_income()).row(
        by_predicate=(pl.col("country") == "JPN") & (pl.col("year") == 2011), named=True
    )
    assert row["gdp_per_head_usd"] == pytest.approx(48760, abs=ROUNDED)


def test_the_extract_is_the_publishers_file() -> None:
    if not (SHARED / "worldbank_gdp_population_1960_2024.csv.gz").is_file():
        pytest.skip("the publishers' files are not beside the checkout")
    joined = shipped_income().join(read_income(SHARED), on=["iso3", "year"], how="left", validate="1:1")
    off = (joined["gdp_per_head_usd"] - joined["gdp_per_head_usd_right"]).abs()
    assert off.null_count() == 0 and float(str(off.max())) <= WRITTEN


def test_every_shipped_figure_has_source_unit_and_status() -> None:
    table = facts()
    assert set(table["source"]) == set(sources()) and table.null_count().sum_horizontal().item() == 0
    assert set(table["status"]) == {"published", "gdp_over_population", "total_minus_fossil"}
    assert dict(table.select("quantity", "unit").unique().iter_rows()) == {
        "co2": "Mt",
        "gdp_per_head": "USD",
        "generation": "TWh",
        "clean_generation": "TWh",
    }
    assert not table.select("iso3", "year", "quantity", "source").is_duplicated().any()


def test_a_peak_before_the_incomes_stays_unknown() -> None:
    old = pl.DataFrame({"iso3": "GBR", "year": range(1950, 1962), "co2_mt": [9.0, *([5.0] * 11)]})
    found = income_at_peak(peaks(old), shipped_income())
    assert found.unknown == 1 and found.frame["ratio"].to_list() == [None]


def test_china_stands_just_below_the_world() -> None:
    now = position(peaks(shipped_emissions()), shipped_income())
    assert (now.year, now.status, now.highest_year, now.emissions_to) == (2023, "rising", 2018, 2018)
    assert (now.gdp_per_head_usd, now.world_gdp_per_head_usd) == pytest.approx((12614, 13075), abs=ROUNDED)
    assert (now.years_since_highest, now.years_to_pledge) == (0, 7)


def test_a_country_that_has_peaked_has_years_since() -> None:
    now = position(peaks(shipped_emissions()), shipped_income(), "DEU", pledged=2020)
    assert (now.years_since_highest, now.years_to_pledge) == (2018 - 1979, -3)


def test_refusals() -> None:
    found = peaks(shipped_emissions())
    with pytest.raises(DataError, match="no such countries"):
        position(found, shipped_income(), "XYZ")
    with pytest.raises(DataError, match="1: WLD"):
        incomes(shipped_income().filter(pl.col("iso3") != "WLD"))
    with pytest.raises(DataError, match="more than once"):
        income_at_peak(found, pl.concat([shipped_income()] * 2))
    without = shipped_income().filter(pl.col("iso3") != "CHN")
    early = pl.DataFrame({"iso3": ["CHN"], "year": [1950], "gdp_per_head_usd": [1.0]})
    with pytest.raises(DataError, match="0 years with both"):
        position(found, pl.concat([without, early]))


def test_countries_named_otherwise_are_not_joined_to_nothing() -> None:
    names = {"CHN": "中国", "USA": "美国", "GBR": "英国", "DEU": "德国", "JPN": "日本"}
    found = peaks(shipped_emissions().with_columns(pl.col("iso3").replace(names)))
    with pytest.raises(DataError, match="中国") as caught:
        income_at_peak(found, shipped_income())
    assert "CHN" in caught.value.say("en") and "ISO 3166" in caught.value.say("zh")
    named = shipped_income().with_columns(pl.col("iso3").replace(names))
    assert income_at_peak(found, named).unknown == 0


def test_no_ratio_to_a_world_of_zero() -> None:
    nothing = pl.when(pl.col("iso3") == "WLD").then(0.0).otherwise("gdp_per_head_usd")
    found = income_at_peak(peaks(shipped_emissions()), shipped_income().with_columns(gdp_per_head_usd=nothing))
    assert found.frame["ratio"].null_count() == found.unknown == found.frame.height
