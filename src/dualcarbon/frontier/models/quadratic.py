"""Quadratic directional distance function by linear programming (Faere, Grosskopf, Noh and Weber 2005).

With data divided by their means over the rows of the fit, direction (0, 1, -1) and the translation property
imposed, D = b + Q(x, s) with s = y + b and Q an unrestricted quadratic. Aigner and Chu: min mean D subject to
D >= 0, -1 <= Q_s <= 0, Q_x >= 0 at every row. With t = -Q_s the shadow price is p (1 - t) / t ybar / bbar. Q may be
cubic and move with time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._bracket import bracket
from dualcarbon.frontier.models._distance import DIRECTIONAL
from dualcarbon.frontier.models._form import Degree, Form, per_period, written
from dualcarbon.frontier.models._linear import Fact, Fitted, Index, Plan, assemble, optimise
from dualcarbon.frontier.models._rows import Mask
from dualcarbon.kernels.directional import coordinates
from dualcarbon.kernels.distance import Change
from dualcarbon.kernels.row_scan import monotone, slope, surface


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Shape restrictions imposed at every row of the fit, beside D >= 0.

    Attributes
    ----------
    bad : D does not fall in CO2 (Q_s >= -1)
    good : D does not rise in the good (Q_s <= 0)
    inputs : D does not fall in any input (Q_x >= 0)
    null_jointness : no good without CO2, D(x, y, 0) <= 0
    """

    bad: bool = True
    good: bool = True
    inputs: bool = True
    null_jointness: bool = False


RESTRICTIONS: Mapping[str, Restrictions] = MappingProxyType(
    {
        "frontier": Restrictions(bad=False, good=False, inputs=False),
        "outputs": Restrictions(inputs=False),
        "monotone": Restrictions(),
        "null_joint": Restrictions(null_jointness=True),
    }
)
"""Named sets, from the fewest restrictions to those of Faere et al. (2005). `monotone` is the default: the
null-jointness rows conflict with D >= 0 where b / y is dispersed and inflate the price 5 to 50 times."""


_LABEL = Text("二次型方向距离函数（线性规划）", "Quadratic directional distance function (LP)")
_MEASURE = Text(
    "方向距离 D，沿均值单位下的 (0, 1, −1)，不随所设方向而变",
    "directional distance D along (0, 1, -1) in units of group means, whatever direction is named",
)
_WARNING = Text(
    "二次型只作为文献做法的复现：组内碳强度（CO2/产出）的 P99/P1 超过约 20 时，它丢失边际减排成本回归系数的 83–100 %，"
    "其水平随异常值漂移。",
    "The quadratic is a replication of the literature: once carbon intensity (CO2/output) within a group spreads "
    "beyond a P99/P1 of about 20 it loses 83-100 % of the coefficient of a regression of the marginal abatement cost, "
    "and its level follows outliers.",
)


