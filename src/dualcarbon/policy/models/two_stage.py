"""Two-stage difference-in-differences: effects of units and periods from untreated rows, then means of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.options import bad_option, require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Cohorts, Fit, Path
from dualcarbon.policy.models.event_study import binned, clipped, dummies, ordered, second_reference
from dualcarbon.policy.within import collinear, dense, few_clusters, one_treated, require_clusters, within
from dualcarbon.policy.words import cluster_word

if TYPE_CHECKING:
    from dualcarbon.kernels.two_way import TwoWay

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Timing = Literal["drawn", "fixed"]


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Gardner's two-stage estimator.

    Stage 1, untreated rows only: y_it = a_i + l_t + x_it'c + e_it. Stage 2, treated rows: the mean of
    y_it - a_i - l_t - x_it'c over all of them (`att`), by relative period, and by cohort.

    Parameters
    ----------
    timing : {"drawn", "fixed"}
        Whether the errors count the first treated periods as drawn with the units, so that `att` is of a population
        (Gardner, R did2s), or as given, so that it is of this design: then u below is what is left less the mean of the
        cohort in the period, not of all rows, and errors are smaller the more effects differ between cohorts.

    Notes
    -----
    Point estimates equal the imputation estimator. The covariance is the sandwich of both stages' moments: with Z1 all
    rows' and Z0 the untreated rows' regressors of stage 1, D the dummies of stage 2, e and u the residuals,

        V = (D'D)^-1 (sum over clusters of s_g s_g') (D'D)^-1,  s_g = sum over g of (D_i u_i - G'z0_i e_i),
        G = (Z0'Z0)^-1 Z1'D

    without a small-sample factor, as R did2s; t with G - 1 degrees of freedom. Never an n x n or N x N matrix: the
    units are eliminated.

    Effects before treatment come from untreated rows with a dummy for each relative period before the reference, the
    last one seen before treatment and anticipation (Borusyak, Jaravel & Spiess 2024, section 4.4,
    https://doi.org/10.1093/restud/rdae007), their scores scaled by the root of the small-sample factor of `twfe`; their
    covariance with the others is kept. The window bins both ends. Rows
    in periods of anticipation enter neither stage of `att`; their effects are in the path. Treated rows whose unit or
    period is never seen untreated, or only in a part of the panel that does not hang together with theirs, are left out
    and counted. Gardner (2022), https://arxiv.org/abs/2207.05943.
    """

    timing: Timing = "drawn"

    name = "two_stage"
    label = Text("两阶段双重差分（Gardner）", "Two-stage difference-in-differences (Gardner)")
    estimand = Text("受处理的单位-时期的平均效应", "mean effect over treated unit-periods")
    comparisons = ("not_yet",)
    robust = True
    needs_balance = False
    takes_controls = True

    def check(self, design: Design) -> None:
        """The timing is one of its words; the window reaches the reference period -1 - anticipation.

        Raises
        ------
        ConfigError
        """
        require_choice("timing", self.timing, get_args(Timing))
        latest = -1 - design.asked.anticipation
        if design.asked.window is not None and design.asked.window[0] > latest:
            expected = Text("首端不晚于 {r}", "first end at most {r}").format(r=latest)
            raise bad_option("window", expected, design.asked.window)

    def estimate(self, design: Design) -> Fit:
        """The average effect, its path and its cohorts.

        Raises
        ------
        NotIdentifiedError
            If no treated row has a counterfactual, or there are fewer than two clusters.
        """
        first = _first_stage(design, self.timing)
        relative, treated = clipped(design), design.treated & first.within_reach
        _require_some(treated, design)
        total = _means(first, np.where(treated, 0, -1))
        before = _before(design, first, relative)
        later = first.within_reach & ~first.untreated
        path = _path(before, _means(first, np.where(later, relative - relative.min(), -1)), relative, design)
        cohort = _means(first, np.where(treated, np.searchsorted(design.cohorts, design.first), -1))
        return Fit(
            att=float(total.mean[0]),
            se=float(total.vcov[0, 0]) ** 0.5,
            df=float(first.groups - 1),
            rule=_rule(design, first.groups, self.timing),
            path=path,
            cohorts=Cohorts(design.cohorts[cohort.labels], cohort.mean, np.sqrt(np.diag(cohort.vcov)), cohort.vcov),
            notes=(*first.notes, *second_reference(before.zero), *few_clusters(first.groups), *one_treated(design)),
            n=int(np.count_nonzero(first.untreated | treated)),
        )


