"""Emissions and output of firms whose marginal abatement cost is a step function, as on a piecewise linear frontier.

Below today's emissions a firm's marginal abatement cost is `upper`, above them `lower` <= upper: it goes to its lowest
emissions where the price of CO2 it sees exceeds `upper`, to its highest where the price is below `lower`, and stays
where it is in between. A firm that earns beta permits per unit of output moves at P = c / (1 - beta c), c its cost.
At the clearing price the firms whose step it is move by one common share of the step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.permit_price import HIGH, INTERIOR, LOW, TODAY, Outcome

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """Firms, arrays (n,); `floor` and `ceiling` are multiples of `co2`, the ceiling finite, 1 where `lower` is 0."""

    co2: Array
    output: Array
    lower: Array
    upper: Array
    floor: Array
    ceiling: Array


@dataclass(frozen=True, slots=True)
class Rationed:
    """A price, and the share of their step which the firms at that price take downwards."""

    price: float
    share: float


def seen(price: float, beta: Array) -> Array | float:
    """The price of CO2 a firm sees, P / (1 + P beta)."""
    if beta.size == 0:
        return price
    if math.isinf(price):
        with np.errstate(divide="ignore"):
            return 1.0 / beta
    return price / (1.0 + price * beta)


def clearing_price(firms: Steps, beta: Array, available: float) -> Rationed:
    """The lowest price at which sum(b - beta y) is what is available; infinite where no price does it.

    Sorts the 2 n steps by the price at which they are taken, O(n log n).
    """
    at, drop = _steps(firms, beta)
    excess = position(firms, 0.0, beta) - available
    if excess <= 0.0:
        return Rationed(0.0, 0.0)
    order = np.argsort(at, kind="stable")
    at, drop = at[order], drop[order]
    after = np.cumsum(drop)
    reached = int(np.searchsorted(after, excess * (1.0 - 1e-15)))
    if reached >= at.size or math.isinf(at[reached]):
        return Rationed(math.inf, 1.0)
    price = float(at[reached])
    first, last = np.searchsorted(at, price, "left"), np.searchsorted(at, price, "right")
    step = float(drop[first:last].sum())
    before = float(after[first - 1]) if first else 0.0
    return Rationed(price, min(max((excess - before) / step, 0.0), 1.0) if step > 0.0 else 1.0)


def position(firms: Steps, price: float, beta: Array, share: float = 0.0) -> float:
    """Sum of b - beta y at a price."""
    done = outcome(firms, price, beta, share)
    total = float(done.co2.sum())
    return total - float(beta @ (firms.output + done.output_change)) if beta.size else total


def outcome(firms: Steps, price: float, beta: Array, share: float = 0.0) -> Outcome:
    """What every firm does at a price; firms at a step take the share of it."""
    lower, upper = _prices(firms.lower, beta), _prices(firms.upper, beta)
    up = np.where(lower > price, 1.0, np.where(lower == price, 1.0 - share, 0.0)) * (firms.ceiling - 1.0)
    down = np.where(upper < price, 1.0, np.where(upper == price, share, 0.0)) * (1.0 - firms.floor)
    change = firms.co2 * (firms.lower * up - firms.upper * down)
    state = np.full(up.size, INTERIOR, dtype=np.int8)
    state[(up == 0.0) & (down == 0.0)] = TODAY
    state[(up == firms.ceiling - 1.0) & (down == 0.0) & (lower >= price)] = HIGH
    state[(down == 1.0 - firms.floor) & (up == 0.0) & (upper <= price)] = LOW
    ratio = np.where(state == LOW, firms.floor, np.where(state == HIGH, firms.ceiling, 1.0 + up - down))
    mac = np.where(ratio < 1.0, firms.upper, np.where(ratio > 1.0, firms.lower, np.nan))
    still = np.isnan(mac)
    mac[still] = np.clip(np.broadcast_to(seen(price, beta), ratio.shape)[still], firms.lower[still], firms.upper[still])
    return Outcome(ratio * firms.co2, change, mac, state)


def mandated(firms: Steps, co2: Array) -> Outcome:
    """The same at given emissions."""
    ahead = co2 - firms.co2
    mac = np.where(ahead < 0.0, firms.upper, np.where(ahead > 0.0, firms.lower, 0.5 * (firms.lower + firms.upper)))
    return Outcome(co2, np.where(ahead < 0.0, firms.upper, firms.lower) * ahead, mac, np.zeros(co2.size, dtype=np.int8))


def _prices(cost: Array, beta: Array) -> Array:
    """The price of permits at which a firm sees its cost, infinite where it never does."""
    if beta.size == 0:
        return cost
    left = 1.0 - beta * cost
    with np.errstate(divide="ignore"):
        return np.where(left > 0.0, cost / np.where(left > 0.0, left, 1.0), np.inf)


def _steps(firms: Steps, beta: Array) -> tuple[Array, Array]:
    """Price at which every step is taken, and by how much it lowers sum(b - beta y)."""
    rate = beta if beta.size else np.zeros(1)
    width = np.concatenate([(firms.ceiling - 1.0) * firms.co2, (1.0 - firms.floor) * firms.co2])
    at = np.concatenate([_prices(firms.lower, beta), _prices(firms.upper, beta)])
    net = np.concatenate([1.0 - rate * firms.lower, 1.0 - rate * firms.upper])
    wanted = width > 0.0
    return at[wanted], np.maximum(width * net, 0.0)[wanted]
