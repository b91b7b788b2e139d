"""The two stages of a regression with instruments, without effects and exogenous regressors, and their covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Covariance, Vcov
from dualcarbon.effects.instruments_result import Test, f_test
from dualcarbon.effects.regression import Regression, assemble
from dualcarbon.effects.sample import Sample
from dualcarbon.effects.solution import Solution, Within
from dualcarbon.effects.specification import Specification, Term

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stages:
    """The two stages on variables without effects and exogenous regressors."""

    specification: Specification
    panel: Panel
    rule: Vcov
    data: Sample
    within: Within
    solution: Solution

    @cached_property
    def second(self) -> Regression:
        """The two-stage regression."""
        return assemble(
            self.specification,
            self.panel,
            self.rule,
            self.data,
            self.solution,
            self.within.rank,
            self.within.iterations,
            None,
        )

    @cached_property
    def kept(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Columns of `within.values` of the exogenous, endogenous and instrumental terms that are kept."""
        s, gone = self.specification, set(self.solution.collinear)
        named = [term.name for term in (*s.regressors, *s.endogenous, *s.instruments)]
        at = np.array([1 + j for j, name in enumerate(named) if name not in gone], dtype=np.int64)
        k, m = len(s.regressors), len(s.endogenous)
        return at[at <= k], at[(at > k) & (at <= k + m)], at[at > k + m]

    @cached_property
    def _bare(self) -> Floats:
        """Dependent variable, endogenous regressors and instruments without exogenous regressors, (n, 1 + m + l)."""
        from dualcarbon.kernels.least_squares import projection

        x, d, z = self.kept
        columns = self.within.values[:, [0, *d, *z]]
        if not len(x):
            return columns
        regressors = self.within.values[:, x]
        return projection(regressors, regressors, columns, self.data.weights)[2]

    @cached_property
    def units(self) -> Floats:
        """Root mean squares of these columns, (1 + m + l,): the statistics are computed in these units."""
        from dualcarbon.kernels.moments import sums_of_squares

        return np.sqrt(sums_of_squares(self._bare, self.data.weights) / float(self.data.weights.sum()))

    @cached_property
    def left(self) -> tuple[Floats, Floats, Floats]:
        """The columns in their units: dependent variable (n,), endogenous regressors (n, m) and instruments (n, l)."""
        columns, m = self._bare / self.units, len(self.kept[1])
        return columns[:, 0], columns[:, 1 : 1 + m], columns[:, 1 + m :]

    @cached_property
    def gram(self) -> Floats:
        """Z' W Z, (l, l)."""
        from dualcarbon.kernels.moments import cross_products

        return cross_products(self.left[2], self.data.weights)

    @cached_property
    def reduced(self) -> tuple[Floats, Floats]:
        """Coefficients (l, 1 + m) of dependent variable and endogenous regressors on the instruments; residuals."""
        from dualcarbon.kernels.least_squares import projection

        y, d, z = self.left
        coef, _, residuals = projection(z, z, np.column_stack([y, d]), self.data.weights)
        return coef, residuals

    @cached_property
    def joint(self) -> Covariance:
        """Covariance of the columns of `reduced`, one after the other."""
        return self.stacked(self.left[2], self.reduced[1], self.gram, len(self.kept[0]) + len(self.kept[2]))

    @property
    def size(self) -> int:
        """Number of instruments, l."""
        return len(self.kept[2])

    @cached_property
    def sigma(self) -> Floats:
        """Covariance of the first-stage residuals, (m, m)."""
        from dualcarbon.kernels.moments import cross_products

        freedom = len(self.data.rows) - self.within.rank - len(self.kept[0]) - self.size
        return cross_products(self.reduced[1][:, 1:], self.data.weights) / freedom

    def stacked(self, z: Floats, residuals: Floats, gram: Floats, regressors: int) -> Covariance:
        """Joint covariance of the coefficients of several equations on z, (n, l), from their residuals, (n, c)."""
        from dualcarbon.kernels.moments import cross_products

        weights, bread = self.data.weights, np.asarray(np.linalg.inv(gram), dtype=np.float64)
        fitted = self.second.fitted
        clusters = fitted.clusters
        shift = regressors - len(self.solution.coef)
        if clusters is not None:
            clusters = replace(clusters, parameters=clusters.parameters + shift)
        fitted = replace(fitted, clusters=clusters, parameters=fitted.parameters + shift, linear=None)
        if self.rule.name == "iid":
            found = self.rule.compute(replace(fitted, x=z, residuals=residuals[:, 0], weights=weights, bread=bread))
            whole = np.asarray(np.kron(cross_products(residuals, weights) / found.df, bread), dtype=np.float64)
            return replace(found, vcov=whole)
        size, unit, ones = np.sqrt(np.mean(residuals**2, axis=0)), np.sqrt(np.diag(gram)), np.ones(len(z))
        scores = np.hstack([z / unit * (weights * column)[:, None] for column in (residuals / size).T])
        whole = np.asarray(np.kron(np.eye(len(size)), bread * np.outer(unit, unit)), dtype=np.float64)
        found = self.rule.compute(replace(fitted, x=scores, residuals=ones, weights=ones, bread=whole))
        scale = np.kron(size, 1.0 / unit)
        return replace(found, vcov=found.vcov * np.outer(scale, scale))

    def f(self, coef: Floats, vcov: Floats, df: float) -> Test:
        """F of coefficients, (p,), with covariance (p, p)."""
        from dualcarbon.kernels.instruments import wald

        return f_test(wald(coef, vcov) / len(coef), len(coef), df)

    def require_degrees(self) -> None:
        """Raise where the covariance has no more degrees of freedom than instruments, or first stages fit exactly."""
        from dualcarbon.kernels.least_squares import independent

        pi = self.reduced[0][:, 1:]
        if not independent(self.sigma, 1e-20 * np.diag(pi.T @ self.gram @ pi)).all():
            raise _determined(self.specification.endogenous)
        if self.joint.df < self.size:
            raise NotIdentifiedError(
                Text("自由度不足以检验工具变量", "too few degrees of freedom to test the instruments"),
                expected=Text("至少 {l} 个自由度", "at least {l} degrees of freedom").format(l=self.size),
                found=Text("{d}（{r}）", "{d} ({r})").format(d=self.joint.df, r=self.joint.rule),
                remedy=Text("减少工具变量，或用更细的聚类", "use fewer instruments, or finer clusters"),
            )


def _determined(endogenous: tuple[Term, ...]) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("工具变量完全决定内生变量或其组合", "the instruments determine an endogenous regressor or a combination"),
        expected=Text("第一阶段有残差，且互不决定", "first stages with residuals that do not determine each other"),
        found=both(", ".join(term.name for term in endogenous)),
        remedy=Text("它是外生的：移到外生变量中", "it is exogenous then: move it to the exogenous regressors"),
    )
