"""Translog hyperbolic distance function by maximum likelihood, screened, monotone, priced at the projection."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import evidence
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.kernels import translog as tl
from dualcarbon.kernels.quadratic_form import length
from dualcarbon.kernels.screen import conditional_screen
from dualcarbon.kernels.stochastic import (
    HalfNormalFit,
    composed_limits,
    conditional_interval,
    conditional_mean,
    half_normal_ml,
)
from dualcarbon.kernels.translog_bracket import Rival, leave_one_out, within_firm

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]
Fact = float | int | str | bool | None

_LEAST_ROWS_PER_PARAMETER = 4
_SCORE = 3.5
_LEAST_NOISE = 0.01
_SCREENS = 3
_AT_BOUND = 1e-6


@dataclass(frozen=True, slots=True)
class _Sample:
    """The observations with CO2 > 0."""

    x: Array
    y: Array
    b: Array
    unit: Index


@dataclass(frozen=True, slots=True)
class _Frontier:
    """A likelihood fit: all rows in its coordinates, the rows it used, theta before and after the cone."""

    data: tl.Coordinates
    fit: Mask
    theta: Array
    ml: HalfNormalFit
    bic: float
    constant: bool


_NO_CONE = Text(
    "似然给出的函数离单调锥太远，投影不能求出",
    "the fitted function is too far from the monotone cone to be projected on it",
)
_LABEL = Text("超越对数双曲距离函数（最大似然）", "Translog hyperbolic distance function (ML)")
_MEASURE = Text(
    "u：产出可同乘、排放可同除 exp(u) 而仍可行（对数单位，给定残差的条件均值）",
    "u: output can be multiplied and CO2 divided by exp(u) (log units, mean given the residual)",
)


@dataclass(frozen=True, slots=True)
class TranslogMLModel:
    """The default model for firms.

    -ln y + Q(ln x, -(ln y + ln b)) = u + v, half-normal and normal, by maximum likelihood on the rows that pass the
    conditional screen and, after the first fit, have a residual within 3.5 normal scores. t = -Q_s,
    eps = t / (1 - t), MAC = eps (y / b) exp(2 u) at the projection, u = E[u | residual].

    Parameters
    ----------
    correct_noise : bool or None
        Take the noise as measurement error of equal variance in ln y and ln b, independent of each other, and remove
        the bias it puts on the elasticity. None, the default, lets the evidence decide group by group: the correction
        is made where it closes at least half of the gap to the leave-one-out instrumented elasticity, which such
        noise does not bias. Lasting differences in carbon intensity between firms look like noise too, but leave
        that gap open; the correction would make them worse and is not made.
    room_weak, room_trivial : float
        Aggregate abatement room beyond which the group is weakly identified, and refused.

    Notes
    -----
    `mac_low` and `mac_high` are the 2.5 and 97.5 % points of the distribution of u given the residual, put through the
    formula of the MAC: they say how well the firm's own position is known, not the parameters, the form, nor which of
    the estimators of the bracket is right. Statuses: ok; edge, t at a bound of the monotone cone; outlier, screened
    (priced on the frontier of the others, NaN where t is not inside (0, 1)); no_bad, b = 0; refused.

    Cuesta, Lovell & Zofio (2009), Ecological Economics 68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001; Aigner,
    Lovell & Schmidt (1977), J. Econometrics 6, 21-37, doi:10.1016/0304-4076(77)90052-5.
    """

    correct_noise: bool | None = None
    room_weak: float = evidence.ROOM_WEAK
    room_trivial: float = evidence.ROOM_TRIVIAL
    name: str = field(default="translog_ml", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)
    warning: Text | None = field(default=None, init=False, repr=False)
    pools: bool = field(default=True, init=False, repr=False)
    several: bool = field(default=False, init=False, repr=False)

    def least(self, technology: Technology) -> int:
        """Four observations per parameter of the richest quadratic that is asked for."""
        k = len(technology.inputs) + (technology.returns != "constant")
        return _LEAST_ROWS_PER_PARAMETER * length(k)

    def check(self, technology: Technology, direction: Direction) -> None:
        """Only the hyperbolic direction (0, y, -b) in observed values has this closed form."""
        if direction != Direction.proportional():
            raise ConfigError(
                Text("{m}不支持这个方向", "{m} does not support this direction").format(m=self.label),
                expected=both("Direction.proportional()"),
                found=both(repr(direction)),
                remedy=Text(
                    "改用 Direction.proportional()，或改用 quadratic、envelopment 模型",
                    "use Direction.proportional(), or the quadratic or envelopment model",
                ),
            )

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Screen, fit, choose returns, project on the cone, price at the projection, gather the evidence."""
        rows = np.flatnonzero(data.b > 0.0)
        sample = _Sample(data.x[rows], data.y[rows], data.b[rows], data.unit[rows])
        fit = conditional_screen(sample.x, sample.y, sample.b)
        reason = _unusable(sample, fit, technology.returns == "constant", self.least(technology))
        if reason is not None:
            return _refused(data.b, "too_few", reason, {})
        frontiers = _estimate(sample, fit, technology.returns, self.least(technology))
        chosen = min(frontiers, key=lambda f: f.bic)
        levels = _levels(sample, chosen)
        removed = evidence.noise_explains(levels) if self.correct_noise is None else self.correct_noise
        try:
            priced = _price(chosen, sample, _on_the_cone(chosen, removed))
        except ArithmeticError:
            return _refused(data.b, "trivial", _NO_CONE, {})
        facts = _facts(data.b, sample, frontiers, chosen, priced) | _bracket(levels, removed)
        verdict, why = evidence.judge(self._findings(facts))
        if verdict == "trivial":
            return _refused(data.b, verdict, why, facts)
        return _group_fit(data.b, rows, chosen, priced, verdict, why, facts)

    def _findings(self, facts: Mapping[str, Fact]) -> tuple[evidence.Finding | None, ...]:
        number = {key: float(v) for key, v in facts.items() if isinstance(v, (int, float))}
        return (
            evidence.tied(math.hypot(number["sigma_u"], number["sigma_v"])),
            evidence.room(number["aggregate_room"], self.room_weak, self.room_trivial),
            evidence.bracket(number["bracket_range"]),
            evidence.skew(number["skewness"]),
            evidence.convergence(bool(facts["converged"]), number["gradient"]),
        )


