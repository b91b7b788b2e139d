"""Least squares against orthogonal factorisation and exact arithmetic."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.least_squares import independent, least_squares, least_variation
from dualcarbon.kernels.moments import sums_of_squares

Floats = NDArray[np.float64]

EQUAL = 1e-10
ILL = 1e-8  # condition number 1e4: the bread loses its square, 1e-8, the corrected coefficients do not


def exact(y: list[int], x: list[list[int]]) -> list[float]:
    """Normal equations solved in rational numbers."""
    k = len(x[0])
    a = [[Fraction(sum(r[i] * r[j] for r in x)) for j in range(k)] for i in range(k)]
    b = [Fraction(sum(r[i] * v for r, v in zip(x, y, strict=True))) for i in range(k)]
    for i in range(k):
        for j in range(i + 1, k):
            ratio = a[j][i] / a[i][i]
            a[j] = [u - ratio * v for u, v in zip(a[j], a[i], strict=True)]
            b[j] -= ratio * b[i]
    solved = [Fraction(0)] * k
    for i in reversed(range(k)):
        solved[i] = (b[i] - sum(a[i][j] * solved[j] for j in range(i + 1, k))) / a[i][i]
    return [float(v) for v in solved]


def test_weighted_equals_orthogonal_factorisation() -> None:
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=(200, 5)), rng.random(200) + 0.1
    root = np.sqrt(weights)
    found = least_squares(values, weights, np.zeros(4))
    expected = np.linalg.lstsq(values[:, 1:] * root[:, None], values[:, 0] * root, rcond=None)[0]
    assert np.allclose(found.coef, expected, rtol=EQUAL)
    assert np.allclose(found.residuals, values[:, 0] - values[:, 1:] @ expected, rtol=EQUAL, atol=1e-12)
    bread = np.linalg.inv((values[:, 1:] * weights[:, None]).T @ values[:, 1:])
    assert np.allclose(found.bread, bread, rtol=EQUAL, atol=1e-14)


def test_nearly_collinear_integers_against_rational_numbers() -> None:
    rng = np.random.default_rng(2)
    first = rng.integers(-9_000, 9_000, 60)
    x = np.column_stack([first, first + rng.integers(-1, 2, 60), rng.integers(-9, 9, 60)])
    y = x @ np.array([3, -2, 5]) + rng.integers(-50, 50, 60)
    found = least_squares(np.column_stack([y, x]).astype(float), np.ones(60), np.zeros(3))
    assert np.allclose(found.coef, exact(y.tolist(), x.tolist()), rtol=ILL)


def test_later_columns_that_earlier_ones_determine_go() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(100, 3)) * [1.0, 1e-6, 1e6]
    x = np.column_stack([x[:, 0], x[:, 1], x[:, 0] / 3 - x[:, 1] / 7, x[:, 2], 2.5 * x[:, 2]])
    x -= x.mean(axis=0)
    assert independent(x.T @ x, np.zeros(5)).tolist() == [True, True, False, True, False]


def test_columns_without_variation_go_and_rescaling_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(100, 3)) * [1e-12, 1.0, 1e12]
    least = least_variation(sums_of_squares(x, np.ones(100)), np.array([1.0, 0.0, 0.0]), 100.0)
    assert independent(x.T @ x, least).tolist() == [False, True, True]


def test_nothing_left() -> None:
    values = np.column_stack([np.arange(4.0), np.zeros(4)])
    found = least_squares(values, np.ones(4), np.zeros(1))
    assert found.kept.tolist() == [False]
    assert found.coef.shape == (0,)
    assert found.residuals.tolist() == values[:, 0].tolist()


WIDE = """
import numpy as np
from dualcarbon.kernels.least_squares import least_squares
values = np.random.default_rng(1).normal(size=(9_000, 101))
found = least_squares(values, np.ones(9_000), np.zeros(100))
print(found.coef.tobytes().hex(), found.bread.tobytes().hex())
"""


def test_the_number_of_threads_changes_no_bit() -> None:
    """A hundred regressors: enough for a library's matrix products to start threads."""
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    found = {
        subprocess.run(
            [sys.executable, "-c", WIDE],
            env={**os.environ, **dict.fromkeys(names, threads)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(found) == 1
