"""From a sample to coefficients: the effects absorbed, the regressors that are identified, least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError, DataError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.sample import Sample
from dualcarbon.effects.specification import Specification, Term

if TYPE_CHECKING:
    from dualcarbon.kernels.absorb import Absorbed

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOLERANCE = 1e-10
"""Relative error allowed in a partialled-out variable where the effects are absorbed by iteration."""

ITERATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Within:
    """The variables of a sample without the effects.

    Attributes
    ----------
    values : (n, 1 + k)
        Dependent variable, then the others of the sample.
    totals, own, least : (1 + k,)
        Variation before and after the effects, and the variation up to which a variable counts as determined by them.
    rank : int
        Rank of the effects and their slopes, or 1 for the constant.
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
class Solution:
    """Coefficients with what a covariance reads.

    Attributes
    ----------
    names : tuple of str, r
    x : (n, r)
        Regressors, partialled out; of two-stage least squares the fitted ones.
    means : (1 + r,)
        Means of the dependent variable (or of what takes its place) and of the regressors, for the constant.
    coef : (r,)
    bread : (r, r)
    residuals, weights : (n,)
    r2, r2_within : float
    collinear : tuple of str
    notes : tuple of Text
    estimator : Text
    """

    names: tuple[str, ...]
    x: Floats
    means: Floats
    coef: Floats
    bread: Floats
    residuals: Floats
    weights: Floats
    r2: float
    r2_within: float
    collinear: tuple[str, ...]
    notes: tuple[Text, ...]
    estimator: Text


def absorb(data: Sample, values: Floats, weights: Floats, tolerance: float) -> Absorbed:
    """`values`, (n, m), without the effects and slopes of a sample, which has some, under `weights`, (n,)."""
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.slopes import partial_out_slopes

    if not data.slopes:
        return partial_out(values, data.effects, weights, tolerance=tolerance, most=ITERATIONS)
    slopes = [(each.codes, each.values) for each in data.slopes]
    return partial_out_slopes(values, data.effects, slopes, weights, tolerance=tolerance, most=ITERATIONS)


def within_effects(specification: Specification, data: Sample) -> Within:
    """The variables of the sample without the effects.

    Raises
    ------
    NotIdentifiedError
        If the effects determine the dependent variable.
    ConvergenceError
        If absorption does not reach its tolerance.
    """
    from dualcarbon.kernels.least_squares import least_variation
    from dualcarbon.kernels.moments import sums_of_squares

    totals = sums_of_squares(data.values, data.weights)
    least = least_variation(totals, data.means, float(data.weights.sum()))
    values, own, iterations = data.values, totals, 0
    if data.effects:
        absorbed = absorb(data, values, data.weights, TOLERANCE)
        require_absorbed(specification, absorbed)
        values, iterations = absorbed.values, absorbed.iterations
        own = sums_of_squares(values, data.weights)
    if not own[0] > least[0]:
        raise no_variation(specification)
    return Within(values, totals, own, least, rank_of(data), iterations)


def rank_of(data: Sample) -> int:
    """Rank of the effects and slopes of a sample, or 1 for the constant."""
    from dualcarbon.kernels.slopes import rank_with_slopes

    return rank_with_slopes(data.effects, [(each.codes, each.values) for each in data.slopes])


def solve_least_squares(specification: Specification, data: Sample, within: Within) -> Solution:
    """Weighted least squares of the dependent variable on the regressors.

    Raises
    ------
    NotIdentifiedError
        If the effects determine every regressor.
    DataError
        If there are no more rows than parameters.
    """
    from dualcarbon.kernels.least_squares import least_squares

    solved = least_squares(within.values, data.weights, within.least[1:])
    notes = left_out(specification.regressors, solved.kept, data, 1, within)
    if specification.regressors and not solved.kept.any():
        raise not_identified(specification.regressors, notes)
    require_rows_for(specification, data, len(solved.coef) + within.rank)
    left = float(np.sum(data.weights * solved.residuals**2))
    return Solution(
        names=chosen_names(specification.regressors, solved.kept),
        x=within.values[:, 1:][:, solved.kept],
        means=np.concatenate([data.means[:1], data.means[1:][solved.kept]]),
        coef=solved.coef,
        bread=solved.bread,
        residuals=solved.residuals,
        weights=data.weights,
        r2=1.0 - left / float(within.totals[0]),
        r2_within=1.0 - left / float(within.own[0]),
        collinear=chosen_names(specification.regressors, ~solved.kept),
        notes=notes,
        estimator=Text("最小二乘", "least squares"),
    )


def chosen_names(terms: Sequence[Term], chosen: Mask) -> tuple[str, ...]:
    """Names of the terms that are marked."""
    return tuple(term.name for term, yes in zip(terms, chosen, strict=True) if yes)


