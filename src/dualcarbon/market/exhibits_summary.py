"""One market in one table: price, emissions, output, trade, firms at bounds and firms left out."""

from __future__ import annotations

import math

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.market.exhibit_words import DEFAULT, Frame, ended, form_of, scheme_text
from dualcarbon.market.result import Market
from dualcarbon.market.words import STATE_LABELS

_ROWS = (
    ("price", Text("价格", "Price"), "price"),
    ("cap", Text("总量", "Cap"), "mass"),
    ("emissions_today", Text("当前排放", "Emissions today"), "mass"),
    ("emissions", Text("政策下的排放", "Emissions under the policy"), "mass"),
    ("abatement", Text("减排", "Abatement"), "mass"),
    ("output_change", Text("产出变化", "Output change"), "money"),
    ("cost_per_tonne", Text("每吨成本（产出损失 ÷ 减排）", "Cost per tonne (output forgone / abatement)"), "price"),
    ("volume", Text("许可交易量", "Permits traded"), "mass"),
    ("buyers", Text("买方", "Buyers"), "count"),
    ("sellers", Text("卖方", "Sellers"), "count"),
    ("revenue", Text("财政收入", "Revenue"), "money"),
    ("withheld", Text("价格下限收回", "Withheld at the price floor"), "mass"),
    ("released", Text("价格上限增发", "Released at the price ceiling"), "mass"),
    ("firms", Text("有价格的企业", "Firms with a price"), "count"),
    ("share_interior", Text("其中内点", "of which interior"), "share"),
    ("share_at_floor", Text("其中处于排放下限", "of which at their lowest emissions"), "share"),
    ("share_at_ceiling", Text("其中处于排放上限", "of which at their highest emissions"), "share"),
    ("share_infeasible", Text("其中做不到规定的减排", "of which cannot make the cut"), "share"),
    ("share_excluded", Text("没有价格的企业", "Firms without a price"), "share"),
    ("share_co2_excluded", Text("没有价格的 CO2", "CO2 without a price"), "share"),
)
_NOTHING = 1e-9
_OPTIONAL = ("withheld", "released", "revenue", "share_infeasible")


def summary_table(
    market: Market, *, frame: Frame = DEFAULT, number: Text | None = None, notes: tuple[Text, ...] = ()
) -> Table:
    """One row per number of the market's summary; what is zero by nature of the scheme is left out."""
    one = market.summary.row(0, named=True)
    size = {"money": abs(one["output_today"]), "mass": one["emissions_today"]}
    shown = [
        (name, label, kind)
        for name, label, kind in _ROWS
        if name not in _OPTIONAL or abs(one[name]) > _NOTHING * size.get(kind, 0.0)
    ]
    lost = [
        (STATE_LABELS[state], firms, share)
        for state, firms, share in market.excluded.select("state", "firms", "share_co2").iter_rows()
    ]
    left_out = tuple(
        Text("{s}：{n} 家，占 CO2 {c:.2f} %。", "{s}: {n} firms, {c:.2f} % of CO2.").format(
            s=Text(label.zh, label.en[0].upper() + label.en[1:]), n=f"{firms:,}", c=100.0 * share
        )
        for label, firms, share in lost
    )
    return Table(
        key=frame.key("summary"),
        number=number or Text("市场概要", "Market"),
        title=scheme_text(market),
        headers=(
            Header("item", Text("项目", "Item")),
            Header("value", Text("数值", "Value")),
            Header("unit", Text("单位", "Unit")),
        ),
        rows=tuple(_row(name, label, kind, one, frame) for name, label, kind in shown),
        notes=(*(ended(note) for note in market.notes), *left_out, *notes),
        source=frame.source,
        simulated=frame.simulated,
        row_keys=tuple(name for name, _, _ in shown),
    )


def _row(name: str, label: Text, kind: str, one: dict[str, float], frame: Frame) -> tuple[Cell, ...]:
    value = float(one[name])
    if kind == "count":
        return Cell(label), Cell(int(value), ",d"), Cell(Text("家", "firms"))
    if kind == "share":
        return Cell(label), Cell(100.0 * value, ".2f"), Cell(both("%"))
    scale, unit = {
        "price": (1.0, frame.per_tonne),
        "mass": (frame.mass_scale, frame.mass),
        "money": (frame.currency_scale, frame.currency),
    }[kind]
    known = math.isfinite(value)
    return Cell(label), Cell(value / scale if known else None, form_of([value / scale])), Cell(unit)
