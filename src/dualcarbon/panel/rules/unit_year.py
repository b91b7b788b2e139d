"""A whole year a hundredfold above or below its neighbours: that year stands in another unit."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import QUANTITIES, Subject

_TIMES = 100.0
_ENOUGH = 10
_MEANS = Text(
    "与上一年相比，各个体之比的中位数超过 100 倍或不足百分之一：该年（或上一年）整年的单位不同",
    "the median of the ratios to the year before is above 100 or below a hundredth: that year, or the one before, "
    "is in another unit throughout",
)
_REMEDY = Text(
    "核对所列年份的单位（千元与元、万吨与吨），统一后再用",
    "check the unit in the years listed (thousand CNY or CNY, 10 kt or t) and bring them to one",
)


def find(subject: Subject) -> Iterator[Finding]:
    """Years t in which the median over ids of x(t) / x(t - 1) is beyond 100 or 1 / 100; ten positive pairs at least.

    Count and share are of the rows of such years; a key is (id, time) of their first rows.
    """
    for column in subject.columns(*QUANTITIES):
        years = _jumping_years(subject, column.name)
        masks = {column.name: pl.col(subject.time).is_in(years)}
        yield from subject.rows("unit_year", "error", masks if years else {}, _MEANS, _REMEDY)


def _jumping_years(subject: Subject, name: str) -> list[int]:
    rows = subject.frame.lazy().filter(pl.col(name) > 0).select(subject.id, pl.col(subject.time).cast(pl.Int64), name)
    before = rows.with_columns(pl.col(subject.time) + 1).rename({name: "_before"})
    pairs = rows.join(before, on=[subject.id, subject.time])
    ratio = (pl.col(name) / pl.col("_before")).median().alias("ratio")
    medians = pairs.group_by(subject.time).agg(ratio, pl.len().alias("pairs")).sort(subject.time)
    beyond = (pl.col("ratio") > _TIMES) | (pl.col("ratio") < 1 / _TIMES)
    return medians.filter(beyond & (pl.col("pairs") >= _ENOUGH)).collect()[subject.time].to_list()
