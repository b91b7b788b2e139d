"""The simulated survey as a table: size, bytes, keys, spells, ranges, what the accounts restore."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from dualcarbon.accounting import account
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.factors import factor_set_names
from dualcarbon.core.schema import load_schema
from dualcarbon.core.tables import industries, provinces
from dualcarbon.panel.survey import Noise, QuadraticTechnology, ReportTruth, simulate_survey

EXACT = 1e-12  # quantity = CO2 part / factor and back: three roundings
ROWS = 20_000


@pytest.fixture(scope="module")
def survey():
    return simulate_survey(rows=ROWS, seed=5)


def digest(survey):
    parts = (survey.frame, survey.truth.rows, survey.truth.industries, survey.truth.effects, survey.faults)
    return hashlib.sha256(b"".join(p.write_ipc(None).getvalue() for p in parts)).hexdigest()


@pytest.mark.parametrize("rows", [2_000, 2_001, 7_919, ROWS])
def test_exactly_the_rows_asked_for(rows):
    made = simulate_survey(rows=rows, seed=1)
    assert made.panel.n == made.truth.rows.height == made.frame.height == rows
    assert made.truth.industries["rows"].sum() == rows


def test_same_seed_same_bytes_and_another_seed_others(survey):
    assert digest(survey) == digest(simulate_survey(rows=ROWS, seed=5))
    assert digest(survey) != digest(simulate_survey(rows=ROWS, seed=6))


@pytest.mark.parametrize("threads", ["1", "2"])
def test_bytes_do_not_depend_on_threads(survey, threads):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
    script = (
        "import hashlib\n"
        "from dualcarbon.panel.survey import simulate_survey\n"
        f"s = simulate_survey(rows={ROWS}, seed=5)\n"
        "parts = (s.frame, s.truth.rows, s.truth.industries, s.truth.effects, s.faults)\n"
        "print(hashlib.sha256(b''.join(p.write_ipc(None).getvalue() for p in parts)).hexdigest())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **dict.fromkeys(names, threads)},
    )
    assert run.stdout.strip() == digest(survey)


def test_columns_and_values_fit_the_schema(survey):
    schema = load_schema("firm")
    assert survey.frame.columns == [n for n in schema.names if n in survey.frame.columns]
    for name in survey.frame.columns:
        column = schema[name]
        values = survey.frame[name]
        assert values.null_count() == 0
        if column.kind != "text":
            assert (column.low is None or values.min() >= column.low) and (
                column.high is None or values.max() <= column.high
            )


def test_simulated_is_written_on_the_panel(survey):
    assert survey.panel.provenance.simulated and "5" in survey.panel.provenance.name.en
    assert (survey.panel.id, survey.panel.time) == ("firm_id", "year")


def test_truth_is_aligned_with_the_panel(survey):
    assert survey.truth.rows.select("firm_id", "year", "industry2").equals(
        survey.panel.frame.select("firm_id", "year", "industry2")
    )


def test_codes_are_known_ones(survey):
    f = survey.frame
    assert set(f["industry2"]) == set(industries())
    assert set(f["province"]) == {p.short.zh for p in provinces()} - {"西藏"}
    assert (f["industry4"].str.slice(0, 2) == f["industry2"]).all()
    per_firm = f.group_by("firm_id").agg(pl.col("industry4", "province", "ownership").n_unique())
    assert per_firm.drop("firm_id").max().row(0) == (1, 1, 1)


def test_firms_enter_and_leave(survey):
    spell = survey.frame.group_by("firm_id").agg(
        pl.col("year").min().alias("first"), pl.col("year").max().alias("last"), pl.len().alias("rows")
    )
    assert ((spell["last"] - spell["first"] + 1) == spell["rows"]).all()
    assert 0.2 < (spell["first"] > 2008).mean() < 0.8 and 0.3 < (spell["last"] < 2016).mean() < 0.9
    assert (spell["rows"] == 1).any() and (spell["rows"] == 9).any()
    assert set(survey.frame["year"]) == set(range(2008, 2017))


def test_age_grows_by_one_a_year(survey):
    f = survey.frame.with_columns(pl.col("age_year").diff().over("firm_id").alias("step"))
    assert set(f["step"].drop_nulls()) == {1.0} and f["age_year"].min() > 0


def test_sizes_span_four_to_five_orders_of_magnitude():
    f = simulate_survey(rows=200_000, seed=1).frame
    for name in ("employees_person", "fixed_assets_cny", "output_cny"):
        low, high = f.select(pl.col(name).quantile(0.0001).alias("a"), pl.col(name).quantile(0.9999).alias("b")).row(0)
        assert 4.0 < np.log10(high / low) < 6.0


def test_sizes_of_the_quadratic_design_stay_within_a_factor_of_five():
    f = simulate_survey(rows=ROWS, seed=1, technology=QuadraticTechnology()).frame
    for name in ("employees_person", "fixed_assets_cny"):
        assert f[name].max() / f[name].min() < 5.0


def test_more_large_firms_than_small_burn_coal(survey):
    large, coal = survey.truth.rows["large"], survey.frame["coal_t"] > 0
    assert 0.04 < coal.filter(~large).mean() < 0.09
    assert 0.33 < coal.filter(large).mean() < 0.45
    assert abs(large.mean() - 0.5) < 1e-3


@pytest.mark.parametrize("factors", factor_set_names())
def test_accounts_restore_the_co2_that_was_split(factors):
    made = simulate_survey(rows=3_000, seed=2, factors=factors, noise=Noise.none())
    done = account(made.panel, boundary="coal_oil_power", factors=factors)
    np.testing.assert_allclose(done.frame["co2_t"], made.truth.rows["co2_clean_t"], rtol=EXACT)
    np.testing.assert_allclose(made.frame["output_cny"], made.truth.rows["output_clean_cny"], rtol=EXACT)


def test_coal_stays_below_the_whole(survey):
    done = account(survey.panel, boundary="coal_oil_power", factors="cn_2015").frame.filter(pl.col("co2_t") > 0)
    assert (done["co2_coal_t"] / done["co2_t"]).max() < 0.9 + 1e-12


def test_too_few_rows_are_refused():
    with pytest.raises(ConfigError, match="rows=1999"):
        simulate_survey(rows=1_999)


def test_dirty_adds_rows_and_lists_them():
    clean, dirty = (simulate_survey(rows=5_000, seed=3, dirty=d) for d in (False, True))
    assert clean.faults.height == 0 and clean.faults.schema == dirty.faults.schema
    assert dirty.panel.frame.equals(clean.panel.frame)
    assert dirty.faults["fault"].value_counts().sort("fault").rows() == [
        ("duplicate", 10),
        ("missing", 10),
        ("negative", 10),
        ("unit", 10),
    ]
    kept = dirty.frame.with_row_index("row").join(
        dirty.faults.select(pl.col("row").cast(pl.UInt32)), on="row", how="anti"
    )
    assert kept.drop("row").sort("firm_id", "year").equals(clean.frame)
    listed = dirty.frame[dirty.faults["row"].to_numpy()]
    assert listed["firm_id"].to_list() == dirty.faults["firm_id"].to_list()
    output = dict(zip(dirty.faults["fault"], listed["output_cny"], strict=True))
    assert output["missing"] is None and output["negative"] < 0


def test_unit_slips_are_ten_thousandfold():
    made = simulate_survey(rows=5_000, seed=3, dirty=True)
    rows = made.frame[made.faults.filter(pl.col("fault") == "unit")["row"].to_numpy()]
    key = ["employees_person", "fixed_assets_cny", "year"]
    source = made.panel.frame.select(*key, pl.col("output_cny").alias("before"))
    pair = rows.join(source, on=key, how="left", validate="m:1")
    np.testing.assert_allclose(pair["output_cny"] / pair["before"], 1e4, rtol=EXACT)


def test_truth_can_be_another_one():
    with pytest.raises(ConfigError, match="unknown industries"):
        ReportTruth(mac_cny_per_t={"99": 1.0})
    with pytest.raises(ConfigError, match="pooled CO2 effect"):
        ReportTruth(co2_effect=(-3.0, -1.0, -2.0))
    with pytest.raises(ConfigError, match="rooms"):
        ReportTruth().scaled(room=3.0)


def test_it_prints_in_a_few_lines(survey):
    assert repr(survey).startswith("Survey(Panel(20,000 rows") and "39 industries, 9 effects" in repr(survey)
    assert len(repr(survey)) < 500
