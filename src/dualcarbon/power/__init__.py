"""The power mix to 2060 and the grid factor it implies; what the choice of a factor does is always shown.

Examples
--------
>>> from dualcarbon import power
>>> float(power.grid_factor(2022))
0.5366
"""

from __future__ import annotations

from dualcarbon.power.choice import ChoiceEffect, effect_of_choice
from dualcarbon.power.exhibits import (
    area_table,
    choice_table,
    generation_figure,
    generation_table,
    path_figure,
    path_table,
    share_figure,
)
from dualcarbon.power.factor import GridFactor, grid_factor
from dualcarbon.power.margin import MeritOrder, merit_order
from dualcarbon.power.official import official_years, published
from dualcarbon.power.path import Calibration, calibration, calibration_check, grid_path
from dualcarbon.power.scenarios import PowerScenario, load_scenario, own_scenario, scenario_names
from dualcarbon.power.words import KINDS, SOURCES

__all__ = [
    "KINDS",
    "SOURCES",
    "Calibration",
    "ChoiceEffect",
    "GridFactor",
    "MeritOrder",
    "PowerScenario",
    "area_table",
    "calibration",
    "calibration_check",
    "choice_table",
    "effect_of_choice",
    "generation_figure",
    "generation_table",
    "grid_factor",
    "grid_path",
    "load_scenario",
    "merit_order",
    "official_years",
    "own_scenario",
    "path_figure",
    "path_table",
    "published",
    "scenario_names",
    "share_figure",
]
