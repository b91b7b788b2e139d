"""Callaway & Sant'Anna: every cohort in every period against units not (yet) treated, then averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Fit, Path
from dualcarbon.policy.models import _library as library
from dualcarbon.policy.words import cluster_word

_GROUPS = {"never": "never_treated", "not_yet": "not_yet_treated"}


@dataclass(frozen=True, slots=True)
class CallawaySantAnna:
    """Group-time effects with doubly robust adjustment for controls.

        ATT(g, t) = E[ y_t - y_{g-1-a} | first = g ] - E[ y_t - y_{g-1-a} | comparison ]

    with a the anticipation; with controls the doubly robust form of Sant'Anna & Zhao. `att` averages ATT(g, t), t >= g,
    by the number of treated units in each (the "simple" aggregation); the path by period since treatment, the cohorts
    and the mean of the path are given besides.

    Parameters
    ----------
    adjustment : {"dr", "reg", "ipw"}
        How controls enter, as in the period before treatment.

    Notes
    -----
    With anticipation the library's averages begin at g - a; `att` is then taken from the path, weighted by treated rows
    with shares as known, and effects by cohort are not given.

    Errors from influence functions, clustered by unit or coarser. The path is relative to period -1 - a throughout
    (universal base). Callaway & Sant'Anna (2021), https://doi.org/10.1016/j.jeconom.2020.12.001; computed by
    diff-diff, which equals R did on the anchors.
    """

    adjustment: Literal["dr", "reg", "ipw"] = "dr"

    name = "callaway_santanna"
    label = Text("Callaway-Sant'Anna 组别-时期效应", "Callaway & Sant'Anna")
    estimand = Text("受处理的单位-时期的平均效应", "mean effect over treated unit-periods")
    comparisons = ("never", "not_yet")
    robust = True
    needs_balance = True
    takes_controls = True

    def check(self, design: Design) -> None:
        """Nothing beyond the attributes."""

    def estimate(self, design: Design) -> Fit:
        """The effect."""
        from diff_diff import CallawaySantAnna as Library

        asked = design.asked
        model = Library(
            control_group=_GROUPS[asked.comparison],
            anticipation=asked.anticipation,
            estimation_method=self.adjustment,
            base_period="universal",
            cluster=library.clustered(design),
            cband=False,
        )
        with library.heard() as notes:
            found = model.fit(library.table(design), **library.roles(design))
            path, cohorts = library.path(found.aggregate("event_study")), library.cohorts(found.aggregate("group"))
        mean = library.mean_after(path)
        att, se = float(found.overall_att), float(found.overall_se)
        if asked.anticipation:
            att, se = _from_treatment_on(path, design)
        return Fit(
            att=att,
            se=se,
            rule=Text("影响函数，按 {c} 聚类", "influence functions, clustered by {c}").format(
                c=cluster_word(design)
            ),
            path=path,
            cohorts=None if asked.anticipation else cohorts,
            group_time=_group_time(found.group_time_effects),
            aggregates={} if mean is None else {"dynamic": mean},
            notes=tuple(notes),
        )


def _from_treatment_on(path: Path, design: Design) -> tuple[float, float]:
    """Mean of the path from treatment on, weighted by treated rows, and its error."""
    treated = design.relative[design.treated]
    rows = np.array([np.count_nonzero(treated == e) for e in path.relative])
    weight = rows / rows.sum()
    variance = weight @ np.nan_to_num(np.asarray(path.vcov, dtype=np.float64)) @ weight
    return float(weight @ path.estimate), float(variance) ** 0.5


def _group_time(effects: dict[Any, dict[str, Any]]) -> pl.DataFrame:
    rows = [(int(g), int(t), float(v["effect"]), float(v["se"])) for (g, t), v in sorted(effects.items())]
    schema = {"cohort": pl.Int64, "period": pl.Int64, "estimate": pl.Float64, "se": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("estimate", "se").fill_nan(None))


MODEL = CallawaySantAnna()
