"""Several outcomes on the same rows, regressors, weights and effects, with the covariance across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Covariance, Fitted, Linear, Vcov, choose, with_covariance
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.specification import INTERCEPT, Factor, Specification, Term

Floats = NDArray[np.float64]

_ROUNDING = 1e-13
"""Spread, relative to the columns combined as they are in the table, that is nothing but rounding."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Regressions of several outcomes that differ in nothing but the outcome.

    Attributes
    ----------
    estimates : tuple of Estimate, m
        Each as its own regression would give it; without effects the constant is not listed.
    vcov : (m, m)
        Of the coefficients of the first regressor, across outcomes; read-only.
    rows : (n,)
        Positions in the panel of the rows used.
    weights : (n,)
    """

    estimates: tuple[Estimate, ...]
    vcov: Floats
    rows: NDArray[np.int64]
    weights: Floats

    @property
    def coef(self) -> Floats:
        """Coefficients of the first regressor, (m,)."""
        return np.array([estimate.coef[0] for estimate in self.estimates])


def regress_jointly(
    specification: Specification,
    columns: Sequence[Factor],
    outcomes: Mapping[str, Sequence[float]],
    panel: Panel,
    *,
    covariance: str | Vcov | None = None,
    sample: pl.Expr | None = None,
) -> Joint:
    """Regressions of combinations of several columns on the regressors of a specification.

    One regression of the first column on the regressors and the other columns partials all of them out at once; what
    it leaves of each column gives every outcome. With a rule V(e) that is quadratic in the residuals e, as every
    sandwich is, the covariance across outcomes i and j on common regressors is (V(e_i + e_j) - V(e_i) - V(e_j)) / 2:
    clustered, the cross products of the stacked scores.

    Parameters
    ----------
    specification : Specification
        Its dependent variable is the first of the columns; its first regressor is the one whose covariance across
        outcomes is returned.
    columns : sequence of Factor, c
    outcomes : name -> weights (c,) of the columns in the outcome
    panel : Panel
    covariance, sample : as for `regress`

    Raises
    ------
    ConfigError
        If a column is also a regressor.
    NotIdentifiedError
        If the effects determine the first regressor, or the other columns and the regressors one of the columns.
    """
    _require_apart(specification, columns)
    extra = tuple(Term((column,)) for column in columns[1:])
    widened = replace(specification, regressors=(*specification.regressors, *extra))
    rule = choose(covariance, bool(specification.clusters))
    whole = regress(widened, panel, sample=sample)
    _require_identified(whole.estimate, specification.regressors[0], [term.name for term in extra])
    left, fitted = _partialled(whole, len(extra))
    raw = np.column_stack([_values(panel, column)[whole.rows] for column in columns])
    fits = [
        _fit(whole, fitted, rule, _combined(left, np.asarray(w), raw), _combined(raw, np.asarray(w), raw), name)
        for name, w in outcomes.items()
    ]
    position = fitted.x.shape[1] - len(fits[0].estimate.names)
    vcov = _across(fits, fitted, rule, position)
    vcov.flags.writeable = False
    return Joint(tuple(fit.estimate for fit in fits), vcov, whole.rows, fitted.weights)


def term_values(panel: Panel, term: Term) -> Floats:
    """The regressor, (n,), at every row of the panel."""
    return np.asarray(np.prod([_values(panel, factor) for factor in term.factors], axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Fit:
    estimate: Estimate
    residuals: Floats
    covariance: Covariance


def _values(panel: Panel, factor: Factor) -> Floats:
    (column,) = panel.arrays(factor.column)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(column), dtype=np.float64) if factor.log else column


def _partialled(whole: Regression, extra: int) -> tuple[Floats, Fitted]:
    """The columns without the effects, (n, 1 + extra), and the fit of the regressors alone, its residuals those of
    the first column."""
    fitted = whole.fitted
    k = fitted.x.shape[1] - extra
    x, others = fitted.x[:, :k], fitted.x[:, k:]
    coef = np.linalg.solve(whole.mapping, whole.estimate.coef)
    start = _constants(whole)
    first = fitted.residuals + fitted.x[:, start:] @ coef[start:]
    clusters = fitted.clusters
    return np.column_stack([first, others]), replace(
        fitted,
        x=x,
        bread=_inverse(x, fitted.weights),
        parameters=fitted.parameters - extra,
        clusters=None if clusters is None else replace(clusters, parameters=clusters.parameters - extra),
    )


def _constants(whole: Regression) -> int:
    """1 if the first coefficient is the constant, otherwise 0."""
    return int(whole.estimate.names[0] == INTERCEPT)


def _inverse(x: Floats, weights: Floats) -> Floats:
    from dualcarbon.kernels.least_squares import normal_equations
    from dualcarbon.kernels.moments import cross_products

    return normal_equations(cross_products(x, weights)).inverse()


def _fit(whole: Regression, fitted: Fitted, rule: Vcov, y: Floats, raw: Floats, name: str) -> _Fit:
    """One outcome: y without the effects, raw with them, both (n,)."""
    from dualcarbon.kernels.moments import weighted_sums

    x, w = np.ascontiguousarray(fitted.x), fitted.weights
    coef = fitted.bread @ weighted_sums(x, w * y)
    residuals = y - x @ coef
    coef = coef + fitted.bread @ weighted_sums(x, w * residuals)
    residuals = y - x @ coef
    names = whole.estimate.names[: fitted.x.shape[1]]
    mapping = np.eye(len(names))
    found = rule.compute(replace(fitted, residuals=residuals, linear=Linear(coef, mapping, names)))
    _require_quadratic(rule, found)
    reported = mapping[_constants(whole) :]
    left = float(np.sum(w * residuals**2))
    total = float(np.sum(w * (raw - float(np.average(raw, weights=w))) ** 2))
    estimate = replace(
        whole.estimate,
        names=names[len(names) - len(reported) :],
        coef=reported @ coef,
        vcov=reported @ found.vcov @ reported.T,
        depvar=name,
        r2=_share(left, total),
        r2_within=_share(left, float(np.sum(w * y**2))),
    )
    return _Fit(with_covariance(estimate, found, reported), residuals, found)


def _combined(columns: Floats, w: Floats, raw: Floats) -> Floats:
    """The combination of the columns, (n,): exactly 0 where no more is left of it than the raw columns' rounding."""
    found = columns @ w
    size = float(np.max(np.abs(raw) @ np.abs(w)))
    return np.zeros_like(found) if np.ptp(found) <= _ROUNDING * size else np.asarray(found, dtype=np.float64)


