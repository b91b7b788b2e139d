"""Intervals of the relative price against one linear program per end, on fitted frontiers and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from dualcarbon.kernels.convex_regression import Regression, fit
from dualcarbon.kernels.price_interval import Frontier, price_intervals

Array = NDArray[np.float64]

PRICE = 1e-6
"""Two simplex codes at 1e-9 on points that a fit has placed to 1e-9."""


def by_linprog(frontier: Frontier, i: int) -> tuple[float, float]:
    """Both ends, prices and intercept centred at the point."""
    p = frontier.points
    others = p if frontier.contained is None else np.vstack([p, frontier.contained])
    rows = p[i] - others
    cost = np.zeros(p.shape[1])
    cost[frontier.priced] = 1.0
    bounds = [(None, None) if free else (0.0, None) for free in frontier.free]
    bounds[frontier.numeraire] = (1.0, 1.0)
    equal = {"A_eq": p[i][None], "b_eq": [0.0]} if frontier.through_origin else {}
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * cost, rows, np.full(len(rows), 1e-9), bounds=bounds, **equal)  # type: ignore[arg-type]
        ends.append(sign * found.fun if found.status == 0 else {2: np.inf, 3: -sign * np.inf, 4: np.nan}[found.status])
    return ends[0], ends[1]


def fitted(kind: str, goods: int = 1) -> Frontier:
    draw = np.random.default_rng(3)
    n = 45
    x = np.exp(0.4 * draw.standard_normal((n, 2)))
    y = np.sqrt(x[:, :1] * x[:, 1:]) * np.exp(0.3 * draw.standard_normal((n, goods)))
    b = np.sqrt(x[:, :1] * x[:, 1:]) * np.exp(0.5 * draw.standard_normal((n, 1)))
    v = np.column_stack([x, -y, b])
    shut = np.column_stack([x, np.zeros_like(y), np.zeros_like(b)])
    free = np.zeros(v.shape[1], dtype=np.bool_)
    free[-1] = kind == "weak"
    contained = shut if kind == "weak" else None
    g = np.r_[0.0, 0.0, np.ones(goods + 1)]
    found = fit(Regression(v, g, free=free, contained=contained, through_origin=kind == "cone"))
    points = v - found.f[:, None] * g
    return Frontier(points, 2, v.shape[1] - 1, free, contained, kind == "cone")


@pytest.mark.parametrize(("kind", "goods"), [("signed", 1), ("weak", 1), ("cone", 1), ("signed", 2)])
def test_against_one_program_per_end(kind: str, goods: int) -> None:
    frontier = fitted(kind, goods)
    at = np.arange(0, 45, 3)
    low, high = price_intervals(frontier, at)
    expected = np.array([by_linprog(frontier, int(i)) for i in at])
    np.testing.assert_allclose(low, expected[:, 0], rtol=PRICE, atol=PRICE)
    np.testing.assert_allclose(high, expected[:, 1], rtol=PRICE, atol=PRICE)
    assert (low <= high + PRICE).all() and np.isfinite(low).sum() > 8


def test_by_hand() -> None:
    """(y, b) = (1, 1), (2, 3), (2.5, 5): slopes 1/2 and 1/4; left of the first the bad cannot fall."""
    points = np.array([[-1.0, 1.0], [-2.0, 3.0], [-2.5, 5.0]])
    low, high = price_intervals(Frontier(points, 0, 1, np.zeros(2, dtype=np.bool_)), np.arange(3))
    np.testing.assert_allclose(low, [0.5, 0.25, 0.0], atol=1e-12)
    np.testing.assert_allclose(high, [np.inf, 0.5, 0.25], atol=1e-12)
    free = Frontier(points, 0, 1, np.array([False, True]), np.zeros((1, 2)))
    low, high = price_intervals(free, np.arange(3))
    np.testing.assert_allclose(low, [0.5, 0.25, -np.inf], atol=1e-12)
    np.testing.assert_allclose(high, [1.0, 0.5, 0.25], atol=1e-12)


def test_a_good_without_a_price_is_infinite() -> None:
    """The second point is dominated in the good: only planes with p_y = 0 support it."""
    points = np.array([[-2.0, 1.0], [-1.0, 1.0]])
    low, high = price_intervals(Frontier(points, 0, 1, np.zeros(2, dtype=np.bool_)), np.array([1]))
    assert low[0] == high[0] == np.inf
