"""Codes of the groups of a table that is met piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.effects.source import Source
from dualcarbon.effects.specification import Grouping

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

SPARE = 1 << 16
"""Codes that may lie empty besides a quarter of the rows."""


class Book(Protocol):
    """Codes of the combinations of some columns."""

    @property
    def levels(self) -> int:
        """Codes are below this number."""

    def codes(self, frame: pl.DataFrame) -> Codes:
        """Codes of rows, (n,)."""

    def ranked(self, occupied: Mask) -> Codes:
        """New code of each code that is occupied, (levels,): its rank in the order of the values; -1 for the others."""

    def empty(self, column: int, rows: Codes) -> int:
        """Of the rows with each code, (levels,), how many miss the value of one column."""


def book_for(grouping: Grouping, source: Source, gated: bool) -> Book:
    """Arithmetic where columns are whole numbers close together, and rows without one are dropped; or a list."""
    schema, whole = source.schema(), whole_numbers(grouping, source.schema())
    if not whole or not gated or any(schema[name].is_temporal() for name in grouping.columns):
        return Codebook(grouping)
    columns = [pl.col(name).cast(pl.Int64) for name in grouping.columns]
    ends = source.collect(
        source.lazy.select(
            pl.len().alias("rows"),
            *(column.min().alias(f"low{i}") for i, column in enumerate(columns)),
            *(column.max().alias(f"high{i}") for i, column in enumerate(columns)),
        )
    ).row(0)
    rows, lows, highs = ends[0], ends[1 : 1 + len(columns)], ends[1 + len(columns) :]
    if None in lows:
        return Codebook(grouping)
    spans = tuple(int(high) - int(low) + 1 for low, high in zip(lows, highs, strict=True))
    return Ranged(grouping, tuple(map(int, lows)), spans) if prod(spans) <= rows // 4 + SPARE else Codebook(grouping)


def whole_numbers(grouping: Grouping, schema: pl.Schema) -> bool:
    """Whether all columns hold whole numbers, dates or times that fit in 64 bits."""
    kinds = [schema[name] for name in grouping.columns]
    return all(
        (kind.is_integer() and kind not in (pl.UInt64, pl.Int128)) or kind.is_temporal() or kind == pl.Boolean
        for kind in kinds
    )


@dataclass(frozen=True, slots=True)
class Ranged:
    """Codes of whole numbers by arithmetic, in the order of the values.

    Attributes
    ----------
    grouping : Grouping
    lows, spans : least value, and number of values up to the greatest, of each column
    """

    grouping: Grouping
    lows: tuple[int, ...]
    spans: tuple[int, ...]

    @property
    def levels(self) -> int:
        """Codes are below this number."""
        return prod(self.spans)

    def codes(self, frame: pl.DataFrame) -> Codes:
        """Codes of rows, (n,)."""
        found = np.zeros(frame.height, dtype=np.int64)
        for name, low, span in zip(self.grouping.columns, self.lows, self.spans, strict=True):
            found = found * span + (frame[name].cast(pl.Int64).to_numpy() - low)
        return found

    def ranked(self, occupied: Mask) -> Codes:
        """New code of each code that is occupied, (levels,); -1 for the others."""
        return np.where(occupied, np.cumsum(occupied, dtype=np.int64) - 1, -1)

    def empty(self, column: int, rows: Codes) -> int:
        """None: rows without a value are dropped before."""
        return 0


class Codebook:
    """Codes of the combinations of some columns, in the order of their first row."""

    def __init__(self, grouping: Grouping) -> None:
        self.names = grouping.columns
        self.keys = [str(i) for i in range(len(self.names))]
        self.book: pl.DataFrame | None = None

    def codes(self, frame: pl.DataFrame) -> Codes:
        """Codes of the rows, (n,); combinations not met before are added. A missing value is a value."""
        rows = frame.select(pl.col(name).alias(key) for name, key in zip(self.names, self.keys, strict=True))
        if self.book is None:
            self.book = rows.head(0).with_columns(code=pl.lit(0, dtype=pl.Int64))
        found = rows.unique(maintain_order=True)
        new = found.join(self.book, on=self.keys, how="anti", nulls_equal=True, maintain_order="left")
        if new.height:
            start = self.book.height
            self.book = pl.concat([self.book, new.with_columns(code=pl.int_range(start, start + new.height))])
        joined = rows.join(self.book, on=self.keys, how="left", nulls_equal=True, maintain_order="left")
        return joined["code"].to_numpy().astype(np.int64)

    @property
    def levels(self) -> int:
        """Number of combinations met."""
        return 0 if self.book is None else self.book.height

    def ranked(self, occupied: Mask) -> Codes:
        """New code, (levels,), of each combination that is occupied: its rank in sorted order, the same for any order
        of rows; -1 for the others."""
        new = np.full(self.levels, -1, dtype=np.int64)
        if self.book is not None:
            order = self.book.sort(self.keys)["code"].to_numpy()
            chosen = order[occupied[order]]
            new[chosen] = np.arange(len(chosen))
        return new

    def empty(self, column: int, rows: Codes) -> int:
        """Of the rows of each combination, (levels,), how many miss the value of one column."""
        if self.book is None:
            return 0
        values = self.book[self.keys[column]]
        gone = values.is_null() | (values.is_nan().fill_null(False) if values.dtype.is_float() else False)
        return int(rows[self.book["code"].to_numpy()][gone.to_numpy()].sum())
