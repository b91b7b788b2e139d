"""The chapter on the carbon market and the policy for small firms."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dualcarbon.core.exhibit import Chapter, Exhibit
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.adoption import AdoptionResults
from dualcarbon.studies.cmri2024.market import MarketResults
from dualcarbon.studies.cmri2024.results import Refused, Results

EXHIBITS = (
    "table_market_policies",
    "figure_market_supply",
    "table_market_firms",
    "table_market_sizes",
    "table_market_provinces",
    "table_market_trade",
    "table_market_savings",
    "figure_market_savings",
    "table_market_responses",
    "table_market_adoption",
    "figure_market_adoption",
)


def chapter(results: Results, exhibits: Mapping[str, Exhibit]) -> Chapter:
    """Paragraphs and exhibits; where a part could not be computed, why."""
    trade, policies = results.market, results.adoption
    return Chapter(
        Text("碳市场与小企业政策", "The carbon market and policy for small firms"),
        (
            *(
                (_no_market(trade),)
                if isinstance(trade, Refused)
                else (_argument(trade), _reallocation(trade), _bounds(trade))
            ),
            _no_policy(policies) if isinstance(policies, Refused) else _small(policies),
        ),
        tuple(exhibits[name] for name in EXHIBITS if name in exhibits),
    )


def in_short(results: Results) -> tuple[Text, ...]:
    """The market in one sentence of the abstract; nothing where none was computed."""
    found = results.market
    if isinstance(found, Refused):
        return ()
    one = found.comparison.markets["cap_and_trade"].summary.row(0, named=True)
    return (
        Text(
            "企业间的碳市场把 {y} 年的排放减少 {a:.0f} % 时，价格为 {p:,.0f} 元/吨（默认前沿、阶梯响应下为 {s:,.0f}）；"
            "有价格的企业中 {m:.1f} % 处于上下限之间，其余的减排由所设的界决定。",
            "A permit market that cuts the emissions of {y} by {a:.0f} % has a price of {p:,.0f} CNY/t ({s:,.0f} on "
            "the default frontier with step responses). Of the firms with a price {m:.1f} % lie between their bounds; "
            "what the others do is set by the bounds.",
        ).format(
            y=found.year,
            a=_cut_percent(found),
            p=one["price"],
            s=found.step.price,
            m=100.0 * one["share_interior"],
        ),
    )


def _cut_percent(found: MarketResults) -> float:
    """How far the cap lies below today's CO2."""
    today = float(found.comparison.table.filter(pl.col("policy") == "no_policy")["emissions"][0])
    return 100.0 * (1.0 - found.comparison.cap / today)


def _no_market(trade: Refused) -> Text:
    return Text("没有计算碳市场，因为{r}。", "No carbon market is computed: {r}.").format(r=trade.reason)


def _no_policy(policies: Refused) -> Text:
    return Text("没有计算小企业政策，因为{r}。", "No policies for small firms are computed: {r}.").format(
        r=policies.reason
    )


def _argument(found: MarketResults) -> Text:
    rows = {row["policy"]: row for row in found.comparison.table.to_dicts()}
    trade, cut = rows["cap_and_trade"], rows["uniform"]
    return Text(
        "报告认为企业间边际减排成本的差异是碳交易的基础。这里由估计的前沿算出市场：总量比 {y} 年低 {a:.0f} % 时，"
        "出清价格为 {p:,.0f} 元/吨{i}；产出变化为 {t} 十亿元，统一减排到同一总量则为 {u} 十亿元。",
        "The report holds that differences of marginal abatement cost are the ground of trade in CO2. Here the market "
        "is computed from the estimated frontier: with a cap {a:.0f} % below {y} the price clears at {p:,.0f} "
        "CNY/t{i} and output changes by CNY {t} billion; a uniform cut to the same total changes it by CNY {u} "
        "billion.",
    ).format(
        y=found.year,
        a=_cut_percent(found),
        p=trade["price"],
        i=_interval(found),
        t=_signed(trade["output_change"] / 1e9, "+,.2f"),
        u=_signed(cut["output_change"] / 1e9, "+,.2f"),
    )


