"""Two-way fixed effects with a dummy for every period relative to treatment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.options import bad_option
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Fit, Path
from dualcarbon.policy.models._averages import mean_after, mean_of
from dualcarbon.policy.within import Regression, collinear, one_treated, within
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Dynamic two-way regression, with binned ends and one (or two) reference periods.

        y_it = a_i + l_t + sum over e != r of b_e 1[t - first_i = e] + x_it'c + e_it

    e is clipped to the window: its ends hold all periods at or beyond them. `att` averages b_e, e >= 0, by the number
    of treated rows in each; their unweighted mean is the aggregate "dynamic".

    Parameters
    ----------
    reference : int, optional
        The relative period that is zero by construction, -1 - anticipation by default.

    Notes
    -----
    Without never-treated units the relative periods, units and periods share a linear trend: unless the window bins
    enough to break it, the period furthest before treatment becomes a second reference, and a note says so (Borusyak,
    Jaravel & Spiess 2024, https://doi.org/10.1093/restud/rdae007). If cohorts differ in their effects, each b_e mixes
    effects of other relative periods: Sun & Abraham (2021), https://doi.org/10.1016/j.jeconom.2020.09.006. Errors as in
    `twfe`; the joint covariance is kept.
    """

    reference: int | None = None

    name = "event_study"
    label = Text("双向固定效应事件研究", "Two-way event study")
    estimand = Text("各相对时期系数按受处理观测数的平均", "mean of the relative-period coefficients over treated rows")
    comparisons = ("not_yet",)
    robust = False
    needs_balance = False
    takes_controls = True

    def check(self, design: Design) -> None:
        """The reference period lies before treatment and anticipation, inside the window, and occurs.

        Raises
        ------
        ConfigError, NotIdentifiedError
        """
        reference, latest = self._reference(design), -1 - design.asked.anticipation
        low = design.asked.window[0] if design.asked.window is not None else reference
        if not low <= reference <= latest:
            raise bad_option(
                "reference", Text("{a} 到 {b} 之间", "between {a} and {b}").format(a=low, b=latest), reference
            )
        relative = clipped(design)
        if not np.any(relative[design.ever] == reference):
            raise NotIdentifiedError(
                Text("参照期没有观测", "nothing is observed in the reference period"),
                expected=Text("受处理单位在相对时期 {r} 有观测", "treated units seen at {r}").format(r=reference),
                found=both(str(np.unique(relative[design.ever]).tolist())),
                remedy=Text("改用另一参照期", "choose another reference period"),
            )

    def estimate(self, design: Design) -> Fit:
        """The path and its average.

        Raises
        ------
        NotIdentifiedError
            If an effect after treatment is not identified, or there are fewer than two clusters.
        """
        reference = self._reference(design)
        relative = clipped(design)
        levels = ordered(relative[design.ever], reference)
        found = _regression(design, relative, levels)
        path = path_of(found, levels, reference, binned(design))
        sizes = np.array([np.count_nonzero(design.ever & (relative == e)) for e in path.relative])
        att, se = mean_of(path, np.where(path.relative >= 0, sizes, 0))
        second = levels[~found.kept[: len(levels)]]
        return Fit(
            att=att,
            se=se,
            df=found.df,
            rule=found.rule,
            path=path,
            aggregates={"dynamic": mean_after(path)},
            notes=(
                *_told(second),
                *collinear(design.asked.controls, found.kept[len(levels) :]),
                *found.notes,
                *one_treated(design),
            ),
            n=found.n,
        )

    def _reference(self, design: Design) -> int:
        return -1 - design.asked.anticipation if self.reference is None else self.reference


def clipped(design: Design) -> Codes:
    """Periods since treatment, (n,), with those beyond the window moved to its ends; 0 where never treated."""
    if design.asked.window is None:
        return design.relative
    return np.asarray(np.clip(design.relative, *design.asked.window))


def binned(design: Design) -> tuple[int, ...]:
    """The ends of the window that hold more than their own period."""
    if design.asked.window is None:
        return ()
    low, high = design.asked.window
    seen = design.relative[design.ever]
    return tuple(e for e, beyond in ((low, seen.min() < low), (high, seen.max() > high)) if beyond)


def ordered(relative: Codes, reference: int) -> Codes:
    """Relative periods that occur, without the reference: after treatment first, then from the nearest before it on.

    Whichever is collinear with those before it is the one furthest before treatment.
    """
    found = np.unique(relative)
    found = found[found != reference]
    return np.concatenate([found[found >= 0], found[found < 0][::-1]])


def dummies(relative: Codes, ever: Mask, levels: Codes) -> Floats:
    """One column per level, (n, e); zero where never treated."""
    return np.asarray((relative[:, None] == levels) & ever[:, None], dtype=np.float64)


def path_of(found: Regression, levels: Codes, reference: int, ends: tuple[int, ...] = ()) -> Path:
    """Coefficients of the first regressors as a path: references are 0 with error NaN."""
    kept = levels[found.kept[: len(levels)]]
    relative = np.sort(np.append(levels, reference))
    estimate, vcov = np.zeros(len(relative)), np.full((len(relative), len(relative)), np.nan)
    at = np.searchsorted(relative, kept)
    estimate[at] = found.coef[: len(kept)]
    vcov[np.ix_(at, at)] = found.vcov[: len(kept), : len(kept)]
    return Path(relative, estimate, np.sqrt(np.diag(vcov)), vcov, reference, ends)


def _regression(design: Design, relative: Codes, levels: Codes) -> Regression:
    found = within(
        design.outcome,
        np.column_stack([dummies(relative, design.ever, levels), design.controls]),
        (design.unit, design.period),
        design.cluster,
        cluster_word(design),
    )
    lost = levels[~found.kept[: len(levels)]]
    if np.any(lost >= 0) or not np.any(levels >= 0):
        raise NotIdentifiedError(
            Text("处理后的效应无法识别", "effects after treatment are not identified"),
            expected=Text(
                "每个相对时期都有同期未受处理的单位", "untreated units in the same calendar period, at every period"
            ),
            found=Text("无法识别：{e}", "not identified: {e}").format(e=lost[lost >= 0].tolist()),
            remedy=Text(
                "用 window= 归并两端，或加入从未处理的单位", "bin the ends with window=, or add never-treated units"
            ),
        )
    return found


def _told(second: Codes) -> tuple[Text, ...]:
    return (
        Text(
            "各批次效应不同时，相对时期系数互相混杂（Sun-Abraham 2021）；请与稳健方法对照",
            "if effects differ by cohort, each coefficient mixes other periods (Sun & Abraham 2021): "
            "compare with a robust estimator",
        ),
        *second_reference(second),
    )


def second_reference(levels: Codes) -> tuple[Text, ...]:
    """A note on further relative periods that had to be set to zero."""
    if not len(levels):
        return ()
    return (
        Text(
            "没有足够的从未处理单位：相对时期、单位与时期共线，{e} 也设为参照（系数为 0）",
            "relative periods, units and periods are collinear (too few never-treated units): {e} is zero too",
        ).format(e=", ".join(str(e) for e in levels)),
    )


MODEL = EventStudy()
