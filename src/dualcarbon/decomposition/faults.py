"""What can be wrong with a table, said with counts and first keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.text import Text, both

Mask = NDArray[np.bool_]
_SHOWN = 3
_RESULTS = ("period", "factor", "effect", "contribution", "start", "end", "change", "status")


def columns_absent(table: pl.DataFrame, wanted: Sequence[str]) -> None:
    """Raise `SchemaError` if a column is not there."""
    absent = [name for name in dict.fromkeys(wanted) if name not in table.columns]
    if absent:
        raise SchemaError(
            Text("表中没有所需的列", "the table lacks columns"),
            expected=both(", ".join(dict.fromkeys(wanted))),
            found=Text("缺 {a}；表中有 {h}", "no {a}; the table has {h}").format(
                a=", ".join(absent), h=", ".join(table.columns[:12])
            ),
            remedy=Text(
                "改正恒等式、time= 或 by= 中的名称，或补上这些列",
                "correct the names in the identity, in time= or in by=, or add the columns",
            ),
        )


def not_numeric(table: pl.DataFrame, wanted: Sequence[str]) -> None:
    """Raise `SchemaError` if a column does not hold numbers."""
    wrong = [f"{name} ({table[name].dtype})" for name in dict.fromkeys(wanted) if not table[name].dtype.is_numeric()]
    if wrong:
        raise SchemaError(
            Text("因素列不是数值", "a factor column is not numeric"),
            expected=Text("整数或浮点数", "integers or floating-point numbers"),
            found=both(", ".join(wrong)),
            remedy=Text("先转换为数值，例如 cast(pl.Float64)", "convert it first, for example cast(pl.Float64)"),
        )


def keys_missing(table: pl.DataFrame, keys: Sequence[str]) -> None:
    """Raise `SchemaError` if a key is null or not a number somewhere."""
    counts = {name: _empty(table[name]) for name in keys}
    if any(counts.values()):
        found = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
        raise SchemaError(
            Text("时间或下标有空值", "time or a subscript is empty in some rows"),
            expected=Text("每行都有时间和下标", "time and subscripts in every row"),
            found=both(found),
            remedy=Text("补上或删去这些行", "fill or drop these rows"),
        )


def _empty(column: pl.Series) -> int:
    empty = column.is_null()
    return int((empty | column.is_nan().fill_null(False) if column.dtype.is_float() else empty).sum())


def keys_taken(keys: Sequence[str], time: str, results: Sequence[str] = _RESULTS) -> None:
    """Raise `ConfigError` if a subscript is the time column or has the name of a column of the results."""
    taken = [name for name in keys if name == time or name in results]
    if taken:
        raise ConfigError(
            Text("下标不能用这个名称", "a subscript cannot have this name"),
            expected=Text("既不是时间列，也不是 {r}", "neither the time column nor {r}").format(r=", ".join(results)),
            found=both(", ".join(taken)),
            remedy=Text(
                "每个因素都随时间变化，不必写出；其余请改列名",
                "every factor varies over time, without a subscript; else rename the column",
            ),
        )


def first_keys(keys: pl.DataFrame, rows: NDArray[np.int64]) -> str:
    """The first rows of keys, as ``year=2010 ind=a``."""
    if keys.width == 0:
        return "-"
    shown = keys[rows[:_SHOWN]].rows(named=True)
    parts = [" ".join(f"{name}={value}" for name, value in row.items()) for row in shown]
    return "; ".join(parts) + (" ..." if len(rows) > _SHOWN else "")


def bad_rows(
    what: Text, expected: Text, remedy: Text, keys: pl.DataFrame, rows: NDArray[np.int64], more: str = ""
) -> NoReturn:
    """Raise `DataError` with the number of rows and the first keys."""
    raise DataError(
        what,
        expected=expected,
        found=Text("{n} 处，首先是 {k}{m}", "{n}, first {k}{m}").format(
            n=f"{len(rows):,}", k=first_keys(keys, rows), m=f" ({more})" if more else ""
        ),
        remedy=remedy,
    )
