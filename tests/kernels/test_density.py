"""The density against scipy's."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.density import density


def test_equals_scipy_with_the_same_bandwidth() -> None:
    from scipy.stats import gaussian_kde

    draws = np.random.default_rng(0).normal(size=500)
    x, y = density(draws)
    quartiles = np.subtract(*np.quantile(draws, (0.75, 0.25))) / 1.34
    width = 0.9 * min(draws.std(), quartiles) * 500**-0.2
    theirs = gaussian_kde(draws, bw_method=width / draws.std(ddof=1))(x)
    np.testing.assert_allclose(y, theirs, rtol=1e-9)


@pytest.mark.parametrize("draws", [np.array([2.0]), np.full(9, -3.0), np.array([0.0, 0.0, 0.0, 1.0, 5.0])])
def test_few_or_equal_draws_still_hold_mass_one(draws: np.ndarray) -> None:
    x, y = density(draws)
    assert np.trapezoid(y, x) == pytest.approx(1.0, abs=0.01)
