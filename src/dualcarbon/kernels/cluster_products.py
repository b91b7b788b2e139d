"""Cross products by cluster, whose weighted sums are the cross products of any resample of clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_BATCH = 64
_RANK = 1e-10


@jit
def cluster_products(values: Array, weights: Array, codes: Index, groups: int) -> Array:
    """Sums of w v_i v_j within clusters, i <= j, (groups, m (m + 1) / 2), of values (n, m) and codes (n,)."""
    m = values.shape[1]
    out = np.zeros((groups, m * (m + 1) // 2))
    for r in range(values.shape[0]):
        row, held, at = values[r], out[codes[r]], 0
        for i in range(m):
            weighted = weights[r] * row[i]
            for j in range(i, m):
                held[at] += weighted * row[j]
                at += 1
    return out


def drawn_counts(groups: int, seeds: Sequence[np.random.SeedSequence]) -> Array:
    """How often each cluster comes in each draw of `groups` clusters with replacement, (draws, groups)."""
    return np.array(
        [np.bincount(np.random.default_rng(s).integers(0, groups, groups), minlength=groups) for s in seeds],
        dtype=np.float64,
    )


def resampled_products(products: Array, seeds: Sequence[np.random.SeedSequence]) -> Array:
    """Cross products of each draw, (draws, m, m), from those by cluster (groups, m (m + 1) / 2); one seed per draw."""
    m = int((np.sqrt(8.0 * products.shape[1] + 1.0) - 1.0) / 2.0)
    upper = np.triu_indices(m)
    out = np.empty((len(seeds), m, m))
    for start in range(0, len(seeds), _BATCH):
        packed = drawn_counts(len(products), seeds[start : start + _BATCH]) @ products
        out[start : start + _BATCH, upper[0], upper[1]] = packed
        out[start : start + _BATCH, upper[1], upper[0]] = packed
    return out


def batched_coefficients(products: Array, y: int, x: Sequence[int]) -> Array:
    """Least squares of variable y on the variables x, (draws, len(x)), from cross products (draws, m, m).

    Where variables are collinear the shortest solution is taken; a coefficient that they leave undetermined is NaN.
    """
    gram = products[:, x][:, :, x]
    scale = np.sqrt(np.maximum(np.einsum("dii->di", gram), np.finfo(np.float64).tiny))
    unit = gram / scale[:, :, None] / scale[:, None, :]
    inverse = np.linalg.pinv(unit, rcond=_RANK, hermitian=True)
    coef = np.einsum("dij,dj->di", inverse, products[:, x, y] / scale) / scale
    determined = np.einsum("dij,dji->di", inverse, unit) > 1.0 - 1e-6
    return np.asarray(np.where(determined, coef, np.nan), dtype=np.float64)
