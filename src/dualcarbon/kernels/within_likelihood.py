"""A distance function from changes within firms alone, by the likelihood of the deviations from firm means.

What lasts in a firm - its hidden carbon intensity, its lasting inefficiency - leaves the deviations. Noise of the year
stays in them and is more of what is left; how much is known from the shape of the residuals, so it can be taken out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.distance import Coordinates, features, inefficiency, project, slopes
from dualcarbon.kernels.laws import LAWS, Law
from dualcarbon.kernels.panel_frontiers import Rival
from dualcarbon.kernels.quadratic_form import whitener
from dualcarbon.kernels.tall import apply, apply_transposed, cross, times

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_LEAST_ROWS_PER_PARAMETER = 3
_RANK = 1e-10
_HALF_NORMAL = LAWS["half_normal"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changes within firms say.

    Attributes
    ----------
    rival : Rival
        The fit; e and u are NaN for firms seen once, and with the sigmas throughout where no firm is seen three times.
    corrected : (p,) or None
        theta on the cone less the bias of noise; None where sigma_v is not known or the cone too far.
    spread : float
        Standard deviation of s within firms given the other variables.
    """

    rival: Rival
    corrected: Array | None
    spread: float


def within_likelihood(data: Coordinates, unit: Index, law: Law = _HALF_NORMAL) -> Changes | None:
    """The likelihood of deviations from firm means, as if a deviation less its mean were one u + v.

    With u independent of the features this is consistent for the slopes whatever the law of the deviations (an
    M-estimate of location); rows near the firm's frontier weigh more than in least squares, so that inefficiency that
    moves with the features biases it less. The mean u of a firm with T rows puts Var(u) / T into the deviations' normal
    part: sigma_v^2 = (that part's variance - Var(u) / T) T / (T - 1), not below 0, T the mean number of rows of firms
    seen more than once. sigma_u is what is then left of the variance of one u + v, sum e^2 / sum (1 - 1 / T) over the
    rows: the likelihood of deviations itself finds too little. The correction for noise is that of
    `distance.noise_corrected`, on deviations.

    Parameters
    ----------
    data : Coordinates
    unit : (n,)
        Dense codes of the firm.
    law : Law
        Of u.

    Returns
    -------
    Changes or None
        None if fewer than 3 rows per parameter are of repeated firms, if their features are collinear within firms (an
        input that never changes), or if the slopes are too far from the cone to be projected.
    """
    data = replace(data, shape=replace(data.shape, null_jointness=False))
    count = np.bincount(unit)[unit]
    again = count > 1
    f = features(data)
    if np.count_nonzero(again) < _LEAST_ROWS_PER_PARAMETER * f.shape[1]:
        return None
    deviations = np.column_stack([_deviation(f[:, j], unit)[again] for j in range(1, f.shape[1])])
    if not _independent(deviations, f[:, 1:]):
        return None
    design = np.column_stack([np.ones(len(deviations)), deviations])
    white = whitener(cross(design, design) / len(design))
    ml = law.fit(times(design, white), _deviation(data.left, unit)[again])
    free = np.append(0.0, (white @ ml.coef)[1:])
    theta = _on_cone(free, data)
    if theta is None:
        return None
    rest, spread = _net_of_the_others(data, deviations)
    if not np.any(count > 2):
        unknown = np.full(unit.size, np.nan)
        return Changes(Rival(theta, free, unknown, np.nan, np.nan, unknown, np.nan), None, spread)
    deviation = _deviation(inefficiency(theta, data), unit)
    sigma_u, sigma_v = _scales(law, (ml.sigma_u, ml.sigma_v), deviation, unit)
    corrected = _on_cone(theta + _bias(theta, data, sigma_v, spread) * rest, data)
    e = np.where(again, deviation + sigma_u * law.unit_mean, np.nan)
    u = law.mean(e, sigma_u, sigma_v)
    return Changes(Rival(theta, free, e, sigma_u, sigma_v, u, ml.skewness), corrected, spread)


def _scales(law: Law, found: tuple[float, float], deviation: Array, unit: Index) -> tuple[float, float]:
    """sigma_u and sigma_v of one u and one v, from those of the deviations."""
    count = np.bincount(unit)
    repeated = count[count > 1]
    years = float(repeated.mean())
    unit_variance = _unit_variance(law)
    noise = max((found[1] ** 2 - unit_variance * found[0] ** 2 / years) * years / (years - 1.0), 0.0)
    variance = float(deviation @ deviation) / float(np.sum(repeated - 1))
    noise = min(noise, variance)
    return math.sqrt((variance - noise) / unit_variance), math.sqrt(noise)


def _unit_variance(law: Law) -> float:
    """Var(u) at sigma_u = 1, from variance = Var(u) sigma_u^2 + sigma_v^2 of the moments."""
    sigma_u, sigma_v = law.moments(1.0, 0.1)
    return (1.0 - sigma_v**2) / sigma_u**2


def _net_of_the_others(data: Coordinates, deviations: Array) -> tuple[Array, float]:
    """Coefficients (p,) of s - E[s | other variables], from deviations (r, p - 1), and its standard deviation."""
    s = data.total
    others = np.ones(deviations.shape[1], dtype=np.bool_)
    others[: data.basis.size - 1] = data.basis.exponents[1:, s] == 0
    g = np.ascontiguousarray(deviations[:, others])
    value = np.ascontiguousarray(deviations[:, s])
    coef = np.asarray(np.linalg.solve(cross(g, g), apply_transposed(g, value)), dtype=np.float64)
    spread = math.sqrt(float(np.mean((value - apply(g, coef)) ** 2)))
    rest = np.zeros(deviations.shape[1] + 1)
    rest[1:][others] = -coef
    rest[1 + s] = 1.0
    return rest, spread


def _bias(theta: Array, data: Coordinates, sigma_v: float, spread: float) -> float:
    """(1 - 2 t) sigma^2 / spread^2 with sigma_v^2 = ((1 - t)^2 + t^2) sigma^2: what noise adds to the slope in -s."""
    t = float(slopes(theta, data)[:, -1].mean())
    return (1.0 - 2.0 * t) * sigma_v**2 / (((1.0 - t) ** 2 + t**2) * spread**2)


def _deviation(values: Array, unit: Index) -> Array:
    return np.asarray(values - (np.bincount(unit, values) / np.bincount(unit))[unit], dtype=np.float64)


def _independent(deviations: Array, f: Array) -> bool:
    """Whether the deviations are independent to 1e-10 of the squared scale of the features themselves."""
    scale = np.sqrt(np.einsum("ni,ni->i", f, f))
    if not scale.all():
        return False
    return bool(np.linalg.eigvalsh(cross(deviations, deviations) / np.outer(scale, scale))[0] >= _RANK)


def _on_cone(theta: Array, data: Coordinates) -> Array | None:
    try:
        return project(theta, data)
    except ArithmeticError:
        return None
