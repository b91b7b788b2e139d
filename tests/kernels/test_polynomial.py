"""The basis against monomials written out, finite differences and the quadratic form."""

from __future__ import annotations

from itertools import product
from math import factorial, prod

import numpy as np
import pytest

from dualcarbon.kernels import quadratic_form
from dualcarbon.kernels.polynomial import basis, derivative, features, inner, terms

EXACT = 1e-13  # a handful of multiplications
STEP = 1e-5  # central differences of cubics: error of order STEP^2

KINDS = [(k, degree, trend) for k in (1, 2, 4) for degree in (2, 3) for trend in ("none", "neutral", "biased")]


@pytest.mark.parametrize(("k", "degree", "trend"), KINDS)
def test_features_are_the_monomials(k: int, degree: int, trend: str) -> None:
    chosen = basis(k, degree, trend)
    z = np.random.default_rng(k).normal(size=(50, chosen.variables))
    twin = [np.prod(z**e, axis=1) / prod(factorial(v) for v in e) for e in chosen.exponents.tolist()]
    np.testing.assert_allclose(features(chosen, z), np.column_stack(twin), rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize(("k", "degree", "trend"), KINDS)
def test_the_terms_are_those_asked_for(k: int, degree: int, trend: str) -> None:
    wanted = {e for e in product(range(degree + 1), repeat=k) if sum(e) <= degree}
    assert len(wanted) == terms(k, degree)
    timed = {(*e, 0) for e in wanted}
    time = {(*(0,) * k, 1), (*(0,) * k, 2)}
    crossed = {(*(int(i == j) for i in range(k)), 1) for j in range(k)}
    expected = {"none": wanted, "neutral": timed | time, "biased": timed | time | crossed}[trend]
    found = [tuple(e) for e in basis(k, degree, trend).exponents.tolist()]
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize(("k", "degree", "trend"), KINDS)
def test_derivatives_renumber_terms(k: int, degree: int, trend: str) -> None:
    chosen = basis(k, degree, trend)
    draw = np.random.default_rng(degree)
    theta, z = draw.normal(size=chosen.size), draw.normal(size=(20, chosen.variables))
    for j in range(chosen.variables):
        step = STEP * np.eye(chosen.variables)[j]
        slope = (features(chosen, z + step) - features(chosen, z - step)) @ theta / (2 * STEP)
        lowered = derivative(chosen, j) @ theta
        np.testing.assert_allclose(features(chosen, z) @ lowered, slope, rtol=1e-7, atol=1e-7)
        assert not lowered[inner(chosen) :].any()


def test_degree_two_is_the_quadratic_form() -> None:
    z = np.random.default_rng(0).normal(size=(30, 4))
    np.testing.assert_allclose(features(basis(4), z), quadratic_form.features(z), rtol=EXACT, atol=EXACT)
