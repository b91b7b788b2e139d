"""Exact shares by full enumeration, the Ishigami and an additive function, a slow twin, and the errors of draws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.kernels.sobol import variance_shares

EXACT = 1e-12  # means over a full enumeration, summed in another order
ERRORS = 4.5  # standard errors a seeded draw may be away; p = 7e-6 per share

Floats = NDArray[np.float64]


def crossings(a: Floats, b: Floats, function: object) -> Floats:
    mixed = []
    for i in range(a.shape[1]):
        x = a.copy()
        x[:, i] = b[:, i]
        mixed.append(function(x))  # type: ignore[operator]
    return np.stack(mixed)


def enumerated(levels: list[list[float]], function: object) -> tuple[Floats, Floats, Floats]:
    """Every pair of points of a grid: the estimators' means are then the population's shares."""
    grid = np.array(list(itertools.product(*levels)))
    n = len(grid)
    a, b = np.repeat(grid, n, axis=0), np.tile(grid, (n, 1))
    return function(a), function(b), crossings(a, b, function)  # type: ignore[operator]


def population(levels: list[list[float]], function: object) -> tuple[Floats, Floats]:
    """Shares from conditional means over the grid, straight from their definition."""
    grid = np.array(list(itertools.product(*levels)))
    y = function(grid)  # type: ignore[operator]
    first, total = [], []
    for i in range(grid.shape[1]):
        others = np.delete(grid, i, axis=1)
        means = [y[grid[:, i] == v].mean(axis=0) for v in levels[i]]
        rest = [y[(others == o).all(axis=1)].mean(axis=0) for o in np.unique(others, axis=0)]
        first.append(np.var(means, axis=0) / y.var(axis=0))
        total.append(1 - np.var(rest, axis=0) / y.var(axis=0))
    return np.array(first), np.array(total)


def crooked(x: Floats) -> Floats:
    return np.column_stack([x[:, 0] * x[:, 1] + np.exp(x[:, 2]), x[:, 0] ** 2 - 3 * x[:, 1] + x[:, 2] * x[:, 0]])


def test_enumeration_gives_the_population_s_shares() -> None:
    levels = [[0.1, 0.5, 2.0], [-1.0, 1.0, 4.0], [0.0, 0.3, 1.0]]
    found = variance_shares(*enumerated(levels, crooked))
    first, total = population(levels, crooked)
    np.testing.assert_allclose(found.first, first, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.total, total, rtol=EXACT, atol=EXACT)
    grid = crooked(np.array(list(itertools.product(*levels))))
    np.testing.assert_allclose(found.mean, grid.mean(axis=0), rtol=EXACT)
    np.testing.assert_allclose(found.variance, grid.var(axis=0), rtol=EXACT)


def test_an_additive_function_has_exact_shares_that_sum_to_one() -> None:
    weights = np.array([3.0, 2.0, 1.0])
    found = variance_shares(*enumerated([[-1.0, 1.0]] * 3, lambda x: (x @ weights)[:, None]))
    exact = weights**2 / (weights @ weights)
    np.testing.assert_allclose(found.first[:, 0], exact, rtol=EXACT)
    np.testing.assert_allclose(found.total[:, 0], exact, rtol=EXACT)
    assert found.first.sum() == pytest.approx(1.0, rel=EXACT) == found.total.sum()


def ishigami(x: Floats) -> Floats:
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]


def ishigami_shares() -> tuple[Floats, Floats]:
    """Closed form for a = 7, b = 0.1 (Ishigami & Homma 1990)."""
    a, b = 7.0, 0.1
    one = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    two = a**2 / 8
    cross = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + cross
    return np.array([one, two, 0.0]) / whole, np.array([one + cross, two, cross]) / whole


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ishigami(seed: int) -> None:
    first, total = ishigami_shares()
    assert [round(v, 4) for v in first] == [0.3139, 0.4424, 0.0]
    assert [round(v, 4) for v in total] == [0.5576, 0.4424, 0.2437]
    r = np.random.default_rng(seed)
    a, b = r.uniform(-np.pi, np.pi, (2, 1 << 17, 3))
    found = variance_shares(ishigami(a), ishigami(b), crossings(a, b, ishigami))
    assert np.all(np.abs(found.first[:, 0] - first) < ERRORS * found.first_se[:, 0])
    assert np.all(np.abs(found.total[:, 0] - total) < ERRORS * found.total_se[:, 0])
    assert found.first_se.max() < 0.005 and found.total_se.max() < 0.005
    assert found.first.sum() < 1.0 < found.total.sum()


def test_the_slow_twin() -> None:
    r = np.random.default_rng(0)
    a, b = r.uniform(0, 1, (2, 50, 3))
    fa, fb, mixed = crooked(a), crooked(b), crossings(a, b, crooked)
    found = variance_shares(fa, fb, mixed)
    for m in range(2):
        pool = [*fa[:, m], *fb[:, m]]
        mean = sum(pool) / 100
        variance = sum((v - mean) ** 2 for v in pool) / 100
        for i in range(3):
            s = sum((fb[j, m] - mean) * (mixed[i, j, m] - fa[j, m]) for j in range(50)) / 50 / variance
            t = sum((fa[j, m] - mixed[i, j, m]) ** 2 for j in range(50)) / 100 / variance
            assert found.first[i, m] == pytest.approx(s, rel=1e-10)
            assert found.total[i, m] == pytest.approx(t, rel=1e-10)


def test_the_errors_are_those_of_repeated_draws() -> None:
    r = np.random.default_rng(5)
    shares, errors = [], []
    for _ in range(400):
        a, b = r.uniform(-np.pi, np.pi, (2, 1000, 3))
        one = variance_shares(ishigami(a), ishigami(b), crossings(a, b, ishigami))
        shares.append([one.first[:, 0], one.total[:, 0]])
        errors.append([one.first_se[:, 0], one.total_se[:, 0]])
    # the spread of 400 draws is known to 1/sqrt(800) = 3.5 %, four times that allowed
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(shares, axis=0), rtol=0.14)


def test_shifts_scales_and_flat_outputs() -> None:
    r = np.random.default_rng(0)
    a, b = r.uniform(0, 1, (2, 200, 3))
    fa, fb, mixed = crooked(a), crooked(b), crossings(a, b, crooked)
    one, other = variance_shares(fa, fb, mixed), variance_shares(5 * fa - 3, 5 * fb - 3, 5 * mixed - 3)
    np.testing.assert_allclose(one.first, other.first, rtol=1e-10)
    np.testing.assert_allclose(one.total_se, other.total_se, rtol=1e-10)
    flat = variance_shares(np.ones((9, 1)), np.ones((9, 1)), np.ones((2, 9, 1)))
    assert np.isnan(flat.first).all() and np.isnan(flat.total_se).all() and flat.variance[0] == 0.0
