"""Units eliminated, against dense least squares on all dummies."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.two_way import Moments, label_moments, two_way

EXACT = 1e-10
"""Against LAPACK on the dummies: rounding of both."""


def drawn(seed: int) -> tuple[np.ndarray, ...]:
    r = np.random.default_rng(seed)
    unit, period = np.nonzero(r.random((20, 6)) < 0.8)
    return unit, period, r.normal(size=(len(unit), 2)), r.normal(size=(len(unit), 3))


@pytest.mark.parametrize("seed", [1, 2])
def test_fitted_values_equal_dense_least_squares(seed: int) -> None:
    unit, period, x, y = drawn(seed)
    system = two_way(unit, period, x, 20, 6)
    z = np.column_stack([np.eye(20)[unit], np.eye(6)[period], x])
    expected = z @ np.linalg.lstsq(z, y, rcond=None)[0]
    np.testing.assert_allclose(system.fitted(system.solve(system.moments(y))), expected, atol=EXACT)


def test_solution_of_other_rows_moments() -> None:
    unit, period, x, _ = drawn(3)
    label = np.arange(len(unit)) % 4
    system = two_way(unit, period, x, 20, 6)
    z = np.column_stack([np.eye(20)[unit], np.eye(6)[period], x])
    right = label_moments(label, 4, unit, period, x, (20, 6))
    np.testing.assert_allclose(
        np.concatenate([right.unit, right.period, right.column]), z.T @ np.eye(4)[label], atol=EXACT
    )
    found = system.solve(right)
    whole = np.concatenate([found.unit, found.period, found.column])
    np.testing.assert_allclose(z.T @ z @ whole, z.T @ np.eye(4)[label], atol=EXACT)


def test_groups_that_do_not_occur_get_zero() -> None:
    unit, period, x, y = drawn(4)
    system = two_way(unit, period, x, 22, 7)
    found = system.solve(system.moments(y))
    assert isinstance(found, Moments)
    assert not found.unit[20:].any() and not found.period[6].any()


def test_a_column_constant_within_units_is_not_kept() -> None:
    unit, period, x, _ = drawn(5)
    system = two_way(unit, period, np.column_stack([x, unit - unit.mean()]), 20, 6)
    assert system.kept[6:].tolist() == [True, True, False]
