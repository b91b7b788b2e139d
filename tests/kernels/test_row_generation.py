"""Row generation against the full linear program of scipy, written out row by row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.quadratic_form import evaluate, length, slope
from dualcarbon.kernels.row_generation import extreme_slopes, minimise
from dualcarbon.kernels.row_scan import Program, monotone, program, surface

OBJECTIVE = 1e-9
"""HiGHS solves the full program to 1e-10 in reduced costs and rows."""
VIOLATION = 1e-9
"""What the kernel promises in the units of the data."""


def firms(n: int, seed: int, m: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Firms of many sizes with inefficiency and dispersed carbon intensity."""
    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(size=(n, 1)) + 0.4 * rng.normal(size=(n, m)))
    r, u = 0.8 * rng.normal(size=n), 0.25 * np.abs(rng.normal(size=n))
    scale = np.exp(np.log(x).mean(axis=1))
    y = scale * (0.9 + 0.1 * np.exp(-0.4 * r)) ** (-2.5) * np.exp(-u)
    return x / x.mean(axis=0), y / y.mean(), scale * np.exp(r + u) / (scale * np.exp(r + u)).mean()


def quadratic(n: int, seed: int, m: int = 2, **options: object) -> Program:
    x, y, b = firms(n, seed, m)
    names = {key: options.pop(key) for key in ("bad", "good", "inputs") if key in options}
    return program(np.column_stack([x, y + b]), b, *monotone(m + 1, **names), **options)  # type: ignore[arg-type]


def term_rows(p: Program) -> tuple[np.ndarray, np.ndarray]:
    """Every row R theta >= lower, from the definitions, by applying Q and its slopes to unit vectors of theta."""
    n, k = p.z.shape
    units = np.eye(length(k))
    level = np.array([evaluate(e, p.z) for e in units]).T
    slopes = [np.array([slope(e, p.z, j) for e in units]).T for j in range(k)]
    dummies = (p.period[:, None] == np.arange(p.periods)).astype(float)
    blocks, lower = [np.hstack([dummies, level[:, 1:]])], [-p.b]
    for direction, side in zip(p.directions, p.sides, strict=True):
        R = sum(d * s for d, s in zip(direction, slopes, strict=True))[:, 1:]
        blocks.append(np.hstack([np.zeros((n, p.periods)), R]))
        lower.append(np.full(n, side))
    if p.null_jointness:
        z = p.z.copy()
        z[:, -1] -= p.b
        at_zero = np.array([evaluate(e, z) for e in units]).T
        blocks.append(-np.hstack([dummies, at_zero[:, 1:]])[p.b > 0.0])
        lower.append(np.zeros(int((p.b > 0.0).sum())))
    return np.vstack(blocks), np.concatenate(lower)


