"""Partialling-out against least squares on written-out dummies."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.kernels import absorb
from dualcarbon.kernels.absorb import partial_out

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

DIRECT = 1e-12  # elimination: rounding only
ITERATED = 1e-9  # conjugate gradients: asked for 1e-10
FAR = 1e-9  # values of size 1e8 hold deviations to 1e-8, means of many of them somewhat better


def dense(values: NDArray[np.int64]) -> Codes:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def by_dummies(values: Floats, effects: list[Codes], weights: Floats) -> Floats:
    """The slow twin: residuals of least squares on all dummies."""
    d = np.column_stack([np.eye(codes.max() + 1)[codes] for codes in effects])
    root = np.sqrt(weights)[:, None]
    return values - d @ np.linalg.lstsq(d * root, values * root, rcond=None)[0]


def sample(seed: int, levels: tuple[int, ...], n: int = 400) -> tuple[Floats, list[Codes], Floats]:
    rng = np.random.default_rng(seed)
    effects = [dense(rng.integers(0, g, n)) for g in levels]
    return rng.normal(size=(n, 3)), effects, np.exp(rng.normal(size=n))


def distance(found: Floats, expected: Floats) -> float:
    return float(np.max(np.linalg.norm(found - expected, axis=0) / np.linalg.norm(expected, axis=0)))


@pytest.fixture(params=["direct", "iterated"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "iterated":
        monkeypatch.setattr(absorb, "DENSE_LEVELS", 0)
    return str(request.param)


@pytest.mark.parametrize("levels", [(40,), (60, 9), (9, 60), (80, 70), (60, 20, 8), (50, 40, 30, 5)])
def test_equals_dummies(levels: tuple[int, ...], way: str) -> None:
    values, effects, weights = sample(11, levels)
    found = partial_out(values, effects, weights)
    assert found.converged
    assert (found.iterations > 0) == (way == "iterated" and len(levels) > 1)
    assert distance(found.values, by_dummies(values, effects, weights)) < (DIRECT if way == "direct" else ITERATED)


def test_weakly_linked_workers_and_firms(way: str) -> None:
    rng = np.random.default_rng(12)
    worker = np.repeat(np.arange(150), 4)
    moves = rng.random((150, 4)) < 0.1
    firm = (rng.integers(0, 60, 150)[:, None] + np.cumsum(moves, axis=1)).ravel()
    effects, weights = [dense(worker), dense(firm)], np.ones(600)
    values = rng.normal(size=(600, 2))
    found = partial_out(values, effects, weights)
    assert distance(found.values, by_dummies(values, effects, weights)) < (DIRECT if way == "direct" else ITERATED)


def test_ring_of_two_groups_each(way: str) -> None:
    """The slowest graph for iterations: 120 + 120 groups in one ring, with three rows per link."""
    at = np.arange(120)
    first, second = np.repeat(at, 2), np.column_stack([at, (at + 1) % 120]).ravel()
    effects, weights = [np.repeat(first, 3), np.repeat(second, 3)], np.ones(720)
    values = np.random.default_rng(13).normal(size=(720, 2))
    found = partial_out(values, effects, weights)
    assert found.converged
    assert distance(found.values, by_dummies(values, effects, weights)) < (DIRECT if way == "direct" else ITERATED)


def test_effect_determined_by_another_changes_nothing() -> None:
    values, effects, weights = sample(14, (60, 9))
    industry = dense(effects[0] // 3)
    found = partial_out(values, [industry, *effects], weights)
    assert np.array_equal(found.values, partial_out(values, effects, weights).values)


def test_variable_made_of_effects_vanishes(way: str) -> None:
    values, effects, weights = sample(15, (60, 30))
    values[:, 0] = np.sqrt(effects[0]) - 3.0 * np.cos(effects[1])
    found = partial_out(values, effects, weights)
    assert found.converged
    assert np.linalg.norm(found.values[:, 0]) < ITERATED * np.linalg.norm(values[:, 0])
    assert distance(found.values[:, 1:], by_dummies(values[:, 1:], effects, weights)) < ITERATED


def test_large_means_cost_no_more_than_their_own_rounding() -> None:
    values, effects, weights = sample(16, (60, 9))
    near = partial_out(values, effects, weights).values
    assert distance(partial_out(values + 1e8, effects, weights).values, near) < 10 * 1e8 * np.finfo(float).eps + FAR


def test_input_is_left_alone() -> None:
    values, effects, weights = sample(17, (60, 9))
    before = values.copy()
    partial_out(values, effects, weights)
    assert np.array_equal(values, before)


def test_too_few_iterations_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 0)
    values, effects, weights = sample(18, (80, 70))
    found = partial_out(values, effects, weights, most=3)
    assert not found.converged
    assert found.iterations == 3
    assert found.error > 1e-10
