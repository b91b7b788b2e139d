"""The logarithmic mean against many digits, the effects against their definition, and the limits of zero."""

from __future__ import annotations

from decimal import Decimal, getcontext
from itertools import product

import numpy as np
import pytest

from dualcarbon.kernels.log_mean import log_mean, log_mean_effects, log_ratio

ROUNDING = 4e-16  # two units in the last place of a product of few factors
MANY = 1e-15  # a sum of five effects of either sign


def exact_mean(a: float, b: float) -> float:
    """The definition in 60 digits."""
    getcontext().prec = 60
    if a == 0.0 or b == 0.0:
        return 0.0
    if a == b:
        return a
    return float((Decimal(a) - Decimal(b)) / (Decimal(a) / Decimal(b)).ln())


@pytest.mark.parametrize("ratio", [1.0, 1 + 2e-16, 1 + 1e-12, 1 + 1e-8, 1.001, 1.9999, 2.0, 2.1, 50.0, 1e9, 1e200, 0.0])
@pytest.mark.parametrize("base", [1.0, 3.7, 1e-90, 1e90])
def test_the_mean_has_every_digit(ratio: float, base: float) -> None:
    a = base * ratio
    found = log_mean(np.array([a, base]), np.array([base, a]))
    assert found[0] == found[1]
    assert found[0] == pytest.approx(exact_mean(a, base), rel=ROUNDING)


def test_the_mean_of_equals_is_themselves() -> None:
    """PyLMDI gives zero here."""
    a = np.array([[0.0, 1.0], [761.984276581356, 5e-324]])
    assert (log_mean(a, a) == a).all()


def test_log_ratios() -> None:
    after, before = np.array([0.0, 0.0, 2.0, 1.0, 3.0]), np.array([0.0, 2.0, 0.0, 1.0, 2.0])
    assert log_ratio(after, before).tolist() == [0.0, -np.inf, np.inf, 0.0, pytest.approx(np.log(1.5), rel=ROUNDING)]


def twin(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Cell by cell from the definition and Table 2 of Ang, Zhang & Choi (1998)."""
    k, n = before.shape
    found = np.zeros((k, n))
    for i in range(n):
        v0, v1 = before[:, i].prod(), after[:, i].prod()
        up = [j for j in range(k) if before[j, i] == 0.0 and after[j, i] > 0.0]
        down = [j for j in range(k) if after[j, i] == 0.0 and before[j, i] > 0.0]
        if v0 > 0.0 and v1 > 0.0:
            found[:, i] = exact_mean(v1, v0) * np.log(after[:, i] / before[:, i])
        elif v1 > 0.0:
            found[up, i] = v1 / len(up)
        elif v0 > 0.0:
            found[down, i] = -v0 / len(down)
    return found


def test_effects_with_every_pattern_of_zeros() -> None:
    patterns = np.array(list(product([0.0, 1.0], repeat=6))).T
    r = np.random.default_rng(1)
    before, after = patterns[:3] * r.uniform(1, 5, (3, 64)), patterns[3:] * r.uniform(1, 5, (3, 64))
    found = log_mean_effects(before, after)
    np.testing.assert_allclose(found.effects, twin(before, after), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(found.effects.sum(axis=0), found.end - found.start, rtol=0, atol=1e-13)


@pytest.mark.parametrize("small", [1e-40, 1e-160, 1e-300])
def test_zero_is_the_limit_of_small_numbers(small: float) -> None:
    """The convergence is that of 1 / ln(small)."""
    before, after = np.array([[0.0], [0.0], [2.0]]), np.array([[4.0], [5.0], [3.0]])
    limit = log_mean_effects(before, after).effects.ravel()
    near = log_mean_effects(np.where(before == 0.0, small**0.5, before), after).effects.ravel()
    assert np.abs(near - limit).max() < 60.0 * 2.0 * np.log(5.0) / -np.log(small)


def test_the_reverse_change_is_minus_the_change() -> None:
    r = np.random.default_rng(2)
    before, after = (r.lognormal(size=(4, 1000)) * (r.random((4, 1000)) > 0.05) for _ in range(2))
    assert (log_mean_effects(after, before).effects == -log_mean_effects(before, after).effects).all()


def test_a_million_random_cells_with_zeros_leave_rounding() -> None:
    r = np.random.default_rng(3)
    before, after = (np.exp(r.normal(scale=2.0, size=(5, 1_000_000))) for _ in range(2))
    for part in (before, after):
        part[r.random(part.shape) < 0.03] = 0.0
    after[:, :1000] = before[:, :1000] * (1.0 + 1e-9 * r.normal(size=(5, 1000)))
    found = log_mean_effects(before, after)
    scale = np.maximum(found.start, found.end)
    gap = np.abs(found.effects.sum(axis=0) - (found.end - found.start))
    assert (gap <= 1e-12 * scale).all()
    assert (gap <= MANY * (scale + np.abs(found.effects).sum(axis=0))).all()
    assert abs(found.effects.sum() - (found.end.sum() - found.start.sum())) < 1e-12 * found.end.sum()
