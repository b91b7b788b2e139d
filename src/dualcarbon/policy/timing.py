"""When each unit was first treated: from a column of dates, or from an indicator that must not switch off."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both

NEVER = int(np.iinfo(np.int64).max)
"""Stands for the first treated period of units that are not treated within the sample."""

FARTHEST = 2.0**53
"""Later first treated periods, which are no longer exact numbers, count as this one: after any sample."""

_SHOWN = 5


def first_treated(panel: Panel, column: str | None, indicator: str | None) -> NDArray[np.int64]:
    """First treated period of each row's unit, (n,), `NEVER` for units that are never treated.

    Parameters
    ----------
    panel : Panel
    column : str or None
        First treated period, the same in all rows of a unit; null, NaN, infinite, zero or negative: never. Zero and
        negative dates are refused where the sample has periods before and after them: they may be dates.
    indicator : str or None
        Instead of it, a 0/1 (or share above zero) column: treated from its first positive period on.

    Raises
    ------
    ConfigError
        Both or neither are given.
    SchemaError
        A column is absent or not numeric.
    DataError
        The first treated period differs within a unit, is no whole number, is zero or negative although such periods
        occur, or the indicator is missing somewhere,
        negative, or switches off.
    """
    if (column is None) == (indicator is None):
        raise ConfigError(
            Text("处理时点不明", "the timing of treatment is not given"),
            expected=Text("first_treated= 与 treated= 恰一个", "exactly one of first_treated= and treated="),
            found=both(f"first_treated={column!r}, treated={indicator!r}"),
            remedy=Text(
                "指明首次处理时期列，或 0/1 处理列", "name the column of first treated periods, or the 0/1 column"
            ),
        )
    return _from_dates(panel, column) if column is not None else _from_indicator(panel, str(indicator))


def whole_periods(panel: Panel) -> NDArray[np.int64]:
    """The time of each row as whole numbers, (n,).

    Raises
    ------
    SchemaError
        If time is not counted in whole numbers.
    """
    (times,) = panel.arrays(panel.time)
    if not np.all(times == np.rint(times)):
        raise SchemaError(
            Text("时间列 {t} 不是整数", "the time column {t} is not whole numbers").format(t=panel.time),
            expected=Text("整数时期，如年份", "whole periods, such as years"),
            found=both(str(np.unique(times[times != np.rint(times)])[:_SHOWN].tolist())),
            remedy=Text("先编号为整数时期", "number the periods first"),
        )
    return times.astype(np.int64)


def _from_dates(panel: Panel, column: str) -> NDArray[np.int64]:
    (values,) = panel.arrays(column)
    dated = np.isfinite(values) & (values > 0)
    broken = dated & (values != np.rint(values))
    if broken.any():
        raise DataError(
            Text("首次处理时期不是整数", "first treated periods are not whole numbers"),
            expected=Text("整数时期；空、0 或无穷表示从未处理", "whole periods; empty, 0 or infinite means never"),
            found=_named(panel, broken),
            remedy=Text("改正这些值", "correct these values"),
        )
    _require_clear(panel, column, values)
    first = np.full(panel.n, NEVER, dtype=np.int64)
    first[dated] = np.minimum(values[dated], FARTHEST).astype(np.int64)
    starts = _starts(panel)
    varying = first != first[starts][_position(starts, panel.n)]
    if varying.any():
        raise DataError(
            Text("同一单位的首次处理时期不一致", "the first treated period differs within a unit"),
            expected=Text("每个单位只有一个值", "one value per unit"),
            found=_named(panel, varying),
            remedy=Text(
                "统一 {c}；若是 0/1 处理列，用 treated=",
                "make {c} constant within units; pass a 0/1 column as treated=",
            ).format(c=column),
        )
    return first


def _require_clear(panel: Panel, column: str, values: NDArray[np.float64]) -> None:
    """Raise `DataError` where a date that stands for never, 0 or less, is also a period of the sample."""
    (times,) = panel.arrays(panel.time)
    doubtful = np.isfinite(values) & (values <= 0) & (values > times.min()) & (values <= times.max())
    if doubtful.any():
        raise DataError(
            Text("首次处理时期 0 或负数含义不明", "first treated periods of zero or less are ambiguous"),
            expected=Text("时期均为正数，或从未处理者为空", "positive periods, or empty for units never treated"),
            found=_named(panel, doubtful),
            remedy=Text(
                "从未处理者留空并改用 treated= 0/1 列，或把 {t} 与 {c} 一并加上常数使其为正",
                "use a 0/1 column with treated= instead, or add a constant to {t} and {c} that makes them positive",
            ).format(t=panel.time, c=column),
        )


def _from_indicator(panel: Panel, column: str) -> NDArray[np.int64]:
    (values,) = panel.arrays(column)
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        raise DataError(
            Text("处理列 {c} 有缺失或负值", "the treatment column {c} is missing or negative somewhere").format(
                c=column
            ),
            expected=Text("0 为未处理，正数为处理", "0 for untreated, positive for treated"),
            found=_named(panel, wrong),
            remedy=Text("补全或改正这些行", "complete or correct these rows"),
        )
    on, periods = values > 0, whole_periods(panel)
    starts = _starts(panel)
    unit = _position(starts, panel.n)
    first = np.minimum.reduceat(np.where(on, periods, NEVER), starts)[unit]
    off = ~on & (periods > first)
    if off.any():
        raise DataError(
            Text("处理中途停止", "treatment switches off"),
            expected=Text("一经处理不再退出", "once treated, always treated"),
            found=_named(panel, off),
            remedy=Text(
                "删去退出的单位，或在退出前截断其样本；这些方法不适用于可逆处理",
                "drop the units that leave, or cut them before they do; the estimators do not fit treatment that ends",
            ),
        )
    return first


def _starts(panel: Panel) -> NDArray[np.int64]:
    """Positions of each unit's first row; the panel is sorted by unit."""
    units = panel.frame[panel.id]
    new = (units != units.shift(1)).fill_null(True)
    return new.arg_true().to_numpy().astype(np.int64)


def _position(starts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(starts)), np.diff(np.append(starts, n)))


def _named(panel: Panel, rows: NDArray[np.bool_]) -> Text:
    """How many units and rows, and the first units."""
    units = panel.frame.filter(pl.Series(rows))[panel.id].unique(maintain_order=True)
    return Text("{u} 个单位、{r} 行，前几个 {k}", "{u} units, {r} rows, first {k}").format(
        u=len(units), r=int(rows.sum()), k=units.head(_SHOWN).to_list()
    )
