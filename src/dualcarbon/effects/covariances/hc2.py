"""Error variances that differ by row, residuals inflated by their leverage."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Covariance, CovarianceRule, Fitted
from dualcarbon.effects.leverage import inflated_sandwich


def hc2(fitted: Fitted) -> Covariance:
    """Bread (sum of s s' / (1 - h)) bread over rows with scores s = w x e; t with N - K degrees of freedom.

    h, the leverage of a row, counts the absorbed effects, exactly; see `dualcarbon.kernels.leverage`.

    MacKinnon & White (1985), https://doi.org/10.1016/0304-4076(85)90158-7.
    """
    freedom = fitted.n - fitted.parameters
    rule = Text(
        "异方差稳健 HC2：残差平方除以 1-h，h 为含效应的杠杆值，无其他修正",
        "HC2: squared residuals over 1-h, h the leverage with the effects; no other correction",
    )
    return Covariance(inflated_sandwich(fitted, 1, "hc2"), float(freedom), rule)


RULE = CovarianceRule("hc2", False, hc2)
