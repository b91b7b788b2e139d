"""Sums against exact rational or compensated sums."""

from __future__ import annotations

import math

import numpy as np

from dualcarbon.kernels.moments import centred, cross_products, sums_of_squares, weighted_sums

SUMS = 1e-12  # blocks of 4,096 rows against exactly rounded sums


def test_sums_over_several_blocks() -> None:
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=(10_000, 3)), rng.random(10_000)
    expected = [math.fsum((weights * values[:, j]).tolist()) for j in range(3)]
    squares = [math.fsum((weights * values[:, j] ** 2).tolist()) for j in range(3)]
    assert np.allclose(weighted_sums(values, weights), expected, rtol=0, atol=SUMS * 100)
    assert np.allclose(sums_of_squares(values, weights), squares, rtol=SUMS)
    assert np.allclose(cross_products(values, weights), (values * weights[:, None]).T @ values, rtol=SUMS, atol=1e-10)


def test_centring_is_not_hurt_by_the_size_of_the_mean() -> None:
    deviations = np.tile([[-1.0], [1.0], [0.5], [-0.5]], (2_500, 1))
    found, mean = centred(deviations + 2.0**40, np.ones(10_000))
    assert np.array_equal(found, deviations)
    assert mean[0] == 2.0**40


def test_weighted_mean() -> None:
    found, mean = centred(np.array([[1.0], [4.0]]), np.array([2.0, 1.0]))
    assert mean.tolist() == [2.0]
    assert found.ravel().tolist() == [-1.0, 2.0]
