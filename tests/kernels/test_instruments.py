"""Statistics of instruments against published values, grids, and their formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from dualcarbon.kernels.instruments import (
    anderson_rubin,
    anderson_rubin_set,
    cragg_donald,
    effective_f,
    hansen_j,
    kleibergen_paap,
    worst_bias,
)

Floats = NDArray[np.float64]

EQUAL = 1e-9
PRINTED = 5e-3  # two decimals

BIASES = np.array([0.05, 0.10, 0.20, 0.30])


def drawn(seed: int, size: int, m: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """a, gamma, pi, sigma and a joint covariance of (gamma, pi) that is no Kronecker product."""
    r = np.random.default_rng(seed)
    z = r.normal(size=(80, size)) @ r.normal(size=(size, size))
    half = r.normal(size=(size * (1 + m), size * (1 + m) + 5))
    s = r.normal(size=(m, m + 3))
    return z.T @ z, r.normal(size=size), r.normal(size=(size, m)), s @ s.T, half @ half.T / 40.0


def test_critical_values_with_one_instrument_are_the_published_ones() -> None:
    """Montiel Olea & Pflueger (2013), weakivtest: 37.42, 23.11, 15.06, 12.05 at 5, 10, 20 and 30 %."""
    a, _, pi, _, vcov = drawn(1, 1, 1)
    found = effective_f(a, pi[:, 0], vcov, BIASES)
    published = [37.42, 23.11, 15.06, 12.05]
    assert np.allclose(found.critical, published, atol=PRINTED)
    assert np.allclose(found.conservative, published, atol=PRINTED)
    assert found.statistic == pytest.approx(pi[0, 0] ** 2 / vcov[1, 1], rel=EQUAL)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_worst_bias_against_a_search(size: int) -> None:
    _, _, _, _, vcov = drawn(size, size, 1)
    w1, w12, w2 = vcov[:size, :size], vcov[:size, size:], vcov[size:, size:]
    r = np.random.default_rng(0)
    c = r.normal(size=(20_000, size))
    c /= np.linalg.norm(c, axis=1)[:, None]
    best = 0.0
    for b in np.tan(np.linspace(-1.57, 1.57, 401)):
        s1, s12 = w1 - b * (w12 + w12.T) + b * b * w2, w12 - b * w2
        bias = np.trace(s12) - 2 * np.einsum("ij,jk,ik->i", c, s12, c)
        best = max(best, np.abs(bias).max() / np.sqrt(np.trace(s1) * np.trace(w2)))
    assert best <= worst_bias(w1, w12, w2) * (1 + EQUAL)
    assert best > worst_bias(w1, w12, w2) * 0.98


def test_equal_variances_leave_two_instruments_without_bias() -> None:
    sigma = np.array([[2.0, 0.7], [0.7, 1.0]])
    blocks = [sigma[i, j] * np.eye(3) for i, j in ((0, 0), (0, 1), (1, 1))]
    assert worst_bias(*blocks) == pytest.approx(1 / 3, rel=1e-7)
    assert worst_bias(*(block[:2, :2] for block in blocks)) == pytest.approx(0.0, abs=EQUAL)


@pytest.mark.parametrize(("size", "m"), [(1, 1), (3, 1), (2, 2), (4, 2), (5, 3)])
def test_kleibergen_paap_equals_cragg_donald_under_equal_variances(size: int, m: int) -> None:
    a, _, pi, sigma, _ = drawn(size + m, size, m)
    vcov = np.kron(sigma, np.linalg.inv(a))
    assert kleibergen_paap(a, pi, sigma, vcov) == pytest.approx(cragg_donald(a, pi, sigma), rel=EQUAL)
    values = np.linalg.eigvals(
        np.linalg.inv(np.real(sqrtm(sigma))) @ pi.T @ a @ pi @ np.linalg.inv(np.real(sqrtm(sigma)))
    )
    assert cragg_donald(a, pi, sigma) == pytest.approx(float(np.min(np.real(values))) / size, rel=EQUAL)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_kleibergen_paap_of_one_regressor_is_the_robust_f(size: int) -> None:
    a, _, pi, sigma, vcov = drawn(size, size, 1)
    own = vcov[size:, size:]
    robust = pi[:, 0] @ np.linalg.solve(own, pi[:, 0]) / size
    assert kleibergen_paap(a, pi, sigma, own) == pytest.approx(robust, rel=EQUAL)


@pytest.mark.parametrize(("size", "m"), [(2, 2), (4, 2), (5, 3)])
def test_kleibergen_paap_does_not_depend_on_the_basis_of_the_instruments(size: int, m: int) -> None:
    """Instruments z t: coefficients t^-1 pi."""
    a, _, pi, sigma, joint = drawn(size * m, size, m)
    vcov = joint[size:, size:]
    t = np.random.default_rng(1).normal(size=(size, size))
    back = np.linalg.inv(t)
    turn = np.kron(np.eye(m), back)
    found = kleibergen_paap(t.T @ a @ t, back @ pi, sigma, turn @ vcov @ turn.T)
    assert found == pytest.approx(kleibergen_paap(a, pi, sigma, vcov), rel=1e-7)


@pytest.mark.parametrize("seed", range(25))
def test_anderson_rubin_set_against_a_grid(seed: int) -> None:
    size = 1 + seed % 4
    _, gamma, pi, _, vcov = drawn(seed, size, 1)
    pi = pi * (0.3 if seed % 2 else 3.0)
    critical = [0.5, 1.5, 3.0][seed % 3]
    intervals = anderson_rubin_set(gamma, pi[:, 0], vcov, critical)
    grid = np.tan(np.linspace(-1.5707, 1.5707, 4_001))
    slow = np.array([anderson_rubin(gamma, pi[:, 0], vcov, b) <= critical for b in grid])
    fast = np.array([any(low <= b <= high for low, high in intervals) for b in grid])
    assert np.array_equal(slow, fast)
    for end in (end for interval in intervals for end in interval if np.isfinite(end)):
        assert anderson_rubin(gamma, pi[:, 0], vcov, end) == pytest.approx(critical, rel=1e-6)


def test_anderson_rubin_sets_of_every_shape() -> None:
    """One instrument: (gamma - beta pi)^2 <= critical (v0 - 2 beta v01 + beta^2 v2), a quadratic."""
    eye = np.eye(2)
    one = np.ones(1)
    strong = anderson_rubin_set(one, 5.0 * one, eye, 4.0)
    assert len(strong) == 1
    assert np.allclose(strong[0], (5 + np.array([-1, 1]) * np.sqrt(25 + 21 * 3)) / 21, rtol=EQUAL)
    assert anderson_rubin_set(one, one, eye, 4.0) == ((-np.inf, np.inf),)
    low, high = anderson_rubin_set(5.0 * one, one, eye, 4.0)
    assert (low[0], high[1]) == (-np.inf, np.inf)
    assert np.allclose([low[1], high[0]], (-5 + np.array([-1, 1]) * np.sqrt(25 + 3 * 21)) / 3, rtol=EQUAL)
    assert anderson_rubin_set(np.array([10.0, -10.0]), np.array([5.0, 5.0]), np.eye(4), 1.0) == ()


def test_hansen_j_is_the_least_of_the_quadratic_form() -> None:
    r = np.random.default_rng(0)
    g, d, half = r.normal(size=4), r.normal(size=(4, 2)), r.normal(size=(4, 9))
    s = half @ half.T
    weight = np.linalg.inv(s)
    b = np.linalg.solve(d.T @ weight @ d, d.T @ weight @ g)
    assert hansen_j(g, d, s) == pytest.approx((g - d @ b) @ weight @ (g - d @ b), rel=EQUAL)
