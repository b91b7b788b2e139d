"""The table and the figure of a panel threshold regression."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text, both

if TYPE_CHECKING:
    from dualcarbon.effects.threshold_result import ThresholdResult, ThresholdTest

STRETCHES = 800
"""Stretches into which longer curves are divided; the smallest and the largest ratio of each is drawn."""

_FORM = ".4g"


def table(result: ThresholdResult) -> Table:
    """Thresholds with their confidence intervals, slopes by regime, controls, and the tests."""
    options = result.options
    title = Text("以 {q} 为门槛变量，{x} 对 {y} 的影响", "{y} on {x}, by thresholds in {q}")
    return Table(
        key="threshold_regression",
        number=Text("门槛回归", "Threshold regression"),
        title=title.format(x=options.treatment, y=options.outcome, q=options.by),
        headers=_headers(options.level),
        rows=(*_thresholds(result), *_slopes(result), *_tests(result)),
        notes=_notes(result),
        source=_source(result),
        simulated=result.provenance.simulated,
        rules_after=(len(result.found), len(result.found) + len(result.estimates.names)),
    )


def figure(result: ThresholdResult) -> Figure:
    """The likelihood ratio of each threshold at every candidate, and the critical value as a dashed line."""
    critical = result.options.critical_ratio
    curves = tuple(_curve(result, number) for number in range(1, len(result.found) + 1))
    ends = (min(one.x[0] for one in curves), max(one.x[-1] for one in curves))
    label = Text("{p}% 临界值 {c}", "{p} % critical value {c}")
    words = label.format(p=_percent(result.options.level), c=f"{critical:.2f}")
    return Figure(
        key="figure_threshold",
        number=Text("门槛回归图", "Threshold figure"),
        title=Text("各候选门槛的似然比", "Likelihood ratio of each candidate threshold"),
        drawing=Lines(
            x_label=both(result.options.by),
            y_label=Text("似然比", "Likelihood ratio"),
            curves=curves,
            references=(Points(words, ends, (critical, critical)),),
        ),
        notes=_notes(result)[:1],
        source=_source(result),
        simulated=result.provenance.simulated,
    )


def _curve(result: ThresholdResult, number: int) -> Points:
    part = result.lr.filter(pl.col("threshold") == number)
    gamma, ratio = part["gamma"].to_numpy(), part["lr"].fill_null(math.nan).to_numpy()
    label = Text("门槛 {k}：{g}", "Threshold {k}: {g}").format(k=number, g=f"{result.found[number - 1].gamma:.6g}")
    shown = _extremes(ratio)
    return Points(label, tuple(gamma[shown].tolist()), tuple(ratio[shown].tolist()))


def _extremes(ratio: NDArray[np.float64]) -> NDArray[np.int64]:
    """Both ends, and the places of the smallest and the largest value of each stretch and of where gaps begin."""
    if len(ratio) <= 2 * STRETCHES:
        return np.arange(len(ratio), dtype=np.int64)
    gap = np.isnan(ratio)
    places = {0, len(ratio) - 1, *np.flatnonzero(np.diff(gap, prepend=False)).tolist()}
    low, high = np.where(gap, np.inf, ratio), np.where(gap, -np.inf, ratio)
    for part in np.array_split(np.arange(len(ratio)), STRETCHES):
        places |= {int(part[np.argmin(low[part])]), int(part[np.argmax(high[part])])}
    return np.array(sorted(places), dtype=np.int64)


def _headers(level: float) -> tuple[Header, ...]:
    interval = Text("{p}% 置信区间", "{p} % confidence interval").format(p=_percent(level))
    return (
        Header("item", Text("项目", "Item")),
        Header("estimate", Text("估计值", "Estimate")),
        Header("se", Text("标准误", "Standard error")),
        Header("low", Text("下限", "Low"), None, interval),
        Header("high", Text("上限", "High"), None, interval),
        Header("p", Text("p 值", "p value")),
        Header("n", Text("行数", "Rows")),
    )


def _thresholds(result: ThresholdResult) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for number, one in enumerate(result.found, start=1):
        name = Text("门槛 {k}", "Threshold {k}").format(k=number)
        low, high = (Cell(v, ".6g") for v in one.interval)
        rows.append((Cell(name), Cell(one.gamma, ".6g"), Cell(None), low, high, Cell(None), Cell(None)))
    return rows


def _slopes(result: ThresholdResult) -> list[tuple[Cell, ...]]:
    estimate, counts = result.estimates, result.regimes["n"].to_list()
    limits = estimate.interval(result.options.level)
    rows: list[tuple[Cell, ...]] = []
    for j, name in enumerate(estimate.names):
        coef = Cell(float(estimate.coef[j]), _FORM, estimate.stars(name))
        numbers = [Cell(float(v), _FORM) for v in (estimate.se[j], *limits[j])]
        count = Cell(counts[j], ",d") if j < len(counts) else Cell(None)
        rows.append((Cell(name), coef, *numbers, Cell(float(estimate.p[j]), ".3f"), count))
    return rows


def _tests(result: ThresholdResult) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for test in result.tests:
        name = Text("F：{k} 个门槛对 {j} 个", "F: {k} against {j} thresholds")
        drawn = not math.isnan(test.p_value)
        cells = (Cell(test.f, ",.3f", _stars(test.p_value)), Cell(None), Cell(None), Cell(None))
        p = Cell(test.p_value if drawn else None, ".3f")
        rows.append((Cell(name.format(k=test.thresholds, j=test.thresholds - 1)), *cells, p, Cell(None)))
    return rows


def _stars(p: float) -> str:
    return "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""


def _notes(result: ThresholdResult) -> tuple[Text, ...]:
    options = result.options
    sample = Text(
        "{n} 行，{f} 家企业；候选门槛 {c} 个（{g}），每个区间至少占 {t}% 的行；置信集为似然比不超过 {r} 的取值。",
        "{n} rows, {f} firms; {c} candidates ({g}), at least {t} % of the rows in each regime; the confidence set "
        "holds the values whose likelihood ratio is at most {r}.",
    ).format(
        n=f"{result.estimates.n:,}",
        f=f"{result.firms:,}",
        c=f"{result.candidates:,}",
        g=_grid(options.grid),
        t=_percent(options.trim),
        r=f"{options.critical_ratio:.2f}",
    )
    errors = Text("标准误：{r}。* 10%，** 5%，*** 1%。", "Standard errors: {r}. * 10 %, ** 5 %, *** 1 %.")
    gone = sum(drop.rows for drop in result.drops)
    zh = "，".join(f"{drop.reason.zh} {drop.rows:,}" for drop in result.drops)
    en = ", ".join(f"{drop.reason.en} {drop.rows:,}" for drop in result.drops)
    left_out = [Text(f"未用 {gone:,} 行：{zh}。", f"{gone:,} rows not used: {en}.")] if gone else []
    tests = [result.scheme, *(_critical(test) for test in result.tests)] if options.bootstrap else []
    return (
        sample,
        *left_out,
        errors.format(r=result.estimates.rule),
        result.measured,
        *_pieces(result),
        *tests,
        *result.estimates.notes,
        *result.warnings,
    )


def _grid(grid: int | None) -> Text:
    if grid is None:
        return Text("截尾后的全部取值", "all values inside the trim")
    return Text("{g} 个分位数", "{g} quantiles").format(g=grid)


def _pieces(result: ThresholdResult) -> list[Text]:
    words = Text(
        "门槛 {k} 的置信集分为 {m} 段，表中为其外缘。",
        "The confidence set of threshold {k} has {m} pieces; the table shows its outer ends.",
    )
    numbered = enumerate(result.found, start=1)
    return [words.format(k=k, m=len(one.pieces)) for k, one in numbered if not one.connected]


def _critical(test: ThresholdTest) -> Text:
    ten, five, one = (f"{v:,.2f}" for v in test.critical)
    words = Text(
        "{k} 个门槛对 {j} 个：临界值 {a}（10%）、{b}（5%）、{c}（1%）。",
        "{k} against {j}: critical values {a} (10 %), {b} (5 %), {c} (1 %).",
    )
    return words.format(k=test.thresholds, j=test.thresholds - 1, a=ten, b=five, c=one)


def _percent(share: float) -> str:
    return f"{100.0 * share:.6g}"


def _source(result: ThresholdResult) -> Text:
    return Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=result.provenance.name)
