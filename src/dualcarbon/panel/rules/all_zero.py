"""Columns without a single value other than zero."""

from __future__ import annotations

from collections.abc import Iterator

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding, Severity
from dualcarbon.panel.rules.base import QUANTITIES, Subject

_MEANS = Text(
    "整列为零或缺失：多半是导出或映射出错", "the whole column is zero or missing: most likely a wrong export or mapping"
)
_REMEDY = Text(
    "核对该列的来源；确无此项就不要映射它", "check where the column comes from; if there is none, do not map it"
)


def find(subject: Subject) -> Iterator[Finding]:
    """Quantities that are zero or missing in every row: an error for inputs and output, else a warning."""
    for column in subject.columns(*QUANTITIES, "treatment"):
        if subject.frame.height and not (subject.frame[column.name] != 0).any():
            severity: Severity = "error" if column.role in ("input", "good") else "warning"
            yield Finding("all_zero", severity, column.name, subject.frame.height, 1.0, (), _MEANS, _REMEDY)
