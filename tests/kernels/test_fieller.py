"""Fieller's set against inversion of the t test on a grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dualcarbon.kernels.fieller import fieller

EXACT = 1e-9  # roots of a quadratic whose coefficients lose some digits by cancellation
EDGE = 1e-6  # ratios so near to the border that rounding decides

CASES = [
    ((-0.5, -0.9, 0.03, 0.0, 0.05), "interval"),
    ((-0.5, -0.9, 0.1, 0.3, 0.2), "interval"),
    ((-0.5, -0.1, 0.05, 0.2, 0.1), "complement"),
    ((0.5, 0.01, 0.05, -0.5, 0.2), "complement"),
    ((-0.01, -0.1, 0.05, 0.2, 0.1), "line"),
    ((0.0, 0.8, 0.05, 0.0, 0.1), "interval"),
]


@pytest.mark.parametrize(("case", "kind"), CASES)
def test_set_is_what_the_t_test_does_not_reject(case: tuple[float, ...], kind: str) -> None:
    n, d, sn, rho, sd = case
    cov = (sn**2, rho * sn * sd, sd**2)
    found = fieller(n, d, cov, 1.96)
    assert found.kind == kind
    inside = 0
    for q in np.concatenate([np.linspace(-3, 3, 2001), np.geomspace(3, 1e6, 200), -np.geomspace(3, 1e6, 200)]):
        t = (n - q * d) / math.sqrt(cov[0] - 2.0 * q * cov[1] + q * q * cov[2])
        if abs(abs(t) - 1.96) > EDGE:
            assert (q in found) == (abs(t) < 1.96)
            inside += abs(t) < 1.96
    assert inside > 0


@settings(max_examples=200, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(-0.95, 0.95))
def test_ends_are_where_the_test_just_rejects(n: float, d: float, sn: float, sd: float, rho: float) -> None:
    cov = (sn**2, rho * sn * sd, sd**2)
    found = fieller(n, d, cov, 2.1)
    assume(found.kind != "line" and abs(d * d - 2.1**2 * cov[2]) > 1e-6)
    assert found.low <= found.high
    for q in (found.low, found.high):
        variance = cov[0] - 2.0 * q * cov[1] + q * q * cov[2]
        assert (n - q * d) ** 2 == pytest.approx(2.1**2 * variance, rel=EXACT, abs=EXACT * max(1.0, q * q))
    if d != 0.0:
        assert n / d in found


def test_no_error_gives_the_ratio_and_a_border_denominator_one_ray() -> None:
    assert fieller(1.0, 4.0, (0.0, 0.0, 0.0), 1.96).low == 0.25
    up = fieller(1.0, 2.0, (0.0, 0.0, 1.0), 2.0)
    assert (up.kind, up.low, up.high) == ("complement", -math.inf, 0.25)
    assert 0.5 in up and 1e9 in up and 0.2 not in up
    down = fieller(-1.0, 2.0, (0.0, 0.0, 1.0), 2.0)
    assert (down.low, down.high) == (-0.25, math.inf) and -0.5 in down
    assert fieller(0.0, 2.0, (1.0, 0.0, 1.0), 2.0).kind == "line"
