"""Factors: the table's arithmetic, the choice of vintage, the words of the errors."""

from __future__ import annotations

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.factors import (
    STATUSES,
    factor_set_names,
    load_factor_set,
    province_codes,
)
from dualcarbon.core.tables import industries, provinces, reference_rows

EXACT = 1e-12  # one product of four printed numbers, recomputed

FUEL_ROWS = [r for r in reference_rows("fuel_factors") if r["ef_co2"] and r["ncv"]]


@pytest.mark.parametrize("row", FUEL_ROWS, ids=lambda r: f"{r['table']}-{r['fuel_en']}")
def test_every_fuel_is_calorific_value_times_carbon_times_oxidation(row):
    by_hand = float(row["ncv"]) * float(row["carbon_content"]) * float(row["oxidation_pct"]) / 100 * 44 / 12
    assert float(row["ef_co2"]) == pytest.approx(by_hand, rel=EXACT)


def test_raw_coal_by_hand():
    coal = load_factor_set("cn_2015").factor("coal_t")
    assert coal.value == pytest.approx(20.908 * 0.02637 * 0.94 * 44 / 12, rel=EXACT)
    assert (coal.unit, coal.scope, coal.fuel.zh, coal.fuel.en) == ("t", 1, "原煤", "raw coal")


@pytest.mark.parametrize("name", factor_set_names())
def test_a_set_repeats_its_own_arithmetic(name):
    for factor in load_factor_set(name).factors:
        if factor.ncv_gj is not None:
            product = factor.ncv_gj * factor.carbon_t_per_gj * factor.oxidation * 44 / 12
            assert factor.value == pytest.approx(product, rel=EXACT)


def test_gas_is_per_cubic_metre():
    gas = load_factor_set("cn_2015").factor("gas_m3")
    assert gas.value == pytest.approx(21.62188809e-4, rel=EXACT)
    assert gas.ncv_gj == pytest.approx(0.038931, rel=EXACT)


def test_sets_disagree_on_coal_and_say_so():
    own, other = (load_factor_set(n).factor("coal_t") for n in ("cn_2015", "cn_ndrc"))
    assert own.fuel.en == "raw coal" and other.fuel.en == "bituminous coal"
    assert other.value / own.value == pytest.approx(1.0901, abs=1e-4)


@pytest.mark.parametrize(
    ("year", "used", "value"), [(2008, 2015, 0.6101), (2020, 2015, 0.6101), (2021, 2021, 0.581), (2030, 2022, 0.5703)]
)
def test_reporting_factor_is_the_one_in_force(year, used, value):
    grid = load_factor_set("cn_2015").grid
    row = grid.table(["anywhere"], [year]).row(0, named=True)
    assert (row["grid_year"], row["t_per_kwh"]) == (used, pytest.approx(value / 1000, rel=EXACT))


@pytest.mark.parametrize(("year", "used"), [(2008, 2021), (2021, 2021), (2022, 2022), (2023, 2023), (2026, 2023)])
def test_provincial_factor_is_of_the_nearest_year(year, used):
    assert load_factor_set("cn_province_2021").grid.pick("山东", year) == used


def test_nearest_takes_the_earlier_of_two_as_near():
    from dualcarbon.core.factors import GridSeries

    grid = GridSeries("province", {("a", 2010): 1.0, ("a", 2012): 2.0}, {}, "nearest")
    assert grid.pick("a", 2011) == 2010


def test_exact_vintage_raises_where_the_year_is_missing():
    from dualcarbon.core.factors import GridSeries

    grid = GridSeries("province", {("a", 2010): 1.0}, {}, "exact")
    with pytest.raises(DataError, match=r"1 area-years without a factor, first \[\('a', 2011\)\]"):
        grid.table(["a"], [2010, 2011])


def test_thirty_provinces_have_a_factor_and_tibet_has_none():
    grid = load_factor_set("cn_province_2021").grid
    assert set(grid.areas) == {p.short.zh for p in provinces()} - {"西藏"}
    with pytest.raises(DataError, match="西藏"):
        grid.table(["西藏"], [2021])


def test_unknown_set_lists_the_names():
    with pytest.raises(ConfigError, match=r"cn_2015 \| cn_2015_fuel_oil"):
        load_factor_set("default")


def test_unknown_carrier_lists_the_carriers():
    with pytest.raises(ConfigError, match=r"coal_t \| oil_t"):
        load_factor_set("cn_2015").factor("coke_t")


def test_provinces_in_any_spelling():
    column = pl.Series(["山东省", "山东", "Shandong", "37"])
    assert province_codes(column).to_list() == ["山东"] * 4


def test_strange_provinces_are_counted_and_listed():
    with pytest.raises(DataError, match=r"3 rows: \[\('Atlantis', 2\), \(None, 1\)\]"):
        province_codes(pl.Series(["山东", "Atlantis", "Atlantis", None]))


def test_every_status_has_words():
    used = {r["status"] for r in (*reference_rows("fuel_factors"), *reference_rows("grid_factors"))}
    assert used == set(STATUSES)


def test_the_39_industries_of_2002():
    codes = [f"{i:02d}" for i in (*range(6, 12), *range(13, 38), *range(39, 47))]
    assert list(industries()) == codes and len(codes) == 39
    assert industries()["25"].zh == "石油加工、炼焦及核燃料加工业"
