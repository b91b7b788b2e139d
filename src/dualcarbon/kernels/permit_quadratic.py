"""Emissions and output of firms that face a price of CO2 on a quadratic directional distance function.

With m = dD/dy of a firm today, mu < 0 the slope of m in s = y / scale + b (one per unit of CO2), q the price of CO2 a
firm sees and m(q) = -1 / (1 + q / scale),

    b(q) = b + (m^2 - m(q)^2) / (2 mu),    y(q) - y = scale [(m(q) - m) / mu - (b(q) - b)],

held between a lowest and a highest b; there m^2 - 2 mu (b' - b) gives m. A firm that earns beta permits per unit of
output sees q = P / (1 + P beta).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.permit_price import FLOOR, HIGH, INTERIOR, LOW, Outcome

Array = NDArray[np.float64]
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Quadratic:
    """Firms on quadratic frontiers, arrays (n,).

    `level` = b + m^2 / (2 mu), the emissions at which the marginal abatement cost is infinite; `half` = 1 / (2 mu);
    `slope` = -m today; `low` and `high` bound the emissions.
    """

    co2: Array
    output: Array
    slope: Array
    level: Array
    half: Array
    scale: Array
    low: Array
    high: Array


def quadratic(
    co2: Array, output: Array, mac: Array, mu: Array, scale: Array, floor: Array, ceiling: Array
) -> Quadratic:
    """Firms from today's point; `floor` (n,) or (1,) and `ceiling` are multiples of today's CO2."""
    slope, level, half, low, high = _prepare(co2, mac, mu, scale, floor, ceiling)
    return Quadratic(co2, output, slope, level, half, scale, low, high)


def position(firms: Quadratic, price: float, beta: Array) -> tuple[float, float]:
    """Sum of b - beta y over the firms at a price, and its derivative in the price.

    `beta` (n,), or (0,) where output earns no permits; the price may be infinite.
    """
    if beta.size == 0:
        return _emissions(price, firms.level, firms.half, firms.scale, firms.low, firms.high)
    return _position(
        price, beta, firms.co2, firms.output, firms.slope, firms.level, firms.half, firms.scale, firms.low, firms.high
    )


def outcome(firms: Quadratic, price: float, beta: Array) -> Outcome:
    """Emissions, change of output, marginal abatement cost and state of every firm at a price; it may be infinite."""
    return Outcome(
        *_outcome(price, beta, firms.co2, firms.slope, firms.level, firms.half, firms.scale, firms.low, firms.high)
    )


def mandated(firms: Quadratic, co2: Array) -> Outcome:
    """The same at given emissions; a firm that cannot go so low stops at `level`, where its state is FLOOR."""
    return Outcome(*_mandated(co2, firms.co2, firms.slope, firms.level, firms.half, firms.scale))


def interior_price(firms: Quadratic, beta: Array, available: float) -> float:
    """The price in closed form where all firms have one scale, one beta and no bound binds; NaN elsewhere.

    In t = -m(q), sum(b - beta y) = available is -(1 + k) H t^2 + 2 k H t + c = 0, k = beta scale, H = sum 1 / (2 mu);
    for k = 0 it is t^2 = (sum(b + m^2 / (2 mu)) - available) / H.
    """
    scale, rate = float(firms.scale[0]), float(beta[0]) if beta.size else 0.0
    if _first_other(firms.scale) < firms.scale.size or _first_other(beta) < beta.size:
        return math.nan
    k, h, level = rate * scale, float(firms.half.sum()), float(firms.level.sum())
    c = level - available
    if k > 0.0:
        mixed = 2.0 * float(firms.slope @ firms.half)
        c -= rate * float(firms.output.sum()) + k * (mixed - level + float(firms.co2.sum()))
    square = (k / (1.0 + k)) ** 2 + c / (h * (1.0 + k))
    t = k / (1.0 + k) + math.sqrt(square) if square >= 0.0 else math.nan
    if not 0.0 < t <= 1.0 or not _inside(t, firms.level, firms.half, firms.low, firms.high):
        return math.nan
    q = scale * (1.0 - t) / t
    return q / (1.0 - rate * q) if rate * q < 1.0 else math.nan


@jit
def _first_other(values: Array) -> int:
    """The first place whose value is not that of place 0; the size where there is none."""
    for i in range(1, values.size):
        if values[i] != values[0]:
            return i
    return values.size


@jit
def _inside(t: float, level: Array, half: Array, low: Array, high: Array) -> bool:
    for i in range(level.size):
        b = level[i] - half[i] * t * t
        if b < low[i] or b > high[i]:
            return False
    return True


@jit
def _prepare(
    co2: Array, mac: Array, mu: Array, scale: Array, floor: Array, ceiling: Array
) -> tuple[Array, Array, Array, Array, Array]:
    n = co2.size
    slope, level, half = np.empty(n), np.empty(n), np.empty(n)
    low, high = np.empty(n), np.empty(n)
    for i in range(n):
        slope[i] = scale[i] / (scale[i] + mac[i])
        half[i] = 0.5 / mu[i]
        level[i] = co2[i] + slope[i] * slope[i] * half[i]
        low[i] = co2[i] * floor[i if floor.size > 1 else 0]
        high[i] = co2[i] * ceiling[i if ceiling.size > 1 else 0]
    return slope, level, half, low, high


@jit
def _emissions(price: float, level: Array, half: Array, scale: Array, low: Array, high: Array) -> tuple[float, float]:
    total, steep = 0.0, 0.0
    endless = math.isinf(price)
    for start in range(0, level.size, _BLOCK):
        part, part_steep = 0.0, 0.0
        for i in range(start, min(start + _BLOCK, level.size)):
            rate = 0.0 if endless else 1.0 / (scale[i] + price)
            t = scale[i] * rate
            b = level[i] - half[i] * t * t
            part += min(max(b, low[i]), high[i])
            part_steep += (2.0 * half[i] * t * t * rate) if low[i] < b < high[i] else 0.0
        total += part
        steep += part_steep
    return total, steep


@jit
def _position(
    price: float,
    beta: Array,
    co2: Array,
    output: Array,
    slope: Array,
    level: Array,
    half: Array,
    scale: Array,
    low: Array,
    high: Array,
) -> tuple[float, float]:
    total, steep = 0.0, 0.0
    endless = math.isinf(price)
    for start in range(0, level.size, _BLOCK):
        part, part_steep = 0.0, 0.0
        for i in range(start, min(start + _BLOCK, level.size)):
            if endless:
                t = scale[i] * beta[i] / (scale[i] * beta[i] + 1.0)
            else:
                t = scale[i] / (scale[i] + price / (1.0 + price * beta[i]))
            b = level[i] - half[i] * t * t
            if b <= low[i] or b >= high[i]:
                b = low[i] if b <= low[i] else high[i]
                t = math.sqrt(max((level[i] - b) / half[i], 0.0))
            elif not endless:
                part_steep += 2.0 * half[i] * t * t * t / scale[i] / (1.0 + price * beta[i]) ** 3
            y = output[i] + scale[i] * (2.0 * half[i] * (slope[i] - t) - (b - co2[i]))
            part += b - beta[i] * y
        total += part
        steep += part_steep
    return total, steep


@jit
def _outcome(
    price: float,
    beta: Array,
    co2: Array,
    slope: Array,
    level: Array,
    half: Array,
    scale: Array,
    low: Array,
    high: Array,
) -> tuple[Array, Array, Array, NDArray[np.int8]]:
    n = co2.size
    found, change, mac = np.empty(n), np.empty(n), np.empty(n)
    state = np.empty(n, dtype=np.int8)
    for i in range(n):
        rate = beta[i] if beta.size else 0.0
        if math.isinf(price):
            t = scale[i] * rate / (scale[i] * rate + 1.0)
        else:
            t = scale[i] / (scale[i] + price / (1.0 + price * rate))
        b = level[i] - half[i] * t * t
        state[i] = INTERIOR
        if b <= low[i] or b >= high[i]:
            state[i] = LOW if b <= low[i] else HIGH
            b = low[i] if b <= low[i] else high[i]
            t = math.sqrt(max((level[i] - b) / half[i], 0.0))
        found[i] = b
        change[i] = scale[i] * (2.0 * half[i] * (slope[i] - t) - (b - co2[i]))
        mac[i] = scale[i] * (1.0 - t) / t if t > 0.0 else math.inf
    return found, change, mac, state


@jit
def _mandated(
    wanted: Array, co2: Array, slope: Array, level: Array, half: Array, scale: Array
) -> tuple[Array, Array, Array, NDArray[np.int8]]:
    n = co2.size
    found, change, mac = np.empty(n), np.empty(n), np.empty(n)
    state = np.empty(n, dtype=np.int8)
    for i in range(n):
        below = wanted[i] < level[i]
        state[i] = FLOOR if below else INTERIOR
        b = level[i] if below else wanted[i]
        t = math.sqrt(max((level[i] - b) / half[i], 0.0))
        found[i] = b
        change[i] = scale[i] * (2.0 * half[i] * (slope[i] - t) - (b - co2[i]))
        mac[i] = scale[i] * (1.0 - t) / t if t > 0.0 else math.inf
    return found, change, mac, state
