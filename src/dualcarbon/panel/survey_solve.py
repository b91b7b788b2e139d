"""The constants under which the planted effects hold exactly, from moments of the regressors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text
from dualcarbon.panel.survey_digital import DESIGN, Specification
from dualcarbon.panel.survey_technology import CesByproduct, Floats
from dualcarbon.panel.truth import ReportTruth

RHO_WITHOUT_EFFECT = -0.5
COAL_COLUMNS = ("coal", "coal_small", "coal_large")
_FEWEST_COAL = 50
_RHO_RANGE = (-20.0, 0.999)
_MIX_RANGE = (0.02, 0.98)


@dataclass(frozen=True, slots=True)
class Constants:
    """Loadings on the four parts of digital use, (4,) each.

    `digital` makes digital use, `intensity` ln carbon intensity (lambda, theta_S s_S, theta_L s_L, theta_w), `coal`
    the log of coal's share in CO2; `coal_planted` says whether the coal columns have the rows to meet their targets.
    `effects` are the coefficients per unit of digital_share that they imply, by
    column, given the regressors.
    """

    technology: CesByproduct
    digital: Floats
    intensity: Floats
    coal: Floats
    coal_planted: bool
    effects: Mapping[str, float]

    def named(self) -> dict[str, float]:
        """The constants by the names of the methodology page."""
        kappa, spread_small, spread_large, _ = self.digital
        return {
            "rho": self.technology.substitution,
            "kappa": float(kappa),
            "spread_small": float(spread_small),
            "spread_large": float(spread_large),
            "lambda": float(self.intensity[0]),
            "theta_small": float(self.intensity[1] / spread_small),
            "theta_large": float(self.intensity[2] / spread_large),
            "theta_within": float(self.intensity[3]),
            "coal_small": float(self.coal[1] / spread_small),
            "coal_large": float(self.coal[2] / spread_large),
        }


def root(function: Callable[[float], float], low: float, high: float, what: Text) -> float:
    """The zero of a monotone function between the bounds, by bisection to the last bit.

    Raises
    ------
    ConfigError
        If the function has the same sign at both bounds.
    """
    at_low = function(low)
    if at_low * function(high) > 0.0:
        raise ConfigError(
            Text("给定的真值无法同时植入", "the truth asked for cannot be planted"),
            expected=Text("{w} 在 {a} 与 {b} 之间有解", "{w} solvable between {a} and {b}").format(
                w=what, a=low, b=high
            ),
            found=Text("两端取值 {x} 与 {y}", "values {x} and {y} at the ends").format(x=at_low, y=function(high)),
            remedy=Text("改变 ReportTruth 中的效应，或给定 rho", "change the effects of ReportTruth, or give rho"),
        )
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if (function(middle) > 0.0) == (at_low > 0.0):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _row(spec: Specification, digital: Floats) -> Floats:
    """Coefficients (4,) of the effect on a variable in its loadings on the parts."""
    weight = digital @ spec.gram
    size = float(weight @ digital)
    return np.asarray(weight / size) if size > 0.0 else np.full(4, np.nan)


def _from_composite(spec: Specification, digital: Floats, technology: CesByproduct) -> float:
    """Effect on ln MAC through ln F where returns to scale are not constant."""
    return (technology.returns - 1.0) * float(spec.composite @ digital / (digital @ spec.gram @ digital))


def solve(specs: Mapping[str, Specification], truth: ReportTruth, technology: CesByproduct) -> Constants:
    """Constants for which the effects of the truth hold in expectation given the regressors.

    For a split s_S : s_L of the trait's spread the four loadings of intensity solve a linear system (CO2 of small and
    of large firms, ln MAC in columns 1 and 2); the split then meets the pooled CO2 effect, and rho column 3.

    Raises
    ------
    ConfigError
        If no constants meet the truth.
    """
    mix, fitted = 0.5, technology
    for _ in range(6 if technology.returns != 1.0 else 1):
        digital = _digital(mix)
        fitted = _with_rho(specs, truth, technology, digital)
        mix = _mix(specs, truth, fitted)
    digital = _digital(mix)
    intensity = _intensity(specs, truth, fitted, digital)
    planted = min(specs[name].freedom for name in COAL_COLUMNS) >= _FEWEST_COAL
    coal = _coal(specs, truth, digital, intensity) if planted else _coal_by_difference(truth, digital)
    return Constants(fitted, digital, intensity, coal, planted, _effects(specs, fitted, digital, intensity, coal))


def _digital(mix: float) -> Floats:
    small, large = np.sqrt(2.0 * mix), np.sqrt(2.0 * (1.0 - mix))
    return np.array([DESIGN.per_log_asset, DESIGN.trait * small, DESIGN.trait * large, 1.0])


def _with_rho(
    specs: Mapping[str, Specification], truth: ReportTruth, technology: CesByproduct, digital: Floats
) -> CesByproduct:
    """The technology with rho such that the effect on ln MAC with controls follows from that on ln CO2."""
    if technology.rho is not None:
        return technology
    pooled, wanted = truth.co2_effect[0], truth.mac_effect[2]
    if pooled == 0.0 and wanted == 0.0:
        return replace(technology, rho=RHO_WITHOUT_EFFECT)
    rest = _from_composite(specs["co2"], digital, technology)
    what = Text("rho", "rho")
    rho = root(
        lambda rho: technology.mean_slope(rho, DESIGN.spread) * pooled + rest - wanted,
        *_RHO_RANGE,
        what,
    )
    return replace(technology, rho=rho)


def _intensity(
    specs: Mapping[str, Specification], truth: ReportTruth, technology: CesByproduct, digital: Floats
) -> Floats:
    slope = technology.mean_slope(technology.substitution, DESIGN.spread)
    names = ("mac_firm", "mac_industry", "co2_small", "co2_large")
    system = np.stack([_row(specs[name], digital) for name in names])
    wanted = [
        (target - _from_composite(specs[name], digital, technology)) / slope
        for name, target in zip(names[:2], truth.mac_effect[:2], strict=True)
    ]
    return np.linalg.solve(system, np.array([*wanted, *truth.co2_effect[1:]]))


def _mix(specs: Mapping[str, Specification], truth: ReportTruth, technology: CesByproduct) -> float:
    """Share of the trait's variance that small rows have, from the pooled CO2 effect."""
    if truth.co2_effect[1] == truth.co2_effect[2]:
        return 0.5

    def miss(mix: float) -> float:
        digital = _digital(mix)
        intensity = _intensity(specs, truth, technology, digital)
        return float(_row(specs["co2"], digital) @ intensity) - truth.co2_effect[0]

    return root(
        miss, *_MIX_RANGE, Text("小企业在数字应用方差中的份额", "small firms' share in the variance of digital use")
    )


