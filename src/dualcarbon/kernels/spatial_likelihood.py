"""Concentrated likelihoods of spatial lag and spatial error panels with unit and period effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.least_squares import projection
from dualcarbon.kernels.spatial_determinant import REACH, Curve

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

LAG_GRID, ERROR_GRID = 201, 41
"""Points of rho among which the highest likelihood is looked for before it is refined."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the likelihoods need of the weights.

    Attributes
    ----------
    matrix : (N, N) sparse
    bound : float
        1 / spectral radius; rho is looked for in |rho| <= `REACH` * bound.
    determinant : Curve
        ln|I - rho W|.
    mean : Curve
        l' ln(I - rho W) l / N.
    corrected : bool
        Whether the effects are transformed away (Lee & Yu 2010) or estimated with everything else.
    """

    matrix: csr_array
    bound: float
    determinant: Curve
    mean: Curve
    corrected: bool = True

    def size(self, units: int, periods: int) -> tuple[int, int]:
        """Observations and periods that count: (N-1)(T-1) and T-1, or N T and T uncorrected."""
        return ((units - 1) * (periods - 1), periods - 1) if self.corrected else (units * periods, periods)


@dataclass(frozen=True, slots=True)
class SpatialFit:
    """A maximum.

    Attributes
    ----------
    rho : float
    coef : (k,)
    sigma2 : float
    residuals : (N, T)
        Innovations without effects.
    x : (N, T, k)
        Regressors without effects (spatial error: filtered by I - rho W first).
    lag : (N, T)
        What rho multiplies, without effects: W y, or W times the disturbances.
    loglik : float
    edge : bool
        Whether the maximum lies at the end of the interval.
    """

    rho: float
    coef: Floats
    sigma2: float
    residuals: Floats
    x: Floats
    lag: Floats
    loglik: float
    edge: bool


def without_effects(values: Floats) -> Floats:
    """Deviations from unit means and period means, (N, T, ...)."""
    left = values - values.mean(axis=1, keepdims=True)
    return np.asarray(left - left.mean(axis=0, keepdims=True), dtype=np.float64)


def lagged(matrix: csr_array, values: Floats) -> Floats:
    """W v in every period, (N, T, ...)."""
    flat = matrix @ values.reshape(len(values), -1)
    return np.asarray(flat, dtype=np.float64).reshape(values.shape)


def lag_fit(y: Floats, x: Floats, setting: Setting, free: bool = True) -> SpatialFit:
    """The spatial lag model y = rho W y + X b + unit + period + e by maximum likelihood.

        l(rho) = - n/2 (ln(2 pi s2(rho)) + 1) + (T-1) [ ln|I - rho W| - l' ln(I - rho W) l / N ]

    with n = (N-1)(T-1), s2(rho) = |e0 - rho e1|^2 / n, e0 and e1 the residuals of y and W y on X, all without effects.
    The last term makes the score of rho unbiased whatever the period effects: for row-normalised weights it is
    -ln(1 - rho), the transformation of Lee & Yu (2010). Uncorrected: n = N T, T ln|I - rho W|, without that term.

    Parameters
    ----------
    y : (N, T); x : (N, T, k), columns independent given the effects
    setting : Setting
    free : False fixes rho at 0: least squares
    """
    units, periods = y.shape
    n, m = setting.size(units, periods)
    both = np.stack([y, lagged(setting.matrix, y)], axis=2)
    left, within = without_effects(both).reshape(-1, 2), without_effects(x)
    flat = within.reshape(units * periods, x.shape[2])
    coef, e = _regression(flat, left)
    s = e.T @ e

    def squares(rho: Floats) -> Floats:
        return np.asarray(s[0, 0] - 2.0 * rho * s[0, 1] + rho**2 * s[1, 1], dtype=np.float64)

    def profile(rho: Floats) -> Floats:
        logs = setting.determinant.value(rho) - (setting.mean.value(rho) if setting.corrected else 0.0)
        return -n / 2.0 * (np.log(2.0 * np.pi * squares(rho) / n) + 1.0) + m * logs

    def slope(rho: float) -> float:
        r = np.array([rho])
        logs = setting.determinant.slope(r) - (setting.mean.slope(r) if setting.corrected else 0.0)
        return float((n * (s[0, 1] - r * s[1, 1]) / squares(r) + m * logs)[0])

    grid = REACH * setting.bound * np.linspace(-1.0, 1.0, LAG_GRID)
    rho, edge = _refined(grid, profile(grid), slope) if free else (0.0, False)
    weight = np.array([1.0, -rho])
    return SpatialFit(
        rho=rho,
        coef=coef @ weight,
        sigma2=float(squares(np.array(rho))) / n,
        residuals=(e @ weight).reshape(units, periods),
        x=within,
        lag=left[:, 1].reshape(units, periods),
        loglik=float(profile(np.array([rho]))[0]) if free else float(-n / 2 * (np.log(2 * np.pi * s[0, 0] / n) + 1)),
        edge=edge,
    )


def error_fit(y: Floats, x: Floats, setting: Setting) -> SpatialFit:
    """The spatial error model y = X b + unit + period + u, u = rho W u + e, by maximum likelihood.

        l(rho) = - n/2 (ln(2 pi s2(rho)) + 1) + (T-1) [ ln|I - rho W| - ln(g'g / N) / 2 ],   g = (I - rho W) l

    with s2 the mean square of the residuals of (I - rho W) y on (I - rho W) X and, in every period, g. Uncorrected:
    n = N T, T ln|I - rho W|, without the last term.

    Parameters
    ----------
    y, x, setting : as in `lag_fit`
    """
    values = np.concatenate([y[:, :, None], x], axis=2)
    values = values - values.mean(axis=1, keepdims=True)
    data = _Filtered(
        values, lagged(setting.matrix, values), np.asarray(setting.matrix @ np.ones(len(y)), dtype=np.float64), setting
    )
    grid = REACH * setting.bound * np.linspace(-1.0, 1.0, ERROR_GRID)
    heights = np.array([data.fit(float(r)).loglik for r in grid])
    rho, edge = _refined(grid, heights, lambda r: data.slope(data.fit(r)))
    return replace(data.fit(rho), edge=edge)


@dataclass(frozen=True, slots=True)
class _Filtered:
    """y and X without unit effects, (N, T, 1 + k), their spatial lags, and the row sums of W, (N,)."""

    values: Floats
    lags: Floats
    degrees: Floats
    setting: Setting

    def filter(self, rho: float) -> Floats:
        """(I - rho W) l, (N,)."""
        return np.asarray(1.0 - rho * self.degrees, dtype=np.float64)

    def fit(self, rho: float) -> SpatialFit:
        """Least squares at a given rho."""
        units, periods, k = self.values.shape
        n, m = self.setting.size(units, periods)
        g = self.filter(rho)
        z = self.values - rho * self.lags
        effect = np.einsum("i,itk->tk", g, z) / (g @ g)
        z = z - g[:, None, None] * effect
        flat = z.reshape(units * periods, k)
        coef, e = _regression(flat[:, 1:], flat[:, :1])
        weight = np.concatenate([[1.0], -coef[:, 0]])
        lag = self.lags @ weight - self.degrees[:, None] * (effect @ weight)
        ssr = float(e[:, 0] @ e[:, 0])
        logs = float(self.setting.determinant.value(np.array([rho]))[0])
        logs -= 0.5 * float(np.log(g @ g / units)) if self.setting.corrected else 0.0
        return SpatialFit(
            rho=rho,
            coef=coef[:, 0],
            sigma2=ssr / n,
            residuals=e.reshape(units, periods),
            x=z[:, :, 1:],
            lag=lag - np.outer(g, g @ lag) / (g @ g),
            loglik=-n / 2.0 * float(np.log(2.0 * np.pi * ssr / n) + 1.0) + m * logs,
            edge=False,
        )

    def slope(self, fit: SpatialFit) -> float:
        """Derivative of the concentrated likelihood at a fit."""
        m = self.setting.size(*fit.residuals.shape)[1]
        slope = m * float(self.setting.determinant.slope(np.array([fit.rho]))[0])
        if self.setting.corrected:
            g = self.filter(fit.rho)
            slope += m * float(g @ self.degrees / (g @ g))
        return slope + float(np.sum(fit.residuals * fit.lag)) / fit.sigma2


def _regression(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients (k, c) and residuals (n, c) of the columns y (n, c) on x (n, k)."""
    if not x.shape[1]:
        return np.zeros((0, y.shape[1])), y
    coef, _, residuals = projection(x, x, y, np.ones(len(x)))
    return coef, residuals


def _refined(grid: Floats, heights: Floats, slope: Callable[[float], float]) -> tuple[float, bool]:
    """Where the slope is zero next to the highest point of the grid, and whether the maximum is an end of it."""
    from scipy.optimize import brentq

    best = int(np.argmax(heights))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    if slope(low) <= 0.0 or slope(high) >= 0.0:
        return float(grid[best]), True
    return float(brentq(slope, low, high, xtol=1e-14, rtol=8.9e-16)), False
