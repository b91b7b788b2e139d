"""Convex nonparametric least squares of the directional distance function (CNLS-DDF, StoNED).

Step 1: min sum f_i^2 over the values f_i, f > 0 inside, of a concave, monotone function with the translation property.
Step 2: f_i + mu = u_i + v_i with mu = E u: half-normal u by moments, E[u | f + mu]; or the outermost value as frontier.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._convex import LARGEST, Plan, assemble, check
from dualcarbon.frontier.models._nonparametric import NonparametricModel

SecondStep = Literal["stoned", "cols"]

_LABEL = Text("凸非参数最小二乘（StoNED）", "Convex nonparametric least squares (StoNED)")
_MEASURE = Text(
    "到平移后前沿的距离，以方向向量的倍数计：stoned 为给定残差下无效率的条件均值，cols 为到最外层观测的距离",
    "distance to the shifted frontier in multiples of the direction: with stoned the conditional mean of inefficiency "
    "given the residual, with cols the distance from the outermost observation",
)


@dataclass(frozen=True, slots=True)
class ConvexLeastSquaresModel(NonparametricModel):
    """Convex nonparametric least squares with a directional distance function.

    Parameters
    ----------
    second_step : "stoned" or "cols"
        How residuals become inefficiency: method of moments with half-normal inefficiency and normal noise, or the
        distance from the outermost residual (no noise).
    screen, level_shift, largest
        As in `ConvexQuantileModel`.

    Notes
    -----
    Technologies, direction, price intervals and statuses are those of `ConvexQuantileModel`. The shift moves all planes
    along the direction and leaves every price as it is. Residuals whose skewness is not positive give sigma_u = 0, no
    inefficiency, and a weakly identified fit.

    Kuosmanen & Johnson (2017), European Journal of Operational Research 262, 792-801, doi:10.1016/j.ejor.2017.04.029;
    Kuosmanen & Kortelainen (2012), Journal of Productivity Analysis 38, 11-28, doi:10.1007/s11123-010-0201-3.
    """

    second_step: SecondStep = "stoned"
    screen: bool = True
    level_shift: bool = True
    largest: int = LARGEST
    name: str = field(default="cnls", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)

    def check(self, technology: Technology, direction: Direction) -> None:
        """A technology in the list, one constant direction, a second step that exists.

        Raises
        ------
        ConfigError
        """
        if self.second_step not in get_args(SecondStep):
            raise ConfigError(
                Text("没有这种第二步", "there is no such second step"),
                expected=both(" | ".join(get_args(SecondStep))),
                found=both(repr(self.second_step)),
                remedy=Text("改用所列取值之一", "use one of the values listed"),
            )
        check(self.label, technology, direction)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Fit one group.

        Raises
        ------
        ConfigError
            If there are more rows than `largest`.
        """
        plan = Plan(self.label, 1.0, 1.0, 2, self.screen, self.level_shift, self.largest, shift=self.second_step)
        return assemble(data, technology, direction, plan)


MODEL = ConvexLeastSquaresModel()
