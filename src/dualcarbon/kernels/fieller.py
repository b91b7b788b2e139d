"""The confidence set of a ratio of two estimates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["interval", "complement", "line"]


@dataclass(frozen=True, slots=True)
class RatioSet:
    """All ratios that a two-sided t test does not reject.

    Attributes
    ----------
    kind : str
        ``interval``: from `low` to `high`; ``complement``: everything outside the open interval from `low` to `high`
        (an infinite end leaves one ray); ``line``: every number.
    low, high : float
        -inf and inf for ``line``.
    """

    kind: Kind
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        if self.kind == "complement":
            return value <= self.low or value >= self.high
        return self.low <= value <= self.high


def fieller(numerator: float, denominator: float, covariance: tuple[float, float, float], critical: float) -> RatioSet:
    """The ratios q for which |n - q d| <= c se(n - q d).

    With c the critical value this is the set where A q^2 - 2 B q + C <= 0,

        A = d^2 - c^2 V(d),   B = n d - c^2 Cov(n, d),   C = n^2 - c^2 V(n):

    an interval if the denominator is significant (A > 0), otherwise what lies outside two numbers (B^2 > AC) or the
    whole line. It covers the ratio with the stated probability, which no bounded interval can do where the denominator
    may be zero (Gleser & Hwang 1987, https://doi.org/10.1214/aos/1176350597). Fieller (1954), J. Royal Statistical
    Society B 16, 175-185, https://doi.org/10.1111/j.2517-6161.1954.tb00159.x.

    Parameters
    ----------
    numerator, denominator : float
    covariance : (V(n), Cov(n, d), V(d))
    critical : two-sided critical value of the t test

    Examples
    --------
    >>> fieller(2.0, 4.0, (0.0, 0.0, 0.0), 1.96)
    RatioSet(kind='interval', low=0.5, high=0.5)
    >>> fieller(2.0, 0.1, (0.01, 0.0, 0.01), 1.96).kind
    'complement'
    """
    vn, cov, vd = covariance
    square = critical * critical
    a, b, c = denominator**2 - square * vd, numerator * denominator - square * cov, numerator**2 - square * vn
    if a == 0.0:
        return _ray(b, c)
    gap = b * b - a * c
    if a > 0.0:
        low, high = _roots(a, b, c, max(gap, 0.0))
        return RatioSet("interval", low, high)
    if gap <= 0.0:
        return RatioSet("line", -math.inf, math.inf)
    low, high = _roots(a, b, c, gap)
    return RatioSet("complement", low, high)


def _roots(a: float, b: float, c: float, gap: float) -> tuple[float, float]:
    """The two roots in order, the smaller one without cancellation."""
    far = b + math.copysign(math.sqrt(gap), b)
    if far == 0.0:
        return 0.0, 0.0
    first, second = far / a, c / far
    return min(first, second), max(first, second)


def _ray(b: float, c: float) -> RatioSet:
    """Where -2 B q + C <= 0."""
    if b == 0.0:
        return RatioSet("line", -math.inf, math.inf)
    end = c / (2.0 * b)
    return RatioSet("complement", -math.inf, end) if b > 0.0 else RatioSet("complement", end, math.inf)
