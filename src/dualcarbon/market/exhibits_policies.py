"""Policies side by side: price, emissions, output, cost per tonne, winners, firms at bounds; cost by group."""

from __future__ import annotations

import math
import re
from typing import Literal

import polars as pl

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both
from dualcarbon.market.comparison import Comparison
from dualcarbon.market.exhibit_words import DEFAULT, EVERY_FIRM_CUTS, GROUP, Frame, cut_missed, ended, form_of
from dualcarbon.market.uncertainty import PriceInterval, interval_note
from dualcarbon.market.words import RESPONSES, SCHEMES

_PERCENT = both("%")
Measure = Literal["cost", "abatement"]
_BOUNDS = Text(
    "边际减排成本相差悬殊时，处于上下限的企业比重决定结果，须一并阅读。",
    "Where marginal abatement costs differ widely the shares of firms at their bounds decide the result: read them "
    "with it.",
)
_BORNE = Text(
    "负担 = 产出损失 + 许可净支付 − 返还。", "What firms bear = output forgone + net payment for permits − rebates."
)
_TRADED = ("cap_and_trade", "performance_standard")
_NONE, _CUT, _SHARE = Text("比无政策", "vs none"), Text("比统一减排", "vs cut"), Text("企业", "Firms")
_FIRMS: tuple[tuple[str, Text, Text | None, Text, str], ...] = (
    ("winners", Text("受益", "Win"), _PERCENT, _NONE, ".1f"),
    ("losers", Text("受损", "Lose"), _PERCENT, _NONE, ".1f"),
    ("gini_gains", Text("基尼", "Gini"), None, _NONE, ".3f"),
    ("winners_uniform", Text("受益", "Win"), _PERCENT, _CUT, ".1f"),
    ("losers_uniform", Text("受损", "Lose"), _PERCENT, _CUT, ".1f"),
    ("share_at_floor", Text("在下限", "At floor"), _PERCENT, _SHARE, ".1f"),
    ("share_at_ceiling", Text("在上限", "At ceiling"), _PERCENT, _SHARE, ".1f"),
    ("share_infeasible", Text("做不到", "Infeasible"), _PERCENT, _SHARE, ".1f"),
)
"""Column, label, unit, spanning label and format; shares are printed in percent."""

_GAINS = Text(
    "得失 = 产出变化 − 许可净支付 + 返还，分别与无政策、统一减排相比。"
    "基尼按全体企业的得与失计（Raffinetti 等，2015），0 为均等，1 为最不均。",
    "A gain is output change − net payment for permits + rebates, against no policy and the uniform cut. "
    "The Gini is over the gains and losses of all firms (Raffinetti et al., 2015): 0 even, 1 as uneven as can be.",
)
_MISSED = Text(
    "做不到统一减排的企业不进入与它的比较。",
    "Firms that cannot make the uniform cut are left out of the comparison with it.",
)


def policy_table(
    found: Comparison, *, frame: Frame = DEFAULT, number: Text | None = None, interval: PriceInterval | None = None
) -> Table:
    """One row per policy, no policy first: price, emissions, output, cost per tonne, permits traded.

    `interval` is that of the price of cap and trade.
    """
    output = Text("产出变化", "Output change")
    rows = found.table.to_dicts()
    return Table(
        key=frame.key("policies"),
        number=number or Text("政策比较表", "Policies"),
        title=Text("同一总量下的各项政策", "The policies at one cap"),
        headers=(
            Header("policy", Text("政策", "Policy")),
            Header("price", Text("价格", "Price"), frame.per_tonne),
            Header("emissions", Text("排放", "Emissions"), frame.mass),
            Header("output_change", Text("数额", "Amount"), frame.currency, output),
            Header("output_percent", Text("比例", "Share"), _PERCENT, output),
            Header("cost_per_tonne", Text("每吨成本", "Cost per tonne"), frame.per_tonne),
            Header("volume", Text("交易量", "Traded"), frame.mass),
        ),
        rows=_rows(found, frame),
        notes=_notes(found, interval),
        source=frame.source,
        simulated=frame.simulated,
        row_keys=tuple(row["policy"] for row in rows),
    )


def policy_firms_table(found: Comparison, *, frame: Frame = DEFAULT, number: Text | None = None) -> Table:
    """One row per policy: winners and losers, how unequal gains and losses are, firms at their bounds."""
    rows = [row for row in found.table.to_dicts() if row["policy"] != "no_policy"]
    missed = any(row["share_infeasible"] > 0.0 for row in rows)
    shown = [one for one in _FIRMS if missed or one[0] != "share_infeasible"]
    columns = [("policy", Text("政策", "Policy"), None, None, ""), *shown]
    return Table(
        key=frame.key("policies_firms"),
        number=number or Text("得失比较表", "Winners and losers"),
        title=Text("各项政策下企业的得失", "What the policies do to firms"),
        headers=tuple(Header(name, label, unit, group) for name, label, unit, group, _ in columns),
        rows=tuple(
            (
                Cell(SCHEMES[row["policy"]]),
                *(_number((100.0 if unit else 1.0) * row[name], form) for name, _, unit, _, form in shown),
            )
            for row in rows
        ),
        notes=(_GAINS, _MISSED if missed else EVERY_FIRM_CUTS, _BOUNDS),
        source=frame.source,
        simulated=frame.simulated,
        row_keys=tuple(row["policy"] for row in rows),
    )


