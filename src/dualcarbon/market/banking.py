"""A market over several years with banking and borrowing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import InfeasibleError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.kernels.permit_banking import Demand, Path, Short, banked_path
from dualcarbon.market.faults import option, require_number
from dualcarbon.market.firms import read
from dualcarbon.market.responses import NO_BETA, Bound, Response, response_of
from dualcarbon.market.schemes import Setting, setting
from dualcarbon.market.words import Excluded, ResponseName

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Banking:
    """Prices, emissions and the bank over years.

    Attributes
    ----------
    table : polars.DataFrame, one row per year
        year, cap, price, emissions, bank (at the end of the year, negative where permits are borrowed), lapsed (permits
        above what may be held, at a price of 0), output_change,
        limit: "" or the limit that binds at the end of the year, "borrowing" (the discounted price falls after it) or
        "holding" (it rises, or permits lapse).
    rate : float
    notes : tuple of Text
    """

    table: pl.DataFrame
    rate: float
    notes: tuple[Text, ...] = ()

    def __repr__(self) -> str:
        prices, largest = self.table["price"], max(self.table["bank"].to_list())
        return (
            f"Banking({self.table.height} years, rate {self.rate:g}: price {prices[0]:,.6g} to {prices[-1]:,.6g}, "
            f"largest bank {largest:,.6g})"
        )


def bank(
    firms: object,
    caps: Sequence[float],
    *,
    rate: float,
    years: Sequence[int] | None = None,
    borrowing: float | Sequence[float] = 0.0,
    holding: float | Sequence[float] | None = None,
    opening: float = 0.0,
    response: ResponseName | Response = "quadratic",
    floor: Bound = 0.5,
    ceiling: Bound = 1.0,
    elasticity: float | str | None = None,
    scope: pl.Expr | None = None,
    excluded: Excluded = "inside",
) -> Banking:
    """Cap and trade over years: P_t = lambda (1 + rate)^t while no limit of the bank binds.

    Parameters
    ----------
    firms : frame, or one frame per year
        As for `clear`; one frame stands for every year.
    caps : sequence of float
        Permits issued per year.
    rate : float
        Interest per year, above -1.
    years : sequence of int
        Their names; 1, 2, ... without.
    borrowing : float or one per year
        Most that may be owed at the end of a year; 0 forbids borrowing; nothing may be owed at the end.
    holding : float, one per year, or None
        Most that may be kept; None sets no limit.
    opening : float
        Permits kept from before.
    response, floor, ceiling, elasticity, scope, excluded
        As for `clear`; steps have no unique path and are refused.

    Raises
    ------
    ConfigError
        For options out of range, lengths that differ, or the step response.
    InfeasibleError
        If permits cannot cover the lowest emissions up to some year; the years and what is missing are named.
    DataError
        As in `clear`.

    Examples
    --------
    >>> firms = pl.DataFrame({"co2": [10.0] * 3, "output": 30.0, "mac": [1.0, 0.5, 0.25], "mu": -0.1, "scale": 1.0})
    >>> bank(firms, [29, 27, 24], rate=0.05, ceiling=2.0).table["bank"].round(4).to_list()
    [2.1605, 2.4955, 0.0]
    """
    limits = _checked(caps, rate, years, borrowing, holding, opening)
    answer = response_of(response, elasticity)
    if answer.name == "step":
        option("response", "step", both("quadratic, isoelastic"))
    frames = list(firms) if isinstance(firms, (list, tuple)) else [firms]
    if len(frames) not in (1, len(caps)):
        option("firms", len(frames), Text("1 张表或 {n} 张表", "1 or {n} tables").format(n=len(caps)))
    places = [setting(*answer.curves(read(as_polars(f), scope), floor, ceiling), excluded) for f in frames]
    everywhere = places if len(places) == len(caps) else places * len(caps)
    path = banked_path([_demand(one) for one in everywhere], np.array(caps, dtype=np.float64), rate, *limits, opening)
    _refuse_short(path.short, years)
    return Banking(_table(path, caps, years, everywhere, rate), rate, _notes(path))


def _checked(
    caps: Sequence[float],
    rate: float,
    years: Sequence[int] | None,
    borrowing: float | Sequence[float],
    holding: float | Sequence[float] | None,
    opening: float,
) -> tuple[Array, Array]:
    if np.ndim(caps) != 1 or not len(caps):
        option("caps", caps, Text("每年一个非负有限数", "one number a year, finite and not negative"))
    count = len(caps)
    for cap in caps:
        require_number("caps", cap)
    require_number("rate", rate, -1.0)
    require_number("opening", opening)
    if rate == -1.0:
        option("rate", rate, both("rate > -1"))
    if years is not None and len(years) != count:
        option("years", len(years), Text("{n} 个年份", "{n} years").format(n=count))
    limits = []
    for name, given in (("borrowing", borrowing), ("holding", math.inf if holding is None else holding)):
        values = _numbers(given)
        if values.ndim > 1 or values.size not in (1, count) or not np.all(values >= 0.0):
            option(name, given, Text("一个或 {n} 个非负数", "one number or {n}, not negative").format(n=count))
        limits.append(np.broadcast_to(values, count).copy())
    return limits[0], limits[1]


def _numbers(given: float | Sequence[float]) -> Array:
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        return np.full(1, math.nan)


def _demand(where: Setting) -> Demand:
    def demand(price: float) -> tuple[float, float]:
        value, steep = where.curves.demand(price)
        return value + where.held_co2, steep

    return demand


def _refuse_short(short: Short | None, years: Sequence[int] | None) -> None:
    if short is None:
        return
    first, last = ((years[t] if years is not None else t + 1) for t in (short.first, short.last))
    lacking = Text("至少再多 {m}", "at least {m} more").format(m=f"{short.missing:.10g}")
    if not short.missing > 0.0:
        lacking = Text("更多配额：最低排放只在价格无穷大时达到", "more: the lowest emissions take an infinite price")
    raise InfeasibleError(
        Text("{a} 至 {b} 年的配额低于最低排放", "the permits of {a} to {b} are below the lowest emissions").format(
            a=first, b=last
        ),
        expected=lacking,
        found=Text("用尽上年结余与可借配额后仍不足", "too few, with the bank and all that may be borrowed"),
        remedy=Text("提高 caps 或 borrowing，或降低 floor", "raise caps= or borrowing=, or lower floor="),
    )


def _table(
    path: Path,
    caps: Sequence[float],
    years: Sequence[int] | None,
    places: Sequence[Setting],
    rate: float,
) -> pl.DataFrame:
    lost = [
        float(one.curves.outcome(price, NO_BETA, 0.0).output_change.sum())
        for one, price in zip(places, path.price, strict=True)
    ]
    noise = 1e-12 * float(np.max(caps))
    return pl.DataFrame(
        {
            "year": list(years) if years is not None else list(range(1, len(caps) + 1)),
            "cap": [float(cap) for cap in caps],
            "price": path.price,
            "emissions": path.emissions,
            "bank": np.where(np.abs(path.bank) <= noise, 0.0, path.bank),
            "lapsed": path.lapsed,
            "output_change": lost,
            "limit": _binding(path, rate),
        }
    )


def _binding(path: Path, rate: float) -> list[str]:
    """The limit whose relaxing would move permits between a year and the next: discounted prices differ there."""
    discounted = path.price / (1.0 + rate) ** np.arange(path.price.size)
    moves = np.append(np.diff(discounted), 0.0)
    close = 1e-9 * float(discounted.max())
    later = np.where((moves > close) | (path.lapsed > 0.0), "holding", "")
    return [str(word) for word in np.where(moves < -close, "borrowing", later)]


def _notes(path: Path) -> tuple[Text, ...]:
    said = []
    if path.lapsed.any():
        text = Text("超过可存上限的配额 {b} 作废", "{b} permits lapse, being more than may be held")
        said.append(text.format(b=f"{path.lapsed.sum():.10g}"))
    if path.price[-1] == 0.0:
        text = Text("期末价格为 0：配额有剩余 {b}", "the price is 0 at the end: {b} permits are left")
        said.append(text.format(b=f"{path.bank[-1]:.10g}"))
    return tuple(said)
