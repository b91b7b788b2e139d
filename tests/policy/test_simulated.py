"""The simulated cities: what is planted is what the truth says, selection is there, trends before treatment are not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.policy.gazetteer import cities
from dualcarbon.policy.lists import policy_list
from dualcarbon.policy.places import match_places
from dualcarbon.policy.simulated import CityEffect, SimulatedCities, simulate_cities

EXACT = 1e-12  # sums of doubles in another order
# 20 seeds of 297 cities: a mean over seeds of a difference between cohorts has a standard error below 0.004.
SEEDS, TREND = range(20), 0.015
QUIET = CityEffect(noise=0.0, city_effect=0.0, population=0.0, income=0.0)


def lines(drawn: SimulatedCities) -> pl.DataFrame:
    frame = drawn.panel.frame
    return frame.join(drawn.truth.rows, on=["city", "year"], how="left", validate="1:1").with_columns(
        pl.col("effect").fill_null(0.0)
    )


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    one, same, other = simulate_cities(seed=7), simulate_cities(seed=7), simulate_cities(seed=8)
    assert one.panel.frame.equals(same.panel.frame)
    assert one.truth.rows.equals(same.truth.rows)
    assert not one.panel.frame["ln_co2"].equals(other.panel.frame["ln_co2"])


def test_names_and_dates_are_real() -> None:
    drawn = simulate_cities(seed=1)
    known = {place.name: place.province for place in cities()}
    frame = drawn.panel.frame
    assert all(known[city] == province for city, province in frame.select("city", "province").unique().rows())
    assert drawn.panel.provenance.simulated
    match = match_places(policy_list("broadband_china"), drawn.panel, "city", first_column="listed")
    assert match.frame["listed"].equals(frame["first_treated"], check_names=False)
    assert match.unknown.height == 0
    assert (frame["city"].n_unique(), frame["year"].n_unique()) == (297, 14)


def test_columns_agree() -> None:
    frame = simulate_cities(seed=2).panel.frame
    assert np.allclose(np.log(frame["co2_t"]), frame["ln_co2"], atol=EXACT, rtol=0)
    per_person = np.log(frame["gdp_cny"] / frame["population_person"])
    assert np.allclose(per_person, frame["ln_gdp_per_person"], atol=1e-10, rtol=0)
    assert np.allclose(np.log(frame["population_person"]), frame["ln_population"], atol=1e-10, rtol=0)


@pytest.mark.parametrize("assignment", ["listed", "drawn"])
def test_without_noise_the_outcome_is_the_effect_and_the_years(assignment: str) -> None:
    """Treated minus never-treated cities of a year, by brute force."""
    drawn = simulate_cities(seed=3, effect=QUIET, assignment=assignment)  # type: ignore[arg-type]
    frame = lines(drawn)
    never = dict(frame.filter(pl.col("first_treated").is_null()).group_by("year").agg(pl.col("ln_co2").first()).rows())
    for year, outcome, planted in frame.select("year", "ln_co2", "effect").rows():
        assert abs(outcome - never[year] - planted) < EXACT


def test_the_truth_is_the_mean_of_what_was_planted() -> None:
    drawn = simulate_cities(seed=4)
    frame = lines(drawn).filter(pl.col("year") >= pl.col("first_treated"))
    effects: dict[tuple[int, int], list[float]] = {}
    for year, cohort, planted in frame.select("year", "first_treated", "effect").rows():
        effects.setdefault((cohort, year), []).append(planted)
    truth = drawn.truth
    assert {(g, t): n for g, t, n, _ in truth.group_time.rows()} == {key: len(v) for key, v in effects.items()}
    for cohort, period, _, att in truth.group_time.rows():
        assert abs(att - np.mean(effects[cohort, period])) < EXACT
        assert abs(att - truth.effect.at(cohort, period)) < EXACT
    assert abs(truth.att - np.mean([x for v in effects.values() for x in v])) < EXACT
    for relative, _, att in truth.event.rows():
        assert abs(att - np.mean([x for (g, t), v in effects.items() if t - g == relative for x in v])) < EXACT
    for cohort, _, att in truth.cohorts.rows():
        assert abs(att - np.mean([x for (g, _), v in effects.items() if g == cohort for x in v])) < EXACT


def test_the_effect_is_staggered_and_heterogeneous() -> None:
    truth = simulate_cities(seed=5).truth
    atts = {(g, t): att for g, t, _, att in truth.group_time.rows()}
    assert atts[2014, 2014] > atts[2014, 2019]
    assert atts[2014, 2016] < atts[2016, 2018]
    spread = truth.rows.filter(pl.col("year") == 2019)["effect"].std()
    assert isinstance(spread, float)
    assert spread > 0.02
    assert truth.effect.at(2014, 2013) == 0.0


@pytest.mark.parametrize("assignment", ["listed", "drawn"])
def test_selection_is_on_size_and_income(assignment: str) -> None:
    for seed in range(3):
        frame = simulate_cities(seed=seed, assignment=assignment).panel.frame  # type: ignore[arg-type]
        treated = frame.filter(pl.col("first_treated").is_not_null())
        never = frame.filter(pl.col("first_treated").is_null())
        for name in ("ln_population", "ln_gdp_per_person"):
            one, other = treated[name].mean(), never[name].mean()
            assert isinstance(one, float) and isinstance(other, float)
            assert one - other > 0.1


def trend_before(effect: CityEffect) -> float:
    """Growth of ln CO2 2006-2013 of treated minus never-treated cities, mean over the seeds."""
    found = []
    for seed in SEEDS:
        frame = simulate_cities(seed=seed, effect=effect).panel.frame
        ends = frame.filter(pl.col("year").is_in([2006, 2013])).pivot(
            "year", index=["city", "first_treated"], values="ln_co2"
        )
        growth = ends.select("first_treated", change=pl.col("2013") - pl.col("2006"))
        treated, never = (
            growth.filter(pl.col("first_treated").is_null() == n)["change"].to_numpy() for n in (False, True)
        )
        found.append(treated.mean() - never.mean())
    return float(np.mean(found))


def test_no_trend_before_treatment_unless_asked_for() -> None:
    assert abs(trend_before(CityEffect())) < TREND
    assert trend_before(CityEffect(trend=0.02)) > 0.05


def test_noise_is_serially_correlated() -> None:
    frame = simulate_cities(seed=6, effect=CityEffect(city_effect=0.0, population=0.0, income=0.0)).panel.frame
    noise = frame.filter(pl.col("first_treated").is_null()).pivot("year", index="city", values="ln_co2").drop("city")
    values = noise.to_numpy() - noise.to_numpy().mean(axis=0)
    correlation = np.corrcoef(values[:, :-1].ravel(), values[:, 1:].ravel())[0, 1]
    assert 0.4 < correlation < 0.6
    assert 0.07 < values.std() < 0.09


def test_fewer_cities_and_other_years() -> None:
    drawn = simulate_cities(60, (2010, 2018), seed=9, assignment="drawn")
    assert (drawn.panel.n, drawn.panel.frame["city"].n_unique()) == (540, 60)
    assert drawn.truth.group_time["period"].max() == 2018


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 5},
        {"count": 1000},
        {"years": (2014, 2019)},
        {"years": (2006, 2015)},
        {"seed": -1},
        {"assignment": "random"},
        {"effect": CityEffect(depth=((2014, -0.1),))},
    ],
)
def test_what_cannot_be_simulated(arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        simulate_cities(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"speed": 0.0}, {"persistence": 1.0}, {"noise": -1.0}, {"trend": np.nan}, {"depth": ()}]
)
def test_parameters_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        CityEffect(**wrong)  # type: ignore[arg-type]
