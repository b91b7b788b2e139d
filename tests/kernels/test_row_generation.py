"""Row generation against the full linear program of scipy, written out row by row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import factorial

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.polynomial import Basis, Trend, basis, features
from dualcarbon.kernels.row_generation import extreme_slopes, minimise
from dualcarbon.kernels.row_scan import Program, Scan, monotone, program, rows, slope, surface

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


def moving(n: int, seed: int, degree: int = 2, trend: Trend = "none", m: int = 2, **options: object) -> Program:
    """Logs of firms in the coordinates of the hyperbolic function, centred, over seven periods of drift."""
    x, y, b = firms(n, seed, m)
    time = np.arange(n) % 7
    y, b = y * np.exp(0.03 * time), b * np.exp(-0.02 * time)
    z = np.column_stack([np.log(x), -np.log(y * b), time])[:, : m + 1 + (trend != "none")]
    rule = monotone(m + 1, time=trend != "none")
    return program(z - z.mean(axis=0), -np.log(y), *rule, terms=basis(m + 1, degree, trend), s=m, **options)  # type: ignore[arg-type]


def monomials(terms: Basis, z: np.ndarray, wrt: int = -1) -> np.ndarray:
    """z^e / e! of every term, or its derivative with respect to one variable, from the exponents."""
    columns = []
    for exponents in terms.exponents.tolist():
        e, scale = list(exponents), 1.0
        for v in e:
            scale /= factorial(v)
        if wrt >= 0:
            scale *= e[wrt]
            e[wrt] = max(e[wrt] - 1, 0)
        columns.append(scale * np.prod(z ** np.array(e), axis=1))
    return np.column_stack(columns)


def term_rows(p: Program) -> tuple[np.ndarray, np.ndarray]:
    """Every row R theta >= lower, from the definitions."""
    n, k = p.z.shape
    slopes = [monomials(p.basis, p.z, j) for j in range(k)]
    dummies = (p.period[:, None] == np.arange(p.periods)).astype(float)
    blocks, lower = [np.hstack([dummies, monomials(p.basis, p.z)[:, 1:]])], [-p.b]
    for direction, side in zip(p.directions, p.sides, strict=True):
        R = sum(d * s for d, s in zip(direction, slopes, strict=True))[:, 1:]
        blocks.append(np.hstack([np.zeros((n, p.periods)), R]))
        lower.append(np.full(n, side))
    if p.null_jointness:
        z = p.z.copy()
        z[:, p.s] -= p.b
        blocks.append(-np.hstack([dummies, monomials(p.basis, z)[:, 1:]])[p.b > 0.0])
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
    "cubic": lambda: moving(800, 8, degree=3),
    "cubic, one input": lambda: moving(500, 9, degree=3, m=1),
    "cubic in levels, null-jointness": lambda: cubic_in_levels(600, 10),
    "neutral trend": lambda: moving(700, 11, trend="neutral"),
    "biased trend": lambda: moving(700, 12, trend="biased"),
    "cubic, biased trend": lambda: moving(900, 13, degree=3, trend="biased"),
    "cubic, periods": lambda: moving(700, 14, degree=3, period=np.arange(700) % 7),
}


def cubic_in_levels(n: int, seed: int) -> Program:
    x, y, b = firms(n, seed)
    z = np.column_stack([x, y + b]) - [1.0, 1.0, 2.0]
    return program(z, b, *monotone(3), terms=basis(3, 3), null_jointness=True)


def with_zero_bads(p: Program) -> Program:
    b = p.b.copy()
    b[::50] = 0.0
    return program(p.z, b, p.directions, p.sides, null_jointness=True)


@pytest.mark.parametrize("name", CASES)
def test_optimum_is_that_of_the_full_program(name: str) -> None:
    p = CASES[name]()
    found = minimise(p)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(full_program(p), rel=OBJECTIVE, abs=OBJECTIVE)
    R, lower = term_rows(p)
    assert np.max(lower - R @ found.theta) <= VIOLATION
    assert found.violation <= VIOLATION and found.dual_violation <= VIOLATION
    assert abs(surface(p, found.theta).mean() - found.objective) <= OBJECTIVE


@pytest.mark.long
@pytest.mark.parametrize("degree", [2, 3])
def test_fifty_thousand_rows(degree: int) -> None:
    p = moving(50_000, 40, degree=degree) if degree == 3 else quadratic(50_000, 40)
    found = minimise(p)
    assert found.status == "optimal" and found.violation <= VIOLATION
    assert found.objective == pytest.approx(full_program(p), rel=OBJECTIVE)


@pytest.mark.parametrize("name", ["two inputs", "null-jointness", "periods", "cubic, biased trend"])
def test_extreme_slopes_are_those_of_the_full_program(name: str) -> None:
    p = CASES[name]()
    best = minimise(p)
    low, high = extreme_slopes(p, best, worse=0.01)
    cost = np.zeros(p.size)
    cost[p.periods :] = monomials(p.basis, p.z, p.s).mean(axis=0)[1:]
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
    b = -(monomials(basis(3), z) @ theta)
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
    assert found.active.shape == (0, 2) and found.weights.shape == (0,)


def test_shapes_are_checked() -> None:
    x, y, b = firms(20, 23)
    with pytest.raises(ValueError, match="expected"):
        program(np.column_stack([x, y]), b[:-1], *monotone(3))
    with pytest.raises(ValueError, match="expected"):
        program(np.column_stack([x, y]), b, *monotone(4))
    with pytest.raises(ValueError, match="expected"):
        program(np.column_stack([x, y]), b, *monotone(3), terms=basis(4))


def test_threads_give_the_same_bits() -> None:
    problems = [quadratic(900, seed) for seed in range(6)]
    alone = [minimise(p).theta for p in problems]
    with ThreadPoolExecutor(3) as pool:
        together = [found.theta for found in pool.map(minimise, problems)]
    assert all(np.array_equal(a, t) for a, t in zip(alone, together, strict=True))


@pytest.mark.parametrize(
    "name", ["null-jointness", "cubic in levels, null-jointness", "cubic, biased trend", "periods"]
)
def test_the_scan_finds_the_worst_row_of_every_family(name: str) -> None:
    p = CASES[name]()
    theta = np.random.default_rng(3).normal(size=p.size)
    worst, where = Scan(p)(theta)
    R, lower = term_rows(p)
    every = np.array_split(lower - R @ theta, [p.b.size * (f + 1) for f in range(p.families - 1)])
    for family in range(p.families - (not p.null_jointness)):
        block = int(worst[:, family].argmax())
        assert worst[block, family] == pytest.approx(every[family].max(), rel=1e-11)
        assert every[family][where[block, family]] == pytest.approx(every[family].max(), rel=1e-11)
        one, side = rows(p, family, where[block, family, None])
        assert float((side - one @ theta)[0]) == pytest.approx(worst[block, family], rel=1e-11)


def test_slopes_and_surface_are_those_of_the_polynomial() -> None:
    p = moving(600, 21, degree=3, trend="biased")
    theta, direction = np.random.default_rng(1).normal(size=p.size), np.array([0.5, 0.0, -2.0, 1.0])
    expected = sum(d * (monomials(p.basis, p.z, j) @ theta) for j, d in enumerate(direction))
    np.testing.assert_allclose(slope(p, theta, direction), expected, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(surface(p, theta), p.b + features(p.basis, p.z) @ theta, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["two inputs", "cubic"])
def test_rows_to_begin_with_do_not_move_the_optimum(name: str) -> None:
    p = CASES[name]()
    found = minimise(p)
    again = minimise(p, found.entered)
    assert again.rounds < found.rounds
    np.testing.assert_allclose(again.theta, found.theta, atol=1e-8)


@pytest.mark.parametrize("name", ["two inputs", "null-jointness", "cubic, biased trend"])
def test_active_rows_hold_with_equality_and_their_weights_carry_the_objective(name: str) -> None:
    """Duality: the weighted rows, each of unit norm in the metric of the moments, sum to the cost."""
    p = CASES[name]()
    found = minimise(p)
    assert found.active.shape == (p.size, 2) and found.weights.min() >= -VIOLATION
    chosen = [rows(p, int(f), np.array([i])) for f, i in found.active]
    R, lower = np.vstack([r for r, _ in chosen]), np.concatenate([side for _, side in chosen])
    np.testing.assert_allclose(R @ found.theta, lower, atol=VIOLATION)
    F = term_rows(p)[0][: p.b.size]
    metric = np.linalg.inv(F.T @ F / p.b.size)
    cost = F.mean(axis=0)
    norm = np.sqrt(np.einsum("ij,jk,ik->i", R, metric, R)) / np.sqrt(cost @ metric @ cost)
    np.testing.assert_allclose((found.weights / norm) @ R, cost, atol=1e-6)
