"""The price at which a falling demand for permits meets the permits that are there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INTERIOR, LOW, HIGH, TODAY, FLOOR = 0, 1, 2, 3, 4
"""States of a firm: free, at its lowest or highest emissions, at today's, below what its frontier can reach."""

_ROUNDS = 200
_HALVINGS = 500
_CLOSE = 1e-14
_SAME = 4e-16
_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What firms do at a price, arrays (n,): CO2, change of output, marginal abatement cost, state."""

    co2: NDArray[np.float64]
    output_change: NDArray[np.float64]
    mac: NDArray[np.float64]
    state: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A price, how many times the demand was evaluated, what demand exceeds the permits by, and whether it is small."""

    price: float
    evaluations: int
    excess: float
    converged: bool


def crossing(
    demand: Callable[[float], tuple[float, float]],
    available: float,
    start: float,
    scale: float,
    size: float,
) -> Crossing:
    """The lowest price at which a falling demand is what is available, by safeguarded Newton.

    Parameters
    ----------
    demand : price to demand and its derivative (not positive); it is above `available` at price 0
    available : float
    start : first price tried
    scale : float
        Newton steps are taken in 1 / (scale + price), in which a quadratic response is nearly straight; a step that
        leaves the bracket is replaced by the (geometric) middle of it.
    size : float
        The demand is met to 1e-14 of `size`, or to the last bit of the price.

    Notes
    -----
    Where demand is flat at `available` every price of the flat part clears; its left end is found by halving.

    Examples
    --------
    >>> round(crossing(lambda p: (10.0 / (1.0 + p), -10.0 / (1.0 + p) ** 2), 4.0, 1.0, 1.0, 10.0).price, 12)
    1.5
    """
    low, high, price = 0.0, math.inf, max(start, 0.0)
    excess = math.inf
    for count in range(1, _ROUNDS + 1):
        value, steep = demand(price)
        excess = value - available
        if abs(excess) <= _CLOSE * size:
            if steep < 0.0:
                return Crossing(price, count, excess, True)
            left = lowest_price(lambda p: demand(p)[0], available + _CLOSE * size, (low, price))
            return Crossing(left, count, excess, True)
        low, high = (price, high) if excess > 0.0 else (low, price)
        following = _newton(price, excess, steep, scale)
        if not low < following < high:
            following = _middle(low, high, scale)
        if abs(following - price) <= _SAME * price or following in (low, high) or following > _LARGEST:
            return Crossing(price, count, excess, abs(excess) <= 1e-10 * size or high - low <= 1e-12 * high)
        price = following
    return Crossing(price, _ROUNDS, excess, abs(excess) <= 1e-10 * size)


def lowest_price(demand: Callable[[float], float], most: float, between: tuple[float, float]) -> float:
    """The lowest price at which a falling demand is at most `most`, by halving, a hair (1e-14) above it.

    `between`: a price at which demand is above `most`, and one at which it is not.
    """
    low, high = between
    for _ in range(_HALVINGS):
        middle = _middle(low, high, 0.0) if high > 2.0 * low else 0.5 * (low + high)
        if high - low <= _CLOSE * high or middle in (low, high):
            break
        low, high = (low, middle) if demand(middle) <= most else (middle, high)
    return high


def edge_price(demand: Callable[[float], float], least: float, size: float) -> float:
    """The lowest price at which a falling demand is the least there is; infinite where it only tends to that.

    It tends to it where demand at half the price is still the least to 1e-12 of `size`.
    """
    high = 1.0
    while demand(high) > least:
        high *= 16.0
        if high > _LARGEST:
            return math.inf
    found = lowest_price(demand, least, (0.0, high))
    return found if demand(0.5 * found) - least > 1e-12 * size else math.inf


def _newton(price: float, excess: float, steep: float, scale: float) -> float:
    if not steep < 0.0:
        return math.nan
    step = excess / (steep * (scale + price)) if scale + price > 0.0 else math.nan
    return (price - scale * step) / (1.0 + step) if step > -1.0 else math.nan


def _middle(low: float, high: float, scale: float) -> float:
    if math.isinf(high):
        return 8.0 * low if low > 0.0 else max(scale, 1.0)
    return math.sqrt(low) * math.sqrt(high) if low > 0.0 else 0.125 * high
