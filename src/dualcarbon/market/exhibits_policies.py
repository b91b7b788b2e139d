"""Policies side by side: price, emissions, output, cost per tonne, firms at bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibit_words import DEFAULT, Frame, ended, form_of
from dualcarbon.market.result import Market
from dualcarbon.market.words import RESPONSES, SCHEMES

Interval = tuple[float, float]


def policy_table(
    markets: Sequence[Market],
    *,
    frame: Frame = DEFAULT,
    number: Text | None = None,
    intervals: dict[str, Interval] | None = None,
) -> Table:
    """One row per policy, the first for none.

    Parameters
    ----------
    markets : of the same firms, one per scheme
    intervals : low and high end of the price by scheme, where the frontier was drawn again
    """
    known = intervals or {}
    rows = [_row(market, frame, known.get(market.scheme)) for market in markets]
    today = markets[0].summary.row(0, named=True)
    mass = frame.mass_scale
    none = (
        Cell(SCHEMES["no_policy"]),
        Cell(None),
        *((Cell(None),) if known else ()),
        Cell(today["emissions_today"] / mass, form_of([today["emissions_today"] / mass])),
        *(Cell(None) for _ in range(9)),
    )
    price = Text("价格", "Price")
    output, share = Text("产出变化", "Output change"), Text("企业占比", "Share of firms")
    percent = Text("%", "%")
    return Table(
        key=frame.key("policies"),
        number=number or Text("政策比较表", "Policies compared"),
        title=Text("同一总量下的政策比较", "Policies compared at one cap"),
        headers=(
            Header("policy", Text("政策", "Policy")),
            Header("price", price, frame.per_tonne),
            *((Header("price_interval", Text("区间", "Interval"), frame.per_tonne),) if known else ()),
            Header("emissions", Text("排放", "Emissions"), frame.mass),
            Header("output_change", output, frame.currency),
            Header("output_percent", output, percent),
            Header("cost_per_tonne", Text("每吨成本", "Cost per tonne"), frame.per_tonne),
            Header("volume", Text("交易量", "Traded"), frame.mass),
            Header("gini", Text("收益基尼", "Gini of gains")),
            Header("share_losers", Text("受损", "Losers"), percent, share),
            Header("share_at_floor", Text("在下限", "At floor"), percent, share),
            Header("share_at_ceiling", Text("在上限", "At ceiling"), percent, share),
            Header("share_infeasible", Text("做不到", "Infeasible"), percent, share),
        ),
        rows=(none, *rows),
        notes=(
            Text(
                "{r}响应。每吨成本 = 产出损失 ÷ 减排量；受损：产出损失加许可净支付（减返还）大于零的企业；"
                "收益基尼按受益企业的收益计。MAC 相差悬殊时，处于上下限的企业比重决定结果，务必一并阅读。",
                "{r} response. Cost per tonne = output forgone / abatement; losers: firms whose output forgone and net "
                "payment, less rebates, exceed zero; the Gini is over the gains of those that gain. Where MACs differ "
                "widely the share of firms at their bounds decides the result: read it together with the rest.",
            ).format(r=_sentence(RESPONSES[markets[0].response])),
            *_notes(markets),
        ),
        source=frame.source,
        simulated=frame.simulated,
        row_keys=("no_policy", *(market.scheme for market in markets)),
    )


def policy_figure(markets: Sequence[Market], *, frame: Frame = DEFAULT, number: Text | None = None) -> Figure:
    """Output forgone by policy."""
    lost = tuple(-float(m.summary["output_change"][0]) / frame.currency_scale for m in markets)
    return Figure(
        key=frame.key("policies_figure"),
        number=number or Text("政策比较图", "Policies compared"),
        title=Text("各政策的产出损失", "Output forgone by policy"),
        drawing=DotPlot(
            items=tuple(SCHEMES[m.scheme] for m in markets),
            series=(Series(Text("产出损失", "output forgone"), lost),),
            x_label=Text("产出损失（{u}）", "Output forgone ({u})").format(u=frame.currency),
            references=(0.0,),
        ),
        notes=_notes(markets),
        source=frame.source,
        simulated=frame.simulated,
    )


def gini(gains: np.ndarray) -> float:
    """Gini coefficient of the gains above zero, sum_i (2i - n - 1) g_i / (n sum g), g increasing; NaN without any.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0, -5.0])), gini(np.array([0.0, 4.0, 12.0]))
    (0.0, 0.25)
    """
    found = np.sort(gains[gains > 0.0])
    n = found.size
    if not n:
        return math.nan
    return float((2.0 * np.arange(1, n + 1) - n - 1.0) @ found / (n * found.sum()))


def _row(market: Market, frame: Frame, interval: Interval | None) -> tuple[Cell, ...]:
    one = market.summary.row(0, named=True)
    cost = market.table["cost"].to_numpy()
    counted = market.table["allocation"].is_not_null().to_numpy()
    tiny = 1e-9 * float(np.abs(cost).max(initial=0.0))
    mass, money = frame.mass_scale, one["output_change"] / frame.currency_scale
    prices = [v for v in (one["price"], one["cost_per_tonne"]) if math.isfinite(v)]
    ends = () if interval is None else (format(interval[0], form_of(interval)), format(interval[1], form_of(interval)))
    traded = one["volume"] if market.scheme in ("cap_and_trade", "performance_standard") else math.nan
    return (
        Cell(SCHEMES[market.scheme]),
        _number(one["price"], form_of(prices)),
        *((Cell(Text("{a} 至 {b}", "{a} to {b}").format(a=ends[0], b=ends[1])),) if ends else ()),
        Cell(one["emissions"] / mass, form_of([one["emissions_today"] / mass])),
        Cell(money, form_of([money])),
        Cell(100.0 * one["output_change"] / one["output_today"] if one["output_today"] else None, ".2f"),
        _number(one["cost_per_tonne"], form_of(prices)),
        _number(traded / mass, form_of([traded / mass])),
        _number(gini(-cost[counted]), ".3f"),
        Cell(100.0 * float(np.mean(cost[counted] > tiny)), ".1f"),
        *(Cell(100.0 * one[f"share_{name}"], ".1f") for name in ("at_floor", "at_ceiling", "infeasible")),
    )


def _number(value: float, form: str) -> Cell:
    return Cell(value if math.isfinite(value) else None, form)


def _notes(markets: Sequence[Market]) -> tuple[Text, ...]:
    return tuple(
        Text("{s}：{n}", "{s}: {n}").format(s=SCHEMES[market.scheme], n=ended(note))
        for market in markets
        for note in market.notes
    )


def _sentence(text: Text) -> Text:
    return Text(text.zh, text.en[0].upper() + text.en[1:])
