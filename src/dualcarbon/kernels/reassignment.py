"""Values handed to other owners at random, many draws at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@jit
def shuffled(members: Codes, bounds: Codes, uniform: Floats) -> Codes:
    """Permutations that keep every item inside its stratum, (u, m): entry (i, c) is the item that i gets in draw c.

    Fisher & Yates (1938) from given numbers, so that the draws do not depend on who computes them.

    Parameters
    ----------
    members : (u,)
        Items in the order of their stratum.
    bounds : (s + 1,)
        Where each stratum starts in `members`.
    uniform : (m, u), each in [0, 1)
    """
    draws, items = uniform.shape
    out = np.empty((items, draws), np.int64)
    given = np.empty(items, np.int64)
    for c in range(draws):
        given[:] = members
        for s in range(bounds.shape[0] - 1):
            first = bounds[s]
            for i in range(bounds[s + 1] - 1, first, -1):
                j = first + int(uniform[c, i] * (i - first + 1))
                given[i], given[j] = given[j], given[i]
        for i in range(items):
            out[members[i], c] = given[i]
    return out


@jit
def handed_out(values: Floats, start: Codes, item: Codes, offset: Codes, order: Codes) -> Floats:
    """Values of the rows, (n, m), when item i holds the values of item order[i, c] in draw c.

    Parameters
    ----------
    values : (v,), the values of all items, one item after the other
    start : (u,), where the values of each item start
    item, offset : (n,), the item of a row and which of its values is the row's
    order : (u, m)
    """
    out = np.empty((item.shape[0], order.shape[1]))
    for r in range(item.shape[0]):
        for c in range(order.shape[1]):
            out[r, c] = values[start[order[item[r], c]] + offset[r]]
    return out
