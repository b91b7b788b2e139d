"""Policies side by side: output, emissions, who gains and who loses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import InfeasibleError
from dualcarbon.core.grouped import group_sums
from dualcarbon.core.options import require_choice
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text
from dualcarbon.kernels.inequality import gini
from dualcarbon.market.clearing import clear
from dualcarbon.market.faults import columns_absent, option
from dualcarbon.market.firms import numbers, renamed
from dualcarbon.market.responses import Bound, Response
from dualcarbon.market.result import Market
from dualcarbon.market.rules import AllocationWord, Rule
from dualcarbon.market.standard import BenchmarkRates
from dualcarbon.market.words import SCHEMES, Excluded, ResponseName, Revenue, SchemeName

Array = NDArray[np.float64]

POLICIES: tuple[SchemeName, ...] = ("uniform", "performance_standard", "cap_and_trade", "tax")
_UNREACHED = Text(
    "可交易绩效标准达不到这一总量（{l}），故未列出",
    "a performance standard does not reach this cap ({l}) and is not shown",
)
_EVEN = 1e-9
"""Gain, as a share of a firm's output, within which it neither wins nor loses."""
_GROUPED = (
    "firms",
    "co2",
    "abatement",
    "output_change",
    "cost_per_tonne",
    "trade",
    "cost",
    "cost_share",
    "winners",
    "winners_uniform",
)
_COPIED = (
    "price",
    "emissions",
    "abatement",
    "output_change",
    "cost_per_tonne",
    "revenue",
    "share_at_floor",
    "share_at_ceiling",
    "share_infeasible",
)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Five policies on the same firms.

    Attributes
    ----------
    table : polars.DataFrame, one row per policy, no_policy first
        policy, price, emissions, abatement, shortfall (emissions above the cap), output, output_change, cost_per_tonne
        (output forgone per unit of CO2 abated), revenue, firm_cost (what firms bear after permits and rebates),
        winners and losers (shares of the covered firms against no policy), gini_gains (of the gains against no policy),
        winners_uniform, losers_uniform, gini_gains_uniform (the same against the uniform cut, over firms that can make
        it), saving (share of the uniform cut's output loss avoided), share_at_floor, share_at_ceiling,
        share_infeasible.
    groups : polars.DataFrame
        by, group, policy, firms, co2, abatement, output_change, cost_per_tonne, trade, cost, cost_share (of today's
        output), winners, winners_uniform.
    markets : mapping from policy to Market
    cap : float
    notes : tuple of Text
    """

    table: pl.DataFrame
    groups: pl.DataFrame
    markets: Mapping[str, Market] = field(repr=False)
    cap: float
    notes: tuple[Text, ...] = ()

    def __repr__(self) -> str:
        rows = [
            f"  {r['policy']:<21} price {r['price']:>12,.6g}  output {r['output_change']:>+14,.6g}  "
            f"per tonne {r['cost_per_tonne']:>10,.5g}"
            for r in self.table.rows(named=True)
        ]
        return "\n".join([f"Comparison(cap {self.cap:,.6g})", *rows])


def compare(
    firms: object,
    *,
    cap: float,
    by: Sequence[str] = (),
    policies: Sequence[SchemeName] = POLICIES,
    response: ResponseName | Response = "quadratic",
    floor: Bound = 0.5,
    ceiling: Bound = 1.0,
    elasticity: float | str | None = None,
    allocation: AllocationWord | Rule = "grandfathering",
    benchmark: BenchmarkRates = None,
    benchmark_by: str | None = None,
    revenue: Revenue = "kept",
    scope: pl.Expr | None = None,
    excluded: Excluded = "inside",
) -> Comparison:
    """No policy, uniform cut, performance standard, cap and trade and tax at the same emissions.

    Benchmarks are scaled, and the tax is chosen, so that emissions are the cap. Under the uniform cut firms that cannot
    make it go as low as they can, so that its emissions exceed the cap by the `shortfall`; cost per tonne is over what
    is abated. A gain is output change - payment + rebate.

    Parameters
    ----------
    firms, cap, response, floor, ceiling, elasticity, allocation, benchmark, benchmark_by, scope, excluded
        As for `clear`.
    by : columns of groups, such as industry, size and region
    policies : which, beside no policy; a performance standard among others that does not reach the cap is left out,
        with a note
    revenue : use of the revenue of the tax, and of an auction asked for by word

    Raises
    ------
    ConfigError, SchemaError, DataError
        As in `clear`.
    """
    for name in policies:
        require_choice("policies", name, POLICIES)
    asked = tuple(dict.fromkeys(policies))
    if not asked:
        option("policies", policies, Text("至少一个政策", "at least one policy"))
    one = partial(
        clear,
        firms,
        cap=cap,
        response=response,
        floor=floor,
        ceiling=ceiling,
        elasticity=elasticity,
        allocation=allocation,
        benchmark=benchmark,
        benchmark_by=benchmark_by,
        revenue=revenue,
        scope=scope,
        excluded=excluded,
    )
    markets, left_out = _cleared(one, asked)
    reference = _uniform_cost(markets)
    first = next(iter(markets.values()))
    _check_groups(first, by)
    own_names = renamed(as_polars(firms).columns)
    rows = [_row(name, market, reference, cap) for name, market in markets.items()]
    table = pl.DataFrame([_nothing(first, cap), *rows], strict=False)
    groups = [
        _grouped(name, market, column, own_names.get(column, column), reference)
        for column in by
        for name, market in markets.items()
    ]
    return Comparison(
        table, pl.concat(groups) if groups else pl.DataFrame(), markets, cap, (*_said(markets), *left_out)
    )


def _cleared(one: Callable[..., Market], policies: Sequence[SchemeName]) -> tuple[dict[str, Market], tuple[Text, ...]]:
    """The market of every policy; a standard that does not reach a cap which the others reach is left out, and said."""
    found: dict[str, Market] = {}
    left_out: tuple[Text, ...] = ()
    for name in policies:
        try:
            found[name] = one(scheme=name)
        except InfeasibleError as error:
            if name != "performance_standard" or len(policies) == 1:
                raise
            left_out = (_UNREACHED.format(l=error.expected),)
    return found, left_out


def _said(markets: Mapping[str, Market]) -> tuple[Text, ...]:
    """The notes of the markets, each once; what not all of them say names those that do."""
    by_note: dict[Text, list[Text]] = {}
    for name, market in markets.items():
        for note in dict.fromkeys(market.notes):
            by_note.setdefault(note, []).append(SCHEMES[name])
    return tuple(
        note
        if len(who) == len(markets)
        else Text("{w}：{n}", "{w}: {n}").format(
            w=Text("、".join(one.zh for one in who), ", ".join(one.en for one in who)), n=note
        )
        for note, who in by_note.items()
    )


def size_classes(
    firms: pl.DataFrame,
    column: str = "output",
    *,
    cuts: Sequence[float] = (1 / 3, 2 / 3),
    names: Sequence[str] = ("small", "medium", "large"),
) -> pl.Series:
    """Classes of a column by its quantiles, as a series called `size`; missing where the column is.

    Raises
    ------
    ConfigError
        Unless the cuts rise between 0 and 1 and there is one name more than cuts.
    SchemaError
        If the column is absent or not numeric.

    Examples
    --------
    >>> size_classes(pl.DataFrame({"output": [1.0, 2.0, 30.0]})).to_list()
    ['small', 'medium', 'large']
    """
    columns_absent(firms, (column,), Text("补上衡量规模的列", "add the column that measures size"))
    rising = [0.0, *cuts, 1.0]
    if any(not low < high for low, high in pairwise(rising)):
        option("cuts", tuple(cuts), Text("0 与 1 之间递增的分位点", "quantiles that rise between 0 and 1"))
    if len(names) != len(cuts) + 1:
        option("names", tuple(names), Text("{n} 个名称", "{n} names").format(n=len(cuts) + 1))
    values = numbers(firms, column)
    known = np.isfinite(values)
    limits = np.quantile(values[known], cuts) if known.any() else np.zeros(len(cuts))
    place = np.searchsorted(limits, values, side="left").tolist()
    classes = [names[k] if seen else None for k, seen in zip(place, known.tolist(), strict=True)]
    return pl.Series("size", classes, dtype=pl.String)


def _covered(market: Market) -> NDArray[np.bool_]:
    return market.table["allocation"].is_not_null().to_numpy()


def _uniform_cost(markets: Mapping[str, Market]) -> Array | None:
    """Cost of every firm under the uniform cut, missing where the firm cannot make it."""
    if "uniform" not in markets:
        return None
    table = markets["uniform"].table
    made = (table["state"] != "infeasible").to_numpy()
    return np.where(made, table["cost"].to_numpy(), np.nan)


def _shares(gain: Array, output: Array) -> tuple[float, float]:
    """Shares of winners and losers of those whose gain is known."""
    known = np.isfinite(gain)
    count = int(known.sum())
    if not count:
        return math.nan, math.nan
    even = _EVEN * np.abs(output)
    return float((gain > even)[known].sum()) / count, float((gain < -even)[known].sum()) / count


def _nothing(market: Market, cap: float) -> dict[str, object]:
    one = market.summary.row(0, named=True)
    zero = dict.fromkeys(("winners", "losers", "share_at_floor", "share_at_ceiling", "share_infeasible"), 0.0)
    unknown = ("gini_gains", "winners_uniform", "losers_uniform", "gini_gains_uniform", "saving")
    return {
        "policy": "no_policy",
        "price": 0.0,
        "emissions": one["emissions_today"],
        "abatement": 0.0,
        "shortfall": max(one["emissions_today"] - cap, 0.0),
        "output": one["output_today"],
        "output_change": 0.0,
        "cost_per_tonne": math.nan,
        "revenue": 0.0,
        "firm_cost": 0.0,
        **zero,
        **dict.fromkeys(unknown, math.nan),
    }


def _row(name: str, market: Market, reference: Array | None, cap: float) -> dict[str, object]:
    one, table, inside = market.summary.row(0, named=True), market.table, _covered(market)
    cost, output = table["cost"].to_numpy()[inside], table["output"].to_numpy()[inside]
    against = np.full(cost.size, np.nan) if reference is None else reference[inside] - cost
    winners, losers = _shares(-cost, output)
    better, worse = _shares(against, output)
    return {
        "policy": name,
        **{key: one[key] for key in _COPIED},
        "shortfall": max(one["emissions"] - cap, 0.0) if one["emissions"] > cap * (1.0 + 1e-12) else 0.0,
        "output": one["output_today"] + one["output_change"],
        "firm_cost": float(cost.sum()),
        "winners": winners,
        "losers": losers,
        "gini_gains": gini(-cost),
        "winners_uniform": better,
        "losers_uniform": worse,
        "gini_gains_uniform": gini(against) if name != "uniform" else math.nan,
        "saving": _saving(one["output_change"], table, reference),
    }


def _saving(change: float, table: pl.DataFrame, reference: Array | None) -> float:
    """Share of the uniform cut's loss of output avoided; NaN where some firm cannot make the cut."""
    if reference is None or np.isnan(reference).any():
        return math.nan
    lost = float(reference.sum())
    return 1.0 + change / lost if lost > 0.0 else math.nan


def _check_groups(market: Market, by: Sequence[str]) -> None:
    for column in by:
        require_choice("by", column, market.table.columns)


def _grouped(name: str, market: Market, column: str, at: str, reference: Array | None) -> pl.DataFrame:
    """Sums of a policy over the groups of a column, which the market's table has under the name `at`."""
    against = np.full(market.table.height, np.nan) if reference is None else reference
    even = _EVEN * pl.col("output").abs()
    known = pl.col("reference").is_not_nan()
    cut = pl.col("abatement")
    per_tonne = pl.when(cut > 1e-12 * pl.col("co2")).then(-pl.col("output_change") / cut).otherwise(float("nan"))
    found = group_sums(
        market.table.with_columns(pl.Series("reference", against)).filter(pl.col("allocation").is_not_null()),
        [pl.col(at).cast(pl.String).alias("group")],
        ["co2", (-pl.col("co2_change")).alias("abatement"), "output_change", "trade", "cost", "output"],
        [
            pl.len().alias("firms"),
            (pl.col("cost") < -even).mean().alias("winners"),
            (pl.col("reference") - pl.col("cost") > even).filter(known).mean().alias("winners_uniform"),
        ],
    )
    shares = found.with_columns(cost_per_tonne=per_tonne, cost_share=pl.col("cost") / pl.col("output"))
    return shares.sort("group").select(pl.lit(column).alias("by"), "group", pl.lit(name).alias("policy"), *_GROUPED)
