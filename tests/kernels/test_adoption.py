"""Sums of logistic probabilities against the loop by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.kernels.adoption import gains, tallies

EXACT = 1e-12  # the interpolation is asked for 1e-14 of the largest value; sums of some hundred doubles add to it
WIDE = 1e-11  # a share of the largest value, read at the smallest


def slow(log_odds: object, weights: object, code: object, shifts: object) -> np.ndarray:
    a, w, g, x = (np.asarray(v) for v in (log_odds, weights, code, shifts))
    out = np.zeros((x.shape[0], w.shape[1], x.shape[1]))
    for i in range(len(a)):
        if g[i] >= 0:
            out[g[i]] += np.outer(w[i], 1.0 / (1.0 + np.exp(-(a[i] + x[g[i]]))))
    return out


def slow_gains(log_odds: object, weights: object, code: object, shifts: object) -> np.ndarray:
    """Levels less levels, in the longest float there is."""
    a, w, g, x = np.asarray(log_odds, dtype=np.longdouble), *(np.asarray(v) for v in (weights, code, shifts))
    out = np.zeros((x.shape[0], w.shape[1], x.shape[1]), dtype=np.longdouble)
    for i in range(len(a)):
        if g[i] >= 0:
            out[g[i]] += np.outer(w[i], 1.0 / (1.0 + np.exp(-(a[i] + x[g[i]]))) - 1.0 / (1.0 + np.exp(-a[i])))
    return out.astype(np.float64)


@pytest.mark.parametrize(("draws", "spread"), [(1, 0.0), (3, 1.0), (60, 0.5), (60, 8.0), (400, 3.0)])
def test_against_the_definition(draws: int, spread: float) -> None:
    rng = np.random.default_rng(draws)
    a, w = rng.normal(-1.0, 2.0, 300), rng.lognormal(size=(300, 3))
    code, x = rng.integers(-1, 4, 300), 1.0 + spread * rng.normal(size=(4, draws))
    assert tallies(a, w, code, x) == pytest.approx(slow(a, w, code, x), rel=EXACT)
    assert gains(a, w, code, x) == pytest.approx(slow_gains(a, w, code, x), rel=WIDE)


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-6])
def test_small_shifts_keep_their_digits(size: float) -> None:
    rng = np.random.default_rng(1)
    a, w, code = rng.normal(-1.0, 2.0, 300), rng.lognormal(size=(300, 2)), rng.integers(0, 2, 300)
    x = size * rng.uniform(-1.0, 2.0, (2, 100))
    x[0, 0] = 0.0
    expected = slow_gains(a, w, code, x)
    assert gains(a, w, code, x) == pytest.approx(expected, rel=1e-11)
    assert not gains(a, w, code, x)[0, :, 0].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 30.0))
def test_any_range(seed: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    a, w, x = rng.normal(0, 5, 40), rng.uniform(0, 1, (40, 1)), rng.uniform(-width, width, (1, 200))
    code = np.zeros(40, dtype=np.int64)
    assert gains(a, w, code, x) == pytest.approx(slow_gains(a, w, code, x), rel=WIDE, abs=40 * EXACT)


def test_no_firm_and_no_spread() -> None:
    none = np.full(5, -1)
    assert not gains(np.zeros(5), np.ones((5, 2)), none, np.ones((2, 50))).any()
    all_same = np.zeros(5, dtype=np.int64)
    assert tallies(np.zeros(5), np.ones((5, 1)), all_same, np.zeros((1, 50))) == pytest.approx(2.5, rel=EXACT)
    assert not gains(np.zeros(5), np.ones((5, 1)), all_same, np.zeros((1, 50))).any()


def test_odds_that_overflow_are_certain() -> None:
    a = np.array([-600.0, 0.0, 36.0])
    x = np.array([[-5e3, 5e3]])
    found = gains(a, np.ones((3, 1)), np.zeros(3, dtype=np.int64), x)[0, 0]
    assert found == pytest.approx([-1.5, 1.5], abs=1e-6)
