"""Which rows make which frontier: against sets written out by hand and against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.frontier.reference import blocks

GROUP = np.array([0, 0, 0, 0, 1, 1, 0, 1])
TIME = np.array([0, 1, 2, 3, 0, 2, 2, 3])
USABLE = np.array([True, True, True, True, True, True, True, False])


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("contemporaneous", lambda t: t, lambda t: t),
        ("sequential", lambda t: 0, lambda t: t),
        ("window", lambda t: t - 1, lambda t: t),
        ("biennial", lambda t: t, lambda t: t + 1),
    ],
)
def test_a_frontier_is_made_by_its_periods(kind, first, last) -> None:
    group, time = GROUP, TIME
    found = blocks(group, time, USABLE, kind, 2)
    cells = sorted(set(zip(group.tolist(), time.tolist(), strict=True)))
    assert [(group[b.label], time[b.label]) for b in found] == cells
    for (g, t), block in zip(cells, found, strict=True):
        made_by = USABLE & (group == g) & (time >= first(t)) & (time <= last(t))
        own = USABLE & (group == g) & (time == t)
        assert block.rows.tolist() == np.flatnonzero(made_by).tolist()
        assert block.rows[block.evaluated].tolist() == np.flatnonzero(own).tolist()
        assert block.members == int(((group == g) & (time == t)).sum())


def test_global_has_one_frontier_per_group() -> None:
    found = blocks(GROUP, TIME, USABLE, "global", 2)
    assert [b.rows.tolist() for b in found] == [[0, 1, 2, 3, 6], [4, 5]]
    assert all(b.evaluated.all() for b in found)
    assert [b.members for b in found] == [5, 3]


def test_nothing_makes_nothing() -> None:
    empty = np.zeros(0, np.int64)
    assert blocks(empty, empty, np.zeros(0, bool), "sequential", 3) == []
