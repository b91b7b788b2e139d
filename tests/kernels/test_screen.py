"""The conditional screen against a plain reweighted regression, and what must not change it."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.kernels.screen import LIMIT, conditional_scores, conditional_screen

Array = NDArray[np.float64]

Z_TOLERANCE = 1e-5  # both iterations stop when the fit moves by 1e-7 deviations or less


def firms(n: int = 600, seed: int = 0) -> tuple[Array, Array, Array]:
    draw = np.random.default_rng(seed)
    ln_x = 1.5 * draw.normal(size=(n, 1)) + 0.4 * draw.normal(size=(n, 2))
    y = np.exp(ln_x @ [0.6, 0.3] + 0.05 * ln_x[:, 0] * ln_x[:, 1] + 0.3 * draw.normal(size=n))
    return np.exp(ln_x) * [10.0, 1e6], y * 1e5, y * np.exp(0.8 * draw.normal(size=n)) * 30.0


def slow_z(x: Array, values: Array) -> Array:
    """Weighted least squares on explicit powers until nothing moves."""
    columns = [np.ones(len(x)), *np.log(x).T]
    columns += [np.log(x[:, i]) * np.log(x[:, j]) for i, j in combinations_with_replacement(range(x.shape[1]), 2)]
    f = np.column_stack(columns)
    weight = np.ones(len(x))
    for _ in range(200):
        root = np.sqrt(weight)
        e = values - f @ np.linalg.lstsq(f * root[:, None], values * root, rcond=None)[0]
        e = e - np.median(e)
        scale = 1.4826 * np.median(np.abs(e))
        weight = np.maximum(1.0 - (e / (4.685 * scale)) ** 2, 0.0) ** 2
    return np.asarray(e / scale)


def test_agrees_with_the_slow_twin() -> None:
    x, y, b = firms()
    b[::50] *= 1e-6
    y[7::90] *= 30.0
    worst = np.maximum(np.abs(slow_z(x, np.log(y))), np.abs(slow_z(x, np.log(b))))
    assert np.min(np.abs(worst - 3.5)) > Z_TOLERANCE
    np.testing.assert_array_equal(conditional_screen(x, y, b), worst <= 3.5)


def test_finds_what_was_planted_and_little_else() -> None:
    x, y, b = firms(n=5_000)
    planted = np.arange(0, 5_000, 60)
    b[planted] *= 1e-6
    keep = conditional_screen(x, y, b)
    assert not keep[planted].any()
    # two normal z: P(either beyond 3.5) = 9e-4, 4.5 rows expected
    assert np.count_nonzero(~keep) - planted.size <= 15


def test_units_and_row_order_do_not_matter() -> None:
    x, y, b = firms()
    keep = conditional_screen(x, y, b)
    np.testing.assert_array_equal(conditional_screen(x * [1e3, 1e-4], y * 1e-8, b * 907.0), keep)
    order = np.random.default_rng(1).permutation(y.size)
    np.testing.assert_array_equal(conditional_screen(x[order], y[order], b[order]), keep[order])


def test_a_tighter_limit_keeps_a_subset() -> None:
    x, y, b = firms()
    strict, loose = conditional_screen(x, y, b, 2.0), conditional_screen(x, y, b, 3.5)
    assert strict.sum() < loose.sum()
    assert not (strict & ~loose).any()


def test_an_input_without_variation_is_left_out() -> None:
    x, y, b = firms()
    widened = np.column_stack([x, np.full(len(x), 7.0)])
    np.testing.assert_array_equal(conditional_screen(widened, y, b), conditional_screen(x, y, b))


def test_an_exact_relation_has_no_outliers() -> None:
    x, _, _ = firms()
    assert conditional_screen(x, x.prod(axis=1) ** 0.5, x[:, 0] ** 1.2).all()


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_few_rows(rows: int) -> None:
    x, y, b = firms()
    keep = conditional_screen(x[:rows], y[:rows], b[:rows])
    assert keep.shape == (rows,)
    assert keep.all()


def test_scores_are_what_the_screen_holds_against_its_limit() -> None:
    x, y, b = firms(seed=9)
    y[3], b[4] = 1e4 * y[3], 1e-4 * b[4]
    scores = conditional_scores(x, y, b)
    assert scores.shape == (2, y.size)
    assert np.array_equal(conditional_screen(x, y, b), (np.abs(scores) <= LIMIT).all(axis=0))
    assert scores[0, 3] > LIMIT and scores[1, 4] < -LIMIT
    np.testing.assert_allclose(scores[1], slow_z(x, np.log(b)), atol=Z_TOLERANCE)
    assert conditional_scores(x[:0], y[:0], b[:0]).shape == (2, 0)
