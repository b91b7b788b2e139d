"""What the rings showed: a frozen result, its table and its figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.panel import Provenance
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design
from dualcarbon.policy.result import critical, two_sided
from dualcarbon.policy.spatial.weights import Weights
from dualcarbon.policy.spatial.wording import interval_words, listed_drops, number, percent, sourced, stars

if TYPE_CHECKING:
    from dualcarbon.kernels.least_squares import LeastSquares
    from dualcarbon.policy.spatial.rings import Errors

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

OWN = Text("受处理地区自身", "Treated places themselves")
PLAIN = Text("不含圈层的双重差分", "Plain DID, without rings")
BIAS = Text("差额：溢出造成的偏误", "Difference: bias from spillovers")


@dataclass(frozen=True, slots=True)
class Rings:
    """Effects on treated places and on their surroundings.

    Attributes
    ----------
    own, own_se : float
        tau: effect on treated places.
    names : tuple of Text
        Own effect, then the rings.
    estimate, se : (1 + R,)
        NaN for rings that the effects or the other columns determine.
    vcov : (1 + R, 1 + R)
    rows, units : tuple of int
        Treated rows and rows of each ring, and the units they belong to.
    plain, plain_se : float
        The same regression without rings.
    bias, bias_se : float
        plain - own, with the error of the difference.
    df : float
        Clusters less one.
    design : Design
    level : float
    notes : tuple of Text
    provenance : Provenance
    """

    own: float
    own_se: float
    names: tuple[Text, ...]
    estimate: Floats
    se: Floats
    vcov: Floats
    rows: tuple[int, ...]
    units: tuple[int, ...]
    plain: float
    plain_se: float
    bias: float
    bias_se: float
    df: float
    design: Design
    level: float
    notes: tuple[Text, ...]
    provenance: Provenance

    def frame(self) -> pl.DataFrame:
        """One row per effect: name_zh, name_en, estimate, se, low, high, p, rows, units."""
        lines = [self._line(e, s) for e, s in zip(self._estimates(), self._errors(), strict=True)]
        counts = [*zip(self.rows, self.units, strict=True), (None, None), (None, None)]
        rows = [(n.zh, n.en, *line, *c) for n, line, c in zip(self._names(), lines, counts, strict=True)]
        schema = ["name_zh", "name_en", "estimate", "se", "low", "high", "p", "rows", "units"]
        kinds = [pl.String] * 2 + [pl.Float64] * 5 + [pl.Int64] * 2
        return pl.DataFrame(rows, schema=dict(zip(schema, kinds, strict=True)), orient="row").fill_nan(None)

    def words(self) -> Text:
        """What happened next door and what it did to the plain DID, with intervals."""
        near = interval_words(float(self.estimate[1]), float(self.se[1]), self.df, self.level)
        off = interval_words(self.bias, self.bias_se, self.df, self.level)
        return Text(
            "最近圈层（{r}）内未处理地区的变化：{n}。普通双重差分与自身效应之差：{o}。",
            "Untreated places in the nearest ring ({r}): {n}. The plain DID less the own effect: {o}.",
        ).format(r=self.names[1], n=near, o=off)

    def table(self) -> Table:
        """Three lines: own effect, rings, plain DID and its bias."""
        interval = Text("{p}% 置信区间", "{p} % confidence interval").format(p=percent(self.level))
        numbers = self.frame().select("estimate", "se", "low", "high", "p", "rows", "units").iter_rows()
        body = [_row(name, *line) for name, line in zip(self._names(), numbers, strict=True)]
        return Table(
            key="spillover_rings",
            number=Text("溢出圈层", "Spillover rings"),
            title=Text("政策对自身与周边地区的效应", "Effects of the policy on treated places and around them"),
            headers=(
                Header("effect", Text("效应", "Effect")),
                Header("estimate", Text("估计值", "Estimate")),
                Header("se", Text("标准误", "Standard error")),
                Header("low", Text("下限", "Low"), None, interval),
                Header("high", Text("上限", "High"), None, interval),
                Header("p", Text("p 值", "p value")),
                Header("rows", Text("行数", "Rows")),
                Header("units", Text("单位数", "Units")),
            ),
            rows=tuple(body),
            notes=(self.words(), *self.notes),
            source=sourced(self.provenance),
            simulated=self.design.simulated,
            rules_after=(len(self.names),),
        )

    def figure(self) -> Figure:
        """The own effect and the rings with their intervals."""
        half = critical(self.level, self.df) * self.se
        label = Text("效应，{p}% 置信区间", "effect, {p} % confidence interval").format(p=percent(self.level))
        low, high = (tuple((self.estimate + s * half).tolist()) for s in (-1, 1))
        return Figure(
            key="figure_spillover_rings",
            number=Text("溢出圈层图", "Spillover rings"),
            title=Text("按距最近受处理地区的距离看政策效应", "Effects by distance to the nearest treated place"),
            drawing=DotPlot(self.names, (Series(label, tuple(self.estimate.tolist()), low, high),), label),
            notes=(self.words(), *self.notes[:1]),
            source=sourced(self.provenance),
            simulated=self.design.simulated,
        )

    def __repr__(self) -> str:
        lines = [f"Rings: plain DID {self.plain:.6g} (se {self.plain_se:.4g}), bias {self.bias:.4g}"]
        lines += [f"  {n.en}: {e:.6g} (se {s:.4g})" for n, e, s in zip(self.names, self.estimate, self.se, strict=True)]
        return "\n".join(lines)

    def _names(self) -> tuple[Text, ...]:
        return (*self.names, PLAIN, BIAS)

    def _estimates(self) -> list[float]:
        return [*self.estimate.tolist(), self.plain, self.bias]

    def _errors(self) -> list[float]:
        return [*self.se.tolist(), self.plain_se, self.bias_se]

    def _line(self, estimate: float, se: float) -> tuple[float, float, float, float, float]:
        half = critical(self.level, self.df) * se
        p = two_sided(estimate / se, self.df) if se > 0 else float("nan")
        return estimate, se, estimate - half, estimate + half, p


def _row(
    name: Text, estimate: float, se: float, low: float, high: float, p: float, rows: int, units: int
) -> tuple[Cell, ...]:
    values = [Cell(v, number(v)) for v in (se, low, high)]
    first = Cell(estimate, number(estimate), stars(p))
    return (Cell(name), first, *values, Cell(p, ".3f"), Cell(rows, ",d"), Cell(units, ",d"))


def ring_name(r: int, edges: Floats, stepped: bool, treated: bool) -> Text:
    """A ring in words."""
    whose = Text("受处理地区", "Treated places") if treated else Text("未处理地区", "Untreated places")
    if stepped:
        return Text("{w}：{r} 阶邻居", "{w}: {r} steps away").format(w=whose, r=r)
    return Text("{w}：{a}–{b} 千米", "{w}: {a}–{b} km").format(w=whose, a=f"{edges[r - 1]:g}", b=f"{edges[r]:g}")


def rings_of(
    sample: Design,
    provenance: Provenance,
    names: list[Text],
    columns: Floats,
    ring: Codes,
    fit: LeastSquares,
    errors: Errors,
    plain: float,
    edges: Floats,
    weights: Weights | None,
    level: float,
) -> Rings:
    """The result, with rings that cannot be told apart left open."""
    k = columns.shape[1]
    kept = np.flatnonzero(fit.kept[:k])
    estimate, whole = np.full(k, np.nan), np.full((k, k), np.nan)
    estimate[kept] = fit.coef[: len(kept)]
    whole[np.ix_(kept, kept)] = errors.vcov[: len(kept), : len(kept)]
    last = errors.vcov[-1]
    bias_variance = float(last[-1] - 2.0 * last[0] + errors.vcov[0, 0])
    open_rings = [names[j] for j in range(k) if not fit.kept[j]]
    return Rings(
        own=float(estimate[0]),
        own_se=float(whole[0, 0] ** 0.5),
        names=tuple(names),
        estimate=estimate,
        se=np.sqrt(np.diag(whole)),
        vcov=whole,
        rows=tuple(int(c) for c in columns.sum(axis=0)),
        units=tuple(len(np.unique(sample.unit[columns[:, j] > 0])) for j in range(k)),
        plain=plain,
        plain_se=float(last[-1] ** 0.5),
        bias=plain - float(estimate[0]),
        bias_se=max(bias_variance, 0.0) ** 0.5,
        df=float(errors.clusters - 1),
        design=sample,
        level=level,
        notes=_notes(sample, ring, errors, weights, open_rings),
        provenance=provenance,
    )


def _notes(
    sample: Design, ring: Codes, errors: Errors, weights: Weights | None, open_rings: list[Text]
) -> tuple[Text, ...]:
    beyond = np.setdiff1d(np.arange(len(sample.starts)), np.unique(sample.unit[(ring > 0) | sample.treated]))
    notes = [
        Text(
            "单位与时期双向固定效应，{n} 行；标准误按 {c} 聚类（{g} 个）；始终在圈层之外且未受处理的单位 {b} 个。",
            "Unit and period effects, {n} rows; errors clustered by {c} ({g}); {b} units never treated, in no ring.",
        ).format(n=f"{sample.n:,}", c=sample.asked.cluster or Text("单位", "unit"), g=errors.clusters, b=len(beyond))
    ]
    if weights is not None:
        notes.append(weights.note())
    if len(sample.cohorts) > 1:
        notes.append(
            Text(
                "处理分 {k} 批开始：效应在批次间不同时，双向固定效应的加权可能为负。",
                "Treatment begins in {k} cohorts: where effects differ among them two-way weights may be negative.",
            ).format(k=len(sample.cohorts))
        )
    notes += [
        Text("无法识别：{r}（无此类行，或与其他列共线）。", "Not identified: {r} (no such rows, or collinear).").format(
            r=one
        )
        for one in open_rings
    ]
    return (*notes, *listed_drops(sample), *sample.notes)
