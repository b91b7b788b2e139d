"""Orders, equal rows, boxes and dominance against the obvious loops."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.frame import alike, boxes, canonical, undominated


def table(n: int, k: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 5, size=(n, k)).astype(float)


@pytest.mark.parametrize(
    "values", [table(200, 3, 0), np.random.default_rng(1).lognormal(size=(100, 4)), np.ones((5, 2))]
)
def test_canonical_order_is_that_of_the_values(values: np.ndarray) -> None:
    order, fresh = canonical(values)
    assert sorted(order.tolist()) == list(range(len(values)))
    rows = [tuple(row[::-1]) for row in values[order]]
    assert rows == sorted(rows)
    assert fresh.tolist() == [i == 0 or rows[i] != rows[i - 1] for i in range(len(rows))]
    moved = values[np.random.default_rng(2).permutation(len(values))]
    other, again = canonical(moved)
    assert np.array_equal(moved[other], values[order]) and np.array_equal(again, fresh)


def test_undominated_rows_by_brute_force() -> None:
    for seed in range(20):
        x = table(40, 3, seed)
        found = undominated(x)
        kept = {tuple(row) for row in x[found]}
        assert len(kept) == found.size
        for row in x:
            below = [other for other in x if (other <= row).all() and (other < row).any()]
            assert (tuple(row) in kept) == (not below)


def test_neighbours_are_alike() -> None:
    """Cells of the order are far smaller than cells of rows as they came."""
    values = np.random.default_rng(3).lognormal(size=(4_096, 3))
    order = alike(values)
    assert sorted(order.tolist()) == list(range(4_096))

    def spread(rows: np.ndarray) -> float:
        low, high = boxes(np.log(rows).T, 32)
        return float((high - low).mean())

    assert spread(values[order]) < 0.4 * spread(values)


def test_alike_takes_zeros_signs_and_constant_columns() -> None:
    values = np.column_stack([-np.arange(1.0, 9.0), np.zeros(8), np.full(8, 3.0), [0.0, 1.0] * 4])
    assert sorted(alike(values).tolist()) == list(range(8))


def test_boxes_by_hand() -> None:
    low, high = boxes(np.array([[1.0, 3.0, 2.0], [5.0, 4.0, 6.0]]), 2)
    assert low.tolist() == [[1.0, 2.0], [4.0, 6.0]] and high.tolist() == [[3.0, 2.0], [5.0, 6.0]]
