"""Adoption policies: four designs, 500 draws, a million firms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.market.adoption import Numbers, SizeEffects, size_effects
from dualcarbon.market.adoption_designs import Infrastructure
from dualcarbon.market.adoption_policy import adoption_policies
from registry import benchmark

N, DRAWS, BUDGET = 1_000_000, 500, 2e9


@cache
def firms() -> pl.DataFrame:
    """Assets spread over several orders of magnitude; larger firms adopt more."""
    rng = np.random.default_rng(2024)
    size = rng.lognormal(16.0, 1.5, N)
    index = -3.0 + 0.4 * (np.log(size) - 16.0) + rng.normal(0.0, 0.5, N)
    return pl.DataFrame(
        {
            "size": size,
            "co2_t": size * 1e-4 * rng.lognormal(0.0, 1.0, N),
            "output_cny": 2.0 * size,
            "cost_cny": 1e5 + 0.01 * size,
            "adoption": 1.0 / (1.0 + np.exp(-index)),
        }
    )


def effects() -> SizeEffects:
    """Effects and slopes all estimated, so that every draw moves adoption too."""
    return size_effects(
        [float(firms()["size"].median())],  # type: ignore[arg-type]
        Numbers.of([-0.7033, -2.2270], [[0.30, 0.0], [0.0, 0.25]]),
        Numbers.of([2.0, 2.0], [[0.16, 0.16], [0.16, 0.16]]),
        Numbers.of([0.1, 0.2], [[0.01, 0.0], [0.0, 0.01]]),
    )


@benchmark("market: adoption policies", size="1M firms, 4 designs, 500 draws")
def policies() -> Callable[[], object]:
    """Table in, designs with intervals out."""
    table, known = firms(), effects()

    def run() -> object:
        return adoption_policies(table, known, budget_cny=BUDGET, infrastructure=Infrastructure(0.4, 1e10), draws=DRAWS)

    run()
    return run
