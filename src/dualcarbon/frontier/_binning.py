"""Many rows as few numbers: honeycomb cells, classes of equal size, merged steps, bins. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def honeycomb(x: Array, y: Array, across: int, up: int) -> tuple[Array, Array, Index, tuple[float, float]]:
    """Counts of points in hexagonal cells, each point in the cell whose centre is nearest (in units of the cell).

    Parameters
    ----------
    x, y : (n,)
    across, up : cells in a row, rows of cells, over the ranges of x and y

    Returns
    -------
    x, y : (c,)
        Centres of the cells that hold a point.
    count : (c,)
    size : distance of two neighbours in a row, distance of two rows
    """
    wide, tall = (float(np.ptp(v)) / k or 0.1 for v, k in ((x, across), (y, up)))
    i, j = (x - x.min()) / wide, (y - y.min()) / (2.0 * tall)
    even, odd = (np.rint(i), np.rint(j)), (np.floor(i) + 0.5, np.floor(j) + 0.5)
    gap = [(i - a) ** 2 + 3.0 * (j - b) ** 2 for a, b in (even, odd)]
    first = gap[0] <= gap[1]
    a, b = np.where(first, even[0], odd[0]), np.where(first, even[1], odd[1])
    cells, count = np.unique(np.column_stack([np.rint(2 * a), np.rint(2 * b)]), axis=0, return_counts=True)
    centres = (x.min() + wide * cells[:, 0] / 2.0, y.min() + tall * cells[:, 1])
    return *centres, count.astype(np.int64), (wide, tall)


def class_medians(x: Array, y: Array, classes: int) -> tuple[Array, Array]:
    """Medians of x and of y in classes of equally many rows, ordered by x; each (classes,)."""
    order = np.argsort(x, kind="stable")
    parts = np.array_split(order, classes)
    return np.array([np.median(x[p]) for p in parts]), np.array([np.median(y[p]) for p in parts])


def merged_steps(height: Array, width: Array, most: int) -> tuple[Array, Array, Index]:
    """Steps sorted by height, merged where there are more than `most` into stretches of about equal width.

    A merged step is as wide as its parts together and as high as their mean weighted by width, so that width and
    area of the whole stay as they are.

    Parameters
    ----------
    height, width : (n,), width > 0

    Returns
    -------
    height, width : (s,), s <= most
    rows : (s,)
        Parts merged in each.

    Examples
    --------
    >>> h, w, k = merged_steps(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 2)
    >>> h.tolist(), w.tolist(), k.tolist()
    ([1.0, 2.3333333333333335], [1.0, 3.0], [1, 2])
    """
    order = np.argsort(height, kind="stable")
    height, width = height[order], width[order]
    if height.size <= most:
        return height, width, np.ones(height.size, dtype=np.int64)
    middle = np.cumsum(width) - width / 2.0
    place = np.minimum((most * (middle / width.sum())).astype(np.int64), most - 1)
    total, cost = (np.bincount(place, part, most).astype(np.float64) for part in (width, width * height))
    rows = np.bincount(place, minlength=most).astype(np.int64)
    held = rows > 0
    return np.maximum.accumulate(cost[held] / total[held]), total[held], rows[held]
