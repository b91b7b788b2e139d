"""The small simplex and the book of facets against dense linear algebra and the obvious scans."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.dual_simplex import invert
from dualcarbon.kernels.envelopment import _Desk, _programs
from dualcarbon.kernels.facet_book import OPTIMAL, REDUCED, admit, fill, weigh, worst

EXACT = 1e-13
"""Sums of at most a dozen products of numbers near one."""


def desk(n: int = 400, seed: int = 0) -> _Desk:
    draw = np.random.default_rng(seed)
    data = np.exp(0.7 * draw.normal(size=(n, 1)) + 0.3 * draw.normal(size=(n, 4)))
    asked = np.column_stack([np.zeros((n, 2)), data[:, 2:], data])
    return _Desk(_programs(data, asked, (2, 1, 1), "sum_z_one"))


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_inverse_of_rows_sixteen_orders_apart(size: int) -> None:
    for seed in range(20):
        matrix = np.random.default_rng(seed).normal(size=(size, size)) * np.logspace(-8, 8, size)[:, None]
        inverse = np.empty((size, size))
        assert invert(matrix.copy(), inverse)
        np.testing.assert_allclose(inverse @ matrix, np.eye(size), atol=1e-11)


def test_a_singular_basis_is_refused() -> None:
    assert not invert(np.array([[1.0, 2.0], [2.0, 4.0]]), np.empty((2, 2)))
    assert not invert(np.zeros((3, 3)), np.empty((3, 3)))


@pytest.mark.parametrize("rows", range(1, 11))
def test_weighted_sums(rows: int) -> None:
    draw = np.random.default_rng(rows)
    columns, weight, out = draw.normal(size=(rows, 50)), draw.normal(size=rows), np.empty(60)
    weigh(columns, weight, 7, 30, out)
    np.testing.assert_allclose(out[:30], weight @ columns[:, 7:37], atol=EXACT)


@pytest.mark.parametrize("seed", range(30))
def test_boxes_hide_no_violation(seed: int) -> None:
    book, scratch = desk().book, desk().scratch
    weight = np.random.default_rng(seed).normal(size=5)
    values = weight @ book.columns
    for limit in (0.0, -0.5, float(values.min()) - 0.1):
        at = worst(book, weight, limit, scratch)
        assert at == (int(np.argmin(values)) if values.min() < limit else -1)


def test_every_facet_kept_holds_for_every_column() -> None:
    work = desk(900, 1)
    work.solve(np.arange(900))
    assert (work.answers.status == OPTIMAL).all()
    book, count = work.book, int(work.book.size[1])
    facets = book.facets[:, :count]
    assert count > 20 and int(book.size[0]) < 300
    assert (facets.T @ book.columns).min() >= -REDUCED - EXACT
    assert facets[~book.fixed].min() >= -REDUCED
    assert (work.answers.facet >= 0).all()
    used = facets[:, work.answers.facet].T
    mine = work.answers.multipliers / np.linalg.norm(work.answers.multipliers, axis=1, keepdims=True)
    np.testing.assert_allclose(np.abs((used * mine).sum(axis=1)), 1.0, atol=1e-9)


def test_multipliers_and_distance_are_those_of_a_program_from_nothing() -> None:
    work = desk(150, 2)
    work.solve(np.arange(150))
    p, n = work.programs, work.book.columns.shape[1]
    for o in range(0, 150, 10):
        rows = np.column_stack([p.steps[o], p.columns])
        found = linprog(
            np.append(-1.0, np.zeros(n)),
            A_ub=rows[~p.fixed],
            b_ub=p.sides[o][~p.fixed],
            A_eq=rows[p.fixed],
            b_eq=p.sides[o][p.fixed],
            bounds=[(None, None), *[(0, None)] * n],
        )
        assert work.answers.beta[o] == pytest.approx(-found.fun, abs=1e-8)
        assert work.answers.multipliers[o] @ p.steps[o] == pytest.approx(1.0)


def test_room_grows_without_changing_an_answer() -> None:
    wide, narrow = desk(900, 3), desk(900, 3)
    narrow.book = narrow.book._replace(
        pool=np.zeros((5, 8)),
        facets=np.zeros((5, 4)),
        bases=np.zeros((4, 4), dtype=np.int64),
        table=narrow.book.table[:8],
    )
    for work in (wide, narrow):
        work.solve(np.arange(900))
        work.price(np.flatnonzero(work.answers.tied))
    assert np.array_equal(wide.answers.beta, narrow.answers.beta)
    assert np.array_equal(wide.slopes, narrow.slopes, equal_nan=True)


def test_the_table_finds_every_basis_again() -> None:
    work = desk(600, 4)
    work.solve(np.arange(600))
    book = work.book._replace(table=np.full_like(work.book.table, -1))
    fill(book)
    assert sorted(book.table[book.table >= 0].tolist()) == list(range(int(book.size[1])))


def test_a_full_pool_says_so() -> None:
    book = desk().book._replace(pool=np.zeros((5, 2)))
    assert admit(book, 3) == 1 and admit(book, 4) == 0
