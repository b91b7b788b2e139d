"""By-production: an intended-output technology and a residual-generating technology that share the polluting inputs.

T1: max beta_y s.t. X'z <= x_o, Y'z >= y_o + beta_y gy, 1'z = 1, z >= 0
T2: max beta_b s.t. P'z >= p_o, B'z <= b_o - beta_b gb, 1'z = 1, z >= 0, p the polluting inputs among x
1'z = 1 under variable returns alone. Inputs stand still, so the two programs are separate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._nonparametric import (
    NonparametricModel,
    check_technology,
    moving,
    outward,
    refuse_direction,
)
from dualcarbon.frontier.models._rows import steps
from dualcarbon.frontier.models._slack import LARGEST, Job, Outcome, answer, job
from dualcarbon.kernels.slack_lp import SOLVED, SlackProgram, Task

Array = NDArray[np.float64]

_ZERO = 1e-10
_LABEL = Text("副产品技术", "By-production")
_MEASURE = Text(
    "好产出技术与残余物技术的距离之均值，各以方向分量的倍数计",
    "mean of the distances to the intended-output and to the residual-generating technology, each in multiples of the "
    "direction",
)


@dataclass(frozen=True, slots=True)
class ByProductionModel(NonparametricModel):
    """By-production of Murty, Russell & Levkoff (2012).

    Parameters
    ----------
    screen, largest
        As in `EnvelopmentModel`.

    Notes
    -----
    `technology.polluting` names the inputs that cause the bads; the amounts, if given, are not used. The word
    `disposability` is not used either and stays at its default: goods and inputs are freely disposable in T1; in T2 the
    bads and the polluting inputs are costly disposable. Directions move goods and bads, not inputs.

    `inefficiency` = (`inefficiency_good` + `inefficiency_bad`) / 2, or the only one that the direction moves.
    `abatement_room` = beta_b gb / b. Column `efficiency_index` =
    [mean y / (y + beta_y gy) + mean (b - beta_b gb) / b] / 2:
    with one good, one bad and a direction that moves both it is the index of Murty, Russell & Levkoff; with more it is
    that of a common step.

    Price: at given inputs the technology has no trade-off between good and bad. It runs through the polluting inputs:
    with all of them multiplied by 1 + d,

        MAC = (dy / dd) / (db / dd),   y(d) of T1, b(d) of T2, other outputs held at their projections,

    the output forgone per tonne, before the saving on the inputs not bought, whose prices are not data here. With one
    polluting input it is the ratio of the shadow prices v_p / u in T1 to r_p / w in T2. y(d) is concave and b(d)
    convex: `mac_low` is the ratio of the derivatives to the right, `mac_high` of those to the left. Statuses as for
    `envelopment`; edge also where a cut of the polluting inputs lowers no CO2, infinite where T1 gives the good no
    price. Several polluting inputs: cutting the one with the smallest v_p / r_p may cost less than cutting all.

    Murty, Russell & Levkoff (2012), Journal of Environmental Economics and Management 64, 117-135,
    doi:10.1016/j.jeem.2012.02.005.
    """

    screen: bool = True
    largest: int = LARGEST
    name: str = field(default="by_production", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)

    def check(self, technology: Technology, direction: Direction) -> None:
        """Polluting inputs, returns constant or variable, a direction that moves outputs alone.

        Raises
        ------
        ConfigError
        """
        check_technology(self.label, technology, {("kuosmanen", "variable"), ("kuosmanen", "constant")})
        if not technology.polluting:
            raise ConfigError(
                Text("副产品技术需要知道哪些投入产生坏产出", "by-production has to know which inputs cause the bad"),
                expected=both('Technology(..., polluting=["coal_t"])'),
                found=both("polluting=()"),
                remedy=Text("在 polluting 中写明排放性投入", "name the inputs that pollute in polluting"),
            )
        if not outward(technology, direction) or moving(technology, direction) & set(technology.inputs):
            expected = Text(
                "投入不动，产出的分量非负、不全为零", "inputs stand still, outputs nonnegative and not all zero"
            )
            raise refuse_direction(self.label, direction, expected)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Score every observation that wants an answer.

        Raises
        ------
        ConfigError
            If the reference set is larger than `largest`.
        """
        work = job(data, self.screen, self.largest, self.label)
        _, gy, gb = steps(data, work.rows.fit, work.at, direction)
        dirty = np.array([technology.inputs.index(name) for name in technology.polluting])
        variable = technology.returns == "variable"
        good, bad = _intended(work, gy, dirty, variable), _residual(work, gb, dirty, variable)
        status = np.maximum(good.status, bad.status)
        both_move = np.stack([gy.any(axis=1), gb.any(axis=1)])
        beta = np.stack([good.beta, bad.beta])
        _, y, b = work.units
        low, high = (slope * y[:, 0] / b[:, 0] for slope in _trade_off(good, bad))
        outcome = Outcome(
            inefficiency=(beta * both_move).sum(axis=0) / np.maximum(both_move.sum(axis=0), 1),
            room=bad.beta * gb[:, 0] / b[:, 0],
            low=low,
            high=high,
            status=status,
            columns={
                "inefficiency_good": np.maximum(good.beta, 0.0),
                "inefficiency_bad": np.maximum(bad.beta, 0.0),
                "efficiency_index": _index(y, good.beta[:, None] * gy, b, bad.beta[:, None] * gb),
            },
            facts={},
        )
        return answer(work, outcome, technology)


