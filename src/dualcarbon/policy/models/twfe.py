"""Two-way fixed effects with one treatment dummy, and the weights it puts on each treated observation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Fit
from dualcarbon.policy.within import Regression, collinear, one_treated, within
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

ROUNDING = 1e-9
"""Share of the mean weight up to which a weight counts as zero."""


@dataclass(frozen=True, slots=True)
class TwoWayWeights:
    """What the two-way coefficient averages: b = sum of w effect over treated rows, in expectation.

    Attributes
    ----------
    rows : (m,) int64
        Positions of the treated rows in the design's arrays that were used.
    weight : (m,)
        Sums to 1.
    """

    rows: Codes
    weight: Floats

    @property
    def negative(self) -> int:
        """Treated rows with negative weight."""
        return int(np.count_nonzero(self.weight < -ROUNDING / len(self.weight)))

    @property
    def negative_share(self) -> float:
        """Share of the treated rows whose weight is negative."""
        return self.negative / len(self.weight)

    @property
    def negative_sum(self) -> float:
        """Sum of the negative weights."""
        return float(self.weight[self.weight < -ROUNDING / len(self.weight)].sum())


@dataclass(frozen=True, slots=True)
class TwoWay:
    """The two-way regression of most published studies; right only if the effect is the same everywhere and always.

        y_it = a_i + l_t + b D_it + x_it'c + e_it,   D_it = 1[t >= first_i]

    Notes
    -----
    With d the residual of D on the effects and the controls, b = sum over treated rows of w_it effect_it in expectation
    (parallel trends), w_it = d_it / sum of d over treated rows: de Chaisemartin & D'Haultfoeuille (2020, theorem 1),
    https://doi.org/10.1257/aer.20181169. Weights can be negative: then b can have the wrong sign. The note gives their
    share and sum, computed exactly from the sample. Periods of anticipation leave the sample. Errors clustered by unit
    or coarser, (N-1)/(N-K) G/(G-1), K without effects nested in the cluster; t with G - 1 degrees of freedom.
    """

    name = "twfe"
    label = Text("双向固定效应", "Two-way fixed effects")
    estimand = Text(
        "以双向回归权重（可为负）加权的处理效应", "effects weighted by the two-way regression, some weights negative"
    )
    comparisons = ("not_yet",)
    robust = False
    needs_balance = False
    takes_controls = True

    def check(self, design: Design) -> None:
        """Nothing beyond the attributes."""

    def estimate(self, design: Design) -> Fit:
        """The coefficient of the treatment dummy.

        Raises
        ------
        NotIdentifiedError
            If units and periods determine the dummy, or there are fewer than two clusters.
        """
        sample = without_anticipation(design)
        found = _regression(sample)
        weights = _weights(sample, found)
        return Fit(
            att=float(found.coef[0]),
            se=float(found.vcov[0, 0]) ** 0.5,
            df=found.df,
            rule=found.rule,
            notes=(
                *_told(weights),
                *collinear(sample.asked.controls, found.kept[1:]),
                *found.notes,
                *one_treated(sample),
            ),
            n=found.n,
        )


def two_way_weights(design: Design) -> TwoWayWeights:
    """The weight of every treated row in the two-way coefficient; see `TwoWay`.

    Examples
    --------
    >>> import polars as pl
    >>> from dualcarbon.core.panel import Panel
    >>> from dualcarbon.policy.design import design
    >>> t = pl.DataFrame({"i": [1] * 3 + [2] * 3, "t": [1, 2, 3] * 2, "g": [2] * 3 + [3] * 3, "y": [0.0] * 6})
    >>> found = two_way_weights(design(Panel.from_frame(t, id="i", time="t"), "y", "g", comparison="not_yet"))
    >>> found.weight.round(6).tolist(), found.negative
    ([1.0, -0.5, 0.5], 1)
    """
    sample = without_anticipation(design)
    found = _weights(sample, _regression(sample))
    return replace(found, rows=np.flatnonzero(~design.anticipating)[found.rows])


def without_anticipation(design: Design) -> Design:
    """The design without the periods in which units may anticipate."""
    return design.only(
        ~design.anticipating, Text("处理前可能已有预期的时期", "periods in which treatment may be anticipated")
    )


def _regression(sample: Design) -> Regression:
    dummy = sample.treated.astype(np.float64)
    found = within(
        sample.outcome,
        np.column_stack([dummy, sample.controls]),
        (sample.unit, sample.period),
        sample.cluster,
        cluster_word(sample),
    )
    if not found.kept[0]:
        raise NotIdentifiedError(
            Text("单位与时期完全决定处理变量", "units and periods determine the treatment"),
            expected=Text("同一时期既有受处理也有未受处理的单位", "treated and untreated units in the same period"),
            found=both(f"D: {int(dummy.sum())} / {sample.n}"),
            remedy=Text("加入未受处理的单位或更多时期", "add untreated units or more periods"),
        )
    return found


def _weights(sample: Design, found: Regression) -> TwoWayWeights:
    residual = found.x @ found.bread[:, 0]
    treated = sample.treated[found.used]
    return TwoWayWeights(np.flatnonzero(found.used)[treated], residual[treated])


def _told(weights: TwoWayWeights) -> tuple[Text, ...]:
    share = Text(
        "{k} / {m} 个受处理观测（{s}）权重为负，负权重之和 {w}",
        "{k} of {m} treated observations ({s}) enter with negative weight, {w} in sum",
    ).format(
        k=weights.negative,
        m=len(weights.weight),
        s=f"{100.0 * weights.negative_share:.1f} %",
        w=f"{weights.negative_sum:.4g}",
    )
    return (
        Text(
            "效应随批次或时间不同时，双向固定效应有偏：早处理单位充当了对照；请与稳健方法对照",
            "biased if effects differ by cohort or over time, because earlier treated units serve as controls: "
            "compare with a robust estimator",
        ),
        share,
    )


MODEL = TwoWay()
