"""What the report prints, looked up by the names this study uses; one shipped table holds every printed value."""

from __future__ import annotations

from functools import cache

from dualcarbon.core.tables import short_industries
from dualcarbon.core.text import Text, both
from dualcarbon.panel.truth import survey_rows

EFFECTS = {
    "mac_firm": ("table_4_2", "1"),
    "mac_industry": ("table_4_2", "2"),
    "mac_controls": ("table_4_2", "3"),
    "co2": ("table_4_3", "1"),
    "coal": ("table_4_3", "2"),
    "co2_small": ("table_4_4", "1"),
    "co2_large": ("table_4_4", "2"),
    "coal_small": ("table_4_4", "3"),
    "coal_large": ("table_4_4", "4"),
}
"""Exhibit and column of every regression of the chapter."""


@cache
def _rows() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["exhibit"], row["key"]): row for row in survey_rows("report_targets")}


def printed_industry(kind: str, code: str) -> float | None:
    """The report's MAC (`kind` "mac", CNY/t) or abatement room ("room", share) of an industry; None if not printed."""
    for exhibit in ("table_4_1", "text_4_1"):
        if (exhibit, f"{kind}.{code}") in _rows():
            return float(_rows()[exhibit, f"{kind}.{code}"]["printed"])
    return None


def printed_effect(name: str) -> tuple[float, str]:
    """The report's coefficient of a regression and its stars."""
    exhibit, column = EFFECTS[name]
    row = _rows()[exhibit, f"effect.{column}"]
    return float(row["printed"]), row["stars"]


def industry_label(code: str) -> Text:
    """The industry's name; the code itself where GB/T 4754-2002 does not know it."""
    return short_industries().get(code, both(code))
