"""Placebos in units: all draws of the two-way regression at once, and refitting another estimator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.engines.threads import Threads
from dualcarbon.policy.checks.placebo import placebo_in_units
from dualcarbon.policy.design import Design, design
from dualcarbon.policy.evaluation import evaluate
from dualcarbon.policy.registry import estimator
from registry import benchmark


@cache
def cities(units: int, years: int) -> Design:
    r = np.random.default_rng(2016)
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(2018 - years, 2018), units)
    first = r.choice([0, 2014, 2015, 2016], p=[0.6, 0.14, 0.13, 0.13], size=units)
    x = r.normal(size=(units * years, 2))
    effect = -0.1 * ((first[unit] > 0) & (year >= first[unit]))
    y = r.normal(size=units)[unit] + effect + x @ [0.3, -0.2] + 0.3 * r.normal(size=units * years)
    table = pl.DataFrame({"i": unit, "t": year, "g": first[unit], "y": y, "a": x[:, 0], "b": x[:, 1]})
    return design(Panel.from_frame(table, id="i", time="t"), "y", "g", controls=["a", "b"])


def one_after_the_other() -> Callable[[], object]:
    """The same draws as whole regressions in a loop."""
    sample, twfe = cities(290, 14), estimator("twfe")
    r = np.random.default_rng(0)

    def loop() -> list[float]:
        dealt = (r.permutation(sample.unit_first)[sample.unit] for _ in range(500))
        return [evaluate(replace(sample, first=first), twfe).att for first in dealt]

    return loop


@benchmark(
    "policy.placebo in units, twfe",
    size="500 draws, 290 units x 14 years",
    rival_name="a loop of twfe",
    rival=one_after_the_other,
)
def at_once() -> Callable[[], object]:
    sample = cities(290, 14)
    return lambda: placebo_in_units(sample, draws=500)


@benchmark("policy.placebo in units, callaway_santanna", size="500 draws, 290 units x 14 years, refitted", repeats=1)
def refitted() -> Callable[[], object]:
    sample = cities(290, 14)
    return lambda: placebo_in_units(sample, method="callaway_santanna", draws=500, engine=Threads())


@benchmark("policy.placebo in units, many rows", size="20 draws, 110,000 units x 9 years")
def of_many() -> Callable[[], object]:
    sample = cities(110_000, 9)
    return lambda: placebo_in_units(sample, draws=20)
