"""The program of slacks: published scores, brute force, warm starts, ties, slopes, statuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.slack_lp import FAILED, INFEASIBLE, SOLVED, SlackProgram, Task

EXACT = 1e-9
"""HiGHS works to 1e-10 in rows and reduced costs."""
PRINTED = 1e-8
"""Digits of the numbers stored in the other program's tests."""


def units(n: int, p: int, seed: int, size: float = 1.5) -> np.ndarray:
    """Signed quantities, the second row a good, with copies and rounded units among them."""
    draw = np.random.default_rng(seed)
    a = np.exp(size * draw.standard_normal((n, 1)) + 0.4 * draw.standard_normal((n, p)))
    a[::5] = a[draw.integers(0, n, len(a[::5]))]
    a[1::7] = np.ceil(2.0 * a[1::7])
    return a * np.where(np.arange(p) == 1, -1.0, 1.0)


def brute(a: np.ndarray, task: Task, convex: bool) -> float:
    """The program in t, beta, slacks and weights, rows over the unit's own quantities."""
    n, p = a.shape
    scale = np.abs(task.point)
    rows = np.hstack(
        [
            -(task.point / scale)[:, None],
            (np.zeros(p) if task.step is None else task.step / scale)[:, None],
            np.eye(p),
            (a / scale).T,
        ]
    )
    reward, norm = task.reward * scale, np.zeros(p) if task.norm is None else task.norm * scale
    extra = [np.concatenate([[1.0, 0.0], norm, np.zeros(n)])]
    if convex:
        extra.append(np.concatenate([[-1.0, 0.0], np.zeros(p), np.ones(n)]))
    a_eq = np.vstack([rows, *extra])
    b_eq = np.zeros(len(a_eq))
    b_eq[p] = 1.0
    cost = np.concatenate([[float(task.norm is not None), -float(task.step is not None)], -reward, np.zeros(n)])
    bounds = [(0.0, None), (0.0, None if task.step is not None else 0.0)]
    bounds += [(0.0, None if free else 0.0) for free in task.open] + [(0.0, None)] * n
    found = linprog(cost, A_eq=a_eq, b_eq=b_eq, bounds=bounds)
    assert found.status == 0
    return float(found.fun if task.norm is not None else -found.fun)


@pytest.mark.parametrize(
    ("convex", "printed"),
    [
        (False, [0.4, 1.0, 0.8, 0.6, 0.4, 0.4, 0.514285714285650175, 0.2]),
        (True, [1.0, 1.0, 1.0, 1.0, 0.4, 0.4761904761904763, 0.8571428571428572, 0.2]),
    ],
)
def test_published_slacks_based_measure(convex: bool, printed: list[float]) -> None:
    """The enhanced Russell graph measure in the test suite of DataEnvelopmentAnalysis.jl: one input, one output."""
    x = np.array([2.0, 4.0, 8.0, 12.0, 6.0, 14.0, 14.0, 9.412])
    y = np.array([1.0, 5.0, 8.0, 9.0, 3.0, 7.0, 9.0, 2.353])
    a, every = np.column_stack([x, -y]), np.ones(2, dtype=np.bool_)
    program = SlackProgram(a, convex)
    tasks = [Task(o, np.array([1.0 / o[0], 0.0]), every, norm=np.array([0.0, -1.0 / o[1]])) for o in a]
    np.testing.assert_allclose([program.solve(task).value for task in tasks], printed, atol=PRINTED)


@pytest.mark.parametrize("seed", range(8))
def test_every_kind_of_task_against_a_plain_program(seed: int) -> None:
    """Sums, common steps and ratios of slacks in turn through one program, over sizes of four orders of magnitude."""
    p, convex = 3 + seed % 3, seed % 2 == 0
    a = units(40, p, seed)
    program = SlackProgram(a, convex)
    for o, point in enumerate(a):
        part = np.arange(p) < p - 1
        tasks = (
            Task(point, 1.0 / np.abs(point), np.ones(p, np.bool_), own=o),
            Task(point, part / np.abs(point), part, own=o),
            Task(point, np.zeros(p), part, step=np.abs(point) * (np.arange(p) > 0)),
            Task(point, (np.arange(p) == 0) / point, np.ones(p, np.bool_), norm=(np.arange(p) > 0) / np.abs(point)),
        )
        for task in tasks:
            assert program.solve(task).value == pytest.approx(brute(a, task, convex), rel=EXACT, abs=EXACT)