@dataclass(frozen=True, slots=True)
class _Priced:
    """Per row with CO2 > 0: u with its interval, t, the elasticity, the MAC with its interval."""

    u: Array
    t: Array
    eps: Array
    mac: Array
    mac_low: Array
    mac_high: Array


def _unusable(sample: _Sample, fit: Mask, constant: bool, least: int) -> Text | None:
    left = int(np.count_nonzero(fit))
    if left < least:
        text = Text(
            "剔除异常值后只余 {k} 个观测，至少需要 {l} 个", "the screen leaves {k} observations, {l} are needed"
        )
        return text.format(k=left, l=least)
    if not tl.full_rank(tl.coordinates(sample.x, sample.y, sample.b, fit, constant).take(fit).z):
        return Text("投入之间（或投入与产出之间）完全共线", "the inputs, or inputs and outputs, are exactly collinear")
    return None


def _estimate(sample: _Sample, fit: Mask, returns: str, least: int) -> list[_Frontier]:
    """The frontiers that compete by BIC, on rows that are plausible under the most general of them."""
    general = _maximise(sample, fit, returns == "constant")
    for _ in range(_SCREENS):
        kept = _plausible(general)
        dropped = np.count_nonzero(general.fit & ~kept)
        if not dropped or np.count_nonzero(kept) < least:
            break
        general = _maximise(sample, kept, general.constant)
    return [_maximise(sample, general.fit, True), general] if returns == "bic" else [general]


def _maximise(sample: _Sample, fit: Mask, constant: bool) -> _Frontier:
    data = tl.coordinates(sample.x, sample.y, sample.b, fit, constant)
    inside = data.take(fit)
    features, white = tl.whitened(inside)
    ml = half_normal_ml(features, inside.left)
    bic = -2.0 * ml.log_likelihood + (ml.coef.size + 2) * math.log(inside.left.size)
    return _Frontier(data, fit, white @ ml.coef, ml, bic, constant)


def _plausible(frontier: _Frontier) -> Mask:
    """Rows of the fit whose residual lies within 3.5 normal scores of u + v, noise taken as 1 % or more."""
    ml = frontier.ml
    low, high = composed_limits(ml.sigma_u, max(ml.sigma_v, _LEAST_NOISE), _SCORE)
    e = tl.inefficiency(frontier.theta, frontier.data)
    return np.asarray(frontier.fit & (e >= low) & (e <= high), dtype=np.bool_)


def _price(frontier: _Frontier, sample: _Sample, theta: Array) -> _Priced:
    data, ml = frontier.data, frontier.ml
    e = tl.inefficiency(theta, data)
    u = conditional_mean(e, ml.sigma_u, ml.sigma_v)
    low, high = conditional_interval(e, ml.sigma_u, ml.sigma_v)
    t = tl.slopes(theta, data)[:, -1]
    eps = tl.elasticity(t)
    macs = [tl.shadow_price(eps, sample.y, sample.b, v) for v in (u, low, high)]
    return _Priced(u, t, eps, *macs)


