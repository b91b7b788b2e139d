"""The table and the figure of adoption policies: no number without its interval, if any draw moves it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both
from dualcarbon.market.exhibit_words import COMPUTED, MONEY, form_of, unit_of

if TYPE_CHECKING:
    from dualcarbon.market.adoption_policy import AdoptionPolicy

NUMBER = Text("小企业政策表", "Policies for small firms")
PICTURE = Text("小企业政策图", "Policies for small firms")
_MASSES = ((1e5, 1.0, Text("吨", "t")), (1e8, 1e3, Text("千吨", "kt")), (math.inf, 1e6, Text("百万吨", "Mt")))


Measure = tuple[str, Text, Text | None, float, str]
"""Column, label, unit, scale and format."""


def table(
    found: AdoptionPolicy,
    *,
    key: str = "adoption_policy",
    number: Text = NUMBER,
    source: Text = COMPUTED,
    simulated: bool = False,
    notes: tuple[Text, ...] = (),
) -> Table:
    """One row per design: where the money goes, tonnes, CNY per tonne, output, size gap, wrong sign."""
    rows = found.table.to_dicts()
    measures = _measures(rows)
    labels = {one.key: one.label for one in found.designs}
    return Table(
        key=key,
        number=number,
        title=Text("同一预算下的采用政策", "Adoption policies under one budget"),
        headers=_headers(found, measures),
        rows=tuple(
            (
                Cell(labels[row["design"]]),
                Cell(_percent(row["budget_small"]), ".1f"),
                Cell(row["new_adopters"], ",.0f"),
                *(
                    cell
                    for name, _, _, scale, form in measures
                    for cell in _pair(row, name, scale, form)[: 1 if _sure(rows, name) else 2]
                ),
                Cell(_percent(row["wrong_sign"]), ".1f"),
            )
            for row in rows
        ),
        notes=(*_notes(found), *_left_over(found, labels), *notes),
        source=source,
        simulated=simulated,
        row_keys=tuple(row["design"] for row in rows),
    )


def figure(
    found: AdoptionPolicy,
    *,
    key: str = "figure_adoption_policy",
    number: Text = PICTURE,
    source: Text = COMPUTED,
    simulated: bool = False,
) -> Figure:
    """Tonnes by design with their intervals, and those of the smallest class alone; the line is zero."""
    rows = found.table.to_dicts()
    small = found.classes.filter(found.classes["class"] == 0).to_dicts()
    mass, tonne = unit_of(_MASSES, (row["abated_t"] for row in rows))
    labels = {one.key: one.label for one in found.designs}

    def series(label: Text, part: list[dict[str, float]], hollow: bool) -> Series:
        x, low, high = (tuple(row[f"abated_t{end}"] / mass for row in part) for end in ("", "_low", "_high"))
        return Series(label, x, low, high, hollow)

    return Figure(
        key=key,
        number=number,
        title=Text("同一预算下的减排", "CO2 abated under one budget"),
        drawing=DotPlot(
            items=tuple(labels[row["design"]] for row in rows),
            series=(
                series(Text("全部企业", "all firms"), rows, False),
                series(Text("其中：{c}", "of which {c}").format(c=found.effects.labels[0]), small, True),
            ),
            x_label=Text("减排（{u}）", "CO2 abated ({u})").format(u=tonne),
            references=(0.0,),
        ),
        notes=_notes(found)[:2],
        source=source,
        simulated=simulated,
    )


def _sure(rows: list[dict[str, float]], name: str) -> bool:
    """Whether no draw moves a measure: without uncertainty in what it rests on its interval would say nothing."""
    ends = [(row[f"{name}_low"], row[name], row[f"{name}_high"]) for row in rows]
    return all(math.isfinite(v) and math.isclose(low, v) and math.isclose(v, high) for low, v, high in ends)


def _pair(row: dict[str, float], name: str, scale: float, form: str) -> tuple[Cell, Cell]:
    """The point and its interval; a point that is not finite is left to the interval."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    point = row[name]
    return (
        Cell(point / scale if math.isfinite(point) else None, form),
        Cell(_range(low / scale, high / scale, form)),
    )


def _headers(found: AdoptionPolicy, measures: list[Measure]) -> tuple[Header, ...]:
    """A measure that no draw moves has a point alone, the others an interval beside it."""
    rows = found.table.to_dicts()
    level = Text("{l:g} % 区间", "{l:g} % interval").format(l=100.0 * found.options.level)
    headers = [
        Header("design", Text("方案", "Design")),
        Header("budget_small", Text("小企业所得", "To small firms"), both("%")),
        Header("new_adopters", Text("新增采用", "New adopters"), Text("家", "firms")),
    ]
    for name, label, unit, _, _ in measures:
        if _sure(rows, name):
            headers.append(Header(name, label, unit))
        else:
            headers += [
                Header(name, Text("点估计", "Point"), unit, label),
                Header(f"{name}_interval", level, unit, label),
            ]
    return (*headers, Header("wrong_sign", Text("方向相反", "Wrong sign"), both("%")))


