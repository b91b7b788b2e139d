"""One regressor of a regression beside all that is held fixed: what Frisch, Waugh and Lovell leave of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, ConvergenceError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Fitted
from dualcarbon.effects.joint import term_values
from dualcarbon.effects.regression import Regression
from dualcarbon.effects.solution import ITERATIONS, TOLERANCE
from dualcarbon.effects.specification import Specification, Term

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Single:
    """A regression seen from one of its regressors.

    Attributes
    ----------
    fitted : Fitted
    others : (n, k - 1)
        What the other regressors (and the constant) span without the effects: Z with Z'WZ the identity.
    values : (n,)
        The regressor as it is.
    own : (n,)
        What the effects and the others leave of it.
    outcome : (n,)
        What the effects and the others leave of the dependent variable.
    coef : float
    """

    fitted: Fitted
    others: Floats
    values: Floats
    own: Floats
    outcome: Floats
    coef: float

    def residual(self, columns: Floats) -> Floats:
        """What the effects and the other regressors leave of columns, (n, m).

        Raises
        ------
        ConvergenceError
            If large crossing effects could not be absorbed.
        """
        from dualcarbon.kernels.absorb import partial_out

        left = columns
        if self.fitted.effects:
            absorbed = partial_out(
                columns, self.fitted.effects, self.fitted.weights, tolerance=TOLERANCE, most=ITERATIONS
            )
            if not absorbed.converged:
                raise _not_converged(absorbed.iterations, absorbed.error)
            left = absorbed.values
        return self.without_others(left)

    def without_others(self, columns: Floats) -> Floats:
        """What the other regressors leave of columns that are without the effects, (n, m)."""
        from dualcarbon.kernels.tall import cross, times

        if not self.others.shape[1]:
            return columns
        weighted = self.others * self.fitted.weights[:, None]
        return np.asarray(columns - times(self.others, cross(weighted, columns)), dtype=np.float64)


def require_term(specification: Specification, name: str) -> Term:
    """The regressor of that name.

    Raises
    ------
    ConfigError
        If there is none, or its columns stand in another regressor too.
    """
    found = [term for term in specification.regressors if term.name == name]
    if not found:
        raise ConfigError(
            Text("公式中没有解释变量 {n}", "the formula has no regressor {n}").format(n=name),
            expected=both(", ".join(term.name for term in specification.regressors) or "-"),
            found=both(name),
            remedy=Text("从公式的解释变量中选一个", "choose one of the regressors of the formula"),
        )
    columns = {factor.column for factor in found[0].factors}
    beside = [t.name for t in specification.regressors if t != found[0] and columns & {f.column for f in t.factors}]
    if beside:
        raise ConfigError(
            Text("{n} 还出现在其他解释变量中", "{n} stands in other regressors too").format(n=name),
            expected=Text("{n} 只出现一次", "{n} once").format(n=name),
            found=both(", ".join(beside)),
            remedy=Text("去掉交互项，或把它另存为一列", "leave the product out, or store it as a column of its own"),
        )
    return found[0]


def single(regression: Regression, panel: Panel, term: Term) -> Single:
    """The regression seen from one regressor.

    Raises
    ------
    NotIdentifiedError
        If it is collinear with the effects or the others.
    ConfigError
        If the regression is not ordinary least squares.
    """
    fitted, estimate = regression.fitted, regression.estimate
    _require_ordinary(regression)
    at = place_of(estimate, term.name)
    values = term_values(panel, term)[regression.rows]
    empty = np.zeros(0)
    bare = Single(fitted, _spanned(np.delete(fitted.x, at, axis=1), fitted.weights), values, empty, empty, 0.0)
    own = bare.without_others(np.ascontiguousarray(fitted.x[:, [at]]))[:, 0]
    coef = float(estimate.coef[at])
    return replace(bare, own=own, outcome=fitted.residuals + coef * own, coef=coef)


def place_of(estimate: Estimate, name: str) -> int:
    """Where a coefficient stands in an estimate.

    Raises
    ------
    NotIdentifiedError
        If it is collinear with the effects or the others.
    """
    if name in estimate.names:
        return estimate.names.index(name)
    raise NotIdentifiedError(
        Text("{n} 没有可识别的系数", "the coefficient of {n} is not identified").format(n=name),
        expected=Text("{n} 在效应与其他变量之外有变动", "{n} that varies beyond effects and others").format(n=name),
        found=Text("{d} 的回归中共线：{c}（{n} 行）", "collinear in the regression of {d}: {c} ({n} rows)").format(
            d=estimate.depvar, c=", ".join(estimate.collinear), n=estimate.n
        ),
        remedy=Text("减少吸收的效应或控制变量", "absorb fewer effects or use fewer controls"),
    )


def _spanned(x: Floats, weights: Floats) -> Floats:
    """Z with the span of x, (n, k), and Z'WZ the identity."""
    root = np.sqrt(weights)[:, None]
    return np.ascontiguousarray(np.linalg.qr(x * root)[0] / root)


def _require_ordinary(regression: Regression) -> None:
    if regression.fitted.linear is None:
        raise ConfigError(
            Text("这里只支持普通的最小二乘", "plain least squares only"),
            expected=Text(
                "没有工具变量、变斜率与 Poisson 的回归", "a regression without instruments, varying slopes and Poisson"
            ),
            found=regression.estimate.rule,
            remedy=Text("换成 y ~ x | 效应 的公式", "take a formula like y ~ x | effects"),
        )


def _not_converged(iterations: int, error: float) -> ConvergenceError:
    return ConvergenceError(
        Text("吸收效应的迭代未收敛", "absorbing the effects did not converge"),
        expected=Text("相对误差不超过 {t}", "relative error at most {t}").format(t=f"{TOLERANCE:.0e}"),
        found=Text("{k} 次迭代后为 {e}", "{e} after {k} iterations").format(k=iterations, e=f"{error:.1e}"),
        remedy=Text("合并稀疏的组或少吸收一个效应", "merge sparse groups or absorb one effect less"),
    )
