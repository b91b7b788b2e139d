"""Table 5-E: what the price rests on: how firms respond, and where their MAC comes from."""

from __future__ import annotations

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.market.exhibit_words import form_of
from dualcarbon.studies.cmri2024.market_frame import settings
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import CNY_PER_T, source

_PERCENT = both("%")


def build(results: Results) -> Table | None:
    """None where no market was computed."""
    found = results.market
    if found is None:
        return None
    pair = (
        (
            "quadratic",
            Text("二次型前沿，二次响应", "Quadratic frontier and response"),
            found.comparison.markets["cap_and_trade"],
        ),
        ("step", Text("默认前沿，阶梯响应", "Default frontier, step response"), found.step),
    )
    rows = [(key, label, m.summary.row(0, named=True)) for key, label, m in pair]
    form = form_of(v for _, _, one in rows for v in (one["price"], one["cost_per_tonne"]))
    return Table(
        key="table_market_responses",
        number=Text("表 5-E", "Table 5-E"),
        title=Text("价格取决于企业如何响应", "The price by how firms respond"),
        headers=(
            Header("response", Text("前沿与响应", "Frontier and response")),
            Header("price", Text("价格", "Price"), CNY_PER_T),
            Header("cost_per_tonne", Text("每吨成本", "Cost per tonne"), CNY_PER_T),
            Header("share_at_floor", Text("在排放下限", "At the floor"), _PERCENT),
            Header("share_at_ceiling", Text("在排放上限", "At the ceiling"), _PERCENT),
            Header("share_excluded", Text("没有价格的企业", "Firms without a price"), _PERCENT),
            Header("share_co2_excluded", Text("没有价格的 CO2", "CO2 without a price"), _PERCENT),
        ),
        rows=tuple(
            (
                Cell(label),
                Cell(one["price"], form),
                Cell(one["cost_per_tonne"], form),
                *(
                    Cell(100.0 * one[f"share_{name}"], ".1f")
                    for name in ("at_floor", "at_ceiling", "excluded", "co2_excluded")
                ),
            )
            for _, label, one in rows
        ),
        notes=(
            settings(found),
            Text(
                "阶梯响应把边际减排成本视为在上下限之间不变，二次响应让它随减排上升；两者之差是模型的不确定性，不是抽样误差。",
                "The step response holds a firm's MAC constant between its bounds, the quadratic lets it rise with "
                "abatement; what lies between them is uncertainty of the model, not of the sample.",
            ),
        ),
        source=source(results),
        simulated=results.sample.provenance.simulated,
        row_keys=tuple(key for key, _, _ in rows),
    )
