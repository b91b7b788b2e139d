"""Does an effect fade: by period, and by the level of the treatment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.exhibit import DotPlot, Figure, Series
from dualcarbon.core.options import require_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.added import Options, regress_with, treatment_of, used
from dualcarbon.effects.covariance import Vcov
from dualcarbon.effects.inverted_u import InvertedU, inverted_u
from dualcarbon.effects.words import fragile, measured

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Profile:
    """An effect in several places.

    Attributes
    ----------
    table : polars.DataFrame
        By period: `period`; by level: `from`, `to` of the treatment. Then `rows`, `coef`, `se`, `low`, `high`, `p`.
        Places where the treatment does not vary beyond the effects have no row; `estimate.notes` names them.
    equal_p : float
        Wald F test that all coefficients are equal.
    change, change_se, change_p : float
        Last coefficient less the first; two-sided.
    trend, trend_se, trend_p : float
        Slope of the coefficients on their order by least squares; two-sided.
    estimate : Estimate
    """

    table: pl.DataFrame
    equal_p: float
    change: float
    change_se: float
    change_p: float
    trend: float
    trend_se: float
    trend_p: float
    estimate: Estimate

    def __repr__(self) -> str:
        return (
            f"Profile of {self.estimate.depvar}: equal p {self.equal_p:.4f}, last - first {self.change:.6g} "
            f"({self.change_se:.6g}), trend {self.trend:.6g} ({self.trend_se:.6g})\n{self.table}"
        )


@dataclass(frozen=True, slots=True)
class Fading:
    """Whether an effect fades as time passes and as the treatment deepens.

    Attributes
    ----------
    by_period : Profile
        One coefficient for each period.
    by_level : Profile
        The slope of the outcome within each bin of the treatment (a linear spline).
    shape : InvertedU
        The quadratic, with the test of Lind & Mehlum (2010).
    treatment : str
    measured : Text
        Its unit.
    source : Text
    simulated : bool
    """

    by_period: Profile
    by_level: Profile
    shape: InvertedU
    treatment: str
    measured: Text
    source: Text
    simulated: bool

    def exhibit(self, period: Text | None = None, level: Text | None = None) -> tuple[Figure, Figure]:
        """The effect by period and by level as dot plots; the arguments are their printed numbers."""
        return (
            _figure(self, self.by_period, "figure_effect_by_period", period or Text("图 2", "Figure 2")),
            _figure(self, self.by_level, "figure_effect_by_level", level or Text("图 3", "Figure 3")),
        )

    def __repr__(self) -> str:
        return f"Fading of {self.treatment}\nby period: {self.by_period!r}\nby level: {self.by_level!r}\n{self.shape!r}"


def fading(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    controls: Sequence[str] = (),
    absorb: str | None = "firm_id + year",
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str | Vcov | None = None,
    sample: pl.Expr | None = None,
    bins: int = 4,
    level: float = 0.95,
) -> Fading:
    """Whether the effect of the treatment fades: by period, by level of the treatment, and in the form of a quadratic.

    By period: y = sum of b_t T 1[period t] + ...; by level: y = sum of b_k s_k(T) + ... with the spline segments
    s_k(T) = min(max(T, q_k), q_k+1) - q_k, so that b_k is the slope between the quantiles q_k and q_k+1 of the rows
    used; quantiles that coincide (many firms without digital use) are merged, and more than one bin must be left. With
    `log(output_cny)` as the outcome this asks whether the scale effect fades as digital use deepens.

    Parameters
    ----------
    panel : Panel
    outcome, treatment : str
        Terms; the outcome a column or its logarithm.
    controls, absorb, cluster, weights, vcov, sample
        As for `split`.
    bins : int
        Of equal numbers of rows, before merging.
    level : float
        Confidence of intervals.

    Raises
    ------
    ConfigError
        Fewer than two bins asked for.
    NotIdentifiedError
        The treatment takes too few values, or no two coefficients are identified.
    SchemaError, DataError
        As for `fit`.
    """
    require_whole("bins", bins, 2)
    options = (outcome, treatment, controls, absorb, cluster, weights)
    values, rows = used(panel, options, sample)
    quadratic = inverted_u(
        panel,
        outcome=outcome,
        treatment=treatment,
        controls=controls,
        absorb=absorb,
        cluster=cluster,
        weights=weights,
        vcov=vcov,
        sample=sample,
        level=level,
    )
    periods = _by_period(panel, options, (values, rows), vcov, sample, level)
    levels = _by_level(panel, options, (values, rows), bins, vcov, sample, level)
    source = Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=panel.provenance.name)
    name = treatment_of(options)
    return Fading(periods, levels, quadratic, name, measured(name, panel), source, panel.provenance.simulated)


def _by_period(
    panel: Panel,
    options: Options,
    data: tuple[Floats, NDArray[np.int64]],
    vcov: str | Vcov | None,
    sample: pl.Expr | None,
    level: float,
) -> Profile:
    values, rows = data
    time = panel.frame[panel.time]
    periods = time.gather(rows).unique().sort()
    masks = [(time == period).to_numpy() for period in periods]
    name = treatment_of(options)
    columns = [pl.Series(f"{name}, {p}", values * m) for p, m in zip(periods, masks, strict=True)]
    counts = [int(np.count_nonzero(mask[rows])) for mask in masks]
    frame = pl.DataFrame([periods.alias("period")]).with_columns(rows=pl.Series(counts))
    return _profile(frame, columns, regress_with(panel, options, columns, vcov, sample), level)


def _by_level(
    panel: Panel,
    options: Options,
    data: tuple[Floats, NDArray[np.int64]],
    bins: int,
    vcov: str | Vcov | None,
    sample: pl.Expr | None,
    level: float,
) -> Profile:
    values, rows = data
    here = values[rows]
    knots = np.unique(np.quantile(here, np.linspace(0.0, 1.0, bins + 1)))
    if len(knots) < 3:
        raise NotIdentifiedError(
            Text("处理变量的分位点重合", "the quantiles of the treatment coincide"),
            expected=Text("至少两个不同的组", "at least two bins"),
            found=Text("分位点 {k}", "quantiles {k}").format(k=knots.tolist()),
            remedy=Text(
                "增大 bins=，或限于处理变量为正的样本", "increase bins=, or keep rows with a positive treatment"
            ),
        )
    ends = list(pairwise(knots.tolist()))
    name = treatment_of(options)
    columns = [
        pl.Series(f"{name}, {a:.6g}-{b:.6g} ({i})", np.clip(values, a, b) - a) for i, (a, b) in enumerate(ends, 1)
    ]
    places = np.bincount(np.searchsorted(knots[1:-1], here, side="left"), minlength=len(ends))
    frame = pl.DataFrame({"from": knots[:-1], "to": knots[1:], "rows": places})
    return _profile(frame, columns, regress_with(panel, options, columns, vcov, sample), level)


def _profile(frame: pl.DataFrame, columns: Sequence[pl.Series], estimate: Estimate, level: float) -> Profile:
    from scipy.stats import f as fisher
    from scipy.stats import t as student

    kept = [i for i, column in enumerate(columns) if column.name in estimate.names]
    if len(kept) < 2:
        raise NotIdentifiedError(
            Text("可识别的系数少于两个", "fewer than two coefficients are identified"),
            expected=Text("处理变量在各组内有变动", "variation of the treatment within the groups"),
            found=Text("共线：{c}", "collinear: {c}").format(c=", ".join(estimate.collinear)),
            remedy=Text("少吸收效应，或减少分组", "absorb fewer effects or use fewer bins"),
        )
    at = [estimate.names.index(columns[i].name) for i in kept]
    b, v = estimate.coef[at], estimate.vcov[np.ix_(at, at)]
    steps = np.diff(np.eye(len(b)), axis=0)
    wald = float((steps @ b) @ np.linalg.pinv(steps @ v @ steps.T, hermitian=True) @ (steps @ b)) / len(steps)
    order = np.arange(len(b)) - (len(b) - 1) / 2.0
    contrasts = np.array([np.eye(len(b))[-1] - np.eye(len(b))[0], order / (order @ order)])
    found, errors = contrasts @ b, np.sqrt(np.einsum("ij,jk,ik->i", contrasts, v, contrasts))
    p = 2.0 * student.sf(np.abs(found / errors), estimate.df)
    ends = estimate.interval(level)[at]
    table = frame.select(pl.all().gather(kept)).with_columns(
        coef=b, se=estimate.se[at], low=ends[:, 0], high=ends[:, 1], p=estimate.p[at]
    )
    equal = float(fisher.sf(wald, len(steps), estimate.df))
    change, trend = ((float(x), float(s), float(q)) for x, s, q in zip(found, errors, p, strict=True))
    return Profile(table, equal, *change, *trend, estimate)


def _figure(found: Fading, profile: Profile, key: str, number: Text) -> Figure:
    table = profile.table
    by_period = "period" in table.columns
    items = [
        str(row["period"]) if by_period else f"{row['from']:.4g} – {row['to']:.4g}"
        for row in table.iter_rows(named=True)
    ]
    marks = Series(
        Text("系数与置信区间", "coefficient and interval"),
        tuple(table["coef"]),
        tuple(table["low"]),
        tuple(table["high"]),
    )
    axis = Text("{t} 对 {y} 的影响", "effect of {t} on {y}").format(t=found.treatment, y=profile.estimate.depvar)
    title = (
        Text("分年效应", "Effect by period") if by_period else Text("分应用深度的边际效应", "Marginal effect by level")
    )
    notes = (
        Text(
            "各系数相等的检验 p = {e}；末项减首项 {c}（标准误 {s}）；线性趋势 {t}（p = {q}）。",
            "Equal coefficients: p = {e}; last less first {c} (s.e. {s}); linear trend {t} (p = {q}).",
        ).format(
            e=f"{profile.equal_p:.4f}",
            c=f"{profile.change:.4g}",
            s=f"{profile.change_se:.4g}",
            t=f"{profile.trend:.4g}",
            q=f"{profile.trend_p:.4f}",
        ),
        Text("二次项：{v}。", "Quadratic: {v}.").format(v=found.shape.shape.verdict),
        found.measured,
        Text("标准误：{r}。", "Errors: {r}.").format(r=profile.estimate.rule),
        *fragile([profile.estimate]),
    )
    drawing = DotPlot(tuple(both(item) for item in items), (marks,), axis)
    return Figure(key, number, title, drawing, notes, found.source, found.simulated)
