"""From the rows of a group to a stochastic frontier: screen, candidates, choice by BIC, cone, inefficiency."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.frontier import evidence
from dualcarbon.frontier.model import GroupData
from dualcarbon.frontier.models._bracket import ROWS_PER_PARAMETER, Fact, Pooled, Rows, reach_of
from dualcarbon.frontier.models._distance import Distance, Sample
from dualcarbon.frontier.models._specifications import Asked, Specification
from dualcarbon.kernels import distance as surface
from dualcarbon.kernels.distance import Coordinates, Shape
from dualcarbon.kernels.laws import LAWS, Law
from dualcarbon.kernels.panel_frontiers import Rival, by_moments, leave_one_out, within_firm
from dualcarbon.kernels.screen import conditional_screen
from dualcarbon.kernels.stochastic import ComposedFit, least_squares_fit
from dualcarbon.kernels.within_likelihood import Changes, within_likelihood

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

_SCORE = 3.5
_LEAST_NOISE = 0.01
_SCREENS = 3
_LEAST_YEARS = 2
_LONG_TAILED = "exponential"

_NO_CONE = Text(
    "似然给出的函数离单调锥太远，投影不能求出",
    "the fitted function is too far from the monotone cone to be projected on it",
)
_COLLINEAR = Text("投入之间（或投入与产出之间）完全共线", "the inputs, or inputs and outputs, are exactly collinear")
_NO_PANEL = Text(
    "企业内（或留一工具变量）估计不可得：观测到两年以上的企业太少，或企业内几乎没有变动",
    "the panel estimate does not exist: too few firms are seen twice, or too little changes within firms",
)
_TWICE_AT_MOST = Text(
    "企业至多观测两年，离差对称，无效率与噪声分不开（需要三年）",
    "firms are seen twice at most: their deviations are symmetric, and inefficiency cannot be told from noise (three "
    "years are needed)",
)


@dataclass(frozen=True, slots=True)
class Estimator:
    """How the function is estimated.

    Attributes
    ----------
    pooled : (A, r, law) to the fit of all rows, which screens rows and chooses the specification
    panel : (coordinates, firm, law) to the panel estimate that takes its place afterwards, if any
    by_firm : whether u is measured from a frontier per firm
    recentred : whether sigma_u, sigma_v and the level are found anew, by moments, after the projection on the cone
    """

    pooled: Callable[[Array, Array, Law], ComposedFit]
    panel: Callable[[Coordinates, Index, Law], Rival | None] | None = None
    by_firm: bool = False
    recentred: bool = False


def _likelihood(a: Array, r: Array, law: Law) -> ComposedFit:
    return law.fit(a, r)


def _moments(a: Array, r: Array, law: Law) -> ComposedFit:
    return least_squares_fit(a, r, law.moments, law.unit_mean)


LIKELIHOOD = Estimator(_likelihood)
MOMENTS = Estimator(_moments, recentred=True)
WITHIN = Estimator(_likelihood, within_firm, by_firm=True)
INSTRUMENTS = Estimator(_likelihood, leave_one_out)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is estimated of a group, and how; `correct_noise` and `within` as in the models."""

    distance: Distance
    estimator: Estimator
    asked: Asked
    shape: Shape
    correct_noise: bool | None
    within: bool | None
    least: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A pooled fit: all rows in its coordinates, the rows it used, theta before the cone, BIC."""

    place: Coordinates
    fit: Mask
    theta: Array
    ml: ComposedFit
    bic: float
    which: Specification

    @property
    def law(self) -> Law:
        """Of its inefficiency."""
        return LAWS[self.which.law]

    @property
    def pooled(self) -> Pooled:
        """Its parameters."""
        return Pooled(self.theta, self.ml.sigma_u, self.ml.sigma_v, self.law)


@dataclass(frozen=True, slots=True)
class Final:
    """The estimate that is priced, over all rows with CO2 > 0.

    theta on the cone, free before it; e estimates u + v, NaN where there is none; skewness of u + v.
    """

    theta: Array
    free: Array
    e: Array
    sigma_u: float
    sigma_v: float
    skewness: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there are no numbers."""

    verdict: str
    why: Text


@dataclass(frozen=True, slots=True)
class Solved:
    """A frontier with everything that speaks for or against it."""

    rows: Index
    sample: Sample
    candidates: Mapping[Specification, float]
    chosen: Fitted
    final: Final
    levels: Mapping[str, evidence.Level]
    reach: float
    level: evidence.Choice
    periods: int


