"""Materials balance: the least CO2 that inputs may contain for the outputs produced.

With contents a of the polluting inputs p and the other inputs f held,

    C(y, f) = min a'p s.t. P'z <= p, F'z <= f_o, Y'z >= y_o, 1'z = 1 (variable returns), z >= 0
    EE = C / a'p_o,   TE = min theta s.t. P'z <= theta p_o, F'z <= f_o, Y'z >= y_o, 1'z = 1, z >= 0,   AE = EE / TE
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._nonparametric import NonparametricModel, check_technology, refuse_direction
from dualcarbon.frontier.models._slack import LARGEST, Job, Outcome, answer, job
from dualcarbon.kernels.slack_lp import SOLVED, SlackProgram, Task

Array = NDArray[np.float64]

BALANCE = 0.05
"""Largest relative gap between the bad observed and the contents of the inputs that counts as balanced."""
_LABEL = Text("物质平衡", "Materials balance")
_MEASURE = Text(
    "1 - EE：EE 为环境效率，即投入所含 CO2 的最小值与实际值之比",
    "1 - EE, where EE is environmental efficiency: the least CO2 the inputs may contain over what they contain",
)


@dataclass(frozen=True, slots=True)
class MaterialsBalanceModel(NonparametricModel):
    """Materials balance of Coelli, Lauwers & Van Huylenbroeck (2007).

    Parameters
    ----------
    hold_others : bool
        Inputs that contain none of the bad are held at no more than their observed amounts, and technical efficiency
        contracts the polluting inputs alone. False: as in the paper they cost nothing, so they are free in C, and
        technical efficiency contracts every input. The two agree where all inputs pollute.
    screen, largest
        As in `EnvelopmentModel`.

    Notes
    -----
    `technology.polluting` maps inputs to tonnes of the bad in one unit. One bad; several goods; none of the bad stays
    in the goods. The bad is in no program, so the word `disposability` stays at its default, and the direction is
    `Direction.bad_only()`: the outputs are held, the bad contracts.

    `inefficiency` = `abatement_room` = 1 - EE, the share of the CO2 in the inputs that is not needed. Columns
    `environmental_efficiency`, `technical_efficiency`, `allocative_efficiency` (EE = TE AE), `content` = a'p_o.

    The observed bad is not in EE: it is checked against a'p_o. Facts: `content_share` = sum a'p / sum b,
    `n_off_balance` = rows with |a'p / b - 1| > 0.05; where the sum is off by more, the fit is weakly identified.

    Price: none. Moving along the isoquant trades inputs, and what that costs depends on their prices, which are not
    data here; technical inefficiency removed costs nothing. Rows solved have the status no_price and `mac` NaN.
    Identified is the CO2 that another unit of the first good needs, dC / dy: columns `marginal_content_low` (to the
    left) and `marginal_content_high` (to the right); 0 where the good does not bind, inf where output cannot grow.

    Coelli, Lauwers & Van Huylenbroeck (2007), Journal of Productivity Analysis 28, 3-12, doi:10.1007/s11123-007-0052-8.
    """

    hold_others: bool = True
    screen: bool = True
    largest: int = LARGEST
    name: str = field(default="materials_balance", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)

    def check(self, technology: Technology, direction: Direction) -> None:
        """Contents of polluting inputs, one bad, returns constant or variable, the bad alone contracting.

        Raises
        ------
        ConfigError
        """
        check_technology(self.label, technology, {("kuosmanen", "variable"), ("kuosmanen", "constant")})
        if not technology.content or len(technology.bads) > 1:
            raise ConfigError(
                Text("物质平衡需要投入的含量和一种坏产出", "materials balance needs contents of inputs and one bad"),
                expected=both('Technology(..., polluting={"coal_t": 1.9})'),
                found=both(f"polluting={technology.polluting}, bad={technology.bads}"),
                remedy=Text(
                    "在 polluting 中写明每单位投入所含坏产出的吨数，只留一种坏产出",
                    "give the tonnes of the bad in one unit of each polluting input, and a single bad",
                ),
            )
        if direction != Direction.bad_only():
            expected = Text("Direction.bad_only()：产出不动", "Direction.bad_only(): the outputs are held")
            raise refuse_direction(self.label, direction, expected)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Score every observation that wants an answer.

        Raises
        ------
        ConfigError
            If the reference set is larger than `largest`.
        """
        work = job(data, self.screen, self.largest, self.label)
        dirty = np.array([technology.inputs.index(name) for name in technology.polluting])
        content = np.array(technology.content)
        variable = technology.returns == "variable"
        least, low, high, status = _least_content(work, dirty, content, variable, self.hold_others)
        theta, also = _contraction(work, dirty, variable, self.hold_others)
        held = data.x[work.at][:, dirty] @ content
        efficiency = least / held
        nothing = np.full(held.size, np.nan)
        facts = _balance(data.x[work.rows.fit][:, dirty] @ content, data.b[work.rows.fit])
        outcome = Outcome(
            inefficiency=1.0 - efficiency,
            room=1.0 - efficiency,
            low=nothing,
            high=nothing,
            status=np.maximum(status, also),
            columns={
                "environmental_efficiency": efficiency,
                "technical_efficiency": theta,
                "allocative_efficiency": np.divide(efficiency, theta, out=nothing.copy(), where=theta > 0.0),
                "content": held,
                "marginal_content_low": low,
                "marginal_content_high": high,
            },
            facts=facts,
            findings=(_off(facts["content_share"]),),
        )
        return answer(work, outcome, technology)


