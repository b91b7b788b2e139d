"""What the stochastic quadratic models share."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._distance import DIRECTIONAL, Distance
from dualcarbon.frontier.models._stochastic import StochasticModel
from dualcarbon.frontier.models.quadratic import MODEL as PROGRAM
from dualcarbon.frontier.models.quadratic import RESTRICTIONS, Restrictions
from dualcarbon.kernels.distance import Shape

_MEASURE = Text(
    "方向距离 D，沿均值单位下的 (0, 1, −1)，不随所设方向而变（给定残差的条件均值）",
    "directional distance D along (0, 1, -1) in units of group means, whatever direction is named (mean given the "
    "residual)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticStochasticModel(StochasticModel):
    """b + P(x, y + b) = u + v in units of the means; t = -P_s, MAC = (1 - t) / t ybar / bbar, room = u bbar / b."""

    restrictions: Restrictions = RESTRICTIONS["monotone"]
    measure: Text = field(default=_MEASURE, init=False, repr=False)
    warning: Text | None = field(default=PROGRAM.warning, init=False, repr=False)

    @property
    def distance(self) -> Distance:
        """Directional."""
        return DIRECTIONAL

    @property
    def shape(self) -> Shape:
        """As the restrictions say."""
        rule = self.restrictions
        return Shape(inputs=rule.inputs, good=rule.good, bad=rule.bad, null_jointness=rule.null_jointness)
