"""Technologies: the marginal abatement cost is the slope of the frontier, by finite differences."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from dualcarbon.core.errors import ConfigError
from dualcarbon.panel.survey import CesByproduct, QuadraticTechnology, simulate_survey

SLOPE = 1e-8  # central differences with a relative step of 1e-5: error of order 1e-10, rounding 1e-11
EXACT = 1e-12
REFERENCE = (150.0, 2e7)  # labour and capital of the reference firm, as on the methodology page


def scales(survey):
    table = survey.truth.industries.select("industry2", "output_scale_cny", "co2_scale_t")
    return survey.frame.select("industry2").join(table, on="industry2", how="left", maintain_order="left")


def ces_frontier(technology, labour, capital, co2):
    """Good output on the frontier, industry units: the formula written out anew."""
    l1, l2 = np.log(labour / REFERENCE[0]), np.log(capital / REFERENCE[1])
    w, c, rho, de = technology.labour, technology.curvature, technology.rho, technology.de
    composite = np.exp(w * l1 + (1 - w) * l2 - c * (l1 - l2) ** 2)
    per_input = co2 / composite
    return (composite * (de * per_input**rho + 1 - de) ** (1 / rho)) ** technology.returns


@pytest.mark.parametrize("returns", [1.0, 0.93])
def test_ces_price_is_the_slope_of_the_frontier(returns):
    made = simulate_survey(rows=5_000, seed=1, technology=CesByproduct(returns=returns))
    rows, unit = made.truth.rows, scales(made)
    technology = made.truth.technology
    labour, capital = made.frame["employees_person"].to_numpy(), made.frame["fixed_assets_cny"].to_numpy()
    co2 = (rows["co2_clean_t"] * (-rows["inefficiency"]).exp() / unit["co2_scale_t"]).to_numpy()
    step = 1e-5 * co2
    up, down = (ces_frontier(technology, labour, capital, co2 + s) for s in (step, -step))
    slope = (up - down) / (2 * step) * (unit["output_scale_cny"] / unit["co2_scale_t"]).to_numpy()
    np.testing.assert_allclose(rows["mac_cny_per_t"], slope, rtol=1e-7)


def test_inefficiency_reaches_the_frontier():
    made = simulate_survey(rows=5_000, seed=1)
    rows, unit = made.truth.rows, scales(made)
    u = rows["inefficiency"].to_numpy()
    co2 = (rows["co2_clean_t"] / unit["co2_scale_t"]).to_numpy() * np.exp(-u)
    good = (rows["output_clean_cny"] / unit["output_scale_cny"]).to_numpy() * np.exp(u)
    inputs = made.frame["employees_person"].to_numpy(), made.frame["fixed_assets_cny"].to_numpy()
    np.testing.assert_allclose(good, ces_frontier(made.truth.technology, *inputs, co2), rtol=EXACT * 100)
    assert (u > 0).all()


@given(
    labour=st.floats(1, 1e5),
    capital=st.floats(1e4, 1e10),
    co2=st.floats(1e-3, 1e3),
    factor=st.floats(1e-3, 1e3),
    returns=st.floats(0.7, 1.2),
)
def test_ces_is_homogeneous(labour, capital, co2, factor, returns):
    technology = CesByproduct(rho=-0.6, returns=returns)
    logs = np.array([np.log(labour / REFERENCE[0])]), np.array([np.log(capital / REFERENCE[1])])
    moved = [v + np.log(factor) for v in logs]
    np.testing.assert_allclose(
        technology.composite(*moved) - technology.composite(*logs), np.log(factor), rtol=1e-9, atol=1e-9
    )
    intensity = np.array([np.log(co2)])
    one = technology.good(technology.composite(*logs), intensity)
    other = technology.good(technology.composite(*moved), intensity)
    np.testing.assert_allclose(other - one, returns * np.log(factor), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rho", [-3.0, -0.5, -1e-9, 0.0, 0.5])
def test_slope_of_the_log_price(rho):
    technology = CesByproduct(rho=rho)
    r = np.linspace(-3, 3, 41)
    step = 1e-5
    numeric = (technology.log_price(r + step) - technology.log_price(r - step)) / (2 * step)
    np.testing.assert_allclose(technology.log_price_slope(r), numeric, rtol=SLOPE, atol=SLOPE)


def test_cobb_douglas_is_the_limit():
    r = np.linspace(-3, 3, 11)
    near, limit = CesByproduct(rho=-1e-8), CesByproduct(rho=0.0)
    np.testing.assert_allclose(near.log_price(r), limit.log_price(r), atol=1e-6)
    np.testing.assert_allclose(limit.elasticity(r), limit.de, rtol=EXACT)


@pytest.mark.parametrize("rho", [-2.0, -0.6])
def test_mean_slope_by_quadrature(rho):
    technology = CesByproduct(rho=rho)
    wanted = quad(lambda r: technology.log_price_slope(np.array([r]))[0] * norm.pdf(r, scale=1.1), -9, 9)[0]
    assert technology.mean_slope(rho, 1.1) == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("bad", [{"rho": 1.0}, {"de": 0.0}, {"de": 1.0}, {"returns": 0.0}, {"labour": 1.0}])
def test_impossible_parameters_are_refused(bad):
    with pytest.raises(ConfigError):
        CesByproduct(**bad)


def test_unsolved_rho_is_said():
    with pytest.raises(ConfigError, match="rho=None"):
        CesByproduct().elasticity(np.zeros(1))


def quadratic_distance(composite, good, bad):
    """D with direction (1, -1): the formula of the methodology page written out anew."""
    both = good + bad
    return bad - (0.7 * both - 0.4 * composite + 0.25 * (both - 2 * composite) ** 2)


def test_quadratic_distance_is_inefficiency_and_its_slopes_are_the_price():
    made = simulate_survey(rows=5_000, seed=1, technology=QuadraticTechnology())
    rows, unit = made.truth.rows, scales(made)
    x = 0.55 * made.frame["employees_person"].to_numpy() / REFERENCE[0]
    x += 0.45 * made.frame["fixed_assets_cny"].to_numpy() / REFERENCE[1]
    good = (rows["output_clean_cny"] / unit["output_scale_cny"]).to_numpy()
    bad = (rows["co2_clean_t"] / unit["co2_scale_t"]).to_numpy()
    u = rows["inefficiency"].to_numpy()
    np.testing.assert_allclose(quadratic_distance(x, good, bad), u, atol=1e-12)
    np.testing.assert_allclose(quadratic_distance(x, good + 0.1, bad - 0.1), u - 0.1, atol=1e-12)
    y, b, step = good + u, bad - u, 1e-5
    by_good = (quadratic_distance(x, y + step, b) - quadratic_distance(x, y - step, b)) / (2 * step)
    by_bad = (quadratic_distance(x, y, b + step) - quadratic_distance(x, y, b - step)) / (2 * step)
    price = -by_bad / by_good * (unit["output_scale_cny"] / unit["co2_scale_t"]).to_numpy()
    np.testing.assert_allclose(rows["mac_cny_per_t"], price, rtol=SLOPE)
    np.testing.assert_allclose(rows["abatement_room"], u / bad, rtol=1e-9)
    assert good.min() > 0 and b.min() > 0


def test_quadratic_medians_and_rooms_are_planted():
    made = simulate_survey(rows=5_000, seed=1, technology=QuadraticTechnology())
    table = made.truth.industries
    np.testing.assert_allclose(table["mac_median"], table["mac_target"], rtol=1e-9)
    np.testing.assert_allclose(table["room_mean"], table["room_target"], atol=1e-9)


def test_intensity_spreads_as_in_the_design():
    """P99/P1 of CO2 per output inside an industry: above the 20 beyond which a quadratic function fails."""
    rows = simulate_survey(rows=100_000, seed=1).truth.rows
    ratio = (rows["co2_clean_t"] / rows["output_clean_cny"]).filter(rows["industry2"] == "35")
    assert 20 < ratio.quantile(0.99) / ratio.quantile(0.01) < 30
    assert rows.filter(pl.col("industry2") == "35").height > 5_000
