"""Rows on disk in blocks, and sums over the blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine

if TYPE_CHECKING:
    from dualcarbon.kernels.streaming import Block

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
R = TypeVar("R")

WAVE = 8
"""Blocks whose sums are held at once; the sums are folded in block order, so that it changes no digit."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A block on disk.

    Attributes
    ----------
    folder : str
    index : int
    n : int
    variables : int
        1 + k.
    weighted : bool
    codings : int
        Groupings besides the home one.
    groups : int
        Home groups; 0 without.
    """

    folder: str
    index: int
    n: int
    variables: int
    weighted: bool
    codings: int
    groups: int

    def path(self, kind: str) -> Path:
        """The file of `numbers`, `weights` or `codes`."""
        return Path(self.folder) / f"{kind}-{self.index:05d}"

    def numbers(self) -> Floats:
        """Values, (n, 1 + k)."""
        return np.fromfile(self.path("numbers"), dtype=np.float64).reshape(self.n, self.variables)

    def weights(self) -> Floats:
        """Weights, (n,)."""
        return np.fromfile(self.path("weights"), dtype=np.float64) if self.weighted else np.ones(self.n)

    def codes(self) -> tuple[Codes, Codes]:
        """Home codes, (n,), and codes of the other groupings, (n, codings)."""
        held = np.fromfile(self.path("codes"), dtype=np.int64).reshape(1 + self.codings, self.n)
        return held[0], held[1:].T


@dataclass(frozen=True, slots=True)
class Layout:
    """Which codings are the nodes: their columns, where each starts, their number; and whether home is eliminated."""

    columns: tuple[int, ...]
    starts: tuple[int, ...]
    levels: int
    within: bool


def load(stored: Stored, layout: Layout, values: bool = True) -> Block:
    """A block in memory; without values where only the codes are asked for."""
    from dualcarbon.kernels.streaming import Block

    home, others = stored.codes()
    numbers, weights = stored.numbers() if values else np.zeros((stored.n, 0)), stored.weights()
    nodes = others[:, list(layout.columns)] + np.array(layout.starts, dtype=np.int64)
    return Block(numbers, weights, home, stored.groups, layout.within, np.ascontiguousarray(nodes), layout.levels)


def fold(engine: Engine, function: Callable[[Stored], R], blocks: Sequence[Stored], merge: Callable[[R, R], R]) -> R:
    """The function of all blocks merged from the left, some blocks at a time."""
    total: list[R] = []
    for start in range(0, len(blocks), WAVE):
        total = [engine.reduce(merge, [*total, *engine.map(function, blocks[start : start + WAVE])])]
    return total[0]


@dataclass(frozen=True, slots=True)
class Passes:
    """Sums over the blocks under one layout."""

    engine: Engine
    blocks: Sequence[Stored]
    layout: Layout

    def sums(
        self, kernel: Callable[..., tuple[Floats, ...]], *state: object, values: bool = True
    ) -> tuple[Floats, ...]:
        """The parts that a kernel of `kernels.streaming` finds in each block with this state, added up."""
        from dualcarbon.kernels.streaming import added

        return fold(self.engine, partial(_part, kernel, self.layout, values, state), self.blocks, added)


def _part(
    kernel: Callable[..., tuple[Floats, ...]], layout: Layout, values: bool, state: tuple[object, ...], stored: Stored
) -> tuple[Floats, ...]:
    return kernel(load(stored, layout, values), *state)
