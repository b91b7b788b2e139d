"""The quadratic distance function by row generation, on firms simulated once per run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.model import GroupData
from dualcarbon.frontier.models.quadratic import QuadraticModel
from dualcarbon.frontier.models.translog_lp import TranslogLinearModel
from dualcarbon.kernels.polynomial import basis, derivative, features
from dualcarbon.kernels.row_generation import minimise
from dualcarbon.kernels.row_scan import Program, monotone, program
from registry import benchmark

ROWS, INDUSTRIES, ONE = 1_009_114, 39, 20_000


def firms(n: int, seed: int) -> GroupData:
    """By-product technology, two inputs, sizes over four orders of magnitude, 10 % noise, 1 % gross outliers."""
    draw = np.random.default_rng(seed)
    ln_x = draw.standard_normal((n, 1)) + 0.4 * draw.standard_normal((n, 2))
    size, r = ln_x @ [0.6, 0.4], 0.8 * draw.standard_normal(n)
    u = 0.25 * np.abs(draw.standard_normal(n))
    ln_y = size + np.log(0.1 * np.exp(-0.4 * r) + 0.9) / -0.4 - u + 0.1 * draw.standard_normal(n)
    ln_b = size + r + u + 0.1 * draw.standard_normal(n)
    ln_y = np.where(draw.random(n) < 0.01, ln_y + 3.0 * draw.standard_normal(n), ln_y)
    unit = np.arange(n, dtype=np.int64)
    return GroupData(np.exp(ln_x) * [50.0, 9e5], np.exp(ln_y) * 3e6, np.exp(ln_b) * 50.0, unit // 9, unit % 9)


def industries() -> list[GroupData]:
    """Groups of unequal size that add up to ROWS."""
    weight = np.exp(0.9 * np.random.default_rng(0).standard_normal(INDUSTRIES))
    sizes = np.floor(ROWS * weight / weight.sum()).astype(int)
    sizes[0] += ROWS - sizes.sum()
    return [firms(int(n), seed) for seed, n in enumerate(sizes)]


def scaled(data: GroupData, rows: NDArray[np.bool_]) -> Program:
    """The linear program of one group on the rows given."""
    x, y, b = data.x[rows] / data.x[rows].mean(axis=0), data.y[rows], data.b[rows] / data.b[rows].mean()
    z = np.column_stack([x, y / y.mean() + b])
    return program(z, b, *monotone(z.shape[1]))


def plausible(data: GroupData) -> NDArray[np.bool_]:
    """The rows the conditional screen keeps."""
    from dualcarbon.kernels.screen import conditional_screen

    return conditional_screen(data.x, data.y, data.b)


@benchmark("quadratic: linear programs alone, 2 threads", size=f"{ROWS:,} rows, 39 groups, m = 2")
def programs() -> Callable[[], object]:
    """The programs after the screen, as exact optima."""
    problems = [scaled(data, plausible(data)) for data in industries()]
    minimise(problems[0])
    return lambda: Threads(2).map(minimise, problems)


@benchmark("quadratic: pooled linear program", size=f"{ROWS:,} rows, one group, m = 2")
def pooled() -> Callable[[], object]:
    """One program over all rows."""
    data = firms(ROWS, 0)
    problem = scaled(data, plausible(data))
    minimise(problem)
    return lambda: minimise(problem)


@benchmark("cubic with biased trend: linear programs alone, 2 threads", size=f"{ROWS:,} rows, 39 groups, m = 2")
def cubic() -> Callable[[], object]:
    """The richest form, in logs."""
    problems = []
    for data in industries():
        kept = plausible(data)
        x, y, b = np.log(data.x[kept]), np.log(data.y[kept]), np.log(data.b[kept])
        z = np.column_stack([x, -(y + b), data.time[kept]])
        terms = basis(3, 3, "biased")
        problems.append(program(z - z.mean(axis=0), -y, *monotone(3, time=True), terms=terms, s=2))
    minimise(problems[0])
    return lambda: Threads(2).map(minimise, problems)


def _models(model: QuadraticModel | TranslogLinearModel) -> Callable[[], object]:
    groups, technology = industries(), Technology(("labour", "capital"), "output", "co2")
    direction = Direction.proportional()
    model.solve(groups[0], technology, direction)
    return lambda: Threads(2).map(lambda data: model.solve(data, technology, direction), groups)


@benchmark("quadratic: screen, fit, evidence, 2 threads", size=f"{ROWS:,} rows, 39 groups, m = 2")
def quadratic() -> Callable[[], object]:
    """All that `frontier.fit` does per group."""
    return _models(QuadraticModel())


@benchmark("translog LP: screen, fit, evidence", size=f"{ROWS:,} rows, 39 groups, m = 2")
def translog() -> Callable[[], object]:
    """All that `frontier.fit` does per group."""
    return _models(TranslogLinearModel())


def _full() -> Callable[[], object]:
    from scipy.optimize import linprog

    data = firms(ONE, 0)
    p = scaled(data, plausible(data))
    level = features(basis(3), p.z)
    slopes = [level @ derivative(basis(3), j) for j in range(3)]
    rows = np.vstack([-level, -slopes[2], slopes[2], -slopes[0], -slopes[1]])
    n = p.b.size
    sides = np.concatenate([p.b, np.ones(n), np.zeros(3 * n)])
    return lambda: linprog(level.mean(axis=0), A_ub=rows, b_ub=sides, bounds=(None, None), method="highs-ds")


@benchmark(
    "quadratic: one linear program", size=f"{ONE:,} rows, m = 2", rival_name="all rows in HiGHS (scipy)", rival=_full
)
def one() -> Callable[[], object]:
    """Row generation on one group."""
    data = firms(ONE, 0)
    problem = scaled(data, plausible(data))
    minimise(problem)
    return lambda: minimise(problem)
