"""Weighted least squares with absorbed effects: sample, partialling-out, coefficients, covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Clusters, CovarianceRule, Fitted, choose
from dualcarbon.effects.sample import Sample, take_sample
from dualcarbon.effects.specification import INTERCEPT, Specification

if TYPE_CHECKING:
    from dualcarbon.kernels.least_squares import LeastSquares

Floats = NDArray[np.float64]

TOLERANCE = 1e-10
"""Relative error allowed in a partialled-out variable where the effects are absorbed by iteration."""

ITERATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Within:
    """The variables of a sample without the effects.

    Attributes
    ----------
    values : (n, 1 + k)
        Dependent variable, then the regressors.
    totals, own, least : (1 + k,)
        Variation before and after the effects, and the variation up to which a variable counts as determined by them.
    rank : int
        Rank of the effects, or 1 for the constant.
    iterations : int
        0 where the effects are eliminated directly.
    """

    values: Floats
    totals: Floats
    own: Floats
    least: Floats
    rank: int
    iterations: int


@dataclass(frozen=True, slots=True)
class Regression:
    """An estimate with the arrays behind it, for tests that join several equations.

    Attributes
    ----------
    estimate : Estimate
    fitted : Fitted
        Partialled-out regressors, residuals, bread; without effects the first column is the constant and the other
        regressors are centred.
    mapping : (k, k)
        Coefficients of `estimate` as combinations of the coefficients on `fitted.x`.
    rows : (n,)
        Positions in the panel of the rows used.
    iterations : int
        Iterations that absorbed the effects; 0 where they are eliminated directly.
    """

    estimate: Estimate
    fitted: Fitted
    mapping: Floats
    rows: NDArray[np.int64]
    iterations: int

    def influence(self) -> Floats:
        """Contribution of each row to the error of the coefficients, (n, k).

        The clustered covariance is the sum of outer products of the cluster sums of these rows, times the
        small-sample factor; equations on the same rows are joined by putting their columns side by side.
        """
        return np.asarray(self.fitted.scores() @ (self.fitted.bread @ self.mapping.T), dtype=np.float64)


def regress(
    specification: Specification,
    panel: Panel,
    *,
    covariance: str | CovarianceRule | None = None,
    sample: pl.Expr | None = None,
) -> Regression:
    """The regression that a specification states, with its arrays; see `dualcarbon.effects.fit`."""
    from dualcarbon.kernels.least_squares import least_squares

    rule = choose(covariance, bool(specification.clusters))
    data = take_sample(specification, panel, sample)
    within = _within(specification, data)
    solution = least_squares(within.values, data.weights, within.least[1:])
    _require_solution(specification, solution.kept, len(solution.coef) + within.rank, len(data.rows))
    fitted, coef, mapping = _fitted(specification, data, within, solution)
    left = float(np.sum(data.weights * solution.residuals**2))
    found = rule.compute(fitted)
    names = np.array([term.name for term in specification.regressors], dtype=object)
    estimate = Estimate(
        names=(*(() if data.effects else (INTERCEPT,)), *names[solution.kept]),
        coef=mapping @ coef,
        vcov=mapping @ found.vcov @ mapping.T,
        n=len(data.rows),
        depvar=specification.depvar.name,
        effects=tuple(effect.name for effect in specification.effects),
        cluster=None if fitted.clusters is None else fitted.clusters.name,
        clusters=0 if fitted.clusters is None else fitted.clusters.count,
        df=found.df,
        r2=1.0 - left / float(within.totals[0]),
        r2_within=1.0 - left / float(within.own[0]),
        rule=found.rule,
        drops=data.drops,
        collinear=tuple(names[~solution.kept]),
    )
    return Regression(estimate, fitted, mapping, data.rows, within.iterations)


def _within(specification: Specification, data: Sample) -> Within:
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.groups import rank_of_effects
    from dualcarbon.kernels.least_squares import least_variation
    from dualcarbon.kernels.moments import sums_of_squares

    totals = sums_of_squares(data.values, data.weights)
    least = least_variation(totals, data.means, float(data.weights.sum()))
    values, own, iterations = data.values, totals, 0
    if data.effects:
        absorbed = partial_out(values, data.effects, data.weights, tolerance=TOLERANCE, most=ITERATIONS)
        if not absorbed.converged:
            raise _not_converged(specification, absorbed.iterations, absorbed.error)
        values, iterations = absorbed.values, absorbed.iterations
        own = sums_of_squares(values, data.weights)
    if not own[0] > least[0]:
        raise _no_variation(specification)
    return Within(values, totals, own, least, rank_of_effects(data.effects), iterations)


def _fitted(
    specification: Specification, data: Sample, within: Within, solution: LeastSquares
) -> tuple[Fitted, Floats, Floats]:
    """What the covariance reads, the coefficients on its regressors, and the mapping to the reported ones.

    Without effects the constant joins, orthogonal to the centred regressors; the mapping puts their means back.
    """
    x, bread, coef = within.values[:, 1:][:, solution.kept], solution.bread, solution.coef
    k = len(coef)
    mapping = np.eye(k)
    if not data.effects:
        x, coef = np.column_stack([np.ones(len(x)), x]), np.concatenate([data.means[:1], coef])
        bread = np.zeros((k + 1, k + 1))
        bread[0, 0], bread[1:, 1:] = 1.0 / float(data.weights.sum()), solution.bread
        mapping = np.eye(k + 1)
        mapping[0, 1:] = -data.means[1:][solution.kept]
    clusters = _clusters(specification, data, k)
    return Fitted(x, solution.residuals, data.weights, bread, k + within.rank, clusters), coef, mapping


def _clusters(specification: Specification, data: Sample, regressors: int) -> Clusters | None:
    from dualcarbon.kernels.groups import is_nested, levels_of, rank_of_effects

    if not data.clusters:
        return None
    crossing = [
        effect
        for effect in data.effects
        if not any(is_nested(effect, codes, levels_of(effect)) for codes in data.clusters)
    ]
    name = " + ".join(cluster.name for cluster in specification.clusters)
    return Clusters(name, data.clusters, regressors + rank_of_effects(crossing))


def _require_solution(specification: Specification, kept: NDArray[np.bool_], parameters: int, n: int) -> None:
    if specification.regressors and not kept.any():
        raise NotIdentifiedError(
            Text("没有可识别的系数", "no coefficient is identified"),
            expected=Text("解释变量在效应之外仍有变动", "regressors that vary beyond the effects"),
            found=Text("全部共线：{r}", "all collinear: {r}").format(
                r=", ".join(term.name for term in specification.regressors)
            ),
            remedy=Text("减少吸收的效应或更换解释变量", "absorb fewer effects or choose other regressors"),
        )
    if n <= parameters:
        raise DataError(
            Text("行数不多于参数个数", "no more rows than parameters"),
            expected=Text("多于 {k} 行", "more than {k} rows").format(k=parameters),
            found=Text("{n} 行：{f}", "{n} rows: {f}").format(n=n, f=specification.formula),
            remedy=Text("减少效应或变量，或扩大样本", "use fewer effects or variables, or more rows"),
        )


def _no_variation(specification: Specification) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("被解释变量完全由效应决定", "the effects determine the dependent variable"),
        expected=Text("{d} 在效应之外有有限的变动", "{d} with finite variation beyond the effects").format(
            d=specification.depvar.name
        ),
        found=both(specification.formula),
        remedy=Text("减少吸收的效应或更换被解释变量", "absorb fewer effects or choose another dependent variable"),
    )


def _not_converged(specification: Specification, iterations: int, error: float) -> ConvergenceError:
    return ConvergenceError(
        Text("吸收效应的迭代未收敛", "absorbing the effects did not converge"),
        expected=Text("相对误差不超过 {t}", "relative error at most {t}").format(t=f"{TOLERANCE:.0e}"),
        found=Text("{k} 次迭代后为 {e}：{f}", "{e} after {k} iterations: {f}").format(
            k=iterations, e=f"{error:.1e}", f=specification.formula
        ),
        remedy=Text(
            "效应之间联系太弱：合并稀疏的组或少吸收一个效应",
            "the effects are too weakly linked: merge sparse groups or absorb one effect less",
        ),
    )
