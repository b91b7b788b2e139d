"""Matching, then differences in differences: each cohort beside comparison units with a like propensity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.matched_sample import (
    Baseline,
    MatchedCohort,
    MatchedSample,
    matched_sample,
    require_controls,
)
from dualcarbon.policy.matching import Matching, Nearest
from dualcarbon.policy.model import Cohorts, Fit
from dualcarbon.policy.models._averages import Cells, averaged, path_of
from dualcarbon.policy.models._weighted import Weighted, small_sample, weighted_two_way
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.within import few_clusters, one_treated, require_clusters
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Matched:
    """Propensity score matching with differences in differences (PSM-DID), cohort by cohort.

    Cohort g and its comparison group are matched on the logit of belonging to g given the controls before treatment
    (see `matched_sample`); on the matched rows, weights w of the matching, anticipation a,

        y_it = theta_g d_it + unit_i + period_t + e_it,   d_it = 1 for treated units from g on

    by weighted least squares (rows within the anticipation have an indicator of their own). `att` averages theta_g by
    the treated unit-periods of the cohorts; the path comes from the same regression with an indicator for every
    relative period but -1 - a, averaged over the cohorts seen there by their treated units.

    Parameters
    ----------
    match : Nearest, Kernel, Weighting, or an object of that shape
    at : {"last", "mean"}
        Controls of the last period before treatment and its anticipation, or their means over all such periods.
    support : bool
        Whether treated units with a propensity outside the range of the comparison units leave; they are counted.
        `Weighting` then fits the propensity anew.
    adjust : bool
        Whether the controls also stand in the regression, row by row.

    Notes
    -----
    The effect is that on treated units which found a match; those that did not are counted. Errors are clustered by
    unit or coarser and join the cohorts, which share comparison units: (N-1)/(N-K) G/(G-1) over the rows of all
    cohorts; propensities and weights are taken as known. Cohorts whose propensity does not exist are left out and
    named. Comparison units treated later serve until their own treatment (less anticipation) begins.
    Heckman, Ichimura & Todd (1997), https://doi.org/10.2307/2971733; Abadie (2005),
    https://doi.org/10.1111/0034-6527.00321.
    """

    match: Matching = Nearest()  # noqa: RUF009
    at: Baseline = "last"
    support: bool = True
    adjust: bool = False

    name = "matched"
    label = Text("倾向得分匹配 DID", "Matching and DID")
    estimand = Text("匹配成功的受处理单位-时期的平均效应", "mean effect over treated unit-periods that found a match")
    comparisons = ("never", "not_yet")
    robust = True
    needs_balance = False
    takes_controls = True

    def check(self, design: Design) -> None:
        """Raise `ConfigError` without controls, or if `at` is no choice."""
        require_choice("at", self.at, get_args(Baseline))
        require_controls(design)

    def estimate(self, design: Design) -> Fit:
        """The effect."""
        sample = matched_sample(design, self.match, self.at, self.support)
        stacks = [_stack(design, cohort) for cohort in sample.cohorts]
        posts = _joint(_posts(design, stacks, self.adjust), design)
        dynamic = _joint(_periods(design, stacks, self.adjust), design)
        if not len(posts.cells.cohort):
            raise _not_identified(len(stacks))
        everywhere = np.ones(len(posts.cells.cohort), dtype=np.bool_)
        (att,), (se,) = averaged(posts.cells, [everywhere])
        return Fit(
            att=float(att),
            se=float(se),
            rule=_rule(design, posts),
            df=float(posts.groups - 1),
            path=path_of(dynamic.cells, -1 - design.asked.anticipation, design.asked.window),
            cohorts=Cohorts(posts.cells.cohort, posts.cells.estimate, np.sqrt(np.diag(posts.cells.vcov))),
            group_time=_group_time(dynamic.cells),
            notes=(*_notes(self, sample, design), *few_clusters(posts.groups), *one_treated(design)),
            n=len(np.unique(np.concatenate([s.rows for s in stacks]))),
        )


@dataclass(frozen=True, slots=True)
class _Stack:
    """The rows of one cohort and its matches: positions in the design, treated or not, period since g, weight."""

    cohort: int
    rows: Codes
    treated: Mask
    relative: Codes
    weights: Floats


def _stack(design: Design, found: MatchedCohort) -> _Stack:
    weight = np.zeros(len(design.starts))
    weight[found.unit] = found.weights
    w = weight[design.unit]
    mine = design.first == found.cohort
    ends = np.where(design.first == NEVER, NEVER, design.first - design.asked.anticipation)
    rows = np.flatnonzero((w > 0) & (mine | (design.period < ends)))
    return _Stack(found.cohort, rows, mine[rows], design.period[rows] - found.cohort, w[rows])


@dataclass(frozen=True, slots=True)
class _Part:
    """The regression of one cohort, of which the first coefficients count: their relative periods and treated rows."""

    cohort: int
    relative: Codes
    count: Codes
    fit: Weighted


@dataclass(frozen=True, slots=True)
class _Joint:
    """Effects of all cohorts with their joint covariance; clusters, rows and parameters behind it."""

    cells: Cells
    groups: int
    n: int
    parameters: int


def _joint(parts: list[_Part], design: Design) -> _Joint:
    """The effects that are identified; cohorts share clusters, so their errors are joined by these.

    Raises
    ------
    NotIdentifiedError
        With fewer than two clusters.
    DataError
        With no more rows than parameters.
    """
    cohort = np.concatenate([np.full(len(p.relative), p.cohort) for p in parts])
    relative, count = np.concatenate([p.relative for p in parts]), np.concatenate([p.count for p in parts])
    coef = np.concatenate([p.fit.coef[: len(p.relative)] for p in parts])
    influence = np.column_stack([p.fit.influence[:, : len(p.relative)] for p in parts])
    groups = int(np.count_nonzero(np.any([p.fit.touched for p in parts], axis=0)))
    n, parameters = sum(p.fit.n for p in parts), sum(p.fit.parameters for p in parts)
    require_clusters(groups, cluster_word(design))
    known = np.isfinite(coef) & (count > 0)
    vcov = small_sample(n, parameters, groups) * (influence[:, known].T @ influence[:, known])
    cells = Cells(cohort[known], relative[known], count[known].astype(np.float64), coef[known], vcov)
    return _Joint(cells, groups, n, parameters)


def _posts(design: Design, stacks: list[_Stack], adjust: bool) -> list[_Part]:
    """The regression of each cohort with one effect from treatment on."""
    parts = []
    for s in stacks:
        after = s.treated & (s.relative >= 0)
        columns = [after]
        if design.asked.anticipation:
            columns.append(s.treated & (s.relative < 0) & (s.relative >= -design.asked.anticipation))
        fit = _regression(design, s, columns, adjust)
        parts.append(_Part(s.cohort, np.zeros(1, dtype=np.int64), np.array([np.count_nonzero(after)]), fit))
    return parts


def _periods(design: Design, stacks: list[_Stack], adjust: bool) -> list[_Part]:
    """The regression of each cohort with an effect in every relative period but the last before treatment."""
    parts = []
    for s in stacks:
        relative, count = np.unique(s.relative[s.treated], return_counts=True)
        others = relative != -1 - design.asked.anticipation
        columns = [s.treated & (s.relative == e) for e in relative[others]]
        fit = _regression(design, s, columns, adjust)
        parts.append(_Part(s.cohort, relative[others], count[others], fit))
    return parts


def _regression(design: Design, s: _Stack, columns: list[Mask], adjust: bool) -> Weighted:
    parts = [design.outcome[s.rows], *columns]
    if adjust:
        parts.extend(design.controls[s.rows].T)
    clusters = int(design.cluster.max()) + 1
    values = np.column_stack(parts).astype(np.float64)
    return weighted_two_way(
        values, design.unit[s.rows], design.period[s.rows], s.weights, design.cluster[s.rows], clusters
    )


def _group_time(cells: Cells) -> pl.DataFrame:
    numbers = {"cohort": cells.cohort, "period": cells.cohort + cells.relative, "estimate": cells.estimate}
    return pl.DataFrame(numbers | {"se": np.sqrt(np.diag(cells.vcov))})


def _not_identified(cohorts: int) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("匹配后的效应不可识别", "the effect is not identified on the matched sample"),
        expected=Text("至少一批处理单位在处理前后都有观测", "a cohort seen before and after treatment"),
        found=Text("{k} 批均不可识别", "none of {k} cohorts").format(k=cohorts),
        remedy=Text("检查时期，或放宽匹配", "check the periods, or match less strictly"),
    )


def _rule(design: Design, whole: _Joint) -> Text:
    return Text(
        "按 {c} 聚类（{g} 组），各批共用的比较单位一并计入：(N-1)/(N-K) × G/(G-1)，N = {n}，K = {k}；"
        "倾向得分与匹配权重视为已知",
        "clustered by {c} ({g} clusters), jointly over cohorts that share comparison units: (N-1)/(N-K) * G/(G-1), "
        "N = {n}, K = {k}; propensities and matching weights taken as known",
    ).format(c=cluster_word(design), g=whole.groups, n=whole.n, k=whole.parameters)


def _notes(model: Matched, sample: MatchedSample, design: Design) -> tuple[Text, ...]:
    done = sample.cohorts
    treated = sum(int(c.treated.sum()) for c in done)
    off = sum(int(np.count_nonzero(~c.supported)) for c in done)
    used = sum(int(np.count_nonzero(c.treated & (c.weights > 0))) for c in done)
    others = len(np.unique(np.concatenate([c.unit[~c.treated & (c.weights > 0)] for c in done])))
    when = {"last": Text("处理前最后一期", "of the last period before treatment"),
            "mean": Text("处理前各期均值", "as means over the periods before treatment")}[model.at]  # fmt: skip
    notes = [
        Text(
            "{m}；按控制变量（{w}）；{t} 个处理单位中 {u} 个匹配成功，{o} 个不在共同支撑上，{f} 个无匹配；"
            "用到 {c} 个比较单位，各批有效个数 {e}",
            "{m}, on controls {w}; of {t} treated units {u} are matched, {o} are off the common support, {f} found "
            "nobody; {c} comparison units are used, effective numbers by cohort {e}",
        ).format(
            m=model.match.words,
            w=when,
            t=treated,
            u=used,
            o=off,
            f=treated - used - off,
            c=others,
            e=both(", ".join(f"{c.effective:.1f}" for c in done)),
        )
    ]
    for cohort, units, reason in sample.unmatched:
        notes.append(
            Text("批次 {g}（{u} 个单位）未用：{r}", "cohort {g} ({u} units) is left out: {r}").format(
                g=cohort, u=units, r=reason
            )
        )
    lost = sorted({design.asked.controls[j] for c in done for j in c.left_out})
    if lost:
        notes.append(
            Text(
                "倾向得分中有的批次略去（常数或共线）：{c}",
                "left out of some cohort's propensity as constant or collinear: {c}",
            ).format(c=", ".join(lost))
        )
    return tuple(notes)


MODEL = Matched()
