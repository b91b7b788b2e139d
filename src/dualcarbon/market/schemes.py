"""From a scheme to a price and to what firms do: cap and trade, performance standard, uniform cut, tax."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError, DataError
from dualcarbon.core.text import Text, both
from dualcarbon.kernels.permit_price import FLOOR, Outcome
from dualcarbon.market.faults import columns_absent, infeasible, option
from dualcarbon.market.firms import Firms, numbers
from dualcarbon.market.responses import NO_BETA, Curves, Solved
from dualcarbon.market.rules import group_codes, mean_intensity
from dualcarbon.market.words import CODE, Excluded

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
BenchmarkRates = float | str | Mapping[object, float] | None

_TOUCH = 1e-12


@dataclass(frozen=True, slots=True)
class Collar:
    """A lowest and a highest price of permits; at the highest, `reserve` more are sold (without limit if None)."""

    floor: float = 0.0
    ceiling: float | None = None
    reserve: float | None = None

    def check(self) -> None:
        """Raise `ConfigError` unless 0 <= floor < ceiling and the reserve is not negative."""
        top = math.inf if self.ceiling is None else self.ceiling
        if not (0.0 <= self.floor < math.inf and self.floor < top):
            option("price_floor, price_ceiling", (self.floor, self.ceiling), both("0 <= price_floor < price_ceiling"))
        if self.reserve is not None and (self.ceiling is None or not self.reserve >= 0.0):
            option("reserve", self.reserve, both("reserve >= 0, price_ceiling"))


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Firms, their answers, and who counts under the cap.

    `held` are the firms without a price that are inside the cap, `covered` these and the firms with a price, (n,).
    """

    firms: Firms
    curves: Curves
    covered: Mask
    held: Mask
    held_co2: float

    @property
    def today(self) -> float:
        """CO2 of the covered firms today."""
        return float(self.firms.take(self.firms.co2).sum()) + self.held_co2


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A price and what firms do at it.

    `beta` (n,) are permits per unit of output, (0,) where output earns none; `usual` what firms with a price emit at a
    price of zero, where it is known.
    """

    price: float
    outcome: Outcome
    method: str
    evaluations: int
    beta: Array = field(default_factory=lambda: NO_BETA)
    factor: float = math.nan
    usual: float = math.nan
    withheld: float = 0.0
    released: float = 0.0
    notes: tuple[Text, ...] = ()
    benchmarks: pl.DataFrame | None = None


def setting(firms: Firms, curves: Curves, excluded: Excluded) -> Setting:
    """Who counts: firms without a price are inside or outside the cap, those out of scope always outside."""
    everyone = np.ones(firms.n, dtype=np.bool_)
    if firms.priced is None:
        return Setting(firms, curves, everyone, ~everyone, 0.0)
    held = (firms.state != 0) & (firms.state != CODE["out_of_scope"])
    if excluded == "outside":
        held = ~everyone
    covered = (firms.state == 0) | held
    return Setting(firms, curves, covered, held, float(firms.co2[held].sum()))


def cap_and_trade(where: Setting, cap: float, collar: Collar) -> Settled:
    """The price at which the emissions of the covered firms are the cap."""
    return _cleared(where, NO_BETA, cap - where.held_co2, cap, collar)


def tax(where: Setting, cap: float | None, rate: float | None) -> Settled:
    """A stated rate, or the rate that reaches the cap."""
    if rate is None:
        if cap is None:
            option("tax", None, Text("cap 或 tax 之一", "either cap or tax"))
        return _cleared(where, NO_BETA, cap - where.held_co2, cap, Collar())
    if not 0.0 <= rate < math.inf:
        option("tax", rate, both("0 <= tax < inf"))
    return Settled(rate, where.curves.outcome(rate, NO_BETA, 0.0), "stated", 0)


def uniform(where: Setting, cap: float, floor: Array) -> Settled:
    """Every firm with a price emits the same share of today's CO2; who cannot goes as low as it can."""
    co2 = where.firms.take(where.firms.co2)
    factor = (cap - where.held_co2) / float(co2.sum())
    if factor <= 0.0:
        infeasible(cap, where.held_co2 + float((co2 * floor).sum()))
    notes: tuple[Text, ...] = (_slack(cap, where.today),) if factor >= 1.0 else ()
    factor = min(factor, 1.0)
    lowest = co2 * floor
    wanted = co2 * factor
    blocked = wanted < lowest * (1.0 - _TOUCH)
    done = where.curves.mandated(np.maximum(wanted, lowest) if blocked.any() else wanted)
    if blocked.any():
        done.state[blocked] = FLOOR
    return Settled(math.nan, done, "mandated", 0, factor=factor, notes=notes)


def performance_standard(
    where: Setting, cap: float | None, benchmark: BenchmarkRates, by: str | None, collar: Collar
) -> Settled:
    """Firms earn `benchmark` permits per unit of output; permits used are permits earned.

    With a cap all benchmarks are scaled by one factor until emissions are the cap.
    """
    rates = benchmark_rates(where, benchmark, by)
    if cap is None:
        if benchmark is None:
            option("cap", None, Text("cap 或 benchmark 至少一个", "cap, benchmark or both"))
        if collar.ceiling is None and _short(where, rates, 1.0) > 0.0:
            _standard_too_tight(_tightest(where, rates))
        return _named(where, _standard(where, rates, 1.0, collar), by)
    factor, notes = _tightened(where, rates, cap, collar)
    done = _standard(where, rates, factor, collar)
    return _named(where, _with(done, factor, notes), by)


