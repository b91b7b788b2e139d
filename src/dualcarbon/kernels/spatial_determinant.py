"""ln|I - rho W| and the mean of ln(I - rho W) over all pairs, with their derivatives, from one preparation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import SuperLU

Floats = NDArray[np.float64]

REACH = 0.995
"""Share of the stationary interval (-1, 1) / radius in which rho is looked for."""

EIGENVALUES = 1000
"""Units up to which eigenvalues are taken; beyond them sparse matrices are factorised."""

LARGEST_DENSE = 4000
"""Units up to which matrices that are not sparse are held and decomposed whole."""

LARGEST = 30_000
"""Units up to which sparse matrices are factorised."""

SPARSE = 0.05
"""Share of entries up to which a matrix counts as sparse."""

CHEBYSHEV = 64
"""Factorisations behind an interpolated determinant: relative error below 1e-8, and 1e-12 inside (-0.9, 0.9)."""

PIVOT = 1e-3
"""Size of a diagonal pivot, relative to its column, from which it is kept."""

KRYLOV = 80
"""Largest dimension of the Krylov space of the constant vector."""

RUN = 64
"""Terms of a power series that are added by one product."""

HELD = 1 << 22
"""Numbers of a table of eigenvalues by rho held at once."""


class Curve(Protocol):
    """A function of rho with two derivatives, each (m,) -> (m,)."""

    def value(self, rho: Floats) -> Floats: ...

    def slope(self, rho: Floats) -> Floats: ...

    def curvature(self, rho: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Spectrum:
    """ln|I - rho W| = sum of ln(1 - rho w) over the eigenvalues w, (N,) complex or real."""

    eigenvalues: NDArray[np.complex128]

    def value(self, rho: Floats) -> Floats:
        """sum ln|1 - rho w|"""
        return np.concatenate([np.log(np.abs(1.0 - p * self.eigenvalues)).sum(axis=1) for p in self._blocks(rho)])

    def slope(self, rho: Floats) -> Floats:
        """-tr G, G = W (I - rho W)^-1"""
        w = self.eigenvalues
        return np.concatenate([-np.real(w / (1.0 - p * w)).sum(axis=1) for p in self._blocks(rho)])

    def curvature(self, rho: Floats) -> Floats:
        """-tr G G"""
        w = self.eigenvalues
        return np.concatenate([-np.real((w / (1.0 - p * w)) ** 2).sum(axis=1) for p in self._blocks(rho)])

    def _blocks(self, rho: Floats) -> Iterator[Floats]:
        rows = max(HELD // len(self.eigenvalues), 1)
        for start in range(0, len(rho), rows):
            yield rho[start : start + rows, None]


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A Chebyshev series in s = artanh(rho / bound), in which the determinant has no singularity near the real line."""

    series: Chebyshev
    bound: float

    def value(self, rho: Floats) -> Floats:
        """The function."""
        return np.asarray(self.series(np.arctanh(rho / self.bound)), dtype=np.float64)

    def slope(self, rho: Floats) -> Floats:
        """d / d rho"""
        x = rho / self.bound
        first = self.series.deriv()(np.arctanh(x))
        return np.asarray(first / ((1.0 - x**2) * self.bound), dtype=np.float64)

    def curvature(self, rho: Floats) -> Floats:
        """d2 / d rho2"""
        x = rho / self.bound
        s, left = np.arctanh(x), 1.0 - x**2
        first, second = self.series.deriv()(s), self.series.deriv(2)(s)
        return np.asarray((second + 2.0 * x * first) / (left * self.bound) ** 2, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Walks:
    """l' ln(I - rho W) l / N = -sum m_k rho^k / k from the mean numbers of walks m_k = l' W^k l / N, k = 1, 2, ...

    The moments are those of bound * W.
    """

    moments: Floats
    bound: float

    def value(self, rho: Floats) -> Floats:
        """The series."""
        k = np.arange(1, len(self.moments) + 1)
        x = rho / self.bound
        return -x * _polynomial(self.moments / k, x)

    def slope(self, rho: Floats) -> Floats:
        """-l' G l / N"""
        return -_polynomial(self.moments, rho / self.bound) / self.bound

    def curvature(self, rho: Floats) -> Floats:
        """-l' G G l / N"""
        k = np.arange(1, len(self.moments))
        if not len(k):
            return np.zeros_like(rho)
        return -_polynomial(k * self.moments[1:], rho / self.bound) / self.bound**2


def determinant(matrix: csr_array, scale: Floats | None, bound: float) -> Spectrum | Interpolated:
    """ln|I - rho W| on |rho| <= `REACH` * bound.

    Eigenvalues up to `EIGENVALUES` units and for matrices that are not sparse; else exact sparse factorisations at
    `CHEBYSHEV` points and the series through them.

    Parameters
    ----------
    matrix : (N, N)
    scale : (N,), positive, such that diag(scale) W is symmetric; None if there is none
    bound : 1 / spectral radius
    """
    if not factorised(matrix):
        return Spectrum(_eigenvalues(matrix, scale))
    ends = float(np.arctanh(REACH))
    points = ends * np.cos(np.pi * (np.arange(CHEBYSHEV) + 0.5) / CHEBYSHEV)
    values = np.array([log_determinant(factor(matrix, float(r))) for r in bound * np.tanh(points)])
    series = Chebyshev.fit(points, values, CHEBYSHEV - 1, domain=[-ends, ends])
    return Interpolated(series, bound)


def factorised(matrix: csr_array) -> bool:
    """Whether the matrix is large and sparse, so that I - rho W is factorised rather than held whole."""
    n = matrix.shape[0]
    return bool(n > EIGENVALUES and matrix.nnz <= SPARSE * n * n)


def factor(matrix: csr_array, rho: float) -> SuperLU:
    """Sparse factors of I - rho W, pivots kept on the diagonal unless they are smaller than a thousandth."""
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import splu

    system = csc_array(eye_array(matrix.shape[0]) - rho * matrix)
    return splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=PIVOT, options={"SymmetricMode": True})


