"""The default frontier of a national survey: 1,009,114 firm-years, 39 industries of unequal size, two inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

import dualcarbon as dc
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.engines.threads import Threads
from registry import benchmark
from truth.designs import NOISY, YEARS, by_product

ROWS, INDUSTRIES = 1_009_114, 39


def survey(rows: int = ROWS, industries: int = INDUSTRIES) -> Panel:
    """Noise of 10 %, contamination, sizes of industries log-normal."""
    share = np.random.default_rng(7).lognormal(0.0, 0.8, industries)
    sizes = np.maximum(rows * share / share.sum() / YEARS, 30.0).astype(np.int64) * YEARS
    sizes[np.argmax(sizes)] += rows - sizes.sum()
    frames = []
    for i, n in enumerate(sizes):
        case = by_product(replace(NOISY, inputs=2, sigma_u=0.3), int(n), i)
        frames.append(
            pl.DataFrame(
                {
                    "firm": case.data.unit + 1_000_000 * i,
                    "year": case.data.time,
                    "industry": np.full(case.d.size, i),
                    "labour": case.data.x[:, 0],
                    "capital": case.data.x[:, 1],
                    "output_cny": case.data.y,
                    "co2_t": case.data.b,
                }
            )
        )
    return Panel.from_frame(pl.concat(frames), id="firm", time="year")


@benchmark("frontier: translog_ml, returns by BIC, bracket", size="1,009,114 rows, 39 groups, 2 inputs")
def translog_ml() -> Callable[[], FrontierResult]:
    """Screen, likelihood, cone, prices with intervals, bracket and untreated fit of every industry, in threads."""
    panel = survey()
    technology = dc.Technology(["labour", "capital"], "output_cny", "co2_t", returns="bic", group_by=["industry"])
    return lambda: dc.frontier.fit(panel, technology, dc.Direction.proportional(), engine=Threads(2))
