"""Equal error variances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Covariance, CovarianceRule, Fitted


def iid(fitted: Fitted) -> Covariance:
    """Sum of w e^2 over (N - K), times the bread; t with N - K degrees of freedom."""
    return from_squares(fitted.squares(), fitted.bread, fitted.n, fitted.parameters)


def from_squares(squares: float, bread: NDArray[np.float64], n: int, k: int) -> Covariance:
    """The covariance from the weighted sum of squared residuals, N and K."""
    rule = Text("同方差：Σwe²/(N-K)，K = {k}", "iid: sum of we^2 over (N-K), K = {k}").format(k=k)
    return Covariance(squares / (n - k) * bread, float(n - k), rule)


RULE = CovarianceRule("iid", False, iid)
