"""The quadratic form against loops over its terms."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels import quadratic_form as qf
from dualcarbon.kernels.polynomial import terms

EXACT = 1e-12
"""The same products and sums in another order."""


@pytest.fixture(params=[1, 2, 3, 5])
def case(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(request.param)
    z = rng.normal(size=(40, request.param))
    return z, rng.normal(size=terms(request.param, 2))


def by_terms(theta: np.ndarray, row: np.ndarray) -> float:
    k = row.size
    total, place = theta[0], 1
    for i in range(k):
        total += theta[place] * row[i]
        place += 1
    for i in range(k):
        for j in range(i, k):
            total += theta[place] * row[i] * row[j] * (0.5 if i == j else 1.0)
            place += 1
    return float(total)


def test_features_are_the_sum_of_terms(case: tuple[np.ndarray, np.ndarray]) -> None:
    z, theta = case
    expected = np.array([by_terms(theta, row) for row in z])
    np.testing.assert_allclose(qf.features(z) @ theta, expected, rtol=EXACT, atol=EXACT)


def gram(z: np.ndarray) -> np.ndarray:
    f = qf.features(z)
    return np.asarray(f.T @ f / len(z))


def test_whitened_features_are_orthonormal() -> None:
    z = np.random.default_rng(1).normal(size=(500, 3)) * [1.0, 50.0, 0.01] + [3.0, 0.0, 0.01]
    second = gram(z)
    M = qf.whitener(second)
    assert np.array_equal(M, np.triu(M))
    np.testing.assert_allclose(M.T @ second @ M, np.eye(10), atol=2e-12 / qf.independence(second))


def test_collinear_columns_are_seen() -> None:
    z = np.random.default_rng(2).normal(size=(500, 3))
    assert qf.independence(gram(z)) > 0.01
    z[:, 2] = z[:, 0] + z[:, 1]
    assert qf.independence(gram(z)) < 1e-12
    z[:, 2] = 0.0
    assert qf.independence(gram(z)) == 0.0
    with pytest.raises(np.linalg.LinAlgError):
        qf.whitener(gram(z))