def left_out(terms: Sequence[Term], kept: Mask, data: Sample, start: int, within: Within) -> tuple[Text, ...]:
    """Why each term that is not kept is left out; the terms are the columns from `start` on of the sample's values."""
    found: list[Text] = []
    for j in np.flatnonzero(~kept):
        at = start + int(j)
        why = COMBINED if within.own[at] > within.least[at] else _determined(data.values[:, at], data)
        found.append(why_left_out(terms[int(j)], why))
    return tuple(found)


COMBINED = Text("是其前各变量与效应的线性组合", "a combination of the variables before it and the effects")
CONSTANT_WITHIN = Text("在某一效应的全部 {g} 组内都不变", "constant within each of the {g} groups of an effect")
CONSTANT = Text("在全部 {n} 行上是常数", "constant on all {n} rows")
DETERMINED = Text("被各效应合起来完全决定", "determined by the effects together")


def why_left_out(term: Term, why: Text) -> Text:
    """The note on a term that is not kept."""
    return Text("{x} 未进入：{w}", "{x} is left out: {w}").format(x=term.name, w=why)


def _determined(column: Floats, data: Sample) -> Text:
    """How the effects determine a column, (n,)."""
    for codes in sorted(data.effects, key=lambda codes: int(codes.max())):
        first = np.empty(int(codes.max()) + 1)
        first[codes[::-1]] = column[::-1]
        if np.array_equal(first[codes], column):
            return CONSTANT_WITHIN.format(g=len(first))
    if np.ptp(column) == 0.0:
        return CONSTANT.format(n=len(column))
    return DETERMINED


def require_absorbed(specification: Specification, absorbed: Absorbed) -> None:
    """Raise a `ConvergenceError` unless absorption reached its tolerance."""
    if absorbed.converged:
        return
    raise ConvergenceError(
        Text("吸收效应的迭代未收敛", "absorbing the effects did not converge"),
        expected=Text("相对误差不超过 {t}", "relative error at most {t}").format(t=f"{TOLERANCE:.0e}"),
        found=Text("{k} 次迭代后为 {e}：{f}", "{e} after {k} iterations: {f}").format(
            k=absorbed.iterations, e=f"{absorbed.error:.1e}", f=specification.formula
        ),
        remedy=Text(
            "效应之间联系太弱：合并稀疏的组或少吸收一个效应",
            "the effects are too weakly linked: merge sparse groups or absorb one effect less",
        ),
    )


def require_rows_for(specification: Specification, data: Sample, parameters: int) -> None:
    """Raise a `DataError` unless there are more rows than parameters."""
    require_more_rows(specification, len(data.rows), parameters)


def require_more_rows(specification: Specification, n: int, parameters: int) -> None:
    """Raise a `DataError` unless n rows are more than the parameters."""
    if n > parameters:
        return
    raise DataError(
        Text("行数不多于参数个数", "no more rows than parameters"),
        expected=Text("多于 {k} 行", "more than {k} rows").format(k=parameters),
        found=Text("{n} 行：{f}", "{n} rows: {f}").format(n=n, f=specification.formula),
        remedy=Text("减少效应或变量，或扩大样本", "use fewer effects or variables, or more rows"),
    )


def not_identified(terms: Sequence[Term], why: Sequence[Text]) -> NotIdentifiedError:
    """That none of the terms is identified, and why."""
    reasons = Text("；".join(each.zh for each in why), "; ".join(each.en for each in why))
    return NotIdentifiedError(
        Text("没有可识别的系数", "no coefficient is identified"),
        expected=Text("解释变量在效应之外仍有变动", "regressors that vary beyond the effects"),
        found=Text("全部共线：{r}。{w}", "all collinear: {r}. {w}").format(
            r=", ".join(term.name for term in terms), w=reasons
        ),
        remedy=Text("减少吸收的效应或更换解释变量", "absorb fewer effects or choose other regressors"),
    )


def no_variation(specification: Specification) -> NotIdentifiedError:
    """That the effects, or the constant, determine the dependent variable."""
    if not specification.effects:
        return NotIdentifiedError(
            Text("被解释变量没有变动", "the dependent variable does not vary"),
            expected=Text("{d} 在所用各行上有有限的变动", "{d} with finite variation over the rows used").format(
                d=specification.depvar.name
            ),
            found=both(specification.formula),
            remedy=Text("检查样本，或更换被解释变量", "check the sample, or choose another dependent variable"),
        )
    return NotIdentifiedError(
        Text("被解释变量完全由效应决定", "the effects determine the dependent variable"),
        expected=Text("{d} 在效应之外有有限的变动", "{d} with finite variation beyond the effects").format(
            d=specification.depvar.name
        ),
        found=both(specification.formula),
        remedy=Text("减少吸收的效应或更换被解释变量", "absorb fewer effects or choose another dependent variable"),
    )
