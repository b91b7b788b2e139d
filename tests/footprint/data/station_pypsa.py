"""The station as a PyPSA network. Run by PyPSA's own interpreter, it stores what PyPSA finds beside this file:

`python station_pypsa.py` writes station_pypsa.json: versions, and per case sizes, cost, grid and lost kWh a year.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

YEAR_H = 8760


@dataclass(frozen=True)
class Case:
    """One question; money as annuities and upkeep a year of PV kW, wind kW, battery kWh, converter kW."""

    name: str
    hours: int
    cost: tuple[float, float, float, float] = (355.0, 1077.0, 132.0, 68.0)
    grid: bool = True
    tariff: bool = False
    grid_kw: float = 1000.0
    t_per_mwh: float = 0.5306
    co2_cap: float | None = None
    lost_share: float | None = None
    floor: float = 0.0
    battery_hours: float | None = None


CASES = (
    Case("least_cost", 720),
    Case("tariff_limit", 720, tariff=True, grid_kw=2.5),
    Case("cap", 720, co2_cap=2.0, floor=0.1),
    Case("zero", 720, grid=False),
    Case("lost", 720, grid=False, lost_share=0.01),
    Case("hours", 720, grid=False, battery_hours=4.0),
    Case("zero_year", 8760, grid=False),
    Case("cap_year", 8760, co2_cap=1.0),
)


def series(hours: int) -> dict[str, np.ndarray]:
    """PV and wind of one kW, load and tariff: made by formula, rounded so that every machine has the same numbers."""
    t = np.arange(hours)
    sun = np.maximum(np.sin(2 * np.pi * (t % 24 - 6) / 24), 0.0) * (0.8 - 0.25 * np.cos(2 * np.pi * t / YEAR_H))
    cloud = 0.55 + 0.45 * np.sin(t // 24 * 1.7) * np.cos(t // 24 * 0.61)
    wind = np.clip(0.18 + 0.25 * np.sin(t * 0.043) + 0.2 * np.sin(t * 0.0171 + 1.0), 0.0, 1.0)
    load = 2.7 + 0.5 * np.sin(2 * np.pi * (t % 24 - 9) / 24)
    tariff = np.where((t % 24 >= 8) & (t % 24 < 22), 1.1, 0.3)
    found = {"pv": sun * cloud, "wind": wind, "load": load, "tariff": tariff}
    return {name: np.round(values, 6) for name, values in found.items()}


def solve(case: Case) -> dict[str, float]:
    """PyPSA's optimum."""
    import pandas as pd
    import pypsa

    data, n = series(case.hours), pypsa.Network()
    n.set_snapshots(pd.RangeIndex(case.hours))
    weight = YEAR_H / case.hours
    n.snapshot_weightings["objective"] = weight
    for bus in ("station", "battery"):
        n.add("Bus", bus)
    n.add("Load", "load", bus="station", p_set=data["load"])
    for i, name in enumerate(("pv", "wind")):
        n.add("Generator", name, bus="station", p_nom_extendable=True, p_max_pu=data[name], capital_cost=case.cost[i])
    if case.grid:
        price = data["tariff"] if case.tariff else 0.75
        n.add("Generator", "grid", bus="station", p_nom=case.grid_kw, marginal_cost=price)
    if case.lost_share is not None:
        n.add("Generator", "lost", bus="station", p_nom=1.0, p_max_pu=data["load"], marginal_cost=0.0)
    _storage(n, case)
    status, condition = n.optimize(
        solver_name="highs", extra_functionality=lambda n, _: _rules(n, case, data, weight), log_to_console=False
    )
    assert (status, condition) == ("ok", "optimal"), (case.name, status, condition)
    return _answer(n, case, weight)


def _storage(n, case: Case) -> None:
    if case.battery_hours is not None:
        n.add(
            "StorageUnit",
            "battery",
            bus="station",
            p_nom_extendable=True,
            max_hours=case.battery_hours,
            efficiency_store=0.95,
            efficiency_dispatch=0.95,
            cyclic_state_of_charge=True,
            capital_cost=case.cost[3] + case.battery_hours * case.cost[2],
        )
        return
    n.add(
        "Store",
        "battery",
        bus="battery",
        e_nom_extendable=True,
        e_cyclic=True,
        e_min_pu=case.floor,
        capital_cost=case.cost[2],
    )
    both = {"p_nom_extendable": True, "efficiency": 0.95}
    n.add("Link", "charger", bus0="station", bus1="battery", capital_cost=case.cost[3], **both)
    n.add("Link", "discharger", bus0="battery", bus1="station", capital_cost=0.0, **both)


def _rules(n, case: Case, data: dict[str, np.ndarray], weight: float) -> None:
    model = n.model
    if case.battery_hours is None:
        links = model["Link-p_nom"]
        name = next(d for d in links.dims)
        model.add_constraints(
            links.sel({name: "charger"}) - 0.95 * links.sel({name: "discharger"}) == 0, name="one_converter"
        )
    flows = model["Generator-p"]
    name = next(d for d in flows.dims if d != "snapshot")
    if case.co2_cap is not None:
        bought = flows.sel({name: "grid"}).sum()
        model.add_constraints(weight * case.t_per_mwh / 1000.0 * bought <= case.co2_cap, name="co2_cap")
    if case.lost_share is not None:
        lost = flows.sel({name: "lost"}).sum()
        model.add_constraints(lost <= case.lost_share * float(data["load"].sum()), name="lost_cap")


def _answer(n, case: Case, weight: float) -> dict[str, float]:
    generators, hourly = n.generators.p_nom_opt, n.generators_t.p
    if case.battery_hours is not None:
        power = float(n.storage_units.p_nom_opt["battery"])
        energy = power * case.battery_hours
    else:
        power, energy = float(n.links.p_nom_opt["charger"]), float(n.stores.e_nom_opt["battery"])
    return {
        "cost": float(n.objective),
        "pv_kw": float(generators["pv"]),
        "wind_kw": float(generators["wind"]),
        "battery_kwh": energy,
        "converter_kw": power,
        "grid_kwh": weight * float(hourly["grid"].sum()) if case.grid else 0.0,
        "lost_kwh": weight * float(hourly["lost"].sum()) if case.lost_share is not None else 0.0,
    }


def main() -> None:
    """Store the answers."""
    import highspy
    import linopy
    import pypsa

    versions = {
        "pypsa": pypsa.__version__,
        "linopy": linopy.__version__,
        "highspy": highspy.Highs().version(),
    }
    answers = {case.name: {"inputs": asdict(case), "pypsa": solve(case)} for case in CASES}
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"versions": versions, "answers": answers}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