def _median(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else math.nan


def _facts(
    b: Array, sample: _Sample, frontiers: list[_Frontier], chosen: _Frontier, priced: _Priced
) -> dict[str, Fact]:
    fit, ml = chosen.fit, chosen.ml
    bic = {f.constant: f.bic for f in frontiers}
    spent = sample.b[fit]
    return {
        "n": b.size,
        "n_no_bad": int(np.count_nonzero(b == 0.0)),
        "n_screened": int(np.count_nonzero(~fit)),
        "n_fit": int(np.count_nonzero(fit)),
        "returns": "constant" if chosen.constant else "variable",
        "bic_constant": bic.get(True, math.nan),
        "bic_variable": bic.get(False, math.nan),
        "log_likelihood": ml.log_likelihood,
        "sigma_u": ml.sigma_u,
        "sigma_v": ml.sigma_v,
        "skewness": ml.skewness,
        "violations": float(np.mean(tl.violated(tl.slopes(chosen.theta, chosen.data)[fit]))),
        "aggregate_room": float(np.sum(spent * -np.expm1(-priced.u[fit])) / spent.sum()),
        "converged": ml.converged,
        "gradient": ml.gradient,
        "iterations": ml.iterations,
    }


def _levels(sample: _Sample, chosen: _Frontier) -> dict[str, evidence.Level]:
    """Median elasticity and MAC by the estimators that fail in different ways, over the rows of the fit."""
    fit, ml = chosen.fit, chosen.ml
    inside, y, b = chosen.data.take(fit), sample.y[fit], sample.b[fit]
    unit = np.unique(sample.unit[fit], return_inverse=True)[1].astype(np.int64)
    everyone = np.ones(fit.size, dtype=np.bool_)
    untreated = _maximise(sample, everyone, chosen.constant)
    return {
        "pooled": _level(inside, ml, chosen.theta, y, b),
        "within": _rival(within_firm(inside, unit), inside, y, b),
        "iv": _rival(leave_one_out(inside, unit), inside, y, b),
        "noise": _level(inside, ml, tl.noise_corrected(chosen.theta, inside, ml.sigma_v), y, b),
        "untreated": _level(untreated.data.take(fit), untreated.ml, untreated.theta, y, b),
    }


def _bracket(levels: Mapping[str, evidence.Level], removed: bool) -> dict[str, Fact]:
    """The levels as facts, the log range of the three elasticities, whether the noise was removed."""
    known = [math.log(levels[name].elasticity) for name in ("pooled", "within", "iv") if levels[name].elasticity > 0.0]
    return {
        **{f"elasticity_{name}": levels[name].elasticity for name in ("pooled", "within", "iv", "noise")},
        "bracket_range": max(known) - min(known) if len(known) > 1 else math.nan,
        **{f"mac_{name}": level.mac for name, level in levels.items()},
        "noise_removed": removed,
    }


def _on_the_cone(chosen: _Frontier, removed: bool) -> Array:
    inside = chosen.data.take(chosen.fit)
    theta = tl.noise_corrected(chosen.theta, inside, chosen.ml.sigma_v) if removed else chosen.theta
    return tl.project(theta, inside)


def _level(data: tl.Coordinates, ml: HalfNormalFit, theta: Array, y: Array, b: Array) -> evidence.Level:
    """Under theta, over rows with t inside (0, 1)."""
    u = conditional_mean(tl.inefficiency(theta, data), ml.sigma_u, ml.sigma_v)
    eps = tl.elasticity(tl.slopes(theta, data)[:, -1])
    return evidence.Level(_median(eps), _median(tl.shadow_price(eps, y, b, u)))


def _rival(rival: Rival | None, inside: tl.Coordinates, y: Array, b: Array) -> evidence.Level:
    if rival is None:
        return evidence.Level(math.nan, math.nan)
    eps = tl.elasticity(tl.slopes(rival.theta, inside)[:, -1])
    return evidence.Level(_median(eps), _median(tl.shadow_price(eps, y, b, rival.u)))


def _group_fit(
    b: Array, rows: Index, chosen: _Frontier, priced: _Priced, verdict: str, why: Text, facts: Mapping[str, Fact]
) -> GroupFit:
    def spread(values: Array) -> Array:
        out = np.full(b.size, np.nan)
        out[rows] = values
        return out

    bound = (priced.t <= tl.MARGIN + _AT_BOUND) | (priced.t >= 1.0 - tl.MARGIN - _AT_BOUND)
    status = np.full(b.size, CODE["no_bad"], dtype=np.int8)
    status[rows] = np.where(chosen.fit, np.where(bound, CODE["edge"], CODE["ok"]), CODE["outlier"])
    return GroupFit(
        inefficiency=spread(priced.u),
        abatement_room=spread(-np.expm1(-priced.u)),
        mac=spread(priced.mac),
        mac_low=spread(priced.mac_low),
        mac_high=spread(priced.mac_high),
        status=status,
        verdict=verdict,
        why=why,
        facts=facts,
    )


def _refused(b: Array, verdict: str, why: Text, facts: Mapping[str, Fact]) -> GroupFit:
    empty = np.full(b.size, np.nan)
    status = np.where(b > 0.0, CODE["refused"], CODE["no_bad"]).astype(np.int8)
    return GroupFit(empty, empty, empty, empty, empty, status, verdict, why, facts)


MODEL = TranslogMLModel()
