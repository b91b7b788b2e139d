"""Slacks and price intervals of the units of a group by the program of slacks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Technology
from dualcarbon.frontier.models._nonparametric import signs
from dualcarbon.frontier.models._slack import WEAK, Job, interval
from dualcarbon.kernels.frame import undominated
from dualcarbon.kernels.slack_lp import SOLVED, SlackProgram, Task

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SlackScores:
    """Of the rows evaluated: value (r,), slack (r, p) in the data's units and in the order inputs, goods, bads, slopes
    dy / db to the right and left of the projection, solver status, whether other optima may exist."""

    value: Array
    slack: Array
    low: Array
    high: Array
    status: NDArray[np.int8]
    several: NDArray[np.bool_]


def score(work: Job, technology: Technology, reward: Array, norm: Array | None = None) -> SlackScores:
    """Largest worth of the slacks of every row evaluated, and the slopes at its projection.

    Parameters
    ----------
    reward : (r, p)
        Worth of one unit of slack; a row of the program with no reward and no norm is not moved: a bad under weak
        disposability is then held, anything else may be disposed of.
    norm : (r, p) or None
        Slacks in the denominator of a ratio.
    """
    sign = signs(technology)
    equal = held(technology)
    program = SlackProgram(columns(work.reference, technology), technology.returns == "variable")
    points = np.column_stack(work.units) * sign
    moved = reward > 0.0 if norm is None else (reward > 0.0) | (norm > 0.0)
    good, first = len(technology.inputs), len(technology.inputs) + len(technology.goods)
    change = np.zeros(sign.size)
    r = len(points)
    value, low, high = np.full(r, np.nan), np.full(r, np.nan), np.full(r, np.nan)
    slack, status, several = np.full(points.shape, np.nan), np.zeros(r, np.int8), np.zeros(r, np.bool_)
    for o, own in enumerate(work.own):
        task = Task(points[o], reward[o], moved[o] | ~equal, norm=None if norm is None else norm[o], own=own)
        found = program.solve(task, prefer=first)
        value[o], slack[o], status[o], several[o] = found.value, found.slack, found.status, found.several
        if found.status == SOLVED:
            change[first] = points[o, first]
            right, left = program.slopes(good, (change, -change), equal, moved[o])
            low[o], high[o] = interval(right / points[o, first], left / points[o, first])
    return SlackScores(value, slack, low, high, status, several)


def held(technology: Technology) -> NDArray[np.bool_]:
    """Rows of the program, (p,), without free disposal: the bads where they are weakly disposable."""
    p, weak = signs(technology).size, (technology.disposability, technology.returns) in WEAK
    return (np.arange(p) >= p - len(technology.bads)) & weak


def columns(reference: tuple[Array, Array, Array], technology: Technology) -> Array:
    """Signed quantities of the reference set; under Kuosmanen's technology also the inputs of every unit alone."""
    x, sign = reference[0], signs(technology)
    whole = np.column_stack(reference) * sign
    if technology.returns == "constant" or technology.disposability != "kuosmanen":
        return whole
    least = x[undominated(x)]
    return np.vstack([whole, np.column_stack([least, np.zeros((len(least), sign.size - x.shape[1]))])])
