"""Prices over years in which permits can be kept, and borrowed or held up to limits.

With P_t = lambda_t (1 + r)^t, emissions e_t(P_t) and the bank B_t = B_(t-1) + cap_t - e_t between -borrow_t and hold_t
(B_T >= 0 in the last year), the discounted price lambda is constant while no limit binds, falls only after a year in
which all that may be borrowed is, and rises only after one in which all that may be held is. The path is found as a
taut string: from the start of a stretch lambda is narrowed year by year until a lower limit asks for more than an upper
one allows; there the string bends. A year in which permits lapse, since more is left at a price of 0 than may be
held, ends a stretch: what lapsed serves no later year.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.permit_price import crossing, edge_price

Array = NDArray[np.float64]
Demand = Callable[[float], tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Arrays (T,): price, emissions, bank at the end of the year, permits that lapse in it; and what is missing."""

    price: Array
    emissions: Array
    bank: Array
    lapsed: Array
    short: Short | None = None


@dataclass(frozen=True, slots=True)
class Short:
    """The first and the last of years that no price can serve, and the permits that are missing in them."""

    first: int
    last: int
    missing: float


@dataclass(frozen=True, slots=True)
class _Years:
    demands: Sequence[Demand]
    caps: Array
    growth: Array
    lower: Array
    upper: Array

    def discounted(self, first: int, last: int, use: float) -> float:
        """The lambda at which years first ... last emit `use`; 0 if they emit less for free, inf if they cannot."""

        def demand(rate: float) -> tuple[float, float]:
            total, steep = 0.0, 0.0
            for t in range(first, last + 1):
                value, slope = self.demands[t](rate * self.growth[t])
                total, steep = total + value, steep + slope * self.growth[t]
            return total, steep

        usual, least = demand(0.0)[0], demand(math.inf)[0]
        close = 1e-13 * abs(usual)
        if usual <= use + close:
            return 0.0
        if least >= use - close:
            tight = least > use + close
            return math.inf if tight else edge_price(lambda rate: demand(rate)[0], least, abs(usual))
        return crossing(demand, use, 1.0, 1.0, abs(use)).price

    def short(self, first: int, last: int, before: float) -> Short:
        """What is missing in years first ... last after a bank of `before`."""
        least = sum(self.demands[t](math.inf)[0] for t in range(first, last + 1))
        given = before + float(self.caps[first : last + 1].sum()) - float(self.lower[last])
        return Short(first, last, least - given)


def banked_path(
    demands: Sequence[Demand], caps: Array, rate: float, borrow: Array, hold: Array, opening: float = 0.0
) -> Path:
    """The equilibrium path of prices.

    Parameters
    ----------
    demands : T functions, price to emissions and their derivative, falling
    caps : (T,)
    rate : interest per year
    borrow, hold : (T,)
        Largest debt and bank at the end of each year; `hold` may be infinite; no debt is left at the end.
    opening : permits in the bank at the start

    Notes
    -----
    Where even at a price of 0 more is left than may be held, the rest lapses.
    """
    years = len(demands)
    lower = -np.asarray(borrow, dtype=np.float64)
    growth = np.array([(1.0 + rate) ** t for t in range(years)])
    lower[-1] = 0.0
    known = _Years(demands, np.asarray(caps, dtype=np.float64), growth, lower, np.asarray(hold, dtype=np.float64))
    price, emissions, bank, lapsed = (np.zeros(years) for _ in range(4))
    first, before = 0, opening
    while first < years:
        last, discounted = _stretch(known, first, before)
        if math.isinf(discounted):
            return Path(price, emissions, bank, lapsed, known.short(first, last, before))
        for t in range(first, last + 1):
            price[t] = discounted * growth[t]
            emissions[t] = demands[t](price[t])[0]
            left = before + known.caps[t] - emissions[t]
            before = min(left, known.upper[t]) if discounted == 0.0 else left
            bank[t], lapsed[t] = before, left - before
        first = last + 1
    return Path(price, emissions, bank, lapsed)


def _stretch(known: _Years, first: int, before: float) -> tuple[int, float]:
    """The last year of the stretch that begins in `first`, and its discounted price."""
    low, high = 0.0, math.inf
    low_at, high_at = len(known.demands) - 1, first
    permits = before
    for t in range(first, len(known.demands)):
        permits += known.caps[t]
        least = known.discounted(first, t, permits - known.lower[t])
        most = known.discounted(first, t, permits - known.upper[t]) if known.upper[t] < math.inf else math.inf
        if least > high:
            return high_at, high
        if most < low:
            return low_at, low
        if most == 0.0:
            return t, 0.0
        if least >= low and least > 0.0:
            low, low_at = least, t
        if most <= high and most < math.inf:
            high, high_at = most, t
    return low_at, low
