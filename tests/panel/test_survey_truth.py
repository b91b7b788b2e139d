"""The planted truth against independent computation: medians, means, effects by least squares with dummies."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.accounting import account
from dualcarbon.core.errors import ConfigError
from dualcarbon.panel.survey import CesByproduct, Noise, QuadraticTechnology, ReportTruth, simulate_survey
from dualcarbon.panel.truth import printed, survey_rows

PLANTED = 1e-9  # medians and means are set by one multiplication and by secant steps to 1e-14
EFFECT = 1e-7  # dense least squares on hundreds of dummies; the planted effects hold to 1e-11
ROWS = 8_000

NAMES = [
    "mac_firm",
    "mac_industry",
    "mac_controls",
    "co2",
    "coal",
    "co2_small",
    "co2_large",
    "coal_small",
    "coal_large",
]


@pytest.fixture(scope="module")
def survey():
    return simulate_survey(rows=ROWS, seed=2024)


def dummies(frame, *columns):
    codes = frame.select(pl.struct(columns).rank("dense").alias("c"))["c"].to_numpy() - 1
    matrix = np.zeros((frame.height, int(codes.max()) + 1))
    matrix[np.arange(frame.height), codes] = 1.0
    return matrix


def observed(survey):
    """The survey with true and recorded outcomes; logs are NaN where there is no CO2."""
    done = account(survey.panel, boundary="coal_oil_power", factors="cn_2015").frame
    true = survey.truth.rows.select("mac_cny_per_t", "co2_clean_t", "large")
    frame = done.hstack(true)
    share = pl.col("co2_coal_t") / pl.col("co2_t")
    return frame.filter(pl.col("co2_t") > 0).with_columns(
        ln_mac=pl.col("mac_cny_per_t").log(),
        ln_true=pl.col("co2_clean_t").log(),
        ln_seen=pl.col("co2_t").log(),
        ln_coal=pl.when(share > 0).then((pl.col("co2_clean_t") * share).log()),
        ln_coal_seen=pl.when(share > 0).then(pl.col("co2_coal_t").log()),
        size=pl.col("fixed_assets_cny").log(),
        intensity=(pl.col("fixed_assets_cny") / pl.col("employees_person")).log(),
    )


def slope(frame, outcome, controls=("size", "intensity"), effects=("industry4", "year")):
    """Coefficient of digital use by dense least squares with dummies."""
    used = frame.filter(pl.col(outcome).is_not_null())
    own = used.select("digital_share", *controls).to_numpy()
    dummy = (
        dummies(used, *effects) if effects == ("industry4", "year") else np.hstack([dummies(used, e) for e in effects])
    )
    scale = np.r_[own.std(axis=0), np.ones(dummy.shape[1])]
    coef = np.linalg.lstsq(np.hstack([own, dummy]) / scale, used[outcome].to_numpy(), rcond=1e-12)[0]
    return coef[0] / scale[0]


def split(frame, outcome):
    return (
        slope(frame, outcome),
        slope(frame.filter(~pl.col("large")), outcome),
        slope(frame.filter(pl.col("large")), outcome),
    )


def estimands(survey):
    rows = survey.truth.effects.select("name", pl.col("estimand") / pl.col("unit_share"))
    return dict(rows.rows())


def test_effects_have_the_nine_columns(survey):
    effects = survey.truth.effects
    assert effects["name"].to_list() == NAMES
    for row in effects.to_dicts():
        assert row["printed"] == printed(row["exhibit"], f"effect.{row['column']}")
        assert row["label_zh"] and row["label_en"]


def test_industry_medians_are_the_printed_costs(survey):
    rows = survey.truth.rows.group_by("industry2").agg(pl.col("mac_cny_per_t").median())
    median = dict(rows.rows())
    cost = {r["key"].split(".")[1]: float(r["printed"]) for r in survey_rows("report_targets") if "mac." in r["key"]}
    assert len(cost) == 13
    for code, value in cost.items():
        assert median[code] == pytest.approx(value, rel=PLANTED)
    others = [v for code, v in median.items() if code not in cost]
    assert len(others) == 26 and all(78.49 < v < 1381.06 for v in others)


def test_industry_means_are_the_printed_rooms(survey):
    rows = survey.truth.rows.with_columns(room=1 - (-pl.col("inefficiency")).exp()).group_by("industry2")
    mean = dict(rows.agg(pl.col("room").mean()).rows())
    room = {r["key"].split(".")[1]: float(r["printed"]) for r in survey_rows("report_targets") if "room." in r["key"]}
    assert len(room) == 10
    for code, value in room.items():
        assert mean[code] == pytest.approx(value, abs=PLANTED)
    others = [v for code, v in mean.items() if code not in room]
    assert len(others) == 29 and all(0.08 < v < 0.17 for v in others)


def test_industry_table_repeats_the_rows(survey):
    mac, co2 = pl.col("mac_cny_per_t"), pl.col("co2_clean_t")
    again = (
        survey.truth.rows.group_by("industry2")
        .agg(mac.mean().alias("mean"), ((mac * co2).sum() / co2.sum()).alias("weighted"))
        .sort("industry2")
    )
    table = survey.truth.industries
    np.testing.assert_allclose(table["mac_mean"], again["mean"], rtol=PLANTED)
    np.testing.assert_allclose(table["mac_co2_weighted"], again["weighted"], rtol=PLANTED)
    assert table["mac_planted"].sum() == 13 and table["room_planted"].sum() == 10


def test_co2_effects_are_the_printed_ones(survey):
    frame = observed(survey)
    np.testing.assert_allclose(split(frame, "ln_true"), (-1.4096, -0.7033, -2.2270), rtol=EFFECT)


def test_measurement_error_leaves_the_co2_effects_as_they_are():
    frame = observed(simulate_survey(rows=12_000, seed=4, noise=Noise(outliers=0.0, tiny=0.0)))
    np.testing.assert_allclose(split(frame, "ln_seen"), (-1.4096, -0.7033, -2.2270), rtol=EFFECT)
    np.testing.assert_allclose(slope(frame, "ln_coal_seen"), -4.0680, rtol=EFFECT)


def test_coal_effects_keep_the_pooled_value_and_the_ratio(survey):
    pooled, small, large = split(observed(survey), "ln_coal")
    assert pooled == pytest.approx(-4.0680, rel=EFFECT)
    assert small / large == pytest.approx(0.0091 / 0.0140, rel=EFFECT)
    known = estimands(survey)
    np.testing.assert_allclose((small, large), (known["coal_small"], known["coal_large"]), rtol=EFFECT)


def test_mac_effects_are_the_printed_ones(survey):
    frame = observed(survey)
    assert slope(frame, "ln_mac", ()) == pytest.approx(2.8, rel=EFFECT)
    assert slope(frame, "ln_mac") == pytest.approx(1.9, rel=EFFECT)


def test_mac_effect_with_firm_and_year_effects():
    frame = observed(simulate_survey(rows=2_500, seed=8))
    assert slope(frame, "ln_mac", (), ("firm_id", "year")) == pytest.approx(1.6, rel=EFFECT)


def test_digital_use_lies_between_zero_and_one_without_pile_ups(survey):
    digital = survey.frame["digital_share"]
    assert digital.min() > 0.0 and digital.max() < 0.2
    assert digital.n_unique() == digital.len()


def test_another_truth_is_followed():
    truth = ReportTruth(
        mac_cny_per_t={"06": 500.0, "46": 20.0},
        mac_rest=(30.0, 400.0),
        abatement_room={"06": 0.25},
        room_rest=(0.05, 0.06),
        mac_effect=(1.0, 2.0, 1.2),
        co2_effect=(-0.9, -1.1, -0.6),
        coal_effect=-2.0,
        coal_ratio=1.5,
    )
    made = simulate_survey(rows=ROWS, seed=1, truth=truth)
    frame = observed(made)
    np.testing.assert_allclose(split(frame, "ln_true"), (-0.9, -1.1, -0.6), rtol=EFFECT)
    assert slope(frame, "ln_mac", ()) == pytest.approx(2.0, rel=EFFECT)
    assert slope(frame, "ln_mac") == pytest.approx(1.2, rel=EFFECT)
    pooled, small, large = split(frame, "ln_coal")
    assert (pooled, small / large) == (pytest.approx(-2.0, rel=EFFECT), pytest.approx(1.5, rel=EFFECT))
    table = made.truth.industries
    assert table.filter(pl.col("industry2") == "46")["mac_median"][0] == pytest.approx(20.0, rel=PLANTED)
    rest = table.filter(~pl.col("industry2").is_in(["06", "46"]))
    assert rest["mac_median"].min() > 30.0 and rest["mac_median"].max() < 400.0
    assert table["room_mean"].sort()[-1] == pytest.approx(0.25, abs=PLANTED)


def test_scaled_truth_scales_everything():
    once, twice = ReportTruth(), ReportTruth().scaled(mac=2.0, room=0.5, effects=2.0)
    made = simulate_survey(rows=ROWS, seed=1, truth=twice)
    known = estimands(made)
    for name, value in zip(("mac_firm", "mac_industry", "mac_controls"), once.mac_effect, strict=True):
        assert known[name] == pytest.approx(2 * value, rel=EFFECT)
    assert made.truth.industries["mac_median"].to_list() == pytest.approx(
        [2 * v for v in once.mac_target().values()], rel=PLANTED
    )


def test_no_effect_can_be_planted():
    known = estimands(simulate_survey(rows=ROWS, seed=1, truth=ReportTruth().scaled(effects=0.0)))
    assert max(abs(v) for v in known.values()) < EFFECT


def test_effects_that_no_technology_gives_are_refused():
    with pytest.raises(ConfigError, match="rho"):
        simulate_survey(rows=2_000, truth=ReportTruth(mac_effect=(1.6, 2.8, -1.9)))


def test_a_given_rho_is_kept_and_column_three_follows():
    made = simulate_survey(rows=ROWS, seed=1, technology=CesByproduct(rho=-0.2))
    row = made.truth.effects.filter(pl.col("name") == "mac_controls").row(0, named=True)
    assert made.truth.constants["rho"] == -0.2 and row["status"] == "follows" and row["target"] is None
    assert slope(observed(made), "ln_mac") == pytest.approx(row["estimand"] * 1000, rel=EFFECT)
    assert row["estimand"] < 0.0017


def test_returns_to_scale_leave_the_effects():
    made = simulate_survey(rows=ROWS, seed=1, technology=CesByproduct(returns=0.93))
    frame = observed(made)
    assert slope(frame, "ln_mac", ()) == pytest.approx(2.8, rel=EFFECT)
    assert slope(frame, "ln_mac") == pytest.approx(1.9, rel=EFFECT)


def test_quadratic_effects_follow():
    made = simulate_survey(rows=ROWS, seed=1, technology=QuadraticTechnology())
    frame, known = observed(made), estimands(made)
    assert set(made.truth.effects["status"]) == {"follows"}
    assert slope(frame, "ln_mac") == pytest.approx(known["mac_controls"], rel=EFFECT)
    np.testing.assert_allclose(
        split(frame, "ln_true"), [known[n] for n in ("co2", "co2_small", "co2_large")], rtol=EFFECT
    )


def test_few_coal_rows_leave_the_coal_columns_to_follow():
    made = simulate_survey(rows=2_000, seed=1)
    status = dict(made.truth.effects.select("name", "status").rows())
    assert {status[n] for n in ("coal", "coal_small", "coal_large")} == {"follows"}
    assert {status[n] for n in NAMES[:4]} == {"planted"}


def test_balancing_moves_noise_by_little():
    plain, balanced = (simulate_survey(rows=50_000, seed=3, balanced=b).truth.rows for b in (False, True))
    intensity = (balanced["log_intensity"] - plain["log_intensity"]).to_numpy()
    inefficiency = (balanced["inefficiency"] / plain["inefficiency"]).log().to_numpy()
    for moved in (intensity, inefficiency):
        assert 0.0 < np.sqrt(np.mean(moved**2)) < 5 / np.sqrt(50_000)


def test_plain_sampling_is_right_on_average():
    """Errors of ln CO2's effect over seeds, against the estimand given the regressors: mean zero, spread not."""
    errors = []
    for seed in range(30):
        made = simulate_survey(rows=2_500, seed=seed, balanced=False, noise=Noise.none())
        errors.append(slope(observed(made), "ln_true") - estimands(made)["co2"])
    errors = np.array(errors)
    assert abs(errors.mean()) < 3.0 * errors.std(ddof=1) / np.sqrt(len(errors))
    assert errors.std(ddof=1) > 1.0


@pytest.mark.long
def test_the_report_at_full_size():
    made = simulate_survey()
    effects = made.truth.effects
    assert made.panel.n == 1_009_114
    planted = effects.filter(pl.col("status") == "planted")
    np.testing.assert_allclose(planted["estimand"], planted["printed"], rtol=1e-9)
    assert planted.height == 7
    coal = effects.filter(pl.col("status") == "follows")
    assert coal["printed_unit_share"][0] == pytest.approx(coal["printed_unit_share"][1], rel=1e-9)
