"""What the frontier's own uncertainty does to the price."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConvergenceError, DataError
from dualcarbon.core.options import require_choice, require_level, require_whole
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import columns_absent, option, require_number
from dualcarbon.market.firms import numbers, read
from dualcarbon.market.responses import Bound, Response, response_of
from dualcarbon.market.schemes import Collar, cap_and_trade, setting
from dualcarbon.market.words import Excluded, ResponseName

Array = NDArray[np.float64]
_IN_ORDER = InOrder()


@runtime_checkable
class Draws(Protocol):
    """Gives the firms of a draw."""

    @property
    def count(self) -> int | None:
        """How many there are; None where as many as wanted."""
        ...

    def draw(self, firms: pl.DataFrame, number: int, rng: np.random.Generator) -> pl.DataFrame:
        """The table of firms of a draw."""
        ...


@dataclass(frozen=True, slots=True)
class LogErrors:
    """MAC times exp(common * z_group + own * z_firm), z standard normal.

    Parameters
    ----------
    common : float or str
        Standard error of the log of the MAC that a whole frontier shares, such as that of its elasticity; or the
        column that carries it, where frontiers differ.
    own : float
        Standard error of a firm's own.
    by : str or None
        Column of the frontiers; None for one.
    """

    common: float | str
    own: float = 0.0
    by: str | None = None
    count: int | None = field(default=None, init=False)

    def draw(self, firms: pl.DataFrame, number: int, rng: np.random.Generator) -> pl.DataFrame:
        """The firms with other MAC (and mac_low, mac_high, by the same factor)."""
        common = self._common(firms)
        if not (np.all((common >= 0.0) & (common < math.inf)) and 0.0 <= self.own < math.inf):
            option("common, own", (self.common, self.own), both("0 <= common, own < inf"))
        if self.by is not None:
            require_choice("by", self.by, firms.columns)
        code = np.zeros(firms.height, dtype=np.int64) if self.by is None else _places(firms[self.by])
        shift = common * rng.standard_normal(int(code.max(initial=0)) + 1)[code]
        if self.own > 0.0:
            shift = shift + self.own * rng.standard_normal(firms.height)
        with np.errstate(over="ignore"):
            factor = np.exp(shift)
        names = [name for name in ("mac", "mac_low", "mac_high") if name in firms.columns]
        return firms.with_columns(*(pl.Series(name, numbers(firms, name) * factor) for name in names))

    def _common(self, firms: pl.DataFrame) -> Array | float:
        if not isinstance(self.common, str):
            return self.common
        columns_absent(firms, (self.common,), Text("改正 common", "correct common"))
        return numbers(firms, self.common)


def _places(groups: pl.Series) -> NDArray[np.int64]:
    """The place of each row's group among the sorted groups, from 1; 0 where it is missing."""
    known = groups.drop_nulls().unique().sort()
    places = pl.Series(np.arange(1, len(known) + 1))
    return groups.replace_strict(known, places, default=0, return_dtype=pl.Int64).to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Refitted:
    """Tables of the same firms from frontiers fitted again, one per draw."""

    tables: Sequence[object] = field(repr=False)

    @property
    def count(self) -> int:
        """As many as tables."""
        return len(self.tables)

    def draw(self, firms: pl.DataFrame, number: int, rng: np.random.Generator) -> pl.DataFrame:
        """The table of that number.

        Raises
        ------
        SchemaError, ConfigError
            Unless it is of the same firms, that is, of the same CO2 row by row.
        """
        table = as_polars(self.tables[number])
        columns_absent(table, ("co2",), Text("补上 co2 列", "add the column co2"))
        if table.height != firms.height or not np.allclose(numbers(table, "co2"), numbers(firms, "co2"), rtol=1e-9):
            option(
                f"tables[{number}]",
                table.shape,
                Text("与 firms 相同的企业，次序与 co2 一致", "the firms of `firms`, in its order and with its co2"),
            )
        return table


