"""Sums over blocks against the same sums over all rows, written out."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualcarbon.kernels import streaming
from dualcarbon.kernels.groups import components, is_nested
from dualcarbon.kernels.streaming import Block

Codes = NDArray[np.int64]

SAME = 1e-12  # the same sums in another order

N, GROUPS, LEVELS = 300, 40, 9


def rows(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], Codes, Codes]:
    r = np.random.default_rng(seed)
    home = np.concatenate([np.arange(GROUPS), r.integers(0, GROUPS, N - GROUPS)])
    nodes = np.column_stack([r.integers(0, 4, N), 4 + r.integers(0, 5, N)])
    return r.normal(size=(N, 3)) + 5.0, np.exp(r.normal(size=N)), home, nodes


def cut(seed: int, parts: int, within: bool) -> list[Block]:
    values, weights, home, nodes = rows(seed)
    part = streaming.scattered([home], parts)
    found = []
    for b in range(parts):
        at = np.flatnonzero(part == b)
        if len(at):
            _, codes = np.unique(home[at], return_inverse=True)
            codes = codes.astype(np.int64)
            found.append(Block(values[at], weights[at], codes, int(codes.max()) + 1, within, nodes[at], LEVELS))
    return found


def projected(values: NDArray[np.float64], weights: NDArray[np.float64], home: Codes) -> NDArray[np.float64]:
    """Deviations from the weighted means of the groups, one group after the other."""
    found = values.copy()
    for g in np.unique(home):
        at = home == g
        found[at] -= np.average(values[at], axis=0, weights=weights[at])
    return found


@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize("parts", [1, 4, 60])
def test_sums_do_not_depend_on_the_cut(within: bool, parts: int) -> None:
    values, weights, home, nodes = rows(1)
    blocks = cut(1, parts, within)
    shifts = np.vstack([values.mean(axis=0), np.full(3, 1e-3)])
    step = np.random.default_rng(2).normal(size=(LEVELS, 3))
    deviations = values - shifts.sum(axis=0)
    dummies = np.stack([np.isin(nodes, level).any(axis=1) for level in range(LEVELS)], axis=1).astype(float)
    spread = projected(dummies, weights, home) if within else dummies
    left = (projected(deviations, weights, home) if within else deviations) - spread @ step
    weighted = left * weights[:, None]
    kept, coef = np.array([True, False]), np.array([0.7])
    e = left[:, 0] - 0.7 * left[:, 1]
    expected = {
        "totals": (np.array([weights.sum()]), deviations.T @ weights),
        "moments": ((deviations**2).T @ weights, (left**2).T @ weights, dummies.T @ weighted, left.T @ weighted),
        "node_mass": ((dummies.T @ weights)[:, None],),
        "node_matrix": (dummies.T @ (spread * weights[:, None]),),
        "node_product": (dummies.T @ (spread * weights[:, None]) @ step,),
        "slack": (np.array([np.sum(weights * e * left[:, 1])]),),
    }
    state = {
        "totals": (shifts,),
        "moments": (shifts, step),
        "node_product": (step,),
        "slack": (shifts, step, kept, coef),
    }
    for name, wanted in expected.items():
        found = reduce(streaming.added, [getattr(streaming, name)(b, *state.get(name, ())) for b in blocks])
        for a, b in zip(found, wanted, strict=True):
            assert np.allclose(a, b, rtol=SAME, atol=SAME * max(np.abs(b).max(), N)), name
    squares, scores = zip(*(streaming.scores(b, shifts, step, kept, coef, True) for b in blocks), strict=True)
    each = np.column_stack([weights * e, weights * e * left[:, 1]])
    assert np.isclose(sum(squares)[0], np.sum(weights * e**2), rtol=SAME)
    assert np.allclose(sum(map(streaming.row_meat, scores)), each.T @ each, rtol=SAME)
    by_home = np.stack([each[home == g].sum(axis=0) for g in range(GROUPS)])
    meat = sum(streaming.home_meat(s, b.home) for s, b in zip(scores, blocks, strict=True))
    assert np.allclose(meat, by_home.T @ by_home, rtol=SAME)
    keyed = reduce(
        streaming.merged, [(streaming.keyed(b.nodes[:, 1], s),) for s, b in zip(scores, blocks, strict=True)]
    )
    keys, sums = streaming.at_once(keyed)
    assert keys.tolist() == list(range(4, 9))
    assert np.allclose(sums, [each[nodes[:, 1] == key].sum(axis=0) for key in keys], rtol=SAME, atol=SAME * N)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_links_and_owners(seed: int, parts: int) -> None:
    r = np.random.default_rng(seed)
    n, g, h = 40, int(r.integers(1, 30)), int(r.integers(1, 12))
    first = np.unique(r.integers(0, g, n), return_inverse=True)[1].astype(np.int64)
    second = np.unique(r.integers(0, h, n), return_inverse=True)[1].astype(np.int64)
    sizes = int(first.max()) + 1, int(second.max()) + 1
    wanted = components(first, second, *sizes)
    part = r.integers(0, parts, n)
    between = [streaming.links_between(first[part == b], second[part == b], sizes) for b in range(parts)]
    assert streaming.component_count(reduce(streaming.joined_links, between)) == wanted
    whole = streaming.scattered([first], parts)
    at_home = [
        streaming.links_at_home(
            np.unique(first[whole == b], return_inverse=True)[1].astype(np.int64),
            len(np.unique(first[whole == b])),
            second[whole == b],
            sizes[1],
        )
        for b in range(parts)
    ]
    assert streaming.component_count(reduce(streaming.joined_links, at_home)) == wanted
    owners = [streaming.owners(first[part == b], second[part == b], sizes[0]) for b in range(parts)]
    several = reduce(streaming.same_owners, owners) == streaming.SEVERAL
    assert bool(several.any()) != is_nested(first, second, sizes[0])


def test_extremes() -> None:
    values, _, home, _ = rows(3)
    low, high = reduce(
        streaming.wider, [streaming.extremes(values[a : a + 50], home[a : a + 50], GROUPS) for a in range(0, N, 50)]
    )
    assert np.array_equal(low, [values[home == g].min(axis=0) for g in range(GROUPS)])
    assert np.array_equal(high, [values[home == g].max(axis=0) for g in range(GROUPS)])


def test_equal_keys_share_a_part_and_parts_are_even() -> None:
    keys = [np.repeat(np.arange(-5000, 5000), 2), np.tile(np.array([7, 7]), 10_000)]
    part = streaming.scattered(keys, 16)
    assert np.array_equal(part[::2], part[1::2])
    counts = np.bincount(part[::2], minlength=16)
    assert counts.min() > 500 and counts.max() < 750  # 625 expected, standard deviation 24
    assert streaming.scattered([np.array([1, 2, 3])], 1).tolist() == [0, 0, 0]
