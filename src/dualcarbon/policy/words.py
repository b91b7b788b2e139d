"""Words and number forms that the exhibits of this room share."""

from __future__ import annotations

import math

from dualcarbon.core.errors import DualcarbonError
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Estimator

ESTIMATE = Text("估计值", "Estimate")
ERROR = Text("标准误", "Std. error")
P_VALUE = Text("p 值", "p value")
OBSERVATIONS = Text("观测数", "Observations")
RELATIVE = Text("相对处理时点的时期", "Periods since treatment began")

_GROUPS = {
    "never": Text("从未处理", "never treated"),
    "not_yet": Text("从未或尚未处理", "never or not yet treated"),
}


def number_form(value: float) -> str:
    """Four decimals where these hold at least two digits of the number, four significant digits elsewhere."""
    size = abs(value)
    return ".4f" if size == 0.0 or not math.isfinite(size) or 1e-3 <= size < 1e4 else ".4g"


def source(design: Design) -> Text:
    """The source line of an exhibit."""
    return Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=design.data)


def cluster_word(design: Design) -> Text:
    """What errors are clustered by: the column asked for, or the unit."""
    return both(design.asked.cluster) if design.asked.cluster else Text("单位", "unit")


def effect_on(outcome: str) -> Text:
    """What the axis of effects is called."""
    return Text("对 {y} 的效应", "Effect on {y}").format(y=outcome)


def comparison_group(design: Design, estimator: Estimator) -> Text:
    """Whom the estimator compares with on this design."""
    asked = design.asked.comparison
    if asked in estimator.comparisons:
        return _GROUPS[asked]
    if not estimator.comparisons:
        return Text("由方法决定", "set by the estimator")
    return Text("{g}（方法固定）", "{g} (fixed)").format(g=_GROUPS[estimator.comparisons[0]])


def asked_group(design: Design) -> Text:
    """Whom the user asked to compare with."""
    return _GROUPS[design.asked.comparison]


def reason(error: Exception) -> Text:
    """Why an estimator refused, in one line."""
    if isinstance(error, DualcarbonError):
        return Text("{w}（{f}）", "{w} ({f})").format(w=error.what, f=error.found)
    said = f"{type(error).__name__}: {error}"
    return Text(f"所用程序库报错：{said}", f"the library failed: {said}")


def sentence(text: Text) -> Text:
    """The text ending in a full stop in both languages."""
    return Text(text.zh.removesuffix("。") + "。", text.en.removesuffix(".") + ".")
