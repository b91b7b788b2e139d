"""Words and number forms that the spatial exhibits share."""

from __future__ import annotations

from dualcarbon.core.panel import Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.faults import listed
from dualcarbon.policy.result import critical


def number(value: float | None) -> str:
    """Four significant digits, in fixed form where that is short."""
    return ".4f" if value is None or 0.01 <= abs(value) < 1000 or value == 0 else ".4g"


def percent(level: float) -> str:
    """95 for 0.95."""
    return f"{100 * level:g}"


def stars(p: float | None) -> str:
    """* 10 %, ** 5 %, *** 1 %."""
    return "" if p is None else "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""


def sourced(provenance: Provenance) -> Text:
    """Where the data come from."""
    return Text("数据来源：{n}", "Source: {n}").format(n=provenance.name)


def listed_drops(sample: Design) -> tuple[Text, ...]:
    """What left the sample, if anything did."""
    if not sample.drops:
        return ()
    return (Text("未用的行：{d}。", "Rows not used: {d}.").format(d=listed(sample.drops)),)


def interval_words(estimate: float, se: float, df: float, level: float) -> Text:
    """An estimate with its interval, and its sign in words."""
    half = critical(level, df) * se
    return signed(estimate, estimate - half, estimate + half, level)


def signed(estimate: float, low: float, high: float, level: float) -> Text:
    """An estimate with its interval, and its sign in words."""
    if not (low == low and high == high):
        return Text("无法识别", "not identified")
    sign = (
        Text("为正", "above zero") if low > 0
        else Text("为负", "below zero") if high < 0
        else Text("与零无显著差别", "not distinguishable from zero")
    )  # fmt: skip
    return Text("{e}，{p}% 区间 [{l}, {h}]，{s}", "{e}, {p} % interval [{l}, {h}], {s}").format(
        e=both(f"{estimate:.4g}"), p=percent(level), l=f"{low:.4g}", h=f"{high:.4g}", s=sign
    )
