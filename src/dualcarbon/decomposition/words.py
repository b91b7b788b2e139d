"""Words that the exhibits of this room share."""

from __future__ import annotations

from collections.abc import Mapping

from dualcarbon.core.text import Text, both

Label = Text | tuple[str, str] | str
"""A name in both languages: a `Text`, a pair (Chinese, English), or one word for both."""

METHODS = {
    "lmdi1": Text("LMDI-I", "LMDI-I"),
    "lmdi2": Text("LMDI-II", "LMDI-II"),
    "shapley": Text("Shapley 值（所有次序的平均）", "Shapley value (mean over all orders)"),
    "polar": Text("两极平均", "mean of the two polar orders"),
    "lmdi": Text("LMDI-I", "LMDI-I"),
    "first": Text("所给次序", "the order given"),
    "last": Text("所给次序的逆序", "the reverse of the order given"),
}
FORMS = {"additive": Text("加法", "additive"), "multiplicative": Text("乘法", "multiplicative")}
TOTAL = Text("总变化", "Total change")
PERIOD = Text("时期", "Period")
START, END = Text("起点", "Start"), Text("终点", "End")
SOURCE = Text("用户数据，dualcarbon 计算", "User data, computed by dualcarbon")


def said(label: Label) -> Text:
    """A label as a phrase in both languages."""
    if isinstance(label, Text):
        return label
    return Text(*label) if isinstance(label, tuple) else both(label)


def label_of(name: str, labels: Mapping[str, Label] | None) -> Text:
    """What a factor is called: its label where there is one, else its name."""
    return said(labels[name]) if labels and name in labels else both(name)


def time_name(time: object) -> str:
    """A period: ``2010``, also where it is the number 2010.0, or ``2010-01-31``."""
    return str(int(time) if isinstance(time, float) and time.is_integer() else time).removesuffix(" 00:00:00")


def period_name(before: object, after: object) -> str:
    """A step from one period to another: ``2010-2015``, ``2010-01-31/2010-02-28``."""
    first, last = (time_name(value) for value in (before, after))
    return f"{first}{'/' if '-' in first + last else '-'}{last}"