def estimate(plan: Plan, data: GroupData) -> Solved | Refused:
    """Screen, fit the candidates, choose, project on the cone."""
    positive = data.b > 0.0
    sample = Sample.of(data, positive)
    fit = conditional_screen(sample.x, sample.y, sample.b)
    periods = np.unique(sample.time[fit]).size
    possible = _affordable(plan, sample, fit, periods)
    if isinstance(possible, Refused):
        return possible
    fits = _compete(plan, sample, fit, possible)
    chosen = min(fits, key=lambda one: one.bic)
    rivals, changes = _rivals(plan, chosen, sample)
    levels = _levels(plan, sample, chosen, rivals, changes)
    reach = reach_of(changes, chosen.ml.sigma_u)
    level = _level(plan, levels, reach)
    try:
        final = _finish(plan, sample, chosen, rivals, level)
    except ArithmeticError:
        return Refused("trivial", _NO_CONE)
    if isinstance(final, Refused):
        return final
    bics = {one.which: one.bic for one in fits}
    return Solved(np.flatnonzero(positive), sample, bics, chosen, final, levels, reach, level, periods)


def _affordable(plan: Plan, sample: Sample, fit: Mask, periods: int) -> list[Specification] | Refused:
    """The specifications that the rows can carry and whose features are independent, by rising size."""
    left = int(np.count_nonzero(fit))
    if left < plan.least:
        text = Text(
            "剔除异常值后只余 {k} 个观测，至少需要 {l} 个", "the screen leaves {k} observations, {l} are needed"
        )
        return Refused("too_few", text.format(k=left, l=plan.least))
    asked = plan.asked.possible(periods)
    inputs = sample.x.shape[1]
    within_means = [one for one in asked if left >= ROWS_PER_PARAMETER * one.size(inputs, periods)]
    if not within_means:
        least = ROWS_PER_PARAMETER * min(one.size(inputs, periods) for one in asked)
        text = Text("只余 {k} 个观测，所设函数至少需要 {l} 个", "{k} observations are left, the function needs {l}")
        return Refused("too_few", text.format(k=left, l=least))
    general = min(one.constant for one in within_means)
    ranked: dict[tuple[int, str], bool] = {}
    for one in within_means:
        if one.constant == general and (one.degree, one.change) not in ranked:
            ranked[one.degree, one.change] = surface.full_rank(_place(plan, sample, fit, one).take(fit))
    possible = [one for one in within_means if ranked.get((one.degree, one.change), False)]
    return possible or Refused("too_few", _COLLINEAR)


def _place(plan: Plan, sample: Sample, fit: Mask, which: Specification) -> Coordinates:
    shape = replace(plan.shape, degree=which.degree, change=which.change)
    return plan.distance.coordinates(sample, fit, which.constant, shape)


def _compete(plan: Plan, sample: Sample, fit: Mask, possible: list[Specification]) -> list[Fitted]:
    """The fits that compete by BIC, on rows that are plausible under the most general of them."""
    inputs, periods = sample.x.shape[1], np.unique(sample.time[fit]).size
    most = max(possible, key=lambda one: (one.size(inputs, periods), one.law == _LONG_TAILED))
    general = _maximise(plan, sample, fit, most)
    for _ in range(_SCREENS):
        kept = _plausible(general)
        dropped = np.count_nonzero(general.fit & ~kept)
        if not dropped or np.count_nonzero(kept) < max(plan.least, ROWS_PER_PARAMETER * most.size(inputs, periods)):
            break
        general = _maximise(plan, sample, kept, most)
    return [general if one == most else _maximise(plan, sample, general.fit, one) for one in possible]


def _maximise(plan: Plan, sample: Sample, fit: Mask, which: Specification) -> Fitted:
    place = _place(plan, sample, fit, which)
    inside = place.take(fit)
    features, white = surface.whitened(inside)
    ml = plan.estimator.pooled(features, inside.left, LAWS[which.law])
    bic = -2.0 * ml.log_likelihood + (ml.coef.size + 2) * math.log(inside.left.size)
    return Fitted(place, fit, white @ ml.coef, ml, bic, which)


def _plausible(one: Fitted) -> Mask:
    """Rows of the fit whose residual lies within 3.5 normal scores of u + v, noise taken as 1 % or more."""
    low, high = one.law.limits(one.ml.sigma_u, max(one.ml.sigma_v, _LEAST_NOISE), _SCORE)
    e = surface.inefficiency(one.theta, one.place)
    return np.asarray(one.fit & (e >= low) & (e <= high), dtype=np.bool_)


def _firms(unit: Index) -> Index:
    return np.unique(unit, return_inverse=True)[1].astype(np.int64)


def _rivals(plan: Plan, chosen: Fitted, sample: Sample) -> tuple[dict[str, Rival | None], Changes | None]:
    """Within firms, by least squares where that is the model, else by likelihood; by instruments; and the changes."""
    inside, firm = chosen.place.take(chosen.fit), _firms(sample.unit[chosen.fit])
    changes = within_likelihood(inside, firm, chosen.law)
    likely = None if changes is None else changes.rival
    within = within_firm(inside, firm, chosen.law) if plan.estimator.by_firm else likely
    return {"within": within, "iv": leave_one_out(inside, firm, chosen.law)}, changes


