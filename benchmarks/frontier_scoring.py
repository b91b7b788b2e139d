"""Envelopment of a national survey: every firm against its industry-year, and all firms against one frontier."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

import dualcarbon as dc
from dualcarbon.accounting import account
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.engines.threads import Threads
from dualcarbon.kernels import envelopment, envelopment_lp
from dualcarbon.kernels.envelopment_lp import Data, Form, Scores
from dualcarbon.panel.survey import simulate_survey
from registry import benchmark

GROUPS = "1,009,114 rows, 351 industry-years, 2 inputs, with intervals, 2 threads"
ALL = "1,009,114 rows, one frontier, 2 inputs, with intervals, 1 thread"
SAMPLED = 20
LOOP = f"one warm HiGHS loop, every {SAMPLED}th firm of 39 industry-years: x {SAMPLED} x 9 for all"
PEER = 132


@cache
def survey() -> Panel:
    """The simulated survey with its CO2; rows without CO2 are left to the model."""
    return account(simulate_survey().panel, boundary="coal_oil_power", factors="cn_2015")


@cache
def arrays() -> Data:
    x, k, y, b = survey().arrays("employees_person", "fixed_assets_cny", "output_cny", "co2_t")
    return np.column_stack([x, k]), np.ascontiguousarray(y), np.ascontiguousarray(b)


@cache
def cells() -> list[NDArray[np.int64]]:
    """Rows with CO2 of every industry-year."""
    codes = survey().codes("industry2", "year")
    rows = np.flatnonzero(arrays()[2] > 0.0)
    order = rows[np.argsort(codes[rows], kind="stable")]
    return np.split(order, np.cumsum(np.bincount(codes[rows]))[:-1])


def taken(rows: NDArray[np.int64]) -> Data:
    x, y, b = arrays()
    return x[rows], y[rows], b[rows]


def own(rows: NDArray[np.int64], form: Form) -> Scores:
    data = taken(rows)
    return envelopment.score(data, data, (0.0 * data[0], data[1], data[2]), form)


def every_cell(form: Form) -> Callable[[], object]:
    parts, engine = cells(), Threads(2)
    return lambda: engine.map(lambda rows: own(rows, form), parts)


def highs_loop(form: Form) -> Callable[[], object]:
    """Each firm of the sample is a program over its whole industry-year, in the same warm model."""
    parts = cells()[::9]

    def loop() -> None:
        for rows in parts:
            x, y, b = taken(rows[::SAMPLED])
            envelopment_lp.score(taken(rows), (x, y, b), (0.0 * x, y, b), form)

    return loop


def kuosmanen_loop() -> Callable[[], object]:
    return highs_loop("kuosmanen")


def sum_z_one_loop() -> Callable[[], object]:
    return highs_loop("sum_z_one")


@benchmark("frontier scoring, Kuosmanen", size=GROUPS, rival_name=LOOP, rival=kuosmanen_loop)
def kuosmanen() -> Callable[[], object]:
    return every_cell("kuosmanen")


@benchmark("frontier scoring, sum z = 1", size=GROUPS, rival_name=LOOP, rival=sum_z_one_loop)
def sum_z_one() -> Callable[[], object]:
    return every_cell("sum_z_one")


@benchmark("frontier scoring, Kuosmanen, global", size=ALL)
def one_frontier() -> Callable[[], object]:
    rows = np.flatnonzero(arrays()[2] > 0.0)
    return lambda: own(rows, "kuosmanen")


def whole(reference: str) -> Callable[[], FrontierResult]:
    panel = survey()
    technology = dc.Technology(
        ["employees_person", "fixed_assets_cny"],
        "output_cny",
        "co2_t",
        group_by=["industry2"] if reference == "contemporaneous" else [],
        reference=reference,  # type: ignore[arg-type]
    )
    return lambda: dc.frontier.fit(panel, technology, dc.Direction.proportional(), "envelopment", engine=Threads(2))


@benchmark("frontier: envelopment, Kuosmanen, screen and level shift", size=GROUPS)
def model() -> Callable[[], FrontierResult]:
    return whole("contemporaneous")


@benchmark("frontier: envelopment, Kuosmanen, screen and level shift, global", size=ALL)
def model_of_one_frontier() -> Callable[[], FrontierResult]:
    return whole("global")
