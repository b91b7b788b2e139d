"""Callaway & Sant'Anna: every cohort in every period against units not (yet) treated, then averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Fit, Path
from dualcarbon.policy.models import _library as library
from dualcarbon.policy.models._averages import mean_after, mean_of
from dualcarbon.policy.within import few_clusters, one_treated, require_clusters
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
        groups, shift = len(np.unique(design.cluster)), library.shift(design)
        require_clusters(groups, cluster_word(design))
        with library.heard() as notes:
            found = model.fit(library.table(design), **library.roles(design))
            effects = _group_time(found.group_time_effects, shift)
            _require_some(effects)
            path = library.path(found.aggregate("event_study"))
            cohorts = library.cohorts(found.aggregate("group"), shift)
        att, se = float(found.overall_att), float(found.overall_se)
        if asked.anticipation:
            att, se = mean_of(path, _rows(effects, path, design))
        return Fit(
            att=att,
            se=se,
            rule=Text("影响函数，按 {c} 聚类", "influence functions, clustered by {c}").format(c=cluster_word(design)),
            path=path,
            cohorts=None if asked.anticipation else cohorts,
            group_time=effects,
            aggregates={} if path.vcov is None else {"dynamic": mean_after(path)},
            notes=(*notes, *few_clusters(groups), *one_treated(design)),
        )


def _require_some(effects: pl.DataFrame) -> None:
    """Raise `NotIdentifiedError` unless there is an effect from treatment on."""
    if not effects.filter(pl.col("period") >= pl.col("cohort"), pl.col("estimate").is_not_null()).height:
        raise faults.no_effect(CallawaySantAnna.label)


def _rows(effects: pl.DataFrame, path: Path, design: Design) -> NDArray[np.int64]:
    """Treated rows behind each period of the path from treatment on, (e,): of cohorts whose effect is known there."""
    known = effects.filter(pl.col("period") >= pl.col("cohort"), pl.col("estimate").is_not_null())
    cohort, period = (known[name].to_numpy() for name in ("cohort", "period"))
    units = np.array([np.count_nonzero(design.unit_first == g) for g in cohort], dtype=np.int64)
    return np.array([units[period - cohort == e].sum() for e in path.relative], dtype=np.int64)


def _group_time(effects: dict[Any, dict[str, Any]], shift: int) -> pl.DataFrame:
    """The library's effects by cohort and period, of periods that were shifted."""
    rows = [
        (int(g) - shift, int(t) - shift, float(v["effect"]), float(v["se"])) for (g, t), v in sorted(effects.items())
    ]
    schema = {"cohort": pl.Int64, "period": pl.Int64, "estimate": pl.Float64, "se": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("estimate", "se").fill_nan(None))


MODEL = CallawaySantAnna()
