"""Least squares on partialled-out variables: collinear columns found, one corrected solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.moments import cross_products, weighted_sums

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
    from scipy.linalg import cho_factor, cho_solve

    gram = cross_products(values, weights)
    kept = independent(gram[1:, 1:], least)
    if not kept.any():
        return LeastSquares(kept, np.zeros(0), np.zeros((0, 0)), values[:, 0].copy())
    x = values[:, 1:][:, kept]
    inner = gram[1:, 1:][np.ix_(kept, kept)]
    scale = np.sqrt(np.diag(inner))
    factor = cho_factor(inner / np.outer(scale, scale), lower=True)
    coef = cho_solve(factor, gram[1:, 0][kept] / scale) / scale
    residuals = values[:, 0] - x @ coef
    coef = coef + cho_solve(factor, weighted_sums(x, weights * residuals) / scale) / scale
    bread = cho_solve(factor, np.eye(len(inner))) / np.outer(scale, scale)
    return LeastSquares(kept, coef, (bread + bread.T) / 2.0, values[:, 0] - x @ coef)
