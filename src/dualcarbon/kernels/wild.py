"""The wild cluster bootstrap with the null imposed, in the space of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.absorb import partial_out
from dualcarbon.kernels.groups import group_sums
from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.tall import times

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

COLUMNS = 64
CELLS = 8_000_000
"""Columns, and numbers, partialled out at once."""

HELD = 4_000_000
"""Random weights held at once."""

TIE = 1e-9
"""Relative difference below which two squared statistics are the same."""


@dataclass(frozen=True, slots=True)
class Products:
    """Cross products by cluster for the test of one combination R of the coefficients, with a = B R', B the bread.

    Attributes
    ----------
    xe : (G, k), x_g' W e_g
    xx : (G, k), x_g' W x_g a
    own, slope : (G,), a' x_g' W e_g and a' x_g' W x_g a / (R B R')
    scale : R B R'
    across, across_slope : (G, G) or (G, 0)
        Row g, column h: (x a of cluster g)' W M (e of cluster h), and the same with x a / (R B R') in place of e, M
        taking out the effects; void where all effects are nested in the clusters, for it is then `own` on the
        diagonal.
    """

    xe: Floats
    xx: Floats
    own: Floats
    slope: Floats
    scale: float
    across: Floats
    across_slope: Floats


def products(
    x: Floats,
    residuals: Floats,
    weights: Floats,
    bread: Floats,
    combinations: Floats,
    codes: Codes,
    groups: int,
    effects: Sequence[Codes],
) -> list[Products]:
    """The products for each row R of `combinations`, (r, k).

    Parameters
    ----------
    x : (n, k), partialled out
    residuals, weights : (n,)
    bread : (k, k)
    codes : (n,), clusters in [0, groups)
    effects : each (n,)
        All absorbed effects if some are not nested in the clusters, else none.
    """
    xe = group_sums(x, weights * residuals, codes, groups)
    directions = combinations @ bread
    scales = np.einsum("rk,rk->r", directions, combinations)
    across = _across(x, residuals, weights, directions, codes, groups, effects)
    found = []
    for r, (a, scale) in enumerate(zip(directions, scales, strict=True)):
        xx = group_sums(x, weights * (x @ a), codes, groups)
        found.append(Products(xe, xx, xe @ a, xx @ a / scale, float(scale), across[0, r], across[1, r] / scale))
    return found


def _across(
    x: Floats,
    residuals: Floats,
    weights: Floats,
    directions: Floats,
    codes: Codes,
    groups: int,
    effects: Sequence[Codes],
) -> Floats:
    """Products across clusters, (2, r, G, G), or (2, r, G, 0) without effects."""
    tested = len(directions)
    if not effects:
        return np.zeros((2, tested, groups, 0))
    found = np.empty((2, tested, groups, groups))
    along = x @ directions.T
    ones = np.ones(len(x))
    step = max(1, min(COLUMNS, CELLS // len(x)) // tested)
    for start in range(0, groups, step):
        chosen = np.arange(start, min(start + step, groups))
        parts = (along[:, :, None] * (codes[:, None] == chosen)[:, None, :]).reshape(len(x), -1)
        inner = partial_out(parts, effects, weights).values.reshape(len(x), tested, len(chosen))
        for r in range(tested):
            for part, values in enumerate((residuals, along[:, r])):
                sums = group_sums(inner[:, r] * (weights * values)[:, None], ones, codes, groups)
                found[part, r, chosen] = sums.T
    return found


def signs(groups: int, draws: int, seed: int, webb: bool) -> tuple[list[Floats], bool]:
    """Weights of the clusters in blocks of draws, each (b, groups), and whether they are all that can occur.

    Rademacher: -1 or 1; if 2^groups is at most draws + 1, every combination once. Webb: one of +-sqrt(1/2), +-1,
    +-sqrt(3/2). Each block has a stream of its own.
    """
    if not webb and 2**groups <= draws + 1:
        bits = (np.arange(2**groups)[:, None] >> np.arange(groups)) & 1
        return [np.asarray(1.0 - 2.0 * bits, dtype=np.float64)], True
    values: Floats = np.sqrt(np.array([0.5, 1.0, 1.5])) if webb else np.ones(1)
    values = np.asarray(np.concatenate([values, -values]), dtype=np.float64)
    size = max(1, min(draws, HELD // groups))
    sizes = [size] * (draws // size) + ([draws % size] if draws % size else [])
    streams = np.random.default_rng(seed).spawn(len(sizes))
    drawn = (np.take(values, s.integers(0, len(values), (n, groups))) for s, n in zip(streams, sizes, strict=True))
    return [np.asarray(block, dtype=np.float64) for block in drawn], False


def moments(found: Products, bread: Floats, weights: Floats) -> Floats:
    """What the statistics of the draws depend on, (b, 5); weights (b, G).

    With c the distance of the null from the estimate, the draw's numerator is m0 + m1 c and the sum of its squared
    cluster scores m2 + m3 c + m4 c^2.
    """
    if found.across.shape[1]:
        base, slope = times(weights, found.across.T.copy()), times(weights, found.across_slope.T.copy())
    else:
        base, slope = weights * found.own, weights * found.slope
    shift = times(times(weights, found.xe), bread)
    shift_slope = times(times(weights, found.xx), bread) / found.scale
    return _moments(base, slope, weights, found.own, found.slope, found.xx, shift, shift_slope)


@jit
def _moments(
    base: Floats,
    slope: Floats,
    weights: Floats,
    own: Floats,
    own_slope: Floats,
    xx: Floats,
    shift: Floats,
    shift_slope: Floats,
) -> Floats:
    draws, groups = weights.shape
    found = np.zeros((draws, 5))
    for b in range(draws):
        for g in range(groups):
            found[b, 0] += weights[b, g] * own[g]
            found[b, 1] += weights[b, g] * own_slope[g]
            u, v = base[b, g], slope[b, g]
            for c in range(xx.shape[1]):
                u -= xx[g, c] * shift[b, c]
                v -= xx[g, c] * shift_slope[b, c]
            found[b, 2] += u * u
            found[b, 3] += 2.0 * u * v
            found[b, 4] += v * v
    return found


def extreme(found: Floats, spread: float, distances: Floats) -> NDArray[np.int64]:
    """Number of draws, (d,), whose |t| is not below that of the estimate when the null lies at each distance.

    Parameters
    ----------
    found : (b, 5), from `moments`
    spread : sum of squared cluster scores of the estimate
    distances : (d,), estimate less null
    """
    c = distances[:, None]
    numerator = (found[:, 0] + found[:, 1] * c) ** 2 * spread
    bound = c**2 * (found[:, 2] + found[:, 3] * c + found[:, 4] * c**2)
    return np.asarray(np.count_nonzero(numerator >= bound * (1.0 - TIE), axis=1), dtype=np.int64)
