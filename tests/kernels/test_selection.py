"""The cubic of proportional selection against the model it solves and against the formulas of Stata's psacalc."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.selection import Moments, betas, delta_for

EQUAL = 1e-9  # roots of a cubic in doubles


def population(delta: float, beta: float, seed: int) -> Moments:
    """Moments of a model in which the unobserved w2 is delta times as selected as the observed w1, exactly.

    Cov(x, w2) / Var(w2) = delta Cov(x, w1) / Var(w1), w1 and w2 uncorrelated; y = beta x + w1 + w2 without noise, so
    that R2 max is 1. All by orthogonal vectors, the regressions by least squares.
    """
    r = np.random.default_rng(seed)
    q = np.linalg.qr(r.normal(size=(50, 3)))[0]
    w1, w2 = 1.7 * q[:, 0], 0.6 * q[:, 1]
    slope = 0.4
    x = slope * w1 + delta * slope * w2 + 1.3 * q[:, 2]
    y = beta * x + w1 + w2
    short = np.linalg.lstsq(x[:, None], y, rcond=None)[0]
    wide = np.column_stack([x, w1])
    long = np.linalg.lstsq(wide, y, rcond=None)[0]
    left_short, left_long = np.sum((y - x * short[0]) ** 2), np.sum((y - wide @ long) ** 2)
    own = x - w1 * (w1 @ x) / (w1 @ w1)
    return Moments(float(short[0]), float(long[0]), left_short - left_long, left_long, float(x @ x), float(own @ own))


@pytest.mark.parametrize("delta", [0.3, 0.9, 1.0, 1.4, 2.5])
@pytest.mark.parametrize("seed", range(3))
def test_the_truth_solves_the_cubic(delta: float, seed: int) -> None:
    moments = population(delta, beta=0.8, seed=seed)
    assert delta_for(moments, 0.8) == pytest.approx(delta, rel=EQUAL)
    assert np.min(np.abs(betas(moments, delta) - 0.8)) < EQUAL


def psacalc(m: Moments, beta: float) -> float:
    """Delta as psacalc 2.1 writes it out, term by term."""
    b, g = m.long - beta, m.short - m.long
    top = b * m.gained * m.own + b * m.variance * m.own * g**2
    top += 2 * b**2 * m.own * g * m.variance + b**3 * (m.own * m.variance - m.own**2)
    bottom = m.missing * g * m.variance + b * m.missing * (m.variance - m.own)
    bottom += b**2 * m.own * g * m.variance + b**3 * (m.own * m.variance - m.own**2)
    return top / bottom


@pytest.mark.parametrize("seed", range(20))
def test_delta_equals_psacalc(seed: int) -> None:
    r = np.random.default_rng(seed)
    m = Moments(*r.normal(size=2), *np.exp(r.normal(size=2)), 3.0, float(r.uniform(0.5, 2.9)))
    for beta in (0.0, 0.3, -1.2):
        assert delta_for(m, beta) == pytest.approx(psacalc(m, beta), rel=1e-11)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("delta", [0.5, 1.0, 1.0 + 1e-9, 1.7])
def test_every_root_gives_its_delta_back(seed: int, delta: float) -> None:
    r = np.random.default_rng(seed)
    m = Moments(*r.normal(size=2), *np.exp(r.normal(size=2)), 3.0, float(r.uniform(0.5, 2.9)))
    found = betas(m, delta)
    assert len(found) >= 1
    near = found[np.abs(found - m.long) < 1e3]
    for beta in near:
        assert psacalc(m, beta) == pytest.approx(delta, rel=1e-6, abs=1e-8)


def test_without_selection_the_quadratic_of_equal_selection_is_solved_in_closed_form() -> None:
    m = population(1.0, 0.8, 5)
    s, t, g = m.variance, m.own, m.short - m.long
    theta = m.missing * (s - t) - m.gained * t - s * t * g**2
    root = np.sqrt(theta**2 + 4 * m.missing * g**2 * s**2 * t)
    expected = sorted(m.long - (-theta + sign * root) / (-2 * t * g * s) for sign in (1, -1))
    assert np.allclose(sorted(betas(m, 1.0)), expected, rtol=EQUAL)
