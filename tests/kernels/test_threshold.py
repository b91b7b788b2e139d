"""Sums of squares at every threshold against least squares on written-out dummies."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.kernels.threshold import (
    Ranked,
    curve,
    orthonormal,
    ranked,
    redrawn,
    residuals,
    sequence,
    statistic,
    without_basis,
)

Floats = NDArray[np.float64]

EQUAL = 1e-9  # lstsq on dummies itself keeps 10 to 12 digits
UNIT = 1e-13  # orthogonality after two reductions


def squares(y: Floats, columns: list[Floats]) -> float:
    z = np.column_stack(columns)
    return float(np.sum((y - z @ np.linalg.lstsq(z, y, rcond=None)[0]) ** 2))


class Case:
    """A panel in the order of its threshold variable, with what the slow twin needs."""

    def __init__(self, seed: int, share: float, firms: int = 25, periods: int = 6, least: int = 8) -> None:
        r = np.random.default_rng(seed)
        firm = np.nonzero(r.random((firms, periods)) < share)[0]
        firm = np.unique(firm, return_inverse=True)[1]
        n = len(firm)
        q = np.sort(np.round(r.random(n), 2))
        self.firm = firm[r.permutation(n)]
        self.x, self.z = r.normal(size=n) + 2.0, r.normal(size=n)
        self.y = self.x * (1.0 + (q > 0.4) - 0.5 * (q > 0.8)) + self.z + r.normal(size=n) + self.firm
        self.dummies = np.eye(self.firm.max() + 1)[self.firm]
        ends = np.flatnonzero(np.append(np.diff(q) > 0, True)) + 1
        self.ends = ends[(ends >= least) & (n - ends >= least)]
        sizes = np.bincount(self.firm).astype(float)
        within = np.column_stack([self.x, self.z, self.y])
        within -= ((self.dummies.T @ within) / sizes[:, None])[self.firm]
        basis, kept = orthonormal(np.ascontiguousarray(within[:, :2]), np.zeros(2))
        assert kept.all()
        self.left = without_basis(within[:, 2].copy(), basis)
        self.panel: Ranked = ranked(self.x, self.firm, sizes, basis, self.ends, least)

    def up_to(self, candidate: int) -> Floats:
        return np.where(np.arange(len(self.x)) < self.ends[candidate], self.x, 0.0)

    def slow(self, chosen: list[int]) -> float:
        return squares(self.y, [self.dummies, self.x, self.z, *map(self.up_to, chosen)])


CASES = [Case(1, 1.0), Case(2, 0.6), Case(3, 0.35)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("others", [[], [3], [20, 5]])
def test_every_candidate_equals_least_squares(case: Case, others: list[int]) -> None:
    found = curve(case.panel, case.left, np.array(others, np.int64))
    for c in range(len(case.ends)):
        near = any(abs(case.ends[c] - case.ends[o]) < case.panel.least for o in others)
        assert np.isinf(found[c]) == near
        if not near:
            assert found[c] == pytest.approx(case.slow([c, *others]), rel=EQUAL)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_sequence_is_a_minimum_in_each_threshold(case: Case, count: int) -> None:
    chosen, reached = sequence(case.panel, case.left, count)
    assert reached == pytest.approx(case.slow(chosen.tolist()), rel=EQUAL)
    for i in range(count):
        others = np.delete(chosen, i)
        assert np.argmin(curve(case.panel, case.left, others)) == chosen[i]


@pytest.mark.parametrize("case", CASES)
def test_the_statistic_adds_one_threshold_to_those_found(case: Case) -> None:
    for count in (1, 2, 3):
        chosen, before = sequence(case.panel, case.left, count - 1)
        room = [c for c in range(len(case.ends)) if np.isfinite(curve(case.panel, case.left, chosen)[c])]
        after = min(case.slow([c, *chosen.tolist()]) for c in room)
        assert statistic(case.panel, case.left, count) == pytest.approx((before - after) / after, rel=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_residuals_and_redrawn_outcomes(case: Case) -> None:
    chosen = np.array([4, 25], np.int64)
    errors = residuals(case.panel, case.left, chosen)
    assert np.sum(errors**2) == pytest.approx(case.slow([4, 25]), rel=EQUAL)
    by_firm = np.argsort(case.firm, kind="stable")
    sizes = case.panel.sizes.astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    places = np.empty(len(errors), np.int64)
    places[by_firm] = np.arange(len(errors)) - starts[case.firm[by_firm]]
    own, sign = np.arange(len(sizes)), np.where(np.arange(len(sizes)) % 3 == 0, -1.0, 1.0)
    found = redrawn(case.panel, case.left, errors[by_firm], starts, places, own, sign)
    drawn = errors * sign[case.firm]
    slow = case.left + drawn - case.panel.basis @ (case.panel.basis.T @ drawn)
    assert np.allclose(found, slow, rtol=0, atol=UNIT * np.abs(case.left).max() * 10)


def test_orthonormal_leaves_out_what_adds_nothing() -> None:
    a = np.random.default_rng(0).normal(size=(50, 4))
    columns = np.column_stack([a[:, 0], 3 * a[:, 0], a[:, 1], 1e-9 * a[:, 2], a[:, 0] - a[:, 1], a[:, 3]])
    basis, kept = orthonormal(columns, np.full(6, 1e-12))
    assert kept.tolist() == [True, False, True, False, False, True]
    assert np.allclose(basis.T @ basis, np.eye(3), atol=UNIT)
    assert np.allclose(basis @ (basis.T @ columns[:, kept]), columns[:, kept], atol=1e-12)


def test_a_regime_without_variation_is_no_candidate() -> None:
    case = Case(4, 1.0)
    x = case.x.copy()
    x[: case.ends[10]] = 0.0
    panel = ranked(x, case.firm, case.panel.sizes, case.panel.basis, case.ends, 8)
    assert np.isinf(curve(panel, case.left, np.zeros(0, np.int64))[:11]).all()
    assert (
        statistic(panel._replace(ends=case.ends[:5], norms=panel.norms[:5], floors=panel.floors[:5]), case.left, 1) == 0
    )
