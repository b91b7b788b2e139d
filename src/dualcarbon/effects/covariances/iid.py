"""Equal error variances."""

from __future__ import annotations

import numpy as np

from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Covariance, CovarianceRule, Fitted


def iid(fitted: Fitted) -> Covariance:
    """Sum of w e^2 over (N - K), times the bread; t with N - K degrees of freedom."""
    freedom = fitted.n - fitted.parameters
    variance = float(np.sum(fitted.weights * fitted.residuals**2)) / freedom
    rule = Text("同方差：Σwe²/(N-K)，K = {k}", "iid: sum of we^2 over (N-K), K = {k}").format(k=fitted.parameters)
    return Covariance(variance * fitted.bread, float(freedom), rule)


RULE = CovarianceRule("iid", False, iid)
