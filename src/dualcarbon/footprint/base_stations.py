"""Electricity and CO2 of 5G stations, year by year."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text
from dualcarbon.footprint import faults
from dualcarbon.footprint.energy import StationEnergy, observed, station_energy
from dualcarbon.footprint.factors import chosen_path, given_paths
from dualcarbon.footprint.savings import Saving
from dualcarbon.footprint.stock import Stock, resolved

DAYS = 365
KWH_PER_TWH = 1e9


@dataclass(frozen=True, slots=True)
class Stations:
    """Electricity and CO2 of 5G stations.

    Attributes
    ----------
    by_year : polars.DataFrame
        year, stations_year_end, stations_average, stock_status, days, kwh_per_station_day, energy_status,
        power_average_twh, power_year_end_twh, t_per_mwh, factor_official, co2_average_mt, co2_year_end_mt.
    by_saving : polars.DataFrame
        year, saving, reached_share, saved_kwh_per_station_day, saved_twh (on the average stock); no rows without
        savings.
    stock : Stock
    energy : StationEnergy
    grid : GridPath
    notes : tuple of Text
    """

    by_year: pl.DataFrame
    by_saving: pl.DataFrame
    stock: Stock
    energy: StationEnergy
    grid: GridPath
    notes: tuple[Text, ...]

    @property
    def power_twh(self) -> dict[int, float]:
        """TWh by year on the average stock."""
        return dict(self.by_year.select("year", "power_average_twh").iter_rows())

    def under(self, paths: Sequence[GridPath] | None = None) -> pl.DataFrame:
        """CO2 under several factors: year, factor (English), t_per_mwh, co2_average_mt, co2_year_end_mt.

        By default the national factors of `factor_paths`. A path that lacks a year is refused.
        """
        years = self.by_year["year"].to_list()
        blocks = []
        for path in given_paths(paths, years):
            factor = path.at(years)
            block = self.by_year.select("year", power_a="power_average_twh", power_b="power_year_end_twh").with_columns(
                factor=pl.lit(path.label.en), t_per_mwh=pl.Series(factor)
            )
            blocks.append(
                block.select(
                    "year",
                    "factor",
                    "t_per_mwh",
                    co2_average_mt=pl.col("power_a") * pl.col("t_per_mwh"),
                    co2_year_end_mt=pl.col("power_b") * pl.col("t_per_mwh"),
                )
            )
        return pl.concat(blocks)

    def table(self) -> Table:
        """Stock, energy per station, electricity and CO2 by year, average beside year-end stock."""
        from dualcarbon.footprint import base_exhibits

        return base_exhibits.table(self)

    def factor_table(self, paths: Sequence[GridPath] | None = None) -> Table:
        """CO2 by year under several factors."""
        from dualcarbon.footprint import base_exhibits

        return base_exhibits.factor_table(self, paths)

    def saving_table(self) -> Table:
        """What each technology saves in the last year; no rows without savings."""
        from dualcarbon.footprint import base_exhibits

        return base_exhibits.saving_table(self)

    def figure(self, paths: Sequence[GridPath] | None = None) -> Figure:
        """CO2 over the years under several factors, average and year-end stock."""
        from dualcarbon.footprint import base_exhibits

        return base_exhibits.figure(self, paths)


def stations(
    years: Iterable[int] | None = None,
    *,
    stock: Stock | str | Mapping[int, float] | None = None,
    kwh_per_day: float | Mapping[int, float] | None = None,
    savings: Sequence[Saving] = (),
    grid: GridPath | None = None,
    factor: str | float | None = None,
    vintage: str = "in_force",
    leap_days: bool = False,
) -> Stations:
    """Electricity and CO2 of 5G stations by year, on the average and on the year-end stock.

        power(t) = (N(t-1) + N(t))/2 x kWh per day(t) x 365;   co2(t) = power(t) x factor(t)

    and the same with N(t) in place of the average.

    Parameters
    ----------
    years : iterable of int, optional
        2019-2025 by default, the years with facts; beyond them a scenario of the stock is needed.
    stock : None, "low", "mid", "high", Stock or mapping of year to stations at its end
        Published year ends by default; a word takes a logistic path beyond them. A mapping needs the year before the
        first one too.
    kwh_per_day : float or mapping of year to kWh, optional
        Per station. By default 65 in 2019 and 52 in 2024, geometric between and held after; with savings, 65 in every
        year. A mapping is interpolated linearly.
    savings : sequence of Saving
        Multiply one after another; `default_savings()` has shipped assumptions.
    grid : GridPath, optional
        t CO2/MWh by year, such as one made by `dualcarbon.power`.
    factor : str or float, optional
        Instead of `grid`: "national_average" (the default) or "national_reporting" as published, or t CO2/MWh.
    vintage : {"in_force", "nearest", "exact"}
        Which year's published factor a year takes.
    leap_days : bool
        False counts 365 days in every year, as the report does; True counts 366 in leap years.

    Returns
    -------
    Stations
        `.by_year`, `.by_saving`, `.under(paths)`, `.table()`, `.factor_table()`, `.figure()`.

    Raises
    ------
    ConfigError
        Unknown scenario, factor or vintage; both grid and factor.
    DataError
        Negative energy or stock; years without stock, energy or grid factor.

    Examples
    --------
    >>> found = stations([2024])
    >>> [round(found.by_year[c][0], 1) for c in ("power_year_end_twh", "power_average_twh")]
    [80.7, 72.4]
    """
    held = resolved(stock)
    told = tuple(y for y in Stock.facts().years.tolist() if y > Stock.facts().years[0])
    t = faults.asked_years(years if years is not None else told).tolist()
    energy = station_energy(t, kwh_per_day, savings)
    path = chosen_path(grid, factor, vintage, t)
    days = np.array([366 if leap_days and calendar.isleap(y) else DAYS for y in t], dtype=np.int64)
    by_year = _by_year(t, held, energy, path, days)
    return Stations(by_year, _by_saving(by_year, energy), held, energy, path, _notes(held, energy, path, leap_days))


def _by_year(
    years: list[int], stock: Stock, energy: StationEnergy, path: GridPath, days: NDArray[np.int64]
) -> pl.DataFrame:
    ends, means, factor = stock.at(years), stock.average(years), path.at(years)
    average, year_end = (n * energy.kwh_per_day * days / KWH_PER_TWH for n in (means, ends))
    official = path.official[np.searchsorted(path.years, years)]
    return pl.DataFrame(
        {
            "year": years,
            "stations_year_end": ends,
            "stations_average": means,
            "stock_status": [stock.status(y) for y in years],
            "days": days,
            "kwh_per_station_day": energy.kwh_per_day,
            "energy_status": energy.statuses,
            "power_average_twh": average,
            "power_year_end_twh": year_end,
            "t_per_mwh": factor,
            "factor_official": official,
            "co2_average_mt": average * factor,
            "co2_year_end_mt": year_end * factor,
        }
    )


def _by_saving(by_year: pl.DataFrame, energy: StationEnergy) -> pl.DataFrame:
    year, mean, days = (by_year[c].to_numpy() for c in ("year", "stations_average", "days"))
    schema = {
        "year": pl.Int64,
        "saving": pl.String,
        "reached_share": pl.Float64,
        "saved_kwh_per_station_day": pl.Float64,
        "saved_twh": pl.Float64,
    }
    rows = [
        (int(y), one.name, float(reached), float(kwh), float(n * kwh * d / KWH_PER_TWH))
        for one, saved in zip(energy.savings, energy.saved_kwh_per_day, strict=True)
        for y, reached, kwh, n, d in zip(year, one.reached(year), saved, mean, days, strict=True)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _against_observed(energy: StationEnergy) -> tuple[Text, ...]:
    """What savings leave against what is told for the same year."""
    told = observed()
    last = max(told)
    if not energy.savings or last not in energy.years:
        return ()
    left = float(energy.kwh_per_day[int(np.searchsorted(energy.years, last))])
    said = Text(
        "{y} 年各项节能之后为 {a} 千瓦时/日，公布为不超过 {b}，相差 {d}%。",
        "In {y} the savings leave {a} kWh a day; {b} at most is told; difference {d} %.",
    )
    return (said.format(y=last, a=f"{left:.2f}", b=f"{told[last]:g}", d=f"{100.0 * (left / told[last] - 1.0):+.1f}"),)


def _notes(stock: Stock, energy: StationEnergy, path: GridPath, leap_days: bool) -> tuple[Text, ...]:
    days = (
        Text("闰年按 366 天计。", "Leap years count 366 days.")
        if leap_days
        else Text("每年按 365 天计，闰日不计。", "Every year counts 365 days; leap days are left out.")
    )
    return (
        Text("存量：{l}，{r}。", "Stock: {l}, {r}.").format(l=stock.label, r=stock.rule),
        Text("单站用电：{r}。", "Energy per station: {r}.").format(r=energy.rule),
        *_against_observed(energy),
        days,
        Text("电网因子：{l}，{r}。", "Grid factor: {l}, {r}.").format(l=path.label, r=path.rule),
    )
