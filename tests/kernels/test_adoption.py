"""Sums of logistic probabilities against the loop by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.kernels.adoption import tallies

EXACT = 1e-12  # the interpolation is asked for 1e-14 of the largest value; sums of some hundred doubles add to it


def slow(log_odds: object, weights: object, code: object, shifts: object) -> np.ndarray:
    a, w, g, x = (np.asarray(v) for v in (log_odds, weights, code, shifts))
    out = np.zeros((x.shape[0], w.shape[1], x.shape[1]))
    for i in range(len(a)):
        if g[i] >= 0:
            out[g[i]] += np.outer(w[i], 1.0 / (1.0 + np.exp(-(a[i] + x[g[i]]))))
    return out


@pytest.mark.parametrize(("draws", "spread"), [(1, 0.0), (3, 1.0), (60, 0.5), (60, 8.0), (400, 3.0)])
def test_against_the_definition(draws: int, spread: float) -> None:
    rng = np.random.default_rng(draws)
    a, w = rng.normal(-1.0, 2.0, 300), rng.lognormal(size=(300, 3))
    code, x = rng.integers(-1, 4, 300), 1.0 + spread * rng.normal(size=(4, draws))
    assert tallies(a, w, code, x) == pytest.approx(slow(a, w, code, x), rel=EXACT, abs=EXACT * w.sum())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 30.0))
def test_any_range(seed: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    a, w, x = rng.normal(0, 5, 40), rng.uniform(0, 1, (40, 1)), rng.uniform(-width, width, (1, 200))
    code = np.zeros(40, dtype=np.int64)
    assert tallies(a, w, code, x) == pytest.approx(slow(a, w, code, x), rel=1e-10, abs=40 * EXACT)


def test_no_firm_and_no_spread() -> None:
    none = np.full(5, -1)
    assert not tallies(np.zeros(5), np.ones((5, 2)), none, np.ones((2, 50))).any()
    same = tallies(np.zeros(5), np.ones((5, 1)), np.zeros(5, dtype=np.int64), np.zeros((1, 50)))
    assert same == pytest.approx(2.5, rel=EXACT)
