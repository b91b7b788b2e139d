"""Error variances that differ by row, as the jackknife sees them."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Covariance, CovarianceRule, Fitted
from dualcarbon.effects.leverage import inflated_sandwich


def hc3(fitted: Fitted) -> Covariance:
    """Bread (sum of s s' / (1 - h)^2) bread over rows with scores s = w x e; t with N - K degrees of freedom.

    h, the leverage of a row, counts the absorbed effects, exactly; see `dualcarbon.kernels.leverage`.

    MacKinnon & White (1985), https://doi.org/10.1016/0304-4076(85)90158-7.
    """
    freedom = fitted.n - fitted.parameters
    rule = Text(
        "异方差稳健 HC3：残差平方除以 (1-h)²，h 为含效应的杠杆值，无其他修正",
        "HC3: squared residuals over (1-h)^2, h the leverage with the effects; no other correction",
    )
    return Covariance(inflated_sandwich(fitted, 2, "hc3"), float(freedom), rule)


RULE = CovarianceRule("hc3", False, hc3)
