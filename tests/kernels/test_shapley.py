"""Means over orders against all orders written out."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from dualcarbon.kernels.shapley import (
    chain,
    matrices_of_subsets,
    nodes,
    ordered_effects,
    ordered_of_matrices,
    path_of_subsets,
    polar_effects,
    shapley_effects,
    shapley_of_matrices,
    shapley_of_subsets,
    subset_totals,
)

ROUNDING = 1e-13  # sums of a few hundred products of size 1


def every_order(before: list[np.ndarray], after: list[np.ndarray]) -> np.ndarray:
    """The mean over all orders, one after the other."""
    k = len(before)
    orders = list(permutations(range(k)))
    total = np.zeros((k, *chain(before).shape))
    for order in orders:
        now = list(before)
        for j in order:
            was = chain(now)
            now[j] = after[j]
            total[j] += chain(now) - was
    return total / len(orders)


def draw(k: int, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    r = np.random.default_rng(seed)
    return r.normal(size=(k, n)), r.normal(size=(k, n))


@pytest.mark.parametrize("k", range(1, 8))
def test_the_integral_is_the_mean_over_all_orders(k: int) -> None:
    before, after = draw(k, 4, k)
    brute = np.column_stack(
        [
            every_order([np.eye(1) * x for x in before[:, i]], [np.eye(1) * x for x in after[:, i]]).ravel()
            for i in range(4)
        ]
    )
    np.testing.assert_allclose(shapley_effects(before, after), brute, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("k", range(1, 7))
def test_subsets_give_the_same(k: int) -> None:
    before, after = draw(k, 5, 10 + k)
    totals = subset_totals(before, after)
    np.testing.assert_allclose(
        shapley_of_subsets(totals), shapley_effects(before, after).sum(axis=1), rtol=ROUNDING, atol=ROUNDING
    )
    forward = path_of_subsets(totals, range(k))
    np.testing.assert_allclose(forward, ordered_effects(before, after).sum(axis=1), rtol=ROUNDING, atol=ROUNDING)
    back = path_of_subsets(totals, range(k)[::-1])
    np.testing.assert_allclose((forward + back) / 2, polar_effects(before, after).sum(axis=1), atol=ROUNDING)


def test_nodes_are_exact_for_their_degree() -> None:
    for k in range(1, 13):
        places, weights = nodes(k)
        for power in range(k):
            assert float(weights @ places**power) == pytest.approx(1.0 / (power + 1), rel=1e-14)


def test_two_factors_share_the_interaction_equally() -> None:
    """Sun (1998)."""
    found = shapley_effects(np.array([[2.0], [3.0]]), np.array([[4.0], [7.0]]))
    assert found.ravel().tolist() == [2 * 3 + 8 / 2, 2 * 4 + 8 / 2]


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_matrices(k: int) -> None:
    r = np.random.default_rng(k)
    sizes = [1, *r.integers(2, 5, k - 1).tolist(), 1]
    before, after = ([r.normal(size=(a, b)) for a, b in pairwise(sizes)] for _ in range(2))
    brute = every_order(before, after)
    np.testing.assert_allclose(shapley_of_matrices(before, after), brute, rtol=ROUNDING, atol=ROUNDING)
    products = matrices_of_subsets(before, after)
    np.testing.assert_allclose(shapley_of_subsets(products), brute, rtol=ROUNDING, atol=ROUNDING)
    for order in permutations(range(k)):
        one = ordered_of_matrices(before, after, order)
        np.testing.assert_allclose(one, path_of_subsets(products, order), rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(one.sum(axis=0), chain(after) - chain(before), rtol=ROUNDING, atol=ROUNDING)
