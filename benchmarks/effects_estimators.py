"""Poisson, two-stage least squares and slopes by firm with absorbed effects, errors clustered by firm."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.effects import Poisson, fit
from registry import benchmark

SIZE = "1,000,000 rows, 200,000 firms, 500 industries, 9 years"


@cache
def panel() -> Panel:
    r = np.random.default_rng(2008)
    firm, year = np.nonzero(r.random((200_000, 9)) < 0.57)
    chosen = np.sort(r.permutation(len(firm))[:1_000_000])
    firm, year = firm[chosen], year[chosen]
    n = len(firm)
    industry = np.where(r.random(n) < 0.03, r.integers(0, 500, n), (firm * 7919) % 500)
    own = r.normal(size=200_000)[firm]
    x, z, u = r.normal(size=(n, 3)), r.normal(size=(n, 2)), r.normal(size=n)
    d = z @ [0.5, 0.3] + 0.5 * own + u + r.normal(size=n)
    y = -0.25 * d + x @ [0.1, 0.2, -0.3] + own + u + r.normal(size=n)
    count = r.poisson(np.exp(0.1 + x @ [0.3, -0.2, 0.1] + 0.5 * own))
    table = {"firm": firm, "year": 2008 + year, "ind": industry, "y": y, "d": d, "count": count}
    columns = {**{f"x{j}": x[:, j] for j in range(3)}, **{f"z{j}": z[:, j] for j in range(2)}}
    return Panel.from_frame(pl.DataFrame({**table, **columns}), id="firm", time="year")


@benchmark("effects.fit Poisson firm + year", size=SIZE)
def poisson_firm_and_year() -> Callable[[], object]:
    table = panel()
    return lambda: fit("count ~ x0 + x1 + x2 | firm + year", table, cluster="firm", family=Poisson())


@benchmark("effects.fit Poisson firm + ind^year", size=SIZE)
def poisson_firm_and_industry_by_year() -> Callable[[], object]:
    table = panel()
    return lambda: fit("count ~ x0 + x1 + x2 | firm + ind^year", table, cluster="firm", family=Poisson())


@benchmark("effects.fit 2SLS firm + year", size=SIZE)
def two_stage() -> Callable[[], object]:
    table = panel()
    return lambda: fit("y ~ x0 + x1 + x2 | firm + year | d ~ z0 + z1", table, cluster="firm")


@benchmark("effects.fit firm[year] + ind^year", size=SIZE)
def slopes_by_firm() -> Callable[[], object]:
    table = panel()
    return lambda: fit("y ~ d + x0 + x1 + x2 | firm[year] + ind^year", table, cluster="firm")
