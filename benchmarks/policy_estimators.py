"""Every registered policy estimator on 110,000 units over 9 years; one that refuses is timed to its refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.errors import DualcarbonError
from dualcarbon.core.panel import Panel
from dualcarbon.policy import did
from dualcarbon.policy import registry as estimators
from dualcarbon.policy.bacon import bacon
from registry import benchmark

UNITS, FIRST_YEAR, YEARS = 110_000, 2010, 9
SIZE = "990,000 rows, 110,000 units, 9 years, 4 cohorts and never-treated"


@cache
def panel() -> Panel:
    r = np.random.default_rng(2010)
    unit, year = np.repeat(np.arange(UNITS), YEARS), np.tile(FIRST_YEAR + np.arange(YEARS), UNITS)
    first = r.choice([0, 2013, 2014, 2015, 2016], UNITS)[unit]
    x = r.normal(size=UNITS)[unit] + 0.3 * r.normal(size=len(unit))
    y = r.normal(size=UNITS)[unit] + 0.1 * (year - FIRST_YEAR) + 0.5 * ((first > 0) & (year >= first)) + 0.2 * x
    table = {"unit": unit, "year": year, "first": first, "x": x, "y": y + r.normal(size=len(unit))}
    return Panel.from_frame(pl.DataFrame(table), id="unit", time="year")


def answer(name: str, controls: tuple[str, ...]) -> object:
    """The estimate, or the reason why there is none."""
    try:
        return did(panel(), "y", "first", method=name, controls=controls).att
    except DualcarbonError as error:
        return error.say("en")


def register(name: str, controls: tuple[str, ...]) -> None:
    @benchmark(f"policy.did {name}{' with a control' if controls else ''}", size=SIZE)
    def estimator() -> Callable[[], object]:
        panel()
        return lambda: answer(name, controls)


for _name in estimators.names():
    if _name != "matched":
        register(_name, ())
    if estimators.estimator(_name).takes_controls:
        register(_name, ("x",))


@benchmark("policy.bacon", size=SIZE)
def decomposition() -> Callable[[], object]:
    table = panel()
    return lambda: bacon(table, "y", "first").coefficient
