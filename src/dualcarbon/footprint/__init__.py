"""What the digital sector itself uses and emits: 5G stations, data centres, AI compute, zero-carbon stations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "Check": "report_claims",
    "Component": "sums",
    "DataCentres": "computing",
    "Fleet": "fleet",
    "Lognormal": "laws",
    "Saving": "savings",
    "Scenario": "fleet",
    "Simulation": "simulation",
    "Sites": "fleet",
    "StationEnergy": "energy",
    "Stations": "base_stations",
    "Stock": "stock",
    "Totals": "sums",
    "Trend": "extrapolation",
    "Triangular": "laws",
    "Uniform": "laws",
    "break_even_efficiency": "extrapolation",
    "break_even_path": "extrapolation",
    "check_points": "fleet",
    "data_centre_simulation": "presets",
    "data_centres": "computing",
    "default_savings": "savings",
    "factor_paths": "factors",
    "monte_carlo": "simulation",
    "national_path": "factors",
    "report_checks": "report_claims",
    "scenario": "fleet",
    "size_station": "station",
    "station_simulation": "presets",
    "stations": "base_stations",
    "totals": "sums",
    "trend": "extrapolation",
    "trends": "extrapolation",
}
"""Names that are imported when they are first asked for."""

if TYPE_CHECKING:
    from dualcarbon.footprint.base_stations import Stations, stations
    from dualcarbon.footprint.computing import DataCentres, data_centres
    from dualcarbon.footprint.energy import StationEnergy
    from dualcarbon.footprint.extrapolation import Trend, break_even_efficiency, break_even_path, trend, trends
    from dualcarbon.footprint.factors import factor_paths, national_path
    from dualcarbon.footprint.fleet import Fleet, Scenario, Sites, check_points, scenario
    from dualcarbon.footprint.laws import Lognormal, Triangular, Uniform
    from dualcarbon.footprint.presets import data_centre_simulation, station_simulation
    from dualcarbon.footprint.report_claims import Check, report_checks
    from dualcarbon.footprint.savings import Saving, default_savings
    from dualcarbon.footprint.simulation import Simulation, monte_carlo
    from dualcarbon.footprint.station import size_station
    from dualcarbon.footprint.stock import Stock
    from dualcarbon.footprint.sums import Component, Totals, totals

__all__ = [
    "Check",
    "Component",
    "DataCentres",
    "Fleet",
    "Lognormal",
    "Saving",
    "Scenario",
    "Simulation",
    "Sites",
    "StationEnergy",
    "Stations",
    "Stock",
    "Totals",
    "Trend",
    "Triangular",
    "Uniform",
    "break_even_efficiency",
    "break_even_path",
    "check_points",
    "data_centre_simulation",
    "data_centres",
    "default_savings",
    "factor_paths",
    "monte_carlo",
    "national_path",
    "report_checks",
    "scenario",
    "size_station",
    "station_simulation",
    "stations",
    "totals",
    "trend",
    "trends",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.footprint.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.footprint' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
