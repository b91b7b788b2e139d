"""From digital technology to energy to carbon, for a million firms.

Examples
--------
>>> import dualcarbon as dc
>>> survey = dc.simulate_survey(rows=2_000, seed=1)
>>> panel = dc.account(survey.panel, boundary="coal_oil_power", factors="cn_2015")
>>> "co2_t" in panel.frame.columns
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Direction": "dualcarbon.core.technology",
    "Panel": "dualcarbon.core.panel",
    "Technology": "dualcarbon.core.technology",
    "account": "dualcarbon.accounting",
    "check": "dualcarbon.panel",
    "load_panel": "dualcarbon.panel",
    "read": "dualcarbon.panel",
    "simulate_survey": "dualcarbon.panel",
}
_ROOMS = (
    "accounting",
    "decomposition",
    "effects",
    "footprint",
    "frontier",
    "market",
    "nations",
    "panel",
    "policy",
    "power",
    "report",
    "studies",
)

if TYPE_CHECKING:
    from dualcarbon import (
        accounting,
        decomposition,
        effects,
        footprint,
        frontier,
        market,
        nations,
        panel,
        policy,
        power,
        report,
        studies,
    )
    from dualcarbon.accounting import account
    from dualcarbon.core.panel import Panel
    from dualcarbon.core.technology import Direction, Technology
    from dualcarbon.panel import check, load_panel, read, simulate_survey

__all__ = [
    "Direction",
    "Panel",
    "Technology",
    "account",
    "accounting",
    "check",
    "decomposition",
    "effects",
    "footprint",
    "frontier",
    "load_panel",
    "market",
    "nations",
    "panel",
    "policy",
    "power",
    "read",
    "report",
    "simulate_survey",
    "studies",
]


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"dualcarbon.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dualcarbon' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
