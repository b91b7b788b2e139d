"""From a scheme to a price and to what firms do: cap and trade, uniform cut, tax; `standard` has the fourth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError, InfeasibleError
from dualcarbon.core.text import Text, both
from dualcarbon.kernels.permit_price import FLOOR, Outcome, edge_price
from dualcarbon.market.faults import infeasible, option, require_number
from dualcarbon.market.firms import Firms
from dualcarbon.market.responses import NO_BETA, Curves, Solved
from dualcarbon.market.words import CODE, Excluded

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_TOUCH = 1e-12


@dataclass(frozen=True, slots=True)
class Collar:
    """A lowest and a highest price of permits; at the highest, `reserve` more are sold (without limit if None)."""

    floor: float = 0.0
    ceiling: float | None = None
    reserve: float | None = None

    def check(self) -> None:
        """Raise `ConfigError` unless 0 <= floor < ceiling and the reserve is not negative."""
        require_number("price_floor", self.floor)
        for name, value in (("price_ceiling", self.ceiling), ("reserve", self.reserve)):
            if value is not None:
                require_number(name, value)
        top = math.inf if self.ceiling is None else self.ceiling
        if not self.floor < top:
            option("price_floor, price_ceiling", (self.floor, self.ceiling), both("0 <= price_floor < price_ceiling"))
        if self.reserve is not None and self.ceiling is None:
            option("reserve", self.reserve, Text("同时给出 price_ceiling", "a price_ceiling at which it is sold"))

    @property
    def binds(self) -> bool:
        """Whether there is one."""
        return self != Collar()


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
    return cleared(where, NO_BETA, cap - where.held_co2, cap, collar)


def tax(where: Setting, cap: float | None, rate: float | None) -> Settled:
    """A stated rate, or the rate that reaches the cap."""
    if rate is None:
        if cap is None:
            option("tax_rate", None, Text("cap 或 tax_rate 之一", "either cap or tax_rate"))
        return cleared(where, NO_BETA, cap - where.held_co2, cap, Collar())
    require_number("tax_rate", rate)
    return Settled(rate, where.curves.outcome(rate, NO_BETA, 0.0), "stated", 0)


def uniform(where: Setting, cap: float, floor: Array) -> Settled:
    """Every firm with a price emits the same share of today's CO2; who cannot goes as low as it can."""
    co2 = where.firms.take(where.firms.co2)
    factor = (cap - where.held_co2) / float(co2.sum())
    if factor <= 0.0:
        infeasible(cap, where.held_co2, reached=False)
    notes: tuple[Text, ...] = (_slack(cap, where.today),) if factor >= 1.0 else ()
    factor = min(factor, 1.0)
    lowest = co2 * floor
    wanted = co2 * factor
    blocked = wanted < lowest * (1.0 - _TOUCH)
    done = where.curves.mandated(np.maximum(wanted, lowest) if blocked.any() else wanted)
    if blocked.any():
        done.state[blocked] = FLOOR
    return Settled(math.nan, done, "mandated", 0, factor=factor, notes=notes)


def cleared(where: Setting, beta: Array, available: float, cap: float, collar: Collar) -> Settled:
    """Price and outcome for what is available to firms with a price; `beta` is theirs."""
    curves = where.curves
    today = float(where.firms.co2.sum())
    close = _TOUCH * (today if beta.size else abs(available) + 1e-3 * today)
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
    if math.isinf(found.price):
        _short(cap, cap, beta, reached=False)
    done = curves.outcome(found.price, beta, found.share)
    usual = at_floor if collar.floor == 0.0 and not beta.size else math.nan
    return Settled(found.price, done, found.method, found.evaluations, beta, usual=usual, released=extra, notes=notes)


def _solved(where: Setting, beta: Array, available: float, cap: float, close: float) -> Solved:
    least = where.curves.position(math.inf, beta)
    if least > available + close:
        _short(cap, cap + least - available, beta, reached=True)
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
            remedy=Text("检查 mu、scale 或 elasticity 的数量级", "check the magnitudes of mu, scale or elasticity"),
        )
    return found


def _at_the_edge(curves: Curves, beta: Array, least: float) -> Solved:
    """The lowest price at which firms are at their lowest emissions, infinite where they only tend to them."""
    size = curves.demand(0.0)[0]
    return Solved(edge_price(lambda price: curves.position(price, beta), least, size), 1.0, "all_at_floor", 0)


def _short(cap: float, lowest: float, beta: Array, *, reached: bool) -> NoReturn:
    if beta.size:
        standard_too_tight(math.nan)
    infeasible(cap, lowest, reached=reached)


def _at_floor(where: Setting, beta: Array, available: float, cap: float, collar: Collar) -> Settled:
    done = where.curves.outcome(collar.floor, beta, 0.0)
    used = where.curves.position(collar.floor, beta)
    if collar.floor > 0.0:
        text = Text("价格触及下限 {p}，收回 {t}", "the price stands at its floor {p}; {t} permits are withheld")
        said = (text.format(p=collar.floor, t=f"{max(available - used, 0.0):.10g}"),)
        left = max(available - used, 0.0)
        return Settled(collar.floor, done, "price_floor", 1, beta, withheld=left, notes=said)
    usual = float(done.co2.sum()) + where.held_co2
    idle = _slack(cap, usual) if beta.size == 0 else _loose(usual + available - used, usual)
    return Settled(0.0, done, "not_binding", 1, beta, notes=(idle,))


def _loose(permits: float, usual: float) -> Text:
    return Text(
        "基准给出的配额 {c} 不低于无价格时的排放 {u}：不起约束，价格为 0",
        "the permits there are, {c}, are not below emissions at a price of zero, {u}: the benchmarks do not bind and "
        "the price is 0",
    ).format(c=f"{permits:.10g}", u=f"{usual:.10g}")


def _slack(cap: float, usual: float) -> Text:
    return Text(
        "总量 {c} 不低于无价格时的排放 {u}：不起约束，价格为 0",
        "the cap, {c}, is not below emissions at a price of zero, {u}: it does not bind and the price is 0",
    ).format(c=f"{cap:.10g}", u=f"{usual:.10g}")


def standard_too_tight(factor: float) -> NoReturn:
    """Raise `InfeasibleError` for benchmarks that no price meets, naming the factor that would do where it is known."""
    least = Text("（至少乘以 {k}）", " (multiply them by {k} or more)").format(k=f"{factor:.8g}")
    raise InfeasibleError(
        Text("基准低于企业能达到的强度", "the benchmarks are below what the firms can reach"),
        expected=Text("最低排放下配额够用的基准", "benchmarks that earn enough permits at the lowest emissions"),
        found=Text("即使价格无穷大，配额也不够", "permits are short even at an infinite price"),
        remedy=Text("放宽基准{k}，或设 price_ceiling", "loosen the benchmarks{k}, or set price_ceiling=").format(
            k=least if math.isfinite(factor) else ""
        ),
    )