def full_program(p: Program, cost: np.ndarray | None = None, cap: float | None = None) -> float:
    R, lower = term_rows(p)
    mean = R[: len(p.b)].mean(axis=0)
    if cap is not None:
        R, lower = np.vstack([R, -mean]), np.append(lower, p.b.mean() - cap)
    found = linprog(
        mean if cost is None else cost,
        A_ub=-R,
        b_ub=-lower,
        bounds=(None, None),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert found.status == 0
    return float(found.fun) + (float(p.b.mean()) if cost is None else 0.0)


CASES = {
    "one input": lambda: quadratic(300, 1, m=1),
    "two inputs": lambda: quadratic(1200, 2),
    "three inputs": lambda: quadratic(400, 3, m=3),
    "null-jointness": lambda: quadratic(600, 4, null_jointness=True),
    "periods": lambda: quadratic(700, 5, period=np.arange(700) % 4),
    "periods and null-jointness": lambda: quadratic(500, 6, period=np.arange(500) % 3, null_jointness=True),
    "zero bads": lambda: with_zero_bads(quadratic(500, 7, null_jointness=True)),
}


def with_zero_bads(p: Program) -> Program:
    b = p.b.copy()
    b[::50] = 0.0
    return program(p.z, b, p.directions, p.sides, null_jointness=True)


@pytest.mark.parametrize("name", CASES)
def test_optimum_is_that_of_the_full_program(name: str) -> None:
    p = CASES[name]()
    found = minimise(p)
    assert found.status == "optimal"
    assert abs(found.objective - full_program(p)) <= OBJECTIVE
    R, lower = term_rows(p)
    assert np.max(lower - R @ found.theta) <= VIOLATION
    assert found.violation <= VIOLATION and found.dual_violation <= VIOLATION
    assert abs(surface(p, found.theta).mean() - found.objective) <= OBJECTIVE


@pytest.mark.parametrize("name", ["two inputs", "null-jointness", "periods"])
def test_extreme_slopes_are_those_of_the_full_program(name: str) -> None:
    p = CASES[name]()
    best = minimise(p)
    low, high = extreme_slopes(p, best, worse=0.01)
    k = p.z.shape[1]
    cost = np.zeros(p.size)
    units = np.eye(length(k))[1:]
    cost[p.periods :] = [slope(e, p.z, k - 1).mean() for e in units]
    cap = 1.01 * best.objective
    for found, sign in ((low, -1.0), (high, 1.0)):
        assert found.status == "optimal" and found.violation <= VIOLATION
        assert abs(found.value - full_program(p, sign * cost, cap)) <= OBJECTIVE
        assert found.objective <= cap + OBJECTIVE
    assert low.theta @ -cost <= best.theta @ -cost + OBJECTIVE
    assert best.theta @ -cost <= high.theta @ -cost + OBJECTIVE


@pytest.mark.parametrize("dropped", ["bad", "inputs", "null_jointness"])
def test_every_family_of_rows_binds(dropped: str) -> None:
    every = {"bad": True, "good": True, "inputs": True, "null_jointness": dropped == "null_jointness"}
    full = minimise(quadratic(800, 11, **every))
    less = minimise(quadratic(800, 11, **{**every, dropped: False}))
    assert less.objective < full.objective - 1e-4


def test_rows_of_the_good_bind_where_the_data_rise_in_s() -> None:
    z = np.random.default_rng(12).uniform(0.5, 1.5, size=(400, 2))
    b = 2.0 - 0.3 * z[:, 0] + 0.2 * z[:, 1] * (z[:, 1] - 2.0)
    free, bound = (minimise(program(z, b, *monotone(2, good=good))) for good in (False, True))
    assert free.objective == pytest.approx(0.0, abs=1e-12)
    assert bound.objective > 1e-4


def test_frontier_rows_bind() -> None:
    p = quadratic(800, 11)
    assert surface(p, minimise(p).theta).min() == pytest.approx(0.0, abs=VIOLATION)


def test_large_and_small_firms_together() -> None:
    x, y, b = firms(3000, 13)
    size = np.exp(2.5 * np.random.default_rng(13).normal(size=3000))
    x, y, b = x * size[:, None], y * size, b * size
    p = program(np.column_stack([x / x.mean(axis=0), y / y.mean() + b / b.mean()]), b / b.mean(), *monotone(3))
    found = minimise(p)
    assert found.status == "optimal" and found.violation <= VIOLATION
    assert abs(found.objective - full_program(p)) <= OBJECTIVE


def test_an_exact_quadratic_is_recovered() -> None:
    rng = np.random.default_rng(17)
    z = rng.uniform(0.5, 1.5, size=(400, 3))
    theta = np.array([0.1, 0.3, 0.2, -0.9, 0.05, -0.02, 0.01, 0.04, 0.03, 0.25])
    b = -evaluate(theta, z)
    found = minimise(program(z, b, *monotone(3)))
    assert found.objective == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(found.theta, theta, atol=1e-9)


@pytest.mark.parametrize("n", [5, 400])
def test_rows_that_do_not_determine_the_parameters(n: int) -> None:
    x, y, b = firms(n, 19)
    x[:, 1] = x[:, 0]
    p = program(np.column_stack([x, y + b]), b, *monotone(3))
    found = minimise(p)
    assert found.status == "collinear" and np.isnan(found.theta).all()
    assert extreme_slopes(p, found) == (found, found)


def test_shapes_are_checked() -> None:
    x, y, b = firms(20, 23)
    with pytest.raises(ValueError, match="expected"):
        program(np.column_stack([x, y]), b[:-1], *monotone(3))
    with pytest.raises(ValueError, match="expected"):
        program(np.column_stack([x, y]), b, *monotone(4))


def test_threads_give_the_same_bits() -> None:
    problems = [quadratic(900, seed) for seed in range(6)]
    alone = [minimise(p).theta for p in problems]
    with ThreadPoolExecutor(3) as pool:
        together = [found.theta for found in pool.map(minimise, problems)]
    assert all(np.array_equal(a, t) for a, t in zip(alone, together, strict=True))
