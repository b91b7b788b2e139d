"""Regressions with absorbed effects, five regressors, errors clustered by firm, on an unbalanced panel of firms.

Where pyfixest can be imported it is the rival: the same formula on the same table as a pandas frame, clustered alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

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


def rival(effects: str) -> Callable[[], Callable[[], object]] | None:
    """The same regression in pyfixest, or None where it is not installed."""
    if find_spec("pyfixest") is None:
        return None

    def prepare() -> Callable[[], object]:
        import pandas as pd
        import pyfixest

        table = pd.DataFrame({name: panel().frame[name].to_numpy() for name in panel().frame.columns})
        formula = f"y ~ x0 + x1 + x2 + x3 + x4 | {effects}"
        return lambda: pyfixest.feols(formula, table, vcov={"CRV1": "firm"}, fixef_rm="singleton", copy_data=False)

    return prepare


def register(effects: str) -> None:
    """One benchmark, with its rival."""
    benchmark(f"effects.fit {effects}", size=SIZE, rival_name="pyfixest", rival=rival(effects))(
        lambda: regression(effects)
    )


for each in ("firm + year", "ind + year", "ind^year", "firm + ind^year"):
    register(each)
