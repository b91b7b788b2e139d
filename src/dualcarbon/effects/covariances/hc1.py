"""Error variances that differ by row."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Covariance, CovarianceRule, Fitted


def hc1(fitted: Fitted) -> Covariance:
    """N/(N-K) bread (sum of s s') bread over rows with scores s = w x e; t with N - K degrees of freedom.

    MacKinnon & White (1985), https://doi.org/10.1016/0304-4076(85)90158-7.
    """
    import numpy as np

    from dualcarbon.kernels.moments import cross_products

    freedom = fitted.n - fitted.parameters
    meat = cross_products(fitted.scores(), np.ones(fitted.n))
    rule = Text("异方差稳健 HC1：N/(N-K)，K = {k}", "HC1: N/(N-K), K = {k}").format(k=fitted.parameters)
    return Covariance(fitted.n / freedom * (fitted.bread @ meat @ fitted.bread), float(freedom), rule)


RULE = CovarianceRule("hc1", False, hc1)