def _share(left: float, total: float) -> float:
    return 1.0 - left / total if total > 0.0 else float("nan")


def _across(fits: Sequence[_Fit], fitted: Fitted, rule: Vcov, position: int) -> Floats:
    own = [float(fit.covariance.vcov[position, position]) for fit in fits]
    vcov = np.diag(own)
    for i in range(len(fits)):
        for j in range(i):
            together = rule.compute(replace(fitted, residuals=fits[i].residuals + fits[j].residuals))
            _require_quadratic(rule, together)
            vcov[i, j] = vcov[j, i] = (float(together.vcov[position, position]) - own[i] - own[j]) / 2.0
    return vcov


def _require_quadratic(rule: Vcov, found: Covariance) -> None:
    if found.inference is not None or found.cut:
        raise ConfigError(
            Text("协方差 {n} 没有跨方程的形式", "covariance {n} has no form across equations").format(n=rule.name),
            expected=Text("残差的二次型，如 cluster 或 hc1", "a quadratic form in the residuals, like cluster or hc1"),
            found=Text("负特征值被置零：{r}", "negative eigenvalues set to zero: {r}").format(r=found.rule)
            if found.cut
            else both(rule.name),
            remedy=Text('用一维的 cluster= 或 vcov="hc1"', 'use cluster= of one way or vcov="hc1"'),
        )


def _require_apart(specification: Specification, columns: Sequence[Factor]) -> None:
    if specification.endogenous or specification.family is not None:
        raise ConfigError(
            Text("分解只用最小二乘", "a split is by least squares only"),
            expected=Text("没有工具变量与似然族", "no instruments and no family"),
            found=both(specification.formula),
            remedy=Text("逐个结果变量用 fit 估计", "estimate each outcome with fit"),
        )
    names = {term.name for term in specification.regressors}
    twice = [column.name for column in columns if column.name in names]
    if twice:
        raise ConfigError(
            Text("被分解的变量同时是解释变量", "a variable that is split is also a regressor"),
            expected=Text("处理变量与控制变量中没有 {c}", "treatment and controls without {c}").format(
                c=", ".join(column.name for column in columns)
            ),
            found=both(", ".join(twice)),
            remedy=Text("从控制变量中删去", "remove it from the controls"),
        )


def _require_identified(estimate: Estimate, first: Term, extra: Sequence[str]) -> None:
    gone = [name for name in (first.name, *extra) if name in estimate.collinear]
    if gone:
        raise NotIdentifiedError(
            Text("变量在效应与其他变量之外没有变动", "a variable does not vary beyond the effects and the others"),
            expected=Text("处理变量与各被解释变量各有变动", "own variation in the treatment and in every outcome"),
            found=Text("共线：{g}（{n} 行）", "collinear: {g} ({n} rows)").format(g=", ".join(gone), n=estimate.n),
            remedy=Text(
                "少吸收效应，或检查这些列是否互成比例", "absorb fewer effects, or see whether columns are proportional"
            ),
        )
