"""What can be wrong with firms and options, said with counts and first keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, InfeasibleError, SchemaError
from dualcarbon.core.options import bad_option
from dualcarbon.core.text import Text, both

Mask = NDArray[np.bool_]
_SHOWN = 3
_NAMES = ("firm", "firm_id", "plant", "plant_id", "id", "name", "year")


def columns_absent(table: pl.DataFrame, wanted: Sequence[str], remedy: Text) -> None:
    """Raise `SchemaError` if a column is not there or does not hold numbers."""
    absent = [name for name in wanted if name not in table.columns]
    wrong = [f"{n} ({table[n].dtype})" for n in wanted if n in table.columns and not table[n].dtype.is_numeric()]
    if absent or wrong:
        raise SchemaError(
            Text("企业表缺少数值列", "the table of firms lacks numeric columns"),
            expected=both(", ".join(wanted)),
            found=Text("缺 {a}；非数值 {w}；表中有 {h}", "absent: {a}; not numeric: {w}; the table has {h}").format(
                a=", ".join(absent) or "-", w=", ".join(wrong) or "-", h=", ".join(table.columns[:12])
            ),
            remedy=remedy,
        )


def first_keys(table: pl.DataFrame, rows: Mask) -> str:
    """How many rows, and the first of them by name or, without one, by number."""
    places = np.flatnonzero(rows)
    names = [name for name in _NAMES if name in table.columns]
    shown = table[places[:_SHOWN].tolist()].select(names).rows(named=True) if names else []
    parts = [" ".join(f"{k}={v}" for k, v in row.items()) for row in shown]
    first = "; ".join(parts) if parts else ", ".join(f"#{place + 1}" for place in places[:_SHOWN])
    return first + (" ..." if places.size > _SHOWN else "")


def bad_rows(what: Text, expected: Text, remedy: Text, table: pl.DataFrame, rows: Mask) -> NoReturn:
    """Raise `DataError` with the number of rows and the first keys."""
    raise DataError(
        what,
        expected=expected,
        found=Text("{n} 行（共 {a} 行），首先是 {k}", "{n} of {a} rows, first {k}").format(
            n=f"{int(rows.sum()):,}", a=f"{table.height:,}", k=first_keys(table, rows)
        ),
        remedy=remedy,
    )


def require_single(keys: pl.Series, remedy: Text) -> None:
    """Raise `DataError` if a firm has several rows; missing keys are nobody's."""
    twice = keys.filter(keys.is_duplicated() & keys.is_not_null()).unique(maintain_order=True)
    if len(twice):
        raise DataError(
            Text("有的企业不止一行", "some firms have more than one row"),
            expected=Text("每家企业一行", "one row per firm"),
            found=Text("{n} 家，前几家 {f}", "{n} firms, first {f}").format(
                n=len(twice), f=twice.head(_SHOWN).to_list()
            ),
            remedy=remedy,
        )


def option(name: str, value: object, expected: Text) -> NoReturn:
    """Raise `ConfigError` for an option that is out of range or missing."""
    raise bad_option(name, expected, value)


def require_number(name: str, value: object, least: float = 0.0) -> None:
    """Raise `ConfigError` unless an option is a finite number of at least `least`; True and False are not."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and least <= float(value) < math.inf):  # type: ignore[arg-type]
        option(name, value, Text("不小于 {l:g} 的有限数", "a finite number of at least {l:g}").format(l=least))


def infeasible(cap: float, lowest: float, *, reached: bool = True) -> NoReturn:
    """Raise `InfeasibleError` for a cap that the firms cannot meet, naming the lowest they can.

    Where the lowest is not `reached`, firms tend to it as the price goes to infinity.
    """
    least = Text("不低于 {l}", "of at least {l}") if reached else Text("高于 {l}", "above {l}")
    named = f"{lowest:.10g}"
    raise InfeasibleError(
        Text("总量低于企业能达到的最低排放", "the cap is below the lowest emissions the firms can reach"),
        expected=Text("总量{l}", "a cap {l}").format(l=least.format(l=named)),
        found=both(f"{cap:.10g}"),
        remedy=Text(
            "把总量提高到 {l} 以上，降低 floor，或设 price_ceiling",
            "raise the cap above {l}, lower floor=, or set price_ceiling=",
        ).format(l=named),
    )
