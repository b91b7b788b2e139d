"""Clusters drawn and intervals from draws, against slow twins."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.resampling import draw_clusters, percentile_interval, permutation_p, subsampling_interval

EXACT = 1e-12
"""The same few additions in another order."""
CLUSTER = np.array([2, 0, 1, 0, 2, 2, 3])


@pytest.mark.parametrize(("size", "replace"), [(1, False), (3, False), (4, False), (4, True), (9, True)])
def test_rows_of_the_drawn_clusters_in_their_order(size: int, replace: bool) -> None:
    rows, codes = draw_clusters(CLUSTER, size, replace, np.random.default_rng(5))
    chosen = np.random.default_rng(5).choice(4, size, replace=replace)
    chosen = chosen if replace else np.sort(chosen)
    slow = [(row, code) for code, c in enumerate(chosen) for row in range(CLUSTER.size) if CLUSTER[row] == c]
    assert list(zip(rows.tolist(), codes.tolist(), strict=True)) == slow


def test_all_clusters_without_replacement_are_the_sample() -> None:
    rows, codes = draw_clusters(CLUSTER, 4, False, np.random.default_rng(0))
    assert sorted(rows.tolist()) == list(range(7))
    assert (codes == CLUSTER[rows]).all()


def test_intervals_against_sorted_draws() -> None:
    draws = np.random.default_rng(1).permutation(np.arange(101.0))
    assert percentile_interval(draws, 0.9) == pytest.approx((5.0, 95.0), rel=EXACT)
    low, high = subsampling_interval(50.0, draws, 0.2, 1.0, 0.5, 0.9)
    half = 45 * np.sqrt(0.2 / 0.8) * np.sqrt(1 + 0.25**2)  # a = 0.2 / 0.8
    assert (low, high) == pytest.approx((50 - half, 50 + half), rel=EXACT)


def test_a_bias_that_falls_with_the_rate_is_taken_out() -> None:
    """Statistics 1 - c n^-k at every size."""
    n, m, rate, c = 1000.0, 100.0, 0.4, 0.7
    low, high = subsampling_interval(1.0 - c * n**-rate, np.full(30, 1.0 - c * m**-rate), m / n, rate, 0.4, 0.95)
    assert (low, high) == pytest.approx((1.0, 1.0), rel=EXACT)


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    """Means of m of n numbers, no bias: their deviation is s sqrt((1 - m / n) / m), wanted is s / sqrt(n)."""
    random = np.random.default_rng(3)
    values = random.standard_normal(200)
    draws = np.array([random.choice(values, 40, replace=False).mean() for _ in range(4000)])
    low, high = subsampling_interval(float(values.mean()), draws, 0.2, 50.0, 0.5, 0.95)
    assert (high - low) / (2 * 1.96 * values.std(ddof=1) / np.sqrt(200)) == pytest.approx(1.0, abs=0.05)  # 4000 draws


def test_a_draw_equal_but_for_rounding_counts_and_missing_ones_do_not() -> None:
    draws = np.array([0.1 + 0.2, 0.2, np.nan, 0.3000001, 0.2999999])
    assert permutation_p(draws, 0.3) == 3 / 5
    assert np.isnan(permutation_p(np.array([np.nan]), 0.3)) and np.isnan(permutation_p(np.zeros(0), 0.3))
