"""Tables in: read, map, check, screen; real panels that are shipped; the simulated survey.

Examples
--------
>>> from dualcarbon import panel
>>> panel.load_panel("china_provinces").n
510
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "DataConfig": "config",
    "Finding": "findings",
    "Findings": "findings",
    "Proposal": "proposal",
    "check": "checking",
    "convert": "conversion",
    "drop_invalid": "cleaning",
    "load_panel": "embedded",
    "load_us_power": "embedded",
    "panel_names": "embedded",
    "propose": "proposal",
    "read": "reading",
    "read_declared": "config",
    "simulate_survey": "survey",
    "winsorise": "cleaning",
}

if TYPE_CHECKING:
    from dualcarbon.panel.checking import check
    from dualcarbon.panel.cleaning import drop_invalid, winsorise
    from dualcarbon.panel.config import DataConfig, read_declared
    from dualcarbon.panel.conversion import convert
    from dualcarbon.panel.embedded import load_panel, load_us_power, panel_names
    from dualcarbon.panel.findings import Finding, Findings
    from dualcarbon.panel.proposal import Proposal, propose
    from dualcarbon.panel.reading import read
    from dualcarbon.panel.survey import simulate_survey

__all__ = [
    "DataConfig",
    "Finding",
    "Findings",
    "Proposal",
    "check",
    "convert",
    "drop_invalid",
    "load_panel",
    "load_us_power",
    "panel_names",
    "propose",
    "read",
    "read_declared",
    "simulate_survey",
    "winsorise",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.panel.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.panel' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
