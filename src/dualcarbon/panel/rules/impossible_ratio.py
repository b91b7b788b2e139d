"""Ratios of two columns that no firm, plant or province can have."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_ENOUGH = 10
_ROW = Text("{n}超出可能的范围 {a} 至 {b} {u}（{r}）", "{n} beyond the possible range of {a} to {b} {u} ({r})")
_ROW_REMEDY = Text("核对这两列的记录与单位", "check the record and the unit of both columns")
_MEDIAN = Text(
    "{n}的中位数 {m} {u} 不在 {a} 至 {b} 之间：多半整列单位有误（{r}）",
    "the median of {n}, {m} {u}, is not within {a} to {b}: most likely a whole column is in another unit ({r})",
)
_MEDIAN_REMEDY = Text(
    "核对两列的单位，在 study.toml 的 [data.units] 中声明（千元、万元、万吨、万千瓦时）",
    "check the units of both columns and declare them in [data.units] of study.toml (thousand CNY, 10 kt, 10 MWh)",
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Bounds of numerator / denominator: of every row, and of the median, which tells the unit of a whole column."""

    numerator: str
    denominator: str
    row: tuple[float, float]
    median: tuple[float, float]
    label: Text
    unit: str
    reason: Text

    @property
    def name(self) -> str:
        """Both columns, as a finding names them."""
        return f"{self.numerator} / {self.denominator}"


@cache
def load_ratios(schema: str) -> tuple[Ratio, ...]:
    """The ratios that are judged for a kind of panel."""
    text = (files("dualcarbon.panel.rules") / "ratios.csv").read_text(encoding="utf-8")
    return tuple(_ratio(row) for row in csv.DictReader(text.splitlines()) if row["schema"] == schema)


def _ratio(row: dict[str, str]) -> Ratio:
    return Ratio(
        row["numerator"],
        row["denominator"],
        (float(row["low"] or 0), float(row["high"])),
        (float(row["median_low"]), float(row["median_high"])),
        Text(row["label_zh"], row["label_en"]),
        row["unit"],
        Text(row["reason_zh"], row["reason_en"]),
    )


def find(subject: Subject) -> Iterator[Finding]:
    """Rows beyond physical bounds (warning), or a median that betrays a wrong unit (error); positive values only.

    Where the median is off, its error stands for all rows.
    """
    for ratio in load_ratios(subject.schema.name):
        if subject.has(ratio.numerator, ratio.denominator):
            over, under = pl.col(ratio.numerator), pl.col(ratio.denominator)
            values = subject.frame.select(pl.when((over > 0) & (under > 0)).then(over / under).alias("r"))["r"]
            yield from _median_off(values, ratio) or _rows_off(subject, values, ratio)


def _median_off(values: pl.Series, ratio: Ratio) -> list[Finding]:
    low, high = ratio.median
    known, median = values.len() - values.null_count(), values.median()
    if known < _ENOUGH or not isinstance(median, float) or low <= median <= high:
        return []
    bounds = _MEDIAN.format(n=ratio.label, m=f"{median:.3g}", a=f"{low:g}", b=f"{high:g}", u=ratio.unit, r=ratio.reason)
    return [Finding("impossible_ratio", "error", ratio.name, known, 1.0, (), bounds, _MEDIAN_REMEDY)]


def _rows_off(subject: Subject, values: pl.Series, ratio: Ratio) -> list[Finding]:
    low, high = ratio.row
    beyond = ((values < low) | (values > high)).fill_null(False)
    count = int(beyond.sum())
    if not count:
        return []
    means = _ROW.format(n=ratio.label, a=f"{low:g}", b=f"{high:g}", u=ratio.unit, r=ratio.reason)
    share, keys = count / (values.len() - values.null_count()), subject.keys(beyond)
    return [Finding("impossible_ratio", "warning", ratio.name, count, share, keys, means, _ROW_REMEDY)]
