"""Which groupings determine which, and what effects share, from rows in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine
from dualcarbon.effects.blocks import Stored, fold
from dualcarbon.effects.settle import Settled
from dualcarbon.effects.specification import Grouping

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Coding:
    """Column of the codes (-1: the home one), and where the home groups of each block start."""

    place: int
    starts: dict[int, int]

    def of(self, stored: Stored, home: Codes, others: Codes) -> Codes:
        """Codes through all blocks, (n,)."""
        return home + self.starts[stored.index] if self.place < 0 else np.ascontiguousarray(others[:, self.place])


class Nesting:
    """Answers on the groupings of a regression, each found once."""

    def __init__(self, settled: Settled, engine: Engine) -> None:
        self.settled, self.engine = settled, engine
        starts = np.concatenate([[0], np.cumsum([block.groups for block in settled.blocks])])
        self.starts = {block.index: int(start) for block, start in zip(settled.blocks, starts[:-1], strict=True)}
        self.nested = cache(self._nested)
        self.components = cache(self._components)

    def _coding(self, grouping: Grouping) -> _Coding:
        home = grouping == self.settled.design.home
        return _Coding(-1 if home else self.settled.place(grouping), self.starts)

    def _nested(self, inner: Grouping, outer: Grouping) -> bool:
        """Whether every group of `inner` lies inside one group of `outer`."""
        from dualcarbon.kernels.streaming import SEVERAL, same_owners

        if inner == outer:
            return True
        levels = 0 if inner == self.settled.design.home else self.settled.size(inner)
        find = partial(_owners, self._coding(inner), self._coding(outer), levels)
        return not np.any(fold(self.engine, find, self.settled.blocks, same_owners) == SEVERAL)

    def _components(self, first: Grouping, second: Grouping) -> int:
        """Connected components of the groups of two effects."""
        from dualcarbon.kernels.streaming import component_count, joined_links

        if second == self.settled.design.home:
            first, second = second, first
        sizes = (0 if first == self.settled.design.home else self.settled.size(first), self.settled.size(second))
        find = partial(_links, self._coding(first), self._coding(second), sizes)
        return component_count(fold(self.engine, find, self.settled.blocks, joined_links))

    def crossing(self, effects: Sequence[Grouping]) -> list[Grouping]:
        """The effects that remain, largest first, when those that a larger one determines are left out."""
        from dualcarbon.kernels.groups import crossing_positions

        sizes = [self.settled.size(effect) for effect in effects]
        return [effects[i] for i in crossing_positions(sizes, lambda i, j: self.nested(effects[i], effects[j]))]

    def rank(self, effects: Sequence[Grouping]) -> int:
        """Rank of the constant and the dummies of the effects."""
        from dualcarbon.kernels.groups import rank_of_crossing

        left = self.crossing(effects)
        sizes = [self.settled.size(effect) for effect in left]
        return rank_of_crossing(sizes, lambda i, j: self.components(left[i], left[j]))

    def rank_across(self, effects: Sequence[Grouping], ways: Sequence[Grouping]) -> int:
        """Rank of the effects that are nested in none of the ways."""
        return self.rank([effect for effect in effects if not any(self.nested(effect, way) for way in ways)])


def _owners(inner: _Coding, outer: _Coding, levels: int, stored: Stored) -> Codes:
    """Owners of the inner groups; of home groups only whether one has several."""
    from dualcarbon.kernels.streaming import SEVERAL, owners

    home, others = stored.codes()
    whole = outer.of(stored, home, others)
    if inner.place >= 0:
        return owners(inner.of(stored, home, others), whole, levels)
    return np.array([SEVERAL if np.any(owners(home, whole, stored.groups) == SEVERAL) else 0])


def _links(first: _Coding, second: _Coding, sizes: tuple[int, int], stored: Stored) -> Codes:
    from dualcarbon.kernels.streaming import links_at_home, links_between

    home, others = stored.codes()
    codes = second.of(stored, home, others)
    if first.place < 0:
        return links_at_home(home, stored.groups, codes, sizes[1])
    return links_between(first.of(stored, home, others), codes, sizes)