def _level(plan: Plan, levels: Mapping[str, evidence.Level], reach: float) -> evidence.Choice:
    """The estimate that is priced: as asked for by hand, else as the evidence says."""
    if plan.estimator.panel is not None:
        return "within" if plan.estimator.by_firm else "iv"
    decided = evidence.choose_level(levels, reach)
    by_evidence = plan.correct_noise is None and decided == "within"
    if by_evidence if plan.within is None else plan.within:
        return "within"
    removed = evidence.noise_explains(levels) if plan.correct_noise is None else plan.correct_noise
    return "noise_removed" if removed else "pooled"


def _levels(
    plan: Plan, sample: Sample, chosen: Fitted, rivals: Mapping[str, Rival | None], changes: Changes | None
) -> dict[str, evidence.Level]:
    """Median elasticity and MAC by the estimators that fail in different ways, over the rows of the fit."""
    inside = chosen.place.take(chosen.fit)
    here = Rows(plan.distance, inside, sample.take(chosen.fit))
    own = None if plan.estimator.panel is None else rivals["within" if plan.estimator.by_firm else "iv"]
    pooled = here.level(chosen.pooled)
    return {
        "pooled": pooled,
        **{name: here.rival(rival) for name, rival in rivals.items()},
        "noise": here.noise(chosen.pooled.corrected(inside)),
        "within_noise": here.within_noise(changes),
        "untreated": _untreated(plan, sample, chosen),
        "screened": pooled if plan.estimator.panel is None else here.rival(own),
    }


def _untreated(plan: Plan, sample: Sample, chosen: Fitted) -> evidence.Level:
    """By the model's own estimator without any screen, over the rows of the fit."""
    everyone, fit = np.ones(chosen.fit.size, dtype=np.bool_), chosen.fit
    panel = plan.estimator.panel
    if panel is None:
        every = _maximise(plan, sample, everyone, chosen.which)
        return Rows(plan.distance, every.place.take(fit), sample.take(fit)).level(every.pooled)
    place = _place(plan, sample, everyone, chosen.which)
    rival = panel(place, _firms(sample.unit), chosen.law)
    here = Rows(plan.distance, place.take(fit), sample.take(fit))
    return here.rival(None if rival is None else replace(rival, u=rival.u[fit]))


def _finish(
    plan: Plan, sample: Sample, chosen: Fitted, rivals: Mapping[str, Rival | None], level: evidence.Choice
) -> Final | Refused:
    """The estimate on the cone, with the residual of every row."""
    if plan.estimator.panel is None and level != "within":
        return _pooled(plan, chosen, level == "noise_removed")
    by_firm = level == "within"
    rival = rivals["within" if by_firm else "iv"]
    if rival is None:
        return Refused("too_few", _NO_PANEL)
    if math.isnan(rival.sigma_u):
        return Refused("too_few", _TWICE_AT_MOST)
    firm = _firms(sample.unit) if by_firm else np.zeros(chosen.fit.size, dtype=np.int64)
    return _measured(chosen, rival, firm)


def _pooled(plan: Plan, chosen: Fitted, removed: bool) -> Final:
    inside = chosen.place.take(chosen.fit)
    free = chosen.pooled.corrected(inside).theta if removed else chosen.theta
    theta = surface.project(free, inside)
    if plan.estimator.recentred:
        found = by_moments(theta, chosen.theta, inside, chosen.law)
        return _measured(chosen, found, np.zeros(chosen.fit.size, dtype=np.int64))
    e = surface.inefficiency(theta, chosen.place)
    return Final(theta, chosen.theta, e, chosen.ml.sigma_u, chosen.ml.sigma_v, chosen.ml.skewness)


def _measured(chosen: Fitted, rival: Rival, firm: Index) -> Final:
    """Residuals from the mean of the firm's rows in the fit, which is taken for E[u]; NaN for fewer than two rows."""
    e = surface.inefficiency(rival.theta, chosen.place)
    count = np.bincount(firm[chosen.fit], minlength=int(firm.max()) + 1)
    total = np.bincount(firm[chosen.fit], e[chosen.fit], minlength=count.size)
    mean = np.where(count >= _LEAST_YEARS, total / np.maximum(count, 1), np.nan)
    centred = e - mean[firm] + rival.sigma_u * chosen.law.unit_mean
    return Final(rival.theta, rival.free, centred, rival.sigma_u, rival.sigma_v, rival.skewness)


def facts_of_choice(plan: Plan, solved: Solved) -> dict[str, Fact]:
    """What was chosen among what was asked for, and every BIC."""
    constant, degree, change, law = solved.chosen.which.words
    return {"returns": constant, "degree": degree, "change": change, "law": law} | dict(
        plan.asked.bics(solved.candidates)
    )
