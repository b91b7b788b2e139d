"""What a station should have, what it costs, emits and loses, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.text import Text
from dualcarbon.footprint.station import Case
from dualcarbon.kernels.sizing_lp import ENERGY, POWER, PV, WIND, YEAR_H, Sized


@dataclass(frozen=True, slots=True)
class StationDesign:
    """The cheapest station that reaches a goal. Sums are per year of 8,760 h.

    Attributes
    ----------
    pv_kw, wind_kw, battery_kwh, converter_kw : float
        Sizes.
    load_kwh, grid_kwh, curtailed_kwh, lost_kwh : float
        Curtailed is own power that neither load nor battery takes.
    cost_cny : float
        Annuities, upkeep and grid power.
    breakdown : polars.DataFrame
        item, size, unit, cny_per_year.
    lcoe_cny_per_kwh : float
        Cost over load served.
    co2_t : float
        Of grid power, with the factor `case.grid.label`; making the equipment is not counted.
    grid_only_co2_t, grid_only_cny : float
        The same load from the grid alone.
    co2_price_cny_per_t, lost_price_cny_per_kwh : float
        What the cost falls by if the cap on CO2 or on lost load is one unit looser; NaN without such a cap.
    status : str
        "optimal".
    gap : float
        Cost less the cost of the dual program, relative: how well the optimum is proved.
    balance : float
        Largest error of an hour's energy balance, relative to the mean load.
    dispatch : polars.DataFrame, one row an hour
        hour, time if known, load_kwh, pv_kwh, wind_kwh, charged_kwh, discharged_kwh, charge_kwh (end of the hour),
        grid_kwh, curtailed_kwh, lost_kwh, price_cny_per_kwh (what one more kWh of load in that hour costs).
    case : Case
    """

    pv_kw: float
    wind_kw: float
    battery_kwh: float
    converter_kw: float
    load_kwh: float
    grid_kwh: float
    curtailed_kwh: float
    lost_kwh: float
    cost_cny: float
    breakdown: pl.DataFrame
    lcoe_cny_per_kwh: float
    co2_t: float
    grid_only_co2_t: float
    grid_only_cny: float
    co2_price_cny_per_t: float
    lost_price_cny_per_kwh: float
    status: str
    gap: float
    balance: float
    start_kwh: float
    dispatch: pl.DataFrame
    case: Case

    def table(self, number: Text | None = None) -> Table:
        """Sizes, cost, carbon and losses as a table in both languages."""
        from dualcarbon.footprint.station_exhibits import table

        return table(self, number)

    def figure(self, number: Text | None = None, *, first_day: int | None = None, days: int = 7) -> Figure:
        """Some days of the dispatch; the week with the lowest charge if no day is given."""
        from dualcarbon.footprint.station_exhibits import figure

        return figure(self, number, first_day, days)

    def __repr__(self) -> str:
        return (
            f"StationDesign({type(self.case.goal).__name__}: PV {self.pv_kw:.4g} kW, wind {self.wind_kw:.4g} kW, "
            f"battery {self.battery_kwh:.4g} kWh, converter {self.converter_kw:.4g} kW, grid {self.grid_kwh:.4g} kWh, "
            f"{self.cost_cny:,.0f} CNY and {self.co2_t:.4g} t a year)"
        )


def design(case: Case, found: Sized) -> StationDesign:
    """The result of a solved program."""
    hours, sizes = found.hours, found.sizes
    weight = YEAR_H / case.load.size
    grid = weight * float(hours.grid_kwh.sum())
    lost = weight * float(hours.lost_kwh.sum())
    load = weight * float(case.load.sum())
    emitted = weight * float(case.t_per_kwh @ hours.grid_kwh)
    parts = _breakdown(case, found, grid, weight)
    return StationDesign(
        pv_kw=float(sizes[PV]),
        wind_kw=float(sizes[WIND]),
        battery_kwh=float(sizes[ENERGY]),
        converter_kw=float(sizes[POWER]),
        load_kwh=load,
        grid_kwh=grid,
        curtailed_kwh=weight * float(hours.curtailed_kwh.sum()),
        lost_kwh=lost,
        cost_cny=found.cost,
        breakdown=parts,
        lcoe_cny_per_kwh=found.cost / (load - lost) if load > lost else float("nan"),
        co2_t=emitted,
        grid_only_co2_t=weight * float(case.t_per_kwh @ case.load),
        grid_only_cny=weight * float(case.price @ case.load),
        co2_price_cny_per_t=found.co2_price,
        lost_price_cny_per_kwh=found.lost_price,
        status="optimal",
        gap=(found.cost - found.dual_cost) / max(abs(found.cost), np.finfo(float).tiny),
        balance=_imbalance(case, found),
        start_kwh=hours.start_kwh,
        dispatch=_dispatch(case, found),
        case=case,
    )


def _breakdown(case: Case, found: Sized, grid_kwh: float, weight: float) -> pl.DataFrame:
    names = ("pv", "wind", "battery", "converter", "grid")
    yearly = found.sizes * case.costs.yearly
    bought = weight * float(case.price @ found.hours.grid_kwh)
    return pl.DataFrame(
        {
            "item": names,
            "size": [*found.sizes.tolist(), grid_kwh],
            "unit": ["kW", "kW", "kWh", "kW", "kWh/year"],
            "cny_per_year": [*yearly.tolist(), bought],
        }
    )


def _imbalance(case: Case, found: Sized) -> float:
    own, hours = case.pv * found.sizes[PV] + case.wind * found.sizes[WIND], found.hours
    used = own - hours.curtailed_kwh + hours.discharged_kwh - hours.charged_kwh + hours.grid_kwh + hours.lost_kwh
    level = np.diff(hours.charge_kwh, prepend=hours.start_kwh)
    stored = level - case.storage.charging * hours.charged_kwh + hours.discharged_kwh / case.storage.discharging
    return float(max(np.abs(used - case.load).max(), np.abs(stored).max()) / case.load.mean())


def _dispatch(case: Case, found: Sized) -> pl.DataFrame:
    hours = found.hours
    columns = {
        "hour": np.arange(1, case.load.size + 1),
        "load_kwh": case.load,
        "pv_kwh": case.pv * found.sizes[PV],
        "wind_kwh": case.wind * found.sizes[WIND],
        "charged_kwh": hours.charged_kwh,
        "discharged_kwh": hours.discharged_kwh,
        "charge_kwh": hours.charge_kwh,
        "grid_kwh": hours.grid_kwh,
        "curtailed_kwh": hours.curtailed_kwh,
        "lost_kwh": hours.lost_kwh,
        "price_cny_per_kwh": found.price,
    }
    frame = pl.DataFrame(columns)
    return frame if case.time is None else frame.insert_column(1, case.time.alias("time"))
