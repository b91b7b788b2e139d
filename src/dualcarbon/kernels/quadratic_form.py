"""The quadratic Q(z) = a0 + a'z + 1/2 z'Az with A symmetric: features; and the whitening of any features.

The parameters of Q in k variables stand in one vector theta of length p = 1 + k + k (k + 1) / 2, in the order
a0, a_1 ... a_k, then A_ij for i <= j row by row. Q is linear in theta: Q(z) = features(z) theta.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.polynomial import terms

Array = NDArray[np.float64]

_RIDGE = 1e-12


def features(z: Array) -> Array:
    """Rows f(z) with Q(z) = f(z) theta: 1, z_i, then z_i z_j for i <= j with one half on the squares.

    Parameters
    ----------
    z : (n, k)

    Returns
    -------
    (n, p)

    Examples
    --------
    >>> features(np.array([[2.0, 3.0]])).tolist()
    [[1.0, 2.0, 3.0, 2.0, 6.0, 4.5]]
    """
    n, k = z.shape
    f = np.empty((n, terms(k, 2)))
    f[:, 0] = 1.0
    f[:, 1 : k + 1] = z
    column = k + 1
    for i in range(k):
        for j in range(i, k):
            np.multiply(z[:, i], z[:, j], out=f[:, column])
            if i == j:
                f[:, column] *= 0.5
            column += 1
    return f


def independence(matrix: Array) -> float:
    """Smallest eigenvalue of second moments scaled to a unit diagonal; 0 where a feature is zero at every row.

    Near zero (1e-11 and less in double precision) the rows do not determine theta.
    """
    diagonal = np.diag(matrix)
    if not np.all(diagonal > 0.0):
        return 0.0
    scale = 1.0 / np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(matrix * np.outer(scale, scale))[0])


def whitener(matrix: Array) -> Array:
    """Upper triangular M, (p, p), with M' G M = I up to a ridge of 1e-12 on the correlation scale.

    In phi, theta = M phi, the features have unit second moments and no correlation, which is what makes a
    linear program or a likelihood in a quadratic well conditioned.

    Parameters
    ----------
    matrix : (p, p)
        Second moments of the features, with a positive diagonal.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not positive semidefinite or a feature is zero at every row.
    """
    diagonal = np.diag(matrix)
    if not np.all(diagonal > 0.0):
        raise np.linalg.LinAlgError("a feature is zero at every row")
    scale = 1.0 / np.sqrt(diagonal)
    correlation = matrix * np.outer(scale, scale) + _RIDGE * np.eye(scale.size)
    lower = np.linalg.cholesky(correlation)
    return np.triu(scale[:, None] * np.linalg.inv(lower).T)
