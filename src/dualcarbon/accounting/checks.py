"""Faults of energy columns that would make the account wrong."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both


def clean(carrier: str) -> pl.Expr:
    """The carrier's column as numbers, NaN as missing."""
    return pl.col(carrier).cast(pl.Float64).fill_nan(None)


def require_energy(panel: Panel, carriers: Sequence[str]) -> None:
    """Check that energy columns are numeric, finite and not negative; missing values pass.

    Raises
    ------
    SchemaError
        If a column is not numeric.
    DataError
        If a value is negative or infinite; all columns are reported at once, with counts and first keys.
    """
    for carrier in carriers:
        dtype = panel.frame[carrier].dtype
        if not dtype.is_numeric():
            raise SchemaError(
                Text("能源列 {c} 不是数值", "the energy column {c} is not numeric").format(c=carrier),
                expected=Text("数值列", "a numeric column"),
                found=both(str(dtype)),
                remedy=Text("先转换为数值", "convert it to numbers first"),
            )
    wrong = {c: (clean(c) < 0) | clean(c).is_infinite() for c in carriers}
    counts = panel.frame.select(expr.sum().alias(c) for c, expr in wrong.items()).row(0, named=True)
    faults = [
        f"{c}: {n} ({', '.join(map(str, panel.frame.filter(wrong[c]).select(panel.id, panel.time).head(5).rows()))})"
        for c, n in counts.items()
        if n
    ]
    if faults:
        raise DataError(
            Text("能源消费为负或无穷大", "energy use is negative or infinite"),
            expected=Text("不小于 0 的有限数", "finite numbers, not below 0"),
            found=Text("列、行数与前几个关键字：{f}", "column, rows and first keys: {f}").format(f="; ".join(faults)),
            remedy=Text("改正或删去这些行（panel.drop_invalid）", "correct or drop these rows (panel.drop_invalid)"),
        )


def require_year(panel: Panel) -> None:
    """Check that the time key holds integer years, which grid factors need.

    Raises
    ------
    SchemaError
        If it does not.
    """
    dtype = panel.frame[panel.time].dtype
    if not dtype.is_integer():
        raise SchemaError(
            Text(
                "电网因子按年份取值，时间列须为整数年份", "grid factors go by year: the time key must be integer years"
            ),
            expected=Text("整数年份列", "a column of integer years"),
            found=both(f"{panel.time}: {dtype}"),
            remedy=Text("先转换为年份", "convert it to years first"),
        )
