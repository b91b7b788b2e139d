"""Determinants and walks against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualcarbon.kernels import spatial_determinant as module
from dualcarbon.kernels.spatial_determinant import Interpolated, Spectrum, determinant, walks

Floats = NDArray[np.float64]

EXACT = 1e-10  # eigenvalues and slogdet each keep 12 digits or more
SERIES = 1e-8  # 64 Chebyshev points; complex eigenvalues near the unit circle slow the series towards the ends
BENT = 1e-5  # two derivatives lose three digits
RHO = np.array([-0.95, -0.4, 0.0, 0.3, 0.8, 0.99])


def graph(kind: str, n: int = 60) -> tuple[csr_array, Floats | None]:
    """Weights with spectral radius 1 and the scale that makes them symmetric."""
    r = np.random.default_rng(3)
    if kind == "directed":
        near = np.argsort(r.random((n, n)) + 9 * np.eye(n), axis=1)[:, :4]
        w = np.zeros((n, n))
        np.put_along_axis(w, near, 0.25, axis=1)
        return csr_array(w), None
    raw = np.triu(r.random((n, n)) * (r.random((n, n)) < 0.15), 1)
    raw = raw + raw.T
    if kind == "islands":
        raw[:5], raw[:, :5] = 0.0, 0.0
    if kind == "spectral":
        return csr_array(raw / np.abs(np.linalg.eigvalsh(raw)).max()), np.ones(n)
    sums = raw.sum(axis=1)
    scale = np.where(sums > 0, sums, 1.0)
    return csr_array(raw / scale[:, None]), scale


KINDS = ("row", "islands", "spectral", "directed")


@pytest.mark.parametrize("kind", KINDS)
def test_eigenvalues_give_the_determinant_and_its_derivatives(kind: str) -> None:
    matrix, scale = graph(kind)
    found = determinant(matrix, scale, 1.0)
    assert isinstance(found, Spectrum)
    w, eye = matrix.toarray(), np.eye(60)
    g = [w @ np.linalg.inv(eye - rho * w) for rho in RHO]
    slogdet = [np.linalg.slogdet(eye - rho * w)[1] for rho in RHO]
    np.testing.assert_allclose(found.value(RHO), slogdet, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.slope(RHO), [-np.trace(one) for one in g], rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.curvature(RHO), [-np.trace(one @ one) for one in g], rtol=EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_factorisations_equal_eigenvalues(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, scale = graph(kind)
    exact = determinant(matrix, scale, 1.0)
    monkeypatch.setattr(module, "EIGENVALUES", 10)
    monkeypatch.setattr(module, "SPARSE", 1.0)
    found = determinant(matrix, scale, 1.0)
    assert isinstance(found, Interpolated)
    np.testing.assert_allclose(found.value(RHO), exact.value(RHO), rtol=SERIES, atol=SERIES)
    np.testing.assert_allclose(found.slope(RHO), exact.slope(RHO), rtol=SERIES, atol=SERIES)
    np.testing.assert_allclose(found.curvature(RHO), exact.curvature(RHO), rtol=BENT)


@pytest.mark.parametrize("kind", KINDS)
def test_walks_are_the_mean_of_the_resolvent(kind: str) -> None:
    matrix, _ = graph(kind)
    found, w = walks(matrix, 1.0), matrix.toarray()
    g = [w @ np.linalg.inv(np.eye(60) - rho * w) for rho in RHO]
    np.testing.assert_allclose(found.slope(RHO), [-one.mean() * 60 for one in g], rtol=SERIES, atol=SERIES)
    np.testing.assert_allclose(found.curvature(RHO), [-(one @ one).mean() * 60 for one in g], rtol=SERIES, atol=SERIES)
    step = 1e-5
    slope = (found.value(RHO[:-1] + step) - found.value(RHO[:-1] - step)) / (2 * step)
    np.testing.assert_allclose(slope, found.slope(RHO[:-1]), rtol=1e-6)  # a central difference
    assert found.value(np.zeros(1))[0] == 0.0


def test_rows_that_sum_to_one_give_the_logarithm() -> None:
    matrix, _ = graph("row")
    assert np.abs(matrix.sum(axis=1) - 1).max() < 1e-12
    np.testing.assert_allclose(walks(matrix, 1.0).value(RHO), np.log(1 - RHO), rtol=EXACT, atol=EXACT)


def test_a_chain_without_return_has_finitely_many_walks() -> None:
    matrix = csr_array(np.diag(np.ones(9), 1))
    found = walks(matrix, 1.0)
    inverse = np.linalg.inv(np.eye(10) - 0.7 * matrix.toarray())
    np.testing.assert_allclose(found.slope(np.array([0.7])), -(matrix @ inverse).sum() / 10, rtol=EXACT)


def test_weights_of_another_size() -> None:
    """Scaling the weights scales rho."""
    matrix, scale = graph("spectral")
    large, small = determinant(matrix * 4.0, scale, 0.25), determinant(matrix, scale, 1.0)
    np.testing.assert_allclose(large.value(RHO / 4), small.value(RHO), rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(
        walks(matrix * 4.0, 0.25).slope(RHO / 4), 4 * walks(matrix, 1.0).slope(RHO), rtol=EXACT, atol=EXACT
    )
