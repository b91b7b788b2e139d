"""From the rows as first written to blocks that a regression can use: codes, singletons, what is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import compact, dense_codes
from dualcarbon.core.engine import Engine
from dualcarbon.core.panel import Drop
from dualcarbon.effects.blocks import Stored
from dualcarbon.effects.covariance import values_missing
from dualcarbon.effects.sample import SINGLETONS, nothing_left
from dualcarbon.effects.specification import Grouping
from dualcarbon.effects.spill import Design, Spilled

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Settled:
    """The blocks of a regression's rows.

    Attributes
    ----------
    design : Design
    blocks : tuple of Stored
    levels : tuple of int
        Groups of `Design.others`.
    drops : tuple of Drop
    """

    design: Design
    blocks: tuple[Stored, ...]
    levels: tuple[int, ...]
    drops: tuple[Drop, ...]

    @property
    def n(self) -> int:
        """Number of rows."""
        return sum(block.n for block in self.blocks)

    def size(self, grouping: Grouping) -> int:
        """Number of groups."""
        if grouping == self.design.home:
            return sum(block.groups for block in self.blocks)
        return self.levels[self.place(grouping)]

    def clusters(self) -> tuple[str, int]:
        """Name of the clusters, and their number in the way that has fewest."""
        ways = self.design.ways
        return " + ".join(way.name for way in ways), min(self.size(way) for way in ways)

    def place(self, grouping: Grouping) -> int:
        """Column of the codes of a grouping other than the home one."""
        return self.design.others.index(grouping)


def settle(spilled: Spilled, design: Design, folder: Path, engine: Engine) -> Settled:
    """The blocks with dense codes, without the singletons of the effects.

    Raises
    ------
    DataError
        If no row is left, or a row used has no value in a cluster column that does not gate the sample.
    """
    drops = tuple(drop for drop in spilled.drops if drop.rows)
    if not spilled.rows.any():
        raise nothing_left(drops)
    groups = np.zeros(len(spilled.rows), dtype=np.int64)
    if design.home is not None:
        groups = np.array(engine.map(partial(_code_home, folder, spilled), range(len(spilled.rows))), dtype=np.int64)
    keep = _without_singletons(spilled, design, folder, groups)
    gone = len(keep) - int(np.count_nonzero(keep))
    drops = (*drops, Drop(SINGLETONS, gone)) if gone else drops
    if gone == len(keep):
        raise nothing_left(drops)
    counts = _counts(spilled, folder, keep)
    _require_clusters(spilled, design, counts)
    ranks = tuple(book.ranked(rows > 0) for book, rows in zip(spilled.books, counts, strict=True))
    starts = _starts(spilled)
    finish = partial(_finish, folder, spilled, design, ranks)
    parts = [(b, keep[starts[b] : starts[b + 1]]) for b in range(len(spilled.rows))]
    blocks = tuple(block for block in engine.map(finish, parts) if block.n)
    return Settled(design, blocks, tuple(int(np.count_nonzero(rows)) for rows in counts), drops)


def _starts(spilled: Spilled) -> Codes:
    return np.concatenate([[0], np.cumsum(spilled.rows)])


def _raw(folder: Path, spilled: Spilled, block: int) -> Codes:
    """Home keys and codes of the other groupings, (n, keys + others)."""
    if not spilled.rows[block]:
        return np.zeros((0, spilled.keys + len(spilled.books)), dtype=np.int64)
    held = np.fromfile(folder / f"raw-{block:05d}", dtype=np.int64)
    return held.reshape(int(spilled.rows[block]), spilled.keys + len(spilled.books))


def _code_home(folder: Path, spilled: Spilled, block: int) -> int:
    """Write the home codes of a block; how many groups it has."""
    raw = _raw(folder, spilled, block)
    codes = dense_codes([pl.Series(np.ascontiguousarray(column)) for column in raw[:, : spilled.keys].T])
    codes.tofile(folder / f"home-{block:05d}")
    return int(codes.max()) + 1 if len(codes) else 0


def _home(folder: Path, block: int) -> Codes:
    return np.fromfile(folder / f"home-{block:05d}", dtype=np.int64)


def _without_singletons(spilled: Spilled, design: Design, folder: Path, groups: Codes) -> Mask:
    """Rows, in the order of the blocks, left when singletons are dropped until none is left."""
    from dualcarbon.kernels.groups import peel

    n, effects = int(spilled.rows.sum()), design.effects
    if not effects:
        return np.ones(n, dtype=np.bool_)
    nodes = np.memmap(folder / "nodes", dtype=np.int64, mode="w+", shape=(n, len(effects)))
    starts, offsets = _starts(spilled), np.concatenate([[0], np.cumsum(groups)])
    for block in range(len(spilled.rows)):
        rows, raw, level = slice(starts[block], starts[block + 1]), _raw(folder, spilled, block), int(offsets[-1])
        for j, effect in enumerate(effects):
            if effect == design.home:
                nodes[rows, j] = _home(folder, block) + offsets[block]
                continue
            place = design.others.index(effect)
            nodes[rows, j] = raw[:, spilled.keys + place] + level
            level += spilled.books[place].levels
    keep = peel(np.asarray(nodes), level)
    del nodes
    (folder / "nodes").unlink()
    return keep


def _counts(spilled: Spilled, folder: Path, keep: Mask) -> list[Codes]:
    """Rows left in each combination of each book."""
    counts = [np.zeros(book.levels, dtype=np.int64) for book in spilled.books]
    starts = _starts(spilled)
    for block in range(len(spilled.rows)):
        raw = _raw(folder, spilled, block)[keep[starts[block] : starts[block + 1]]]
        for place, rows in enumerate(counts):
            rows += np.bincount(raw[:, spilled.keys + place], minlength=len(rows))
    return counts


def _require_clusters(spilled: Spilled, design: Design, counts: list[Codes]) -> None:
    if design.gated:
        return
    for way in design.ways:
        place = design.others.index(way)
        for column, name in enumerate(way.columns):
            empty = spilled.books[place].empty(column, counts[place])
            if empty:
                raise values_missing(name, empty)


def _finish(folder: Path, spilled: Spilled, design: Design, ranks: tuple[Codes, ...], part: tuple[int, Mask]) -> Stored:
    """Rewrite a block without the rows dropped, with its final codes."""
    block, keep = part
    specification = design.specification
    weighted, variables = specification.weights is not None, 1 + len(specification.regressors)
    raw = _raw(folder, spilled, block)[keep]
    codes, groups = np.zeros(len(raw), dtype=np.int64), 0
    if design.home is not None and len(raw):
        home = _home(folder, block)
        codes, groups = compact(home[keep], int(home.max()) + 1)
    stored = Stored(str(folder), block, len(raw), variables, weighted, len(ranks), groups)
    others = [rank[raw[:, spilled.keys + j]] for j, rank in enumerate(ranks)]
    np.stack([codes, *others]).tofile(stored.path("codes"))
    if not keep.all():
        for kind, columns in (("numbers", variables), *((("weights", 1),) if weighted else ())):
            held = np.fromfile(stored.path(kind), dtype=np.float64).reshape(len(keep), columns)
            held[keep].tofile(stored.path(kind))
    for kind in ("raw", "home"):
        stored.path(kind).unlink(missing_ok=True)
    return stored
