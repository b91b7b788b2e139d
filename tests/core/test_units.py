from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.schema import load_schema, schema_names
from dualcarbon.core.units import conversion, find_unit, get_unit, load_units, units_of

ROUND = 1e-15  # one multiplication by a rounded factor


@pytest.mark.parametrize(
    ("source", "target", "ratio"),
    [
        ("1e3_cny", "cny", Fraction(1000)),
        ("1e4_t", "t", Fraction(10_000)),
        ("kg", "t", Fraction(1, 1000)),
        ("1e8_kWh", "kWh", Fraction(10**8)),
        ("1e7_kWh", "kWh", Fraction(10**7)),
        ("MW", "kW", Fraction(1000)),
        ("percent", "share", Fraction(1, 100)),
        ("1e4_person", "person", Fraction(10_000)),
        ("GJ", "MJ", Fraction(1000)),
        ("Mtce", "1e4_tce", Fraction(100)),
    ],
)
def test_powers_of_ten_are_exact(source: str, target: str, ratio: Fraction) -> None:
    assert conversion(source, target).ratio == ratio


def test_standard_coal_of_the_national_standard() -> None:
    """GB/T 2589-2020: 7,000 kcal/kg = 29,307.6 kJ/kg; electricity 0.1229 kgce/kWh (calorific), GJ 34.12 kgce."""
    assert conversion("kcal", "kgce").apply(7000.0) == pytest.approx(1.0, rel=ROUND)
    assert round(conversion("kWh", "kgce").apply(1.0), 4) == 0.1228
    assert round(conversion("GJ", "kgce").apply(1.0), 2) == 34.12
    assert conversion("tce", "GJ").apply(1.0) == 29.3076


def test_energy_of_other_books() -> None:
    """BP and IEA conversion tables: 1 toe = 11.63 MWh = 39.68 MMBtu = 1.4286 tce."""
    assert conversion("toe", "MWh").apply(1.0) == pytest.approx(11.63, rel=ROUND)
    assert round(conversion("toe", "MMBtu").apply(1.0), 2) == 39.68
    assert conversion("toe", "tce").apply(7.0) == pytest.approx(10.0, rel=ROUND)


def test_division_rounds_once() -> None:
    values = np.random.default_rng(1).uniform(1, 1e6, 1000)
    assert np.array_equal(conversion("kg", "t").apply(values), values / 1000)
    assert conversion("kg", "t").apply(pl.Series([3.0])).to_list() == [0.003]


def test_there_and_back() -> None:
    for unit in load_units().values():
        for name in units_of(unit.name):
            assert conversion(unit.name, name).ratio * conversion(name, unit.name).ratio == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("千元", "1e3_cny"),
        ("万元", "1e4_cny"),
        ("亿元", "1e8_cny"),
        ("万吨", "1e4_t"),
        ("万千瓦时", "1e4_kWh"),
        ("亿千瓦时", "1e8_kWh"),
        ("吨标准煤", "tce"),
        (" Million tons of standard coal ", "Mtce"),
        ("％", "percent"),
        ("mwh", "MWh"),
        ("ＭＷ", "MW"),
    ],
)
def test_spellings(text: str, name: str) -> None:
    found = find_unit(text)
    assert found is not None
    assert found.name == name


def test_no_spelling_means_two_units() -> None:
    seen: dict[str, str] = {}
    for unit in load_units().values():
        for spelling in (unit.name, unit.label.zh, unit.label.en, *unit.aliases):
            assert seen.setdefault(spelling, unit.name) == unit.name


def test_megatonne_is_not_metric_tonne() -> None:
    assert get_unit("Mt").factor == 10**6
    assert find_unit("mt") is None


def test_every_unit_has_a_source_and_every_schema_a_known_unit() -> None:
    assert all(u.source and u.factor > 0 for u in load_units().values())
    for schema in map(load_schema, schema_names()):
        for column in schema.columns:
            assert get_unit(column.unit).name == column.unit
            if column.kind == "number":
                assert column.name.lower().endswith(f"_{column.unit.lower()}")


def test_other_dimension_is_an_error_in_both_languages() -> None:
    with pytest.raises(SchemaError) as caught:
        conversion("t", "tce")
    assert "热值" in caught.value.say("zh")
    assert "heating value" in caught.value.say("en")
    with pytest.raises(SchemaError, match="no such unit: stone"):
        conversion("stone", "t")
