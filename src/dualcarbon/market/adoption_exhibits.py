"""The table and the figure of adoption policies: no number without its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both

if TYPE_CHECKING:
    from dualcarbon.market.adoption_policy import AdoptionPolicy

NUMBER = Text("小企业政策表", "Policies for small firms")
PICTURE = Text("小企业政策图", "Policies for small firms")
_SOURCE = Text("dualcarbon 计算", "computed by dualcarbon")
_SCALES = ((1e5, 1.0, Text("吨", "t")), (1e8, 1e3, Text("千吨", "kt")), (math.inf, 1e6, Text("百万吨", "Mt")))
_MONEY = (
    (1e8, 1.0, Text("元", "CNY")),
    (1e12, 1e6, Text("百万元", "CNY million")),
    (math.inf, 1e9, Text("十亿元", "CNY billion")),
)


def table(
    found: AdoptionPolicy,
    *,
    key: str = "adoption_policy",
    number: Text = NUMBER,
    source: Text = _SOURCE,
    simulated: bool = False,
    notes: tuple[Text, ...] = (),
) -> Table:
    """One row per design: where the money goes, tonnes, CNY per tonne, output, size gap, wrong sign."""
    rows = found.table.to_dicts()
    mass, tonne = _unit(_SCALES, rows, "abated_t")
    money, cny = _unit(_MONEY, rows, "output_cny")
    level = Text("{l:.0%} 区间", "{l:.0%} interval").format(l=found.options.level)
    labels = {one.key: one.label for one in found.designs}
    known = not any(math.isnan(row["output_cny"]) for row in rows)
    measures = [
        ("abated_t", Text("减排", "CO2 abated"), tonne, mass, ",.1f"),
        ("cny_per_t", Text("每吨成本", "Cost per tonne"), Text("元/吨", "CNY/t"), 1.0, ",.0f"),
        *([("output_cny", Text("产出变化", "Output change"), cny, money, ",.1f")] if known else []),
        ("gap", Text("规模差距", "Size gap"), None, 1.0, ".3f"),
    ]
    headers = [
        Header("design", Text("方案", "Design")),
        Header("budget_small", Text("小企业所得", "To small firms"), both("%")),
        Header("new_adopters", Text("新增采用", "New adopters"), Text("家", "firms")),
    ]
    for name, label, unit, _, _ in measures:
        headers += [Header(name, Text("点估计", "Point"), unit, label), Header(f"{name}_interval", level, unit, label)]
    return Table(
        key=key,
        number=number,
        title=Text("同一预算下的采用政策", "Adoption policies under one budget"),
        headers=(*headers, Header("wrong_sign", Text("方向相反", "Wrong sign"), both("%"))),
        rows=tuple(
            (
                Cell(labels[row["design"]]),
                Cell(_percent(row["budget_small"]), ".1f"),
                Cell(row["new_adopters"], ",.0f"),
                *(cell for name, _, _, scale, form in measures for cell in _pair(row, name, scale, form)),
                Cell(100.0 * row["wrong_sign"], ".1f"),
            )
            for row in rows
        ),
        notes=(*_notes(found), *_left_over(found, labels), *notes),
        source=source,
        simulated=simulated,
        row_keys=tuple(row["design"] for row in rows),
    )


def class_table(
    found: AdoptionPolicy,
    *,
    key: str = "adoption_classes",
    number: Text = NUMBER,
    source: Text = _SOURCE,
    simulated: bool = False,
) -> Table:
    """One row per design and size class: adoption before and after, tonnes with interval, wrong sign."""
    rows = found.classes.to_dicts()
    mass, tonne = _unit(_SCALES, rows, "abated_t")
    labels = {one.key: one.label for one in found.designs}
    level = Text("{l:.0%} 区间", "{l:.0%} interval").format(l=found.options.level)
    after, co2 = Text("政策后采用率", "Adoption after"), Text("减排", "CO2 abated")
    count = len(found.effects.labels)
    return Table(
        key=key,
        number=number,
        title=Text("采用政策：按企业规模", "Adoption policies by firm size"),
        headers=(
            Header("design", Text("方案", "Design")),
            Header("class", Text("规模", "Size")),
            Header("firms_offered", Text("受助企业", "Firms helped")),
            Header("adoption_today", Text("现有采用率", "Adoption today"), both("%")),
            Header("adoption_after", Text("点估计", "Point"), both("%"), after),
            Header("adoption_after_interval", level, both("%"), after),
            Header("abated_t", Text("点估计", "Point"), tonne, co2),
            Header("abated_t_interval", level, tonne, co2),
            Header("wrong_sign", Text("方向相反", "Wrong sign"), both("%")),
        ),
        rows=tuple(
            (
                Cell(labels[row["design"]]),
                Cell(Text(row["class_zh"], row["class_en"])),
                Cell(row["firms_offered"], ",d"),
                Cell(100.0 * row["adoption_today"], ".2f"),
                *_pair(row, "adoption_after", 0.01, ".2f"),
                *_pair(row, "abated_t", mass, ",.1f"),
                Cell(_percent(row["wrong_sign"]), ".1f"),
            )
            for row in rows
        ),
        notes=_notes(found)[:2],
        source=source,
        simulated=simulated,
        rules_after=tuple(range(count, len(rows), count)),
        row_keys=tuple(f"{row['design']}_{row['class']}" for row in rows),
    )


def figure(
    found: AdoptionPolicy,
    *,
    key: str = "figure_adoption_policy",
    number: Text = PICTURE,
    source: Text = _SOURCE,
    simulated: bool = False,
) -> Figure:
    """Tonnes by design with their intervals, and those of the smallest class alone; the line is zero."""
    rows = found.table.to_dicts()
    small = found.classes.filter(found.classes["class"] == 0).to_dicts()
    mass, tonne = _unit(_SCALES, rows, "abated_t")
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


def _pair(row: dict[str, float], name: str, scale: float, form: str) -> tuple[Cell, Cell]:
    """The point and its interval; a point that is not finite is left to the interval."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    point = row[name]
    return (
        Cell(point / scale if math.isfinite(point) else None, form),
        Cell(_range(low / scale, high / scale, form)),
    )


