"""Two-way, event-study and two-stage estimators on a panel the size of the tax survey."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.policy import did
from registry import benchmark

SIZE = "110,000 units x 9 years, 4 cohorts"


@cache
def panel() -> Panel:
    r = np.random.default_rng(2014)
    units, years = 110_000, 9
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(2008, 2008 + years), units)
    first = r.choice([0, 2010, 2012, 2013, 2015], units, p=[0.5, 0.1, 0.15, 0.15, 0.1])[unit]
    treated = (first > 0) & (year >= first)
    y = r.normal(size=units)[unit] + 0.1 * (year - 2008) + 0.2 * treated + 0.5 * r.normal(size=len(unit))
    columns = {"unit": unit, "year": year, "first": first, "y": y, "size": r.normal(size=len(unit))}
    return Panel.from_frame(pl.DataFrame(columns), id="unit", time="year")


def run(method: str, controls: tuple[str, ...] = ()) -> Callable[[], object]:
    """The call that is timed."""
    table = panel()
    return lambda: did(table, "y", "first", method=method, controls=controls)


@benchmark("policy.did twfe", size=SIZE)
def twfe() -> Callable[[], object]:
    return run("twfe")


@benchmark("policy.did event_study", size=SIZE)
def event_study() -> Callable[[], object]:
    return run("event_study")


@benchmark("policy.did two_stage", size=SIZE)
def two_stage() -> Callable[[], object]:
    return run("two_stage")


@benchmark("policy.did two_stage with a control", size=SIZE)
def two_stage_with_control() -> Callable[[], object]:
    return run("two_stage", ("size",))
