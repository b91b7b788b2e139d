"""Slacks-based measure of efficiency with undesirable output.

rho = min (1 - mean_i s_i / x_i) / (1 + (sum_k s_k / y_k + sum_l s_l / b_l) / (q + r))
s.t. X'(z + w) + s_x = x_o, Y'z - s_y = y_o, B'z + s_b = b_o, 1'(z + w) = 1, z, w, s >= 0 under variable returns; solved
as a linear program in t z, t w, t s and t by the transformation of Charnes and Cooper.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._nonparametric import NonparametricModel, check_technology, names, refuse_direction
from dualcarbon.frontier.models._slack import FREE, LARGEST, WEAK, Outcome, answer, job
from dualcarbon.frontier.models._slack_scores import score

Array = NDArray[np.float64]

_LABEL = Text("基于松弛的测度（SBM）", "Slacks-based measure (SBM)")
_MEASURE = Text(
    "1 - rho：rho 为 SBM 效率，即缩减后投入的平均比率与改进后产出的平均比率之比",
    "1 - rho, where rho is the SBM efficiency: inputs left after reduction over outputs after improvement, as means of "
    "rates",
)


@dataclass(frozen=True, slots=True)
class SlacksBasedModel(NonparametricModel):
    """Slacks-based measure with undesirable output of Tone (2004) and Cooper, Seiford & Tone (2007).

    Parameters
    ----------
    screen, largest
        As in `EnvelopmentModel`.

    Notes
    -----
    Technologies: `bad_as_input` under both returns is Tone's. `kuosmanen` under variable returns, and `kuosmanen`,
    `weak` and `shephard`, one technology, under constant returns: where all bads are counted the latter give the scores
    of `bad_as_input`, with prices that may be negative.

    The measure follows no direction; the direction says which groups of variables are counted.
    `Direction.all_proportional()` is the non-oriented measure; `proportional()` counts goods and bads, `bad_only()`
    bads. What is not counted may be disposed of, except that bads under weak disposability are held. A quantity that
    is zero has no slack and its term is zero; the means are over the number of columns.

    `inefficiency` = 1 - rho. Columns `slack_<column>`, in the column's unit. Where several projections share the
    optimum, the one with the largest slack of the first bad is given (`abatement_room` = its slack / b);
    `several_optima` counts the rows where that may be so. `mac_low` and `mac_high` are the slopes dy / db of the
    frontier to the right and to the left of the projection, all other quantities held. `mac` and the statuses are those
    of `envelopment`.

    Tone (2003), GRIPS Research Report Series I-2003-0005, presented as Tone (2004); Tone (2001), European Journal of
    Operational Research 130, 498-509, doi:10.1016/S0377-2217(99)00407-5; Cooper, Seiford & Tone (2007), Data
    Envelopment Analysis, 2nd ed., doi:10.1007/978-0-387-45283-8.
    """

    screen: bool = True
    largest: int = LARGEST
    name: str = field(default="sbm", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)

    def check(self, technology: Technology, direction: Direction) -> None:
        """A technology in the list and a direction that says which groups are counted.

        Raises
        ------
        ConfigError
        """
        check_technology(self.label, technology, WEAK | FREE)
        parts = {direction.inputs, direction.good, direction.bad}
        if direction.columns or not direction.observed or not parts <= {0.0, 1.0} or parts == {0.0}:
            expected = Text(
                "观测值的倍数，分量为 0 或 1（1 为计入），如 Direction.all_proportional()",
                "multiples of the observed values with components 0 or 1 (1: counted), as Direction.all_proportional()",
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
        x, goods, bads = work.units
        reward = np.column_stack([direction.inputs * _terms(x), 0.0 * goods, 0.0 * bads])
        outputs = np.column_stack([0.0 * x, direction.good * _terms(goods), direction.bad * _terms(bads)])
        counted = direction.good * goods.shape[1] + direction.bad * bads.shape[1]
        reward[:, : x.shape[1]] /= x.shape[1]
        done = score(work, technology, reward, outputs / counted if counted else None)
        first = x.shape[1] + goods.shape[1]
        outcome = Outcome(
            inefficiency=1.0 - done.value if counted else done.value,
            room=done.slack[:, first] / data.b[work.at],
            low=done.low,
            high=done.high,
            status=done.status,
            columns={f"slack_{name}": np.maximum(done.slack[:, v], 0.0) for v, name in enumerate(names(technology))},
            facts={"several_optima": int(np.count_nonzero(done.several))},
        )
        return answer(work, outcome, technology)


def _terms(values: Array) -> Array:
    """1 / value, zero where there is none."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0.0)


MODEL = SlacksBasedModel()