def benchmark_rates(where: Setting, benchmark: BenchmarkRates, by: str | None) -> Array:
    """Permits per unit of output of every firm, (n,): a number, a column, one per group, or mean intensities.

    Raises
    ------
    ConfigError
        If a group has no benchmark, or one is negative.
    """
    firms = where.firms
    if benchmark is None:
        return mean_intensity(firms, where.covered, by)
    if isinstance(benchmark, str):
        columns_absent(firms.table, (benchmark,), Text("补上基准值的列", "add the column of benchmarks"))
        rates = numbers(firms.table, benchmark)
    elif isinstance(benchmark, Mapping):
        rates = _of_groups(where, benchmark, by)
    else:
        rates = np.full(firms.n, float(benchmark))
    wrong = where.covered & ~((rates >= 0.0) & np.isfinite(rates))
    if wrong.any():
        option("benchmark", float(rates[wrong][0]), Text("非负有限数", "finite and not negative"))
    return np.where(where.covered, rates, 0.0)


def _of_groups(where: Setting, benchmark: Mapping[object, float], by: str | None) -> Array:
    if by is None:
        option("benchmark_by", None, Text("基准按组给出时须指明分组列", "the column of groups the benchmarks are for"))
    group_codes(where.firms, by)
    groups = where.firms.table[by]
    inside = groups.filter(pl.Series(where.covered)).unique(maintain_order=True).to_list()
    absent = [group for group in inside if group not in benchmark]
    if absent:
        option("benchmark", absent[:3], Text("每组一个基准", "a benchmark for each group; these have none"))
    return np.array([float(benchmark.get(g, 0.0)) for g in groups.to_list()])


def _cleared(where: Setting, beta: Array, available: float, cap: float, collar: Collar) -> Settled:
    """Price and outcome for what is available to firms with a price; `beta` is theirs."""
    curves = where.curves
    size = abs(available) + float(where.firms.co2.sum()) * 1e-3
    close = _TOUCH * size
    at_floor = curves.position(collar.floor, beta)
    if at_floor <= available + close:
        return _at_floor(where, beta, available, cap, collar)
    extra = 0.0
    if collar.ceiling is not None:
        over = curves.position(collar.ceiling, beta) - available
        if over > 0.0 and (collar.reserve is None or over <= collar.reserve):
            done = curves.outcome(collar.ceiling, beta, 0.0)
            note = Text("价格触及上限 {p}，增发 {t}", "the price stands at its ceiling {p}; {t} more permits are sold")
            said = (note.format(p=collar.ceiling, t=f"{over:.10g}"),)
            return Settled(collar.ceiling, done, "price_ceiling", 1, beta, released=over, notes=said)
        extra = collar.reserve if over > 0.0 and collar.reserve is not None else 0.0
    found = _solved(where, beta, available + extra, cap, close)
    notes: tuple[Text, ...] = ()
    if extra:
        text = Text("储备 {t} 售罄，价格高于上限", "the reserve of {t} is sold out and the price is above its ceiling")
        notes = (text.format(t=f"{extra:.10g}"),)
    done = curves.outcome(found.price, beta, found.share)
    usual = at_floor if collar.floor == 0.0 and not beta.size else math.nan
    return Settled(found.price, done, found.method, found.evaluations, beta, usual=usual, released=extra, notes=notes)


def _solved(where: Setting, beta: Array, available: float, cap: float, close: float) -> Solved:
    least = where.curves.position(math.inf, beta)
    if least > available + close:
        if beta.size:
            _standard_too_tight(math.nan)
        infeasible(cap, cap + least - available)
    if least > available - close:
        return _at_the_edge(where.curves, beta, least)
    found = where.curves.solve(beta, available)
    if math.isinf(found.price):
        return _at_the_edge(where.curves, beta, least)
    if not found.converged:
        raise ConvergenceError(
            Text("没有找到出清价格", "no clearing price was found"),
            expected=Text("需求等于供给", "demand that equals supply"),
            found=both(f"P = {found.price:.6g}"),
            remedy=Text("检查 mu 与 scale 的数量级", "check the magnitudes of mu and scale"),
        )
    return found


def _at_the_edge(curves: Curves, beta: Array, least: float) -> Solved:
    """The lowest price at which firms are at their lowest emissions, found by halving."""
    low, high = 0.0, 1.0
    for _ in range(2000):
        if curves.position(high, beta) <= least or high > 1e300:
            break
        low, high = high, 16.0 * high
    while high - low > 1e-14 * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if curves.position(middle, beta) <= least else (middle, high)
    return Solved(high, 1.0, "all_at_floor", 0)


