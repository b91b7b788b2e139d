"""Poisson pseudo-maximum likelihood with absorbed effects: the rows it can use, and the maximum."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.codes import compact
from dualcarbon.core.errors import ConvergenceError, DataError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.regression import Convergence
from dualcarbon.effects.sample import Sample
from dualcarbon.effects.solution import (
    TOLERANCE,
    Solution,
    Within,
    absorb,
    chosen_names,
    left_out,
    not_identified,
    rank_of,
    require_absorbed,
    require_rows_for,
)
from dualcarbon.effects.specification import Specification

if TYPE_CHECKING:
    from dualcarbon.kernels.absorb import Absorbed
    from dualcarbon.kernels.poisson import Absorber, PoissonFit

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

ZERO_GROUPS = Text("被分离：效应组内因变量全为零", "separated: every outcome in a group of an effect is zero")
SEPARATED = Text(
    "被分离：解释变量与效应的组合使其均值趋于零", "separated: regressors and effects together drive the mean to zero"
)


def solve_poisson(specification: Specification, data: Sample) -> tuple[Sample, Solution, Convergence, int]:
    """The sample without separated rows, the solution, how it was reached, and the iterations of absorption.

    Raises
    ------
    DataError
        If an outcome is negative, no row is left, or there are no more rows than parameters.
    NotIdentifiedError
        If the effects determine every regressor.
    ConvergenceError
        If absorption, the search for separation or the maximisation does not end.
    """
    from dualcarbon.kernels.poisson import poisson

    _require_not_negative(specification, data)
    data, within, kept = _usable(specification, data)
    require_rows_for(specification, data, int(kept.sum()) + within.rank)
    offset = np.zeros(len(data.rows)) if data.offset is None else data.offset
    fit = poisson(data.outcome, within.values[:, 1:][:, kept], offset, data.weights, _absorber(data))
    if not fit.converged:
        raise _no_maximum(specification, fit)
    solution = _solution(specification, data, within, kept, fit, offset)
    path = Convergence(fit.steps, fit.change, fit.deviance, _loglikelihood(data.outcome, fit.index, data.weights))
    return data, solution, path, within.iterations + fit.iterations


def _usable(specification: Specification, data: Sample) -> tuple[Sample, Within, Mask]:
    """The sample without singletons and separated rows, its variables without the effects, the regressors kept."""
    from dualcarbon.kernels.poisson import separated

    while True:
        data = _without_zero_groups(data)
        within = _within(specification, data)
        kept = _kept(specification, data, within)
        x = within.values[:, 1:][:, kept]
        if not _may_separate(data, x):
            return data, within, kept
        gone, settled = separated(data.outcome, x, _absorber(data))
        if not settled:
            raise _not_settled(specification)
        if not gone.any():
            return data, within, kept
        data = data.without(gone, SEPARATED).without_singletons()


def _without_zero_groups(data: Sample) -> Sample:
    from dualcarbon.kernels.poisson import zero_groups

    while True:
        n = len(data.rows)
        data = data.without(zero_groups(data.outcome, data.effects), ZERO_GROUPS).without_singletons()
        if len(data.rows) == n:
            return data


def _within(specification: Specification, data: Sample) -> Within:
    """The regressors without the effects under the prior weights; the dependent variable only centred."""
    from dualcarbon.kernels.least_squares import least_variation
    from dualcarbon.kernels.moments import sums_of_squares

    totals = sums_of_squares(data.values, data.weights)
    least = least_variation(totals, data.means, float(data.weights.sum()))
    absorbed = _absorber(data)(data.values[:, 1:], data.weights, TOLERANCE)
    require_absorbed(specification, absorbed)
    values = np.column_stack([data.values[:, 0], absorbed.values])
    own = sums_of_squares(values, data.weights)
    return Within(values, totals, own, least, rank_of(data), absorbed.iterations)


def _kept(specification: Specification, data: Sample, within: Within) -> Mask:
    from dualcarbon.kernels.least_squares import independent
    from dualcarbon.kernels.moments import cross_products

    kept = independent(cross_products(within.values[:, 1:], data.weights), within.least[1:])
    if specification.regressors and not kept.any():
        raise not_identified(specification.regressors, left_out(specification.regressors, kept, data, 1, within))
    return kept


def _absorber(data: Sample) -> Absorber:
    """Takes the effects, or the constant, out of columns."""
    constant = replace(data, effects=data.effects or (np.zeros(len(data.rows), dtype=np.int64),))

    def take_out(values: Floats, weights: Floats, tolerance: float) -> Absorbed:
        return absorb(constant, values, weights, tolerance)

    return take_out


def _may_separate(data: Sample, x: Floats) -> bool:
    """Whether some combination of regressors and effects can be 0 on all rows with a positive outcome.

    None can if regressors and effects have the same rank on these rows as on all. The rank of more than two crossing
    effects or of slopes may be overstated, and settles nothing.
    """
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.groups import crossing, levels_of, rank_of_effects
    from dualcarbon.kernels.least_squares import independent, least_variation
    from dualcarbon.kernels.moments import cross_products, sums_of_squares

    positive = data.outcome > 0.0
    if positive.all():
        return False
    if data.slopes or len(crossing(data.effects)) > 2:
        return True
    effects = tuple(compact(codes[positive], levels_of(codes))[0] for codes in data.effects)
    if rank_of_effects(effects) < rank_of_effects(data.effects):
        return True
    weights = data.weights[positive]
    groups = effects or (np.zeros(len(weights), dtype=np.int64),)
    values = np.ascontiguousarray(x[positive])
    least = least_variation(sums_of_squares(values, weights), np.zeros(x.shape[1]), float(weights.sum()))
    left = partial_out(values, groups, weights, tolerance=TOLERANCE)
    return not (left.converged and independent(cross_products(left.values, weights), least).all())


def _solution(
    specification: Specification, data: Sample, within: Within, kept: Mask, fit: PoissonFit, offset: Floats
) -> Solution:
    from dualcarbon.kernels.moments import weighted_sums

    weights = data.weights * fit.mean
    levels = np.column_stack([fit.index - offset, data.values[:, 1:][:, kept]])
    means = weighted_sums(levels, weights) / weights.sum()
    means[1:] += data.means[1:][kept]
    ratio = float(np.sum(data.weights * data.outcome) / np.sum(data.weights * np.exp(offset)))
    alone = _loglikelihood(data.outcome, np.log(ratio) + offset, data.weights)
    return Solution(
        names=chosen_names(specification.regressors, kept),
        x=fit.x,
        means=means,
        coef=fit.coef,
        bread=fit.bread,
        residuals=(data.outcome - fit.mean) / fit.mean,
        weights=weights,
        r2=1.0 - _loglikelihood(data.outcome, fit.index, data.weights) / alone,
        r2_within=float("nan"),
        collinear=chosen_names(specification.regressors, ~kept),
        notes=left_out(specification.regressors, kept, data, 1, within),
        estimator=Text(
            "泊松伪极大似然（{s} 步收敛，最后改变 {c}）",
            "Poisson pseudo-maximum likelihood ({s} steps, last change {c})",
        ).format(s=fit.steps, c=f"{fit.change:.0e}"),
    )


def _loglikelihood(y: Floats, index: Floats, weights: Floats) -> float:
    from scipy.special import gammaln

    return float(np.sum(weights * (y * index - np.exp(index) - gammaln(y + 1.0))))


def _require_not_negative(specification: Specification, data: Sample) -> None:
    negative = np.flatnonzero(data.outcome < 0.0)
    if not len(negative):
        return
    raise DataError(
        Text("泊松回归的被解释变量为负", "a negative outcome in a Poisson regression"),
        expected=Text("{y} 不小于零", "{y} at least zero").format(y=specification.depvar.name),
        found=Text("{k} 行，前几个 {v}", "{k} rows, first {v}").format(
            k=len(negative), v=data.outcome[negative[:5]].tolist()
        ),
        remedy=Text("改正或舍去这些行，或改用最小二乘", "correct or drop these rows, or use least squares"),
    )


def _not_settled(specification: Specification) -> ConvergenceError:
    return ConvergenceError(
        Text("未能判定哪些行被分离", "the search for separated rows did not end"),
        expected=Text("每个零值行或被分离或不被分离", "each row of outcome zero separated or not"),
        found=both(specification.formula),
        remedy=Text(
            "少用零值很多的解释变量，或少吸收一个效应",
            "use fewer regressors that are mostly zero, or absorb one effect less",
        ),
    )


def _no_maximum(specification: Specification, fit: PoissonFit) -> ConvergenceError:
    return ConvergenceError(
        Text("泊松似然未收敛", "the Poisson likelihood did not converge"),
        expected=Text("指数的均方根改变不超过 1e-8", "a root-mean-square change of the index of at most 1e-8"),
        found=Text("{s} 步后为 {c}：{f}", "{c} after {s} steps: {f}").format(
            s=fit.steps, c=f"{fit.change:.1e}", f=specification.formula
        ),
        remedy=Text("检查解释变量的极端值与尺度", "check extreme values and the scale of the regressors"),
    )
