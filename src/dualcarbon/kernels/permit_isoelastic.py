"""Emissions and output of firms whose marginal abatement cost is a power of their emissions.

MAC(b') = MAC (b' / b)^(-1 / e): at the price q of CO2 a firm sees, b(q) = b (q / MAC)^(-e), and with r = b(q) / b

    y(q) - y = MAC b (r^(1 - 1/e) - 1) / (1 - 1/e),    MAC b ln r where e = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.permit_price import HIGH, INTERIOR, LOW, Outcome

Array = NDArray[np.float64]
_BLOCK = 512
_LARGEST_LOG = 690.0


@dataclass(frozen=True, slots=True)
class Isoelastic:
    """Firms, arrays (n,); `elasticity` positive; `floor` and `ceiling` multiples of `co2`, the ceiling finite."""

    co2: Array
    output: Array
    mac: Array
    elasticity: Array
    floor: Array
    ceiling: Array


def position(firms: Isoelastic, price: float, beta: Array) -> tuple[float, float]:
    """Sum of b - beta y at a price, and its derivative in the price; `beta` (n,) or (0,)."""
    return _position(price, beta, firms.co2, firms.output, firms.mac, firms.elasticity, firms.floor, firms.ceiling)


def outcome(firms: Isoelastic, price: float, beta: Array) -> Outcome:
    """What every firm does at a price."""
    return Outcome(*_outcome(price, beta, firms.co2, firms.mac, firms.elasticity, firms.floor, firms.ceiling))


def mandated(firms: Isoelastic, co2: Array) -> Outcome:
    """The same at given emissions, all of them above zero."""
    ratio = co2 / firms.co2
    change = firms.mac * firms.co2 * _gains(ratio, firms.elasticity)
    return Outcome(co2, change, firms.mac * ratio ** (-1.0 / firms.elasticity), np.zeros(co2.size, dtype=np.int8))


def interior_price(firms: Isoelastic, beta: Array, available: float) -> float:
    """P = (sum b MAC^e / available)^(1 / e) where e is one number, output earns no permits and no bound binds.

    NaN elsewhere, and where the price exceeds 1e299.
    """
    e = float(firms.elasticity[0])
    if beta.size or np.any(firms.elasticity != e) or not available > 0.0:
        return math.nan
    weights = np.log(firms.co2) + e * np.log(firms.mac)
    most = float(weights.max())
    log = (most + math.log(float(np.exp(weights - most).sum()) / available)) / e
    if log > _LARGEST_LOG:
        return math.nan
    price = math.exp(log)
    ratio = np.exp(e * (np.log(firms.mac) - log))
    inside = bool(np.all((ratio >= firms.floor) & (ratio <= firms.ceiling)))
    return price if inside else math.nan


@jit
def _gain(ratio: float, elasticity: float) -> float:
    """(r^(1 - 1/e) - 1) / (1 - 1/e)."""
    power = 1.0 - 1.0 / elasticity
    if ratio <= 0.0:
        return -1.0 / power if power > 0.0 else -math.inf
    log = math.log(ratio)
    return log if abs(power * log) < 1e-300 else math.expm1(power * log) / power


@jit
def _gains(ratio: Array, elasticity: Array) -> Array:
    found = np.empty(ratio.size)
    for i in range(ratio.size):
        found[i] = _gain(ratio[i], elasticity[i])
    return found


@jit
def _ratio(q: float, mac: float, elasticity: float, floor: float, ceiling: float) -> float:
    if q <= 0.0:
        return ceiling
    if math.isinf(q):
        return floor
    return min(max(math.pow(q / mac, -elasticity), floor), ceiling)


@jit
def _seen(price: float, beta: float) -> float:
    """q = P / (1 + P beta)."""
    if math.isinf(price):
        return 1.0 / beta if beta > 0.0 else price
    return price / (1.0 + price * beta)


@jit
def _position(
    price: float,
    beta: Array,
    co2: Array,
    output: Array,
    mac: Array,
    elasticity: Array,
    floor: Array,
    ceiling: Array,
) -> tuple[float, float]:
    total, steep = 0.0, 0.0
    for start in range(0, co2.size, _BLOCK):
        part, part_steep = 0.0, 0.0
        for i in range(start, min(start + _BLOCK, co2.size)):
            rate = beta[i] if beta.size else 0.0
            ratio = _ratio(_seen(price, rate), mac[i], elasticity[i], floor[i], ceiling[i])
            part += ratio * co2[i]
            if rate > 0.0:
                part -= rate * (output[i] + mac[i] * co2[i] * _gain(ratio, elasticity[i]))
            if floor[i] < ratio < ceiling[i]:
                part_steep -= elasticity[i] * ratio * co2[i] / (price * (1.0 + price * rate) ** 2)
        total += part
        steep += part_steep
    return total, steep


@jit
def _outcome(
    price: float, beta: Array, co2: Array, mac: Array, elasticity: Array, floor: Array, ceiling: Array
) -> tuple[Array, Array, Array, NDArray[np.int8]]:
    n = co2.size
    found, change, at = np.empty(n), np.empty(n), np.empty(n)
    state = np.empty(n, dtype=np.int8)
    for i in range(n):
        q = _seen(price, beta[i] if beta.size else 0.0)
        ratio = _ratio(q, mac[i], elasticity[i], floor[i], ceiling[i])
        state[i] = LOW if ratio <= floor[i] else HIGH if ratio >= ceiling[i] else INTERIOR
        found[i] = ratio * co2[i]
        change[i] = mac[i] * co2[i] * _gain(ratio, elasticity[i])
        at[i] = q if state[i] == INTERIOR else mac[i] * ratio ** (-1.0 / elasticity[i]) if ratio > 0.0 else math.inf
    return found, change, at, state