def _least_content(
    work: Job, dirty: NDArray[np.int64], content: Array, variable: bool, hold: bool
) -> tuple[Array, Array, Array, NDArray[np.int8]]:
    """C (r,), its derivatives in the first good to the left and to the right, solver status."""

    def signed(part: tuple[Array, Array, Array]) -> Array:
        x, goods, _ = part
        others = np.delete(x, dirty, axis=1) if hold else x[:, :0]
        return np.column_stack([x[:, dirty] @ content, others, -goods])

    program, points = SlackProgram(signed(work.reference), variable), signed(work.units)
    r, p = points.shape
    good = p - work.reference[1].shape[1]
    reward, change, every = np.zeros(p), np.zeros(p), np.ones(p, np.bool_)
    reward[0] = 1.0
    least, low, high, status = np.full(r, np.nan), np.full(r, np.nan), np.full(r, np.nan), np.zeros(r, np.int8)
    for o, own in enumerate(work.own):
        found = program.solve(Task(points[o], reward, every, own=own))
        status[o] = found.status
        if found.status == SOLVED:
            least[o] = points[o, 0] - found.value
            change[good] = points[o, good]
            more, fewer = program.slopes(0, (change, -change), ~every, reward > 0.0)
            low[o], high[o] = fewer / -points[o, good], more / points[o, good]
    return least, low, high, status


def _contraction(work: Job, dirty: NDArray[np.int64], variable: bool, hold: bool) -> tuple[Array, NDArray[np.int8]]:
    """theta (r,) of the polluting inputs, or of all, and solver status."""
    (x, goods, _), (xo, yo, _) = work.reference, work.units
    program = SlackProgram(np.column_stack([x, -goods]), variable)
    step = np.zeros((len(xo), x.shape[1] + goods.shape[1]))
    moved = dirty if hold else np.arange(x.shape[1])
    step[:, moved] = xo[:, moved]
    points, every, none = np.column_stack([xo, -yo]), np.ones(step.shape[1], np.bool_), np.zeros(step.shape[1])
    rows = zip(points, step, work.own, strict=True)
    found = [program.solve(Task(point, none, every, move, own=own)) for point, move, own in rows]
    return np.array([1.0 - one.beta for one in found]), np.array([one.status for one in found], dtype=np.int8)


def _balance(content: Array, b: Array) -> dict[str, float]:
    return {
        "content_share": float(content.sum() / b.sum()),
        "n_off_balance": int(np.count_nonzero(np.abs(content / b - 1.0) > BALANCE)),
    }


def _off(share: float) -> Finding | None:
    """Whether the contents of the inputs explain the bad that is observed."""
    if math.isfinite(share) and abs(share - 1.0) <= BALANCE:
        return None
    text = Text(
        "投入所含的坏产出合计为观测值的 {s:.3g} 倍，物质不平衡：含量有误，或有其他来源、去向",
        "the inputs contain {s:.3g} times the bad that is observed: contents are wrong, or there are other sources or "
        "sinks",
    )
    return Finding("weakly_identified", text.format(s=share))


MODEL = MaterialsBalanceModel()
