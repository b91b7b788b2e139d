"""Lags and leads of a treatment: shifted by the time key, fitted together, leads tested jointly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Vcov, asked
from dualcarbon.effects.formula import parse
from dualcarbon.effects.regression import regress
from dualcarbon.effects.single import place_of, require_term
from dualcarbon.effects.specification import Factor, Term
from dualcarbon.effects.words import P_VALUE, STARS, fragile, measured, number_form, source

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shifted:
    """A panel with shifted columns.

    Attributes
    ----------
    panel : Panel
    names : tuple of str
        The new columns, first leads (farthest first), then lags.
    missing : dict of str to int
        Rows in which the column is present and its shifted value is not: no row of the unit that many periods away,
        or a missing value there.
    """

    panel: Panel
    names: tuple[str, ...]
    missing: dict[str, int]


@dataclass(frozen=True, slots=True)
class Joint:
    """F test that several coefficients are zero."""

    names: tuple[str, ...]
    f: float
    df1: int
    df2: float
    p: float


@dataclass(frozen=True, slots=True)
class Dynamics:
    """The treatment with its lags and leads in one regression.

    Attributes
    ----------
    estimate : Estimate
    treatment : str
    terms : tuple of (steps, name)
        Steps are negative for leads, 0 for the treatment itself; in order of time.
    leads : Joint or None
        The test that all leads are zero; None without leads.
    total, total_se, total_p : float
        Sum of the treatment's and its lags' coefficients: the effect after the last lag.
    missing : dict of str to int
        As in `Shifted`.
    measured : Text
        The treatment's unit.
    provenance : Provenance
    """

    estimate: Estimate
    treatment: str
    terms: tuple[tuple[int, str], ...]
    leads: Joint | None
    total: float
    total_se: float
    total_p: float
    missing: dict[str, int]
    measured: Text
    provenance: Provenance

    def table(self, key: str = "dynamics") -> Table:
        """Coefficients in order of time, their sum, and the test of the leads."""
        rows = [self._row(steps, name) for steps, name in self.terms]
        form = number_form(self.total)
        total = (
            Cell(Text("当期与滞后之和", "Sum of current and lags")),
            Cell(self.total, form),
            Cell(self.total_se, form, bracket=True),
        )
        rows.append((*total, Cell(self.total_p, ".4f"), Cell(None)))
        if self.leads is not None:
            rows.append(
                (
                    Cell(Text("超前项联合为零：F({a}, {b})", "Leads jointly zero: F({a}, {b})").format(
                        a=self.leads.df1, b=f"{self.leads.df2:g}"
                    )),
                    Cell(self.leads.f, ".4f"), Cell(None), Cell(self.leads.p, ".4f"), Cell(None),
                )
            )  # fmt: skip
        return Table(
            key=key,
            number=Text("超前与滞后", "Leads and lags"),
            title=Text("{d} 对 {y} 的动态效应", "{d} on {y} over time").format(
                d=self.treatment, y=self.estimate.depvar
            ),
            headers=(
                Header("term", Text("项", "Term")),
                Header("coef", Text("系数", "Coefficient")),
                Header("se", Text("标准误", "Standard error")),
                Header("p", P_VALUE),
                Header("missing", Text("移位后缺失的行", "Rows missing after the shift")),
            ),
            rows=tuple(rows),
            notes=self._notes(),
            source=source(self.provenance),
            simulated=self.provenance.simulated,
            rules_after=(len(self.terms),),
        )

    def figure(self, key: str = "figure_dynamics", level: float = 0.95) -> Figure:
        """Coefficients in order of time with their intervals."""
        at = [self.estimate.names.index(name) for _, name in self.terms]
        low, high = (tuple(float(v) for v in side) for side in self.estimate.interval(level)[at].T)
        words = Text("系数，{l}% 置信区间", "coefficient, {l} % confidence interval").format(l=f"{100 * level:g}")
        marks = Series(words, tuple(float(v) for v in self.estimate.coef[at]), low, high)
        return Figure(
            key=key,
            number=Text("动态效应图", "Effects over time"),
            title=Text("{d} 对 {y}", "{d} on {y}").format(d=self.treatment, y=self.estimate.depvar),
            drawing=DotPlot(tuple(_label(steps) for steps, _ in self.terms), (marks,), words),
            notes=self._notes()[1:],
            source=source(self.provenance),
            simulated=self.provenance.simulated,
        )

    def _row(self, steps: int, name: str) -> tuple[Cell, ...]:
        at = self.estimate.names.index(name)
        coef, se = float(self.estimate.coef[at]), float(self.estimate.se[at])
        return (
            Cell(_label(steps)),
            Cell(coef, number_form(coef), self.estimate.stars(name)),
            Cell(se, number_form(se), bracket=True),
            Cell(float(self.estimate.p[at]), ".4f"),
            Cell(self.missing.get(name), ",d"),
        )

    def _notes(self) -> tuple[Text, ...]:
        return (
            STARS,
            Text(
                "移位按时间关键字对齐，中间缺期即为缺失；N = {n}；标准误：{r}。",
                "Shifted by the time key: where a period is absent the value is missing; N = {n}; errors: {r}.",
            ).format(n=f"{self.estimate.n:,}", r=self.estimate.rule),
            self.measured,
            *fragile([self.estimate]),
        )

    def __repr__(self) -> str:
        lead = "" if self.leads is None else f"; leads zero: F = {self.leads.f:.4g}, p = {self.leads.p:.4f}"
        return (
            f"Dynamics({self.treatment} on {self.estimate.depvar}, {self.terms[0][0]} to {self.terms[-1][0]}; "
            f"sum {self.total:.6g} ({self.total_se:.6g}){lead})"
        )


def _label(steps: int) -> Text:
    if steps == 0:
        return Text("当期", "Current")
    label = Text("超前 {k} 期", "Lead {k}") if steps < 0 else Text("滞后 {k} 期", "Lag {k}")
    return label.format(k=abs(steps))


def shifted(panel: Panel, column: str, *, lags: int = 0, leads: int = 0, step: int = 1) -> Shifted:
    """The panel with lags and leads of a column, named `x_lag1`, `x_lead1` and so on.

    The value `k` lags back is that of the same unit `k` times `step` earlier by the time key, whatever rows lie
    between: a gap makes it missing, never the value of a nearer row.

    Raises
    ------
    ConfigError
        Negative numbers, or a step below 1.
    SchemaError
        The column is absent, the time key does not hold integers, or a new column exists already.

    Examples
    --------
    >>> table = pl.DataFrame({"f": [1, 1, 1], "t": [2001, 2002, 2004], "x": [1.0, 2.0, 4.0]})
    >>> found = shifted(Panel.from_frame(table, id="f", time="t"), "x", lags=1, leads=1)
    >>> found.panel.frame.select(found.names).rows(), found.missing
    ([(2.0, None), (None, 1.0), (None, None)], {'x_lead1': 2, 'x_lag1': 2})
    """
    _require_shift(panel, column, lags, leads, step)
    held = panel.frame.select(panel.id, panel.time, column)
    names: list[str] = []
    missing: dict[str, int] = {}
    columns = []
    for k in (*range(-leads, 0), *range(1, lags + 1)):
        name = f"{column}_lag{k}" if k > 0 else f"{column}_lead{-k}"
        moved = held.with_columns(pl.col(panel.time) + k * step).rename({column: "_moved"})
        joined = held.join(moved, on=[panel.id, panel.time], how="left", validate="1:1", maintain_order="left")
        values = joined["_moved"].alias(name)
        missing[name] = int((_there(held[column]) & ~_there(values)).sum())
        names.append(name)
        columns.append(values)
    return Shifted(panel.with_columns(*columns), tuple(names), missing)


def _there(values: pl.Series) -> pl.Series:
    """Whether a value is there: neither null nor NaN."""
    return values.is_not_null() & ~values.is_nan().fill_null(True) if values.dtype.is_float() else values.is_not_null()


def dynamics(
    formula: str,
    panel: Panel,
    treatment: str,
    *,
    lags: int = 2,
    leads: int = 2,
    step: int = 1,
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
) -> Dynamics:
    """The regression with lags and leads of the treatment beside it, and the joint test of the leads.

    y = sum over k = -leads..lags of b_k d(t - k) + controls + effects. Leads that matter say that the outcome moved
    before the treatment.

    Parameters
    ----------
    formula : str
        With the treatment itself; as for `fit`.
    panel : Panel
    treatment : str
        A column that is a regressor by itself.
    lags, leads, step : int
        As for `shifted`.
    cluster, vcov, covariance, weights, sample : as for `fit`

    Raises
    ------
    ConfigError, SchemaError
        As for `fit` and `shifted`.
    NotIdentifiedError
        The treatment, a lag or a lead is collinear.

    Examples
    --------
    >>> r = np.random.default_rng(0)
    >>> firm, year = np.repeat(np.arange(60), 9), np.tile(np.arange(9), 60)
    >>> d = r.normal(size=540)
    >>> y = 0.5 * d + 0.3 * np.where(year > 0, np.roll(d, 1), 0) + r.normal(size=540)
    >>> panel = Panel.from_frame(pl.DataFrame({"f": firm, "t": year, "d": d, "y": y}), id="f", time="t")
    >>> found = dynamics("y ~ d | f + t", panel, "d", lags=1, leads=1, cluster="f")
    >>> [steps for steps, _ in found.terms], found.estimate.n, found.leads.p > 0.05
    ([-1, 0, 1], 420, True)
    """
    from dataclasses import replace

    specification = parse(formula, cluster=cluster, weights=weights)
    term = require_term(specification, treatment)
    if term != Term((Factor(treatment),)):
        raise _not_a_column(treatment)
    moved = shifted(panel, treatment, lags=lags, leads=leads, step=step)
    added = tuple(Term((Factor(name),)) for name in moved.names)
    wide = replace(specification, regressors=(*specification.regressors, *added))
    estimate = regress(wide, moved.panel, covariance=asked(covariance, vcov), sample=sample).estimate
    steps = [*range(-leads, 0), *range(1, lags + 1)]
    terms = tuple(sorted([(0, term.name), *zip(steps, moved.names, strict=True)]))
    for _, name in terms:
        place_of(estimate, name)
    after = [name for k, name in terms if k >= 0]
    total, total_se, total_p = _sum(estimate, after)
    ahead = [name for k, name in terms if k < 0]
    return Dynamics(
        estimate, treatment, terms, jointly_zero(estimate, ahead) if ahead else None, total, total_se, total_p,
        moved.missing, measured(treatment, panel), panel.provenance,
    )  # fmt: skip


def jointly_zero(estimate: Estimate, names: Sequence[str]) -> Joint:
    """F = b' V^-1 b / q with the degrees of freedom of the estimate's t distribution."""
    from scipy.stats import f as fisher

    at = [estimate.names.index(name) for name in names]
    b, v = estimate.coef[at], estimate.vcov[np.ix_(at, at)]
    statistic = float(b @ np.linalg.solve(v, b)) / len(at)
    return Joint(tuple(names), statistic, len(at), estimate.df, float(fisher.sf(statistic, len(at), estimate.df)))


def _sum(estimate: Estimate, names: Sequence[str]) -> tuple[float, float, float]:
    from scipy.stats import t as student

    at = [estimate.names.index(name) for name in names]
    total, se = float(estimate.coef[at].sum()), float(np.sqrt(estimate.vcov[np.ix_(at, at)].sum()))
    return total, se, float(2.0 * student.sf(abs(total) / se, estimate.df)) if se > 0.0 else float("nan")


def _require_shift(panel: Panel, column: str, lags: int, leads: int, step: int) -> None:
    if lags < 0 or leads < 0 or step < 1:
        raise ConfigError(
            Text("滞后或超前的期数不对", "the lags or leads are wrong"),
            expected=Text("lags、leads 不小于 0，step 至少 1", "lags and leads at least 0, step at least 1"),
            found=both(f"lags={lags}, leads={leads}, step={step}"),
            remedy=Text("改正这些数", "correct these numbers"),
        )
    panel.arrays(column)
    if not panel.frame[panel.time].dtype.is_integer():
        raise SchemaError(
            Text("时间关键字 {t} 不是整数", "the time key {t} does not hold integers").format(t=panel.time),
            expected=Text("整数的年份或期号", "whole years or period numbers"),
            found=both(str(panel.frame[panel.time].dtype)),
            remedy=Text("先换成整数的期号", "number the periods first"),
        )
    new = [f"{column}_lead{k}" for k in range(1, leads + 1)] + [f"{column}_lag{k}" for k in range(1, lags + 1)]
    there = [name for name in new if name in panel.frame.columns]
    if there:
        raise SchemaError(
            Text("要添加的列已存在", "a column to add exists already"),
            expected=Text("表中没有 {n}", "no {n} in the table").format(n=", ".join(new)),
            found=both(", ".join(there)),
            remedy=Text("改名或删去这些列", "rename or drop these columns"),
        )


def _not_a_column(treatment: str) -> ConfigError:
    return ConfigError(
        Text("只能移位单独的一列", "only a column by itself can be shifted"),
        expected=Text("公式中的一个列名", "the name of one column in the formula"),
        found=both(treatment),
        remedy=Text("先把变换或乘积存为一列", "store the transformation or product as a column first"),
    )
