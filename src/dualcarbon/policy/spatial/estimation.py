"""The fits of one sample: least squares, spatial lag, spatial Durbin, spatial error, and the tests between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.policy.spatial import faults
from dualcarbon.policy.spatial.variables import Variables
from dualcarbon.policy.spatial.weights import Weights

if TYPE_CHECKING:
    from dualcarbon.kernels.spatial_influence import Reach
    from dualcarbon.kernels.spatial_likelihood import Setting, SpatialFit

Floats = NDArray[np.float64]
Model = Literal["sar", "sdm", "sem"]
Covariance = Literal["cluster", "ml"]


_MORAN_PLAIN = Text("普通双重差分残差的 Moran 检验", "Moran, residuals of the plain DID")
_MORAN = Text("模型残差的 Moran 检验", "Moran, residuals of the model")


@dataclass(frozen=True, slots=True)
class Test:
    """A test: its key, what it asks, the statistic, degrees of freedom (0: standard normal) and p value."""

    key: str
    label: Text
    statistic: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """The chosen model with its covariance, and the others for comparison.

    Attributes
    ----------
    chosen : SpatialFit
    vcov : (k + 2, k + 2)
        Of coefficients, rho and the variance.
    plain : float, plain_se : float
        Treatment effect by least squares, clustered by unit.
    logliks : dict
        ols, sar, sdm, sem.
    moran : float
        Moran's I of the innovations.
    tests : tuple of Test
    """

    chosen: SpatialFit
    vcov: Floats
    plain: float
    plain_se: float
    logliks: dict[str, float]
    moran: float
    tests: tuple[Test, ...]


def setting_of(weights: Weights, corrected: bool) -> Setting:
    """What the likelihoods need of the weights.

    Raises
    ------
    ConfigError
        The weights are too large.
    """
    from dualcarbon.kernels.spatial_determinant import LARGEST, LARGEST_DENSE, determinant, factorised, walks
    from dualcarbon.kernels.spatial_likelihood import Setting

    n = weights.n
    if n > LARGEST or (n > LARGEST_DENSE and not factorised(weights.matrix)):
        raise faults.too_large(n, weights.matrix.nnz, LARGEST_DENSE)
    bound = 1.0 / weights.radius
    scale = None
    if weights.symmetric():
        sums = np.asarray(weights.raw.sum(axis=1)).ravel()
        scale = np.where(sums > 0, sums, 1.0) if weights.normalisation == "row" else np.ones(n)
    return Setting(
        weights.matrix, bound, determinant(weights.matrix, scale, bound), walks(weights.matrix, bound), corrected
    )


def fitted(data: Variables, setting: Setting, model: Model, covariance: Covariance) -> Fitted:
    """All fits of the sample."""
    from dualcarbon.kernels import spatial_influence as influence
    from dualcarbon.kernels.spatial_likelihood import error_fit, lag_fit

    short = data.without_lags()
    ols = lag_fit(data.y, short.x, setting, free=False)
    fits = {
        "sar": lag_fit(data.y, short.x, setting),
        "sdm": lag_fit(data.y, data.x, setting),
        "sem": error_fit(data.y, short.x, setting),
    }
    chosen = fits[model]
    found = influence.reach(setting.matrix, chosen.rho, chosen.residuals)
    error = model == "sem"
    information = (influence.error_information if error else influence.lag_information)(chosen, setting)
    meat = None
    if covariance == "cluster":
        meat = (influence.error_meat if error else influence.lag_meat)(chosen, found, setting)
    vcov = influence.sandwich(information, meat)
    variance = float(influence.sandwich(information, None)[chosen.x.shape[2], chosen.x.shape[2]])
    logliks = {"ols": ols.loglik} | {name: fit.loglik for name, fit in fits.items()}
    tests = (
        *_multipliers(data.y, ols, setting),
        *_ratios(logliks, data.x.shape[2] - data.own),
        *(_wald(chosen, vcov, data) if model == "sdm" else ()),
        _moran("moran_plain", _MORAN_PLAIN, ols, setting, None, 0.0),
        _moran("moran", _MORAN, chosen, setting, found, variance),
    )
    plain = _plain_error(ols)
    return Fitted(
        chosen, vcov, float(ols.coef[0]), plain, logliks, influence.moran(setting.matrix, chosen.residuals), tests
    )


def _plain_error(ols: SpatialFit) -> float:
    """Error of the first coefficient of least squares, clustered by unit."""
    units, periods, k = ols.x.shape
    flat = ols.x.reshape(-1, k)
    bread = np.linalg.inv(flat.T @ flat)
    influence = np.einsum("itk,it->ik", ols.x, ols.residuals) @ bread[:, 0]
    factor = units / (units - 1) * (units * periods - 1) / (units * periods - k - periods)
    return float(np.sqrt(influence @ influence * factor))


def _chi2(key: str, label: Text, statistic: float, df: int) -> Test:
    from scipy.special import chdtrc

    return Test(key, label, statistic, df, float(chdtrc(df, statistic)) if df else float("nan"))


def _multipliers(y: Floats, ols: SpatialFit, setting: Setting) -> tuple[Test, ...]:
    from dualcarbon.kernels.spatial_influence import multipliers

    found = multipliers(y, ols, setting)
    return (
        _chi2("lm_lag", Text("LM 空间滞后", "LM spatial lag"), found.lag, 1),
        _chi2("lm_error", Text("LM 空间误差", "LM spatial error"), found.error, 1),
        _chi2("robust_lm_lag", Text("稳健 LM 空间滞后", "Robust LM spatial lag"), found.robust_lag, 1),
        _chi2("robust_lm_error", Text("稳健 LM 空间误差", "Robust LM spatial error"), found.robust_error, 1),
    )


def _ratios(logliks: dict[str, float], lags: int) -> tuple[Test, ...]:
    def ratio(key: str, label: Text, small: str, large: str, df: int) -> Test:
        return _chi2(key, label, max(2.0 * (logliks[large] - logliks[small]), 0.0), df)

    lag = ratio("lr_lag", Text("LR：SAR 对无空间滞后", "LR: SAR against no spatial lag"), "ols", "sar", 1)
    if not lags:
        return (lag,)
    return (
        lag,
        ratio("lr_durbin", Text("LR：SDM 对 SAR", "LR: SDM against SAR"), "sar", "sdm", lags),
        ratio("lr_error", Text("LR：SDM 对 SEM", "LR: SDM against SEM"), "sem", "sdm", lags),
    )


def _wald(fit: SpatialFit, vcov: Floats, data: Variables) -> tuple[Test, ...]:
    """That the lags of regressors are zero, and that they equal -rho b (the spatial error model)."""
    k = len(fit.coef)
    pairs = [(j, at) for j, at in enumerate(data.durbin) if at >= 0]
    if not pairs:
        return ()
    zero, common = np.zeros((len(pairs), k + 2)), np.zeros((len(pairs), k + 2))
    for row, (j, at) in enumerate(pairs):
        zero[row, at] = common[row, at] = 1.0
        common[row, j], common[row, k] = fit.rho, fit.coef[j]
    lags = fit.coef[[at for _, at in pairs]]
    gaps = lags + fit.rho * fit.coef[[j for j, _ in pairs]]
    tests = (
        ("wald_durbin", Text("Wald：SDM 对 SAR", "Wald: SDM against SAR"), lags, zero),
        ("wald_error", Text("Wald：SDM 对 SEM", "Wald: SDM against SEM"), gaps, common),
    )
    return tuple(
        _chi2(key, label, float(value @ np.linalg.solve(r @ vcov @ r.T, value)), len(pairs))
        for key, label, value, r in tests
    )


def _moran(key: str, label: Text, fit: SpatialFit, setting: Setting, found: Reach | None, variance: float) -> Test:
    """Standardised e'We, whose variance allows for the estimate of rho (Anselin 1988).

    z = (e'We / s2 - tau tr V) / sqrt(K - (tau tr((W + W')G))^2 var(rho)),   K = tau tr(V V + V'V), V = J W J
    """
    from scipy.special import ndtr

    from dualcarbon.kernels.spatial_influence import traces
    from dualcarbon.kernels.spatial_likelihood import lagged

    _, m = setting.size(*fit.residuals.shape)
    whole = traces(setting.matrix)
    near = float(np.sum(fit.residuals * lagged(setting.matrix, fit.residuals))) / fit.sigma2
    center = m * whole.first if setting.corrected else 0.0
    spread = m * whole.second - ((m * found.cross) ** 2 * variance if found is not None else 0.0)
    z = (near - center) / np.sqrt(spread) if spread > 0 else float("nan")
    return Test(key, label, float(z), 0, float(2.0 * ndtr(-abs(z))))
