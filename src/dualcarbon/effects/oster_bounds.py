"""How much selection on unobserved controls would undo a coefficient (Oster 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.formula import parse
from dualcarbon.effects.joint import term_values
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.single import require_term, single
from dualcarbon.effects.specification import INTERCEPT, Specification, Term
from dualcarbon.effects.words import fragile, measured, number_form, source
from dualcarbon.kernels.selection import Moments, betas, delta_for

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Oster:
    """Selection on unobserved controls.

    Attributes
    ----------
    estimate : Estimate
        The regression with the controls.
    treatment : str
    short, long : float
        Coefficient without and with the controls.
    r2_short, r2_long, r2_max : float
        Within the effects, or overall where the effects count as controls.
    delta : float
        Selection on unobserved controls, as a multiple of that on the observed, under which beta would be `target`.
    target : float
    beta : float
        The coefficient under selection of `assumed` times that on the observed.
    assumed : float
    roots : tuple of float
        All real solutions for beta, the nearest to `long` first.
    consistent : bool
        Whether `beta` moves further in the direction in which the controls moved the coefficient (assumption 3).
    bounds : (low, high)
        Between `long` and `beta`.
    observed : Text
        What counts as observed controls.
    measured : Text
        The treatment's unit.
    provenance : Provenance
    """

    estimate: Estimate
    treatment: str
    short: float
    long: float
    r2_short: float
    r2_long: float
    r2_max: float
    delta: float
    target: float
    beta: float
    assumed: float
    roots: tuple[float, ...]
    consistent: bool
    bounds: tuple[float, float]
    observed: Text
    measured: Text
    provenance: Provenance

    @property
    def excludes_target(self) -> bool:
        """Whether `target` lies outside the bounds."""
        return not self.bounds[0] <= self.target <= self.bounds[1]

    def table(self, key: str = "oster") -> Table:
        """Both regressions, delta, and the bounds."""
        rows: list[tuple[Text, float, str]] = [
            (Text("系数，无控制变量", "Coefficient without controls"), self.short, number_form(self.short)),
            (Text("系数，有控制变量", "Coefficient with controls"), self.long, number_form(self.long)),
            (Text("R²，无控制变量", "R² without controls"), self.r2_short, ".4f"),
            (Text("R²，有控制变量", "R² with controls"), self.r2_long, ".4f"),
            (Text("R² 上限", "R² max"), self.r2_max, ".4f"),
            (Text("使 β = {b} 的 δ", "δ for β = {b}").format(b=f"{self.target:g}"), self.delta, ".4g"),
            (
                Text("δ = {d} 时的 β*", "β* for δ = {d}").format(d=f"{self.assumed:g}"),
                self.beta,
                number_form(self.beta),
            ),
            (Text("区间下限", "Lower bound"), self.bounds[0], number_form(self.bounds[0])),
            (Text("区间上限", "Upper bound"), self.bounds[1], number_form(self.bounds[1])),
            (Text("观测数", "Observations"), self.estimate.n, ",d"),
        ]
        return Table(
            key=key,
            number=Text("不可观测变量的选择", "Selection on unobservables"),
            title=Text("{d} 对 {y}（Oster 2019）", "{d} on {y} (Oster 2019)").format(
                d=self.treatment, y=self.estimate.depvar
            ),
            headers=(Header("item", Text("项目", "Item")), Header("value", Text("数值", "Value"))),
            rows=tuple((Cell(name), Cell(value, form)) for name, value, form in rows),
            notes=self._notes(),
            source=source(self.provenance),
            simulated=self.provenance.simulated,
            rules_after=(5,),
        )

    def _notes(self) -> tuple[Text, ...]:
        notes = [Text("可观测的控制变量：{o}。", "Observed controls: {o}.").format(o=self.observed)]
        if len(self.roots) > 1:
            others = ", ".join(f"{root:.6g}" for root in self.roots)
            notes.append(Text("方程的全部实根：{r}。", "All real roots of the equation: {r}.").format(r=others))
        if not self.consistent:
            notes.append(
                Text(
                    "没有实根与控制变量移动系数的方向一致（假设 3）；取最近的根。",
                    "No real root continues in the direction in which the controls moved the coefficient "
                    "(assumption 3); the nearest root is taken.",
                )
            )
        return (*notes, self.measured, *fragile([self.estimate]))

    def __repr__(self) -> str:
        return (
            f"Oster({self.treatment} on {self.estimate.depvar}: {self.short:.6g} -> {self.long:.6g}, R2 "
            f"{self.r2_short:.4f} -> {self.r2_long:.4f} (max {self.r2_max:.4f}); delta for beta = {self.target:g}: "
            f"{self.delta:.6g}; beta for delta = {self.assumed:g}: {self.beta:.6g})"
        )


def oster(
    formula: str,
    panel: Panel,
    treatment: str,
    *,
    r2_max: float | None = None,
    delta: float = 1.0,
    target: float = 0.0,
    always: Sequence[str] = (),
    observed: Literal["controls", "controls and effects"] = "controls",
    weights: str | None = None,
    sample: pl.Expr | None = None,
) -> Oster:
    """Oster's delta and bias-adjusted coefficient.

    The short regression has the treatment (and what stands in both: effects, `always`), the long one the controls
    too. With g = short - long, s the variance of the treatment in the short regression, t what the controls leave of
    it, q = (R2 long - R2 short) var y, r = (R2 max - R2 long) var y, v = long - beta solves

        (d-1)(s t - t^2) v^3 + (d-2) t g s v^2 + (d r (s-t) - q t - s t g^2) v + d r g s = 0,

    a quadratic for d = 1. Of the real roots that continue in the direction in which the controls moved the
    coefficient, the nearest to `long` is taken, as Stata's psacalc does. The same equation, linear in d, gives the
    delta for a target.

    Parameters
    ----------
    formula : str
        The long regression, by least squares.
    panel : Panel
    treatment : str
        A regressor as written in the formula.
    r2_max : float, optional
        R2 of a regression with the unobserved controls too; min(1.3 R2 long, 1) by default. Within the effects, unless
        effects count as observed controls.
    delta : float
        For the coefficient beta and the bounds.
    target : float
        For the delta.
    always : sequence of str
        Regressors in both regressions, unrelated to the selection.
    observed : "controls" or "controls and effects"
        Whether the absorbed effects stand in both regressions, all in terms of variation within them, or are among
        the observed controls.
    weights, sample : as for `fit`

    Raises
    ------
    ConfigError
        No control is left, an option is not known, or `r2_max` is below the R2 of the long regression.
    NotIdentifiedError
        The treatment is collinear.

    Notes
    -----
    Oster (2019), https://doi.org/10.1080/07350015.2016.1227711.

    Examples
    --------
    >>> r = np.random.default_rng(0)
    >>> u = r.normal(size=500)
    >>> d = 0.3 * u + r.normal(size=500)
    >>> table = pl.DataFrame({"f": range(500), "t": [0] * 500, "d": d, "u": u, "y": d + u / 2 + r.normal(size=500)})
    >>> found = oster("y ~ d + u", Panel.from_frame(table, id="f", time="t"), "d")
    >>> found.delta > 1, found.excludes_target
    (True, True)
    """
    specification = parse(formula, weights=weights)
    term = require_term(specification, treatment)
    always = [always] if isinstance(always, str) else always
    _require_observed(specification, term, always, observed)
    _require_finite(delta=delta, target=target)
    whole = regress(specification, panel, sample=sample)
    moments, total = _moments(whole, panel, term, specification, always, observed)
    r2_long = 1.0 - _left(whole) / total
    r2_short = r2_long - moments.gained / total
    chosen = min(1.3 * r2_long, 1.0) if r2_max is None else r2_max
    _require_r2(chosen, r2_long)
    moments = Moments(
        moments.short, moments.long, moments.gained, (chosen - r2_long) * total, moments.variance, moments.own
    )
    roots, beta, consistent = _solved(moments, delta)
    low, high = sorted((moments.long, beta))
    return Oster(
        whole.estimate, treatment, moments.short, moments.long, r2_short, r2_long, chosen, delta_for(moments, target),
        target, beta, delta, roots, consistent, (low, high), _named(specification, term, always, observed),
        measured(treatment, panel), panel.provenance,
    )  # fmt: skip


def _solved(moments: Moments, delta: float) -> tuple[tuple[float, ...], float, bool]:
    if delta == 0.0 or moments.short == moments.long or moments.missing == 0.0:
        return (moments.long,), moments.long, True
    roots = betas(moments, delta)
    onward = [root for root in roots if np.sign(root - moments.long) == np.sign(moments.long - moments.short)]
    return tuple(float(v) for v in roots), float(onward[0] if onward else roots[0]), bool(onward)


def _moments(
    whole: Regression,
    panel: Panel,
    term: Term,
    specification: Specification,
    always: Sequence[str],
    observed: str,
) -> tuple[Moments, float]:
    """The moments, sums of squares in place of variances (the cubic is homogeneous), and the variation of y."""
    seen = single(whole, panel, term)
    w, estimate = seen.fitted.weights, whole.estimate
    y = seen.outcome + 0.0
    if observed == "controls and effects":
        x, y = (_centred(values, w) for values in (seen.values, _outcome(whole, panel, specification)))
        total = float(w @ y**2)
        kept = _always(specification, panel, always, whole, w)
    else:
        coef = np.linalg.solve(whole.mapping, estimate.coef)
        constant = 0 if estimate.effects else 1
        at = estimate.names.index(term.name)
        x = seen.fitted.x[:, at]
        y = seen.fitted.residuals + seen.fitted.x[:, constant:] @ coef[constant:]
        total = float(w @ y**2)
        kept = seen.fitted.x[:, [estimate.names.index(name) for name in always if name in estimate.names]]
    short_x, short_y = _without(x, kept, w), _without(y, kept, w)
    variance = float(w @ short_x**2)
    short = float(w @ (short_x * short_y)) / variance
    short_left = float(w @ (short_y - short * short_x) ** 2)
    gained = short_left - _left(whole)
    return Moments(short, seen.coef, gained, 0.0, variance, float(w @ seen.own**2)), total


def _left(whole: Regression) -> float:
    return float(np.sum(whole.fitted.weights * whole.fitted.residuals**2))


def _outcome(whole: Regression, panel: Panel, specification: Specification) -> Floats:
    return term_values(panel, Term((specification.depvar,)))[whole.rows]


def _always(
    specification: Specification, panel: Panel, always: Sequence[str], whole: Regression, weights: Floats
) -> Floats:
    """The regressors of both regressions, centred, (n, a)."""
    terms = [term for term in specification.regressors if term.name in always]
    columns = [_centred(term_values(panel, term)[whole.rows], weights) for term in terms]
    return np.column_stack([np.zeros((len(weights), 0)), *columns])


def _centred(values: Floats, weights: Floats) -> Floats:
    return values - float(np.average(values, weights=weights))


def _without(values: Floats, others: Floats, weights: Floats) -> Floats:
    if not others.shape[1]:
        return values
    root = np.sqrt(weights)
    scaled = others * root[:, None]
    size = np.sqrt(np.sum(scaled**2, axis=0))
    coef = np.linalg.lstsq(scaled / np.where(size > 0.0, size, 1.0), values * root)[0]
    return np.asarray(values - (others / np.where(size > 0.0, size, 1.0)) @ coef, dtype=np.float64)


def _named(specification: Specification, term: Term, always: Sequence[str], observed: str) -> Text:
    names = [one.name for one in specification.regressors if one != term and one.name not in always]
    names += [effect.name for effect in specification.effects] if observed == "controls and effects" else []
    both_in = [*always, *([effect.name for effect in specification.effects] if observed == "controls" else [])]
    listed = both(", ".join(names))
    if not both_in:
        return listed
    return Text("{o}（两个回归中都有：{b}）", "{o} (in both regressions: {b})").format(o=listed, b=", ".join(both_in))


def _require_observed(specification: Specification, term: Term, always: Sequence[str], observed: str) -> None:
    known = [one.name for one in specification.regressors if one != term]
    absent = [name for name in always if name not in known or name == INTERCEPT]
    if observed not in ("controls", "controls and effects") or absent:
        raise ConfigError(
            Text("observed= 或 always= 不对", "observed= or always= is wrong"),
            expected=Text(
                "observed 为 controls 或 controls and effects；always 取自 {k}",
                "observed of controls or controls and effects; always among {k}",
            ).format(k=", ".join(known) or "-"),
            found=both(f"observed={observed!r}, always={tuple(always)!r}"),
            remedy=Text("改用以上的词", "use these words"),
        )
    if observed == "controls" and not set(known) - set(always):
        raise NotIdentifiedError(
            Text("没有可观测的控制变量", "there is no observed control"),
            expected=Text("公式中除 {t} 外至少一个控制变量", "a control besides {t} in the formula").format(
                t=term.name
            ),
            found=both(specification.formula),
            remedy=Text(
                '加入控制变量，或 observed="controls and effects"', 'add controls, or observed="controls and effects"'
            ),
        )


def _require_finite(**options: float) -> None:
    bad = [f"{name}={value}" for name, value in options.items() if not np.isfinite(value)]
    if bad:
        raise ConfigError(
            Text("选项不是有限数", "an option is not finite"),
            expected=Text("有限数", "a finite number"),
            found=both(", ".join(bad)),
            remedy=Text("改正它", "correct it"),
        )


def _require_r2(r2_max: float, r2_long: float) -> None:
    if not r2_long <= r2_max <= 1.0:
        raise ConfigError(
            Text("R² 上限不对", "R² max is wrong"),
            expected=Text("{r} 至 1", "{r} to 1").format(r=f"{r2_long:.6g}"),
            found=both(repr(r2_max)),
            remedy=Text("省略 r2_max= 即取 1.3 倍 R²", "leave r2_max= out for 1.3 times R²"),
        )
