"""Dose-response: how the effect of a policy rises with how much of it a place received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.options import bad_option, is_whole, require_level
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.design import Comparison, Design, Gaps, design
from dualcarbon.policy.dose_effects import Basis, dose_response, spline
from dualcarbon.policy.result import critical, t_value, two_sided
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.within import collinear, few_clusters, one_treated, require_clusters, within
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A number with its error: `label`, `estimate`, `se`, degrees of freedom `df`, and how the error was computed."""

    label: Text
    estimate: float
    se: float
    df: float
    rule: Text

    @property
    def p(self) -> float:
        """Two-sided p value of zero."""
        return two_sided(t_value(self.estimate, self.se), self.df)


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """The effect of a policy by its dose.

    Attributes
    ----------
    att : Coefficient
        Mean effect over treated unit-periods, at the doses received.
    slope : Coefficient
        Mean over them of the derivative of the effect by the dose.
    linear : Coefficient
        b of y_it = a_i + l_t + b dose_i D_it + x_it'c + e_it.
    level, gradient : Coefficient
        c and b of y_it = a_i + l_t + c D_it + b (dose_i - mean dose) D_it + x_it'f + e_it.
    curve : polars.DataFrame
        dose, effect, se, low, high, slope, slope_se.
    basis : Basis
    design : Design
    dose : str
    level_of_intervals : float
    notes : tuple of Text
    """

    att: Coefficient
    slope: Coefficient
    linear: Coefficient
    level: Coefficient
    gradient: Coefficient
    curve: pl.DataFrame
    basis: Basis
    design: Design
    dose: str
    level_of_intervals: float
    notes: tuple[Text, ...]

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """All five, in the order of the table."""
        return (self.att, self.slope, self.linear, self.level, self.gradient)

    def table(self, key: str = "dose_response") -> Table:
        """The averages and the two-way regressions."""
        rules = dict.fromkeys(each.rule for each in self.coefficients)
        return Table(
            key=key,
            number=Text("剂量响应", "Dose-response"),
            title=Text("{d} 的剂量对 {y} 的效应", "Effect of the dose {d} on {y}").format(
                d=self.dose, y=self.design.asked.outcome
            ),
            headers=(
                Header("quantity", Text("量", "Quantity")),
                Header("estimate", Text("估计", "Estimate")),
                Header("se", Text("标准误", "Standard error")),
                Header("p", Text("p 值", "p value")),
            ),
            rows=tuple(
                (Cell(c.label), Cell(c.estimate, ".4g"), Cell(c.se, ".4g"), Cell(c.p, ".4f")) for c in self.coefficients
            ),
            notes=(*rules, *self.notes, *self.design.notes),
            source=Text("作者计算", "Own computation"),
            simulated=self.design.simulated,
            rules_after=(2,),
        )

    def curve_table(self, key: str = "dose_response_curve") -> Table:
        """Effect and slope along the dose."""
        names = {
            "dose": Text("剂量", "Dose"),
            "effect": Text("效应", "Effect"),
            "se": Text("标准误", "Standard error"),
            "low": Text("下限", "Low"),
            "high": Text("上限", "High"),
            "slope": Text("斜率", "Slope"),
            "slope_se": Text("斜率标准误", "Standard error of the slope"),
        }
        return Table(
            key=key,
            number=Text("剂量响应曲线", "Dose-response curve"),
            title=Text("{y} 的效应随 {d} 的变化", "Effect on {y} along {d}").format(
                d=self.dose, y=self.design.asked.outcome
            ),
            headers=tuple(Header(name, label) for name, label in names.items()),
            rows=tuple(tuple(Cell(v, ".4g") for v in row) for row in self.curve.select(list(names)).rows()),
            notes=(self.att.rule, *self.notes),
            source=Text("作者计算", "Own computation"),
            simulated=self.design.simulated,
        )

    def __repr__(self) -> str:
        lines = [f"Dose-response of {self.design.asked.outcome} to {self.dose}: {self.design.n:,} rows"]
        lines += [f"  {c.label.en}: {c.estimate:.6g} (se {c.se:.4g}, p {c.p:.4f})" for c in self.coefficients]
        return "\n".join(lines)


