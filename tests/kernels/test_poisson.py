"""The Poisson maximum against Newton steps on dummies; separated rows against a linear program."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from dualcarbon.kernels import poisson as kernel
from dualcarbon.kernels.absorb import Absorbed, partial_out
from dualcarbon.kernels.poisson import poisson, separated, zero_groups

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

EQUAL = 1e-10


def absorber(effects: list[NDArray[np.int64]]) -> Callable[[Floats, Floats, float], Absorbed]:
    return lambda values, weights, tolerance: partial_out(values, effects, weights, tolerance=tolerance)


def dummies(effects: list[NDArray[np.int64]]) -> Floats:
    return np.column_stack([np.eye(codes.max() + 1)[codes] for codes in effects])


def newton(y: Floats, x: Floats, offset: Floats, w: Floats) -> tuple[Floats, Floats]:
    b = np.linalg.lstsq(x, np.log(y + 0.5) - offset, rcond=None)[0]
    for _ in range(60):
        m = np.exp(x @ b + offset)
        b = b + np.linalg.lstsq((x * (w * m)[:, None]).T @ x, x.T @ (w * (y - m)), rcond=1e-13)[0]
    return b, np.exp(x @ b + offset)


def test_maximum_equals_newton_on_dummies() -> None:
    r = np.random.default_rng(3)
    n = 300
    effects = [r.integers(0, 12, n), r.integers(0, 5, n)]
    x, offset, w = r.normal(size=(n, 2)), r.normal(size=n), np.exp(r.normal(size=n))
    y = r.poisson(np.exp(1.0 + x @ [0.3, -0.2] + 0.2 * effects[0] / 4 + offset)).astype(float)
    absorb = absorber(effects)
    found = poisson(y, absorb(x, w, 1e-12).values, offset, w, absorb)
    full = np.column_stack([x, dummies(effects)])
    slow, mean = newton(y, full, offset, w)
    assert found.converged
    assert np.allclose(found.coef, slow[:2], rtol=EQUAL)
    assert np.allclose(found.mean, mean, rtol=EQUAL)
    information = (full * (w * mean)[:, None]).T @ full
    assert np.allclose(found.bread, np.linalg.pinv(information)[:2, :2], rtol=1e-8)
    positive = y > 0
    deviance = 2 * np.sum(w[positive] * y[positive] * np.log(y[positive] / mean[positive])) - 2 * np.sum(w * (y - mean))
    assert found.deviance == pytest.approx(deviance, rel=EQUAL)


def test_steps_that_overshoot_are_halved() -> None:
    y = np.array([0.0] * 40 + [1e6] + [0.0, 1.0])
    x = np.concatenate([np.zeros(40), [8.0, 4.0, -3.0]])[:, None]
    codes = [np.zeros(len(y), dtype=np.int64)]
    absorb = absorber(codes)
    w = np.ones(len(y))
    found = poisson(y, absorb(x, w, 1e-12).values, np.zeros(len(y)), w, absorb)
    scores = x[:, 0] @ (y - found.mean), np.sum(y - found.mean)
    assert found.converged
    assert np.allclose(np.array(scores) / y.max(), 0.0, atol=1e-8)


def test_unfinished_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "STEPS", 2)
    r = np.random.default_rng(0)
    y = r.poisson(3.0, 50).astype(float)
    absorb = absorber([np.zeros(50, dtype=np.int64)])
    assert not poisson(y, r.normal(size=(50, 1)), np.zeros(50), np.ones(50), absorb).converged


def test_groups_of_zeros() -> None:
    effects = [np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0])]
    assert zero_groups(np.array([0.0, 0, 1, 2, 0]), effects).tolist() == [True, True, False, False, True]


def linear_program(y: Floats, x: Floats) -> Mask:
    """Rows of outcome 0 on which some x b can be positive, x b being 0 where y > 0 and nowhere negative."""
    zero = y == 0
    k, zeros = x.shape[1], int(zero.sum())
    found = linprog(
        np.concatenate([np.zeros(k), -np.ones(zeros)]),
        A_ub=np.column_stack([-x[zero], np.eye(zeros)]),
        b_ub=np.zeros(zeros),
        A_eq=np.column_stack([x[~zero], np.zeros((len(y) - zeros, zeros))]),
        b_eq=np.zeros(len(y) - zeros),
        bounds=[(None, None)] * k + [(0, 1)] * zeros,
    )
    mask = np.zeros(len(y), dtype=bool)
    mask[zero] = found.x[k:] > 1e-6
    return mask


def independent_columns(x: Floats, full: Floats) -> Floats:
    kept: list[int] = []
    for j in range(x.shape[1]):
        before = np.linalg.matrix_rank(np.column_stack([full, x[:, kept]]))
        if np.linalg.matrix_rank(np.column_stack([full, x[:, [*kept, j]]])) > before:
            kept.append(j)
    return x[:, kept]


def rectified(y: Floats, x: Floats, effects: list[NDArray[np.int64]]) -> Mask:
    """Asks again without the rows found until none is."""
    gone, rows = np.zeros(len(y), dtype=bool), np.arange(len(y))
    while True:
        codes = [np.unique(each[rows], return_inverse=True)[1].astype(np.int64) for each in effects]
        own = np.ascontiguousarray(independent_columns(x[rows], dummies(codes)))
        found, settled = separated(y[rows], own, absorber(codes))
        assert settled
        if not found.any():
            return gone
        gone[rows[found]] = True
        rows = rows[~found]


@pytest.mark.parametrize("seed", range(60))
def test_separated_rows_are_those_of_a_linear_program(seed: int) -> None:
    r = np.random.default_rng(seed)
    n = int(r.integers(20, 50))
    firm, year = (np.unique(r.integers(0, g, n), return_inverse=True)[1].astype(np.int64) for g in (8, 5))
    effects = [[firm, year], [firm], [np.zeros(n, dtype=np.int64)]][seed % 3]
    x = np.column_stack([r.normal(size=n), r.random(n) < 0.15, r.integers(0, 3, n)]).astype(float)
    y = r.poisson(0.25 if seed % 2 else 0.6, n).astype(float)
    y[0] = 1.0
    if seed % 3 == 0:
        y[x[:, 1] > 0] = 0.0
        y[0] = 1.0
    full = np.column_stack([x, dummies(effects)])
    assert np.array_equal(rectified(y, x, effects), linear_program(y, full))


def test_a_combination_that_differs_in_one_row() -> None:
    r = np.random.default_rng(5)
    n = 2_000
    first = r.normal(size=n)
    second = first.copy()
    y = r.poisson(3.0, n).astype(float)
    at = int(np.flatnonzero(y == 0)[0])
    second[at] -= 0.01
    codes = [np.zeros(n, dtype=np.int64)]
    found, settled = separated(y, np.column_stack([first, second]), absorber(codes))
    assert settled
    assert np.flatnonzero(found).tolist() == [at]
