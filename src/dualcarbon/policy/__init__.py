"""Did the policy do it: staggered difference-in-differences and its checks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dualcarbon.policy import registry
from dualcarbon.policy.bacon import Decomposition, bacon
from dualcarbon.policy.balance import Balance, balance
from dualcarbon.policy.design import Asked, Design, design
from dualcarbon.policy.dose import DoseResponse, dose
from dualcarbon.policy.evaluation import did, evaluate
from dualcarbon.policy.honest import Honest, honest
from dualcarbon.policy.model import Cohorts, Estimator, Fit, Path
from dualcarbon.policy.result import Effect, JointTest
from dualcarbon.policy.triple import Triple, triple

_HOMES = {
    "CityEffect": "simulated",
    "Match": "places",
    "PlaceboUnits": "checks.placebo_result",
    "PolicyList": "lists",
    "SideBySide": "checks.side_by_side",
    "SimulatedCities": "simulated",
    "compare_estimators": "checks.comparison",
    "concurrent": "checks.comparison",
    "design_table": "exhibits",
    "effect_table": "effect_tables",
    "event_study_figure": "exhibits",
    "forest_figure": "exhibits",
    "leave_out": "checks.placebo",
    "lists_table": "list_tables",
    "match_places": "places",
    "match_table": "list_tables",
    "own_list": "lists",
    "pilots_table": "list_tables",
    "placebo_in_time": "checks.placebo",
    "placebo_in_units": "checks.placebo",
    "policies": "lists",
    "policy_list": "lists",
    "simulate_cities": "simulated",
    "table_2_2": "list_tables",
    "table_2_3": "list_tables",
}
"""Names that are imported when they are first asked for."""

if TYPE_CHECKING:
    from dualcarbon.policy import spatial
    from dualcarbon.policy.checks.comparison import compare_estimators, concurrent
    from dualcarbon.policy.checks.placebo import leave_out, placebo_in_time, placebo_in_units
    from dualcarbon.policy.checks.placebo_result import PlaceboUnits
    from dualcarbon.policy.checks.side_by_side import SideBySide
    from dualcarbon.policy.effect_tables import effect_table
    from dualcarbon.policy.exhibits import design_table, event_study_figure, forest_figure
    from dualcarbon.policy.list_tables import lists_table, match_table, pilots_table, table_2_2, table_2_3
    from dualcarbon.policy.lists import PolicyList, own_list, policies, policy_list
    from dualcarbon.policy.places import Match, match_places
    from dualcarbon.policy.simulated import CityEffect, SimulatedCities, simulate_cities

__all__ = [
    "Asked",
    "Balance",
    "CityEffect",
    "Cohorts",
    "Decomposition",
    "Design",
    "DoseResponse",
    "Effect",
    "Estimator",
    "Fit",
    "Honest",
    "JointTest",
    "Match",
    "Path",
    "PlaceboUnits",
    "PolicyList",
    "SideBySide",
    "SimulatedCities",
    "Triple",
    "bacon",
    "balance",
    "compare_estimators",
    "concurrent",
    "design",
    "design_table",
    "did",
    "dose",
    "effect_table",
    "evaluate",
    "event_study_figure",
    "forest_figure",
    "honest",
    "leave_out",
    "lists_table",
    "match_places",
    "match_table",
    "own_list",
    "pilots_table",
    "placebo_in_time",
    "placebo_in_units",
    "policies",
    "policy_list",
    "registry",
    "simulate_cities",
    "spatial",
    "table_2_2",
    "table_2_3",
    "triple",
]


def __getattr__(name: str) -> object:
    if name == "spatial":
        return import_module("dualcarbon.policy.spatial")
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.policy.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.policy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
