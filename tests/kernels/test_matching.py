"""Matching kernels against loops over all pairs."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.matching import epanechnikov, nearest, nearest_once, shares

SUM = 1e-12  # sums of at most a few hundred numbers of size 1


def slow_nearest(treated: np.ndarray, pool: np.ndarray, k: int, caliper: float, once: bool) -> np.ndarray:
    found = np.full((len(treated), k), -1)
    taken: set[int] = set()
    rounds = [(j, i) for j in range(k) for i in range(len(treated))]
    for j, i in rounds:
        mine = set() if once else set(found[i, :j].tolist())
        free = [c for c in range(len(pool)) if c not in taken and c not in mine]
        near = sorted(free, key=lambda c: (abs(treated[i] - pool[c]), pool[c]))
        if near and abs(treated[i] - pool[near[0]]) <= caliper:
            found[i, j] = near[0]
            if once:
                taken.add(near[0])
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("caliper", [0.05, np.inf])
def test_nearest_is_the_nearest_of_all_pairs(seed: int, k: int, caliper: float) -> None:
    r = np.random.default_rng(seed)
    treated, pool = r.normal(0.3, 1.0, 40), np.sort(r.normal(0.0, 1.0, 25 + 20 * (seed % 3)))
    np.testing.assert_array_equal(nearest(treated, pool, k, caliper), slow_nearest(treated, pool, k, caliper, False))
    np.testing.assert_array_equal(
        nearest_once(treated, pool, k, caliper), slow_nearest(treated, pool, k, caliper, True)
    )


def test_of_two_at_the_same_distance_the_lower_is_taken() -> None:
    assert nearest(np.array([0.5]), np.array([0.0, 1.0]), 1, 1.0).tolist() == [[0]]
    assert nearest_once(np.array([0.5, 0.5, 0.5]), np.array([0.0, 1.0]), 1, 1.0).tolist() == [[0], [1], [-1]]


def test_equal_scores_are_all_used_in_turn() -> None:
    found = nearest_once(np.zeros(3), np.zeros(3), 1, 0.1)
    assert sorted(found[:, 0].tolist()) == [0, 1, 2]
    assert sorted(nearest(np.zeros(1), np.zeros(3), 3, 0.1)[0].tolist()) == [0, 1, 2]


def test_an_empty_pool_gives_nobody() -> None:
    for pick in (nearest, nearest_once):
        assert pick(np.zeros(2), np.zeros(0), 1, np.inf).tolist() == [[-1], [-1]]


def test_shares_spread_one_over_those_found() -> None:
    weights = shares(np.array([[0, 2], [2, -1], [-1, -1]]), 4)
    assert weights.tolist() == [0.5, 0.0, 1.5, 0.0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bandwidth", [0.02, 0.3])
def test_epanechnikov_is_the_sum_over_all_pairs(seed: int, bandwidth: float) -> None:
    r = np.random.default_rng(seed)
    treated, pool = r.random(30), np.sort(r.random(50))
    kernel = np.maximum(0.0, 1.0 - ((treated[:, None] - pool) / bandwidth) ** 2)
    total = kernel.sum(axis=1)
    expected = (kernel[total > 0] / total[total > 0, None]).sum(axis=0)
    weights, found = epanechnikov(treated, pool, bandwidth)
    np.testing.assert_allclose(weights, expected, rtol=SUM, atol=SUM)
    np.testing.assert_array_equal(found > 0, total > 0)
    assert weights.sum() == pytest.approx(np.count_nonzero(found), rel=SUM)
