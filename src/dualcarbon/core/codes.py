"""Columns as dense integer codes, without sorting where counting will do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SPARE = 1 << 16


def dense_codes(columns: Sequence[pl.Series]) -> NDArray[np.int64]:
    """Codes 0..g-1, shape (n,), of the combinations of the columns, in sorted order of their values.

    The columns have equal length and no missing values; the first column sorts slowest.

    Examples
    --------
    >>> import polars as pl
    >>> dense_codes([pl.Series(["b", "a", "b"]), pl.Series([1, 5, 0])]).tolist()
    [2, 0, 1]
    """
    codes, levels = _one(columns[0])
    for column in columns[1:]:
        further, more = _one(column)
        codes, levels = compact(codes * more + further, levels * more)
    return codes


def compact(codes: NDArray[np.int64], bound: int) -> tuple[NDArray[np.int64], int]:
    """Codes in [0, bound), shape (n,), renumbered without gaps in their order; and how many there are."""
    if bound > 4 * len(codes) + _SPARE:
        values, dense = np.unique(codes, return_inverse=True)
        return dense.astype(np.int64, copy=False), len(values)
    seen = np.zeros(bound, dtype=np.bool_)
    seen[codes] = True
    number = np.cumsum(seen, dtype=np.int64) - 1
    return number[codes], int(number[-1]) + 1 if bound else 0


def _one(column: pl.Series) -> tuple[NDArray[np.int64], int]:
    if len(column) == 0:
        return np.zeros(0, dtype=np.int64), 0
    if column.dtype.is_integer() and column.dtype not in (pl.UInt64, pl.Int128):
        values = column.to_numpy().astype(np.int64)
        low = int(values.min())
        span = int(values.max()) - low + 1
        if span <= 4 * len(values) + _SPARE:
            return compact(values - low, span)
    return _by_value(column)


def _by_value(column: pl.Series) -> tuple[NDArray[np.int64], int]:
    if column.is_sorted():
        codes = column.rle_id()
    elif column.dtype == pl.String:
        values = column.unique().sort()
        codes = column.replace_strict(values, pl.Series(np.arange(len(values))), return_dtype=pl.Int64)
    else:
        codes = column.rank("dense") - 1
    dense = codes.to_numpy().astype(np.int64)
    return dense, int(dense.max()) + 1
