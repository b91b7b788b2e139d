"""Missing keys and missing values."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import QUANTITIES, Subject

_KEY = Text("关键列缺失：该行不知属于谁或哪一年", "a missing key: whose row it is, or of which year, is unknown")
_VALUE = Text("数值缺失：含该列的估计将删去这些行", "missing values: estimates with this column drop these rows")
_COMPLETE = Text("补全或删去这些行", "complete or drop these rows")
_ACCEPT = Text(
    "补全，或接受删行并在报告中列出行数", "complete them, or accept the loss, which the report states with its count"
)


def find(subject: Subject) -> Iterator[Finding]:
    """Null or NaN in keys (error) and in other columns of the schema that hold a value somewhere (warning)."""
    keys = {c.name: pl.col(c.name).is_null() for c in subject.columns("id", "time")}
    yield from subject.rows("missing", "error", keys, _KEY, _COMPLETE)
    values = {
        c.name: pl.col(c.name).is_null()
        for c in subject.columns(*QUANTITIES, "group", "treatment", "control")
        if subject.frame[c.name].null_count() < subject.frame.height
    }
    yield from subject.rows("missing", "warning", values, _VALUE, _ACCEPT)
