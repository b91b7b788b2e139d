"""A hundredfold change from one year to the next: most likely another unit."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import QUANTITIES, Subject

_TIMES = 100.0
_MEANS = Text(
    "同一个体相邻两年相差 100 倍以上：多半是某一年单位不同",
    "a change of more than 100 times from one year to the next of the same unit: most likely one year in another unit",
)
_REMEDY = Text("核对这两年的单位（千元与元、万吨与吨）", "compare the units of the two years (thousand CNY, 10 kt)")


def find(subject: Subject) -> Iterator[Finding]:
    """Rows whose value is more than 100 times the value of the year before, or less than a hundredth; both positive."""
    names = [c.name for c in subject.columns(*QUANTITIES)]
    ordered = subject.frame.lazy().select(subject.id, subject.time, *names).sort(subject.id, subject.time).collect()
    inner = Subject(ordered, subject.schema, subject.id, subject.time, None)
    follows = (pl.col(subject.id) == pl.col(subject.id).shift()) & (
        pl.col(subject.time) == pl.col(subject.time).shift() + 1
    )
    flag = ordered.select(follows.alias("follows"))["follows"]
    masks = {}
    for name in names:
        ratio = pl.col(name) / pl.col(name).shift()
        positive = (pl.col(name) > 0) & (pl.col(name).shift() > 0)
        masks[name] = pl.lit(flag) & positive & ((ratio > _TIMES) | (ratio < 1 / _TIMES))
    yield from inner.rows("unit_jump", "warning", masks, _MEANS, _REMEDY)
