"""Words and number forms that the exhibits of this room share."""

from __future__ import annotations

import math

from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.effects.specification import INTERCEPT

STARS = Text("*、**、*** 分别表示在 10%、5%、1% 水平上显著。", "*, **, *** significant at 10 %, 5 %, 1 %.")
YES = Text("是", "yes")
NO = Text("否", "no")
OBSERVATIONS = Text("观测数", "Observations")
P_VALUE = Text("p 值", "p value")


def source(provenance: Provenance) -> Text:
    """The source line of an exhibit."""
    return Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=provenance.name)


def label_of(name: str, panel: Panel | None) -> Text:
    """What a regressor is called: the label of the panel's schema where it knows the column, else the name."""
    if name == INTERCEPT:
        return Text("常数项", "Constant")
    if panel is not None and name in panel.schema:
        return panel.schema[name].label
    return both(name)


def number_form(value: float) -> str:
    """Four decimals where these hold at least two digits of the number, four significant digits elsewhere."""
    size = abs(value)
    return ".4f" if size == 0.0 or not math.isfinite(size) or 1e-3 <= size < 1e4 else ".4g"
