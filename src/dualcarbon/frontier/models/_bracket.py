"""The bracket of a group: what estimators that fail in different ways say of the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.frontier.evidence import Choice, Level, choose_level, hidden_gap
from dualcarbon.frontier.model import GroupData
from dualcarbon.frontier.models._distance import HYPERBOLIC, Distance, Sample
from dualcarbon.kernels import distance as surface
from dualcarbon.kernels.distance import Coordinates, Shape
from dualcarbon.kernels.laws import LAWS, Law
from dualcarbon.kernels.panel_frontiers import Rival, leave_one_out
from dualcarbon.kernels.within_likelihood import Changes, within_likelihood

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Fact = float | int | str | bool | None

ROWS_PER_PARAMETER = 4
"""Fewest rows per parameter for which a likelihood is maximised."""
_ESTIMATES = ("pooled", "within", "iv")
_UNKNOWN = Level(math.nan, math.nan)
NO_LEVELS: Mapping[str, Level] = dict.fromkeys((*_ESTIMATES, "noise", "within_noise"), _UNKNOWN)
"""Where no estimate exists."""
_LEVEL = {"pooled": "pooled", "noise_removed": "noise", "within": "within"}
_PLAIN = Shape()


def bracket(
    data: GroupData,
    fit: Mask,
    constant_returns: bool,
    distance: Distance = HYPERBOLIC,
    shape: Shape = _PLAIN,
) -> dict[str, Fact]:
    """Median elasticity and MAC by pooled half-normal likelihood, within firms and by leave-one-out instruments.

    Parameters
    ----------
    data : GroupData
    fit : (n,)
        Rows of the fit; those without CO2 are left out.
    constant_returns : bool
        Ignored by a distance function that is not homogeneous.
    distance : Distance
        `HYPERBOLIC` (translog) or `DIRECTIONAL` (quadratic).
    shape : Shape
        Degree, technical change and restrictions.

    Returns
    -------
    dict
        elasticity_pooled, _within, _iv, _noise, _within_noise (the first two less the bias of noise in both outputs);
        bracket_range, the log range of the first three, which `evidence.bracket` judges; mac_pooled, _within, _iv,
        _noise, _within_noise; hidden_gap and reach, which `evidence.choose_level` judges. NaN where an estimate does
        not exist; all NaN with fewer than 4 rows per parameter or collinear features.
    """
    sample = Sample.of(data, fit & (data.b > 0.0))
    everyone = np.ones(sample.y.size, dtype=np.bool_)
    place = distance.coordinates(sample, everyone, constant_returns and distance.homogeneous, shape)
    if sample.y.size < ROWS_PER_PARAMETER * (place.basis.size + place.shifts) or not surface.full_rank(place):
        return facts(NO_LEVELS, math.nan)
    features, white = surface.whitened(place)
    law = LAWS["half_normal"]
    ml = law.fit(features, place.left)
    pooled = Pooled(white @ ml.coef, ml.sigma_u, ml.sigma_v, law)
    firm = np.unique(sample.unit, return_inverse=True)[1].astype(np.int64)
    here = Rows(distance, place, sample)
    changes = within_likelihood(place, firm)
    levels = {
        "pooled": here.level(pooled),
        "within": here.rival(None if changes is None else changes.rival),
        "iv": here.rival(leave_one_out(place, firm)),
        "noise": here.noise(pooled.corrected(place)),
        "within_noise": here.within_noise(changes),
    }
    return facts(levels, reach_of(changes, ml.sigma_u))


@dataclass(frozen=True, slots=True)
class Pooled:
    """A fit of all rows at once."""

    theta: Array
    sigma_u: float
    sigma_v: float
    law: Law

    def corrected(self, place: Coordinates) -> Pooled:
        """Less the bias that noise in both outputs puts on its slopes."""
        return Pooled(surface.noise_corrected(self.theta, place, self.sigma_v), self.sigma_u, self.sigma_v, self.law)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows over which the medians are taken."""

    distance: Distance
    place: Coordinates
    sample: Sample

    def level(self, pooled: Pooled) -> Level:
        """Under a pooled fit, over rows with t inside (0, 1)."""
        e = surface.inefficiency(pooled.theta, self.place)
        return self._level(pooled.theta, pooled.law.mean(e, pooled.sigma_u, pooled.sigma_v))

    def noise(self, corrected: Pooled) -> Level:
        """Under a pooled fit less the bias of noise, at outputs less the noise that the residual shows."""
        if not self.distance.moves_price:
            return self.level(corrected)
        e = surface.inefficiency(corrected.theta, self.place)
        u = corrected.law.mean(e, corrected.sigma_u, corrected.sigma_v)
        t = surface.slopes(corrected.theta, self.place)[:, -1]
        return replace(self, sample=without_noise(self.sample, e - u, t))._level(corrected.theta, u)

    def within_noise(self, changes: Changes | None) -> Level:
        """Under changes within firms less the bias of noise, if they are known."""
        if changes is None or changes.corrected is None:
            return _UNKNOWN
        return self._level(changes.corrected, changes.rival.u)

    def rival(self, rival: Rival | None) -> Level:
        """Under a panel estimate, if there is one."""
        return _UNKNOWN if rival is None else self._level(rival.theta, rival.u)

    def _level(self, theta: Array, u: Array) -> Level:
        slope = self.distance.elasticity(surface.slopes(theta, self.place)[:, -1])
        price = self.distance.price(slope, self.place, self.sample.y, self.sample.b, u)
        return Level(_median(slope), _median(price))


def without_noise(sample: Sample, v: Array, t: Array) -> Sample:
    """y and b less what v tells of the errors in both, where these are independent and of equal variance.

    With v = t v_b - (1 - t) v_y, E[v_y | v] = -(1 - t) v / ((1 - t)^2 + t^2) and E[v_b | v] = t v / ((1 - t)^2 + t^2),
    t at its mean over the rows of the fit.
    """
    mean = float(t.mean())
    share = v / ((1.0 - mean) ** 2 + mean**2)
    return replace(sample, y=sample.y * np.exp((1.0 - mean) * share), b=sample.b * np.exp(-mean * share))


def reach_of(changes: Changes | None, sigma_u: float) -> float:
    """Standard deviation of s within firms given the other variables, over sigma_u; NaN where either is missing."""
    return changes.spread / sigma_u if changes is not None and sigma_u > 0.0 else math.nan


def against(levels: Mapping[str, Level], reach: float, mac: float) -> tuple[Choice, float]:
    """The estimate the evidence chooses, and the log distance of a median MAC from its median, NaN if unknown."""
    decided = choose_level(levels, reach)
    ratio = mac / levels[_LEVEL[decided]].mac
    return decided, abs(math.log(ratio)) if ratio > 0.0 else math.nan


def facts(levels: Mapping[str, Level], reach: float) -> dict[str, Fact]:
    """The levels as facts, the log range of the three elasticities, what tells hidden intensity."""
    known = [math.log(levels[name].elasticity) for name in _ESTIMATES if levels[name].elasticity > 0.0]
    return {
        **{f"elasticity_{name}": levels[name].elasticity for name in (*_ESTIMATES, "noise", "within_noise")},
        "bracket_range": max(known) - min(known) if len(known) > 1 else math.nan,
        "hidden_gap": hidden_gap(levels),
        "reach": reach,
        **{f"mac_{name}": level.mac for name, level in levels.items()},
    }


def _median(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else math.nan
