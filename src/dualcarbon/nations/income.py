"""How rich a country was when its emissions peaked, against the world of that year; and where one stands today."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dualcarbon.core.errors import DataError
from dualcarbon.core.text import Text
from dualcarbon.nations.faults import refuse_strangers, refuse_unknown, sound
from dualcarbon.nations.peaking import Peaks
from dualcarbon.nations.shipped import WORLD

_WHAT = Text("收入表", "table of incomes")
PLEDGED = 2030
"""Year before which China has pledged to peak."""


@dataclass(frozen=True, slots=True)
class Income:
    """GDP per head at chosen years, current USD.

    Attributes
    ----------
    frame : polars.DataFrame
        `country`, `status` (of the peak), `year`, `co2_mt`, `gdp_per_head_usd`, `world_gdp_per_head_usd`, `ratio`;
        null where the table of incomes has none, `known` says so.
    """

    frame: pl.DataFrame

    @property
    def unknown(self) -> int:
        """Countries without an income in their peak year."""
        return self.frame.filter(~pl.col("known")).height

    def __repr__(self) -> str:
        return f"Income({self.frame.height} countries, {self.unknown} without an income in their year)"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a country stands in the latest year with an income.

    Attributes
    ----------
    country : str
    year : int
    gdp_per_head_usd, world_gdp_per_head_usd, ratio : float
    status : str
        Of its peak, see `STATUSES`.
    highest_year, emissions_to : int
        Year of its highest emissions so far, last year of the emissions known.
    years_since_highest : int
        From that year to `emissions_to`.
    years_to_pledge : int
        From `year` to the pledged year; negative once it is past.
    """

    country: str
    year: int
    gdp_per_head_usd: float
    world_gdp_per_head_usd: float
    ratio: float
    status: str
    highest_year: int
    emissions_to: int
    years_since_highest: int
    years_to_pledge: int


def incomes(
    gdp: object, country: str = "iso3", time: str = "year", gdp_per_head: str = "gdp_per_head_usd", world: str = WORLD
) -> pl.DataFrame:
    """Income of every country-year against the world's of that year.

    Returns
    -------
    polars.DataFrame
        `country`, `year`, `gdp_per_head_usd`, `world_gdp_per_head_usd` (null where the world has none), `ratio` (null
        where the world's is unknown or zero).

    Raises
    ------
    SchemaError, DataError
        If columns are absent, values negative, country-years double, or the world is not in the table.
    """
    table = sound(gdp, country, time, [gdp_per_head], _WHAT).select(
        country=pl.col(country), year=pl.col(time), gdp_per_head_usd=pl.col(gdp_per_head)
    )
    refuse_unknown([world], table["country"].unique().to_list(), _WHAT)
    whole = table.filter(country=world).select("year", world_gdp_per_head_usd="gdp_per_head_usd")
    of_world = pl.when(pl.col("world_gdp_per_head_usd") > 0).then("world_gdp_per_head_usd")
    return table.join(whole, on="year", how="left", validate="m:1", maintain_order="left").with_columns(
        ratio=pl.col("gdp_per_head_usd") / of_world
    )


def income_at_peak(
    peaks: Peaks,
    gdp: object,
    *,
    country: str = "iso3",
    time: str = "year",
    gdp_per_head: str = "gdp_per_head_usd",
    world: str = WORLD,
) -> Income:
    """GDP per head of every country and of the world in the year of its peak, in current USD, and their ratio.

    Countries that have not peaked stand with the year of their highest emissions so far; read `status`. A year without
    an income (before 1960, say) leaves nulls and `known` false: nothing is taken from a neighbouring year.

    Raises
    ------
    SchemaError, DataError
        See `incomes`; no country of the peaks stands in the table of incomes.

    Examples
    --------
    >>> from dualcarbon.nations import peaks, shipped_emissions, shipped_income
    >>> found = income_at_peak(peaks(shipped_emissions()), shipped_income())
    >>> row = found.frame.row(by_predicate=pl.col("country") == "USA", named=True)
    >>> row["year"], round(row["gdp_per_head_usd"]), round(row["ratio"], 2)
    (2005, 44123, 6.08)
    """
    rich = incomes(gdp, country, time, gdp_per_head, world)
    refuse_strangers(peaks.frame["country"].to_list(), rich["country"].unique().to_list())
    at = peaks.frame.select("country", "status", "co2_mt", year="peak_year")
    joined = at.join(rich, on=["country", "year"], how="left", validate="m:1", maintain_order="left")
    columns = ["country", "status", "year", "co2_mt", "gdp_per_head_usd", "world_gdp_per_head_usd", "ratio"]
    return Income(joined.select(*columns, known=pl.col("ratio").is_not_null()))


def position(
    peaks: Peaks,
    gdp: object,
    country: str = "CHN",
    *,
    pledged: int = PLEDGED,
    key: str = "iso3",
    time: str = "year",
    gdp_per_head: str = "gdp_per_head_usd",
    world: str = WORLD,
) -> Position:
    """Where a country stands today: income, ratio to the world, years since its highest emissions and to its pledge.

    "Today" is the latest year in which both the country and the world have an income.

    Raises
    ------
    SchemaError, DataError
        If the country is in neither table, or there is no year with both incomes.

    Examples
    --------
    >>> from dualcarbon.nations import peaks, shipped_emissions, shipped_income
    >>> now = position(peaks(shipped_emissions()), shipped_income())
    >>> now.year, round(now.gdp_per_head_usd), round(now.ratio, 3), now.years_to_pledge
    (2023, 12614, 0.965, 7)
    """
    rich = incomes(gdp, key, time, gdp_per_head, world)
    refuse_unknown([country], rich["country"].unique().to_list(), _WHAT)
    own = rich.filter(pl.col("country") == country).drop_nulls("ratio")
    peak = peaks.of(country)
    if not own.height or peak["peak_year"] is None:
        raise DataError(
            Text("{c} 的今天无从说起", "nothing can be said of {c} today").format(c=country),
            expected=Text(
                "同一年中该国与世界的收入，以及排放", "an income of country and world in one year, and emissions"
            ),
            found=Text("共同年份 {n} 个；达峰判断 {s}", "{n} years with both; verdict on the peak {s}").format(
                n=own.height, s=peak["status"]
            ),
            remedy=Text("补上收入或排放数据", "add incomes or emissions"),
        )
    last, highest, end = own.row(-1, named=True), int(str(peak["peak_year"])), int(str(peak["last_year"]))
    return Position(
        country,
        last["year"],
        last["gdp_per_head_usd"],
        last["world_gdp_per_head_usd"],
        last["ratio"],
        str(peak["status"]),
        highest,
        end,
        end - highest,
        pledged - last["year"],
    )
