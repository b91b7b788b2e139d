"""How unequally gains and losses are spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def gini(values: NDArray[np.float64]) -> float:
    """The Gini coefficient of values that may be negative, between 0 and 1.

    G = sum_ij |v_i - v_j| / (2 (n - 1) sum_i |v_i|): the mean difference over the largest one that the same total of
    gains and the same total of losses allow, all gains at one unit and all losses at another. Without negative values
    it is the usual coefficient times n / (n - 1). NaN for fewer than two values or if all are 0; missing values do not
    count.

    Raffinetti, Siletti & Vernizzi (2015), Statistical Methods & Applications 24, 507-521,
    doi:10.1007/s10260-014-0293-4.

    Examples
    --------
    >>> gini(np.array([0.0, 0.0, 5.0])), round(gini(np.array([1.0, 2.0, 3.0])), 6), gini(np.array([-1.0, 0.0, 4.0]))
    (1.0, 0.333333, 1.0)
    """
    known = np.sort(values[np.isfinite(values)])
    n, total = known.size, float(np.abs(known).sum())
    if n < 2 or total == 0.0:
        return float("nan")
    ranks = 2.0 * np.arange(1, n + 1) - n - 1.0
    share = float(ranks @ known) / ((n - 1) * total)
    return min(max(share, 0.0), 1.0)
