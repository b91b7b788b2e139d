"""Sizing a zero-carbon station over 8,760 hours, and a year of its dispatch.

The rival is PyPSA on the same inputs where it is installed (`pip install dualcarbon[pypsa]`).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from dualcarbon.footprint.costs import Costs
from dualcarbon.footprint.station import Load, Yields
from dualcarbon.footprint.synthetic_weather import synthetic_weather
from dualcarbon.footprint.weather import Site
from dualcarbon.kernels.dispatch import Battery, dispatch_totals
from dualcarbon.kernels.sizing_lp import Sizing, size
from registry import benchmark

SITE = Site(31.2, 121.5, 5.0, 8.0)
HOURS = 8760
PRICE, T_PER_KWH = 0.75, 0.5306e-3


def question(co2_cap: float | None = None, grid: bool = False) -> Sizing:
    """A year at Shanghai, 65 kWh a day."""
    found = Yields.of(synthetic_weather(SITE, seed=1)[0])
    return Sizing(
        pv=np.asarray(found.pv),
        wind=np.asarray(found.wind),
        load=Load(65.0).hours(HOURS),
        cost=Costs().yearly,
        limits=np.full(4, np.inf),
        charging=0.95,
        discharging=0.95,
        floor=0.0,
        hours=None,
        price=np.full(HOURS, PRICE) if grid else None,
        co2=np.full(HOURS, T_PER_KWH) if grid else None,
        grid_kw=np.inf if grid else 0.0,
        co2_cap=co2_cap,
        lost_cap=None,
    )


def pypsa_zero() -> Callable[[], object]:
    """The same zero-carbon station in PyPSA."""
    import pandas as pd
    import pypsa

    asked = question()

    def run() -> object:
        n = pypsa.Network()
        n.set_snapshots(pd.RangeIndex(HOURS))
        for bus in ("station", "battery"):
            n.add("Bus", bus)
        n.add("Load", "load", bus="station", p_set=asked.load)
        for name, power, cost in (("pv", asked.pv, asked.cost[0]), ("wind", asked.wind, asked.cost[1])):
            n.add("Generator", name, bus="station", p_nom_extendable=True, p_max_pu=power, capital_cost=cost)
        n.add("Store", "battery", bus="battery", e_nom_extendable=True, e_cyclic=True, capital_cost=asked.cost[2])
        both = {"p_nom_extendable": True, "efficiency": 0.95}
        n.add("Link", "charger", bus0="station", bus1="battery", capital_cost=asked.cost[3], **both)
        n.add("Link", "discharger", bus0="battery", bus1="station", **both)
        return n.optimize(solver_name="highs", extra_functionality=one_converter, log_to_console=False)

    return run


def one_converter(network: object, snapshots: object) -> None:
    """The charger and the discharger are one machine, rated at the station's bus."""
    model = network.model  # type: ignore[attr-defined]
    links = model["Link-p_nom"]
    name = next(iter(links.dims))
    model.add_constraints(links.sel({name: "charger"}) - 0.95 * links.sel({name: "discharger"}) == 0, name="one")


RIVAL = {"rival_name": "PyPSA", "rival": pypsa_zero} if find_spec("pypsa") else {}


@benchmark("footprint: zero-carbon sizing", size="8,760 h", repeats=1, **RIVAL)
def zero_carbon() -> Callable[[], object]:
    """PV, wind and battery without a grid."""
    asked = question()
    return lambda: size(asked)


@benchmark("footprint: sizing under a carbon cap", size="8,760 h", repeats=1)
def capped() -> Callable[[], object]:
    """With the grid and one tonne a year."""
    asked = question(co2_cap=1.0, grid=True)
    return lambda: size(asked)


@benchmark("footprint: a year of dispatch", size="8,760 h", repeats=20)
def dispatch_year() -> Callable[[], object]:
    """The rule with fixed sizes."""
    asked = question()
    own, battery = 36.0 * asked.pv + 5.0 * asked.wind, Battery(110.0, 0.0, 8.0, 0.95, 0.95)
    dispatch_totals(own, asked.load, battery, 0.0, 55.0)
    return lambda: dispatch_totals(own, asked.load, battery, 0.0, 55.0)


@benchmark("footprint: a synthetic year of weather", size="8,760 h", repeats=3)
def weather_year() -> Callable[[], object]:
    """Clear sky, clouds, temperature, wind."""
    synthetic_weather(SITE, seed=1)
    return lambda: synthetic_weather(SITE, seed=2)
