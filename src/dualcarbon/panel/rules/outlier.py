"""Values far from the median of their group."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import QUANTITIES, Subject

_LIMIT = 6.0
_MAD_TO_SD = 1.4826
_ENOUGH = 10
_MEANS = Text(
    "对数值偏离同组中位数超过 6 个稳健标准差",
    "the logarithm is more than 6 robust standard deviations off the median of its group",
)
_REMEDY = Text(
    "核对原始记录与单位；确认无误可保留，或用 winsorise 缩尾",
    "check the record and its unit; keep it if it is true, or winsorise",
)


def find(subject: Subject) -> Iterator[Finding]:
    """Positive values with |ln x - m_g| / (1.4826 MAD_g) > 6.

    m_g is the median of ln x in group g and MAD_g the median of |ln x - m_g|. Groups with fewer than ten positive
    values, or in which half of the values are the same, are not judged.
    """
    names = [c.name for c in subject.columns(*QUANTITIES)]
    group = pl.col(subject.group).rank("dense") if subject.group else pl.lit(0)
    values = pl.col(names)
    logs = subject.frame.select(group.alias("g"), pl.when(values > 0).then(values.log()))
    off = logs.with_columns((values - values.median().over("g")).abs())
    spread, enough = values.median().over("g"), values.count().over("g") >= _ENOUGH
    flags = off.select((values > _LIMIT * _MAD_TO_SD * spread) & (spread > 0) & enough & pl.col("g").is_not_null())
    yield from subject.rows("outlier", "warning", {n: pl.lit(flags[n]) for n in names}, _MEANS, _REMEDY)
