"""Information and clustered covariance of spatial panels, and what G = W (I - rho W)^-1 contributes to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.spatial_determinant import factor, factorised, transposed_solution
from dualcarbon.kernels.spatial_likelihood import Setting, SpatialFit, lagged, without_effects

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

COLUMNS = 512
"""Columns of G held at once where it is computed from sparse factors."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What G does to residuals e, with J the deviation from the mean and H = J G J.

    Attributes
    ----------
    diagonal : (N,)
        Of H.
    pairs : float
        Sum over i != j of (H_ij^2 + H_ij H_ji) (e_i'e_j)^2.
    lagged : (N, T)
        J G e.
    cross : float
        tr(W G) + tr(W'G).
    """

    diagonal: Floats
    pairs: float
    lagged: Floats
    cross: float


def reach(matrix: csr_array, rho: float, residuals: Floats) -> Reach:
    """The sums over G, in blocks of columns.

    Parameters
    ----------
    matrix : (N, N)
    rho : float
    residuals : (N, T), without effects
    """
    n = matrix.shape[0]
    ones = np.ones(n)
    applied = _Applied(matrix, rho)
    rows, columns = applied.times(ones[:, None])[:, 0] / n, applied.transposed(ones[:, None])[:, 0] / n
    grand = float(rows.mean())
    diagonal, pairs, cross = np.empty(n), 0.0, 0.0
    for at, g, g_back in applied.blocks():
        near = matrix[:, at].toarray()
        cross += float(np.sum(near * g) + np.sum(near * g_back))
        h = g - columns[at] - rows[:, None] + grand
        h_back = g_back - rows[at] - columns[:, None] + grand
        inner = (residuals @ residuals[at].T) ** 2
        own = np.arange(n)[at]
        diagonal[at] = h[own, np.arange(len(own))]
        both = (h * h + h * h_back) * inner
        pairs += float(both.sum() - both[own, np.arange(len(own))].sum())
    image = applied.times(residuals)
    return Reach(diagonal, pairs, image - image.mean(axis=0), cross)


class _Applied:
    """G times vectors: whole for matrices held dense, by sparse factors for the others.

    The factors are those of the transposed systems: the transposed solution is the one that takes many columns fast.
    """

    def __init__(self, matrix: csr_array, rho: float) -> None:
        from scipy.sparse import csr_array as sparse

        self.matrix = matrix
        self.whole: Floats | None = None
        if factorised(matrix):
            self.forward, self.backward = factor(sparse(matrix.T), rho), factor(matrix, rho)
        else:
            dense = matrix.toarray()
            self.whole = dense @ np.linalg.inv(np.eye(len(dense)) - rho * dense)

    def times(self, values: Floats) -> Floats:
        """G v, (N, m)."""
        if self.whole is not None:
            return np.asarray(self.whole @ values, dtype=np.float64)
        return np.asarray(self.matrix @ transposed_solution(self.forward, values), dtype=np.float64)

    def transposed(self, values: Floats) -> Floats:
        """G'v, (N, m); G = (I - rho W)^-1 W too."""
        if self.whole is not None:
            return np.asarray(self.whole.T @ values, dtype=np.float64)
        return np.asarray(self.matrix.T @ transposed_solution(self.backward, values), dtype=np.float64)

    def blocks(self) -> Iterator[tuple[slice, Floats, Floats]]:
        """Columns of G and the same rows of it, transposed: (N, c) each."""
        n = self.matrix.shape[0]
        for start in range(0, n, COLUMNS):
            at = slice(start, min(start + COLUMNS, n))
            if self.whole is not None:
                yield at, self.whole[:, at], self.whole[at].T
            else:
                unit = np.zeros((n, at.stop - at.start))
                unit[np.arange(at.start, at.stop), np.arange(at.stop - at.start)] = 1.0
                yield at, self.times(unit), self.transposed(unit)


def lag_information(fit: SpatialFit, setting: Setting) -> Floats:
    """Minus the second derivatives of the likelihood of the spatial lag model in (b, rho, sigma2), (k + 2, k + 2)."""
    units, periods, k = fit.x.shape
    n, m = setting.size(units, periods)
    r = np.array([fit.rho])
    x, lag, e = fit.x.reshape(-1, k), fit.lag.ravel(), fit.residuals.ravel()
    bend = setting.determinant.curvature(r) - (setting.mean.curvature(r) if setting.corrected else 0.0)
    info = np.zeros((k + 2, k + 2))
    info[:k, :k] = x.T @ x / fit.sigma2
    info[:k, k] = info[k, :k] = x.T @ lag / fit.sigma2
    info[k, k] = lag @ lag / fit.sigma2 - m * float(bend[0])
    info[k, k + 1] = info[k + 1, k] = lag @ e / fit.sigma2**2
    info[:k, k + 1] = info[k + 1, :k] = x.T @ e / fit.sigma2**2
    info[k + 1, k + 1] = e @ e / fit.sigma2**3 - n / (2.0 * fit.sigma2**2)
    return info


def error_information(fit: SpatialFit, setting: Setting) -> Floats:
    """The same for the spatial error model, in (b, rho, sigma2), the expected zeros between b and the others in place.

    For rho the derivatives of the period effects and of b, which are of order 1, are left out.
    """
    units, periods, k = fit.x.shape
    n, m = setting.size(units, periods)
    r = np.array([fit.rho])
    x, lag, e = fit.x.reshape(-1, k), fit.lag.ravel(), fit.residuals.ravel()
    bend = float(setting.determinant.curvature(r)[0])
    if setting.corrected:
        degrees = np.asarray(setting.matrix.sum(axis=1)).ravel()
        g = 1.0 - fit.rho * degrees
        bend += float(2.0 * (g @ degrees) ** 2 / (g @ g) ** 2 - degrees @ degrees / (g @ g))
    info = np.zeros((k + 2, k + 2))
    info[:k, :k] = x.T @ x / fit.sigma2
    info[k, k] = lag @ lag / fit.sigma2 - m * bend
    info[k, k + 1] = info[k + 1, k] = lag @ e / fit.sigma2**2
    info[k + 1, k + 1] = e @ e / fit.sigma2**3 - n / (2.0 * fit.sigma2**2)
    return info


def lag_meat(fit: SpatialFit, found: Reach, setting: Setting) -> Floats:
    """Variance of the scores of (b, rho, sigma2) when units are independent, whatever happens within them.

    With H = J G J, e_i the residuals of unit i and q = J(Wy) - J G e what is fixed in J(Wy), the score of rho is

        s_rho = sum_i [ q_i'e_i + H_ii (e_i'e_i - s2 tau) ] / s2 + sum_{i != j} H_ij e_i'e_j / s2

    and its second sum has variance sum_{i != j} (H_ij^2 + H_ij H_ji) E(e_i'e_j)^2 / s2^2, uncorrelated with the first.
    tau = e'e / (N s2).
    """
    units, _, k = fit.x.shape
    own = np.sum(fit.residuals**2, axis=1)
    spread = own - own.mean()
    scores = np.zeros((units, k + 2))
    scores[:, :k] = np.einsum("itk,it->ik", fit.x, fit.residuals) / fit.sigma2
    fixed = fit.lag - found.lagged
    scores[:, k] = (np.sum(fixed * fit.residuals, axis=1) + found.diagonal * spread) / fit.sigma2
    scores[:, k + 1] = spread / (2.0 * fit.sigma2**2)
    meat = scores.T @ scores
    meat[k, k] += found.pairs / fit.sigma2**2
    return np.asarray(meat * units / (units - 1), dtype=np.float64)


def error_meat(fit: SpatialFit, found: Reach, setting: Setting) -> Floats:
    """The same for the spatial error model, where nothing is fixed in the lag."""
    return lag_meat(replace(fit, lag=found.lagged), found, setting)


def sandwich(information: Floats, meat: Floats | None) -> Floats:
    """information^-1 meat information^-1, or information^-1."""
    from scipy.linalg import inv

    bread = inv(information)
    whole = bread if meat is None else bread @ meat @ bread
    return np.asarray((whole + whole.T) / 2.0, dtype=np.float64)


def moran(matrix: csr_array, residuals: Floats) -> float:
    """e'(I x W) e / e'e times n / (sum of weights and periods), of residuals (N, T)."""
    near = float(np.sum(residuals * lagged(matrix, residuals)))
    units, _ = residuals.shape
    return float(units / float(matrix.sum()) * near / float(np.sum(residuals**2)))


@dataclass(frozen=True, slots=True)
class Multipliers:
    """Lagrange multiplier tests of least squares, each chi2 with one degree of freedom."""

    lag: float
    error: float
    robust_lag: float
    robust_error: float


@dataclass(frozen=True, slots=True)
class Traces:
    """Of J W J: tr, and tr((J W J)^2) + tr((J W J)'(J W J))."""

    first: float
    second: float


def traces(matrix: csr_array) -> Traces:
    """Traces of the demeaned weights without forming them."""
    n = matrix.shape[0]
    rows, columns = np.asarray(matrix.sum(axis=1)).ravel(), np.asarray(matrix.sum(axis=0)).ravel()
    total = float(rows.sum())
    square = float((matrix * matrix.T).sum()) - 2.0 * float(columns @ rows) / n + (total / n) ** 2
    own = float((matrix * matrix).sum()) - float(rows @ rows + columns @ columns) / n + (total / n) ** 2
    return Traces(float(matrix.diagonal().sum()) - total / n, square + own)


def multipliers(y: Floats, fit: SpatialFit, setting: Setting) -> Multipliers:
    """Tests of least squares against the spatial lag, the spatial error, and each robust to the other.

    With scores centred at what they are without spatial dependence, tau = T - 1 and K = tau tr(V V + V'V), V = J W J:

        d_l = e'Wy / s2 - tau tr V,   d_e = e'We / s2 - tau tr V
        LM_lag = d_l^2 / P,   LM_error = d_e^2 / K,   P = |M W X b|^2 / s2 + K
        robust LM_lag = (d_l - d_e)^2 / (P - K),   robust LM_error = (d_e - d_l K / P)^2 / (K (1 - K / P))

    Parameters
    ----------
    y : (N, T)
    fit : `lag_fit(..., free=False)`
    """
    _, m = setting.size(*y.shape)
    found = traces(setting.matrix)
    center = m * found.first if setting.corrected else 0.0
    e = fit.residuals
    near_error = without_effects(lagged(setting.matrix, e))
    lag = float(np.sum(e * fit.lag)) / fit.sigma2 - center
    error = float(np.sum(e * near_error)) / fit.sigma2 - center
    k = m * found.second
    explained = fit.lag - near_error
    x = fit.x.reshape(-1, fit.x.shape[2])
    left = explained.ravel() - x @ np.linalg.lstsq(x, explained.ravel(), rcond=None)[0] if x.shape[1] else explained
    p = float(np.sum(left**2)) / fit.sigma2 + k
    robust = (lag - error) ** 2 / (p - k) if p > k else float("nan")
    return Multipliers(lag**2 / p, error**2 / k, robust, (error - lag * k / p) ** 2 / (k * (1.0 - k / p)))
