"""The translog hyperbolic distance function: its coordinates, elasticity and shadow price.

u = left + P(z) >= 0; z holds the logs of the inputs and s = -(ln y + ln b), which does not move when y is multiplied
and b divided by the same factor (Cuesta, Lovell & Zofio 2009, Ecological Economics 68, 2232-2242,
doi:10.1016/j.ecolecon.2009.02.001). Under constant returns the inputs enter relative to the first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.distance import Coordinates, Shape, placed, slopes

__all__ = ["coordinates", "elasticity", "shadow_price", "slopes"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

_PLAIN = Shape()


def coordinates(
    x: Array,
    y: Array,
    b: Array,
    fit: Mask,
    constant_returns: bool,
    shape: Shape = _PLAIN,
    time: Index | None = None,
) -> Coordinates:
    """Logs of x (n, m), y (n,), b (n,), all positive, less their means over the rows of the fit.

    Variable returns: z = (ln x, -(ln y + ln b)), left = -ln y. Constant returns: z = (ln x_i - ln x_1 for i > 1,
    -(ln y + ln b - 2 ln x_1)), left = -(ln y - ln x_1). The slopes are du / d ln x_i and t = du / d ln b.
    """
    ln_x, ln_y = np.log(x), np.log(y)
    s = -(ln_y + np.log(b))
    m = x.shape[1]
    turn = np.zeros((m + 1, m + (not constant_returns)))
    constant = np.zeros(m + 1)
    turn[m, -1] = -1.0
    if constant_returns:
        first = ln_x[:, 0]
        z, left = np.column_stack([ln_x[:, 1:] - first[:, None], s + 2.0 * first]), first - ln_y
        turn[0, :-1], turn[0, -1], constant[0] = -1.0, 2.0, 1.0
        turn[1:m, : m - 1] = np.eye(m - 1)
    else:
        z, left = np.column_stack([ln_x, s]), -ln_y
        turn[:m, :m] = np.eye(m)
    return placed(z, left, (turn, constant), shape, time, fit)


def elasticity(t: Array) -> Array:
    """eps = t / (1 - t) = d ln y / d ln b along the frontier; NaN where t is not inside (0, 1)."""
    inside = (t > 0.0) & (t < 1.0)
    return np.where(inside, t / np.where(inside, 1.0 - t, 1.0), np.nan)


def shadow_price(eps: Array, y: Array, b: Array, u: Array) -> Array:
    """MAC = eps (y / b) exp(2 u), good output forgone per unit of the bad, at the projection (y exp(u), b exp(-u))."""
    return np.asarray(eps * (y / b) * np.exp(2.0 * u), dtype=np.float64)
