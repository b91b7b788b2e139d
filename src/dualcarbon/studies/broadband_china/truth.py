"""Estimates on simulated cities beside the effect that was planted."""

from __future__ import annotations

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.policy.simulated import CityTruth
from dualcarbon.policy.words import source
from dualcarbon.studies.broadband_china.analysis import Estimated

_YES, _NO = Text("是", "yes"), Text("否", "no")


def truth_table(found: Estimated, truth: CityTruth) -> Table:
    """Every estimator's average effect, its interval, and whether the interval holds the true average."""
    rows = []
    for one in found.compared.done:
        effect = one.effect
        assert effect is not None
        low, high = effect.interval
        inside = _YES if low <= truth.att <= high else _NO
        numbers = (Cell(effect.att, ".4f"), Cell(low, ".4f"), Cell(high, ".4f"), Cell(truth.att, ".4f"))
        rows.append((Cell(one.label), *numbers, Cell(inside)))
    return Table(
        key="truth",
        number=Text("真值表", "Truth table"),
        title=Text("估计值与植入的平均效应", "Estimates and the average effect that was planted"),
        headers=(
            Header("item", Text("估计方法", "Estimator")),
            Header("estimate", Text("估计值", "Estimate")),
            Header("low", Text("下限", "Lower")),
            Header("high", Text("上限", "Upper")),
            Header("truth", Text("真值", "Truth")),
            Header("inside", Text("区间含真值", "Interval holds it")),
        ),
        rows=tuple(rows),
        notes=(
            Text(
                "真值为受处理城市-年份的平均效应；堆叠法、双向固定效应等平均的是别的东西，见比较表的注。",
                "The truth is the mean effect over treated city-years; stacked and two-way estimators average "
                "something else, see the notes of the comparison.",
            ),
        ),
        source=source(found.design),
        simulated=True,
    )
