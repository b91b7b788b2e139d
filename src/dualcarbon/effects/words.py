"""Words and number forms that the exhibits of this room share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.core.units import find_unit
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


def fragile(estimates: Sequence[Estimate]) -> tuple[Text, ...]:
    """What makes errors fragile and why regressors are left out, each once."""
    return tuple(dict.fromkeys(Text("{n}。", "{n}.").format(n=n) for one in estimates for n in one.notes))


def unit_of(name: str, panel: Panel | None) -> Text | None:
    """The unit of a regressor in the panel's schema, None where the schema does not know the column."""
    if panel is None or name not in panel.schema or not panel.schema[name].unit:
        return None
    unit = find_unit(panel.schema[name].unit)
    return both(panel.schema[name].unit) if unit is None else unit.label


def measured(name: str, panel: Panel) -> Text:
    """How the treatment is measured."""
    unit = unit_of(name, panel)
    if unit is None:
        return Text("{n} 以其列的单位计，未缩放。", "{n} in the unit of its column, not scaled.").format(n=name)
    return Text("{n} 的单位为{u}，未缩放。", "{n} is measured in {u}, not scaled.").format(n=name, u=unit)


def number_form(value: float) -> str:
    """Four decimals where these hold at least two digits of the number, four significant digits elsewhere."""
    size = abs(value)
    return ".4f" if size == 0.0 or not math.isfinite(size) or 1e-3 <= size < 1e4 else ".4g"
