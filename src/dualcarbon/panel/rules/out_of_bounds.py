"""Values beyond the bounds that the schema gives."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.schema import Column
from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_MEANS = Text("超出可能的范围 {a} 至 {b} {u}", "beyond the possible range of {a} to {b} {u}")
_REMEDY = Text(
    '检查单位（如百分数、千元、万吨）与列的映射；若为缺失代码，在 [data] 中写 missing = ["-99"] 之类',
    "check the unit (percent, thousand CNY, 10 kt) and the mapping; if it is a code for missing, write "
    'missing = ["-99"] or the like in [data]',
)


def _mask(column: Column) -> pl.Expr:
    """Above the upper bound, or below the lower one where `negative` does not say it already."""
    value = pl.col(column.name)
    above = value > column.high
    return above if column.low == 0 and column.role != "treatment" else above | (value < column.low)


def find(subject: Subject) -> Iterator[Finding]:
    """Values outside the bounds of their column."""
    for column in subject.schema.columns:
        if column.name in subject.frame.columns and column.low is not None and column.high is not None:
            means = _MEANS.format(a=f"{column.low:,.0f}", b=f"{column.high:,.0f}", u=column.unit)
            yield from subject.rows("out_of_bounds", "error", {column.name: _mask(column)}, means, _REMEDY)
