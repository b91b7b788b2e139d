"""From a long table to the cells of an identity: one array per period, factor and combination of subscripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import DataError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.decomposition import faults
from dualcarbon.decomposition.identity import Factor, Identity, Symbol

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_SAME = 1e-9
"""Relative difference within which the values of a factor with fewer subscripts are one value."""
_HOLDS = 1e-6


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of all periods.

    Attributes
    ----------
    times : tuple of T values, increasing
    keys : polars.DataFrame, n rows
        The subscripts of every cell; no column where there is none.
    values : (T, k, n)
        The factors.
    group : (n,)
        Row of `groups` that a cell belongs to; all 0 without groups.
    groups : polars.DataFrame
        The groups that are decomposed each by itself; no column without groups.
    filled : int
        Cells of a period that were not in the table and were taken as zero.
    """

    times: tuple[object, ...]
    keys: pl.DataFrame
    values: Array
    group: Index
    groups: pl.DataFrame
    filled: int = 0


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the rows of the table go: period and cell of every row, the first row of every cell."""

    table: pl.DataFrame
    time: str
    times: pl.Series
    period: Index
    cell: Index
    keys: pl.DataFrame
    n: int

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.times), self.n

    def spread(self, column: str) -> Array:
        """A column as (T, n), NaN where there is no value."""
        values = np.full(self.shape, np.nan)
        values[self.period, self.cell] = self.table[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return values

    def named(self, places: Mask | np.bool_) -> tuple[pl.DataFrame, Index]:
        """Keys with time of the marked places of a (T, n) mask, and their rows there."""
        period, cell = np.nonzero(places)
        keys = [column.gather(cell) for column in self.keys.get_columns()]
        named = pl.DataFrame([self.times.gather(period).alias(self.time), *keys])
        return named, np.arange(period.size)


def cells_of(
    frame: object, identity: Identity, by: Sequence[str], *, time: str, ends_only: bool, missing: str, signed: bool
) -> Cells:
    """The cells of a table, after every check.

    Parameters
    ----------
    frame : polars or pandas frame, long
    by : columns of groups, beyond the subscripts of the left side; every factor varies over them
    ends_only : keep the first and the last period alone
    missing : "refuse" or "zero"
    signed : whether negative values are allowed
    """
    table = as_polars(frame)
    by = tuple(dict.fromkeys((*identity.left.subscripts, *by)))
    inner = tuple(name for name in identity.subscripts if name not in by)
    columns = [symbol.column for factor in identity.factors for symbol in factor.symbols]
    faults.keys_taken([*by, *inner], time)
    faults.columns_absent(table, [time, *by, *inner, *columns])
    faults.not_numeric(table, columns)
    faults.keys_missing(table, [time, *by, *inner])
    layout = _lay_out(_in_numbers(table, time), time, (*by, *inner), ends_only)
    own = tuple(name for name in by if name not in identity.left.subscripts)
    spread = {symbol: layout.spread(symbol.column) for factor in identity.factors for symbol in factor.symbols}
    gone = np.any([np.isnan(values) for values in spread.values()], axis=0)
    if gone.any() and missing == "refuse":
        _refuse_missing(layout, gone)
    for symbol, values in spread.items():
        _settle(layout, symbol, (*symbol.subscripts, *own), values)
    values = np.stack([_factor(layout, factor, spread) for factor in identity.factors], axis=1)
    _require_values(layout, identity, values, signed)
    product = _products(layout, values)
    _require_identity(layout, identity, by, product)
    group, groups = _groups(layout, by)
    return Cells(tuple(layout.times.to_list()), layout.keys, values, group, groups, int(gone.sum()))


def _in_numbers(table: pl.DataFrame, time: str) -> pl.DataFrame:
    """Periods written as whole numbers become numbers, so that 9 stands before 10; any other text keeps its order."""
    if table[time].dtype != pl.String:
        return table
    whole = table[time].str.strip_chars().cast(pl.Int64, strict=False)
    return table if whole.null_count() else table.with_columns(whole.alias(time))


def _lay_out(table: pl.DataFrame, time: str, keys: Sequence[str], ends_only: bool) -> _Layout:
    times = table[time].unique().sort()
    if len(times) < 2:
        raise DataError(
            Text("分解至少要有两期", "a decomposition needs two periods"),
            expected=Text("{t} 至少两个取值", "at least two values of {t}").format(t=time),
            found=both(", ".join(str(value) for value in times) or "0"),
            remedy=Text("给出起点和终点两期的数据", "give the data of a first and a last period"),
        )
    if ends_only and len(times) > 2:
        times = times.gather([0, len(times) - 1])
        table = table.filter(pl.col(time).is_in(times.implode()))
    period = dense_codes([table[time]])
    cell = _codes(table, period, len(times), keys)
    n = int(cell.max()) + 1
    seen = np.bincount(period * n + cell, minlength=len(times) * n)
    if (seen > 1).any():
        _refuse_repeated(table.select(time, *keys), np.flatnonzero(seen[period * n + cell] > 1), keys)
    first = np.zeros(n, dtype=np.int64)
    first[cell[::-1]] = np.arange(table.height)[::-1]
    cells = table.select(keys)[first] if keys else pl.DataFrame()
    return _Layout(table, time, times, period, cell, cells, n)


def _codes(table: pl.DataFrame, period: Index, periods: int, keys: Sequence[str]) -> Index:
    """The cell of every row; where every period lists the same keys in the same order, those of one are coded."""
    rows, rest = divmod(table.height, periods)
    if not keys:
        return np.zeros(table.height, dtype=np.int64)
    if rest == 0 and np.array_equal(period, np.repeat(np.arange(periods), rows)):
        blocks = [table.select(keys).slice(rows * t, rows) for t in range(periods)]
        if all(block.equals(blocks[0]) for block in blocks[1:]):
            return np.tile(dense_codes(blocks[0].get_columns()), periods)
    return dense_codes([table[key] for key in keys])


def _refuse_repeated(named: pl.DataFrame, again: Index, keys: Sequence[str]) -> None:
    faults.bad_rows(
        Text("同一格子出现多次", "a cell occurs more than once"),
        Text("时间与下标 {k} 的每个组合一行", "one row for each combination of time and {k}").format(
            k=", ".join(keys) or "-"
        ),
        Text("先合并重复的行，或在恒等式中写出缺的下标", "join the rows, or write the subscript that tells them apart"),
        named,
        again,
    )


def _refuse_missing(layout: _Layout, gone: Mask) -> None:
    faults.bad_rows(
        Text("有的格子在有的时期缺数", "cells lack values in some period"),
        Text("每个格子在每一期都有全部因素", "every factor of every cell in every period"),
        Text('补上数据；若确为零，用 missing="zero"', 'add the data; if they are zero in truth, use missing="zero"'),
        *layout.named(gone),
    )


def _settle(layout: _Layout, symbol: Symbol, own: Sequence[str], values: Array) -> None:
    """Check that a symbol is one number within its own subscripts, and fill its gaps: with that number, else zero."""
    known = ~np.isnan(values)
    own = [name for name in layout.keys.columns if name in own]
    if len(own) < layout.keys.width:
        code = dense_codes([layout.keys[name] for name in own]) if own else np.zeros(values.shape[1], dtype=np.int64)
        common = np.full((values.shape[0], int(code.max(initial=0)) + 1), np.nan)
        for t in range(values.shape[0]):
            common[t, code[known[t]]] = values[t, known[t]]
        shared = common[:, code]
        with np.errstate(invalid="ignore"):
            apart = known & (np.abs(values - shared) > _SAME * np.abs(shared))
        if apart.any():
            faults.bad_rows(
                Text("因素 {s} 在其下标之内不是一个数", "factor {s} is not one number within its subscripts").format(
                    s=str(symbol)
                ),
                Text("{k} 相同处取值相同", "one value for equal {k}").format(k=", ".join([layout.time, *own])),
                Text(
                    "在恒等式中补上缺的下标，或改正数据",
                    "add the missing subscript in the identity, or correct the data",
                ),
                *layout.named(apart),
            )
        values[~known] = shared[~known]
    values[np.isnan(values)] = 0.0


def _factor(layout: _Layout, factor: Factor, spread: dict[Symbol, Array]) -> Array:
    """The factor (T, n); a ratio of two zeros is zero."""
    top = spread[factor.top]
    if factor.bottom is None:
        return top
    bottom = spread[factor.bottom]
    broken = (bottom == 0.0) & (top != 0.0)
    if broken.any():
        faults.bad_rows(
            Text("比值 {f} 的分母为零", "the ratio {f} has a denominator of zero").format(f=str(factor)),
            Text("分母不为零，或分子也为零", "a denominator that is not zero, or a numerator of zero too"),
            Text("改正数据或合并这些格子", "correct the data or join these cells with others"),
            *layout.named(broken),
        )
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0.0)


def _require_values(layout: _Layout, identity: Identity, values: Array, signed: bool) -> None:
    """Every factor is finite, and not negative where that is not allowed."""
    wrong: Mask = np.asarray(~np.isfinite(values))
    if not wrong.any() and not signed:
        wrong = values < 0.0
    if wrong.any():
        named = [factor.name for j, factor in enumerate(identity.factors) if wrong[:, j].any()]
        infinite = not np.isfinite(values).all()
        faults.bad_rows(
            Text("因素有无穷大的值", "factors are infinite")
            if infinite
            else Text("因素有负值", "factors are negative"),
            Text("有限的数值", "finite numbers") if infinite else Text("不小于零", "zero or more"),
            Text("改正数据", "correct the data")
            if infinite
            else Text(
                '改正数据；若负值有意义（如库存变动），decompose 的 method="shapley" 可以处理',
                "correct the data; negative values that have a meaning (changes of stocks) are taken by decompose with "
                'method="shapley"',
            ),
            *layout.named(wrong.any(axis=1)),
            more=", ".join(named),
        )


def _products(layout: _Layout, values: Array) -> Array:
    """The products of the factors, (T, n), of a size that keeps its digits: above 1e-307 and below 1e308, or zero."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        product: Array = np.asarray(values.prod(axis=1), dtype=np.float64)
    wrong: Mask = np.asarray(~(np.abs(product) < np.inf))
    small = np.abs(product) < np.finfo(np.float64).tiny
    if small.any():
        wrong |= small & (values != 0.0).all(axis=1)
    if wrong.any():
        faults.bad_rows(
            Text("因素之积超出数所能表示的范围", "products of the factors are beyond what a number holds"),
            Text("绝对值在 1e-307 与 1e308 之间，或为零", "between 1e-307 and 1e308 in size, or zero"),
            Text("换用较大或较小的单位", "use another unit, larger or smaller"),
            *layout.named(wrong),
        )
    return product