@dataclass(frozen=True, slots=True)
class QuadraticModel:
    """The quadratic directional distance function.

    Parameters
    ----------
    restrictions : Restrictions
    near_range : bool
        Also find the near-optimal fits (objective at most 1 % worse) with the least and the largest mean t:
        they give `mac_low`, `mac_high` of every row and the fact `near_range`. Two more programs.
    screen : bool
        Fit on the rows the conditional screen keeps; the others get the status outlier. Groups with fewer than
        30 rows per coefficient of the screen are not screened.
    trims : bool
        Also fit the rows within the 1st and 99th and within the 5th and 95th percentiles of b / y: facts
        `mac_trim_1`, `mac_trim_5`, `trim_range`. Two more programs.
    bracket : bool
        Also estimate the elasticity by pooled likelihood, within firms and by leave-one-out instruments: facts
        `elasticity_pooled`, `elasticity_within`, `elasticity_iv`, `bracket_range`. Without, no fit is identified.
    degree : 2 or 3
    change : "none", "neutral", "biased" or "years"
        Technical change: a trend with its square; these and the trend times every variable; an intercept per period.
    keep_zero_bad : bool
        Leave rows with b = 0 in the fit, to reproduce what happens then; they have no price either way.

    Notes
    -----
    `inefficiency` is D in units of the means, whatever direction is named; `abatement_room` = D bbar / b, which may
    exceed 1. Statuses: zero where t = 1, infinite where t = 0, negative beyond (only where `good` or `bad` is not
    imposed), no_bad where b = 0 (dropped from the fit), refused where the fit is trivial. With `keep_zero_bad` the
    optimum can be exactly Q = 0, D = b, which a solver calls optimal and this model refuses.

    Faere, Grosskopf, Noh & Weber (2005), Journal of Econometrics 126, 469-492,
    doi:10.1016/j.jeconom.2004.05.010; Aigner & Chu (1968), American Economic Review 58, 826-839.
    """

    restrictions: Restrictions = RESTRICTIONS["monotone"]
    near_range: bool = True
    screen: bool = True
    trims: bool = True
    bracket: bool = True
    degree: Degree = 2
    change: Change = "none"
    keep_zero_bad: bool = False
    name: str = field(default="quadratic", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)
    warning: Text | None = field(default=_WARNING, init=False, repr=False)
    pools: bool = field(default=True, init=False, repr=False)
    several: bool = field(default=False, init=False, repr=False)

    def least(self, technology: Technology) -> int:
        """Two rows per parameter."""
        return 2 * self.form.size(len(technology.inputs) + 1)

    @property
    def form(self) -> Form:
        """Degree and technical change."""
        return Form(self.degree, self.change)

    def check(self, technology: Technology, direction: Direction) -> None:
        """Variable returns; its own direction (0, 1, -1) in means, or the proportional default of the room.

        Raises
        ------
        ConfigError
            For constant returns or "bic", for directions that move the inputs or only the bad, and for a degree or
            a change that does not exist.
        """
        self.form.check()
        if technology.returns != "variable":
            raise ConfigError(
                Text("二次型不支持该规模报酬", "the quadratic does not support these returns to scale"),
                expected=both('returns="variable"'),
                found=both(f'returns="{technology.returns}"'),
                remedy=Text(
                    "二次函数不是齐次的，线性规划也没有似然；规模报酬不变请用 translog_lp 或 translog_ml",
                    "a quadratic is not homogeneous and a linear program has no likelihood; for constant returns use "
                    "translog_lp or translog_ml",
                ),
            )
        if direction not in (Direction.unit(), Direction.proportional()):
            raise ConfigError(
                Text("二次型不支持该方向", "the quadratic does not support this direction"),
                expected=both("Direction.unit()"),
                found=both(repr(direction)),
                remedy=Text(
                    "二次型的平移性质只对均值单位下的 (0, 1, −1) 成立；其他方向请用 envelopment",
                    "its translation property holds along (0, 1, -1) in units of means; for others use envelopment",
                ),
            )

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Fit one group; the facts hold the evidence, the near-optimal range and the certificate of the program."""
        return assemble(data, self.plan(data, technology))

    def plan(self, data: GroupData, technology: Technology) -> Plan:
        """How one group is fitted and judged."""

        def fit(rows: Mask, near: bool, first: Index) -> Fitted:
            return self._fit(data, rows, near, first)

        def rivals(rows: Mask) -> Mapping[str, Fact]:
            rule = self.restrictions
            shape = replace(self.form.shape, inputs=rule.inputs, good=rule.good, bad=rule.bad)
            return bracket(data, rows, False, DIRECTIONAL, shape)

        return Plan(
            fit=fit,
            bracket=rivals if self.bracket else None,
            screen=self.screen,
            near_range=self.near_range,
            trims=self.trims,
            zero_at=1.0,
            in_levels=True,
            keep_zero=self.keep_zero_bad,
        )

    def _fit(self, data: GroupData, rows: Mask, near: bool, first: Index) -> Fitted:
        x, y, b = data.x[rows], data.y[rows], data.b[rows]
        place = coordinates(x, y, b, np.ones(y.size, dtype=np.bool_), self.form.shape, data.time[rows])
        rule, k = self.restrictions, x.shape[1] + 1
        timed = place.z.shape[1] > k
        sides = monotone(k, bad=rule.bad, good=rule.good, inputs=rule.inputs, time=timed)
        problem = written(place, b / place.bad, *sides, rule.null_jointness)
        found = optimise(problem, near, first)
        t = np.array([slope(problem, one.theta, place.map[-1]) for one in found])
        distance = np.maximum(surface(problem, found[0].theta), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            price = (1.0 - t) / t * place.good / place.bad
            room = distance * place.bad / b
        return Fitted(found[0], t, price, distance, room, per_period(place, problem, found[0]))


MODEL = QuadraticModel()