@dataclass(frozen=True, slots=True)
class _FirstStage:
    """Untreated rows fitted, and what is left of every row.

    `untreated`, `within_reach` : (n,) rows of stage 1, and rows whose unit and period it knows; `left` : (n,) y less
    what stage 1 predicts, `noise` : (n,) that less the mean of the row's cell where timing is fixed, else the same;
    `x` : (n, k) controls centred and scaled; `system` : stage 1's equations.
    """

    design: Design
    untreated: Mask
    within_reach: Mask
    left: Floats
    noise: Floats
    period: Codes
    x: Floats
    system: TwoWay
    cluster: Codes
    groups: int
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class _Means:
    """Means by label with scores by cluster, (groups, m), whose cross product is the covariance."""

    labels: Codes
    mean: Floats
    scores: Floats

    @property
    def vcov(self) -> Floats:
        return np.asarray(self.scores.T @ self.scores)


def _first_stage(design: Design, timing: Timing) -> _FirstStage:
    from dualcarbon.kernels.two_way import predicted, two_way

    untreated = ~design.ever | (design.relative < -design.asked.anticipation)
    cluster, period, unit = dense(design.cluster), dense(design.period), design.unit
    groups = int(cluster.max()) + 1
    require_clusters(groups, cluster_word(design))
    reach = _reached(unit, period, untreated)
    x = _standardised(design.controls, untreated)
    y = (design.outcome - design.outcome[untreated].mean())[:, None]
    system = two_way(unit[untreated], period[untreated], x[untreated], len(design.starts), len(design.periods))
    at = system.solve(system.moments(y[untreated]))
    left = (y - predicted(at, unit, period, x))[:, 0]
    kept = system.kept[system.periods :]
    notes = (*_unreached(int(np.count_nonzero(~reach))), *collinear(design.asked.controls, kept))
    noise = left if timing == "drawn" else _within_cells(left, design, ~untreated)
    return _FirstStage(design, untreated, reach, left, noise, period, x, system, cluster, groups, notes)


def _within_cells(left: Floats, design: Design, rows: Mask) -> Floats:
    """What is left less the mean of its cohort and period, in the rows; (n,)."""
    cell = dense(design.first[rows]) * len(design.periods) + dense(design.period[rows])
    sums = np.bincount(cell, weights=left[rows])
    noise = left.copy()
    noise[rows] -= (sums / np.maximum(np.bincount(cell), 1))[cell]
    return noise


