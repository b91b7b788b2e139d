"""A market over several years with banking and borrowing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.kernels.permit_banking import Demand, Path, banked_path
from dualcarbon.market.faults import option
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
        year, cap, price, emissions, bank (at the end of the year, negative where permits are borrowed), output_change,
        limit: "" or the limit that binds at the end of a year before the last, "borrowing" or "holding".
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
    DataError
        If permits cannot cover the lowest emissions up to some year, which is named; as in `clear`.

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
    _refuse_short(path, caps, years, everywhere)
    return Banking(_table(path, caps, years, everywhere, limits), rate, _notes(path))


def _checked(
    caps: Sequence[float],
    rate: float,
    years: Sequence[int] | None,
    borrowing: float | Sequence[float],
    holding: float | Sequence[float] | None,
    opening: float,
) -> tuple[Array, Array]:
    count = len(caps)
    if not count or not all(0.0 <= cap < math.inf for cap in caps):
        option("caps", list(caps), Text("每年一个非负有限数", "one number a year, finite and not negative"))
    if not -1.0 < rate < math.inf or not 0.0 <= opening < math.inf:
        option("rate, opening", (rate, opening), both("rate > -1, opening >= 0"))
    if years is not None and len(years) != count:
        option("years", len(years), Text("{n} 个年份", "{n} years").format(n=count))
    limits = []
    for name, given in (("borrowing", borrowing), ("holding", math.inf if holding is None else holding)):
        values = np.array(given, dtype=np.float64)
        if values.ndim > 1 or values.size not in (1, count) or not np.all(values >= 0.0):
            option(name, given, Text("一个或 {n} 个非负数", "one number or {n}, not negative").format(n=count))
        limits.append(np.broadcast_to(values, count).copy())
    return limits[0], limits[1]


def _demand(where: Setting) -> Demand:
    def demand(price: float) -> tuple[float, float]:
        value, steep = where.curves.demand(price)
        return value + where.held_co2, steep

    return demand


def _refuse_short(path: Path, caps: Sequence[float], years: Sequence[int] | None, places: Sequence[Setting]) -> None:
    if path.short is None:
        return
    last = path.short
    least = sum(one.curves.position(math.inf, NO_BETA) + one.held_co2 for one in places[: last + 1])
    raise DataError(
        Text("到 {y} 年为止的配额低于最低排放", "the permits up to {y} are below the lowest emissions").format(
            y=years[last] if years else last + 1
        ),
        expected=Text("累计至少 {l}", "at least {l} in sum").format(l=f"{least:.10g}"),
        found=both(f"{sum(caps[: last + 1]):.10g}"),
        remedy=Text("提高 caps 或 borrowing，或降低 floor", "raise caps= or borrowing=, or lower floor="),
    )


def _table(
    path: Path,
    caps: Sequence[float],
    years: Sequence[int] | None,
    places: Sequence[Setting],
    limits: tuple[Array, Array],
) -> pl.DataFrame:
    lost = [
        float(one.curves.outcome(price, NO_BETA, 0.0).output_change.sum())
        for one, price in zip(places, path.price, strict=True)
    ]
    size = 1e-9 * float(np.max(caps))
    going_on = np.arange(len(caps)) < len(caps) - 1
    owed, full = going_on & (path.bank <= size - limits[0]), going_on & (path.bank >= limits[1] - size)
    return pl.DataFrame(
        {
            "year": list(years) if years else list(range(1, len(caps) + 1)),
            "cap": [float(cap) for cap in caps],
            "price": path.price,
            "emissions": path.emissions,
            "bank": np.where(np.abs(path.bank) <= size * 1e-3, 0.0, path.bank),
            "output_change": lost,
            "limit": np.where(owed, "borrowing", np.where(full, "holding", "")).tolist(),
        }
    )


def _notes(path: Path) -> tuple[Text, ...]:
    if path.price[-1] > 0.0:
        return ()
    text = Text("期末价格为 0：配额有剩余 {b}", "the price is 0 at the end: {b} permits are left")
    return (text.format(b=f"{path.bank[-1]:.10g}"),)
