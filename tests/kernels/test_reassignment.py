"""Permutations inside strata, and handing values out."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from dualcarbon.kernels.reassignment import handed_out, shuffled


def order(strata: list[int], draws: int, seed: int = 0) -> np.ndarray:
    codes = np.array(strata)
    members = np.argsort(codes, kind="stable").astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(codes))]).astype(np.int64)
    return shuffled(members, bounds, np.random.default_rng(seed).random((draws, len(codes))))


def test_every_draw_is_a_permutation_that_keeps_the_strata() -> None:
    strata = [2, 0, 1, 0, 2, 2, 0]
    found = order(strata, 200)
    assert np.array_equal(np.sort(found, axis=0), np.tile(np.arange(7)[:, None], 200))
    assert np.array_equal(np.array(strata)[found], np.tile(np.array(strata)[:, None], 200))
    assert np.all(found[2] == 2)


def test_all_permutations_are_equally_likely() -> None:
    found = order([0, 0, 0], 60_000)
    counts = [np.count_nonzero(np.all(p == found.T, axis=1)) for p in permutations(range(3))]
    expected = 10_000
    assert sum(counts) == 60_000
    assert sum((c - expected) ** 2 / expected for c in counts) < 20.5  # chi-square with 5 degrees, p = 0.001


def test_handing_out_follows_the_loop() -> None:
    values, start = np.arange(10.0) ** 2, np.array([0, 3, 6])
    item, offset = np.array([0, 0, 1, 2, 2]), np.array([0, 2, 1, 0, 2])
    chosen = order([0, 0, 0], 4)
    found = handed_out(values, start, item, offset, chosen)
    for r in range(5):
        for c in range(4):
            assert found[r, c] == values[start[chosen[item[r], c]] + offset[r]]