def _reached(unit: Codes, period: Codes, untreated: Mask) -> Mask:
    """Rows, (n,), whose unit and period are linked through untreated rows: their counterfactual is identified."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    units, periods = int(unit.max()) + 1, int(period.max()) + 1
    rows, columns = unit[untreated], units + period[untreated]
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(units + periods, units + periods))
    _, part = connected_components(links, directed=False)
    return np.asarray(part[unit] == part[units + period])


def _standardised(controls: Floats, rows: Mask) -> Floats:
    """Controls centred and scaled over the rows; a constant one is only centred."""
    centred = controls - controls[rows].mean(axis=0)
    scale = centred[rows].std(axis=0)
    return np.asarray(centred / np.where(scale > 0, scale, 1.0))


def _means(first: _FirstStage, label: Codes) -> _Means:
    """Means of what is left over the rows of each label, (n,), -1 for none, with the scores of both stages."""
    from dualcarbon.kernels.groups import group_sums
    from dualcarbon.kernels.two_way import label_moments

    chosen = label >= 0
    labels, inside = np.unique(label[chosen], return_inverse=True)
    rows, m = np.bincount(inside).astype(np.float64), len(labels)
    mean = np.bincount(inside, weights=first.left[chosen]) / rows
    shape = (len(first.system.mass), first.system.periods)
    unit, period = first.design.unit[chosen], first.period[chosen]
    carried = first.system.solve(label_moments(inside, m, unit, period, first.x[chosen], shape))
    middle = np.bincount(inside, weights=first.noise[chosen]) / rows
    own = np.bincount(
        first.cluster[chosen] * m + inside, weights=first.noise[chosen] - middle[inside], minlength=first.groups * m
    ).reshape(first.groups, m)
    fitted = np.ascontiguousarray(first.system.fitted(carried))
    error = first.left[first.untreated]
    scores = own - group_sums(fitted, error, first.cluster[first.untreated], first.groups)
    return _Means(labels, mean, scores / rows)


@dataclass(frozen=True, slots=True)
class _Before:
    """Effects before the reference: levels (b,), estimates, scores by cluster (groups, b), further references."""

    levels: Codes
    mean: Floats
    scores: Floats
    zero: Codes
    reference: int


def _before(design: Design, first: _FirstStage, relative: Codes) -> _Before:
    """Leads in a regression on untreated rows."""
    from dualcarbon.kernels.groups import group_sums

    rows = first.untreated
    seen = relative[rows & design.ever]
    reference = int(seen.max()) if len(seen) else -1 - design.asked.anticipation
    levels = ordered(seen, reference)
    if not len(levels):
        return _Before(levels, np.zeros(0), np.zeros((first.groups, 0)), levels, reference)
    columns = np.column_stack([dummies(relative[rows], design.ever[rows], levels), first.x[rows]])
    effects = (design.unit[rows], design.period[rows])
    found = within(design.outcome[rows], columns, effects, first.cluster[rows], cluster_word(design))
    kept = found.kept[: len(levels)]
    pull = np.ascontiguousarray(found.x @ found.bread[:, : int(kept.sum())])
    scores = group_sums(pull, found.residuals, first.cluster[rows][found.used], first.groups)
    leads = found.coef[: scores.shape[1]]
    return _Before(levels[kept], leads, scores * found.factor**0.5, levels[~kept], reference)


def _path(before: _Before, after: _Means, relative: Codes, design: Design) -> Path:
    """Leads, references and effects in order of time, with their joint covariance."""
    zero = np.append(before.zero, before.reference)
    levels = np.concatenate([before.levels, after.labels + relative.min(), zero])
    order = np.argsort(levels)
    scores = np.column_stack([before.scores, after.scores, np.full((len(after.scores), len(zero)), np.nan)])[:, order]
    estimate = np.concatenate([before.mean, after.mean, np.zeros(len(zero))])[order]
    vcov = scores.T @ scores
    return Path(levels[order], estimate, np.sqrt(np.diag(vcov)), vcov, before.reference, binned(design), split=True)


def _require_some(treated: Mask, design: Design) -> None:
    if not treated.any():
        raise NotIdentifiedError(
            Text("没有受处理观测可以推算反事实", "no treated row has a counterfactual"),
            expected=Text(
                "受处理的单位与时期都有未受处理的观测", "treated units and periods that are also seen untreated"
            ),
            found=both(f"0 / {int(np.count_nonzero(design.treated))}"),
            remedy=Text("加入未受处理的单位或更早的时期", "add untreated units or earlier periods"),
        )


def _unreached(rows: int) -> tuple[Text, ...]:
    if not rows:
        return ()
    return (
        Text(
            "{k} 行的单位或时期没有可比的未受处理观测，其反事实无法识别，未使用",
            "{k} rows are left out: no comparable untreated row for their unit or period identifies a counterfactual",
        ).format(k=rows),
    )


def _rule(design: Design, groups: int, timing: Timing) -> Text:
    drawn, given = Text("处理时点视为抽得", "timing drawn"), Text("处理时点视为给定", "timing given")
    return Text(
        "两阶段 GMM 三明治，{w}，按 {c} 聚类（{g} 组），无小样本校正",
        "sandwich of both stages, {w}, clustered by {c} ({g} clusters), no small-sample factor",
    ).format(w=drawn if timing == "drawn" else given, c=cluster_word(design), g=groups)


MODEL = TwoStage()
