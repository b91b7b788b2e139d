"""Table M-7: what the price rests on: the cap, how firms respond, and where their MAC comes from."""

from __future__ import annotations

from typing import Any

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.market.exhibit_words import form_of
from dualcarbon.studies.cmri2024.market import MarketResults
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results
from dualcarbon.studies.cmri2024.words import CNY_PER_T, source

_PERCENT = both("%")
_SHARES = ("share_at_floor", "share_at_ceiling", "share_excluded", "share_co2_excluded")
_NOTE = Text(
    "阶梯响应把边际减排成本视为在上下限之间不变，二次响应让它随减排上升；两者之差是模型的不确定性，不是抽样误差。"
    "总量等于当前排放的一行只有交易而没有减排：与第一行之差是总量本身的代价。",
    "The step response holds a firm's MAC constant between its bounds, the quadratic lets it rise with abatement; what "
    "lies between them is uncertainty of the model, not of the sample. The row with the cap at today's CO2 has trade "
    "and no cut: what lies between it and the first row is the cost of the cap itself.",
)


def build(results: Results) -> Table | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    rows = _markets(found)
    money = frame(results, "table_market")
    form = form_of(v for _, _, one in rows for v in (one["price"], one["cost_per_tonne"]))
    output = form_of(one["output_change"] / money.currency_scale for _, _, one in rows)
    return Table(
        key="table_market_responses",
        number=Text("表 M-7", "Table M-7"),
        title=Text("价格取决于总量与企业如何响应", "The price by cap and by how firms respond"),
        headers=(
            Header("response", Text("前沿与响应", "Frontier and response")),
            Header("price", Text("价格", "Price"), CNY_PER_T),
            Header("output_change", Text("产出变化", "Output change"), money.currency),
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
                Cell(one["output_change"] / money.currency_scale, output),
                Cell(one["cost_per_tonne"], form),
                *(Cell(100.0 * one[name], ".1f") for name in _SHARES),
            )
            for _, label, one in rows
        ),
        notes=(settings(found, results.config.market), _NOTE),
        source=source(results),
        simulated=results.sample.provenance.simulated,
        row_keys=tuple(key for key, _, _ in rows),
    )


def _markets(found: MarketResults) -> list[tuple[str, Text, dict[str, Any]]]:
    """Key, label and summary of every row."""
    shown = (
        (
            "quadratic",
            Text("二次型前沿，二次响应", "Quadratic frontier and response"),
            found.comparison.markets["cap_and_trade"],
        ),
        (
            "uncut",
            Text("同上，总量等于当前排放", "The same, cap at today's CO2"),
            found.uncut,
        ),
        ("step", Text("默认前沿，阶梯响应", "Default frontier, step response"), found.step),
    )
    return [(key, label, one.summary.row(0, named=True)) for key, label, one in shown]
