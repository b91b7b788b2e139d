"""Ways to spend one budget: who is offered which share of the cost of adoption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.market.adoption import SizeEffects
from dualcarbon.market.adoption_firms import SizedFirms

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_UNIFORM = Text("统一补贴", "Uniform subsidy")
_SMALL = Text("仅补贴小企业", "Small firms only")
_INFRASTRUCTURE = Text("普惠性基础设施", "Inclusive infrastructure")
_TARGETED = Text("定向补贴", "Targeted subsidy")

_ROUNDING = 4.0 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True)
class Offer:
    """What each firm is offered.

    Attributes
    ----------
    code : (n,)
        Group of each firm; -1 for firms without an offer.
    rates : (g,)
        Share of the cost taken over in each group.
    classes : (g,)
        Size class of each group.
    fixed_cny : float
        Spent whatever firms do.
    paid : bool
        Whether the share is also paid to every firm that adopts, those included that would have adopted without it.
    """

    code: Codes
    rates: Floats
    classes: Codes
    fixed_cny: float = 0.0
    paid: bool = True

    @property
    def share(self) -> Floats:
        """Share of the cost taken over for each firm, (n,)."""
        return np.where(self.code >= 0, self.rates[self.code], 0.0)


class Design(Protocol):
    """A way to spend a budget."""

    @property
    def key(self) -> str:
        """Name for machines."""
        ...

    @property
    def label(self) -> Text:
        """Name for people."""
        ...

    def offer(self, firms: SizedFirms, effects: SizeEffects, budget_cny: float, rise: float) -> Offer:
        """Who is offered what, from the central estimates."""
        ...


@dataclass(frozen=True, slots=True)
class Uniform:
    """The same share of the cost for every firm, as high as the budget allows and at most the whole cost."""

    key: str = "uniform"
    label: Text = _UNIFORM

    def offer(self, firms: SizedFirms, effects: SizeEffects, budget_cny: float, rise: float) -> Offer:
        """One share for all classes."""
        return _one_share(firms, effects, firms.code, budget_cny)


@dataclass(frozen=True, slots=True)
class SmallOnly:
    """The same share of the cost for every firm of the smallest class, nothing for the others."""

    key: str = "small_only"
    label: Text = _SMALL

    def offer(self, firms: SizedFirms, effects: SizeEffects, budget_cny: float, rise: float) -> Offer:
        """One share for the smallest class."""
        return _one_share(firms, effects, np.where(firms.code == 0, 0, -1), budget_cny)


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """The budget builds what all firms use; nobody is paid.

    It takes over `most` (1 - exp(-budget / `scale_cny`)) of every firm's cost.

    Attributes
    ----------
    most : float
        Share of the cost of adoption that infrastructure can take over at all.
    scale_cny : float
        Spending that reaches 63 % of `most`.
    """

    most: float
    scale_cny: float
    key: str = "infrastructure"
    label: Text = _INFRASTRUCTURE

    def __post_init__(self) -> None:
        if not (0.0 < self.most <= 1.0 and self.scale_cny > 0.0 and np.isfinite(self.scale_cny)):
            raise ConfigError(
                Text("基础设施的参数不能用", "the parameters of infrastructure cannot be used"),
                expected=Text("0 < most ≤ 1，scale_cny 为有限正数", "0 < most <= 1 and a finite scale_cny above zero"),
                found=both(f"most={self.most!r}, scale_cny={self.scale_cny!r}"),
                remedy=Text("例如 Infrastructure(0.4, 1e10)", "for example Infrastructure(0.4, 1e10)"),
            )

    def offer(self, firms: SizedFirms, effects: SizeEffects, budget_cny: float, rise: float) -> Offer:
        """One share for all classes."""
        rate = -self.most * np.expm1(-budget_cny / self.scale_cny)
        rates = np.full(effects.classes, rate)
        return Offer(firms.code, rates, np.arange(effects.classes), budget_cny, paid=False)


@dataclass(frozen=True, slots=True)
class Targeted:
    """A fixed share of the cost for the firms of most expected tonnes per CNY, in that order, until the money is gone.

    The score of a firm is (tonnes it abates on adopting)(P(a + k s) - P(a)) / (s c P(a + k s)), s the share offered,
    and equals (tonnes)(1 - P(a))(1 - exp(-k s)) / (s c). Firms without expected abatement are never taken. The last
    firm gets the share that what is left pays for. No other choice of firms at that share abates more.

    Attributes
    ----------
    share : float
        Of the cost, above 0 and at most 1.
    """

    share: float = 0.5
    key: str = "targeted"
    label: Text = _TARGETED

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ConfigError(
                Text("定向补贴的比例不能用", "the share of a targeted subsidy cannot be used"),
                expected=Text("大于 0、至多 1", "above 0, at most 1"),
                found=both(repr(self.share)),
                remedy=Text("例如 Targeted(0.5)", "for example Targeted(0.5)"),
            )

    def offer(self, firms: SizedFirms, effects: SizeEffects, budget_cny: float, rise: float) -> Offer:
        """Groups 0 to g - 1 for the firms taken, by class; group g for the last one."""
        from dualcarbon.kernels.logit import probability

        tonnes = -np.expm1(rise * effects.co2)[firms.code] * firms.co2
        shift = effects.slope[firms.code] * self.share
        outlay = self.share * firms.cost * probability(firms.log_odds + shift)
        score = tonnes * probability(-firms.log_odds) * -np.expm1(-shift) / (self.share * firms.cost)
        order = np.argsort(-score, kind="stable")
        order = order[: int(np.count_nonzero(score > 0.0))]
        spent = np.cumsum(outlay[order])
        whole = int(np.searchsorted(spent, budget_cny * (1.0 + _ROUNDING), side="right"))
        code = np.full(firms.n, -1, dtype=np.int64)
        code[order[:whole]] = firms.code[order[:whole]]
        rates, classes = np.full(effects.classes, self.share), np.arange(effects.classes)
        left = budget_cny - (float(outlay[order[:whole]].sum()) if whole else 0.0)
        if whole == order.size or left <= _ROUNDING * budget_cny:
            return Offer(code, rates, classes)
        last = int(order[whole])
        rate = _last_share(firms, effects, last, left, self.share)
        code[last] = effects.classes
        return Offer(code, np.append(rates, rate), np.append(classes, firms.code[last]))


def _one_share(firms: SizedFirms, effects: SizeEffects, code: Codes, budget_cny: float) -> Offer:
    """The share that spends the budget exactly, or 1 where even that leaves some of it."""
    from scipy.optimize import brentq

    from dualcarbon.kernels.adoption import tallies

    cost = np.ascontiguousarray(firms.weights[:, 3:])

    def spending(rate: float) -> float:
        found = tallies(firms.log_odds, cost, code, rate * effects.slope[:, None])
        return rate * float(found.sum()) - budget_cny

    whole = spending(1.0)
    rate = 1.0 if whole <= 0.0 else float(brentq(spending, 0.0, 1.0, xtol=1e-300, rtol=_ROUNDING))
    return Offer(code, np.full(effects.classes, rate), np.arange(effects.classes))


def _last_share(firms: SizedFirms, effects: SizeEffects, firm: int, left: float, most: float) -> float:
    from scipy.optimize import brentq

    a, cost, slope = firms.log_odds[firm], firms.cost[firm], effects.slope[firms.code[firm]]

    def spending(rate: float) -> float:
        return float(rate * cost / (1.0 + np.exp(-(a + slope * rate)))) - left

    return most if spending(most) <= 0.0 else float(brentq(spending, 0.0, most, xtol=1e-300, rtol=_ROUNDING))
