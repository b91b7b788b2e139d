"""Convex expectile regression of the directional distance function (CER-DDF), a quadratic program.

min sum tau max(-f_i, 0)^2 + (1 - tau) max(f_i, 0)^2 over the values f_i, f > 0 inside, of a concave, monotone function
with the translation property; the values are unique.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._convex import LARGEST, Plan, assemble, check
from dualcarbon.frontier.models._nonparametric import NonparametricModel
from dualcarbon.frontier.models.convex_quantile import check_tau

_LABEL = Text("凸期望分位数回归", "Convex expectile regression")
_MEASURE = Text(
    "到 tau 期望分位前沿的距离，以方向向量的倍数计；前沿之外的观测为 0",
    "distance to the tau-expectile frontier in multiples of the direction; 0 for observations beyond it",
)


@dataclass(frozen=True, slots=True)
class ConvexExpectileModel(NonparametricModel):
    """Convex expectile regression with a directional distance function.

    Parameters
    ----------
    tau : float
        Between 0 and 1: with `bad_as_input` under variable returns the distances of the rows beyond the frontier add
        up to a share 1 - tau of all absolute distances; 0.5 is convex least squares, towards 1 it becomes the
        envelopment frontier.
    screen, level_shift, largest
        As in `ConvexQuantileModel`.

    Notes
    -----
    Technologies, direction, price intervals and statuses are those of `ConvexQuantileModel`. Where quantiles cross or
    leave several optima, expectiles are unique.

    Kuosmanen, Zhou & Dai (2020), World Development 125, 104681, doi:10.1016/j.worlddev.2019.104681; Kuosmanen & Zhou
    (2021), European Journal of Operational Research 289, 666-675, doi:10.1016/j.ejor.2020.07.036.
    """

    tau: float = 0.9
    screen: bool = True
    level_shift: bool = True
    largest: int = LARGEST
    name: str = field(default="convex_expectile", init=False)
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
        plan = Plan(self.label, *weights, 2, self.screen, self.level_shift, self.largest, facts={"tau": self.tau})
        return assemble(data, technology, direction, plan)


MODEL = ConvexExpectileModel()
