"""Triple difference: treated places against others, eligible units against the rest, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.options import require_level
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.policy import faults
from dualcarbon.policy.design import Comparison, Design, Gaps, design
from dualcarbon.policy.model import Fit
from dualcarbon.policy.result import Effect, effect
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.triple_effects import cohorts_of, path_of, triple_effects
from dualcarbon.policy.within import collinear, few_clusters, one_treated, require_clusters, within
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

GROUP_TIME = Text("三重差分（组别-时期）", "Triple difference (group-time)")
POOLED = Text("三重差分（三向固定效应回归）", "Triple difference (three-way regression)")
ESTIMAND = Text("受处理地区中适用单位-时期的平均效应", "mean effect over eligible unit-periods of treated places")
WEIGHTED = Text("以回归权重加权的同一效应", "the same effects, weighted by the regression")


@dataclass(frozen=True, slots=True)
class Triple:
    """A triple difference, by group-time effects and by one regression.

    Attributes
    ----------
    group_time : Effect or None
        Robust to effects that differ by cohort and over time; None where controls were asked for, which only the
        regression takes.
    regression : Effect
        The coefficient of the three-way regression; equal to the first where one cohort is compared with one group in a
        balanced panel with one period before.
    cells : polars.DataFrame
        cohort (null: never treated), eligible, units.
    eligible : str
    """

    group_time: Effect | None
    regression: Effect
    cells: pl.DataFrame
    eligible: str

    @property
    def main(self) -> Effect:
        """The group-time estimate, or the regression where there is none."""
        return self.group_time or self.regression

    @property
    def att(self) -> float:
        """Mean effect on the eligible."""
        return self.main.att

    @property
    def se(self) -> float:
        """Standard error of `att`."""
        return self.main.se

    @property
    def event(self) -> pl.DataFrame:
        """Effects by period relative to treatment."""
        return self.main.event

    def table(self, key: str = "triple_difference") -> Table:
        """Both estimates, with units by eligibility below."""
        estimates = [each for each in (self.group_time, self.regression) if each is not None]
        notes = [both_of(each) for each in estimates]
        return Table(
            key=key,
            number=Text("三重差分", "Triple difference"),
            title=Text(
                "政策对 {y} 的效应：适用（{e}）与不适用单位", "Effect on {y}: eligible units ({e}) and others"
            ).format(y=self.main.design.asked.outcome, e=self.eligible),
            headers=(
                Header("estimator", Text("方法", "Estimator")),
                Header("effect", Text("效应", "Effect")),
                Header("se", Text("标准误", "Standard error")),
                Header("p", Text("p 值", "p value")),
                Header("low", Text("置信区间下限", "Interval, low")),
                Header("high", Text("置信区间上限", "Interval, high")),
                Header("n", Text("观测数", "Observations")),
            ),
            rows=tuple(_row(each) for each in estimates),
            notes=(*notes, _sizes(self.cells), *dict.fromkeys(n for each in estimates for n in each.notes)),
            source=Text("作者计算", "Own computation"),
            simulated=self.main.design.simulated,
        )

    def __repr__(self) -> str:
        return "\n".join(repr(each) for each in (self.group_time, self.regression) if each is not None)


def triple(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    eligible: str,
    treated: str | None = None,
    comparison: Comparison = "never",
    controls: Sequence[str] = (),
    cluster: str | None = None,
    anticipation: int = 0,
    window: tuple[int, int] | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.95,
) -> Triple:
    """The effect of a policy that acts on eligible units of treated places, net of what moves places and kinds.

    Group-time effects: `triple_effects`, averaged over eligible treated unit-periods. Regression:

        y_it = a_i + b_{g(i) t} + c_{e(i) t} + d 1[t >= g(i)] e_i + x_it'f + u_it

    with g the first treated period of the unit's place and e its eligibility.

    Parameters
    ----------
    panel, outcome, treated, comparison, controls, cluster, anticipation, window, gaps, level
        As in `did`. Controls enter the regression only; with them the group-time effects are not given.
    first_treated : str
        When the policy began in the unit's place, for eligible and other units of the place alike.
    eligible : str
        0/1 column, constant within units: whether the policy applies to the unit.

    Raises
    ------
    ConfigError, SchemaError, DataError, NotIdentifiedError
        As `did`; eligibility is missing, varies within units or is not 0/1; a treated cohort, or the comparison group,
        has no eligible or no other units.

    Notes
    -----
    Errors from scores by unit or coarser cluster, conditional on the sizes of the cohorts: (G-1)-t, no further factor
    for the group-time effects; (N-1)/(N-K) G/(G-1) for the regression. Gruber (1994), American Economic Review 84,
    622-641; Ortiz-Villavicencio & Sant'Anna (2025), https://arxiv.org/abs/2505.09942.

    Examples
    --------
    >>> r = np.random.default_rng(1)
    >>> i, t = np.repeat(np.arange(80), 4), np.tile(np.arange(4), 80)
    >>> place, kind = i % 2, i // 2 % 2
    >>> y = i % 7 + t * (place + kind) + 1.0 * ((t >= 1) & (place == 1) & (kind == 1)) + 0.01 * r.normal(size=320)
    >>> table = pl.DataFrame({"i": i, "t": t, "y": y, "first": place, "kind": kind})
    >>> found = triple(Panel.from_frame(table, id="i", time="t"), "y", "first", eligible="kind")
    >>> round(found.att, 2), abs(found.att - found.regression.att) < 1e-10
    (1.0, True)
    """
    require_level(level)
    whole = design(
        panel, outcome, first_treated, treated=treated, comparison=comparison, controls=controls, cluster=cluster,
        anticipation=anticipation, window=window, gaps=gaps,
    )  # fmt: skip
    sample, kind = _with_eligibility(whole, panel, eligible)
    sample, kind = _with_both_kinds(sample, kind)
    staggered = None if controls else effect("triple", GROUP_TIME, ESTIMAND, _group_time(sample, kind), sample, level)
    pooled = effect("triple_regression", POOLED, WEIGHTED, _pooled(sample, kind), sample, level)
    return Triple(staggered, pooled, _cells(sample, kind), eligible)


def both_of(found: Effect) -> Text:
    """Estimator and how its errors were computed."""
    return Text("{lz}：{rz}", "{le}: {re}").format(
        lz=found.label.zh, le=found.label.en, rz=found.rule.zh, re=found.rule.en
    )


def _with_eligibility(whole: Design, panel: Panel, name: str) -> tuple[Design, Mask]:
    (values,) = panel.arrays(name)
    values = values[whole.rows]
    known = np.isfinite(values)
    sample, kind = whole.only(known, Text("是否适用缺失", "eligibility missing")), values[known]
    if not sample.n:
        raise faults.nothing_left(sample.drops)
    own = kind[sample.starts][sample.unit]
    broken = ((kind != 0) & (kind != 1)) | (kind != own)
    if broken.any():
        raise DataError(
            Text("{e} 不是单位不变的 0/1 列", "{e} is not a 0/1 column constant within units").format(e=name),
            expected=Text("每个单位只有一个值：0 或 1", "one value per unit: 0 or 1"),
            found=Text("{k} 行不符，前几个单位 {f}", "{k} rows, first units {f}").format(
                k=int(broken.sum()),
                f=[sample.unit_names[u] for u in np.unique(sample.unit[broken])[: faults.SHOWN]],
            ),
            remedy=Text("按处理前的状态为每个单位定一次", "fix it once per unit, by its state before treatment"),
        )
    return sample, kind == 1


def _with_both_kinds(sample: Design, kind: Mask) -> tuple[Design, Mask]:
    """The design without cohorts that have eligible units only or none; counted."""
    first, unit_kind = sample.unit_first, kind[sample.starts]
    full = np.intersect1d(first[unit_kind], first[~unit_kind])
    treated = full[full != NEVER]
    enough = len(treated) and (NEVER in full or (sample.asked.comparison == "not_yet" and len(treated) > 1))
    if not enough:
        raise NotIdentifiedError(
            Text("三重差分缺少对照", "the triple difference lacks a comparison"),
            expected=Text(
                "受处理批次与对照组中都既有适用单位也有不适用单位（不适用单位也要填所在地的政策时点）",
                "eligible and other units both in a treated cohort and in the comparison group (other units carry the "
                "date of their place too)",
            ),
            found=_kinds(first, unit_kind),
            remedy=Text("检查首次处理时期与适用列的编码", "check the coding of first treatment and eligibility"),
        )
    keep = np.isin(sample.first, full)
    reason = Text("所在批次只有适用或只有不适用单位", "its cohort has only eligible or only other units")
    return sample.only(keep, reason), kind[keep]


def _kinds(first: NDArray[np.int64], kind: Mask) -> Text:
    parts = []
    for g in np.unique(first)[: faults.SHOWN].tolist():
        mine = first == g
        name = "never" if g == NEVER else str(g)
        parts.append(f"{name}: {int(np.count_nonzero(kind & mine))} + {int(np.count_nonzero(~kind & mine))}")
    return both("; ".join(parts))


def _group_time(sample: Design, kind: Mask) -> Fit:
    if not sample.balanced:
        raise faults.needs_balance("triple", int(sample.incomplete.sum()))
    groups = len(np.unique(sample.cluster))
    require_clusters(groups, cluster_word(sample))
    sample.require_base()
    cells = triple_effects(sample, kind)
    if not np.any(cells.relative >= 0):
        raise faults.no_effect(GROUP_TIME)
    att, scores = cells.mean(cells.relative >= 0)
    return Fit(
        att=att,
        se=float(scores @ scores) ** 0.5,
        df=float(groups - 1),
        rule=Text("影响函数，按 {c} 聚类（{g} 组）", "influence functions, clustered by {c} ({g} clusters)").format(
            c=cluster_word(sample), g=groups
        ),
        path=path_of(cells, -1 - sample.asked.anticipation, sample.asked.window),
        cohorts=cohorts_of(cells),
        group_time=cells.frame(),
        notes=(*few_clusters(groups), *one_treated(sample)),
    )


def _pooled(sample: Design, kind: Mask) -> Fit:
    early = sample.anticipating
    used, chosen = sample.only(~early, Text("可能有预期的时期", "may be anticipated")), kind[~early]
    dummy = (used.treated & chosen).astype(np.float64)
    place = np.searchsorted(np.unique(used.first), used.first) * len(used.periods) + used.period
    effects = (used.unit, place, chosen * (int(np.ptp(used.period)) + 1) + used.period - int(used.period.min()))
    found = within(used.outcome, np.column_stack([dummy, used.controls]), effects, used.cluster, cluster_word(used))
    if not found.kept[0]:
        raise NotIdentifiedError(
            Text("三重交互项无法识别", "the triple interaction is not identified"),
            expected=Text(
                "同期有受处理与未受处理、适用与不适用的单位", "treated and untreated, eligible and other units"
            ),
            found=both(f"{int(dummy.sum())} / {used.n}"),
            remedy=Text("加入未受处理的地区或更多时期", "add untreated places or more periods"),
        )
    staggered = Text(
        "多批次时回归把已处理批次当对照，效应不同则有偏",
        "with several cohorts the regression also compares with places already treated: biased if effects differ",
    )
    return Fit(
        att=float(found.coef[0]),
        se=float(found.vcov[0, 0]) ** 0.5,
        df=found.df,
        rule=found.rule,
        notes=(
            *((staggered,) if len(sample.cohorts) > 1 else ()),
            *collinear(sample.asked.controls, found.kept[1:]),
            *found.notes,
        ),
        n=found.n,
    )


def _cells(sample: Design, kind: Mask) -> pl.DataFrame:
    table = pl.DataFrame({"cohort": sample.unit_first, "eligible": kind[sample.starts]})
    table = table.with_columns(pl.when(pl.col("cohort") != NEVER).then("cohort").alias("cohort"))
    return table.group_by("cohort", "eligible").len("units").sort("cohort", "eligible", nulls_last=True)


def _row(found: Effect) -> tuple[Cell, ...]:
    low, high = found.interval
    form = ".4g"
    numbers = (found.att, found.se)
    return (
        Cell(found.label),
        *(Cell(v, form) for v in numbers),
        Cell(found.p, ".4f"),
        Cell(low, form),
        Cell(high, form),
        Cell(found.n, ",d"),
    )


def _sizes(cells: pl.DataFrame) -> Text:
    zh, en = [], []
    for cohort, kind, units in cells.rows():
        zh.append(f"{'从未处理' if cohort is None else cohort}{'适用' if kind else '不适用'} {units}")
        en.append(f"{'never treated' if cohort is None else cohort} {'eligible' if kind else 'other'} {units}")
    return Text("单位数：" + "；".join(zh), "Units: " + "; ".join(en))