def transposed_solution(lu: SuperLU, values: Floats) -> Floats:
    """Solution of the transposed system for many right-hand sides, (N, m)."""
    solve: Callable[..., Floats] = lu.solve
    return solve(values, trans="T")


def log_determinant(lu: SuperLU) -> float:
    """ln|det| of a factorised matrix; the lower factor has a unit diagonal."""
    return float(np.log(np.abs(lu.U.diagonal())).sum())


def walks(matrix: csr_array, bound: float) -> Walks:
    """The series of l' ln(I - rho W) l / N, from the Krylov space of the constant vector l.

    Row-normalised: W l = l, so that the space has one dimension and the series is that of ln(1 - rho).
    """
    n = matrix.shape[0]
    basis = [np.full(n, n**-0.5)]
    small = np.zeros((KRYLOV + 1, KRYLOV))
    for j in range(KRYLOV):
        step = bound * (matrix @ basis[j])
        for _ in range(2):
            for i, v in enumerate(basis):
                part = float(v @ step)
                small[i, j] += part
                step = step - part * v
        small[j + 1, j] = np.linalg.norm(step)
        if small[j + 1, j] < 1e-12 or j + 1 == min(KRYLOV, n):
            break
        basis.append(step / small[j + 1, j])
    return Walks(_moments(small[: j + 1, : j + 1]), bound)


def _moments(small: Floats) -> Floats:
    """First entries of the powers of the small matrix, as many as |rho| up to `REACH` needs.

    H^(a + b RUN) = H^a (H^RUN)^b: `RUN` rows and as many columns as blocks, and one product.
    """
    blocks = -(-int(np.ceil(np.log(1e-14) / np.log(REACH))) // RUN)
    first = np.eye(len(small))[0]
    left, right = [first @ small], [first]
    for _ in range(RUN - 1):
        left.append(left[-1] @ small)
    leap = np.linalg.matrix_power(small, RUN)
    for _ in range(blocks - 1):
        right.append(leap @ right[-1])
    return np.asarray((np.array(left) @ np.array(right).T).T.ravel(), dtype=np.float64)


def _polynomial(coefficients: Floats, x: Floats) -> Floats:
    """sum c_k x^k: blocks of `RUN` terms by one product, then Horner's rule in x^RUN."""
    blocks = -(-len(coefficients) // RUN)
    table = np.zeros(blocks * RUN)
    table[: len(coefficients)] = coefficients
    parts = (x[:, None] ** np.arange(RUN)) @ table.reshape(blocks, RUN).T
    total, step = np.zeros_like(x), x**RUN
    for block in range(blocks - 1, -1, -1):
        total = total * step + parts[:, block]
    return total


def _eigenvalues(matrix: csr_array, scale: Floats | None) -> NDArray[np.complex128]:
    from scipy.linalg import eigvals, eigvalsh

    whole = matrix.toarray()
    if scale is None:
        return np.asarray(eigvals(whole), dtype=np.complex128)
    root = np.sqrt(scale)
    similar = whole * root[:, None] / root
    return np.asarray(eigvalsh((similar + similar.T) / 2.0), dtype=np.complex128)
