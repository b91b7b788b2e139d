"""The table and the figure of robust intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text, both
from dualcarbon.policy.words import number_form, source

if TYPE_CHECKING:
    from dualcarbon.policy.honest import Honest

BOUNDS = {
    "relative_magnitude": Text("相对幅度上限 M", "Bound on relative magnitudes, Mbar"),
    "smoothness": Text("斜率变化上限 M", "Bound on changes of slope, M"),
}
_TITLES = {
    "relative_magnitude": Text(
        "{y}：处理后趋势偏离不超过处理前最大偏离的 M 倍", "{y}: trends bend at most Mbar times what they did before"
    ),
    "smoothness": Text("{y}：趋势斜率每期变化不超过 M", "{y}: slope of the trend changes by at most M each period"),
}


def table(found: Honest) -> Table:
    """The ordinary interval, then one row per bound."""
    form = number_form(found.estimate)
    rows = [(Cell(Text("平行趋势", "Parallel trends")), Cell(found.low, form), Cell(found.high, form))]
    rows += [(Cell(bound, ".4g"), _end(low, form), _end(high, form)) for bound, low, high in found.table.iter_rows()]
    return Table(
        key=f"honest_{found.restriction}",
        number=Text("稳健区间", "Honest intervals"),
        title=_TITLES[found.restriction].format(y=found.design.asked.outcome),
        headers=(
            Header("bound", BOUNDS[found.restriction]),
            Header("low", Text("下限", "Lower")),
            Header("high", Text("上限", "Upper")),
        ),
        rows=tuple(rows),
        notes=_notes(found),
        source=source(found.design),
        simulated=found.design.simulated,
        rules_after=(1,),
    )


def figure(found: Honest) -> Figure:
    """Both ends against the bound; zero and the estimate under parallel trends as dashed lines."""
    bounds = tuple(found.table["bound"].to_list())
    ends = (min(bounds), max(bounds))
    low, high = (tuple(_finite(v) for v in found.table[side]) for side in ("low", "high"))
    return Figure(
        key=f"figure_honest_{found.restriction}",
        number=Text("稳健区间图", "Honest figure"),
        title=_TITLES[found.restriction].format(y=found.design.asked.outcome),
        drawing=Lines(
            x_label=BOUNDS[found.restriction],
            y_label=Text("效应的 {l}% 稳健区间", "{l} % robust interval of the effect").format(l=_percent(found)),
            curves=(Points(Text("下限", "Lower"), bounds, low), Points(Text("上限", "Upper"), bounds, high)),
            references=(
                Points(Text("平行趋势下的估计", "Estimate under parallel trends"), ends, (found.estimate,) * 2),
                Points(both("0"), ends, (0.0, 0.0)),
            ),
        ),
        notes=_notes(found),
        source=source(found.design),
        simulated=found.design.simulated,
    )


def _end(value: float, form: str) -> Cell:
    if math.isfinite(value):
        return Cell(value, form)
    return Cell(both("+∞" if value > 0 else "-∞"))


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _percent(found: Honest) -> str:
    return f"{100 * found.level:g}"


def _notes(found: Honest) -> tuple[Text, ...]:
    said = Text(
        "{m}；{t}；处理前 {b} 期、处理后 {a} 期；{l}% 区间。{k}",
        "{m}; {t}; {b} periods before and {a} after the reference; {l} % intervals. {k}",
    ).format(
        m=found.label, t=found.target, b=len(found.before), a=len(found.after), l=_percent(found), k=_breakdown(found)
    )
    return (said, *found.notes)


def _breakdown(found: Honest) -> Text:
    if found.breakdown == 0.0:
        return Text("上限为 0 时区间已含 0。", "The interval holds zero even at a bound of 0.")
    if math.isinf(found.breakdown):
        return Text("任何试过的上限下区间都不含 0。", "The interval leaves out zero at every bound tried.")
    return Text("上限不超过 {v} 时区间不含 0。", "The interval leaves out zero up to a bound of {v}.").format(
        v=f"{found.breakdown:.3g}"
    )
