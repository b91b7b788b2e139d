"""The chapter on the carbon market and the policy for small firms."""

from __future__ import annotations

from collections.abc import Mapping

from dualcarbon.core.exhibit import Chapter, Exhibit
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.market import MarketResults
from dualcarbon.studies.cmri2024.results import Results

EXHIBITS = (
    "table_market_policies",
    "figure_market_supply",
    "table_market_firms",
    "table_market_trade",
    "table_market_savings",
    "figure_market_savings",
    "table_market_responses",
    "table_market_adoption",
    "figure_market_adoption",
)


def chapter(results: Results, exhibits: Mapping[str, Exhibit]) -> Chapter | None:
    """Paragraphs and exhibits; None where no market was computed."""
    found = results.market
    if found is None:
        return None
    return Chapter(
        Text("碳市场与小企业政策", "The carbon market and policy for small firms"),
        (_argument(found), _bounds(found), _small(found)),
        tuple(exhibits[name] for name in EXHIBITS if name in exhibits),
    )


def _argument(found: MarketResults) -> Text:
    rows = {row["policy"]: row for row in found.comparison.table.to_dicts()}
    trade, cut = rows["cap_and_trade"], rows["uniform"]
    return Text(
        "报告认为企业间边际减排成本的差异是碳交易的基础。这里由估计的前沿算出市场：总量比 {y} 年低 {a:.0f} % 时，"
        "出清价格为 {p:,.0f} 元/吨（区间 {l:,.0f} 至 {h:,.0f}）；产出变化为 {t} 十亿元，"
        "同一目标的统一减排为 {u} 十亿元。",
        "The report holds that differences of marginal abatement cost are the ground of trade in CO2. Here the market "
        "is computed from the estimated frontier: with a cap {a:.0f} % below {y} the price clears at {p:,.0f} CNY/t "
        "(interval {l:,.0f} to {h:,.0f}); output changes by CNY {t} billion, under the same aim as a uniform cut "
        "by CNY {u} billion.",
    ).format(
        y=found.year,
        a=100.0 * (1.0 - found.comparison.cap / rows["no_policy"]["emissions"]),
        p=trade["price"],
        l=found.interval.low,
        h=found.interval.high,
        t=_signed(trade["output_change"] / 1e9, "+,.2f"),
        u=_signed(cut["output_change"] / 1e9, "+,.2f"),
    )


def _bounds(found: MarketResults) -> Text:
    one = found.comparison.markets["cap_and_trade"].summary.row(0, named=True)
    return Text(
        "边际减排成本相差悬殊时许多企业停在界上：{f:.1f} % 处于排放下限，{c:.1f} % 处于上限；"
        "没有价格的企业占 CO2 的 {x:.1f} %，停留在当前排放。"
        "只用价格水平（阶梯响应）时，出清价格为 {s:,.0f} 元/吨（表 5-E）。",
        "Where marginal abatement costs differ widely many firms stand at a bound: {f:.1f} % at their lowest, {c:.1f} "
        "% at their highest emissions; firms without a price hold {x:.1f} % of CO2 and stay as they are. On the level "
        "of MAC alone (step response) the price is {s:,.0f} CNY/t (Table 5-E).",
    ).format(
        f=100.0 * one["share_at_floor"],
        c=100.0 * one["share_at_ceiling"],
        x=100.0 * one["share_co2_excluded"],
        s=found.step.price,
    )


def _small(found: MarketResults) -> Text:
    rows = {row["design"]: row for row in found.adoption.table.to_dicts()}
    small = rows["small_only"]
    return Text(
        "报告主张以普惠的数字基础设施帮助小企业，而其表 4-4 中小企业的效应并不显著。"
        "由本章的估计，只补贴小企业的减排 95 % 区间为 "
        "{a} 至 {b} 吨，{w:.1f} % 的抽取方向相反：区间含零时不能说它减排（表 5-F）。",
        "The report argues for inclusive digital infrastructure for small firms, though in its Table 4-4 the effect on "
        "them is not significant. By the estimates here the 95 % interval of what a subsidy for small firms alone "
        "abates runs from {a} to {b} t, and {w:.1f} % of the draws have the wrong sign: an interval that "
        "holds zero is no proof of abatement (Table 5-F).",
    ).format(a=_signed(small["abated_t_low"]), b=_signed(small["abated_t_high"]), w=100.0 * small["wrong_sign"])


def _signed(value: float, form: str = ",.0f") -> str:
    return format(value, form).replace("-", "−")
