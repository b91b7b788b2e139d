"""Sums of scores that are to be a covariance: made positive semidefinite, and refused where nothing is left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.text import Text

Floats = NDArray[np.float64]

ROUNDING = 1e-10
"""Negative eigenvalue, relative to the largest, that is nothing but rounding."""

NOTHING = 1e-18
"""Variance, relative to the bread times the sum of w e^2, that is nothing but rounding."""


def semidefinite(vcov: Floats, bread: Floats) -> tuple[Floats, bool]:
    """The covariance, (k, k), with negative eigenvalues set to zero, and whether there were any beyond rounding.

    The eigenvalues are those of L^-1 V L^-T, with the bread L L': so no unit of a regressor, no shift and no other
    choice of basis changes what is left.
    """
    scale = np.sqrt(np.diag(bread))
    root = scale[:, None] * np.linalg.cholesky(bread / np.outer(scale, scale))
    inner = np.linalg.solve(root, np.linalg.solve(root, (vcov + vcov.T) / 2.0).T)
    values, vectors = np.linalg.eigh((inner + inner.T) / 2.0)
    if values[0] >= 0.0:
        return vcov, False
    turned = root @ vectors
    return np.asarray((turned * np.maximum(values, 0.0)) @ turned.T), bool(values[0] < -ROUNDING * abs(values[-1]))


def require_variance(vcov: Floats, bread: Floats, squares: float, rule: Text) -> None:
    """Raise a `NotIdentifiedError` where the sums of the scores cancel, so that a coefficient has no variance.

    Parameters
    ----------
    vcov, bread : (k, k)
    squares : float
        Sum of w e^2.
    rule : Text
        What sums the scores.
    """
    gone = np.diag(vcov) <= NOTHING * squares * np.diag(bread)
    if not gone.any() or squares == 0.0:
        return
    raise NotIdentifiedError(
        Text("得分之和相互抵消，没有正的方差", "the sums of the scores cancel: no positive variance"),
        expected=Text("每个系数有正的方差", "a positive variance of every coefficient"),
        found=Text("{g} 个系数（共 {k} 个）没有方差：{r}", "{g} of {k} coefficients without: {r}").format(
            g=int(gone.sum()), k=len(gone), r=rule
        ),
        remedy=Text(
            '换更多、与解释变量不重合的聚类（或较小的距离），或用 vcov="hc1"',
            'use more clusters that do not coincide with a regressor (or a smaller cutoff), or vcov="hc1"',
        ),
    )