def dose(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    dose: str,
    treated: str | None = None,
    comparison: Comparison = "never",
    controls: Sequence[str] = (),
    cluster: str | None = None,
    anticipation: int = 0,
    gaps: Gaps = "refuse",
    degree: int = 3,
    knots: int = 0,
    points: int = 25,
    level: float = 0.95,
) -> DoseResponse:
    """The effect of a policy by how much of it each unit received.

    The curve: `dose_response`, a spline in the dose by cohort and period against units not (yet) treated, averaged.
    Beside it two two-way regressions: proportional in the dose, and with a level of its own.

    Parameters
    ----------
    panel, outcome, first_treated, treated, comparison, cluster, anticipation, gaps, level
        As in `did`.
    dose : str
        Column, positive and constant within treated units; not read for units never treated.
    controls : sequence of str
        Enter the two-way regressions only, which a note says.
    degree, knots : int
        Of the spline; knots lie at equally spaced quantiles of the treated doses.
    points : int
        Of the curve, at equally spaced quantiles of the treated doses from 5 % to 95 %.

    Raises
    ------
    ConfigError, SchemaError, DataError, NotIdentifiedError
        As `did`; a treated unit's dose is missing, not positive or changes; units lack periods; there are fewer
        distinct doses than coefficients.

    Notes
    -----
    ATT(d) compares units of dose d with untreated ones: parallel trends. Its slope is causal only if units of different
    doses would have gained alike from each dose (strong parallel trends): Callaway, Goodman-Bacon & Sant'Anna (2024),
    https://doi.org/10.3386/w32117. The two-way coefficients average slopes with weights of their own, some negative.

    Examples
    --------
    >>> r = np.random.default_rng(1)
    >>> i, t = np.repeat(np.arange(200), 4), np.tile(np.arange(4), 200)
    >>> d = np.where(np.arange(200) < 100, r.uniform(1, 3, 200), 0.0)[i]
    >>> y = i % 7 + t + d * (t >= 2) + 0.01 * r.normal(size=800)
    >>> table = pl.DataFrame({"i": i, "t": t, "y": y, "first": 2 * (d > 0), "d": d})
    >>> found = dose(Panel.from_frame(table, id="i", time="t"), "y", "first", dose="d", degree=1)
    >>> round(found.slope.estimate, 1), round(found.linear.estimate, 1)
    (1.0, 1.0)
    """
    _require_options(degree, knots, points, level)
    whole = design(
        panel, outcome, first_treated, treated=treated, comparison=comparison, controls=controls, cluster=cluster,
        anticipation=anticipation, gaps=gaps,
    )  # fmt: skip
    received = _doses(whole, panel, dose)
    _require_answerable(whole)
    units = received[whole.unit_first != NEVER]
    basis = spline(units, degree, knots)
    _require_doses(whole, received, basis)
    grid = np.unique(np.quantile(units, np.linspace(0.05, 0.95, points)))
    response = dose_response(whole, received, basis, grid)
    groups = len(np.unique(whole.cluster))
    rule = Text(
        "曲线：影响函数，以批次规模为条件，按 {c} 聚类（{g} 组）",
        "curve: influence functions given cohort sizes, clustered by {c} ({g} clusters)",
    ).format(c=cluster_word(whole), g=groups)
    value, se, df, q = response.estimate, response.se, float(groups - 1), len(grid)
    half = critical(level, df) * se[:q]
    curve = {
        "dose": grid, "effect": value[:q], "se": se[:q], "low": value[:q] - half, "high": value[:q] + half,
        "slope": value[q:-2], "slope_se": se[q:-2],
    }  # fmt: skip
    linear, steps, notes = _regressions(whole, received, dose)
    return DoseResponse(
        Coefficient(Text("平均效应", "Mean effect"), float(value[-2]), float(se[-2]), df, rule),
        Coefficient(Text("平均边际效应", "Mean slope"), float(value[-1]), float(se[-1]), df, rule),
        linear, *steps, pl.DataFrame(curve), basis, whole, dose, level,
        (*notes, *_exact(whole, degree + 1 + len(basis.knots)), *few_clusters(groups), *one_treated(whole)),
    )  # fmt: skip


def _doses(whole: Design, panel: Panel, name: str) -> Floats:
    """The dose of each unit, (N,); 0 for those never treated."""
    (values,) = panel.arrays(name)
    rows = np.where(whole.ever, values[whole.rows], 0.0)
    own = rows[whole.starts]
    broken = (~np.isfinite(rows) | (rows <= 0) | (rows != own[whole.unit])) & whole.ever
    if broken.any():
        raise DataError(
            Text("剂量 {d} 不能用", "the dose {d} cannot be used").format(d=name),
            expected=Text("受处理单位的剂量为正且不随时间变化", "positive and constant within treated units"),
            found=Text("{k} 个单位不符，前几个 {f}", "{k} units, first {f}").format(
                k=len(np.unique(whole.unit[broken])),
                f=[whole.unit_names[u] for u in np.unique(whole.unit[broken])[: faults.SHOWN]],
            ),
            remedy=Text(
                "用处理开始时的剂量；无剂量者改为未处理", "use the dose at the start; without a dose: untreated"
            ),
        )
    return np.asarray(own)