def _measures(rows: list[dict[str, float]]) -> list[Measure]:
    """Column, label, unit, scale and one format for each; output only where it was estimated."""
    mass, tonne = unit_of(_MASSES, (row["abated_t"] for row in rows))
    money, cny = unit_of(MONEY, (row["output_cny"] for row in rows))
    scaled = [
        ("abated_t", Text("减排", "CO2 abated"), tonne, mass),
        ("cny_per_t", Text("每吨成本", "Cost per tonne"), Text("元/吨", "CNY/t"), 1.0),
        ("output_cny", Text("产出变化", "Output change"), cny, money),
    ]
    return [
        *(
            (name, label, unit, scale, form_of(row[name] / scale for row in rows))
            for name, label, unit, scale in scaled
            if name != "output_cny" or not any(math.isnan(row[name]) for row in rows)
        ),
        ("gap", Text("规模差距", "Size gap"), None, 1.0, ".3f"),
    ]


def _range(low: float, high: float, form: str) -> Text:
    if math.isnan(low):
        return both("–")
    ends = [_end(v, form) for v in (low, high)]
    return Text("{a} 至 {b}", "{a} to {b}").format(a=ends[0], b=ends[1])


def _end(value: float, form: str) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    written = format(value, form)
    return written.replace("-", "−") if written.strip("-0.,") else format(0.0, form)


def _percent(share: float) -> float | None:
    return None if math.isnan(share) else 100.0 * share


def _left_over(found: AdoptionPolicy, labels: dict[str, Text]) -> tuple[Text, ...]:
    """Designs that cannot spend the budget."""
    budget = found.options.budget_cny
    return tuple(
        Text(
            "{d}在全部可给的补贴下只用去 {s} 元，余额未用。",
            "{d}: the most it can pay is CNY {s}; the rest is not spent.",
        ).format(d=labels[row["design"]], s=f"{row['spent_cny']:,.0f}")
        for row in found.table.to_dicts()
        if row["spent_cny"] < budget * (1.0 - 1e-9)
    )


def _notes(found: AdoptionPolicy) -> tuple[Text, ...]:
    options, effects = found.options, found.effects
    assumed = Text(
        "成本斜率是假定，不是估计：区间不含它的不确定性，只取决于它的规模差距没有区间。",
        "The slope of adoption in its cost is assumed, not estimated: its uncertainty is in no interval, and the size "
        "gap, which rests on it alone, has none.",
    )
    return (
        _numbers(found),
        Text(
            "区间为联合协方差 {d} 次抽取的分位数；方向相反：CO2 不降的抽取所占比重。"
            "区间含零的减排不能视为成效，只看点估计会误导。",
            "Intervals are quantiles of {d} draws from the joint covariance; wrong sign: share of draws in which CO2 "
            "does not fall. Abatement whose interval holds zero is no proven gain, whatever its point.",
        ).format(d=options.draws),
        Text(
            "预算 {b} 元；补贴也付给无补贴时同样会采用的企业。"
            "规模差距 = 1 − 最小组采用率 ÷ 最大组采用率，现为 {g}。"
            "CO2 不降的抽取每吨成本记为无穷大。",
            "Budget CNY {b}; a subsidy is also paid to firms that would adopt without it. Size gap = 1 − adoption of "
            "the smallest class / that of the largest, {g} today. A draw in which CO2 does not fall has an "
            "infinite cost per tonne.",
        ).format(b=f"{options.budget_cny:,.0f}", g=_end(found.gap_today, ".3f")),
        *(() if (effects.vcov.diagonal()[2 * effects.classes :] > 0.0).all() else (assumed,)),
    )


def _numbers(found: AdoptionPolicy) -> Text:
    """The coefficients that the table rests on."""
    effects = found.effects
    se = effects.vcov.diagonal() ** 0.5
    said = [
        (label, _end(float(effects.co2[k]), ".4f"), f"{se[k]:.4f}", f"{effects.slope[k]:.2f}")
        for k, label in enumerate(effects.labels)
    ]
    each = Text(
        "；".join(f"{t.zh} {b}（{s}），斜率 {k}" for t, b, s, k in said),
        "; ".join(f"{t.en} {b} ({s}), slope {k}" for t, b, s, k in said),
    )
    return Text(
        "数字应用对 ln CO2 的系数（标准误）与采用的成本斜率：{n}；采用使数字应用上升 {r:.4g}。",
        "Coefficient of digital use on ln CO2 (standard error) and slope of adoption in its cost: {n}; "
        "adoption raises digital use by {r:.4g}.",
    ).format(n=each, r=found.options.rise)
