"""Energy burnt while nothing is produced."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_MEANS = Text(
    "用了能源却没有产出：产出漏填，或并非生产企业",
    "energy is used and nothing produced: output not filled in, or no producer",
)
_REMEDY = Text("核对产出；无产出的行不能进入前沿估计", "check the output; a row without output cannot enter a frontier")


def find(subject: Subject) -> Iterator[Finding]:
    """Positive energy with output zero, missing or negative."""
    for good in subject.columns("good"):
        idle = pl.col(good.name).is_null() | (pl.col(good.name) <= 0)
        masks = {c.name: idle & (pl.col(c.name) > 0) for c in subject.columns("energy")}
        yield from subject.rows("energy_without_output", "warning", masks, _MEANS, _REMEDY)
