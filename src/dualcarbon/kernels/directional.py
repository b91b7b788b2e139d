"""The quadratic (or cubic) directional distance function: its coordinates and shadow price.

With x, y and b divided by their means over the rows of the fit, direction (0, 1, -1) and translation imposed,
D = b + P(x, s) with s = y + b (Faere, Grosskopf, Noh & Weber 2005, J. Econometrics 126, 469-492,
doi:10.1016/j.jeconom.2004.05.010). s does not move along the direction. t = -P_s is minus the slope of D in y and
1 - t its slope in b.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.distance import Coordinates, Shape, placed

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

_PLAIN = Shape()


def coordinates(
    x: Array, y: Array, b: Array, fit: Mask, shape: Shape = _PLAIN, time: Index | None = None
) -> Coordinates:
    """x (n, m), y (n,), b (n,) over their means in the fit, centred: z = (x, y + b), left = b.

    The slopes are dD / dx_i and t = -dD / dy, all in units of the means.
    """
    good, bad = float(y[fit].mean()), float(b[fit].mean())
    m = x.shape[1]
    z = np.column_stack([x / x[fit].mean(axis=0), y / good + b / bad])
    turn = np.eye(m + 1)
    turn[m, m] = -1.0
    data = placed(z, b / bad, (turn, np.zeros(m + 1)), shape, time, fit)
    return replace(data, good=good, bad=bad, own=b / bad)


def relative_price(t: Array) -> Array:
    """(1 - t) / t, good forgone per unit of the bad, both in units of their means; NaN where t is not in (0, 1)."""
    inside = (t > 0.0) & (t < 1.0)
    return np.where(inside, (1.0 - t) / np.where(inside, t, 1.0), np.nan)
