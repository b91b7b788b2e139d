"""The small extract that is shipped: enough for the report's exhibits; each row with its source, unit and status."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both

FOLDER = "nations/facts"
WORLD = "WLD"
_COLUMNS = {
    "co2": "co2_mt",
    "gdp_per_head": "gdp_per_head_usd",
    "generation": "total_twh",
    "clean_generation": "clean_twh",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Who publishes a series, under which licence, and the file a folder holds it in."""

    key: str
    label: Text
    licence: str
    file: str


@cache
def sources() -> dict[str, Source]:
    """The publishers of the series, by key.

    Examples
    --------
    >>> sources()["wb_gdp"].licence
    'CC BY 4.0'
    """
    return {
        row["source"]: Source(row["source"], Text(row["label_zh"], row["label_en"]), row["licence"], row["file"])
        for row in reference_rows("sources", FOLDER)
    }


@cache
def _names() -> dict[str, Text]:
    return {row["iso3"]: Text(row["name_zh"], row["name_en"]) for row in reference_rows("countries", FOLDER)}


def country_name(code: str) -> Text:
    """The name of a country by ISO 3166 alpha-3 code; the code itself where the extract does not know it.

    Examples
    --------
    >>> country_name("DEU").zh, country_name("XYZ").en
    ('德国', 'XYZ')
    """
    return _names().get(code, both(code))


@cache
def facts() -> pl.DataFrame:
    """Every shipped figure: `iso3`, `year`, `quantity`, `value`, `unit`, `source`, `status`.

    `status` is "published", "gdp_over_population" (GDP divided by population) or "total_minus_fossil".
    """
    rows = reference_rows("series", FOLDER)
    return pl.DataFrame(rows).with_columns(pl.col("year").cast(pl.Int64), pl.col("value").cast(pl.Float64))


def shipped_emissions() -> pl.DataFrame:
    """CO2 of five countries since 1960: `iso3`, `year`, `co2_mt`.

    Examples
    --------
    >>> table = shipped_emissions()
    >>> table.filter(iso3="GBR", year=1971)["co2_mt"].item()
    660.388
    """
    return _wide("co2")


def shipped_income() -> pl.DataFrame:
    """GDP per head of five countries and the world: `iso3`, `year`, `gdp_per_head_usd` (current USD)."""
    return _wide("gdp_per_head")


def shipped_mix() -> pl.DataFrame:
    """Electricity of ten countries and the world since 1985, columns as `read_mix` gives them, without single sources.

    `status` is that of the clean generation.
    """
    mix = _wide("generation", "clean_generation")
    status = facts().filter(quantity="clean_generation").select("iso3", "year", "source", "status")
    return mix.join(status, on=["iso3", "year", "source"], validate="1:1").sort("iso3", "year")


def _wide(*quantities: str) -> pl.DataFrame:
    chosen = facts().filter(pl.col("quantity").is_in(quantities))
    keys = ["iso3", "year"] if len(quantities) == 1 else ["iso3", "year", "source"]
    wide = chosen.pivot(on="quantity", index=keys, values="value").rename({q: _COLUMNS[q] for q in quantities})
    return wide.select("iso3", "year", *(_COLUMNS[q] for q in quantities), *keys[2:])
