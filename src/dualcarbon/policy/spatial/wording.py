"""Words and number forms that the spatial exhibits share."""

from __future__ import annotations

from dualcarbon.core.panel import Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.faults import listed
from dualcarbon.policy.result import critical
from dualcarbon.policy.words import number_form, sentence


def number(value: float | None) -> str:
    """The form of the room: one number of decimals in a column, wherever these hold two digits of the number."""
    return ".4f" if value is None else number_form(value)


def written(value: float) -> str:
    """A number within a sentence, with a true minus sign."""
    return format(value, number(value)).replace("-", "−")


def ended(text: Text) -> Text:
    """The phrase as a sentence of a note."""
    whole = sentence(text)
    return Text(whole.zh, whole.en[0].upper() + whole.en[1:])


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
        e=both(written(estimate)), p=percent(level), l=written(low), h=written(high), s=sign
    )
