"""Direct, indirect and total impacts of a spatial panel, with errors drawn and by the delta method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualcarbon.kernels.spatial_likelihood import Setting

Floats = NDArray[np.float64]

KINDS = ("direct", "indirect", "total")


@dataclass(frozen=True, slots=True)
class Impacts:
    """Impacts of every regressor, each (v, 3): direct, indirect, total.

    Attributes
    ----------
    estimate, se, se_delta, low, high : (v, 3)
        `se`, `low`, `high` from the draws, `se_delta` by the delta method.
    drawn, refused : int
        Draws used, and draws with rho outside the interval, drawn anew.
    """

    estimate: Floats
    se: Floats
    se_delta: Floats
    low: Floats
    high: Floats
    drawn: int
    refused: int


def impacts(
    coef: Floats,
    rho: float,
    vcov: Floats,
    own: int,
    durbin: tuple[int, ...],
    setting: Setting,
    units: int,
    *,
    draws: int,
    seed: int,
    level: float,
) -> Impacts:
    """LeSage & Pace (2009) impacts of the matrices (I - rho W)^-1 (b I + theta W).

        direct = b (1 + rho g) + theta g,   g = tr G / N
        total  = b (1 + rho h) + theta h,   h = l'G l / N,   indirect = total - direct

    with G = W (I - rho W)^-1: averages of the diagonal and of the row sums. Coefficients are drawn from the normal
    distribution around the estimates; draws with rho outside the interval are drawn anew.

    Parameters
    ----------
    coef : (k,); vcov : (k + 1, k + 1), of coefficients and rho
    own : regressors that are not lags; durbin : (own,), place of the lag of each or -1
    """
    from dualcarbon.kernels.spatial_determinant import REACH

    estimate = _impacts(coef[None], np.array([rho]), own, durbin, setting, units)[0]
    values, vectors = np.linalg.eigh(vcov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    stream, limit = np.random.default_rng(seed), REACH * setting.bound
    kept: list[Floats] = []
    count, refused = 0, 0
    while count < draws:
        found = np.append(coef, rho) + stream.standard_normal((draws, len(vcov))) @ root.T
        inside = np.abs(found[:, -1]) < limit
        used = found[inside][: draws - count]
        refused += int(np.count_nonzero(~inside))
        kept.append(used)
        count += len(used)
    drawn = np.concatenate(kept)
    simulated = _impacts(drawn[:, :-1], drawn[:, -1], own, durbin, setting, units)
    tails = ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    low, high = np.quantile(simulated, tails, axis=0)
    gradient = _gradient(coef, rho, own, durbin, setting, units)
    delta = np.sqrt(np.einsum("vip,pq,viq->vi", gradient, vcov, gradient))
    return Impacts(estimate, simulated.std(axis=0, ddof=1), delta, low, high, count, refused)


def _impacts(coef: Floats, rho: Floats, own: int, durbin: tuple[int, ...], setting: Setting, units: int) -> Floats:
    """Impacts, (m, own, 3), for rows of coefficients, (m, k), and rho, (m,)."""
    g, h = (part[:, None] for part in _averages(rho, setting, units))
    b, theta = coef[:, :own], _lags(coef, own, durbin)
    direct = b * (1.0 + rho[:, None] * g) + theta * g
    total = b * (1.0 + rho[:, None] * h) + theta * h
    return np.stack([direct, total - direct, total], axis=2)


def _averages(rho: Floats, setting: Setting, units: int) -> tuple[Floats, Floats]:
    """tr G / N and l'G l / N."""
    return -setting.determinant.slope(rho) / units, -setting.mean.slope(rho)


def _lags(coef: Floats, own: int, durbin: tuple[int, ...]) -> Floats:
    return np.column_stack([coef[:, at] if at >= 0 else np.zeros(len(coef)) for at in durbin[:own]])


def _gradient(coef: Floats, rho: float, own: int, durbin: tuple[int, ...], setting: Setting, units: int) -> Floats:
    """Derivatives of the impacts, (own, 3, k + 1), by coefficients and rho."""
    at = np.array([rho])
    g, h = (float(part[0]) for part in _averages(at, setting, units))
    bends = (-float(setting.determinant.curvature(at)[0]) / units, -float(setting.mean.curvature(at)[0]))
    found = np.zeros((own, 3, len(coef) + 1))
    for v in range(own):
        theta = coef[durbin[v]] if durbin[v] >= 0 else 0.0
        for kind, (level, bend) in ((0, (g, bends[0])), (2, (h, bends[1]))):
            found[v, kind, v] = 1.0 + rho * level
            if durbin[v] >= 0:
                found[v, kind, durbin[v]] = level
            found[v, kind, -1] = coef[v] * (level + rho * bend) + theta * bend
        found[v, 1] = found[v, 2] - found[v, 0]
    return found
