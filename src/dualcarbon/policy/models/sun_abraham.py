"""Sun & Abraham: one coefficient per cohort and relative period, averaged by the cohorts' shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.faults import SHOWN, no_effect, no_reference
from dualcarbon.policy.model import Cohorts, Fit
from dualcarbon.policy.models._averages import Cells, averaged, group_time, mean_after, path_of
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.within import Regression, collinear, dense, one_treated, within
from dualcarbon.policy.words import cluster_word

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_BYTES = 2.8e9
"""Memory the regression may ask for: its columns, and the copies made while they are partialled out."""

COPIES = 5


@dataclass(frozen=True, slots=True)
class SunAbraham:
    """The interaction-weighted event study.

        y_it = m_i + l_t + sum_g sum_(e != -1-a) d_ge 1(first_i = g, t - g = e) + x_it'b + u_it

    with a the anticipation, on never-treated units and all cohorts; effect at e: sum_g d_ge n_ge / n_e with n_ge the
    rows of cohort g at e. `att` averages d_ge, e >= 0, by n_ge; cohorts average theirs likewise.

    Parameters
    ----------
    errors : {"cluster", "iid"}
        Clustered by unit or coarser, with (n - 1) / (n - K) G / (G - 1) and G - 1 degrees of freedom, K without effects
        nested in the clusters; or of equal variance. Cohort shares are taken as known.

    Notes
    -----
    Without never-treated units the last cohort stands in for them: periods from its treatment (or anticipation) on
    leave the sample, counted. A cohort unseen in its reference period, or an interaction that effects and controls
    determine, is refused. Sun & Abraham (2021), https://doi.org/10.1016/j.jeconom.2020.09.006.
    """

    errors: Literal["cluster", "iid"] = "cluster"

    name = "sun_abraham"
    label = Text("Sun-Abraham 交互加权", "Sun & Abraham")
    estimand = Text("受处理的单位-时期的平均效应", "mean effect over treated unit-periods")
    comparisons = ("never", "not_yet")
    robust = True
    needs_balance = False
    takes_controls = True

    def check(self, design: Design) -> None:
        """Raise if an option is unknown, a cohort lacks its reference period or the sample is too large."""
        require_choice("errors", self.errors, ("cluster", "iid"))
        sample = _with_comparison(design)
        reference = -1 - sample.asked.anticipation
        seen = np.unique(sample.first[sample.ever & (sample.relative == reference)])
        lacking = np.setdiff1d(sample.cohorts, seen)
        if len(lacking):
            raise no_reference(lacking, reference)
        pairs, _ = _interactions(sample, reference)
        if not np.any(pairs[:, 1] >= 0):
            raise no_effect(self.label)
        _require_room(sample.n, len(pairs) + sample.controls.shape[1])

    def estimate(self, design: Design) -> Fit:
        """The effect."""
        sample = _with_comparison(design)
        reference = -1 - sample.asked.anticipation
        pairs, code = _interactions(sample, reference)
        k = len(pairs)
        columns = np.zeros((sample.n, k + sample.controls.shape[1]))
        inside = np.flatnonzero(code >= 0)
        columns[inside, code[inside]] = 1.0
        columns[:, k:] = sample.controls
        name = cluster_word(sample)
        found = within(sample.outcome, columns, (sample.unit, sample.period), sample.cluster, name)
        if not found.kept[:k].all():
            raise _determined(pairs[~found.kept[:k]])
        vcov, df, rule = self._errors(sample, found)
        count = np.bincount(code[inside], minlength=k).astype(np.float64)
        cells = Cells(pairs[:, 0], pairs[:, 1], count, found.coef[:k], vcov[:k, :k])
        notes = (
            *_notes(sample, design),
            *one_treated(sample),
            *found.notes,
            *collinear(sample.asked.controls, found.kept[k:]),
        )
        fit = _fit(sample, cells, reference)
        return replace(fit, df=df, rule=rule, notes=notes, n=found.n)

    def _errors(self, sample: Design, found: Regression) -> tuple[Floats, float, Text]:
        """Covariance, degrees of freedom and their rule."""
        from dualcarbon.kernels.groups import rank_of_effects

        if self.errors == "cluster":
            return found.vcov, found.df, found.rule
        effects = (dense(sample.unit[found.used]), dense(sample.period[found.used]))
        left = found.n - len(found.coef) - rank_of_effects(effects)
        variance = float(found.residuals @ found.residuals) / left
        return variance * found.bread, float(left), Text("独立同方差", "independent errors of equal variance")


def _fit(sample: Design, cells: Cells, reference: int) -> Fit:
    """The averages of the cells."""
    after = cells.relative >= 0
    groups = np.unique(cells.cohort[after])
    att, se = averaged(cells, [after])
    effects, errors = averaged(cells, [after & (cells.cohort == g) for g in groups])
    return Fit(
        att=float(att[0]),
        se=float(se[0]),
        rule=both("-"),
        path=path_of(cells, reference, sample.asked.window),
        cohorts=Cohorts(groups, effects, errors),
        group_time=group_time(cells),
        aggregates={"dynamic": mean_after(path_of(cells, reference, None))},
    )


def _with_comparison(design: Design) -> Design:
    """The design itself, or without never-treated units that before its last cohort is treated."""
    if np.any(design.unit_first == NEVER):
        return design
    last = int(design.cohorts[-1])
    until = last - design.asked.anticipation
    kept = design.only(
        design.period < until,
        Text("最后一组也已受处理（自 {t} 起）", "the last cohort is treated too (from {t} on)").format(t=until),
    )
    return _as_never(kept, last)


def _as_never(design: Design, cohort: int) -> Design:
    return replace(design, first=np.where(design.first == cohort, NEVER, design.first))


def _interactions(sample: Design, reference: int) -> tuple[Codes, Codes]:
    """Cohorts and relative periods that occur besides the reference, (k, 2), and which of them each row is in or -1."""
    inside = sample.ever & (sample.relative != reference)
    rows = np.column_stack([sample.first[inside], sample.relative[inside]])
    pairs, position = np.unique(rows, axis=0, return_inverse=True)
    code = np.full(sample.n, -1, dtype=np.int64)
    code[inside] = position
    return pairs, code


def _notes(sample: Design, design: Design) -> tuple[Text, ...]:
    if sample is design:
        never = Text("只与从未受处理的单位比较", "compared with never-treated units only")
        return (never,) if design.asked.comparison == "not_yet" else ()
    return (
        Text(
            "没有从未受处理的单位：以最后一组（{g}，{k} 个单位）为比较组，略去其受处理后的 {r} 行",
            "no never-treated units: the last cohort ({g}, {k} units) is the comparison, "
            "{r} rows from its treatment on left out",
        ).format(
            g=int(design.cohorts[-1]),
            k=int(np.count_nonzero(design.unit_first == design.cohorts[-1])),
            r=design.n - sample.n,
        ),
    )


def _require_room(rows: int, columns: int) -> None:
    needed = COPIES * 8.0 * rows * (columns + 1)
    if needed <= MOST_BYTES:
        return
    raise DataError(
        Text("样本对 sun_abraham 过大", "the sample is too large for sun_abraham"),
        expected=Text("至多 {g:.1f} GB 内存", "at most {g:.1f} GB of memory").format(g=MOST_BYTES / 1e9),
        found=Text("{r} 行、{c} 列，需 {g:.1f} GB", "{r} rows and {c} columns need {g:.1f} GB").format(
            r=rows, c=columns, g=needed / 1e9
        ),
        remedy=Text(
            "合并首次处理时期，或换用 callaway_santanna、imputation",
            "merge cohorts, or use callaway_santanna or imputation",
        ),
    )


def _determined(pairs: Sequence[Codes] | Codes) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("部分组别-时期效应无法识别", "some cohort-by-period effects are not identified"),
        expected=Text("不被固定效应与控制变量决定", "not determined by effects and controls"),
        found=both(str([tuple(int(v) for v in p) for p in pairs[:SHOWN]])),
        remedy=Text("加入从未受处理的单位，或减少控制变量", "add never-treated units, or use fewer controls"),
    )


MODEL = SunAbraham()
