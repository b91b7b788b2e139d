"""The stochastic quadratic frontier of a national survey: likelihood, projection and evidence in every industry."""

from __future__ import annotations

from collections.abc import Callable

import dualcarbon as dc
from dualcarbon.core.results import FrontierResult
from dualcarbon.engines.threads import Threads
from frontier_ml import survey
from registry import benchmark


@benchmark("frontier: quadratic_ml, bracket", size="1,009,114 rows, 39 groups, 2 inputs")
def quadratic_ml() -> Callable[[], FrontierResult]:
    """Screen, likelihood, restrictions, prices, bracket and untreated fit of every industry, in threads."""
    panel = survey()
    technology = dc.Technology(["labour", "capital"], "output_cny", "co2_t", group_by=["industry"])
    return lambda: dc.frontier.fit(panel, technology, dc.Direction.unit(), "quadratic_ml", engine=Threads(2))
