"""Shares of variance that each input of a function accounts for, from two samples and their crossings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FLAT = 1e-24
"""Variance, relative to the squared mean, up to which an output does not vary: what rounding leaves."""


@dataclass(frozen=True, slots=True)
class VarianceShares:
    """First-order and total shares of k inputs in m outputs, with their standard errors; NaN where nothing varies.

    Attributes
    ----------
    mean, variance : (m,)
        Over both samples together.
    first, first_se, total, total_se : (k, m)
    """

    mean: Floats
    variance: Floats
    first: Floats
    first_se: Floats
    total: Floats
    total_se: Floats


def variance_shares(a: Floats, b: Floats, crossed: Floats) -> VarianceShares:
    """First-order shares after Saltelli et al. (2010), total shares after Jansen (1999).

        S_i  = mean[ b (crossed_i - a) ] / V,   values less their mean
        ST_i = mean[ (a - crossed_i)^2 ] / (2 V)

    V the variance (divisor 2n) of both samples together. Standard errors by the delta method: with u the summand of
    the numerator and v that of V, se = sd(u - S v) / (V sqrt(n)).

    Parameters
    ----------
    a, b : (n, m)
        Outputs at two independent samples of all inputs.
    crossed : (k, n, m)
        Outputs at the first sample with input i taken from the second.

    References
    ----------
    Saltelli et al. (2010), Table 2 (b) and (f), https://doi.org/10.1016/j.cpc.2009.09.018; Jansen (1999),
    https://doi.org/10.1016/S0010-4655(98)00154-4.

    Examples
    --------
    >>> grid = np.array([(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)])
    >>> a, b = np.repeat(grid, 4, axis=0), np.tile(grid, (4, 1))
    >>> def f(x): return (2.0 * x[:, 0] + x[:, 1])[:, None]
    >>> mixed = np.stack([f(np.column_stack([b[:, 0], a[:, 1]])), f(np.column_stack([a[:, 0], b[:, 1]]))])
    >>> found = variance_shares(f(a), f(b), mixed)
    >>> found.first.ravel().tolist(), found.total.ravel().tolist()
    ([0.8, 0.2], [0.8, 0.2])
    """
    n = len(a)
    mean = 0.5 * (a.mean(axis=0) + b.mean(axis=0))
    centred_a, centred_b = a - mean, b - mean
    spread = 0.5 * (centred_a**2 + centred_b**2)
    variance = spread.mean(axis=0)
    shares = np.empty((4, *crossed.shape[::2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        for i, outputs in enumerate(crossed):
            step = outputs - a
            for row, summand in ((0, centred_b * step), (2, 0.5 * step**2)):
                share = summand.mean(axis=0) / variance
                shares[row, i] = share
                shares[row + 1, i] = np.sqrt(((summand - share * spread) ** 2).mean(axis=0) / n) / variance
    shares[:, :, variance <= FLAT * mean**2] = np.nan
    return VarianceShares(mean, variance, *shares)
