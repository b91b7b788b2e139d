"""Convex quantile regression of the directional distance function (CQR-DDF), a linear program.

min sum tau max(-f_i, 0) + (1 - tau) max(f_i, 0) over the values f_i, f > 0 inside, of a concave, monotone function with
the translation property; several optima: the one with the least sum f_i^2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._convex import LARGEST_QUANTILE, Plan, assemble, check
from dualcarbon.frontier.models._nonparametric import NonparametricModel

_LABEL = Text("凸分位数回归", "Convex quantile regression")
_MEASURE = Text(
    "到 tau 分位前沿的距离，以方向向量的倍数计；前沿之外的观测为 0",
    "distance to the tau-quantile frontier in multiples of the direction; 0 for observations beyond it",
)


@dataclass(frozen=True, slots=True)
class ConvexQuantileModel(NonparametricModel):
    """Convex quantile regression with a directional distance function.

    Parameters
    ----------
    tau : float
        Between 0 and 1: at most a share 1 - tau of the rows lies strictly beyond the frontier under variable returns;
        towards 1 it becomes the envelopment frontier.
    screen : bool
        Fit on the rows the conditional screen keeps; the others get the status outlier. Groups with fewer than 30 rows
        per coefficient of the screen are not screened.
    level_shift : bool
        Where the screen drops rows, or would, fit once more with the opposite choice: `mac_screened` and
        `mac_untreated` in the facts. Doubles the time.
    largest : int
        Most observations one fit may have.

    Notes
    -----
    Technologies: `kuosmanen` (weak disposability, prices of the bads of either sign), `bad_as_input` (the form of the
    literature and of pyStoNED: no price is negative), `sum_z_one` under variable returns; `kuosmanen`, `weak` and
    `bad_as_input` under constant returns. One constant direction for all rows.

    `inefficiency` = max(f, 0), `abatement_room` = inefficiency gb / b. The fitted values do not determine the planes:
    `mac_low` and `mac_high` are the least and the largest price among all planes that support the smallest technology
    with these values, at the projection. Statuses: ok, one price; kink, an interval, where `mac` is its geometric mean
    if `mac_low` > 0, else `mac_high`; zero; negative (`mac` its high end); infinite, the good has no price; edge, one
    end is infinite (`mac` NaN); infeasible, no answer of the solver; no_bad, b = 0, not in the fit.

    Wang, Wang, Dang & Ge (2014), European Journal of Operational Research 232, 671-678,
    doi:10.1016/j.ejor.2013.06.049; Dai, Zhou & Kuosmanen (2020), Energy Economics 88, 104758,
    doi:10.1016/j.eneco.2020.104758; Kuosmanen & Zhou (2021), European Journal of Operational Research 289, 666-675,
    doi:10.1016/j.ejor.2020.07.036.
    """

    tau: float = 0.9
    screen: bool = True
    level_shift: bool = True
    largest: int = LARGEST_QUANTILE
    name: str = field(default="convex_quantile", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)

    def check(self, technology: Technology, direction: Direction) -> None:
        """A technology in the list, one constant direction, 0 < tau < 1.

        Raises
        ------
        ConfigError
        """
        check_tau(self.tau)
        check(self.label, technology, direction)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Fit one group.

        Raises
        ------
        ConfigError
            If there are more rows than `largest`.
        """
        weights = self.tau, 1.0 - self.tau
        plan = Plan(self.label, *weights, 1, self.screen, self.level_shift, self.largest, facts={"tau": self.tau})
        return assemble(data, technology, direction, plan)


def check_tau(tau: float) -> None:
    """Raise `ConfigError` unless 0 < tau < 1."""
    if not 0.0 < tau < 1.0:
        raise ConfigError(
            Text("tau 超出范围", "tau is out of range"),
            expected=both("0 < tau < 1"),
            found=both(repr(tau)),
            remedy=Text(
                "取 0 与 1 之间的数；tau 趋于 1 的极限是 envelopment",
                "choose a number between 0 and 1; the limit at 1 is envelopment",
            ),
        )


MODEL = ConvexQuantileModel()
