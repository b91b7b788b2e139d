"""Synthetic difference-in-differences: comparison units and periods weighted to run parallel to the treated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.options import bad_option, require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.policy import faults
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Cohorts, Fit, Path
from dualcarbon.policy.models._synthetic import (
    Block,
    Solved,
    Spread,
    averages,
    blocks,
    deviation_of,
    jackknife,
    relative_of,
    resampled,
    sizes_of,
    solve,
)
from dualcarbon.policy.models._wide import wide

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Variance = Literal["auto", "placebo", "bootstrap", "jackknife"]

MOST_WORK = 1e6
"""Comparison units times periods before treatment, summed over all solutions of the weights: about ten seconds."""

MOST_UNITS = 10_000
"""Comparison units of a single solution, which takes seconds beyond."""

GAP = 0.01
"""Gap to the best weights, relative to the objective, above which a note says so."""

_RULES = {
    "placebo": Text(
        "安慰剂：{r} 次把处理随机指派给比较单位（种子 {s}），假定受处理与比较单位方差相同",
        "placebo: treatment assigned to comparison units {r} times (seed {s}); assumes equal variance of both groups",
    ),
    "bootstrap": Text(
        "自助法：{r} 次按单位有放回抽样并重算权重（种子 {s}）",
        "bootstrap: units drawn with replacement and weights solved anew, {r} times (seed {s})",
    ),
    "jackknife": Text("刀切法：逐一去掉单位，权重固定", "jackknife: units left out one by one, weights fixed"),
}


@dataclass(frozen=True, slots=True)
class SyntheticWeights:
    """The weights behind a synthetic comparison.

    Attributes
    ----------
    units : polars.DataFrame
        cohort, unit, weight: comparison units with positive weight; they sum to 1 within a cohort.
    periods : polars.DataFrame
        cohort, period, weight: periods before treatment with positive weight; they sum to 1 within a cohort.
    """

    units: pl.DataFrame
    periods: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Synthetic difference-in-differences (SDID), one block per cohort.

        tau_g = (mean post - sum_t l_t y_t) of the treated - sum_j w_j (the same of comparison unit j)
        w: min |w_0 + Y_j,pre' w - mean treated pre|^2 / T0 + z^2 |w|^2 on the simplex,  z = (N1 T1)^(1/4) s
        l: min |l_0 + Y_j,pre l - mean post_j|^2 / N0 on the simplex (ridge 1e-6 s);  s deviation of first differences

    `att` averages tau_g by treated unit-periods; the path averages the effect curve at each relative period by treated
    units. Comparison units are the never-treated.

    Parameters
    ----------
    variance : {"auto", "placebo", "bootstrap", "jackknife"}
        auto: placebo if there are more comparison than treated units and its solutions are not too much work, else
        jackknife. Jackknife and bootstrap need two treated units in every cohort.
    draws, seed : int
        Of placebo and bootstrap.

    Notes
    -----
    `details` of the result holds the weights. Weights by Frank-Wolfe with one sparsifying restart as in the R package
    synthdid (solver of diff-diff). Refused where all solutions together would take much longer than ten seconds; the
    message gives the numbers. Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), https://doi.org/10.1257/aer.20190159;
    staggered averaging: Clarke, Pailanir, Athey & Imbens (2024), https://doi.org/10.1177/1536867X241297184.
    """

    variance: Variance = "auto"
    draws: int = 200
    seed: int = 0

    name = "synthetic"
    label = Text("合成双重差分", "Synthetic difference-in-differences")
    estimand = Text("受处理的单位-时期的平均效应", "mean effect over treated unit-periods")
    comparisons = ("never",)
    robust = True
    needs_balance = True
    takes_controls = False

    def check(self, design: Design) -> None:
        """Raise if an option cannot be used, comparison units or periods are too few, or the work is too much."""
        require_choice("variance", self.variance, get_args(Variance))
        if self.draws < 2:
            raise bad_option("draws", Text("至少 2", "at least 2"), self.draws)
        if design.asked.cluster is not None and len(np.unique(design.cluster)) < len(design.starts):
            raise _no_clusters(design.asked.cluster)
        table = wide(design)
        if not table.never.any():
            raise faults.no_never_treated(len(table.first), ("imputation", "callaway_santanna"))
        found = blocks(table, design.asked.anticipation)
        short = [b.cohort for b in found if b.before < 2]
        if short:
            raise _too_short(short)
        self._require_feasible(found, self._variance(found))

    def estimate(self, design: Design) -> Fit:
        """The effect."""
        table = wide(design)
        found = blocks(table, design.asked.anticipation)
        solved = [solve(b, deviation_of(b)) for b in found]
        how = self._variance(found)
        if how == "jackknife":
            spread = jackknife(found, solved)
        else:
            spread = resampled(table, design.asked.anticipation, how, self.draws, self.seed)
        att, *path = averages(found, [s.curve for s in solved], sizes_of(found))
        tau = np.array([s.effect for s in solved])
        return Fit(
            att=float(att),
            se=spread.att,
            rule=_RULES[how].format(r=spread.draws, s=self.seed),
            path=_path(relative_of(found), np.array(path[: -len(found)]), spread, design.asked.window),
            cohorts=Cohorts(np.array([b.cohort for b in found], dtype=np.int64), tau, spread.cohorts),
            notes=_notes(solved),
            details=_details(design, found, solved),
        )

    def _variance(self, found: list[Block]) -> str:
        if self.variance != "auto":
            return self.variance
        enough = found[0].comparisons > sum(b.size for b in found)
        several = all(b.size > 1 for b in found)
        return "placebo" if enough and not (several and self._work(found, "placebo") > MOST_WORK) else "jackknife"

    def _work(self, found: list[Block], how: str) -> float:
        times = 1 if how == "jackknife" else 1 + self.draws
        return float(times * sum(b.comparisons * b.before for b in found))

    def _require_feasible(self, found: list[Block], how: str) -> None:
        treated, comparisons = sum(b.size for b in found), found[0].comparisons
        alone = [b.cohort for b in found if b.size < 2]
        if how == "placebo" and comparisons <= treated:
            raise _no_placebo(treated, comparisons)
        if how != "placebo" and alone:
            raise _alone(how, alone, comparisons > treated)
        times = 1 if how == "jackknife" else 1 + self.draws
        work = self._work(found, how)
        if work > MOST_WORK or comparisons > MOST_UNITS:
            raise _too_large(comparisons, len(found), times, work)