def _coal(specs: Mapping[str, Specification], truth: ReportTruth, digital: Floats, intensity: Floats) -> Floats:
    """Loadings of ln coal share: the pooled effect on ln CO2 of coal, and the ratio of small to large firms."""
    small, large, pooled = (_row(specs[name], digital) for name in ("coal_small", "coal_large", "coal"))
    at_zero = np.array([0.0, -(small @ intensity) / small[1], -(large @ intensity) / large[2], 0.0])
    per_unit = np.array([0.0, truth.coal_ratio / small[1], 1.0 / large[2], 0.0])
    unit = (truth.coal_effect - pooled @ (intensity + at_zero)) / (pooled @ per_unit)
    return np.asarray(at_zero + unit * per_unit)


def _coal_by_difference(truth: ReportTruth, digital: Floats) -> Floats:
    """Loadings of ln coal share where the coal columns have too few rows: the difference of the pooled effects."""
    difference = truth.coal_effect - truth.co2_effect[0]
    return np.array([0.0, difference * digital[1], difference * digital[2], 0.0])


def _effects(
    specs: Mapping[str, Specification], technology: CesByproduct, digital: Floats, intensity: Floats, coal: Floats
) -> dict[str, float]:
    """The effects implied by the loadings, by column."""
    slope = technology.mean_slope(technology.substitution, DESIGN.spread)
    found = {}
    for name, spec in specs.items():
        row = _row(spec, digital)
        if name.startswith("mac"):
            found[name] = slope * float(row @ intensity) + _from_composite(spec, digital, technology)
        else:
            found[name] = float(row @ (intensity + coal if name.startswith("coal") else intensity))
    return found
