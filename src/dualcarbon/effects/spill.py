"""The usable rows of a table, written to disk in blocks that hold whole groups of one effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.files import storage_error
from dualcarbon.core.panel import Drop
from dualcarbon.effects.books import Book, Codebook, book_for, whole_numbers
from dualcarbon.effects.sample import Gate, matrix_of, require_columns, weights_of
from dualcarbon.effects.source import SAMPLE, Source
from dualcarbon.effects.specification import Grouping, Specification

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

BATCH_ROWS = 1 << 19
BLOCK_ROWS = 1 << 17
MOST_BLOCKS = 1024
SHARE = 32
"""Blocks that fit in the memory limit."""


@dataclass(frozen=True, slots=True)
class Design:
    """A specification and how its rows are laid out.

    Attributes
    ----------
    specification : Specification
        Its effects are groupings without slopes.
    ways : tuple of Grouping
        Clusters of the covariance.
    gated : bool
        Whether rows without a cluster are dropped; if not they are refused.
    home : Grouping or None
        Its groups lie whole in a block.
    others : tuple of Grouping
        The other effects and ways.
    """

    specification: Specification
    ways: tuple[Grouping, ...]
    gated: bool
    home: Grouping | None
    others: tuple[Grouping, ...]

    @property
    def effects(self) -> tuple[Grouping, ...]:
        """The absorbed effects."""
        return tuple(effect for effect in self.specification.effects if isinstance(effect, Grouping))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns to read."""
        numbers = (factor.column for factor in self.specification.factors)
        groups = (name for grouping in (*self.effects, *self.ways) for name in grouping.columns)
        weights = () if self.specification.weights is None else (self.specification.weights,)
        return tuple(dict.fromkeys((*numbers, *weights, *groups)))


@dataclass(frozen=True, slots=True)
class Spilled:
    """The blocks as first written.

    Attributes
    ----------
    rows : (blocks,)
    keys : int
        Columns of home keys in the raw codes.
    books : tuple of Book
        Of `Design.others`.
    drops : tuple of Drop
        Under every reason, 0 included.
    """

    rows: Codes
    keys: int
    books: tuple[Book, ...]
    drops: tuple[Drop, ...]


def spill(source: Source, design: Design, limit: float, folder: Path) -> Spilled:
    """Read the table once and write its usable rows in blocks.

    Each block has a file of numbers, (n, 1 + k) float64, one of weights, (n,), if there are any, and one of raw codes,
    (n, home keys + other groupings) int64. Rows keep their order within a block.

    Raises
    ------
    InputError, SchemaError, DataError
        As for a panel.
    StorageError
        If the folder has no room.
    """
    total = source.rows()
    require_sound(source, design)
    width = 8 * (len(design.columns) + 1 + len(design.specification.regressors))
    writer = _Writer(design, folder, _blocks(total, width, limit), total, source)
    for batch in source.batches(int(min(BATCH_ROWS, max(limit / SHARE / width, 16)))):
        try:
            writer.write(batch, source)
        except OSError as error:
            raise storage_error(folder, error) from error
    return Spilled(writer.rows, writer.key_count, tuple(writer.books), tuple(writer.drops))


def require_sound(source: Source, design: Design) -> None:
    """Refuse absent columns and negative weights, as for a panel."""
    require_columns(design.specification, source.panel(pl.DataFrame(schema=source.schema())))
    name = design.specification.weights
    if name is not None and source.schema()[name].is_numeric():
        weights_of(source.panel(source.collect(source.lazy.select(name).filter(pl.col(name) < 0))), name)


def _blocks(rows: int, width: int, limit: float) -> int:
    most = min(BLOCK_ROWS, max(limit / SHARE / width, 1.0))
    return int(min(max(np.ceil(rows / most), 1), MOST_BLOCKS))


class _Writer:
    """Appends the usable rows of batches to the blocks."""

    def __init__(self, design: Design, folder: Path, blocks: int, total: int, source: Source) -> None:
        self.design, self.folder, self.blocks, self.total = design, folder, blocks, total
        self.rows = np.zeros(blocks, dtype=np.int64)
        schema = source.schema()
        self.books = [
            book_for(grouping, source, design.gated or grouping not in design.ways) for grouping in design.others
        ]
        self.drops: list[Drop] = []
        self.home = None if design.home is None or whole_numbers(design.home, schema) else Codebook(design.home)
        self.key_count = 0 if design.home is None else 1 if self.home is not None else len(design.home.columns)

    def write(self, batch: pl.DataFrame, source: Source) -> None:
        """Screen the rows of a batch and append those that pass."""
        specification = self.design.specification
        panel = source.panel(batch)
        names = list(dict.fromkeys(factor.column for factor in specification.factors))
        columns = dict(zip(names, panel.arrays(*names), strict=True))
        weights = None if specification.weights is None else weights_of(panel, specification.weights)
        gate = Gate(panel.n)
        gate.screen(specification, panel, columns, weights, pl.col(SAMPLE) if SAMPLE in batch.columns else None)
        self._count(gate.screened)
        rows = np.flatnonzero(gate.keep)
        kinds = {"numbers": matrix_of(specification, {name: column[rows] for name, column in columns.items()})}
        if weights is not None:
            kinds["weights"] = weights[rows]
        frame = batch.filter(pl.Series(gate.keep))
        keys = self._keys(frame)
        codes = np.column_stack([*keys, *(book.codes(frame) for book in self.books), np.zeros((len(rows), 0))])
        self._append(self._parts(keys, len(rows)), {**kinds, "raw": codes.astype(np.int64, copy=False)})

    def _count(self, screened: Sequence[Drop]) -> None:
        before = [drop.rows for drop in self.drops] or [0] * len(screened)
        self.drops = [Drop(now.reason, now.rows + rows) for now, rows in zip(screened, before, strict=True)]

    def _keys(self, frame: pl.DataFrame) -> list[Codes]:
        if self.design.home is None:
            return []
        if self.home is not None:
            return [self.home.codes(frame)]
        return [frame[name].to_physical().cast(pl.Int64).to_numpy() for name in self.design.home.columns]

    def _parts(self, keys: list[Codes], n: int) -> Codes:
        from dualcarbon.kernels.streaming import scattered

        if keys:
            return scattered(keys, self.blocks)
        most = -(-self.total // self.blocks)
        return np.asarray((np.arange(n) + int(self.rows.sum())) // most, dtype=np.int64)

    def _append(self, parts: Codes, kinds: Mapping[str, NDArray[Any]]) -> None:
        from dualcarbon.kernels.absorb import grouped

        starts, order = grouped(parts, self.blocks)
        kinds = {kind: np.take(values, order, axis=0) for kind, values in kinds.items()}
        for block in np.flatnonzero(np.diff(starts)):
            rows = slice(starts[block], starts[block + 1])
            for kind, values in kinds.items():
                with (self.folder / f"{kind}-{block:05d}").open("ab") as file:
                    values[rows].tofile(file)
        self.rows += np.diff(starts)
