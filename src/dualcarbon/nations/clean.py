"""The share of clean electricity, by country and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text
from dualcarbon.nations.faults import refuse_sums, refuse_unknown, refuse_unseen, sound

COMPARED = ("CHN", "USA", "DEU", "GBR", "FRA", "JPN", "IND", "BRA", "CAN", "KOR", "WLD")
"""Countries compared unless others are named."""
_WHAT = Text("电力结构表", "table of electricity")


@dataclass(frozen=True, slots=True)
class CleanShares:
    """Clean electricity by country and year.

    Attributes
    ----------
    frame : polars.DataFrame, sorted
        `country`, `year`, `total_twh`, `clean_twh`, `clean_share`; `unaccounted`, the share of the total neither clean
        nor fossil, where the table has fossil generation; `source` and `status` where it has them.
    tolerance : float
        Largest `unaccounted` allowed.
    """

    frame: pl.DataFrame
    tolerance: float

    def latest(self) -> pl.DataFrame:
        """The last year of every country."""
        return self.frame.group_by("country", maintain_order=True).last()

    def at(self, year: int) -> dict[str, float]:
        """Clean share by country in one year."""
        return dict(self.frame.filter(pl.col("year") == year).select("country", "clean_share").iter_rows())

    def __repr__(self) -> str:
        years = self.frame["year"]
        return f"CleanShares({self.frame['country'].n_unique()} countries, {years.min()!r}-{years.max()!r})"


def clean_shares(
    mix: object,
    *,
    countries: str | Sequence[str] | None = COMPARED,
    since: int = 1985,
    tolerance: float = 0.03,
    country: str = "iso3",
    time: str = "year",
    total: str = "total_twh",
    clean: str = "clean_twh",
    fossil: str = "fossil_twh",
) -> CleanShares:
    """Clean share = clean / total generation; clean is hydro, nuclear, wind, solar, biomass and other renewables.

    Parameters
    ----------
    mix : polars or pandas frame, one row per country and year
    countries : str or sequence of str, or None for all of the table
    since : int
        First year. Country-years without a total, or with one of zero, have no share and are left out.
    tolerance : float
        Largest |total - clean - fossil| / total, checked where the table has `fossil`. Before 2000 the stored file
        joins two statistics that differ by up to 2.9 % for the countries of `COMPARED`.

    Raises
    ------
    SchemaError, DataError
        If columns are absent, values negative, country-years double, countries unknown or without a year since then,
        or the parts do not add up.

    Examples
    --------
    >>> from dualcarbon.nations import shipped_mix
    >>> round(100 * clean_shares(shipped_mix()).at(2020)["CHN"], 1)
    33.0
    """
    given = as_polars(mix)
    known = fossil in given.columns
    table = sound(given, country, time, [total, clean], _WHAT)
    wanted = () if countries is None else (countries,) if isinstance(countries, str) else tuple(countries)
    if countries is not None:
        refuse_unknown(wanted, table[country].unique().to_list(), _WHAT)
        table = table.filter(pl.col(country).is_in(list(wanted)))
    table = table.filter(pl.col(time) >= since, pl.col(total) > 0)
    refuse_unseen(wanted, table[country].unique().to_list(), since)
    if known:
        rest = sound(given, country, time, [fossil], _WHAT)
        table = table.join(rest, on=[country, time], how="left", validate="1:1", maintain_order="left")
    told = [name for name in ("source", "status") if name in given.columns]
    if told:
        year = pl.col(time).cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
        keyed = given.select(pl.col(country).cast(pl.String), year.alias(time), *told).drop_nulls([country, time])
        table = table.join(keyed, on=[country, time], how="left", validate="1:m", maintain_order="left")
    other = pl.col(total) - pl.col(clean) - (pl.col(fossil) if known else pl.lit(0.0))
    table = table.with_columns(unaccounted=other / pl.col(total))
    off = table.filter(pl.col("unaccounted").abs() > tolerance if known else pl.col("unaccounted") < -tolerance)
    refuse_sums(off.select(country, time, total, clean), tolerance)
    return CleanShares(_named(table, country, time, total, clean, known), tolerance)


def _named(table: pl.DataFrame, country: str, time: str, total: str, clean: str, known: bool) -> pl.DataFrame:
    return table.select(
        country=pl.col(country),
        year=pl.col(time),
        total_twh=pl.col(total),
        clean_twh=pl.col(clean),
        clean_share=pl.col(clean) / pl.col(total),
        unaccounted=pl.col("unaccounted") if known else pl.lit(None, pl.Float64),
        **{name: pl.col(name) if name in table.columns else pl.lit(None, pl.String) for name in ("source", "status")},
    ).sort("country", "year")
