"""Measurement error and contamination: sizes, shares, and what they leave alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.accounting import account
from dualcarbon.core.errors import ConfigError
from dualcarbon.panel.survey import Noise, simulate_survey

ROWS = 100_000


@pytest.fixture(scope="module")
def seen():
    made = simulate_survey(rows=ROWS, seed=9)
    done = account(made.panel, boundary="coal_oil_power", factors="cn_2015").frame
    return made.truth.rows.with_columns(
        kind=pl.col("contamination").cast(pl.String),
        of_good=(done["output_cny"] / pl.col("output_clean_cny")).log(),
        of_bad=done["co2_t"] / pl.col("co2_clean_t"),
    )


def test_shares_are_exact(seen):
    counts = dict(seen["kind"].value_counts().rows())
    assert counts == {"none": 97_000, "outlier": 1_000, "zero": 1_000, "tiny": 1_000}
    assert seen["contaminated"].sum() == 3_000


def test_clean_rows_have_ten_percent_error(seen):
    clean = seen.filter(pl.col("kind") == "none")
    for errors in (clean["of_good"], clean["of_bad"].log()):
        assert errors.std() == pytest.approx(0.10, abs=4 * 0.10 / np.sqrt(2 * 97_000))
        assert errors.mean() == pytest.approx(0.0, abs=4 * 0.10 / np.sqrt(97_000))


def test_outliers_are_four_to_forty_fold_in_one_of_the_two(seen):
    rows = seen.filter(pl.col("kind") == "outlier")
    good, bad = rows["of_good"].abs().to_numpy(), rows["of_bad"].log().abs().to_numpy()
    gross = np.maximum(good, bad)
    assert gross.min() > np.log(4) - 0.5 and gross.max() < np.log(40) + 0.5
    assert 0.4 < np.mean(good > bad) < 0.6
    assert np.minimum(good, bad).max() < 0.5


def test_zero_rows_report_no_energy_and_tiny_rows_a_millionth(seen):
    assert seen.filter(pl.col("kind") == "zero")["of_bad"].max() == 0.0
    tiny = seen.filter(pl.col("kind") == "tiny")["of_bad"].log10()
    assert tiny.mean() == pytest.approx(-6.0, abs=0.1) and tiny.min() > -6.3 and tiny.max() < -5.7
    assert seen.filter(pl.col("kind") == "none")["of_bad"].min() > 0.5


def test_no_noise_is_no_noise():
    made = simulate_survey(rows=3_000, seed=1, noise=Noise.none())
    done = account(made.panel, boundary="coal_oil_power", factors="cn_2015").frame
    np.testing.assert_allclose(done["co2_t"], made.truth.rows["co2_clean_t"], rtol=1e-12)
    assert not made.truth.rows["contaminated"].any()


def test_noise_leaves_the_truth_of_clean_rows_nearly_alone():
    """Which rows report no energy decides which rows are balanced: the truth moves by O(1/sqrt(n)), not more."""
    one, other = (simulate_survey(rows=20_000, seed=1, noise=n).truth.rows for n in (Noise.none(), Noise.survey()))
    assert (one["inefficiency"] / other["inefficiency"]).log().std() < 5 / np.sqrt(20_000)
    assert (one["log_intensity"] - other["log_intensity"]).std() < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("bad", [{"y": -0.1}, {"zeros": 0.6, "tiny": 0.5}])
def test_impossible_noise_is_refused(bad):
    with pytest.raises(ConfigError):
        Noise(**bad)