def _at_floor(where: Setting, beta: Array, available: float, cap: float, collar: Collar) -> Settled:
    done = where.curves.outcome(collar.floor, beta, 0.0)
    used = where.curves.position(collar.floor, beta)
    if collar.floor > 0.0:
        text = Text("价格触及下限 {p}，收回 {t}", "the price stands at its floor {p}; {t} permits are withheld")
        said = (text.format(p=collar.floor, t=f"{max(available - used, 0.0):.10g}"),)
        left = max(available - used, 0.0)
        return Settled(collar.floor, done, "price_floor", 1, beta, withheld=left, notes=said)
    used_cap = cap if beta.size == 0 else available
    return Settled(0.0, done, "not_binding", 1, beta, notes=(_slack(used_cap, used + where.held_co2),))


def _slack(cap: float, usual: float) -> Text:
    return Text(
        "总量 {c} 不低于无价格时的排放 {u}：不起约束，价格为 0",
        "the cap, {c}, is not below emissions at a price of zero, {u}: it does not bind and the price is 0",
    ).format(c=f"{cap:.10g}", u=f"{usual:.10g}")


def _held_position(where: Setting, rates: Array) -> float:
    """b - beta y of the firms that stay as they are."""
    held, firms = where.held, where.firms
    return where.held_co2 - float((rates[held] * firms.output[held]).sum())


def _standard(where: Setting, rates: Array, factor: float, collar: Collar) -> Settled:
    scaled = rates * factor
    beta = np.ascontiguousarray(where.firms.take(scaled))
    done = _cleared(where, beta, -_held_position(where, scaled), math.nan, collar)
    return _with(done, factor, done.notes, scaled)


def _with(done: Settled, factor: float, notes: tuple[Text, ...], beta: Array | None = None) -> Settled:
    extra = tuple(note for note in notes if note not in done.notes)
    return replace(done, factor=factor, notes=done.notes + extra, beta=done.beta if beta is None else beta)


def _standard_too_tight(factor: float) -> NoReturn:
    least = Text("（至少乘以 {k}）", " (multiply them by {k} or more)").format(k=f"{factor:.8g}")
    raise DataError(
        Text("基准低于企业能达到的强度", "the benchmarks are below what the firms can reach"),
        expected=Text("最低排放下配额够用的基准", "benchmarks that earn enough permits at the lowest emissions"),
        found=Text("即使价格无穷大，配额也不够", "permits are short even at an infinite price"),
        remedy=Text("放宽基准{k}，或设 price_ceiling", "loosen the benchmarks{k}, or set price_ceiling=").format(
            k=least if math.isfinite(factor) else ""
        ),
    )


def _tightened(where: Setting, rates: Array, cap: float, collar: Collar) -> tuple[float, tuple[Text, ...]]:
    """The factor of all benchmarks at which emissions are the cap."""
    from scipy.optimize import brentq

    def emissions(factor: float) -> float:
        done = _standard(where, rates, factor, Collar())
        return float(done.outcome.co2.sum()) + where.held_co2

    lowest = _tightest(where, rates)
    least = emissions(lowest)
    if least > cap * (1.0 + 1e-9):
        infeasible(cap, least)
    loosest = _loosest(where, rates)
    if emissions(loosest) <= cap:
        return loosest, ()
    low, high = lowest, loosest
    found = brentq(lambda k: emissions(k) - cap, low, high, xtol=1e-16 * high, rtol=8.9e-16, maxiter=200)
    return float(found), ()


def _tightest(where: Setting, rates: Array) -> float:
    """The lowest factor of the benchmarks that firms can meet at all, a hair above it."""
    from scipy.optimize import brentq

    low, high = 1e-9, 1.0
    while _short(where, rates, high) > 0.0:
        low, high = high, 2.0 * high
        if high > 1e12:
            _standard_too_tight(math.nan)
    if _short(where, rates, low) <= 0.0:
        return low
    return float(brentq(lambda k: _short(where, rates, k), low, high, xtol=1e-15, rtol=8.9e-16)) * (1.0 + 1e-9)


def _short(where: Setting, rates: Array, factor: float) -> float:
    """Permits that are missing at an infinite price."""
    scaled = rates * factor
    beta = np.ascontiguousarray(where.firms.take(scaled))
    return where.curves.position(math.inf, beta) + _held_position(where, scaled)


def _loosest(where: Setting, rates: Array) -> float:
    """The factor of the benchmarks at which permits are worth nothing."""
    done = where.curves.outcome(0.0, NO_BETA, 0.0)
    output = where.firms.take(where.firms.output) + done.output_change
    earned = float((where.firms.take(rates) * output).sum())
    held = where.held
    earned += float((rates[held] * where.firms.output[held]).sum())
    return (float(done.co2.sum()) + where.held_co2) / earned * (1.0 + 1e-9)


def _named(where: Setting, done: Settled, by: str | None) -> Settled:
    rates = pl.Series("benchmark", done.beta)
    group = where.firms.table[by].alias("group") if by else pl.Series("group", ["all"] * where.firms.n)
    table = pl.DataFrame([group, rates]).filter(pl.Series(where.covered)).unique(maintain_order=True).head(10_000)
    return replace(done, benchmarks=table)
