import numpy as np
import pytest
from scipy import stats

from dualcarbon.core.results import Estimate
from dualcarbon.core.text import both


def estimate() -> Estimate:
    vcov = np.array([[0.04, 0.0], [0.0, 1.0]])
    return Estimate(("d", "x"), np.array([0.5, -1.0]), vcov, 100, "y", (), None, 0, 50.0, 0.5, 0.4, both("iid"))


def test_errors_p_values_and_intervals_follow_the_t_distribution() -> None:
    e = estimate()
    np.testing.assert_allclose(e.se, [0.2, 1.0], rtol=1e-15)
    np.testing.assert_allclose(e.p[0], 2 * stats.t.sf(2.5, 50), rtol=1e-12)
    np.testing.assert_allclose(e.interval()[0, 1], 0.5 + stats.t.ppf(0.975, 50) * 0.2, rtol=1e-12)


def test_stars_are_the_reports() -> None:
    assert estimate().stars("d") == "**"
    assert estimate().stars("x") == ""


def test_scaling_a_regressor_scales_its_coefficient_and_error_alone() -> None:
    scaled = estimate().scaled("d", 10.0)
    np.testing.assert_allclose(scaled.coef, [5.0, -1.0])
    np.testing.assert_allclose(scaled.se, [2.0, 1.0])
    np.testing.assert_allclose(scaled.p, estimate().p)


def test_results_are_frozen() -> None:
    with pytest.raises(AttributeError):
        estimate().n = 3  # type: ignore[misc]
    for numbers in (estimate().coef, estimate().vcov):
        with pytest.raises(ValueError, match="read-only"):
            numbers[0] = 9.0


def test_the_arrays_handed_in_stay_the_callers() -> None:
    vcov = np.eye(1)
    made = Estimate(("d",), np.ones(1), vcov, 9, "y", (), None, 0, 8.0, 0.5, 0.4, both("iid"))
    vcov[0, 0] = 4.0
    assert made.se.tolist() == [1.0]
