"""Firms as the market sees them: today's point, and why some have no price."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text
from dualcarbon.market.faults import bad_rows, columns_absent, option
from dualcarbon.market.words import CODE, FIRST_WITHOUT, STATES

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

RESULT_COLUMNS = (
    "state",
    "co2_star",
    "co2_change",
    "output_change",
    "mac_star",
    "allocation",
    "trade",
    "payment",
    "rebate",
    "cost",
)
_EXCLUDED = {"state": pl.String, "firms": pl.Int64, "share": pl.Float64, "co2": pl.Float64, "share_co2": pl.Float64}
_COLUMNS = Text(
    "企业表需有 co2、output、mac 三列（同一货币和吨）；可用 rename 改名",
    "give the columns co2, output and mac, in one currency and one unit of CO2; rename columns first",
)


@dataclass(frozen=True, slots=True, eq=False)
class Firms:
    """A table of firms with its arrays.

    Attributes
    ----------
    table : polars.DataFrame
    co2, output, mac : (n,)
    state : (n,) int8
        0 for firms with a price, else the code of why not.
    priced : (k,) int64, or None where every firm has a price
    """

    table: pl.DataFrame = field(repr=False)
    co2: Array = field(repr=False)
    output: Array = field(repr=False)
    mac: Array = field(repr=False)
    state: NDArray[np.int8] = field(repr=False)
    priced: Index | None = field(repr=False)

    @property
    def n(self) -> int:
        """All firms."""
        return self.co2.size

    @property
    def count(self) -> int:
        """Firms with a price."""
        return self.n if self.priced is None else self.priced.size

    def take(self, values: Array) -> Array:
        """The values of the firms with a price."""
        return values if self.priced is None or values.size != self.n else values[self.priced]

    def column(self, name: str) -> Array:
        """A numeric column of the firms with a price, missing as NaN."""
        return self.take(numbers(self.table, name))


def numbers(table: pl.DataFrame, name: str) -> Array:
    """A column as float64, missing as NaN."""
    column = table[name]
    if column.dtype != pl.Float64:
        column = column.cast(pl.Float64)
    if column.null_count():
        column = column.fill_null(float("nan"))
    return np.ascontiguousarray(column.to_numpy(), dtype=np.float64)


def read(firms: object, scope: pl.Expr | None = None) -> Firms:
    """Check a table of firms and sort out those without a price.

    Raises
    ------
    SchemaError
        If co2, output or mac is absent or not numeric.
    ConfigError
        If the scope is not an expression that is true or false of every firm.
    DataError
        If there is no firm, CO2 is missing, infinite or negative somewhere, or output is missing or infinite.
    """
    table = as_polars(firms)
    columns_absent(table, ("co2", "output", "mac"), _COLUMNS)
    if _is_result(table.columns):
        table = table.drop(RESULT_COLUMNS)
    co2, output, mac = (numbers(table, name) for name in ("co2", "output", "mac"))
    _check_numbers(table, co2, output)
    state = np.zeros(co2.size, dtype=np.int8)
    if scope is not None:
        state[~_inside(table, scope)] = CODE["out_of_scope"]
    _without_price(state, co2, mac)
    return located(table, co2, output, mac, state)


def _is_result(columns: Collection[str]) -> bool:
    """Whether a market wrote the table: its results are not the user's, and are cleared anew."""
    return all(name in columns for name in RESULT_COLUMNS)


def renamed(
    columns: Sequence[str], taken: Collection[str] = RESULT_COLUMNS, used: Collection[str] = ()
) -> dict[str, str]:
    """New names, ending in `_given`, of the user's columns whose names the market takes for its results."""
    if _is_result(columns):
        return {}
    known, found = {*columns, *taken, *used}, {}
    for column in columns:
        if column in taken:
            name = f"{column}_given"
            while name in known:
                name = f"{name}_"
            known.add(name)
            found[column] = name
    return found


