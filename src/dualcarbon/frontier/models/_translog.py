"""What the stochastic translog models share."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._distance import HYPERBOLIC, Distance
from dualcarbon.frontier.models._stochastic import StochasticModel

_MEASURE = Text(
    "u：产出可同乘、排放可同除 exp(u) 而仍可行（对数单位，给定残差的条件均值）",
    "u: output can be multiplied and CO2 divided by exp(u) (log units, mean given the residual)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslogModel(StochasticModel):
    """-ln y + P(ln x, -(ln y + ln b)) = u + v; t = -P_s, eps = t / (1 - t), MAC = eps (y / b) exp(2 u)."""

    measure: Text = field(default=_MEASURE, init=False, repr=False)

    @property
    def distance(self) -> Distance:
        """Hyperbolic."""
        return HYPERBOLIC
