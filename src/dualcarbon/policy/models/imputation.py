"""Borusyak, Jaravel & Spiess: untreated outcomes of treated rows predicted from all untreated rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.options import bad_option
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Cohorts, Fit, Path
from dualcarbon.policy.models._averages import Cells, averaged, group_time, mean_after, weights_of
from dualcarbon.policy.within import few_clusters, one_treated, require_clusters
from dualcarbon.policy.words import cluster_word

if TYPE_CHECKING:
    from dualcarbon.kernels import imputation as kernel

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

LEADS = 3
"""Periods before treatment that are tested where the user names no number."""

STILL = 1e-10
"""Deviation of a control within units, relative to its own, below which it is constant but for rounding."""


@dataclass(frozen=True, slots=True)
class Imputation:
    """The efficient estimator under parallel trends in all untreated rows.

        y_it = m_i + l_t + x_it'b + u_it  over untreated rows;   tau_it = y_it - m_i - l_t - x_it'b  in treated rows

    Untreated: all rows of never-treated units, and rows before treatment (less the anticipation) of the others. `att`,
    path and cohorts average tau_it over treated rows.

    Parameters
    ----------
    leads : int, optional
        Periods before treatment with a coefficient of their own in a regression on untreated rows; earlier ones are
        what they are compared with. By default the window's first period, else 3; fewer where the data have fewer. They
        do not enter the effects.

    Notes
    -----
    Errors: psi_c sums v_it e_it over cluster c, v the weight of y_it in the average, e the residual in untreated rows
    and tau_it less the mean of its cohort and period in the others; variance sum_c psi_c psi_c', asymptotically
    conservative and without a small-sample factor, as published. Intervals by t with G - 1 degrees of freedom, G the
    clusters: where these are few the normal covers 91-93 %.

    A treated row is left out, counted in a note, where untreated rows do not determine its prediction: nobody is
    untreated in its period, its unit has no untreated row, or a control varies among the treated only. Rows within the
    anticipation enter neither the regression nor `att`; their effects are in the path.
    Borusyak, Jaravel & Spiess (2024), https://doi.org/10.1093/restud/rdae007.
    """

    leads: int | None = None

    name = "imputation"
    label = Text("插补法（Borusyak-Jaravel-Spiess）", "Imputation (Borusyak, Jaravel & Spiess)")
    estimand = Text(
        "可插补的受处理单位-时期的平均效应",
        "mean effect over treated unit-periods whose untreated outcome is predicted",
    )
    comparisons = ("not_yet",)
    robust = True
    needs_balance = False
    takes_controls = True

    def check(self, design: Design) -> None:
        """Raise if `leads` is negative."""
        if self.leads is not None and self.leads < 0:
            raise bad_option("leads", Text("0 或正整数", "0 or a positive number"), self.leads)

    def estimate(self, design: Design) -> Fit:
        """The effect.

        Raises
        ------
        NotIdentifiedError
            If no treated row can be predicted, or there are fewer than two clusters.
        """
        from dualcarbon.kernels.imputation import cell_influence, cell_means, impute

        require_clusters(len(np.unique(design.cluster)), cluster_word(design))
        columns, untreated = _columns(design), _untreated(design)
        found = impute(design.outcome, columns, design.unit, untreated)
        used = ~untreated & found.identified
        _require_some(design, used)
        pairs, code = _cells(design, used)
        estimate, count = cell_means(found.gap, code, len(pairs))
        influence = cell_influence(found, untreated, code, len(pairs), design.cluster)
        cells = Cells(pairs[:, 0], pairs[:, 1], count, estimate, influence.T @ influence)
        leads = _leads(design, self._span(design), columns, untreated)
        fit = self._fit(design, cells, influence, leads, used, untreated)
        return replace(fit, notes=(*fit.notes, *_not_unique(design, found, untreated)))

    def _span(self, design: Design) -> int:
        """How many leads: as asked, and never so many that no cohort has an earlier period."""
        earliest = int(np.max(design.cohorts - design.asked.anticipation - design.periods[0]))
        from_window = -design.asked.window[0] - design.asked.anticipation if design.asked.window else LEADS
        asked = self.leads if self.leads is not None else from_window
        return max(min(asked, earliest - 1), 0)

    def _fit(
        self, design: Design, cells: Cells, influence: Floats, leads: _Leads, used: Mask, untreated: Mask
    ) -> Fit:  # fmt: skip
        after = cells.relative >= 0
        cohorts, groups = np.unique(cells.cohort[after]), len(influence)
        att, se = averaged(cells, [after])
        effects, errors = averaged(cells, [after & (cells.cohort == g) for g in cohorts])
        errors = np.where(errors > 0, errors, np.nan)
        path = _path(design, cells, influence, leads)
        return Fit(
            att=float(att[0]),
            se=float(se[0]),
            df=float(groups - 1),
            rule=Text(
                "保守的聚类方差，按 {c}（{g} 组），无小样本校正；区间用自由度 G - 1 的 t 分布",
                "conservative, clustered by {c} ({g} clusters), no small-sample factor; intervals by t with G - 1 "
                "degrees of freedom",
            ).format(c=cluster_word(design), g=groups),
            path=path,
            cohorts=Cohorts(cohorts, effects, errors),
            group_time=group_time(cells),
            aggregates={"dynamic": mean_after(path)},
            notes=(*_notes(design, cells, leads, used, untreated), *few_clusters(groups), *one_treated(design)),
            n=int(np.count_nonzero(untreated | (used & design.treated))),
        )


@dataclass(frozen=True, slots=True)
class _Leads:
    """Coefficients of the leads: relative period, estimate, influence (clusters, l)."""

    relative: Codes
    estimate: Floats
    influence: Floats


def _untreated(design: Design) -> Mask:
    return ~design.ever | (design.relative < -design.asked.anticipation)


def _columns(design: Design) -> Floats:
    """Dummies of all periods but the first, and the controls scaled to unit deviation, (n, m)."""
    periods = design.periods[1:]
    dummies = (design.period[:, None] == periods).astype(np.float64)
    deviation = design.controls.std(axis=0)
    controls = (design.controls - design.controls.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return np.column_stack([dummies, controls])


def _cells(design: Design, used: Mask) -> tuple[Codes, Codes]:
    pairs, position = np.unique(
        np.column_stack([design.first[used], design.relative[used]]), axis=0, return_inverse=True
    )
    code = np.full(design.n, -1, dtype=np.int64)
    code[used] = position
    return pairs, code


def _leads(design: Design, span: int, columns: Floats, untreated: Mask) -> _Leads:
    """Regression on untreated rows with a dummy for each of the last `span` periods before treatment.

    The earliest lead goes as long as they are not all determined.
    """
    from dualcarbon.kernels.imputation import impute, scores

    last, start = -1 - design.asked.anticipation, columns.shape[1]
    for first in range(last - span + 1, last + 1):
        relative = np.arange(first, last + 1)
        dummies = ((design.relative[:, None] == relative) & design.ever[:, None] & untreated[:, None]).astype(
            np.float64
        )
        found = impute(design.outcome, np.column_stack([columns, dummies]), design.unit, untreated)
        if found.settled[start:].all():
            influence = scores(found, untreated, design.cluster) @ found.inverse
            return _Leads(relative, found.coef[start:], influence[:, start:])
    return _Leads(np.empty(0, dtype=np.int64), np.empty(0), np.empty((int(design.cluster.max()) + 1, 0)))


def _path(design: Design, cells: Cells, influence: Floats, leads: _Leads) -> Path:
    relative = np.unique(cells.relative)
    window = design.asked.window
    if window is not None:
        relative = relative[relative <= window[1]]
    weight = weights_of(cells, [cells.relative == e for e in relative])
    joint = np.column_stack([leads.influence, influence @ weight.T])
    vcov = joint.T @ joint
    estimate = np.concatenate([leads.estimate, weight @ cells.estimate])
    se = np.sqrt(np.diag(vcov))
    return Path(np.concatenate([leads.relative, relative]), estimate, np.where(se > 0, se, np.nan), vcov)


def _notes(design: Design, cells: Cells, leads: _Leads, used: Mask, untreated: Mask) -> tuple[Text, ...]:
    notes = []
    out = ~used & ~untreated
    if out.any():
        notes.append(
            Text(
                "{r} 个受处理行（{u} 个单位，时期 {p}）没有未处理行可据以插补，不计入平均",
                "{r} treated rows ({u} units, periods {p}) cannot be predicted from untreated rows and are left out",
            ).format(r=int(out.sum()), u=len(np.unique(design.unit[out])), p=_spans(np.unique(design.period[out])))
        )
    alone = cells.count == 1
    if alone.any():
        notes.append(
            Text(
                "{k} 个组别-时期只有一行：其自身误差无从估计，标准误偏小",
                "{k} cohort-by-period cells hold a single row: its own error cannot be estimated, errors are too small",
            ).format(k=int(alone.sum()))
        )
    if not len(leads.relative):
        notes.append(Text("处理前各期的效应无从检验", "no effect before treatment can be tested"))
    else:
        notes.append(
            Text(
                "处理前各期（{a} 至 {b}）以更早各期为参照，由未处理行单独回归",
                "periods {a} to {b} are compared with all earlier ones, in a regression on untreated rows alone",
            ).format(a=int(leads.relative[0]), b=int(leads.relative[-1]))
        )
    return tuple(notes)


def _not_unique(design: Design, found: kernel.Imputation, untreated: Mask) -> tuple[Text, ...]:
    """A note on each control whose coefficient untreated rows do not determine."""
    start = len(design.periods) - 1
    varies = np.sqrt(np.mean(found.within[untreated, start:] ** 2, axis=0)) > STILL
    return tuple(
        Text(
            "控制变量 {x} 与固定效应或其他控制变量共线，其系数不唯一；效应与之无关",
            "control {x} is collinear with effects or other controls: its coefficient is not unique, which changes no "
            "effect",
        ).format(x=name)
        for name, settled in zip(design.asked.controls, found.settled[start:] & varies, strict=True)
        if not settled
    )


def _spans(periods: Codes) -> str:
    return f"{periods[0]}-{periods[-1]}" if len(periods) > 1 else str(periods[0])


def _require_some(design: Design, used: Mask) -> None:
    if np.any(used & (design.relative >= 0)):
        return
    treated = design.treated
    raise NotIdentifiedError(
        Text("没有可插补的受处理行", "no treated row can be predicted"),
        expected=Text("处理期内仍有未处理的单位", "units still untreated in treated periods"),
        found=Text("{r} 个受处理行，0 个可插补", "{r} treated rows, 0 predicted").format(r=int(treated.sum())),
        remedy=Text("加入从未或更晚受处理的单位", "add units never treated or treated later"),
    )


MODEL = Imputation()