def _inside(table: pl.DataFrame, scope: pl.Expr) -> Mask:
    """Rows for which the scope holds; a missing answer is no."""
    example = "pl.col('co2') > 0"
    expected = Text("各行的真假表达式，如 {e}", "an expression true or false of rows, such as {e}").format(e=example)
    if not isinstance(scope, pl.Expr):
        option("scope", scope, expected)
    try:
        found = table.select(scope.alias("inside"))["inside"]
    except pl.exceptions.PolarsError as error:
        option("scope", str(error).splitlines()[0], expected)
    if found.dtype != pl.Boolean or found.len() != table.height:
        option("scope", f"{found.dtype}, {found.len()}", expected)
    return found.fill_null(False).to_numpy()


def located(table: pl.DataFrame, co2: Array, output: Array, mac: Array, state: NDArray[np.int8]) -> Firms:
    """Firms with the rows of those that have a price."""
    rows = None if not state.any() else np.flatnonzero(state == 0)
    if rows is not None and rows.size == 0:
        bad_rows(
            Text("没有一家企业有可用的边际减排成本", "no firm has a marginal abatement cost that can be used"),
            Text("至少一家企业的 mac 为正且有限、co2 为正", "at least one firm with mac positive and finite, co2 > 0"),
            Text("检查前沿结果的 status，或放宽 scope", "look at the status of the frontier result, or widen scope="),
            table,
            state != 0,
        )
    return Firms(table, co2, output, mac, state, rows)


def excluding(firms: Firms, rows: Mask, reason: str) -> Firms:
    """The firms less some more of them; `rows` (k,) among those with a price."""
    state = firms.state.copy()
    places = np.flatnonzero(rows) if firms.priced is None else firms.priced[rows]
    state[places] = CODE[reason]
    return located(firms.table, firms.co2, firms.output, firms.mac, state)


def excluded_table(firms: Firms, states: Sequence[str] = STATES[FIRST_WITHOUT:]) -> pl.DataFrame:
    """Firms without a price by reason, with their shares of firms and of CO2."""
    if firms.priced is None:
        return pl.DataFrame(schema=_EXCLUDED)
    counts = np.bincount(firms.state, minlength=len(STATES))
    co2 = np.bincount(firms.state, firms.co2, minlength=len(STATES))
    rows = [(word, int(counts[CODE[word]]), float(co2[CODE[word]])) for word in states if counts[CODE[word]]]
    schema = {"state": pl.String, "firms": pl.Int64, "co2": pl.Float64}
    total = float(firms.co2.sum())
    return pl.DataFrame(rows, schema=schema, orient="row").select(
        "state",
        "firms",
        (pl.col("firms") / firms.n).alias("share"),
        "co2",
        (pl.col("co2") / (total or 1.0)).alias("share_co2"),
    )


def _check_numbers(table: pl.DataFrame, co2: Array, output: Array) -> None:
    if table.height == 0:
        bad_rows(
            Text("企业表是空的", "the table of firms is empty"),
            Text("至少一行", "at least one row"),
            Text("检查筛选条件", "check the filters"),
            table,
            np.zeros(0, dtype=np.bool_),
        )
    wrong = ~((co2 >= 0.0) & np.isfinite(co2))
    if wrong.any():
        bad_rows(
            Text("co2 缺失、无穷或为负", "co2 is missing, infinite or negative"),
            Text("co2 为非负有限数", "co2 finite and not negative"),
            Text("补上或删去这些行", "complete or drop these rows"),
            table,
            wrong,
        )
    wrong = ~np.isfinite(output)
    if wrong.any():
        bad_rows(
            Text("output 缺失或无穷", "output is missing or infinite"),
            Text("output 为有限数", "output finite"),
            Text("补上或删去这些行", "complete or drop these rows"),
            table,
            wrong,
        )


def _without_price(state: NDArray[np.int8], co2: Array, mac: Array) -> None:
    usable = (mac > 0.0) & (mac < np.inf) & (co2 > 0.0)
    if usable.all():
        return
    left = state == 0
    for word, rows in (
        ("no_co2", co2 == 0.0),
        ("missing_mac", np.isnan(mac)),
        ("zero_mac", mac == 0.0),
        ("infinite_mac", np.isposinf(mac)),
        ("negative_mac", mac < 0.0),
    ):
        state[left & (state == 0) & rows] = CODE[word]
