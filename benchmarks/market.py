"""A million firms of 39 industries with binding floors: one clearing, and price draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.market import LogErrors, bank, clear, compare, price_interval
from registry import benchmark

N, K = 1_000_000, 39
SIZE = "1M firms, 39 industries, floors bind"


@cache
def firms() -> pl.DataFrame:
    """Firms whose m spreads from -0.2 to -0.95 and whose scale differs by industry."""
    r = np.random.default_rng(2060)
    industry, co2, m = r.integers(0, K, N), r.lognormal(0.0, 1.0, N), -r.uniform(0.2, 0.95, N)
    scale, mu = np.exp(r.normal(0.0, 1.0, K))[industry], (-0.05 * np.exp(r.normal(0.0, 0.5, K)))[industry]
    mac = -scale * (1.0 + m) / m
    return pl.DataFrame(
        {"industry": industry, "co2": co2, "output": 3.0 * scale * co2, "mac": mac, "mu": mu, "scale": scale}
    )


def cap() -> float:
    """Four fifths of today's emissions."""
    return 0.8 * float(firms()["co2"].sum())


@benchmark("market: cap and trade", size=SIZE)
def trade() -> Callable[[], object]:
    """Table in, table out."""
    table, limit = firms(), cap()
    clear(table, cap=limit)
    return lambda: clear(table, cap=limit)


@benchmark("market: performance standard, 39 benchmarks scaled to a cap", size=SIZE, repeats=1)
def standard() -> Callable[[], object]:
    """The factor of the benchmarks is found as well."""
    table, limit = firms(), cap()
    return lambda: clear(table, cap=limit, scheme="performance_standard", benchmark_by="industry")


@benchmark("market: steps", size=SIZE)
def steps() -> Callable[[], object]:
    """Sorted steps."""
    table, limit = firms(), cap()
    return lambda: clear(table, cap=limit, response="step")


@benchmark("market: 100 price draws", size=SIZE, repeats=1)
def draws() -> Callable[[], object]:
    """Errors common to an industry and of the firm."""
    table, limit = firms(), cap()
    return lambda: price_interval(table, LogErrors(0.2, 0.1, by="industry"), cap=limit, number=100)


@benchmark("market: five years with banking", size=SIZE, repeats=1)
def banking() -> Callable[[], object]:
    """Caps that fall by 2 % a year."""
    table, limit = firms(), cap()
    return lambda: bank(table, [limit * 0.98**year for year in range(5)], rate=0.05)


@benchmark("market: five policies by industry", size=SIZE, repeats=1)
def policies() -> Callable[[], object]:
    """With winners, losers and Gini."""
    table, limit = firms(), cap()
    return lambda: compare(table, cap=limit, by=("industry",), benchmark_by="industry")