def _require_options(degree: int, knots: int, points: int, level: float) -> None:
    require_level(level)
    for name, value, least in (("degree", degree, 1), ("knots", knots, 0), ("points", points, 2)):
        if not is_whole(value) or value < least:
            raise bad_option(name, Text("不小于 {k}", "at least {k}").format(k=least), value)


def _require_answerable(whole: Design) -> None:
    if not whole.balanced:
        raise faults.needs_balance("dose", int(whole.incomplete.sum()))
    never = whole.unit_first == NEVER
    if whole.asked.comparison == "never" and not never.any():
        raise faults.no_never_treated(len(never), ("comparison='not_yet'",))
    whole.require_base()
    require_clusters(len(np.unique(whole.cluster)), cluster_word(whole))


def _require_doses(whole: Design, received: Floats, basis: Basis) -> None:
    """Raise `NotIdentifiedError` unless the doses of every cohort determine the coefficients of the basis."""
    coefficients = basis.degree + 1 + len(basis.knots)
    doses = {int(g): np.unique(received[whole.unit_first == g]) for g in whole.cohorts}
    thin = [
        (g, len(d))
        for g, d in doses.items()
        if len(d) < coefficients or np.linalg.matrix_rank(basis.at(d)) < coefficients
    ]
    if thin:
        raise NotIdentifiedError(
            Text("不同剂量太少", "too few distinct doses"),
            expected=Text(
                "每个批次至少 {k} 个不同剂量，且分布于各节点两侧",
                "at least {k} distinct doses in every cohort, on both sides of every knot",
            ).format(k=coefficients),
            found=Text("批次与剂量个数：{f}", "cohorts and their doses: {f}").format(f=thin[: faults.SHOWN]),
            remedy=Text("减小 degree 或 knots，或合并批次", "lower degree or knots, or merge cohorts"),
        )


def _regressions(
    whole: Design, received: Floats, name: str
) -> tuple[Coefficient, tuple[Coefficient, Coefficient], tuple[Text, ...]]:
    """Proportional in the dose; level and gradient; notes."""
    early = whole.anticipating
    used = whole.only(~early, Text("可能有预期的时期", "may be anticipated"))
    amount = received[whole.unit[~early]]
    on = used.treated.astype(np.float64)
    mean = float(received[whole.unit_first != NEVER].mean())
    fits = [
        within(
            used.outcome, np.column_stack([*columns, used.controls]), (used.unit, used.period), used.cluster,
            cluster_word(used),
        )
        for columns in ((amount * on,), (on, (amount - mean) * on))
    ]  # fmt: skip
    labels = (
        Text("双向固定效应：与剂量成比例", "Two-way: proportional to the dose"),
        Text("双向固定效应：平均剂量处的水平", "Two-way: level at the mean dose"),
        Text("双向固定效应：剂量梯度", "Two-way: gradient in the dose"),
    )
    places = ((fits[0], 0), (fits[1], 0), (fits[1], 1))
    for fit, j in places:
        if not fit.kept[j]:
            raise bad_option("dose", Text("剂量与处理在效应之外有变动", "doses that vary"), name)
    linear, level, gradient = (
        Coefficient(label, float(fit.coef[j]), float(fit.vcov[j, j]) ** 0.5, fit.df, fit.rule)
        for label, (fit, j) in zip(labels, places, strict=True)
    )
    notes = (*_controls(used.asked.controls), *collinear(used.asked.controls, fits[0].kept[1:]))
    return linear, (level, gradient), notes


def _exact(whole: Design, coefficients: int) -> tuple[Text, ...]:
    """A note on cohorts that the curve fits exactly."""
    units = np.unique(whole.unit_first[whole.unit_first != NEVER], return_counts=True)[1]
    exact = int(np.count_nonzero(units <= coefficients))
    if not exact:
        return ()
    return (
        Text(
            "{k} 个批次的单位数等于曲线系数个数：其自身误差无从估计，标准误偏小；请减小 degree 或 knots",
            "{k} cohorts have no more units than the curve has coefficients: their own error cannot be estimated, "
            "errors are too small; lower degree or knots",
        ).format(k=exact),
    )


def _controls(names: Sequence[str]) -> tuple[Text, ...]:
    if not names:
        return ()
    return (
        Text(
            "控制变量（{c}）只进入双向回归，不进入曲线", "controls ({c}) enter the two-way regressions, not the curve"
        ).format(c=", ".join(names)),
    )
