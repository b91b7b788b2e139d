"""A key that occurs more than once."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_MEANS = Text(
    "同一 (个体, 时间) 出现多次：无法判断哪一行为真",
    "the same (id, time) occurs more than once: which row is true cannot be told",
)
_REMEDY = Text("先合并或删去重复行", "merge or drop the duplicates first")


def find(subject: Subject) -> Iterator[Finding]:
    """Rows beyond the first of each key; a missing key is another rule's."""
    known = subject.frame.lazy().drop_nulls([subject.id, subject.time])
    keys = known.group_by(subject.id, subject.time).len().filter(pl.col("len") > 1)
    twice = keys.sort(subject.id, subject.time).collect()
    if twice.height:
        extra = int(twice["len"].sum()) - twice.height
        yield Finding(
            "duplicate_keys",
            "error",
            f"{subject.id}, {subject.time}",
            extra,
            extra / subject.frame.height,
            tuple(twice.select(subject.id, subject.time).head(5).rows()),
            _MEANS,
            _REMEDY,
        )
