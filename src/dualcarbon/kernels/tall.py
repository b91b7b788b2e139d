"""Products with tall thin matrices, row by row in one thread.

A library's matrix product starts threads of its own for these shapes; where groups already run in threads they fight
for the cores, and take twice the time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]


@jit
def cross(a: Array, b: Array) -> Array:
    """a'b, (p, q), of a (n, p) and b (n, q)."""
    n, p = a.shape
    q = b.shape[1]
    out = np.zeros((p, q))
    for i in range(n):
        for j in range(p):
            value = a[i, j]
            for k in range(q):
                out[j, k] += value * b[i, k]
    return out


@jit
def times(a: Array, m: Array) -> Array:
    """a m, (n, q), of a (n, p) and m (p, q)."""
    n, p = a.shape
    q = m.shape[1]
    out = np.zeros((n, q))
    for i in range(n):
        for j in range(p):
            value = a[i, j]
            for k in range(q):
                out[i, k] += value * m[j, k]
    return out


@jit
def apply(a: Array, v: Array) -> Array:
    """a v, (n,), of a (n, p) and v (p,)."""
    n, p = a.shape
    out = np.zeros(n)
    for i in range(n):
        for j in range(p):
            out[i] += a[i, j] * v[j]
    return out


@jit
def apply_transposed(a: Array, v: Array) -> Array:
    """a'v, (p,), of a (n, p) and v (n,)."""
    n, p = a.shape
    out = np.zeros(p)
    for i in range(n):
        for j in range(p):
            out[j] += a[i, j] * v[i]
    return out