def _path(relative: Codes, estimate: Floats, spread: Spread, window: tuple[int, int] | None) -> Path:
    """The effect curve by period since treatment."""
    held = len(relative) if window is None else int(np.count_nonzero(relative <= window[1]))
    vcov = spread.path[:held, :held]
    return Path(relative[:held], estimate[:held], np.sqrt(np.diag(vcov)), vcov)


def _details(design: Design, found: list[Block], solved: list[Solved]) -> SyntheticWeights:
    names = np.array([str(name) for name in design.unit_names])
    units = [
        _weights(b.cohort, "unit", names[b.comparison_units], s.unit_weights)
        for b, s in zip(found, solved, strict=True)
    ]
    periods = [
        _weights(b.cohort, "period", b.periods_before, s.period_weights) for b, s in zip(found, solved, strict=True)
    ]
    return SyntheticWeights(pl.concat(units), pl.concat(periods))


def _weights(cohort: int, name: str, keys: NDArray[Any], weight: Floats) -> pl.DataFrame:
    held = weight > 0
    return pl.DataFrame({"cohort": [cohort] * int(held.sum()), name: keys[held], "weight": weight[held]})


def _notes(solved: list[Solved]) -> tuple[Text, ...]:
    worst = max(s.gap for s in solved)
    if worst <= GAP:
        return ()
    return (
        Text(
            "单位权重距最优尚有目标值的 {g:.1f} %",
            "the weights of units are still {g:.1f} % of the objective away from the best",
        ).format(g=100.0 * worst),
    )


def _no_clusters(cluster: str) -> ConfigError:
    return ConfigError(
        Text("synthetic 不支持聚类", "synthetic takes no clusters"),
        expected=Text("按单位重抽样", "resampling by unit"),
        found=both(f"cluster={cluster!r}"),
        remedy=Text("去掉 cluster，或先把数据汇总到该层级", "leave cluster out, or aggregate the data to that level"),
    )


def _too_short(cohorts: list[int]) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("有的处理组处理前时期太少", "some cohorts have too few periods before treatment"),
        expected=Text("每组至少 2 期", "at least 2 for every cohort"),
        found=Text("{k} 组不足：{g}", "{k} cohorts with fewer: {g}").format(k=len(cohorts), g=cohorts[: faults.SHOWN]),
        remedy=Text("加入更早的时期，或删去这些组", "add earlier periods, or drop these cohorts"),
    )


def _no_placebo(treated: int, comparisons: int) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("安慰剂方差无法计算", "the placebo variance cannot be computed"),
        expected=Text("比较单位多于受处理单位", "more comparison than treated units"),
        found=Text("{c} 个比较单位，{t} 个受处理单位", "{c} comparison and {t} treated units").format(
            c=comparisons, t=treated
        ),
        remedy=Text("用 variance='jackknife' 或 'bootstrap'", "use variance='jackknife' or 'bootstrap'"),
    )


def _alone(how: str, cohorts: list[int], placebo: bool) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("{h} 方差无法计算", "the {h} variance cannot be computed").format(h=how),
        expected=Text("每组至少两个受处理单位", "at least two treated units in every cohort"),
        found=Text("{k} 组只有一个：{g}", "{k} cohorts with one: {g}").format(
            k=len(cohorts), g=cohorts[: faults.SHOWN]
        ),
        remedy=Text("用 variance='placebo'", "use variance='placebo'")
        if placebo
        else Text("删去这些组，或加入从未受处理的单位", "drop these cohorts, or add never-treated units"),
    )


def _too_large(comparisons: int, cohorts: int, times: int, work: float) -> DataError:
    return DataError(
        Text("样本对 synthetic 过大", "the sample is too large for synthetic"),
        expected=Text(
            "比较单位至多 {u:,} 个，且比较单位 × 处理前时期 × 求解次数至多 {w:.0e}（约十秒）",
            "at most {u:,} comparison units, and comparison units times periods before treatment times solutions "
            "at most {w:.0e} (about ten seconds)",
        ).format(u=MOST_UNITS, w=MOST_WORK),
        found=Text(
            "{c} 个比较单位、{g} 组、各求解 {t} 次，合计 {w:.1e}",
            "{c} comparison units, {g} cohorts, {t} solutions each: {w:.1e}",
        ).format(c=comparisons, g=cohorts, t=times, w=work),
        remedy=Text(
            "换用 imputation 或 callaway_santanna；或抽取比较单位、减少 draws",
            "use imputation or callaway_santanna; or sample the comparison units, or use fewer draws",
        ),
    )


MODEL = Synthetic()
