"""Drawing clusters, and intervals and p values from draws."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SLACK = 1e-9
"""Relative amount by which a draw may fall short of the true statistic and still count as equal to it."""


def permutation_p(draws: Array, true: float) -> float:
    """(1 + draws at least as large as the true statistic) / (1 + draws), from statistics >= 0.

    A reassignment that gives everyone what he had gives the true statistic but for rounding: it counts. Draws (d,) that
    are NaN are left out; NaN if none is left.

    Examples
    --------
    >>> permutation_p(np.array([0.1, 0.3, 0.3 - 1e-16, np.nan]), 0.3)
    0.75
    """
    known = draws[np.isfinite(draws)]
    if not known.size:
        return math.nan
    return float((1 + np.count_nonzero(known >= true * (1.0 - SLACK))) / (1 + known.size))


def draw_clusters(cluster: Index, size: int, replace: bool, random: np.random.Generator) -> tuple[Index, Index]:
    """Rows of `size` clusters drawn at random, and their new cluster codes 0..size-1.

    Parameters
    ----------
    cluster : (n,)
        Dense codes.
    size : int
        At most the number of clusters without replacement.
    replace : bool
        A cluster drawn twice comes twice, under two codes.
    random : numpy.random.Generator

    Examples
    --------
    >>> rows, codes = draw_clusters(np.array([0, 1, 0]), 2, False, np.random.default_rng(0))
    >>> sorted(rows.tolist()), np.bincount(codes).tolist()
    ([0, 1, 2], [2, 1])
    """
    sizes = np.bincount(cluster)
    chosen = random.choice(sizes.size, size, replace=replace)
    if not replace:
        chosen.sort()
    order = np.argsort(cluster, kind="stable")
    starts = np.cumsum(sizes) - sizes
    counts = sizes[chosen]
    codes = np.repeat(np.arange(size, dtype=np.int64), counts)
    within = np.arange(codes.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[np.repeat(starts[chosen], counts) + within], codes


def percentile_interval(draws: Array, level: float) -> tuple[float, float]:
    """The central `level` of the draws (d,)."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, (tail, 1.0 - tail))
    return float(low), float(high)


def subsampling_interval(
    estimate: float, draws: Array, share: float, bias_rate: float, spread_rate: float, level: float
) -> tuple[float, float]:
    """The interval of a mean or median from statistics of subsamples without replacement.

    The statistic of n observations is off by c n^-k on average, k = bias_rate, so that with s = share

        bias = a (mean of draws - estimate),   a = s^k / (1 - s^k)

    is its bias at n, which is taken out. The deviations of the draws from their mean, times s^r / sqrt(1 - s) with
    r = spread_rate, are those at n (1 - s is the share of the variance that drawing from a finite sample leaves), and
    times sqrt(1 + a^2) those of the corrected estimate, its two parts taken as independent. The interval is
    estimate - bias - quantiles of these deviations at (1 +- level) / 2.

    Parameters
    ----------
    estimate : float
        From all n observations.
    draws : (d,)
        From m of them.
    share : float
        m / n, below 1.
    bias_rate, spread_rate : float
    level : float

    Notes
    -----
    Politis & Romano (1994), Annals of Statistics 22, 2031-2050, doi:10.1214/aos/1176325770; Kneip, Simar & Wilson
    (2015), Econometric Theory 31, 394-422, doi:10.1017/S0266466614000413.

    Examples
    --------
    >>> low, high = subsampling_interval(1.0, np.array([0.7, 1.1]), 0.25, 0.5, 0.5, 1.0)
    >>> round(low + high, 12), round(high - low, 12)
    (2.2, 0.326598632371)
    """
    centre = float(np.mean(draws))
    a = share**bias_rate / (1.0 - share**bias_rate)
    bias, wider = a * (centre - estimate), math.sqrt((1.0 + a * a) / (1.0 - share))
    low, high = percentile_interval((draws - centre) * share**spread_rate * wider, level)
    return estimate - bias - high, estimate - bias - low