@dataclass(frozen=True, slots=True)
class _Side:
    """Of one sub-technology, (r,): distance, status, improvement of its first output as the polluting inputs grow and
    shrink in proportion, as a share of that output per unit of their logarithm."""

    beta: Array
    status: NDArray[np.int8]
    more: Array
    less: Array


def _intended(work: Job, gy: Array, dirty: NDArray[np.int64], variable: bool) -> _Side:
    """T1: improvement is output gained."""
    (x, y, _), (xo, yo, _) = work.reference, work.units
    change = np.zeros((len(xo), x.shape[1] + y.shape[1]))
    change[:, dirty] = xo[:, dirty]
    step = np.column_stack([np.zeros_like(xo), gy])
    program = SlackProgram(np.column_stack([x, -y]), variable)
    return _side(program, work.own, np.column_stack([xo, -yo]), step, change, x.shape[1])


def _residual(work: Job, gb: Array, dirty: NDArray[np.int64], variable: bool) -> _Side:
    """T2: improvement is bad avoided."""
    (x, _, b), (xo, _, bo) = work.reference, work.units
    change = np.column_stack([-xo[:, dirty], np.zeros_like(bo)])
    step = np.column_stack([np.zeros((len(xo), dirty.size)), gb])
    program = SlackProgram(np.column_stack([-x[:, dirty], b]), variable)
    return _side(program, work.own, np.column_stack([-xo[:, dirty], bo]), step, change, dirty.size)


def _side(program: SlackProgram, own: list[int], points: Array, step: Array, change: Array, target: int) -> _Side:
    r, p = points.shape
    beta, more, less = np.zeros(r), np.full(r, np.nan), np.full(r, np.nan)
    status, every, none = np.zeros(r, np.int8), np.ones(p, np.bool_), np.zeros(p, np.bool_)
    for o in range(r):
        found = program.solve(Task(points[o], np.zeros(p), every, step[o] if step[o].any() else None, own=own[o]))
        status[o], beta[o] = found.status, found.beta
        if found.status == SOLVED:
            slopes = program.slopes(target, (change[o], -change[o]), none, none)
            more[o], less[o] = (slope / abs(points[o, target]) for slope in slopes)
    return _Side(beta, status, more, less)


def _trade_off(good: _Side, bad: _Side) -> tuple[Array, Array]:
    """Elasticities of y in b to the right and to the left, polluting inputs moving in proportion."""
    pairs = [_slopes(*four) for four in zip(good.more, good.less, bad.more, bad.less, strict=True)]
    low, high = np.array(pairs).reshape(-1, 2).T
    return low, high


def _slopes(gained: float, lost: float, emitted: float, avoided: float) -> tuple[float, float]:
    """`lost`, `emitted` <= 0: what is lost of the good as polluting inputs shrink, of the bad as they grow."""
    if any(math.isnan(value) for value in (gained, lost, emitted, avoided)):
        return math.nan, math.nan
    if math.inf in (gained, lost):
        return math.inf, math.inf
    if math.inf in (emitted, avoided):
        return 0.0, 0.0
    high = math.inf if avoided <= _ZERO or lost == -math.inf else -lost / avoided
    if -math.inf in (gained, emitted):
        low = -math.inf
    elif emitted < -_ZERO:
        low = gained / -emitted
    else:
        low = 0.0 if gained <= _ZERO else math.inf
    return low, high


def _index(y: Array, more: Array, b: Array, less: Array) -> Array:
    share = np.divide(b - less, b, out=np.ones_like(b), where=b > 0.0)
    return np.asarray(0.5 * ((y / (y + more)).mean(axis=1) + share.mean(axis=1)), dtype=np.float64)


MODEL = ByProductionModel()
