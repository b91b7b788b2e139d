"""Non-radial directional distance function with undesirable output: every variable has its own distance.

max sum_v w_v beta_v s.t. X'(z + l) <= x_o - beta_x gx, Y'z >= y_o + beta_y gy, B'z = b_o - beta_b gb, 1'(z + l) = 1,
z, l, beta >= 0 under variable returns (Kuosmanen's technology); no l and no last row under constant returns.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    names,
    outward,
    refuse_direction,
)
from dualcarbon.frontier.models._rows import steps
from dualcarbon.frontier.models._slack import FREE, LARGEST, WEAK, Outcome, answer, job
from dualcarbon.frontier.models._slack_scores import score
from dualcarbon.kernels.slack_lp import SOLVED

Array = NDArray[np.float64]

_LABEL = Text("非径向方向距离函数", "Non-radial directional distance function")
_MEASURE = Text(
    "各变量距离 beta_v 按权重之和：beta_v 以方向分量的倍数计",
    "weighted sum of the distances beta_v of all variables, each in multiples of its component of the direction",
)


@dataclass(frozen=True, slots=True)
class NonradialModel(NonparametricModel):
    """Non-radial directional distance function of Zhou, Ang & Wang (2012).

    Parameters
    ----------
    weights : mapping from column to float, or None
        A positive weight for every column that the direction moves. None: the groups inputs, goods, bads that the
        direction moves have equal weights that add up to one, divided equally among the columns that move.
    screen, largest
        As in `EnvelopmentModel`.

    Notes
    -----
    Technologies: `kuosmanen` under variable returns; `kuosmanen`, `weak` and `shephard`, one technology, under constant
    returns; `bad_as_input` under both. Any direction; a component that is zero has beta 0 and no weight, and the bad it
    belongs to is held, an input or good may be disposed of.

    `inefficiency` = sum_v w_v beta_v. Columns `beta_<column>`. Where several projections share the optimum, the one
    with the largest beta of the first bad is given (`abatement_room` = beta gb / b of it); `several_optima` counts the
    rows where that may be so.

    `mac_low` and `mac_high` are the slopes dy / db of the frontier to the right and to the left of the projection, all
    other quantities held: the range of the prices that support the frontier there. The program's own multipliers are
    one point of it; where the first good and the first bad both move their ratio is (w_b / gb) / (w_y / gy), a
    consequence of the weights, and is therefore not given. `mac` and the statuses are those of `envelopment`.

    Zhou, Ang & Wang (2012), European Journal of Operational Research 221, 625-635, doi:10.1016/j.ejor.2012.04.022;
    Wang, Du & Zhang (2022), Stata Journal 22, 103-124, doi:10.1177/1536867X221083886.
    """

    weights: Mapping[str, float] | None = None
    screen: bool = True
    largest: int = LARGEST
    name: str = field(default="nonradial", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)

    def check(self, technology: Technology, direction: Direction) -> None:
        """A technology in the list, a direction that is nonnegative and moves something, weights for what moves.

        Raises
        ------
        ConfigError
        """
        check_technology(self.label, technology, WEAK | FREE)
        if not outward(technology, direction):
            expected = Text("各分量非负、不全为零", "components nonnegative and not all zero")
            raise refuse_direction(self.label, direction, expected)
        self._check_weights(technology, direction)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Score every observation that wants an answer.

        Raises
        ------
        ConfigError
            If the reference set is larger than `largest`.
        """
        work = job(data, self.screen, self.largest, self.label)
        step = np.column_stack(steps(data, work.rows.fit, work.at, direction))
        weights = self.weigh(technology, direction) * (step > 0.0)
        reward = np.divide(weights, step, out=np.zeros_like(step), where=step > 0.0)
        done = score(work, technology, reward)
        beta = np.divide(done.slack, step, out=np.zeros_like(step), where=step > 0.0)
        beta[done.status != SOLVED] = np.nan
        bad = len(technology.inputs) + len(technology.goods)
        outcome = Outcome(
            inefficiency=done.value,
            room=beta[:, bad] * step[:, bad] / data.b[work.at],
            low=done.low,
            high=done.high,
            status=done.status,
            columns={f"beta_{name}": np.maximum(beta[:, v], 0.0) for v, name in enumerate(names(technology))},
            facts={"several_optima": int(np.count_nonzero(done.several))},
        )
        return answer(work, outcome, technology)

    def weigh(self, technology: Technology, direction: Direction) -> Array:
        """Weights in the order inputs, goods, bads; zero for what stands still."""
        moves = moving(technology, direction)
        groups = [
            [name for name in part if name in moves] for part in (technology.inputs, technology.goods, technology.bads)
        ]
        share = 1.0 / max(sum(bool(group) for group in groups), 1)
        equal = {name: share / len(group) for group in groups for name in group}
        given = equal if self.weights is None else self.weights
        return np.array([given[name] if name in moves else 0.0 for name in names(technology)])

    def _check_weights(self, technology: Technology, direction: Direction) -> None:
        if self.weights is None:
            return
        moves = moving(technology, direction)
        given = dict(self.weights)
        if not moves <= set(given) <= set(names(technology)) or not all(given[name] > 0.0 for name in moves):
            raise ConfigError(
                Text("权重有误", "the weights are wrong"),
                expected=Text("每个移动的列一个正数：{c}", "a positive number for every column that moves: {c}").format(
                    c=", ".join(name for name in names(technology) if name in moves)
                ),
                found=both(str(given)),
                remedy=Text(
                    "补上所缺的列；不想移动的列在方向中取零",
                    "add what is missing; to hold a column, leave it out of the direction",
                ),
            )


MODEL = NonradialModel()
