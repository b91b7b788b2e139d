"""From the two one-sided slopes of a frontier to one price and a status."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.frontier.model import CODE

Array = NDArray[np.float64]

SAME = 1e-9
"""Relative distance of the one-sided prices below which they are one price."""


def prices(
    low: Array, high: Array, solved: NDArray[np.bool_], zero: float, same: float = SAME
) -> tuple[NDArray[np.int8], Array]:
    """Status codes, and MAC where there is one number to give.

    Parameters
    ----------
    low, high : (r,)
        Slopes to the right and to the left of the projection; NaN where there is none.
    solved : (r,) bool
    zero : float
        Size below which a slope is none.
    same : float
        Relative distance below which two slopes are one.

    Returns
    -------
    status : (r,) int8, mac : (r,)
        ok and zero: the price; kink: the geometric mean if low > 0, else high; negative: high; NaN for the others.
    """
    known = np.isfinite(low) & np.isfinite(high)
    a, b = np.where(known, low, 1.0), np.where(known, high, 1.0)
    one = b - a <= same * np.maximum(np.abs(a), np.abs(b)) + zero
    nil = one & (np.abs(b) <= zero)
    mac = np.where(nil, 0.0, np.where(a > 0.0, np.sqrt(np.abs(a * b)), b))
    choices = (
        (~solved, "infeasible"),
        (np.isnan(low) | np.isnan(high), "no_price"),
        (np.isposinf(low) & np.isposinf(high), "infinite"),
        (~known, "edge"),
        (nil, "zero"),
        (b < 0.0, "negative"),
        (one, "ok"),
    )
    codes = np.select([rows for rows, _ in choices], [CODE[name] for _, name in choices], CODE["kink"])
    return codes.astype(np.int8), np.where(known & solved, mac, np.nan)
