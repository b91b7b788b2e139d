"""Least squares on partialled-out variables: collinear columns found, one corrected solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.moments import cross_products, cross_sums
from dualcarbon.kernels.tall import times

Floats = NDArray[np.float64]

TOLERANCE = 1e-10
"""Share of a variable's variation that must be left by the effects and by the regressors before it."""

NOISE = 1e-24
"""Squared deviations, relative to the squares of the raw variable, that are nothing but rounding."""


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """Coefficients of the regressors that are kept.

    Attributes
    ----------
    kept : (k,) bool
        Regressors that are not determined by the effects and the regressors before them; r of them.
    coef : (r,)
    bread : (r, r)
        Inverse of X' W X.
    residuals : (n,)
    """

    kept: NDArray[np.bool_]
    coef: Floats
    bread: Floats
    residuals: Floats


def least_variation(totals: Floats, means: Floats, mass: float) -> Floats:
    """Variation, (m,), up to which a partialled-out variable counts as determined by the effects.

    Parameters
    ----------
    totals : (m,), weighted sums of squares about the means
    means : (m,)
    mass : sum of the weights
    """
    return np.maximum(TOLERANCE * totals, NOISE * (totals + mass * means**2))


def independent(gram: Floats, least: Floats) -> NDArray[np.bool_]:
    """Columns, (k,), that keep some variation of their own, judged in order by sequential Cholesky.

    Column j goes if gram[j, j] <= least[j], or if 1 - R^2 on the columns kept before it is at most `TOLERANCE`.

    Parameters
    ----------
    gram : (k, k), cross products
    least : (k,), variation that a column must exceed
    """
    k = len(gram)
    kept = np.asarray(np.diag(gram) > least)
    scale = np.sqrt(np.where(kept, np.diag(gram), 1.0))
    scaled = gram / np.outer(scale, scale)
    factor = np.zeros((k, k))
    for j in range(k):
        for i in np.flatnonzero(kept[:j]):
            factor[j, i] = (scaled[j, i] - factor[j, :i] @ factor[i, :i]) / factor[i, i]
        pivot = 1.0 - factor[j] @ factor[j]
        kept[j] = kept[j] and pivot > TOLERANCE
        factor[j, j] = np.sqrt(pivot) if kept[j] else 0.0
    return kept


