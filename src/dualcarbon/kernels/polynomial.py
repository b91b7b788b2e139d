"""Polynomials whose derivatives are polynomials of the same basis: quadratic and cubic, with or without a trend.

A basis is a set of monomials z^e / e! (e! the product of the factorials of the exponents) that contains every
derivative of each of its members. The factorials make differentiation a renumbering of terms:

    d (z^e / e!) / d z_j = z^(e - 1_j) / (e - 1_j)!,   so   P = F theta   and   dP/dz_j = F D_j theta

with F the features of the rows and D_j a matrix of zeros and ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Trend = Literal["none", "neutral", "biased"]


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Monomials in k variables, by rising degree; the constant first.

    Attributes
    ----------
    exponents : (p, k) int64
    parent, factor : (p,) int64
        Term c is term `parent[c]` times z_j / e_j with j = `factor[c]`; -1 for the constant.
    lower : (k, p) int64
        Position of the derivative of term c with respect to z_j; -1 where it is zero.
    """

    exponents: Index
    parent: Index
    factor: Index
    lower: Index

    @property
    def size(self) -> int:
        """Number of terms."""
        return len(self.exponents)

    @property
    def variables(self) -> int:
        """Number of variables."""
        return int(self.exponents.shape[1])


def basis(k: int, degree: int = 2, trend: Trend = "none") -> Basis:
    """All monomials of z_1 ... z_k up to a degree, and with a trend those of a last variable, time.

    Parameters
    ----------
    k : int
        Variables, time not counted.
    degree : 2 or 3
    trend : "none", "neutral" (time, time^2) or "biased" (time, time^2, time z_i)
        With a trend the basis has k + 1 variables, time last.

    Notes
    -----
    Without a trend and with degree 2 the order is 1, z_i, then z_i z_j for i <= j row by row, with one half on squares.

    Examples
    --------
    >>> basis(2).exponents.tolist()
    [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    >>> basis(1, trend="biased").exponents.tolist()
    [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    timed = trend != "none"
    terms = [
        _exponents(chosen, k + timed)
        for d in range(degree + 1)
        for chosen in combinations_with_replacement(range(k), d)
    ]
    if timed:
        terms += [_exponents((k,), k + 1), _exponents((k, k), k + 1)]
    if trend == "biased":
        terms += [_exponents((i, k), k + 1) for i in range(k)]
    return _closed(sorted(terms, key=lambda e: (sum(e), [-v for v in e])))


def terms(k: int, degree: int) -> int:
    """How many monomials of k variables have at most that degree.

    Examples
    --------
    >>> terms(3, 2), terms(3, 3)
    (10, 20)
    """
    return comb(k + degree, degree)


def features(basis: Basis, z: Array) -> Array:
    """Rows F with P(z) = F theta.

    Parameters
    ----------
    z : (n, k)

    Returns
    -------
    (n, p)

    Examples
    --------
    >>> features(basis(2), np.array([[2.0, 3.0]])).tolist()
    [[1.0, 2.0, 3.0, 2.0, 6.0, 4.5]]
    """
    return _features(np.ascontiguousarray(z), basis.exponents, basis.parent, basis.factor)


def derivative(basis: Basis, j: int) -> Array:
    """D_j, (p, p), with dP/dz_j = F D_j theta; its rows beyond the terms of lower degree are zero.

    Examples
    --------
    >>> (derivative(basis(1), 0) @ np.array([5.0, 3.0, 4.0])).tolist()
    [3.0, 4.0, 0.0]
    """
    found = np.zeros((basis.size, basis.size))
    terms = np.flatnonzero(basis.lower[j] >= 0)
    found[basis.lower[j, terms], terms] = 1.0
    return found


def inner(basis: Basis) -> int:
    """How many leading terms the derivatives can need: those below the highest degree."""
    return int(basis.lower.max()) + 1


def _exponents(chosen: tuple[int, ...], k: int) -> tuple[int, ...]:
    return tuple(chosen.count(i) for i in range(k))


def _closed(terms: list[tuple[int, ...]]) -> Basis:
    position = {e: c for c, e in enumerate(terms)}
    k = len(terms[0])
    lower = np.array([[position.get(_less(e, j), -1) if e[j] else -1 for e in terms] for j in range(k)], dtype=np.int64)
    factor = np.array([max((j for j in range(k) if e[j]), default=-1) for e in terms], dtype=np.int64)
    parent = np.array([lower[j, c] if j >= 0 else -1 for c, j in enumerate(factor)], dtype=np.int64)
    return Basis(np.array(terms, dtype=np.int64), parent, factor, lower)


def _less(e: tuple[int, ...], j: int) -> tuple[int, ...]:
    return (*e[:j], e[j] - 1, *e[j + 1 :])


@jit
def _features(z: Array, exponents: Index, parent: Index, factor: Index) -> Array:
    n, p = z.shape[0], parent.size
    f = np.empty((n, p))
    for i in range(n):
        f[i, 0] = 1.0
        for c in range(1, p):
            j = factor[c]
            f[i, c] = f[i, parent[c]] * z[i, j] / exponents[c, j]
    return f
