"""Translog hyperbolic distance function by linear programming.

D_H = inf{phi : (x, y / phi, b phi) in T}, u = -ln D_H = -ln y + Q(ln x, s) with s = -(ln y + ln b) and Q an
unrestricted quadratic. Minimise mean u subject to u >= 0, -1 <= Q_s <= 0, Q_x >= 0 at every row. With t = -Q_s the
elasticity of the good in the bad along the frontier is t / (1 - t) and the shadow price, at the projection
(y exp(u), b exp(-u)), is p t / (1 - t) (y / b) exp(2 u). Q may be cubic and move with time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._bracket import bracket
from dualcarbon.frontier.models._form import Degree, Form, per_period, written
from dualcarbon.frontier.models._linear import Fact, Fitted, Index, Plan, assemble, optimise
from dualcarbon.frontier.models._rows import Mask
from dualcarbon.kernels.distance import Change
from dualcarbon.kernels.row_scan import slope, surface
from dualcarbon.kernels.translog import coordinates

_LABEL = Text("超越对数双曲距离函数（线性规划）", "Translog hyperbolic distance function (LP)")
_MEASURE = Text(
    "双曲无效率 u：产出乘以 exp(u)、排放除以 exp(u) 即到前沿",
    "hyperbolic inefficiency u: the good times exp(u) and the bad over exp(u) lie on the frontier",
)


@dataclass(frozen=True, slots=True)
class TranslogLinearModel:
    """The deterministic translog hyperbolic distance function.

    Parameters
    ----------
    near_range, screen, trims, bracket, degree, change
        As in `QuadraticModel`.

    Notes
    -----
    `inefficiency` is u, `abatement_room` = 1 - exp(-u). Constant returns: Q in ln x_i - ln x_1 and s + 2 ln x_1, with
    ln y - ln x_1 on the left; the slope in ln x_1, 1 - sum_i Q_i + 2 Q_s, is restricted as well. Statuses: zero where
    t = 0, infinite where t = 1, no_bad where b = 0 (dropped from the fit), refused where the fit is trivial. A
    deterministic frontier envelops the noise: u and with it the price at the projection rise with noise and with n.

    Cuesta, Lovell & Zofio (2009), Ecological Economics 68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001; Aigner &
    Chu (1968), American Economic Review 58, 826-839.
    """

    near_range: bool = True
    screen: bool = True
    trims: bool = True
    bracket: bool = True
    degree: Degree = 2
    change: Change = "none"
    name: str = field(default="translog_lp", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)
    warning: Text | None = field(default=None, init=False, repr=False)
    pools: bool = field(default=True, init=False, repr=False)
    several: bool = field(default=False, init=False, repr=False)

    def least(self, technology: Technology) -> int:
        """Two rows per parameter."""
        return 2 * self.form.size(len(technology.inputs) + (technology.returns != "constant"))

    @property
    def form(self) -> Form:
        """Degree and technical change."""
        return Form(self.degree, self.change)

    def check(self, technology: Technology, direction: Direction) -> None:
        """Constant or variable returns, and the proportional direction, of which the hyperbola is the exact form.

        Raises
        ------
        ConfigError
            For returns "bic", for any other direction, and for a degree or a change that does not exist.
        """
        self.form.check()
        if technology.returns == "bic":
            raise ConfigError(
                Text(
                    "线性规划没有似然，不能按 BIC 选规模报酬", "a linear program has no likelihood to choose returns by"
                ),
                expected=both('returns="constant" | "variable"'),
                found=both('returns="bic"'),
                remedy=Text("指明规模报酬，或改用 translog_ml", "name the returns to scale, or use translog_ml"),
            )
        if direction != Direction.proportional():
            raise ConfigError(
                Text("双曲距离函数不支持该方向", "the hyperbolic distance function does not support this direction"),
                expected=both("Direction.proportional()"),
                found=both(repr(direction)),
                remedy=Text("其他方向请用 envelopment", "for other directions use envelopment"),
            )

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Fit one group; the facts hold the evidence, the near-optimal range and the certificate of the program."""
        return assemble(data, self.plan(data, technology))

    def plan(self, data: GroupData, technology: Technology) -> Plan:
        """How one group is fitted and judged."""

        constant = technology.returns == "constant"

        def fit(rows: Mask, near: bool, first: Index) -> Fitted:
            return self._fit(data, rows, near, first, constant)

        def rivals(rows: Mask) -> Mapping[str, Fact]:
            return bracket(data, rows, constant, shape=self.form.shape)

        return Plan(
            fit=fit,
            bracket=rivals if self.bracket else None,
            screen=self.screen,
            near_range=self.near_range,
            trims=self.trims,
            zero_at=0.0,
            in_levels=False,
        )

    def _fit(self, data: GroupData, rows: Mask, near: bool, first: Index, constant_returns: bool) -> Fitted:
        x, y, b = data.x[rows], data.y[rows], data.b[rows]
        everyone = np.ones(y.size, dtype=np.bool_)
        place = coordinates(x, y, b, everyone, constant_returns, self.form.shape, data.time[rows])
        directions = np.vstack([place.map[-1:], -place.map[-1:], place.map[:-1]])
        sides = np.concatenate([[0.0, -1.0], -place.constant[:-1]])
        problem = written(place, place.left, directions, sides)
        found = optimise(problem, near, first)
        t = np.array([slope(problem, one.theta, problem.directions[0]) for one in found])
        u = np.array([np.maximum(surface(problem, one.theta), 0.0) for one in found])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            price = t / (1.0 - t) * (y / b) * np.exp(2.0 * u)
        return Fitted(found[0], t, price, u[0], 1.0 - np.exp(-u[0]), per_period(place, problem, found[0]))


MODEL = TranslogLinearModel()