def _range(low: float, high: float, form: str) -> Text:
    ends = [_end(v, form) for v in (low, high)]
    return Text("{a} 至 {b}", "{a} to {b}").format(a=ends[0], b=ends[1])


def _end(value: float, form: str) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return format(value, form).replace("-", "−")


def _unit(scales: tuple[tuple[float, float, Text], ...], rows: list[dict[str, float]], name: str) -> tuple[float, Text]:
    """The unit in which the largest value is short."""
    largest = max((abs(row[name]) for row in rows if math.isfinite(row[name])), default=0.0)
    return next((scale, unit) for most, scale, unit in scales if largest < most)


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
    se = effects.vcov.diagonal() ** 0.5
    said = [
        (label, f"{effects.co2[k]:.4f}".replace("-", "−"), f"{se[k]:.4f}", f"{effects.slope[k]:.2f}")
        for k, label in enumerate(effects.labels)
    ]
    numbers = Text(
        "；".join(f"{t.zh} {b}（{s}），斜率 {k}" for t, b, s, k in said),
        "; ".join(f"{t.en} {b} ({s}), slope {k}" for t, b, s, k in said),
    )
    return (
        Text(
            "数字应用对 ln CO2 的系数（标准误）与采用的成本斜率：{n}；采用使数字应用上升 {r:.4g}。",
            "Coefficient of digital use on ln CO2 (standard error) and slope of adoption in its cost: {n}; "
            "adoption raises digital use by {r:.4g}.",
        ).format(n=numbers, r=options.rise),
        Text(
            "区间为联合协方差 {d} 次抽取的分位数；方向相反：CO2 不降的抽取所占比重。"
            "区间含零的减排不能视为成效，只看点估计会误导。",
            "Intervals are quantiles of {d} draws from the joint covariance; wrong sign: share of draws in which CO2 "
            "does not fall. Abatement whose interval holds zero is no proven gain, whatever its point.",
        ).format(d=options.draws),
        Text(
            "预算 {b} 元；补贴也付给无补贴时同样会采用的企业。"
            "规模差距 = 1 − 最小组采用率 ÷ 最大组采用率，现为 {g:.3f}。"
            "CO2 不降的抽取每吨成本记为无穷大。",
            "Budget CNY {b}; a subsidy is also paid to firms that would adopt without it. Size gap = 1 − adoption of "
            "the smallest class / that of the largest, {g:.3f} today. A draw in which CO2 does not fall has an "
            "infinite cost per tonne.",
        ).format(b=f"{options.budget_cny:,.0f}", g=found.gap_today),
        *(
            ()
            if (effects.vcov.diagonal()[2 * effects.classes :] > 0.0).all()
            else (
                Text(
                    "成本斜率是假定，不是估计：区间不含它的不确定性。",
                    "The slope of adoption in its cost is assumed, not estimated: its uncertainty is in no interval.",
                ),
            )
        ),
    )
