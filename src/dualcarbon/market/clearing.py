"""From firms and a cap to a price and to what every firm does."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text
from dualcarbon.kernels.permit_price import FLOOR
from dualcarbon.market.faults import option, require_number
from dualcarbon.market.firms import excluded_table, read, renamed
from dualcarbon.market.responses import NO_BETA, Bound, Response, bounds, response_of
from dualcarbon.market.result import Market
from dualcarbon.market.rules import AllocationWord, Listed, Rule, returned, rule_of
from dualcarbon.market.schemes import Collar, Setting, Settled, cap_and_trade, setting, tax, uniform
from dualcarbon.market.standard import BenchmarkRates, performance_standard
from dualcarbon.market.words import CODE, REVENUES, STATES, Excluded, ResponseName, Revenue, SchemeName

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STATE = pl.Enum(STATES)
_SCHEMES = ("cap_and_trade", "performance_standard", "uniform", "tax")


def clear(
    firms: object,
    *,
    cap: float | None = None,
    scheme: SchemeName = "cap_and_trade",
    response: ResponseName | Response = "quadratic",
    floor: Bound = 0.5,
    ceiling: Bound = 1.0,
    elasticity: float | str | None = None,
    allocation: AllocationWord | Rule = "grandfathering",
    benchmark: BenchmarkRates = None,
    benchmark_by: str | None = None,
    auctioned: float = 0.0,
    tax_rate: float | None = None,
    revenue: Revenue = "kept",
    price_floor: float = 0.0,
    price_ceiling: float | None = None,
    reserve: float | None = None,
    scope: pl.Expr | None = None,
    excluded: Excluded = "inside",
) -> Market:
    """The price of CO2 under a scheme, and emissions, output, permits and cost of every firm at it.

    Each firm maximises output less the cost of its permits, so that its marginal abatement cost is the price it sees:
    P under a cap or a tax, P / (1 + P beta) where a unit of output earns beta permits. P is where sum(b - beta y) is
    what is available.

    Parameters
    ----------
    firms : frame, one row per firm
        `co2`; `output`, in currency; `mac`, in that currency per unit of CO2. For the quadratic response `scale`
        = ybar / bbar, the currency per unit of CO2 in which the frontier measures m = -1 / (1 + mac / scale), and
        `mu` < 0, the slope of m in s = output / scale + co2, per unit of CO2 (that of the frontier in means, divided
        by bbar). For the step response `mac_low` and `mac_high` where a kink has two prices. Other columns are kept.
    cap : float
        CO2 of the covered firms. Under a performance standard all benchmarks are scaled to it.
    scheme : "cap_and_trade", "performance_standard", "uniform" or "tax"
    response : "quadratic", "isoelastic" or "step", or an object such as `Quadratic(missing="exclude")`
    floor, ceiling : float or str
        Lowest and highest emissions of a firm as multiples of today's, or columns that hold them.
    elasticity : float or str
        Of emissions with respect to the price, positive, for the isoelastic response; no default.
    allocation : "grandfathering", "benchmark", "auction" or a rule
        Under a cap: who gets permits free; see `Grandfathering`, `Benchmark`, `Auction`, `Mixed`, `Listed`. With
        `Listed` and no cap the cap is what is listed.
    benchmark : float, str, mapping or None
        CO2 per unit of output: a number, a column, or one per group of `benchmark_by`; None for the mean of each group.
    auctioned : float
        Under a performance standard with a cap: the share of the cap that is sold, at least 0 and below 1.
    tax_rate : float
        Under a tax: the rate; without it the rate that reaches the cap.
    revenue : "kept", "per_firm", "by_output" or "by_co2"
        Use of the revenue of a tax or of permits sold; a rule given as an object says its own.
    price_floor, price_ceiling, reserve : float
        Of cap and trade and of the performance standard: permits are withheld at the floor; at the ceiling `reserve`
        more are sold, without limit if None.
    scope : polars expression
        Firms for which it does not hold stay as they are, outside the cap.
    excluded : "inside" or "outside"
        Firms without a usable MAC (zero, infinite, negative, missing) or without CO2 stay at today's emissions: inside
        the cap, getting and buying permits as others, or outside it.

    Returns
    -------
    Market

    Raises
    ------
    ConfigError
        For an option that is wrong, missing, or of another scheme.
    SchemaError
        For columns that are absent or not numeric.
    DataError
        For unusable values.
    InfeasibleError
        For a cap below the lowest emissions, which are named, and for benchmarks that no price meets.

    Examples
    --------
    >>> firms = pl.DataFrame({"firm": ["a", "b", "c"], "co2": 10.0, "output": 30.0, "mac": [1.0, 0.5, 0.25]})
    >>> market = clear(firms.with_columns(mu=pl.lit(-0.1), scale=pl.lit(1.0)), cap=27)
    >>> round(market.price, 6), market.table["co2_star"].round(4).to_list()
    (1.021069, [9.9741, 9.0019, 8.0241])
    """
    collar = Collar(price_floor, price_ceiling, reserve)
    _check(cap, scheme, excluded, revenue, collar)
    _check_of_scheme(scheme, collar, tax_rate, auctioned)
    sorted_out, curves = response_of(response, elasticity).curves(read(firms, scope), floor, ceiling)
    where = setting(sorted_out, curves, excluded)
    rule, cap = rule_of(allocation, revenue), None if cap is None else float(cap)
    limit = rule.total(sorted_out, where.covered) if cap is None and isinstance(rule, Listed) else cap
    if scheme == "cap_and_trade":
        done = cap_and_trade(where, _stated(limit), collar)
    elif scheme == "performance_standard":
        done = performance_standard(where, cap, benchmark, benchmark_by, collar, auctioned)
    elif scheme == "uniform":
        done = uniform(where, _stated(cap), bounds(sorted_out, floor, ceiling)[0])
    else:
        done = tax(where, cap, tax_rate)
    named = response_of(response, elasticity).name
    return _market(where, done, scheme, named, limit, rule, revenue)


def _check(cap: float | None, scheme: str, excluded: str, revenue: str, collar: Collar) -> None:
    require_choice("scheme", scheme, _SCHEMES)
    require_choice("excluded", excluded, ("inside", "outside"))
    require_choice("revenue", revenue, tuple(REVENUES))
    if cap is not None:
        require_number("cap", cap)
    collar.check()


def _check_of_scheme(scheme: str, collar: Collar, tax_rate: float | None, auctioned: float) -> None:
    """Raise `ConfigError` for options that would do nothing under the scheme."""
    nothing = Text("不给出：在 {s} 下不起作用", "left out: it does nothing under {s}").format(s=scheme)
    if scheme not in ("cap_and_trade", "performance_standard") and collar.binds:
        option("price_floor, price_ceiling, reserve", (collar.floor, collar.ceiling, collar.reserve), nothing)
    if scheme != "tax" and tax_rate is not None:
        option("tax_rate", tax_rate, nothing)
    if scheme != "performance_standard" and auctioned != 0.0:
        option("auctioned", auctioned, nothing)


def _stated(cap: float | None) -> float:
    if cap is None:
        option("cap", None, Text("总量（与 co2 同单位）", "a cap, in the unit of co2"))
    return cap


def _market(
    where: Setting,
    done: Settled,
    scheme: SchemeName,
    response: ResponseName,
    cap: float | None,
    rule: Rule,
    revenue: Revenue,
) -> Market:
    firms = where.firms
    co2, change, mac = _everyone(where, done)
    state = _states(where, done, scheme)
    permits, said = _permits(where, done, scheme, cap, rule, co2, change)
    price = 0.0 if scheme == "uniform" else done.price
    trade = co2 - permits
    payment = price * trade
    earned = _revenue(where, done, scheme, cap, permits, co2)
    rebate = returned(earned, rule.revenue if scheme == "cap_and_trade" else revenue, firms, where.covered)
    columns = {
        "co2_star": co2,
        "co2_change": co2 - firms.co2,
        "output_change": change,
        "mac_star": mac,
        "allocation": permits,
        "trade": trade,
        "payment": payment,
        "rebate": rebate,
        "cost": payment - change - rebate,
    }
    own_names = renamed(firms.table.columns)
    table = firms.table.rename(own_names).with_columns(
        pl.Series("state", STATES, dtype=_STATE).gather(state.astype(np.uint32)),
        *(pl.Series(name, values) for name, values in columns.items()),
    )
    if not where.covered.all():
        table = _outside(table, where.covered)
    lost = excluded_table(firms)
    summary = _summary(where, done, state, columns, (scheme, response), cap, earned, lost)
    notes = (*done.notes, *said, *_notes(lost, where), *_below_zero(firms.output, change, where.covered))
    if own_names:
        notes = (*notes, _RENAMED.format(n=", ".join(f"{old} → {new}" for old, new in own_names.items())))
    return Market(done.price, table, summary, lost, scheme, response, notes, done.benchmarks)


_RENAMED = Text("与结果同名的列改名：{n}", "columns with the name of a result are renamed: {n}")


def _everyone(where: Setting, done: Settled) -> tuple[Array, Array, Array]:
    """CO2, change of output and MAC of all firms; those without a price stay as they are."""
    firms, found = where.firms, done.outcome
    if firms.priced is None:
        return found.co2, found.output_change, found.mac
    co2, change, mac = firms.co2.copy(), np.zeros(firms.n), firms.mac.copy()
    co2[firms.priced], change[firms.priced], mac[firms.priced] = found.co2, found.output_change, found.mac
    return co2, change, mac


def _states(where: Setting, done: Settled, scheme: str) -> NDArray[np.int8]:
    firms, found = where.firms, done.outcome.state
    if scheme == "uniform":
        found = np.where(found == FLOOR, CODE["infeasible"], CODE["mandated"]).astype(np.int8)
    if firms.priced is None:
        return found
    state = firms.state.copy()
    state[firms.priced] = found
    return state


def _permits(
    where: Setting, done: Settled, scheme: str, cap: float | None, rule: Rule, co2: Array, change: Array
) -> tuple[Array, tuple[Text, ...]]:
    """Permits each firm gets free, and what is to be said of them; firms outside get what they emit."""
    firms = where.firms
    if scheme == "cap_and_trade":
        given = rule.give(firms, where.covered, _stated(cap))
        permits, notes = given.permits, given.notes
    elif scheme == "performance_standard":
        permits, notes = done.beta * (firms.output + change), ()
    else:
        permits, notes = (co2 if scheme == "uniform" else np.zeros(firms.n)), ()
    return (permits if where.covered.all() else np.where(where.covered, permits, co2)), notes


def _revenue(where: Setting, done: Settled, scheme: str, cap: float | None, permits: Array, co2: Array) -> float:
    """What firms pay to the government."""
    if scheme == "tax":
        return done.price * float(co2[where.covered].sum())
    if scheme == "uniform":
        return 0.0
    return done.price * float((co2 - permits)[where.covered].sum())


def _outside(table: pl.DataFrame, covered: Mask) -> pl.DataFrame:
    inside = pl.Series(covered)
    return table.with_columns(
        pl.when(inside).then("allocation").alias("allocation"),
        *(pl.when(inside).then(name).otherwise(0.0).alias(name) for name in ("trade", "payment")),
    )


def _summary(
    where: Setting,
    done: Settled,
    state: NDArray[np.int8],
    columns: dict[str, Array],
    names: tuple[str, str],
    cap: float | None,
    revenue: float,
    lost: pl.DataFrame,
) -> pl.DataFrame:
    firms, covered = where.firms, where.covered
    everyone = bool(covered.all())

    def inside(values: Array) -> Array:
        return values if everyone else values[covered]

    today, emissions = float(inside(firms.co2).sum()), float(inside(columns["co2_star"]).sum())
    change, trade = float(columns["output_change"].sum()), inside(columns["trade"])
    counts = np.bincount(state, minlength=len(STATES)) / firms.count
    abated = today - emissions
    usual = where.curves.position(0.0, NO_BETA) if math.isnan(done.usual) else done.usual
    return pl.DataFrame(
        {
            "scheme": names[0],
            "response": names[1],
            "price": done.price,
            "cap": math.nan if cap is None else float(cap),
            "emissions": emissions,
            "emissions_today": today,
            "emissions_at_zero_price": usual + where.held_co2,
            "abatement": abated,
            "output_today": float(inside(firms.output).sum()),
            "output_change": change,
            "cost_per_tonne": -change / abated if abated > 1e-12 * today else math.nan,
            "volume": float(np.maximum(trade, 0.0).sum()),
            "buyers": int(np.count_nonzero(trade > 0.0)),
            "sellers": int(np.count_nonzero(trade < 0.0)),
            "revenue": revenue,
            "firms": firms.count,
            **{f"share_{word}": float(counts[CODE[word]]) for word in ("interior", "at_floor", "at_ceiling")},
            "share_infeasible": float(counts[CODE["infeasible"]]),
            "share_excluded": 1.0 - firms.count / firms.n,
            "share_co2_excluded": float(lost["share_co2"].sum()),
            "factor": done.factor,
            "withheld": done.withheld,
            "released": done.released,
            "method": done.method,
            "evaluations": done.evaluations,
        }
    )


def _below_zero(output: Array, change: Array, covered: Mask) -> tuple[Text, ...]:
    """That some firms lose more output than they make, which the response cannot rule out."""
    rows = covered & (output > 0.0) & (output + change < 0.0)
    if not rows.any():
        return ()
    too_much = -float((output + change)[rows].sum()) / float(output[covered].sum())
    count = int(rows.sum())
    return (
        Text(
            "{n} 家企业按其边际减排成本损失的产出超过自身产出（共超出全部产出的 {t:.2g} %）：响应不约束产出非负，"
            "较高的排放下限可以避免",
            "{e} (too much by {t:.2g} % of all output) at the marginal abatement cost: the response does not hold "
            "output above zero; a higher floor of emissions does",
        ).format(
            n=f"{count:,}",
            e="1 firm loses more output than it makes"
            if count == 1
            else f"{count:,} firms lose more output than they make",
            t=100.0 * too_much,
        ),
    )


def _notes(lost: pl.DataFrame, where: Setting) -> tuple[Text, ...]:
    if not lost.height:
        return ()
    inside, count = bool(where.held.any()), int(lost["firms"].sum())
    text = Text(
        "{n} 家企业没有价格（占企业 {s:.1f} %、排放 {c:.1f} %），停留在当前排放{w}",
        "{h} no price ({s:.1f} % of firms, {c:.1f} % of CO2) and {k} at today's emissions{w}",
    )
    place = Text("，计入总量之内", ", inside the cap") if inside else Text("，不计入总量", ", outside the cap")
    return (
        text.format(
            n=f"{count:,}",
            h="1 firm has" if count == 1 else f"{count:,} firms have",
            k="stays" if count == 1 else "stay",
            s=100.0 * float(lost["share"].sum()),
            c=100.0 * float(lost["share_co2"].sum()),
            w=place,
        ),
    )
