"""Distances of some observations to the frontier of others, radial or not: the one place that calls the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.observations import Observations

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SOLVED, INFEASIBLE, FAILED = 0, 1, 2
"""As in the kernels."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How far: along one common step, or by the weighted sum of the steps of single variables.

    Attributes
    ----------
    steps : (n, m + q + r)
        Steps of inputs, goods and bads of every observation; they belong to it and not to the frontier it is
        measured against.
    weights : (m + q + r,) or None
        Of the single variables; None for the radial measure.
    """

    steps: Array
    weights: Array | None


def distances(
    found: Observations, technology: Technology, measure: Measure, reference: Index, rows: Index
) -> tuple[Array, NDArray[np.int8]]:
    """Distance (r,) of `rows` to the frontier of the rows `reference`, NaN where there is none, and its status."""
    solve = _radial if measure.weights is None else _nonradial
    return solve(found, technology, measure, reference, rows)


def steps_of(found: Observations, direction: Direction, group: Index) -> Array:
    """Steps (n, m + q + r) of every observation; means, where the direction wants them, are those of its group over
    all periods."""
    if found.steps is not None:
        return found.steps
    factors = np.repeat(
        (direction.inputs, direction.good, direction.bad),
        (found.x.shape[1], found.goods.shape[1], found.bads.shape[1]),
    )
    values = np.column_stack([found.x, found.goods, found.bads])
    if not direction.observed:
        rows = found.usable & (found.bads[:, 0] > 0.0)
        means = np.full((int(group.max(initial=-1)) + 1, values.shape[1]), np.nan)
        for code in np.unique(group[rows]):
            means[code] = values[rows & (group == code)].mean(axis=0)
        values = means[group]
    return np.asarray(factors * values, dtype=np.float64)


def _split(found: Observations, values: Array) -> tuple[Array, Array, Array]:
    m, q = found.x.shape[1], found.goods.shape[1]
    return values[:, :m], values[:, m : m + q], values[:, m + q :]


def _radial(
    found: Observations, technology: Technology, measure: Measure, reference: Index, rows: Index
) -> tuple[Array, NDArray[np.int8]]:
    from dualcarbon.frontier.models.envelopment import FORMS
    from dualcarbon.kernels.envelopment import score

    frontier = found.x[reference], found.goods[reference], found.bads[reference]
    units = found.x[rows], found.goods[rows], found.bads[rows]
    form = FORMS[technology.disposability, technology.returns]
    scores = score(frontier, units, _split(found, measure.steps[rows]), form)
    return scores.beta, scores.status


def _nonradial(
    found: Observations, technology: Technology, measure: Measure, reference: Index, rows: Index
) -> tuple[Array, NDArray[np.int8]]:
    """max w'beta, beta >= 0: X'z <= x - bx gx, Y'z >= y + by gy, B'z = b - bb gb; with the columns of Kuosmanen's w
    under variable returns."""
    from dualcarbon.frontier.models._nonparametric import signs
    from dualcarbon.frontier.models._slack_scores import columns, held
    from dualcarbon.kernels.slack_lp import SlackProgram, Task

    assert measure.weights is not None
    values = signs(technology) * np.column_stack([found.x, found.goods, found.bads])
    frontier = found.x[reference], found.goods[reference], found.bads[reference]
    program = SlackProgram(columns(frontier, technology), technology.returns == "variable")
    free = ~held(technology)
    beta, status = np.full(rows.size, np.nan), np.zeros(rows.size, dtype=np.int8)
    for place, row in enumerate(rows):
        step = measure.steps[row]
        moves = (step > 0.0) & (measure.weights > 0.0)
        reward = np.zeros(step.size)
        reward[moves] = measure.weights[moves] / step[moves]
        one = program.solve(Task(values[row], reward, moves | free))
        beta[place], status[place] = one.value, one.status
    return beta, status