def policy_groups_table(
    found: Comparison,
    by: str,
    measure: Measure = "cost",
    *,
    frame: Frame = DEFAULT,
    label: Text = GROUP,
    number: Text | None = None,
) -> Table:
    """One row per group, one column per policy: cost in percent of output, or abatement in percent of CO2.

    Groups come in the order of `frame.groups`, then by name.
    """
    part = found.groups.filter(pl.col("by") == by)
    known = {(row["group"], row["policy"]): row for row in part.to_dicts()}
    words = {str(key): text for key, text in frame.groups.items()}
    names = sorted(part["group"].unique().to_list(), key=lambda name: _place(str(name), list(words)))
    low = Text(label.zh, label.en.lower())
    cost = measure == "cost"
    return Table(
        key=frame.key(f"policies_{measure}_by_{_stem(found, by)}"),
        number=number or Text("分组比较表", "Policies by group"),
        title=Text("企业负担占产出的 %：按{g}", "What firms bear, % of output, by {g}").format(g=low)
        if cost
        else Text("减排占当前 CO2 的 %：按{g}", "Abatement, % of today's CO2, by {g}").format(g=low),
        headers=(
            Header("group", label),
            Header("firms", Text("企业", "Firms")),
            *(Header(f"{measure}_{p}", SCHEMES[p], _PERCENT) for p in found.markets),
        ),
        rows=tuple(
            (
                Cell(words.get(str(name), frame.group(name))),
                Cell(next(known[name, p]["firms"] for p in found.markets), ",d"),
                *(
                    _number(100.0 * known[name, p]["cost_share"], ".2f")
                    if cost
                    else _number(_cut(known[name, p]), ".1f")
                    for p in found.markets
                ),
            )
            for name in names
        ),
        notes=(_BORNE,) if cost else (),
        source=frame.source,
        simulated=frame.simulated,
    )


def _place(name: str, known: list[str]) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known)), name


def _stem(found: Comparison, by: str) -> str:
    """A column of groups in the name of a file: its number where its name has other than letters and digits."""
    columns = found.groups["by"].unique(maintain_order=True).to_list()
    return by if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", by) else f"group_{columns.index(by) + 1}"


def policy_figure(found: Comparison, *, frame: Frame = DEFAULT, number: Text | None = None) -> Figure:
    """Output forgone by policy, and what firms bear after permits and rebates."""
    table = found.table.filter(pl.col("policy") != "no_policy")
    lost = tuple((-table["output_change"] / frame.currency_scale).to_list())
    borne = tuple((table["firm_cost"] / frame.currency_scale).to_list())
    return Figure(
        key=frame.key("policies_figure"),
        number=number or Text("政策比较图", "Policies"),
        title=Text("各项政策的成本", "Cost of the policies"),
        drawing=DotPlot(
            items=tuple(SCHEMES[name] for name in table["policy"].to_list()),
            series=(
                Series(Text("产出损失", "output forgone"), lost),
                Series(
                    Text("企业负担（含许可与返还）", "borne by firms, permits and rebates included"), borne, hollow=True
                ),
            ),
            x_label=Text("成本（{u}）", "Cost ({u})").format(u=frame.currency),
            references=(0.0,),
        ),
        notes=tuple(ended(note) for note in found.notes),
        source=frame.source,
        simulated=frame.simulated,
    )


def _rows(found: Comparison, frame: Frame) -> tuple[tuple[Cell, ...], ...]:
    rows = found.table.to_dicts()
    prices = form_of(v for row in rows for v in (row["price"], row["cost_per_tonne"]))
    money = form_of(row["output_change"] / frame.currency_scale for row in rows)
    mass = form_of([rows[0]["emissions"] / frame.mass_scale])
    today = rows[0]["output"]
    made = []
    for row in rows:
        nothing = row["policy"] == "no_policy"
        traded = float(found.markets[row["policy"]].summary["volume"][0]) if row["policy"] in _TRADED else math.nan
        made.append(
            (
                Cell(SCHEMES[row["policy"]]),
                _number(math.nan if nothing else row["price"], prices),
                Cell(row["emissions"] / frame.mass_scale, mass),
                Cell(row["output_change"] / frame.currency_scale, money),
                _number(100.0 * row["output_change"] / today if today else math.nan, ".2f"),
                _number(row["cost_per_tonne"], prices),
                _number(traded / frame.mass_scale, mass),
            )
        )
    return tuple(made)


def _notes(found: Comparison, interval: PriceInterval | None) -> tuple[Text, ...]:
    response = RESPONSES[next(iter(found.markets.values())).response]
    return (
        Text(
            "{z}响应。每吨成本 = 产出损失 ÷ 减排量。",
            "{e} response. Cost per tonne = output forgone / abatement.",
        ).format(z=response.zh, e=response.en[0].upper() + response.en[1:]),
        _BOUNDS,
        *((ended(interval_note(interval)),) if interval is not None else ()),
        *(cut_missed(found.markets["uniform"], found.cap) if "uniform" in found.markets else ()),
        *(ended(note) for note in found.notes),
    )


def _cut(row: dict[str, float]) -> float:
    return 100.0 * row["abatement"] / row["co2"] if row["co2"] > 0.0 else math.nan


def _number(value: float, form: str) -> Cell:
    return Cell(value if math.isfinite(value) else None, form)
