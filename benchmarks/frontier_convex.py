"""Convex regression at the sizes the models admit, and beside the full program with all n (n - 1) rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualcarbon.frontier.models._convex import LARGEST, LARGEST_QUANTILE
from dualcarbon.kernels import convex_regression
from dualcarbon.kernels.convex_regression import Regression, fit
from dualcarbon.kernels.price_interval import Frontier, price_intervals
from registry import benchmark

FULL = 300


def regression(n: int, tau: float, power: int) -> Regression:
    """Firms of like size with inefficiency and some noise, weakly disposable CO2, g = (1, -1) in means."""
    draw = np.random.default_rng(0)
    x = np.exp(0.3 * draw.standard_normal((n, 2)))
    core, relative = np.sqrt(x[:, 0] * x[:, 1]), np.exp(0.35 * draw.standard_normal(n))
    u = 0.15 * np.abs(draw.standard_normal(n))
    y = core * (0.2 * relative**-0.4 + 0.8) ** -2.5 * np.exp(0.02 * draw.standard_normal(n) - u)
    b = core * relative * np.exp(u)
    v = np.column_stack([x / x.mean(axis=0), -y / y.mean(), b / b.mean()])
    shut = v * [1.0, 1.0, 0.0, 0.0]
    free = np.array([False, False, False, True])
    return Regression(v, np.array([0.0, 0.0, 1.0, 1.0]), tau, 1.0 - tau, power, free, shut)


def all_rows(problem: Regression) -> NDArray[np.int64]:
    """Every plane at every point."""
    n = problem.v.shape[0]
    points = n + (0 if problem.contained is None else n)
    pairs = np.argwhere(np.ones((n, points), dtype=bool))
    return pairs[pairs[:, 0] != pairs[:, 1]]


def full(power: int) -> Callable[[], object]:
    """The same solver on the full program."""
    problem = regression(FULL, 0.9 if power == 1 else 0.5, power)
    program, pairs = convex_regression._Program(problem), all_rows(problem)
    return lambda: convex_regression._interior(program, pairs, 0.0, 1e-9)


def with_all_rows() -> Callable[[], object]:
    """Least squares with every row."""
    return full(2)


@benchmark(
    "convex least squares by row generation",
    size=f"{FULL} rows, m = 2",
    rival_name="full program, same solver",
    rival=with_all_rows,
)
def generated() -> Callable[[], object]:
    """The size at which the full program is still bearable."""
    problem = regression(FULL, 0.5, 2)
    return lambda: fit(problem)


@benchmark("convex least squares, largest size, 1 thread", size=f"{LARGEST:,} rows, m = 2", repeats=1)
def least_squares() -> Callable[[], object]:
    """About a minute."""
    problem = regression(LARGEST, 0.5, 2)
    return lambda: fit(problem)


@benchmark("convex expectile, largest size, 1 thread", size=f"{LARGEST:,} rows, m = 2", repeats=1)
def expectile() -> Callable[[], object]:
    """About a minute."""
    problem = regression(LARGEST, 0.9, 2)
    return lambda: fit(problem)


@benchmark("convex quantile, largest size, 1 thread", size=f"{LARGEST_QUANTILE:,} rows, m = 2", repeats=1)
def quantile() -> Callable[[], object]:
    """About a minute."""
    problem = regression(LARGEST_QUANTILE, 0.9, 1)
    return lambda: fit(problem)


@benchmark("price intervals on a convex frontier", size="300 rows, m = 2")
def intervals() -> Callable[[], object]:
    """Two linear programs per row."""
    problem = regression(300, 0.5, 2)
    assert problem.free is not None
    frontier = Frontier(problem.v - fit(problem).f[:, None] * problem.g, 2, 3, problem.free, problem.contained)
    return lambda: price_intervals(frontier, np.arange(300))