def _interval(found: MarketResults) -> Text:
    if found.draws is None:
        return Text("（没有区间）", " (no interval)")
    interval = found.draws.interval
    return Text("（区间 {l:,.0f} 至 {h:,.0f}）", " (interval {l:,.0f} to {h:,.0f})").format(
        l=interval.low, h=interval.high
    )


def _reallocation(found: MarketResults) -> Text:
    """How much of the gain is trade as such, how much the cut costs."""
    uncut = float(found.uncut.summary["output_change"][0])
    cut = float(found.comparison.markets["cap_and_trade"].summary["output_change"][0]) - uncut
    return Text(
        "交易与减排是两回事：总量若等于当前排放，仅交易一项就使产出变化 {g} 十亿元，减排再使它变化 {c} 十亿元。"
        "前者以今天的边际减排成本差异都能经交易消除为前提；前沿估计的误差会夸大差异，从而夸大这项收益。",
        "Trade and cut are two things: with the cap at today's CO2 trade alone would change output by CNY {g} billion; "
        "the cut then changes it by CNY {c} billion. The first holds only if all of today's differences of MAC can be "
        "traded away; errors of the frontier widen the differences, and with them this gain.",
    ).format(g=_signed(uncut / 1e9, "+,.2f"), c=_signed(cut / 1e9, "+,.2f"))


def _bounds(found: MarketResults) -> Text:
    one = found.comparison.markets["cap_and_trade"].summary.row(0, named=True)
    return Text(
        "边际减排成本相差悬殊时企业停在界上：有价格的企业中 {f:.1f} % 处于排放下限，{c:.1f} % 处于上限，"
        "其间 {m:.1f} %，处于界上的企业减多少由所设的界决定；"
        "没有价格的企业占 CO2 的 {x:.1f} %，停留在当前排放。"
        "改用默认前沿、边际减排成本在上下限之间不变（阶梯响应）时，出清价格为 {s:,.0f} 元/吨（表 M-7）。",
        "Where marginal abatement costs differ widely firms stand at a bound: of those with a price {f:.1f} % at their "
        "lowest, {c:.1f} % at their highest emissions and {m:.1f} % between; what those at a bound do is set by it. "
        "Firms without a price hold {x:.1f} % of CO2 and stay as they are. On the default frontier, "
        "with MAC constant between the bounds (step response), the price is {s:,.0f} CNY/t (Table M-7).",
    ).format(
        f=100.0 * one["share_at_floor"],
        c=100.0 * one["share_at_ceiling"],
        m=100.0 * (1.0 - one["share_at_floor"] - one["share_at_ceiling"]),
        x=100.0 * one["share_co2_excluded"],
        s=found.step.price,
    )


def _small(found: AdoptionResults) -> Text:
    small = next(row for row in found.policy.table.to_dicts() if row["design"] == "small_only")
    low, high = small["abated_t_low"], small["abated_t_high"]
    return Text(
        "报告主张以普惠的数字基础设施帮助小企业，而其表 4-4 中小企业的效应并不显著。"
        "由这里的估计，只补贴小企业的减排 95 % 区间为 {a} 至 {b} 吨，{w:.1f} % 的抽取中 CO2 没有下降{v}（表 M-8）。",
        "The report argues for inclusive digital infrastructure for small firms, though in its Table 4-4 the effect on "
        "them is not significant. By the estimates here the 95 % interval of what a subsidy for small firms alone "
        "abates runs from {a} to {b} t, and in {w:.1f} % of the draws CO2 does not fall{v} (Table M-8).",
    ).format(a=_signed(low), b=_signed(high), w=100.0 * small["wrong_sign"], v=_verdict(low, high))


def _verdict(low: float, high: float) -> Text:
    if low <= 0.0 <= high:
        return Text("：区间含零，不能说它减排", ": an interval that holds zero is no proof of abatement")
    return Text("：区间不含零", ": the interval does not hold zero")


def _signed(value: float, form: str = ",.0f") -> str:
    return format(value, form).replace("-", "−")
