"""Weighted least squares with unit and period effects, and what each cluster contributes to its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.policy.within import dense, require_rows

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Weighted:
    """A regression with unit and period effects.

    Attributes
    ----------
    coef : (k,)
        NaN where the effects and the regressors before it determine a regressor.
    influence : (g, k)
        Contribution of each cluster to the error of the coefficients; 0 where a coefficient is not identified.
    touched : (g,) bool
        Clusters that have rows.
    n : int
        Rows, those alone in their unit or period left out.
    parameters : int
        Coefficients and period effects; unit effects are nested in the clusters.
    """

    coef: Floats
    influence: Floats
    touched: NDArray[np.bool_]
    n: int
    parameters: int


def weighted_two_way(
    values: Floats, unit: Codes, period: Codes, weights: Floats, cluster: Codes, clusters: int
) -> Weighted:
    """The regression of the first column on the others.

        y = x b + unit + period + e,   b = (X~' W X~)^-1 X~' W y~,   influence of cluster c: sum w e X~ (X~' W X~)^-1

    Parameters
    ----------
    values : (n, 1 + k)
    unit, period : (n,)
        Codes of any kind.
    weights : (n,), positive
    cluster : (n,)
        Codes in [0, clusters), constant within units.
    """
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.groups import group_sums, without_singletons
    from dualcarbon.kernels.least_squares import least_squares, least_variation
    from dualcarbon.kernels.moments import centred, sums_of_squares

    kept = without_singletons((dense(unit), dense(period)))
    effects = (dense(unit[kept]), dense(period[kept]))
    w, k = weights[kept], values.shape[1] - 1
    deviations, means = centred(np.ascontiguousarray(values[kept]), w)
    least = least_variation(sums_of_squares(deviations, w), means, float(w.sum()))
    solved = least_squares(partial := partial_out(deviations, effects, w).values, w, least[1:])
    coef, influence = np.full(k, np.nan), np.zeros((clusters, k))
    coef[solved.kept] = solved.coef
    x = np.ascontiguousarray(partial[:, 1:][:, solved.kept])
    if len(solved.coef):
        influence[:, solved.kept] = group_sums(x, w * solved.residuals, cluster[kept], clusters) @ solved.bread
    touched = np.bincount(cluster[kept], minlength=clusters) > 0
    return Weighted(coef, influence, touched, int(kept.sum()), len(solved.coef) + int(effects[1].max()) + 1)


def small_sample(n: int, parameters: int, groups: int) -> float:
    """(N - 1) / (N - K) G / (G - 1); `DataError` with no more rows than parameters."""
    require_rows(n, parameters)
    return (n - 1) / (n - parameters) * groups / (groups - 1)
