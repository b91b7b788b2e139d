"""Long-run covariance of sums by period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bartlett_meat(sums: Floats, steps: NDArray[np.int64], lag: int) -> Floats:
    """Sum over pairs of periods of (1 - |s - t| / (lag + 1)) S_s S_t' where |s - t| <= lag, (k, k).

    Parameters
    ----------
    sums : (T, k)
    steps : (T,), increasing
        Place of each period in time; a period that is absent has no sum and adds nothing.
    lag : int >= 0
    """
    meat = sums.T @ sums
    for distance in range(1, lag + 1):
        later = np.minimum(np.searchsorted(steps, steps + distance), len(steps) - 1)
        found = np.flatnonzero(steps[later] - steps == distance)
        part = sums[later[found]].T @ sums[found]
        meat = meat + (1.0 - distance / (lag + 1.0)) * (part + part.T)
    return np.asarray(meat, dtype=np.float64)
