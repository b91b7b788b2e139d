"""Resamples of clusters from cross products against resamples of rows."""

from __future__ import annotations

import numpy as np

from dualcarbon.kernels.cluster_products import (
    batched_coefficients,
    cluster_products,
    drawn_counts,
    resampled_products,
)

SAME = 1e-12  # the same sums in another order


def test_products_of_a_draw_are_those_of_its_rows() -> None:
    r = np.random.default_rng(1)
    values, weights, codes = r.normal(size=(60, 4)), r.random(60) + 0.1, np.repeat(np.arange(15), 4)
    seeds = np.random.SeedSequence(7).spawn(130)
    found = resampled_products(cluster_products(values, weights, codes, 15), seeds)
    for b, seed in enumerate(seeds):
        chosen = np.random.default_rng(seed).integers(0, 15, 15)
        rows = np.concatenate([np.flatnonzero(codes == g) for g in chosen])
        slow = (values[rows] * weights[rows, None]).T @ values[rows]
        np.testing.assert_allclose(found[b], slow, rtol=SAME, atol=SAME * np.abs(slow).max())


def test_each_draw_has_its_own_stream() -> None:
    few, many = (np.random.SeedSequence(3).spawn(k) for k in (2, 50))
    np.testing.assert_array_equal(drawn_counts(9, few), drawn_counts(9, many)[:2])


def test_coefficients_are_least_squares_and_undetermined_ones_are_missing() -> None:
    r = np.random.default_rng(2)
    v = r.normal(size=(50, 4))
    v[:, 3] = v[:, 2]
    gram = (v.T @ v)[None]
    slow = np.linalg.lstsq(v[:, 1:3], v[:, 0], rcond=None)[0]
    np.testing.assert_allclose(batched_coefficients(gram, 0, [1, 2])[0], slow, rtol=1e-10)
    found = batched_coefficients(gram, 0, [1, 2, 3])[0]
    np.testing.assert_allclose(found[0], slow[0], rtol=1e-10)
    assert np.isnan(found[1:]).all()
