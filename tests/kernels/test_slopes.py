"""Effects with slopes against written-out dummies and their products."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.kernels import absorb
from dualcarbon.kernels.slopes import partial_out_slopes, rank_with_slopes

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EQUAL = 1e-9  # lstsq on dummies keeps 10 to 12 digits
ORTHOGONAL = 1e-11
RANK = 1e-10


def columns(codes: Codes, by: Floats) -> Floats:
    return np.eye(codes.max() + 1)[codes] * by[:, None]


def design(effects: list[Codes], slopes: list[tuple[Codes, Floats]]) -> Floats:
    plain = [columns(codes, np.ones(len(codes))) for codes in effects]
    return np.column_stack([*plain, *(columns(codes, z) for codes, values in slopes for z in values.T)])


def drawn(seed: int = 0) -> tuple[dict[str, Codes], Floats, Floats, Floats]:
    r = np.random.default_rng(seed)
    n = 400
    draw = {"firm": r.integers(0, 35, n), "year": r.integers(0, 7, n), "kind": r.integers(0, 6, n)}
    codes = {name: np.unique(each, return_inverse=True)[1].astype(np.int64) for name, each in draw.items()}
    return codes, r.normal(size=(n, 2)), np.exp(r.normal(size=n)), r.normal(size=(n, 3))


CASES = [
    (["firm"], [("firm", 0)]),
    (["firm", "year"], [("firm", 0)]),
    (["year"], [("firm", 1)]),
    (["firm"], [("firm", 0), ("firm", 1)]),
    (["firm", "kind"], [("firm", 1), ("kind", 0)]),
    (["firm", "year", "kind"], [("year", 0), ("kind", 1)]),
    ([], [("firm", 0)]),
]


@pytest.mark.parametrize(("effects", "slopes"), CASES)
@pytest.mark.parametrize("dense", [512, 0])
def test_equals_dummies(
    effects: list[str], slopes: list[tuple[str, int]], dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absorb, "DENSE_LEVELS", dense)
    codes, z, w, v = drawn()
    chosen = [codes[name] for name in effects]
    varying = [(codes[name], np.ascontiguousarray(z[:, [j]])) for name, j in slopes]
    found = partial_out_slopes(v, chosen, varying, w)
    full, root = design(chosen, varying), np.sqrt(w)[:, None]
    slow = v - full @ np.linalg.lstsq(full * root, v * root, rcond=1e-12)[0]
    assert found.converged
    assert np.allclose(found.values, slow, atol=EQUAL)


@pytest.mark.parametrize(("effects", "slopes"), CASES[:-1])
def test_rank(effects: list[str], slopes: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    codes, z, _, _ = drawn()
    chosen = [codes[name] for name in effects]
    varying = [(codes[name], np.ascontiguousarray(z[:, [j]])) for name, j in slopes]
    exact = np.linalg.matrix_rank(design(chosen, varying), rtol=RANK)
    assert rank_with_slopes(chosen, varying) == exact
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 0)
    assert exact <= rank_with_slopes(chosen, varying) <= exact + 3


def test_a_common_trend_is_counted_once() -> None:
    """Firm trends with year effects: the constant and the trend are in both."""
    codes, _, w, v = drawn()
    trend = (2008.0 + codes["year"])[:, None]
    chosen, varying = [codes["firm"], codes["year"]], [(codes["firm"], trend)]
    firms, years = codes["firm"].max() + 1, codes["year"].max() + 1
    assert rank_with_slopes(chosen, varying) == 2 * firms + years - 2
    found = partial_out_slopes(v, chosen, varying, w).values
    full = design(chosen, [(codes["firm"], trend - 2011.0)])
    assert np.max(np.abs(full.T @ (found * w[:, None]))) < ORTHOGONAL * np.abs(full.T @ (v * w[:, None])).max() * 100


def test_groups_too_small_for_a_slope() -> None:
    """A group of one row has no slope, a group whose variable does not vary none either."""
    codes = np.array([0, 1, 1, 2, 2, 2], dtype=np.int64)
    z = np.array([5.0, 3.0, 3.0, 1.0, 2.0, 4.0])[:, None]
    v = np.array([1.0, 2.0, 4.0, 1.0, 2.0, 5.0])[:, None]
    assert rank_with_slopes([codes], [(codes, z)]) == 4
    found = partial_out_slopes(v, [codes], [(codes, z)], np.ones(6)).values
    assert np.allclose(found[:3, 0], [0.0, -1.0, 1.0], atol=ORTHOGONAL)
