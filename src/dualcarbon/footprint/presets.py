"""Simulations of the sector with shipped laws: stations and data centres over the years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text
from dualcarbon.footprint import energy, faults
from dualcarbon.footprint.base_stations import DAYS, KWH_PER_TWH
from dualcarbon.footprint.computing import HOURS
from dualcarbon.footprint.factors import require_path
from dualcarbon.footprint.fleet import Scenario, power_w, scenario
from dualcarbon.footprint.laws import Law, shipped_laws
from dualcarbon.footprint.milestones import between
from dualcarbon.footprint.simulation import Simulation, monte_carlo
from dualcarbon.footprint.stock import TEN_THOUSAND, Stock, logistic
from dualcarbon.footprint.words import MT, TWH

Floats = NDArray[np.float64]
Values = Mapping[str, Floats]

_BEYOND = Text("基站模拟", "simulation of stations")


def station_simulation(
    years: Iterable[int],
    grid: GridPath,
    *,
    inputs: Mapping[str, Law] | None = None,
    draws: int = 16_384,
    seed: int = 0,
    engine: Engine | None = None,
) -> Simulation:
    """CO2 (Mt) of 5G stations beyond the facts, on the average stock, with uncertain inputs.

        N(t) logistic from the last facts to `saturation_10k`, the rate such that it passes the last two of them;
        kwh(t) = kwh_per_station_day (1 - yearly_saving)^(t - 2024);
        co2(t) = (N(t-1) + N(t))/2 x kwh(t) x 365 x grid(t) x factor_ratio

    Parameters
    ----------
    years : iterable of int
        After the last year of the facts.
    grid : GridPath
    inputs : mapping of name to Law, optional
        Replace shipped laws by name.

    Raises
    ------
    ConfigError
        An input by an unknown name; a grid that is no path.
    DataError
        A year within the facts or outside the grid path.
    """
    require_path(grid)
    facts = Stock.facts()
    start = int(facts.years[-1])
    t = faults.asked_years(years)
    remedy = Text("已公布的年份用 stations()", "for published years take stations()")
    faults.require_years(_BEYOND, range(start + 1, max(int(t[-1]), start + 1) + 1), t.tolist(), remedy)
    factor, last_told = grid.at(t), max(energy.observed())
    before, level = facts.stations[-2:]

    def model(value: Values) -> Floats:
        saturation = value["saturation_10k"][:, None] * TEN_THOUSAND
        growth = np.log(level / (saturation - level)) - np.log(before / (saturation - before))
        ends = logistic(t - start, level, saturation, growth)
        starts = logistic(t - 1 - start, level, saturation, growth)
        kwh = value["kwh_per_station_day"][:, None] * (1.0 - value["yearly_saving"][:, None]) ** (t - last_told)
        power_twh = 0.5 * (starts + ends) * kwh * DAYS / KWH_PER_TWH
        return np.asarray(power_twh * factor * value["factor_ratio"][:, None])

    laws = _replaced(shipped_laws("stations"), inputs)
    label = Text("5G 基站碳排放", "CO2 of 5G stations")
    names = t.tolist()
    return monte_carlo(model, laws, outcomes=names, draws=draws, seed=seed, label=label, unit=MT, engine=engine)


def data_centre_simulation(
    region: str | Scenario,
    years: Iterable[int],
    *,
    inputs: Mapping[str, Law] | None = None,
    draws: int = 16_384,
    seed: int = 0,
    engine: Engine | None = None,
) -> Simulation:
    """Electricity (TWh) of data centres with uncertain stock, peak power, utilisation and PUE.

        power(t) = sum_k N_k(t) units_ratio x P_k(utilisation_ratio u_k) peak_ratio x 8760 x (1 + other(t))
                   x [1 + (PUE(t) - 1) pue_excess_ratio]

    The ratios are the same for all kinds and years; a utilisation that would pass 1 stays at 1.

    Raises
    ------
    ConfigError
        Unknown region, or an input by an unknown name.
    DataError
        A year outside the scenario.
    """
    plan = region if isinstance(region, Scenario) else scenario(region)
    t = faults.asked_years(years).tolist()
    words = Text("数据中心", "data centres")
    pue, other = (between(words, part, t, "linear") for part in (plan.sites.pue, plan.sites.other_share))
    parts = [
        (
            fleet.units(t),
            *(between(fleet.label, p, t, "linear") for p in (fleet.peak_w, fleet.idle_share, fleet.utilisation)),
        )
        for fleet in plan.fleets
    ]

    def model(value: Values) -> Floats:
        ratio = {name: values[:, None] for name, values in value.items()}
        units = np.zeros((len(value["units_ratio"]), len(t)))
        for stock, peak, idle, load in parts:
            watts = power_w(peak * ratio["peak_ratio"], idle, np.minimum(load * ratio["utilisation_ratio"], 1.0))
            units += stock * ratio["units_ratio"] * watts * HOURS / 1e6
        return np.asarray(units * (1.0 + other) * (1.0 + (pue - 1.0) * ratio["pue_excess_ratio"]))

    laws = _replaced(shipped_laws("data_centres"), inputs)
    label = Text("{r}数据中心用电", "{r}: electricity of data centres").format(r=plan.label)
    return monte_carlo(model, laws, outcomes=t, draws=draws, seed=seed, label=label, unit=TWH, engine=engine)


def _replaced(laws: dict[str, Law], inputs: Mapping[str, Law] | None) -> dict[str, Law]:
    for name in inputs or {}:
        faults.require_choice(Text("输入", "input"), name, laws)
    return {**laws, **(inputs or {})}