def test_a_warm_program_answers_like_a_fresh_one() -> None:
    a = units(80, 4, 20)
    every = np.ones(4, dtype=np.bool_)
    warm = SlackProgram(a, True)
    for point in a:
        task = Task(point, 1.0 / np.abs(point), every)
        first, second = warm.solve(task, prefer=2), SlackProgram(a, True).solve(task, prefer=2)
        assert first.value == pytest.approx(second.value, rel=EXACT, abs=EXACT)
        assert first.slack[2] == pytest.approx(second.slack[2], rel=1e-7, abs=1e-7)


def test_among_ties_the_preferred_slack_is_the_largest() -> None:
    """(3, 3) may go to (1, 3), (3, 1) or between, all at distance 2."""
    program = SlackProgram(np.array([[1.0, 3.0], [3.0, 1.0], [3.0, 3.0]]), True)
    every = np.ones(2, dtype=np.bool_)
    for row in (0, 1):
        found = program.solve(Task(np.array([3.0, 3.0]), np.ones(2), every), prefer=row)
        assert found.several
        assert found.value == pytest.approx(2.0)
        np.testing.assert_allclose(found.slack, 2.0 * (np.arange(2) == row), atol=EXACT)


def test_slopes_by_hand() -> None:
    """(b, y) = (1, 1), (2, 3), (6, 4): at (2, 3) y rises by 1/4 to the right and falls by 2 to the left."""
    program = SlackProgram(np.array([[1.0, -1.0], [2.0, -3.0], [6.0, -4.0], [4.0, -2.0]]), True)
    every, none = np.ones(2, dtype=np.bool_), np.zeros(2, dtype=np.bool_)
    more = np.array([1.0, 0.0])
    program.solve(Task(np.array([2.0, -3.0]), np.array([0.0, 1.0]), every))
    assert program.slopes(1, (more, -more), none, every) == pytest.approx((0.25, -2.0))
    program.solve(Task(np.array([1.0, -1.0]), np.array([0.0, 1.0]), every))
    assert program.slopes(1, (more, -more), none, every) == pytest.approx((2.0, -np.inf))
    program.solve(Task(np.array([6.0, -4.0]), np.array([0.0, 1.0]), every))
    assert program.slopes(1, (more, -more), none, every) == pytest.approx((0.0, -0.25))
    assert program.slopes(1, (more, -more), np.array([True, False]), every) == pytest.approx((-np.inf, -0.25))
    program.solve(Task(np.array([4.0, -2.0]), np.array([1.0, 0.0]), every))
    assert program.slopes(1, (more,), none, np.array([True, True])) == pytest.approx((2.0,))
    program.solve(Task(np.array([4.0, -2.0]), np.array([0.0, 0.0]), every))
    assert program.slopes(1, (more,), none, none) == (np.inf,)


def test_what_cannot_be_reached_is_infeasible_and_the_next_unit_is_solved() -> None:
    a = np.array([[1.0, -1.0], [2.0, -3.0]])
    program = SlackProgram(a, True)
    every = np.ones(2, dtype=np.bool_)
    lost = program.solve(Task(np.array([2.0, -9.0]), np.ones(2), every))
    assert lost.status == INFEASIBLE and np.isnan(lost.value) and np.isnan(lost.slack).all()
    found = program.solve(Task(np.array([3.0, -3.0]), np.ones(2), every))
    assert found.status == SOLVED and found.value == pytest.approx(1.0)


def test_a_unit_beyond_the_tolerances_is_not_answered() -> None:
    """One bad 1e12 times smaller than the other quantities, worth as much as they are."""
    a = np.exp(0.3 * np.random.default_rng(5).standard_normal((20, 3))) * [1.0, -1.0, 1.0]
    a[3, 2] = 1e-12
    program, every = SlackProgram(a, True), np.ones(3, dtype=np.bool_)
    status = [program.solve(Task(o, 1.0 / np.abs(o), every)).status for o in a]
    assert status == [FAILED if o == 3 else SOLVED for o in range(20)]


def test_columns_enter_as_they_are_needed() -> None:
    """Far fewer than the reference set, with the answer of the whole set."""
    a = units(2_000, 4, 30)
    program = SlackProgram(a, True)
    every = np.ones(4, dtype=np.bool_)
    for o in range(0, 2_000, 50):
        task = Task(a[o], 1.0 / np.abs(a[o]), every, own=o)
        assert program.solve(task).value == pytest.approx(brute(a, task, True), rel=EXACT, abs=EXACT)
    assert np.count_nonzero(program._score.place >= 0) < 400
