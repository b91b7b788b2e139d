"""Each cohort beside its comparison group: propensities, common support and matching weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design
from dualcarbon.policy.matching import Matching, Scores
from dualcarbon.policy.timing import NEVER

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Baseline = Literal["last", "mean"]


@dataclass(frozen=True, slots=True)
class MatchedCohort:
    """One cohort and the units it may be compared with; u units in all.

    Attributes
    ----------
    cohort, base : int
        First treated period; last period before treatment and its anticipation.
    unit : (u,)
        Codes in the design.
    treated : (u,) bool
    controls : (u, k)
        As they enter the propensity.
    index : (u,)
        Fitted log odds of belonging to the cohort.
    supported : (u,) bool
        False for treated units with a propensity outside the range of the comparison units (at the first fit).
    weights : (u,)
        1 for treated units that found somebody, 0 for the others; matching weights of the comparison units, which sum
        to the number of treated units with weight 1.
    left_out : tuple of int
        Controls that say nothing here: constant or determined by the others.
    """

    cohort: int
    base: int
    unit: Codes
    treated: Mask
    controls: Floats
    index: Floats
    supported: Mask
    weights: Floats
    left_out: tuple[int, ...]

    @property
    def effective(self) -> float:
        """Comparison units that as many equal weights would come from: (sum w)^2 / sum w^2."""
        w = self.weights[~self.treated]
        return float(w.sum() ** 2 / (w**2).sum())


@dataclass(frozen=True, slots=True)
class MatchedSample:
    """The cohorts that could be matched, and why the others could not: (cohort, treated units, reason)."""

    cohorts: tuple[MatchedCohort, ...]
    unmatched: tuple[tuple[int, int, Text], ...]


def require_controls(design: Design) -> None:
    """Raise `ConfigError` without controls to match on."""
    if not design.controls.shape[1]:
        raise ConfigError(
            Text("匹配需要控制变量", "matching needs controls"),
            expected=Text("controls= 至少一列", "at least one column in controls="),
            found=Text("无", "none"),
            remedy=Text(
                "给出处理前已知、影响是否受处理的变量；没有则用 callaway_santanna 等不匹配的方法",
                "name variables known before treatment that drive it; without any use another estimator, such as "
                "callaway_santanna",
            ),
        )


def matched_sample(design: Design, matching: Matching, at: Baseline = "last", support: bool = True) -> MatchedSample:
    """Every cohort matched with its comparison group.

    For cohort g with anticipation a the units are those first treated in g and the comparison group: never treated, or
    with `comparison="not_yet"` also those first treated after g + a. Controls are those of period g - 1 - a ("last") or
    means over all periods before g - a ("mean"); the propensity is a logit of belonging to the cohort on them.

    Parameters
    ----------
    support : bool
        Whether treated units with a propensity outside the range of the comparison units are left out; `Weighting` then
        fits the propensity anew on the others.

    Raises
    ------
    ConfigError
        Without controls.
    NotIdentifiedError
        If no cohort can be matched; the message says why of each.
    """
    require_controls(design)
    done, failed = [], []
    for cohort in design.cohorts.tolist():
        found = _matched(design, cohort, matching, at, support)
        if isinstance(found, MatchedCohort):
            done.append(found)
        else:
            failed.append((cohort, int(np.count_nonzero(design.unit_first == cohort)), found))
    if not done:
        raise _nothing_matched(failed)
    return MatchedSample(tuple(done), tuple(failed))


def _matched(design: Design, cohort: int, matching: Matching, at: Baseline, support: bool) -> MatchedCohort | Text:
    """The cohort matched, or why it cannot be."""
    from dualcarbon.kernels.logit import logit

    base = cohort - 1 - design.asked.anticipation
    unit, controls = _before(design, base, at)
    first = design.unit_first[unit]
    later = first == NEVER
    if design.asked.comparison == "not_yet":
        later = later | (first - design.asked.anticipation > cohort)
    here = later | (first == cohort)
    unit, controls, treated = unit[here], controls[here], first[here] == cohort
    if not treated.any() or treated.all():
        return Text("基期 {t} 无处理单位或无比较单位", "no treated or no comparison unit is seen in {t}").format(t=base)
    x, kept = _scaled(controls)
    if not kept.any():
        return Text("控制变量在基期无差异", "the controls do not vary before treatment")
    x, supported = np.column_stack([np.ones(len(x)), x]), np.ones(len(unit), dtype=np.bool_)
    fit = logit(x, treated.astype(np.float64))
    if fit.converged and support:
        supported = _supported(fit.index, treated)
        if matching.refit and not supported.all():
            fit = logit(x[supported], treated[supported].astype(np.float64))
    if not fit.converged:
        return Text("控制变量完全分离处理组与比较组", "the controls separate treated from comparison units entirely")
    index = x @ fit.coef
    weights = _weights(matching, index, treated, supported)
    if not weights.any():
        return Text("没有处理单位找到匹配", "no treated unit found a match")
    left_out = tuple(np.flatnonzero(~kept).tolist())
    return MatchedCohort(cohort, base, unit, treated, controls, index, supported, weights, left_out)


def _before(design: Design, base: int, at: Baseline) -> tuple[Codes, Floats]:
    """Units seen in the base period, (u,), and their controls before treatment, (u, k)."""
    rows = np.flatnonzero(design.period == base)
    if at == "last":
        return design.unit[rows], design.controls[rows]
    past = design.period <= base
    units = len(design.starts)
    count = np.bincount(design.unit[past], minlength=units)
    sums = [np.bincount(design.unit[past], weights=column[past], minlength=units) for column in design.controls.T]
    seen = design.unit[rows]
    return seen, np.column_stack(sums)[seen] / count[seen, None]


def _scaled(controls: Floats) -> tuple[Floats, Mask]:
    """Controls with mean 0 and deviation 1, (u, r), without those that are constant or collinear; which are kept."""
    from dualcarbon.kernels.least_squares import independent, least_variation
    from dualcarbon.kernels.moments import centred, cross_products, sums_of_squares

    ones = np.ones(len(controls))
    deviations, means = centred(np.ascontiguousarray(controls), ones)
    totals = sums_of_squares(deviations, ones)
    kept = independent(cross_products(deviations, ones), least_variation(totals, means, float(len(controls))))
    return deviations[:, kept] / np.sqrt(totals[kept] / len(controls)), kept


def _supported(index: Floats, treated: Mask) -> Mask:
    """Treated units within the range of the comparison units; all comparison units."""
    pool = index[~treated]
    return np.asarray(~treated | ((index >= pool.min()) & (index <= pool.max())))


def _weights(matching: Matching, index: Floats, treated: Mask, supported: Mask) -> Floats:
    from scipy.special import expit

    mine, theirs, probability = treated & supported, ~treated, np.asarray(expit(index), dtype=np.float64)
    weights = np.zeros(len(index))
    if mine.any():
        found = matching.weights(Scores(index[mine], probability[mine]), Scores(index[theirs], probability[theirs]))
        weights[mine], weights[theirs] = found.found, found.pool
    return weights


def _nothing_matched(failed: list[tuple[int, int, Text]]) -> NotIdentifiedError:
    zh = "；".join(f"{cohort}：{reason.zh}" for cohort, _, reason in failed)
    en = "; ".join(f"{cohort}: {reason.en}" for cohort, _, reason in failed)
    return NotIdentifiedError(
        Text("没有一批处理单位可以匹配", "no cohort can be matched"),
        expected=Text("至少一批处理单位与比较组可比", "at least one cohort with comparable units"),
        found=Text(zh, en),
        remedy=Text(
            "减少控制变量、放宽卡尺，或换用不匹配的方法",
            "use fewer controls or a wider caliper, or an estimator that does not match",
        ),
    )