def least_squares(values: Floats, weights: Floats, least: Floats) -> LeastSquares:
    """Weighted least squares of the first column on the others, without a constant.

    Normal equations scaled to a unit diagonal, Cholesky, one correction from the residuals (corrected seminormal
    equations, Bjorck 1987, https://doi.org/10.1016/0024-3795(87)90101-7), residuals computed anew.

    Parameters
    ----------
    values : (n, 1 + k), partialled out
    weights : (n,), positive
    least : (k,), variation up to which a regressor counts as determined by the effects
    """
    gram = cross_products(values, weights)
    kept = independent(gram[1:, 1:], least)
    if not kept.any():
        return LeastSquares(kept, np.zeros(0), np.zeros((0, 0)), values[:, 0].copy())
    x = np.take(values, 1 + np.flatnonzero(kept), axis=1)
    coef, bread, residuals = projection(x, x, values[:, :1], weights)
    return LeastSquares(kept, coef[:, 0], bread, residuals[:, 0])


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Two-stage least squares.

    Attributes
    ----------
    endogenous, exogenous, instruments : (m,), (k,), (l,) bool
        Columns that are not determined by the effects and the columns before them.
    identified : bool
        Whether the instruments move the endogenous regressors kept, beyond the exogenous ones; if not the rest is void.
    x : (n, r)
        Endogenous regressors fitted by the first stage, then exogenous ones.
    coef : (r,)
    bread : (r, r)
        Inverse of X' W X with these.
    residuals : (n,)
        From the endogenous regressors themselves.
    """

    endogenous: NDArray[np.bool_]
    exogenous: NDArray[np.bool_]
    instruments: NDArray[np.bool_]
    identified: bool
    x: Floats
    coef: Floats
    bread: Floats
    residuals: Floats


def two_stage(values: Floats, exogenous: int, endogenous: int, weights: Floats, least: Floats) -> TwoStage:
    """Two-stage least squares of the first column, without a constant.

    With P the projection on exogenous columns X and instruments Z, b = ([P D, X]' W [P D, X])^-1 [P D, X]' W y, and
    residuals y - [D, X] b.

    Parameters
    ----------
    values : (n, 1 + k + m + l)
        Dependent variable, exogenous regressors, endogenous regressors, instruments; partialled out.
    exogenous, endogenous : k and m
    weights : (n,), positive
    least : (k + m + l,), variation up to which a column counts as determined by the effects
    """
    k, m = exogenous, endogenous
    gram = cross_products(values[:, 1:], weights)
    at = np.arange(len(gram))
    first = np.concatenate([at[:k], at[k + m :]])
    kept = independent(gram[np.ix_(first, first)], least[first])
    second = independent(gram[: k + m, : k + m], least[: k + m])
    kept_x, kept_d, kept_z = kept[:k], second[k:], kept[k:]
    x, d = values[:, 1 : 1 + k][:, kept_x], values[:, 1 + k : 1 + k + m][:, kept_d]
    basis = np.column_stack([x, values[:, 1 + k + m :][:, kept_z]])
    identified = bool(kept_d.any()) and kept_z.sum() >= kept_d.sum()
    if identified:
        moved = d - projection(basis, basis, d, weights)[2]
        fitted = np.column_stack([x, moved])
        floor = TOLERANCE * np.concatenate([np.zeros(x.shape[1]), np.diag(gram)[k : k + m][kept_d]])
        identified = bool(independent(cross_products(fitted, weights), floor)[x.shape[1] :].all())
    if not identified:
        void = np.zeros(0)
        return TwoStage(kept_d, kept_x, kept_z, False, np.zeros((len(values), 0)), void, np.zeros((0, 0)), void)
    stage = np.column_stack([moved, x])
    coef, bread, residuals = projection(stage, np.column_stack([d, x]), values[:, :1], weights)
    return TwoStage(kept_d, kept_x, kept_z, True, stage, coef[:, 0], bread, residuals[:, 0])


def projection(x: Floats, regressors: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients (r, c), inverse of X' W X, (r, r), and residuals (n, c) of the columns y (n, c).

    `regressors`, (n, r), are what the coefficients multiply; they equal `x` but for what is orthogonal to it.
    """
    regressors = np.ascontiguousarray(regressors)
    normal = normal_equations(cross_products(x, weights))
    coef = normal.solve(cross_sums(x, y, weights))
    coef = coef + normal.solve(cross_sums(x, y - times(regressors, coef), weights))
    return coef, normal.inverse(), y - times(regressors, coef)


@dataclass(frozen=True, slots=True)
class NormalEquations:
    """Equations scaled to a unit diagonal: lower Cholesky factor (r, r) and root of the diagonal (r, 1).

    Solved in one thread: the threads that a library starts for these small matrices cost more than the solution, and a
    hundred times more where other work holds the cores.
    """

    factor: Floats
    scale: Floats

    def solve(self, right: Floats) -> Floats:
        """Solution for the right-hand sides, (r, c)."""
        return _substituted(self.factor, right / self.scale) / self.scale

    def inverse(self) -> Floats:
        """Inverse of the matrix, (r, r)."""
        inverse = _substituted(self.factor, np.eye(len(self.scale))) / (self.scale * self.scale.T)
        return np.asarray((inverse + inverse.T) / 2.0, dtype=np.float64)


def normal_equations(gram: Floats) -> NormalEquations:
    """The equations of cross products, (r, r), positive definite."""
    scale = np.sqrt(np.diag(gram))[:, None]
    return NormalEquations(_cholesky(gram / (scale * scale.T)), scale)


@jit
def _cholesky(matrix: Floats) -> Floats:
    """Lower factor, (r, r), of a positive definite matrix."""
    factor = np.zeros(matrix.shape)
    for j in range(len(matrix)):
        for i in range(j, len(matrix)):
            total = matrix[i, j]
            for c in range(j):
                total -= factor[i, c] * factor[j, c]
            factor[i, j] = np.sqrt(total) if i == j else total / factor[j, j]
    return factor


@jit
def _substituted(factor: Floats, right: Floats) -> Floats:
    """Solution, (r, c), of L L' s = right with a lower factor L, (r, r)."""
    size, columns = right.shape
    found = right.copy()
    for i in range(size):
        for j in range(i):
            for c in range(columns):
                found[i, c] -= factor[i, j] * found[j, c]
        for c in range(columns):
            found[i, c] /= factor[i, i]
    for i in range(size - 1, -1, -1):
        for j in range(i + 1, size):
            for c in range(columns):
                found[i, c] -= factor[j, i] * found[j, c]
        for c in range(columns):
            found[i, c] /= factor[i, i]
    return found
