"""The meat of clustered covariances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.groups import group_sums
from dualcarbon.kernels.moments import cross_products


def cluster_meat(
    scores: NDArray[np.float64],
    codes: NDArray[np.int64],
    groups: int,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Sum of s_g s_g' over clusters, (k, k); s_g sums the scores, (n, k), of cluster g; codes (n,) in [0, groups).

    With `weights`, (n,), the scores are first multiplied by them.
    """
    sums = group_sums(scores, np.ones(len(scores)) if weights is None else weights, codes, groups)
    return cross_products(sums, np.ones(groups))
