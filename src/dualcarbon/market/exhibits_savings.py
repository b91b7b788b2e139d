"""Where trade saves: the output that a uniform cut costs and a market does not, by groups of firms."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.exhibit import Cell, Figure, Header, Table, Waterfall
from dualcarbon.core.grouped import group_sums
from dualcarbon.core.text import Text
from dualcarbon.market.exhibit_words import ALL, DEFAULT, EVERY_FIRM_CUTS, GROUP, Frame, cut_missed, form_of, said
from dualcarbon.market.faults import option
from dualcarbon.market.result import Market
from dualcarbon.market.words import SCHEMES

_SHOWN = 8

_SAVED = ("firms", "co2", "cut_cost", "trade_cost", "saving", "gain", "infeasible")


def savings(market: Market, uniform: Market, by: str) -> pl.DataFrame:
    """Output forgone by group under a uniform cut and under a market, and what firms gain from the market.

    Parameters
    ----------
    market, uniform : Market
        The same firms in the same order; the second by the scheme "uniform".
    by : column of groups

    Returns
    -------
    polars.DataFrame : group, firms, co2, cut_cost, trade_cost (output forgone), saving, gain (cost of the firms under
        the cut less that under the market, payments for permits included), infeasible (firms that cannot make the cut)

    Raises
    ------
    ConfigError
        If the second market is no uniform cut of the same firms.
    """
    if uniform.scheme != "uniform" or market.table.height != uniform.table.height:
        option(
            "uniform",
            f"{uniform.scheme}, {uniform.table.height} rows",
            Text("同一批企业的统一减排（{n} 行）", "a uniform cut of the same firms ({n} rows)").format(
                n=market.table.height
            ),
        )
    other = uniform.table.select(
        pl.col("output_change").alias("_cut"), pl.col("cost").alias("_cost"), pl.col("state").alias("_state")
    )
    table = market.table.hstack(other)
    found = group_sums(
        table,
        [by],
        [
            "co2",
            (-pl.col("_cut")).alias("cut_cost"),
            (-pl.col("output_change")).alias("trade_cost"),
            (pl.col("_cost") - pl.col("cost")).alias("gain"),
        ],
        [pl.len().alias("firms"), (pl.col("_state").cast(pl.String) == "infeasible").sum().alias("infeasible")],
    )
    saved = found.with_columns(saving=pl.col("cut_cost") - pl.col("trade_cost"))
    return saved.select(by, *_SAVED).sort("saving", by, descending=[True, False])


def savings_table(
    market: Market,
    uniform: Market,
    by: str,
    *,
    frame: Frame = DEFAULT,
    label: Text = GROUP,
    number: Text | None = None,
) -> Table:
    """One row per group: cost of the cut, cost under the market, saving, gain of the firms; see `savings`.

    Firms that cannot make the cut have a column where there are any.
    """
    found = savings(market, uniform, by)
    sums = found.sum().row(0, named=True)
    forms = (
        form_of([sums["co2"] / frame.mass_scale]),
        form_of(sums[name] / frame.currency_scale for name in ("cut_cost", "trade_cost", "saving", "gain")),
    )
    missed = sums["infeasible"] > 0
    rows = tuple((Cell(frame.group(row[by])), *_numbers(row, forms, frame, missed)) for row in found.to_dicts())
    cost = Text("产出损失", "Output forgone")
    return Table(
        key=frame.key("savings"),
        number=number or Text("成本节约表", "Cost savings"),
        title=Text("市场相对统一减排的节约", "What the market saves against a uniform cut"),
        headers=(
            Header("group", label),
            Header("firms", Text("企业", "Firms")),
            Header("co2", Text("当前 CO2", "CO2 today"), frame.mass),
            Header("cut_cost", SCHEMES["uniform"], frame.currency, cost),
            Header("trade_cost", SCHEMES[market.scheme], frame.currency, cost),
            Header("saving", Text("节约", "Saving"), frame.currency),
            Header("gain", Text("企业净收益", "Gain of the firms"), frame.currency),
            *((Header("infeasible", Text("无法统一减排", "Cut infeasible"), Text("家", "firms")),) if missed else ()),
        ),
        rows=(*rows, (Cell(ALL), *_numbers(sums, forms, frame, missed))),
        notes=(*said(market), *_caution(market, uniform), _GAIN),
        source=frame.source,
        simulated=frame.simulated,
        rules_after=(len(rows),),
    )


def savings_figure(
    market: Market, uniform: Market, by: str, *, frame: Frame = DEFAULT, number: Text | None = None
) -> Figure:
    """From the cost of the uniform cut to that of the market, by the groups that save or lose most."""
    found = savings(market, uniform, by).with_columns(size=pl.col("saving").abs()).sort("size", descending=True)
    shown = found.head(_SHOWN).sort("saving", descending=True)
    steps = [(frame.group(row[by]), -row["saving"] / frame.currency_scale) for row in shown.to_dicts()]
    if found.height > _SHOWN:
        rest = float(found[_SHOWN:]["saving"].sum())
        steps.append((Text("其余 {n} 组", "{n} others").format(n=found.height - _SHOWN), -rest / frame.currency_scale))
    start = float(found["cut_cost"].sum()) / frame.currency_scale
    levels = [start]
    for _, change in steps:
        levels.append(levels[-1] + change)
    form = form_of(levels)
    marks = [format(start, form), *(_signed(change, form) for _, change in steps), format(levels[-1], form)]
    return Figure(
        key=frame.key("savings_figure"),
        number=number or Text("成本节约图", "Cost savings"),
        title=Text("产出损失：从统一减排到市场", "Output forgone: from the uniform cut to the market"),
        drawing=Waterfall(
            items=(SCHEMES["uniform"], *(name for name, _ in steps), SCHEMES[market.scheme]),
            levels=tuple(levels),
            marks=tuple(marks),
            x_label=Text("产出损失（{u}）", "Output forgone ({u})").format(u=frame.currency),
        ),
        notes=_caution(market, uniform),
        source=frame.source,
        simulated=frame.simulated,
    )


_GAIN = Text(
    "企业净收益含许可的买卖。只有无偿所得少于其统一减排后排放的企业才可能受损；没有价格的企业同样分得许可，"
    "但不减排，须买入差额。",
    "The gain of the firms includes permits bought and sold. A firm can lose only where its free permits are fewer "
    "than its emissions under the cut; firms without a price are given permits like the others, do not abate, and buy "
    "the difference.",
)


def _caution(market: Market, uniform: Market) -> tuple[Text, ...]:
    """Whether the two can be compared: firms that cannot make the cut leave emissions above the cap."""
    return cut_missed(uniform, float(market.summary["emissions"][0])) or (EVERY_FIRM_CUTS,)


def _numbers(row: dict[str, float], forms: tuple[str, str], frame: Frame, missed: bool) -> tuple[Cell, ...]:
    costs = [row[name] / frame.currency_scale for name in ("cut_cost", "trade_cost", "saving", "gain")]
    return (
        Cell(int(row["firms"]), ",d"),
        Cell(row["co2"] / frame.mass_scale, forms[0]),
        *(Cell(value, forms[1]) for value in costs),
        *((Cell(int(row["infeasible"]), ",d"),) if missed else ()),
    )


def _signed(value: float, form: str) -> str:
    text = format(value, f"+{form}")
    return format(0.0, form) if not text.strip("+-0.,") else text.replace("-", "−")
