"""The publishers' files in a folder the user names, read into plain country tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from dualcarbon.core.errors import InputError
from dualcarbon.core.files import require_readable
from dualcarbon.core.text import Text, both
from dualcarbon.nations.shipped import WORLD, sources

_WORLD = {"OWID_WRL": WORLD}
_MIX = {
    "total_twh": "Electricity generation (TWh)",
    "clean_twh": "Low-carbon electricity (TWh)",
    "fossil_twh": "Electricity from fossil fuels (TWh)",
    "coal_twh": "Electricity from coal (TWh)",
    "gas_twh": "Electricity from gas (TWh)",
    "oil_twh": "Electricity from oil (TWh)",
    "hydro_twh": "Electricity from hydro (TWh)",
    "nuclear_twh": "Electricity from nuclear (TWh)",
    "wind_twh": "Electricity from wind (TWh)",
    "solar_twh": "Electricity from solar (TWh)",
}
_LATEST = {
    "total_twh": "total_TWh",
    "clean_twh": "low_carbon_TWh",
    "fossil_twh": "fossil_TWh",
    "coal_twh": "coal_TWh",
    "gas_twh": "gas_TWh",
    "oil_twh": "oil_TWh",
    "hydro_twh": "hydroelectricity_TWh",
    "nuclear_twh": "nuclear_TWh",
    "wind_twh": "wind_TWh",
    "solar_twh": "solar_TWh",
}


def read_emissions(folder: str | Path) -> pl.DataFrame:
    """CO2 of every country with an ISO code: `iso3`, `country`, `year`, `co2_mt`; groups of countries are left out.

    Raises
    ------
    InputError
        If the file is not in the folder, cannot be read, or lacks columns.
    """
    table = _read(folder, "owid_co2", ("iso_code", "country", "year", "co2"))
    return _coded(table, "iso_code").select("iso3", "country", "year", co2_mt="co2").drop_nulls("co2_mt")


def read_income(folder: str | Path) -> pl.DataFrame:
    """GDP per head of every country and of the world: `iso3`, `year`, `gdp_per_head_usd` = GDP / population.

    Raises
    ------
    InputError
        If the file is not in the folder, cannot be read, or lacks columns.
    """
    table = _read(folder, "wb_gdp", ("iso3", "year", "gdp_usd_current", "population"))
    per_head = pl.col("gdp_usd_current") / pl.col("population")
    return table.select("iso3", "year", gdp_per_head_usd=per_head).drop_nulls()


def read_mix(folder: str | Path, latest: bool = True) -> pl.DataFrame:
    """Electricity by source: `iso3`, `year`, `total_twh`, `clean_twh`, `fossil_twh`, by source, `status`, `source`.

    The yearly file names countries, not codes: their codes come from the file of the latest year, which must lie in the
    same folder. Where a year has no low-carbon total, clean generation is total less fossil and `status` says
    "total_minus_fossil". With `latest`, a country's latest year is added where the yearly file has not got that year.

    Raises
    ------
    InputError
        If a file is not in the folder, cannot be read, or lacks columns.
    """
    newest = _read(folder, "codecarbon_mix", ("iso_code", "country_name", "year", *_LATEST.values()))
    codes = dict(newest.select("country_name", "iso_code").iter_rows()) | {"World": WORLD}
    yearly = _read(folder, "owid_mix", ("Country", "Year", *_MIX.values()))
    yearly = yearly.with_columns(iso3=pl.col("Country").replace_strict(codes, default=None, return_dtype=pl.String))
    own = yearly.drop_nulls("iso3").select("iso3", _year("Year"), *_named(_MIX), source=pl.lit("owid_mix"))
    rest = newest.select(
        pl.col("iso_code").alias("iso3"), _year("year"), *_named(_LATEST), source=pl.lit("codecarbon_mix")
    )
    if latest:
        own = pl.concat([own, rest.join(own, on=["iso3", "year"], how="anti")])
    missing = pl.col("clean_twh").is_null()
    return (
        own.with_columns(
            clean_twh=pl.col("clean_twh").fill_null(pl.col("total_twh") - pl.col("fossil_twh")),
            status=pl.when(missing).then(pl.lit("total_minus_fossil")).otherwise(pl.lit("published")),
        )
        .drop_nulls(["total_twh", "clean_twh"])
        .sort("iso3", "year")
    )


def _year(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64).alias("year")


def _named(columns: dict[str, str]) -> list[pl.Expr]:
    return [pl.col(theirs).cast(pl.Float64).alias(ours) for ours, theirs in columns.items()]


def _coded(table: pl.DataFrame, column: str) -> pl.DataFrame:
    return table.drop_nulls(column).with_columns(
        iso3=pl.col(column).replace(_WORLD), year=pl.col("year").cast(pl.Int64)
    )


def _read(folder: str | Path, key: str, columns: tuple[str, ...]) -> pl.DataFrame:
    source = sources()[key]
    path = Path(folder) / source.file
    if not path.is_file():
        raise InputError(
            Text("文件夹里没有 {f}", "{f} is not in the folder").format(f=source.file),
            expected=Text("{l}（{c}），存为 {f}", "{l} ({c}), kept as {f}").format(
                l=source.label, c=source.licence, f=source.file
            ),
            found=both(str(folder)),
            remedy=Text(
                "从发布者取得该文件放入文件夹，或用随附的摘录（shipped_*）",
                "get the file from its publisher and put it there, or use the shipped extract (shipped_*)",
            ),
        )
    require_readable(path)
    try:
        table = pl.read_csv(path, infer_schema_length=None, null_values=[""])
    except (PolarsError, OSError) as error:
        raise _unreadable(source.file, type(error).__name__, columns) from error
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise _unreadable(source.file, ", ".join(table.columns[:8]), tuple(absent))
    return table


def _unreadable(file: str, found: str, columns: tuple[str, ...]) -> InputError:
    return InputError(
        Text("{f} 读不成所需的表", "{f} does not read as the table it should be").format(f=file),
        expected=Text("逗号分隔，有列 {c}", "comma-separated, with columns {c}").format(c=", ".join(columns)),
        found=both(found),
        remedy=Text("重新取得该文件，勿改列名", "get the file again and leave its columns as they are"),
    )