def _require_identity(layout: _Layout, identity: Identity, by: Sequence[str], product: Array) -> None:
    """The column of the left side, where there is one, is the product in each cell, or the sum in each period."""
    left = identity.left.column
    if left not in layout.table.columns:
        return
    faults.not_numeric(layout.table, [left])
    stated = layout.spread(left)
    cells = _apart(stated, product)
    if not cells.any():
        return
    group, _ = _groups(layout, by)
    sums_by_group = [np.bincount(group, weights=row) for row in product]
    totals = np.asarray(np.stack(sums_by_group)[:, group], dtype=np.float64)
    sums = _apart(stated, totals)
    if not sums.any():
        return
    constant = np.ptp(np.nan_to_num(stated), axis=1).max() == 0.0 and stated.shape[1] > 1
    wrong, truth = (sums, totals) if constant else (cells, product)
    worst = np.unravel_index(np.argmax(np.where(wrong, np.abs(stated - truth), -1.0)), wrong.shape)
    faults.bad_rows(
        Text("恒等式不成立：{i}", "the identity does not hold: {i}").format(i=str(identity)),
        Text(
            "{c} 等于各因素之积（或其合计），相对误差不超过 1e-6",
            "{c} equal to the product of the factors (or its sum) within 1e-6",
        ).format(c=left),
        Text(
            "检查单位与因素；常数（如 44/12）并入一列",
            "check units and factors; put a constant (such as 44/12) in a column",
        ),
        *layout.named(np.asarray(wrong)),
        more=f"{left} = {stated[worst]:.6g}, {truth[worst]:.6g}",
    )


def _apart(stated: Array, computed: Array) -> Mask:
    """Where a stated value is not the computed one; nothing is stated by NaN, nothing infinite is computed."""
    scale = np.maximum(np.abs(stated), np.abs(computed))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isinf(stated) | (np.abs(stated - computed) > _HOLDS * scale))


def _groups(layout: _Layout, by: Sequence[str]) -> tuple[Index, pl.DataFrame]:
    if not by:
        return np.zeros(layout.n, dtype=np.int64), pl.DataFrame()
    group = dense_codes([layout.keys[name] for name in by])
    first = np.unique(group, return_index=True)[1]
    return group, layout.keys.select(by)[first]
