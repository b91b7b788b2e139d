"""What the digital sector itself uses and emits: 5G stations, data centres, AI compute, zero-carbon stations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "CarbonCap": "station",
    "Check": "report_claims",
    "Climate": "synthetic_weather",
    "Component": "sums",
    "Costs": "costs",
    "DataCentres": "computing",
    "Fleet": "fleet",
    "Grid": "station",
    "LeastCost": "station",
    "Limits": "station",
    "Load": "station",
    "Lognormal": "laws",
    "Panels": "yields",
    "Reliability": "station",
    "Saving": "savings",
    "Scenario": "fleet",
    "Simulation": "simulation",
    "Site": "weather",
    "Sites": "fleet",
    "StationDesign": "station_result",
    "StationEnergy": "energy",
    "Stations": "base_stations",
    "Stock": "stock",
    "Storage": "station",
    "Totals": "sums",
    "Trend": "extrapolation",
    "Triangular": "laws",
    "Turbine": "yields",
    "Uniform": "laws",
    "Weather": "weather",
    "Yields": "station",
    "ZeroCarbon": "station",
    "annuity": "costs",
    "break_even_efficiency": "extrapolation",
    "break_even_path": "extrapolation",
    "check_points": "fleet",
    "data_centre_simulation": "presets",
    "data_centres": "computing",
    "default_savings": "savings",
    "factor_paths": "factors",
    "follow_rule": "dispatch",
    "monte_carlo": "simulation",
    "national_path": "factors",
    "read_weather": "weather",
    "reliability": "dispatch",
    "report_checks": "report_claims",
    "scenario": "fleet",
    "size_station": "station",
    "station_simulation": "presets",
    "stations": "base_stations",
    "synthetic_weather": "synthetic_weather",
    "totals": "sums",
    "trend": "extrapolation",
    "trends": "extrapolation",
}
"""Names that are imported when they are first asked for."""

if TYPE_CHECKING:
    from dualcarbon.footprint.base_stations import Stations, stations
    from dualcarbon.footprint.computing import DataCentres, data_centres
    from dualcarbon.footprint.costs import Costs, annuity
    from dualcarbon.footprint.dispatch import follow_rule, reliability
    from dualcarbon.footprint.energy import StationEnergy
    from dualcarbon.footprint.extrapolation import Trend, break_even_efficiency, break_even_path, trend, trends
    from dualcarbon.footprint.factors import factor_paths, national_path
    from dualcarbon.footprint.fleet import Fleet, Scenario, Sites, check_points, scenario
    from dualcarbon.footprint.laws import Lognormal, Triangular, Uniform
    from dualcarbon.footprint.presets import data_centre_simulation, station_simulation
    from dualcarbon.footprint.report_claims import Check, report_checks
    from dualcarbon.footprint.savings import Saving, default_savings
    from dualcarbon.footprint.simulation import Simulation, monte_carlo
    from dualcarbon.footprint.station import (
        CarbonCap,
        Grid,
        LeastCost,
        Limits,
        Load,
        Reliability,
        Storage,
        Yields,
        ZeroCarbon,
        size_station,
    )
    from dualcarbon.footprint.station_result import StationDesign
    from dualcarbon.footprint.stock import Stock
    from dualcarbon.footprint.sums import Component, Totals, totals
    from dualcarbon.footprint.synthetic_weather import Climate, synthetic_weather
    from dualcarbon.footprint.weather import Site, Weather, read_weather
    from dualcarbon.footprint.yields import Panels, Turbine

__all__ = [
    "CarbonCap",
    "Check",
    "Climate",
    "Component",
    "Costs",
    "DataCentres",
    "Fleet",
    "Grid",
    "LeastCost",
    "Limits",
    "Load",
    "Lognormal",
    "Panels",
    "Reliability",
    "Saving",
    "Scenario",
    "Simulation",
    "Site",
    "Sites",
    "StationDesign",
    "StationEnergy",
    "Stations",
    "Stock",
    "Storage",
    "Totals",
    "Trend",
    "Triangular",
    "Turbine",
    "Uniform",
    "Weather",
    "Yields",
    "ZeroCarbon",
    "annuity",
    "break_even_efficiency",
    "break_even_path",
    "check_points",
    "data_centre_simulation",
    "data_centres",
    "default_savings",
    "factor_paths",
    "follow_rule",
    "monte_carlo",
    "national_path",
    "read_weather",
    "reliability",
    "report_checks",
    "scenario",
    "size_station",
    "station_simulation",
    "stations",
    "synthetic_weather",
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
