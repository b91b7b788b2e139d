"""Regressions with absorbed effects, five regressors, errors clustered by firm, on an unbalanced panel of firms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.effects import fit
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
    shared = 0.5 * r.normal(size=200_000)[firm] + 0.3 * r.normal(size=(500, 9))[industry, year]
    x = r.normal(size=(n, 5)) + shared[:, None]
    y = x @ [-0.25, 0.1, 0.2, -0.3, 0.05] + shared + r.normal(size=n)
    table = pl.DataFrame({"firm": firm, "year": 2008 + year, "ind": industry, "y": y}).hstack(
        [pl.Series(f"x{j}", x[:, j]) for j in range(5)]
    )
    return Panel.from_frame(table, id="firm", time="year")


def regression(effects: str) -> Callable[[], object]:
    table = panel()
    return lambda: fit(f"y ~ x0 + x1 + x2 + x3 + x4 | {effects}", table, cluster="firm")


@benchmark("effects.fit firm + year", size=SIZE)
def firm_and_year() -> Callable[[], object]:
    return regression("firm + year")


@benchmark("effects.fit ind + year", size=SIZE)
def industry_and_year() -> Callable[[], object]:
    return regression("ind + year")


@benchmark("effects.fit ind^year", size=SIZE)
def industry_by_year() -> Callable[[], object]:
    return regression("ind^year")


@benchmark("effects.fit firm + ind^year", size=SIZE)
def firm_and_industry_by_year() -> Callable[[], object]:
    return regression("firm + ind^year")
