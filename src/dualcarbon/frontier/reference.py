"""Whose observations make the frontier against which whose observations are measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Reference

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """One frontier.

    Attributes
    ----------
    rows : (n,)
        Rows of the panel that play a part, in its order.
    evaluated : (n,) bool
        Those of them that want an answer; all of `rows` make the frontier.
    label : int
        A row of the panel whose group columns (and period) name the frontier.
    members : int
        Rows of the panel that belong to it, usable or not.
    """

    rows: Index
    evaluated: NDArray[np.bool_]
    label: int
    members: int


def blocks(group: Index, time: Index, usable: NDArray[np.bool_], reference: Reference, window: int) -> list[Block]:
    """The frontiers of a panel, one per group under `global`, else one per group and period, in sorted order.

    Parameters
    ----------
    group, time : (n,)
        Dense codes; periods in order of time. A window counts periods that occur in the panel.
    usable : (n,) bool
    reference : which periods make the frontier of a period
    window : int
        Periods in a window.

    Examples
    --------
    >>> group, time = np.zeros(3, np.int64), np.arange(3)
    >>> found = blocks(group, time, np.ones(3, bool), "sequential", 3)
    >>> [(b.rows.tolist(), b.evaluated.tolist()) for b in found]
    [([0], [True]), ([0, 1], [False, True]), ([0, 1, 2], [False, False, True])]
    """
    if not group.size:
        return []
    periods = int(time.max()) + 1
    if reference == "global":
        return [Block(rows, np.ones(rows.size, bool), label, n) for rows, label, n in _cells(group, usable)]
    cells = group * periods + time
    codes, dense = np.unique(cells, return_inverse=True)
    parts = {int(code): part for code, part in zip(codes, _cells(dense, usable), strict=True)}
    return [_block(code, parts, periods, reference, window) for code in parts]


def _cells(codes: Index, usable: NDArray[np.bool_]) -> Iterator[tuple[Index, int, int]]:
    """Per code: usable rows in order, first row, rows."""
    members = np.bincount(codes)
    rows = np.flatnonzero(usable)
    order = rows[np.argsort(codes[rows], kind="stable")]
    ends = np.cumsum(np.bincount(codes[rows], minlength=members.size))
    first = np.unique(codes, return_index=True)[1]
    yield from zip(np.split(order, ends[:-1]), first.tolist(), members.tolist(), strict=True)


def _block(
    code: int, parts: dict[int, tuple[Index, int, int]], periods: int, reference: Reference, window: int
) -> Block:
    group, period = divmod(code, periods)
    first, last = {
        "contemporaneous": (period, period),
        "sequential": (0, period),
        "window": (max(period - window + 1, 0), period),
        "biennial": (period, min(period + 1, periods - 1)),
    }[reference]
    own, label, members = parts[code]
    codes = [group * periods + t for t in range(first, last + 1)]
    rows = np.sort(np.concatenate([parts[c][0] for c in codes if c in parts]))
    return Block(rows, np.isin(rows, own, assume_unique=True), label, members)
