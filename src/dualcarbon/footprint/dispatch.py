"""A sized station under a fixed rule: the year it was sized on, and many other years for its loss of load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError, DataError
from dualcarbon.core.text import Text
from dualcarbon.footprint.station import Case, Yields
from dualcarbon.footprint.station_checks import read_hours, require_hours
from dualcarbon.footprint.station_result import StationDesign
from dualcarbon.footprint.synthetic_weather import Climate, synthetic_weather
from dualcarbon.footprint.weather import Site, Weather
from dualcarbon.footprint.yields import Panels, Turbine
from dualcarbon.kernels.dispatch import (
    CURTAILED,
    GRID,
    LAST,
    LOST,
    LOST_HOURS,
    Battery,
    dispatch_hours,
    dispatch_totals,
    repeating_start,
)
from dualcarbon.kernels.sizing_lp import YEAR_H

Array = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of `Outcomes.quantiles`."""


@dataclass(frozen=True, slots=True)
class RuleRun:
    """The year of the design under the rule: own power, battery, grid.

    Attributes
    ----------
    cost_cny, grid_kwh, curtailed_kwh, lost_kwh, lost_hours : float
        Per year; the cost holds the design's annuities.
    planned_cost_cny, planned_lost_kwh : float
        Of the design itself, which knows the year in advance.
    start_kwh : float
        The charge the year begins and ends with.
    """

    cost_cny: float
    grid_kwh: float
    curtailed_kwh: float
    lost_kwh: float
    lost_hours: float
    planned_cost_cny: float
    planned_lost_kwh: float
    start_kwh: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A station in many years.

    Attributes
    ----------
    table : polars.DataFrame, one row a year
        year, lost_kwh, lost_share, lost_hours, grid_kwh, curtailed_kwh: sums over the hours of the year as given, not
        stretched to 8,760.
    """

    table: pl.DataFrame

    @property
    def mean_lost_share(self) -> float:
        """Expected share of the load that is lost."""
        return float(self.table["lost_share"].to_numpy().mean())

    @property
    def years_with_loss(self) -> float:
        """Share of the years with any loss."""
        return float((self.table["lost_hours"].to_numpy() > 0.0).mean())

    @property
    def quantiles(self) -> pl.DataFrame:
        """level, lost_share, lost_hours."""
        found = {c: np.quantile(self.table[c].to_numpy(), LEVELS) for c in ("lost_share", "lost_hours")}
        return pl.DataFrame({"level": LEVELS, **found})


def follow_rule(design: StationDesign) -> RuleRun:
    """The design's own year under the rule, from the charge that repeats.

    The rule knows no future, so that it never costs less than the design at the same loss of load, nor loses less at
    the same cost.

    Raises
    ------
    ConvergenceError
        If no charge repeats within 2,000 years: a battery far larger than its year.
    """
    case, battery = design.case, _battery(design)
    own = case.pv * design.pv_kw + case.wind * design.wind_kw
    start = repeating_start(own, case.load, battery)
    if start is None:
        raise _unsettled()
    hours = dispatch_hours(own, case.load, battery, _limit(case), start)
    weight = YEAR_H / case.load.size
    equipment = float(design.breakdown["cny_per_year"].to_numpy()[:4].sum())
    return RuleRun(
        cost_cny=equipment + weight * float(case.price @ hours.grid_kwh),
        grid_kwh=weight * float(hours.grid_kwh.sum()),
        curtailed_kwh=weight * float(hours.curtailed_kwh.sum()),
        lost_kwh=weight * float(hours.lost_kwh.sum()),
        lost_hours=weight * float((hours.lost_kwh > 1e-9 * case.load).sum()),
        planned_cost_cny=design.cost_cny,
        planned_lost_kwh=design.lost_kwh,
        start_kwh=start,
    )


def _unsettled() -> ConvergenceError:
    return ConvergenceError(
        Text("电池的电量没有首尾相接", "the battery's charge does not repeat"),
        expected=Text("年初与年末电量相同", "the same charge at the start and the end of the year"),
        found=Text("2000 遍后仍在变化", "still moving after 2,000 passes"),
        remedy=Text("给出电池上限 Limits(battery_kwh=)", "limit the battery with Limits(battery_kwh=)"),
    )


def reliability(
    design: StationDesign,
    years: Sequence[Weather | Yields] | int,
    *,
    site: Site | None = None,
    climate: Climate | None = None,
    panels: Panels | None = None,
    turbine: Turbine | None = None,
    seed: int = 1,
) -> Outcomes:
    """How much load a design loses in years it was not sized on.

    Parameters
    ----------
    design : StationDesign
    years : sequence of Weather or Yields, or int
        Years in order, or how many synthetic years to make at `site`. The battery goes from one year into the next; it
        begins as full as in the design.
    climate, panels, turbine : as in `size_station`
    seed : int
        Year i is the same for any number of years.

    Raises
    ------
    DataError
        If a year is not as long as the load or has negative or missing hours, there is no year, or years are a number
        without a site.
    """
    if isinstance(years, (int, np.integer)):
        if site is None or years < 1:
            raise _no_years(int(years), site)
        years = synthetic_weather(site, climate, years=int(years), seed=seed)
    if not len(years):
        raise _no_years(0, site)
    charge, rows = design.start_kwh, []
    for i, year in enumerate(years):
        yields = year if isinstance(year, Yields) else Yields.of(year, panels, turbine)
        totals = _year(design, yields, charge)
        charge = float(totals[LAST])
        rows.append(
            (i + 1, totals[LOST], totals[LOST] / design.case.load.sum(), *totals[[LOST_HOURS, GRID, CURTAILED]])
        )
    names = ("year", "lost_kwh", "lost_share", "lost_hours", "grid_kwh", "curtailed_kwh")
    return Outcomes(pl.DataFrame([tuple(map(float, row)) for row in rows], schema=names, orient="row"))


def _no_years(n: int, site: Site | None) -> DataError:
    return DataError(
        Text("没有可用的年份", "there are no years"),
        expected=Text("site 与至少一年，或各年的气象", "a site and at least one year, or the weather of each year"),
        found=Text("{n} 年，site={s}", "{n} years, site={s}").format(n=n, s=site),
        remedy=Text("给出 site=，或给出各年的气象", "give site=, or the weather of each year"),
    )


def _year(design: StationDesign, yields: Yields, charge: float) -> Array:
    pv, wind = read_hours(yields.pv), read_hours(yields.wind)
    load = design.case.load
    if not pv.shape == wind.shape == load.shape:
        raise DataError(
            Text("年份与负荷长度不同", "a year is not as long as the load"),
            expected=Text("{n} 小时", "{n} hours").format(n=load.size),
            found=Text("光伏 {p}，风电 {w}", "PV {p}, wind {w}").format(p=pv.size, w=wind.size),
            remedy=Text("各年给出同样多的小时", "give as many hours in every year"),
        )
    for name, values in (("pv", pv), ("wind", wind)):
        require_hours(name, values, load.size)
    return dispatch_totals(
        pv * design.pv_kw + wind * design.wind_kw, load, _battery(design), _limit(design.case), charge
    )


def _battery(design: StationDesign) -> Battery:
    how, energy = design.case.storage, design.battery_kwh
    floor = (1.0 - how.depth_of_discharge) * energy
    return Battery(energy, floor, design.converter_kw, how.charging, how.discharging)


def _limit(case: Case) -> float:
    return float(case.grid.limit_kw) if case.on_grid else 0.0
