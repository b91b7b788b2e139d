"""Inputs or outputs of zero."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_MEANS = Text(
    "投入或产出为零：多为停产或漏填，不能取对数",
    "an input or output of zero: idle or not filled in; it has no logarithm",
)
_REMEDY = Text(
    "核对是否停产；研究的默认筛选会删去这些行并计数",
    "check whether idle; the default screen of a study drops and counts them",
)


def find(subject: Subject) -> Iterator[Finding]:
    """Inputs and the good output equal to zero, in columns that are not zero throughout."""
    columns = [c.name for c in subject.columns("input", "good") if (subject.frame[c.name] != 0).any()]
    yield from subject.rows("zero", "warning", {n: pl.col(n) == 0 for n in columns}, _MEANS, _REMEDY)