@dataclass(frozen=True, slots=True)
class PriceInterval:
    """The price over draws of the frontier.

    Attributes
    ----------
    price : float
        At the firms given.
    low, high : float
        Quantiles of the draws that cleared.
    level : float
    table : polars.DataFrame
        draw, price, output_change, share_at_floor, share_at_ceiling, share_excluded (of the firms, without a price in
        that draw); missing where the draw failed.
    failed : int
        Draws without a price, such as those in which the cap cannot be met.
    """

    price: float
    low: float
    high: float
    level: float
    table: pl.DataFrame
    failed: int

    def __repr__(self) -> str:
        return (
            f"PriceInterval({self.price:,.6g} [{self.low:,.6g}, {self.high:,.6g}] at {100 * self.level:g} %, "
            f"{self.table.height} draws, {self.failed} failed)"
        )


def price_interval(
    firms: object,
    draws: Draws,
    *,
    cap: float,
    number: int | None = None,
    level: float = 0.95,
    seed: int = 0,
    response: ResponseName | Response = "quadratic",
    floor: Bound = 0.5,
    ceiling: Bound = 1.0,
    elasticity: float | str | None = None,
    scope: pl.Expr | None = None,
    excluded: Excluded = "inside",
    engine: Engine = _IN_ORDER,
) -> PriceInterval:
    """The clearing price of cap and trade with an interval from draws of the frontier.

    Parameters
    ----------
    firms, cap, response, floor, ceiling, elasticity, scope, excluded
        As for `clear`.
    draws : `LogErrors`, `Refitted`, or an object with their methods
    number : int
        Of draws, at least 20; 200, or as many as there are, without.
    level : float
        Between 0 and 1.
    seed : int
        Every draw has its own stream, so that no engine changes a number.

    Returns
    -------
    PriceInterval
        NaN ends where more than half of the draws fail.

    Raises
    ------
    ConfigError
        For options out of range.
    DataError, SchemaError
        As in `clear`, for the firms given.
    """
    table = as_polars(firms)
    if not isinstance(draws, Draws):
        option("draws", draws, both("LogErrors(0.2) | Refitted(tables)"))
    wanted = number if number is not None else draws.count or 200
    require_whole("number", wanted, 20)
    if draws.count is not None and wanted > draws.count:
        option("number", wanted, both(f"20 ... {draws.count}"))
    require_number("level", level)
    require_level(level)
    require_number("cap", cap)
    answer = response_of(response, elasticity)

    def solve(one: pl.DataFrame) -> Mapping[str, float]:
        where = setting(*answer.curves(read(one, scope), floor, ceiling), excluded)
        done = cap_and_trade(where, float(cap), Collar())
        counts = np.bincount(done.outcome.state, minlength=3) / where.curves.size
        change = float(done.outcome.output_change.sum())
        shares = {"share_at_floor": float(counts[1]), "share_at_ceiling": float(counts[2])}
        shares["share_excluded"] = 1.0 - where.firms.count / where.firms.n
        return {"price": done.price, "output_change": change, **shares}

    def once(draw: int) -> Mapping[str, float] | None:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw,)))
        try:
            return solve(draws.draw(table, draw, rng))
        except (DataError, ConvergenceError):
            return None

    point = solve(table)["price"]
    found = engine.map(once, range(wanted))
    return _interval(point, found, level)


def _interval(point: float, found: Sequence[Mapping[str, float] | None], level: float) -> PriceInterval:
    names = ("price", "output_change", "share_at_floor", "share_at_ceiling", "share_excluded")
    rows = [(k, *(None if one is None else float(one[n]) for n in names)) for k, one in enumerate(found)]
    schema = {"draw": pl.Int64, **dict.fromkeys(names, pl.Float64)}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    prices = table["price"].drop_nulls().to_numpy()
    low, high = math.nan, math.nan
    if 2 * prices.size >= table.height:
        low, high = (float(q) for q in np.quantile(prices, [0.5 - level / 2.0, 0.5 + level / 2.0]))
    return PriceInterval(point, low, high, level, table, table.height - prices.size)


def interval_note(found: PriceInterval) -> Text:
    """How the interval was made, for an exhibit."""
    return Text(
        "出清价格 {p:,.4g}，{l:g} % 区间 [{a:,.4g}, {b:,.4g}]，{n} 次抽样，{f} 次失败",
        "clearing price {p:,.4g}, {l:g} % interval [{a:,.4g}, {b:,.4g}] from {n} draws, {f} failed",
    ).format(p=found.price, l=100.0 * found.level, a=found.low, b=found.high, n=found.table.height, f=found.failed)
