"""Error variances that differ by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Covariance, CovarianceRule, Fitted


def hc1(fitted: Fitted) -> Covariance:
    """N/(N-K) bread (sum of s s') bread over rows with scores s = w x e; t with N - K degrees of freedom.

    MacKinnon & White (1985), https://doi.org/10.1016/0304-4076(85)90158-7.
    """
    from dualcarbon.kernels.moments import cross_products

    meat = cross_products(fitted.scores(), np.ones(fitted.n))
    return from_meat(meat, fitted.bread, fitted.n, fitted.parameters)


def from_meat(meat: NDArray[np.float64], bread: NDArray[np.float64], n: int, k: int) -> Covariance:
    """The covariance from the sum over rows, (k, k), N and K."""
    rule = Text("异方差稳健 HC1：N/(N-K)，K = {k}", "HC1: N/(N-K), K = {k}").format(k=k)
    return Covariance(n / (n - k) * (bread @ meat @ bread), float(n - k), rule)


RULE = CovarianceRule("hc1", False, hc1)
