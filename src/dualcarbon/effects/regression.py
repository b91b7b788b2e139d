"""Regressions with absorbed effects: sample, coefficients, covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import (
    Clusters,
    Covariance,
    Fitted,
    Linear,
    Rows,
    Vcov,
    choose,
    covariance_of,
    rank_across,
    with_covariance,
)
from dualcarbon.effects.sample import Sample, take_sample
from dualcarbon.effects.solution import Solution, rank_of, solve_least_squares, within_effects
from dualcarbon.effects.specification import INTERCEPT, Specification

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Convergence:
    """How a likelihood was maximised.

    Attributes
    ----------
    steps : int
        Weighted regressions.
    change : float
        Last root-mean-square change of the index, weighted by the fitted means.
    deviance, loglikelihood : float
        Of the pseudo-likelihood at the solution.
    """

    steps: int
    change: float
    deviance: float
    loglikelihood: float


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
    convergence : Convergence or None
        Of a pseudo-maximum likelihood.
    """

    estimate: Estimate
    fitted: Fitted
    mapping: Floats
    rows: NDArray[np.int64]
    iterations: int
    convergence: Convergence | None = None
    notes: tuple[Text, ...] = ()

    def influence(self) -> Floats:
        """Contribution of each row to the error of the coefficients, (n, k).

        The clustered covariance is the sum of outer products of the cluster sums of these rows, times the
        small-sample factor; equations on the same rows are joined by putting their columns side by side.
        """
        return np.asarray(self.fitted.scores() @ (self.fitted.bread @ self.mapping.T), dtype=np.float64)

    def covariance(self, vcov: str | Vcov) -> Estimate:
        """The estimate with another covariance, computed from the arrays at hand.

        Parameters
        ----------
        vcov : str or Vcov
            As in `dualcarbon.effects.fit`; words that need clusters use those of the specification.
        """
        found = covariance_of(choose(vcov), self.fitted)
        return _finished(self.estimate, found, self.mapping, self.convergence, self.notes)


def regress(
    specification: Specification,
    panel: Panel,
    *,
    covariance: str | Vcov | None = None,
    sample: pl.Expr | None = None,
) -> Regression:
    """The regression that a specification states, with its arrays; see `dualcarbon.effects.fit`."""
    clustered = bool(specification.clusters)
    if specification.family is not None:
        from dualcarbon.effects.poisson import solve_poisson

        rule = choose(covariance or ("cluster" if clustered else "hc1"), clustered)
        data, solution, convergence, iterations = solve_poisson(
            specification, take_sample(specification, panel, sample)
        )
        return assemble(specification, panel, rule, data, solution, rank_of(data), iterations, convergence)
    rule = choose(covariance, clustered)
    data = take_sample(specification, panel, sample)
    within = within_effects(specification, data)
    if specification.endogenous:
        from dualcarbon.effects.two_stage import solve_two_stage

        solution = solve_two_stage(specification, data, within)
    else:
        solution = solve_least_squares(specification, data, within)
    return assemble(specification, panel, rule, data, solution, within.rank, within.iterations, None)


def assemble(
    specification: Specification,
    panel: Panel,
    rule: Vcov,
    data: Sample,
    solution: Solution,
    rank: int,
    iterations: int,
    convergence: Convergence | None,
) -> Regression:
    """The regression that a solution on a sample makes with a covariance; `rank` is that of the effects."""
    fitted, coef, mapping = _fitted(specification, panel, data, solution, rank)
    found = covariance_of(rule, fitted)
    estimate = Estimate(
        names=(*(() if data.effects else (INTERCEPT,)), *solution.names),
        coef=mapping @ coef,
        vcov=found.vcov,
        n=len(data.rows),
        depvar=specification.depvar.name,
        effects=tuple(effect.name for effect in specification.effects),
        cluster=None,
        clusters=0,
        df=found.df,
        r2=solution.r2,
        r2_within=solution.r2_within,
        rule=found.rule,
        drops=data.drops,
        collinear=solution.collinear,
        estimator=solution.estimator,
    )
    estimate = _finished(estimate, found, mapping, convergence, solution.notes)
    return Regression(estimate, fitted, mapping, data.rows, iterations, convergence, solution.notes)


def _finished(
    estimate: Estimate, found: Covariance, mapping: Floats, convergence: Convergence | None, notes: tuple[Text, ...]
) -> Estimate:
    """The estimate with a covariance; after a likelihood the normal distribution takes the place of t."""
    if convergence is not None:
        found = replace(found, df=float("inf"))
    return with_covariance(estimate, replace(found, notes=(*notes, *found.notes)), mapping)


def _fitted(
    specification: Specification, panel: Panel, data: Sample, solution: Solution, rank: int
) -> tuple[Fitted, Floats, Floats]:
    """What the covariance reads, the coefficients on its regressors, and the mapping to the reported ones.

    Without effects the constant joins, orthogonal to the centred regressors; the mapping puts their means back.
    """
    x, bread, coef = solution.x, solution.bread, solution.coef
    k = len(coef)
    mapping, names = np.eye(k), solution.names
    if not data.effects:
        x, coef = np.column_stack([np.ones(len(x)), x]), np.concatenate([solution.means[:1], coef])
        bread = np.zeros((k + 1, k + 1))
        bread[0, 0], bread[1:, 1:] = 1.0 / float(solution.weights.sum()), solution.bread
        mapping, names = np.eye(k + 1), (INTERCEPT, *names)
        mapping[0, 1:] = -solution.means[1:]
    fitted = Fitted(
        x,
        solution.residuals,
        solution.weights,
        bread,
        k + rank,
        _clusters(specification, data, k),
        data.effects,
        Rows(panel, data.rows),
        None if specification.endogenous or specification.family or data.slopes else Linear(coef, mapping, names),
        _slopes(data),
    )
    return fitted, coef, mapping


def _clusters(specification: Specification, data: Sample, regressors: int) -> Clusters | None:
    """The clusters, with K of the effects and slopes whose groups are not nested in them."""
    if not data.clusters:
        return None
    name = " + ".join(cluster.name for cluster in specification.clusters)
    return Clusters(name, data.clusters, regressors + rank_across(data.effects, _slopes(data), data.clusters))


def _slopes(data: Sample) -> tuple[tuple[NDArray[np.int64], Floats], ...]:
    return tuple((each.codes, each.values) for each in data.slopes)
