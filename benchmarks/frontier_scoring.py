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


def small() -> Data:
    """The first PEER firms with CO2, over their means: packages without scaling take them as they are."""
    x, y, b = taken(np.flatnonzero(arrays()[2] > 0.0)[:PEER])
    return x / x.mean(axis=0), y / y.mean(), b / b.mean()


def pystoned() -> Callable[[], object]:
    """Its directional distance function has a constant direction and sum z = 1 only."""
    from contextlib import redirect_stdout
    from io import StringIO

    from pystoned import DEA  # type: ignore[import-not-found]
    from pystoned.constant import RTS_VRS  # type: ignore[import-not-found]

    x, y, b = small()

    def run() -> None:
        with redirect_stdout(StringIO()):
            model = DEA.DDF(y, x, b=b, gy=[1.0], gx=[0.0, 0.0], gb=[1.0], rts=RTS_VRS)
            model.optimize(solver="appsi_highs")

    return run


def deabook() -> Callable[[], object]:
    """Its Kuosmanen technology, direction (0, y, -b)."""
    from contextlib import redirect_stdout
    from io import StringIO

    import pandas as pd
    from deabook.constant import RTS_VRS2  # type: ignore[import-not-found]
    from deabook.DEAweak import DDFweak2  # type: ignore[import-not-found]

    x, y, b = small()
    table = pd.DataFrame({"L": x[:, 0], "K": x[:, 1], "Y": y, "CO2": b})

    def run() -> None:
        with redirect_stdout(StringIO()):
            model = DDFweak2(table, "L K=Y:CO2", gy=[1], gx=[0, 0], gb=[1], rts=RTS_VRS2)
            model.optimize(solver="appsi_highs")

    return run


def installed(module: str) -> tuple[str, Callable[[], Callable[[], object]] | None]:
    """Name and call of a package that is no dependency; no call where it is not installed."""
    calls = {"pystoned": pystoned, "deabook": deabook}
    found = find_spec(module) is not None
    return (module if found else f"{module}: not installed"), (calls[module] if found else None)


def peer(form: Form) -> Callable[[], object]:
    x, y, b = small()
    gy, gb = (np.ones_like(y), np.ones_like(b)) if form == "sum_z_one" else (y, b)
    return lambda: envelopment.score((x, y, b), (x, y, b), (0.0 * x, gy, gb), form)


NAME, RIVAL = installed("pystoned")


@benchmark("frontier scoring, small, sum z = 1", size=f"{PEER} rows, with intervals", rival_name=NAME, rival=RIVAL)
def beside_pystoned() -> Callable[[], object]:
    return peer("sum_z_one")


NAME, RIVAL = installed("deabook")


@benchmark("frontier scoring, small, Kuosmanen", size=f"{PEER} rows, with intervals", rival_name=NAME, rival=RIVAL)
def beside_deabook() -> Callable[[], object]:
    return peer("kuosmanen")
