"""One fault is planted in a healthy table; the rule made for it, and as a rule no other, must find those rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.panel import check
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules import load_rules
from dualcarbon.panel.rules.impossible_ratio import load_ratios

EXACT = 1e-12  # sums of a few hundred terms


def found(frame: pl.DataFrame, schema: str = "firm") -> dict[tuple[str, str], Finding]:
    return {(f.rule, f.column): f for f in check(frame, schema).items}


def planted(frame: pl.DataFrame, column: str, rows: list[int], value: float | str | None) -> pl.DataFrame:
    values = frame[column].to_list()
    for row in rows:
        values[row] = value
    return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))


def scaled(frame: pl.DataFrame, column: str, factor: float, where: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(pl.when(where).then(pl.col(column) * factor).otherwise(pl.col(column)).alias(column))


def test_nothing_is_found_where_nothing_is_wrong(healthy: pl.DataFrame) -> None:
    assert found(healthy) == {}


def test_every_rule_speaks_two_languages_and_finds_nothing_in_one_row() -> None:
    one = pl.DataFrame({"firm_id": ["1"], "year": [2015], "output_cny": [1e6]})
    assert set(load_rules()) == {
        "all_zero", "duplicate_keys", "energy_without_output", "impossible_ratio", "missing", "negative",
        "one_firm_group", "out_of_bounds", "outlier", "text_in_number", "unit_jump",
        "unit_year", "zero",
    }  # fmt: skip
    assert found(one) == {}


def test_duplicate_keys(healthy: pl.DataFrame) -> None:
    twice = pl.concat([healthy, healthy[[5, 2, 5]]])
    finding = found(twice)["duplicate_keys", "firm_id, year"]
    assert (finding.severity, finding.count) == ("error", 3)
    assert finding.keys == (("000", 2014), ("001", 2013))
    assert finding.share == pytest.approx(3 / 243, rel=EXACT)


def test_missing_keys_are_errors_and_missing_values_warnings(healthy: pl.DataFrame) -> None:
    holes = planted(planted(healthy, "firm_id", [3], None), "coal_t", [0, 1, 9], None)
    hits = found(holes)
    assert hits["missing", "firm_id"].severity == "error"
    assert hits["missing", "firm_id"].keys == ((None, 2015),)
    assert hits["missing", "coal_t"].severity == "warning"
    assert (hits["missing", "coal_t"].count, hits["missing", "coal_t"].share) == (3, 3 / 240)
    assert set(hits) == {("missing", "firm_id"), ("missing", "coal_t")}


def test_nan_counts_as_missing(healthy: pl.DataFrame) -> None:
    assert set(found(planted(healthy, "coal_t", [4], float("nan")))) == {("missing", "coal_t")}


def test_negative_output(healthy: pl.DataFrame) -> None:
    hits = found(planted(healthy, "output_cny", [0, 6], -1.0))
    finding = hits["negative", "output_cny"]
    assert (finding.severity, finding.count, finding.keys) == ("error", 2, (("000", 2012), ("001", 2014)))
    assert "不能小于零" in finding.means.zh
    assert "negative quantity" in finding.means.en
    assert set(hits) == {
        ("negative", "output_cny"),
        ("energy_without_output", "coal_t"),
        ("energy_without_output", "power_kwh"),
    }


def test_zero_output_and_energy_without_output(healthy: pl.DataFrame) -> None:
    idle = planted(planted(healthy, "output_cny", [10], 0.0), "coal_t", [10], 0.0)
    hits = found(idle)
    assert set(hits) == {("zero", "output_cny"), ("energy_without_output", "power_kwh")}
    assert hits["energy_without_output", "power_kwh"].keys == (("002", 2014),)


def test_zero_energy_is_no_fault(healthy: pl.DataFrame) -> None:
    assert found(planted(healthy, "coal_t", list(range(0, 240, 2)), 0.0)) == {}


def test_all_zero_coal_warns_and_all_zero_output_is_an_error(healthy: pl.DataFrame) -> None:
    hits = found(healthy.with_columns(pl.lit(0.0).alias("coal_t")))
    assert set(hits) == {("all_zero", "coal_t")}
    assert (hits["all_zero", "coal_t"].severity, hits["all_zero", "coal_t"].count) == ("warning", 240)
    assert "整列为零" in hits["all_zero", "coal_t"].means.zh
    hits = found(healthy.with_columns(pl.lit(None).cast(pl.Float64).alias("output_cny")))
    assert hits["all_zero", "output_cny"].severity == "error"


def test_one_firm_industries(healthy: pl.DataFrame) -> None:
    alone = healthy.with_columns(
        pl.when(pl.col("firm_id") == "059").then(pl.lit("16")).otherwise(pl.col("industry2")).alias("industry2")
    )
    finding = found(alone)["one_firm_group", "industry2"]
    assert (finding.count, finding.share, finding.keys) == (1, 0.25, (("16",),))
    assert "自成前沿" in finding.means.zh
    assert "its own frontier" in finding.means.en


def test_share_in_percent_is_out_of_bounds(healthy: pl.DataFrame) -> None:
    hits = found(healthy.with_columns(pl.col("digital_share") * 100))
    assert set(hits) == {("out_of_bounds", "digital_share")}
    assert hits["out_of_bounds", "digital_share"].severity == "error"


@pytest.mark.parametrize("column", ["output_cny", "coal_t", "power_kwh", "fixed_assets_cny"])
@pytest.mark.parametrize("factor", [1e4, 1e-4])
def test_a_whole_column_off_by_ten_thousand(healthy: pl.DataFrame, column: str, factor: float) -> None:
    hits = found(scaled(healthy, column, factor, pl.lit(True)))
    errors = [f for f in hits.values() if f.rule == "impossible_ratio" and f.severity == "error"]
    assert any(column in f.column for f in errors)
    assert all("整列单位有误" in f.means.zh and "another unit" in f.means.en for f in errors)


def test_one_year_off_by_ten_thousand_jumps_there_and_back(healthy: pl.DataFrame) -> None:
    where = (pl.col("year") == 2013) & (pl.col("firm_id") < "005")
    hits = found(scaled(healthy, "coal_t", 1e4, where))
    jump = hits["unit_jump", "coal_t"]
    assert jump.count == 10
    assert jump.keys[:2] == (("000", 2013), ("000", 2014))
    assert "单位不同" in jump.means.zh


def test_a_gap_between_years_is_no_jump(healthy: pl.DataFrame) -> None:
    where = pl.col("year") == 2012
    gap = scaled(healthy, "coal_t", 1e3, where).filter(pl.col("year") != 2013)
    assert ("unit_jump", "coal_t") not in found(gap)


def test_jumps_are_found_in_any_row_order(healthy: pl.DataFrame) -> None:
    off = scaled(healthy, "coal_t", 1e4, pl.col("year") == 2013)
    shuffled = off.sample(fraction=1, shuffle=True, seed=3)
    assert found(off)["unit_jump", "coal_t"] == found(shuffled)["unit_jump", "coal_t"]


def test_a_whole_year_in_another_unit_is_an_error(healthy: pl.DataFrame) -> None:
    finding = found(scaled(healthy, "output_cny", 1e-4, pl.col("year") == 2013))["unit_year", "output_cny"]
    assert (finding.severity, finding.count, finding.share) == ("error", 120, 0.5)
    assert finding.keys[:2] == (("000", 2013), ("000", 2014))
    assert "整年的单位不同" in finding.means.zh


def test_a_sixth_of_the_firms_in_another_unit_is_no_year(healthy: pl.DataFrame) -> None:
    some = (pl.col("year") == 2013) & pl.col("firm_id").is_in([f"{k:03d}" for k in range(10)])
    assert ("unit_year", "output_cny") not in found(scaled(healthy, "output_cny", 1e-4, some))


def test_nine_firms_are_too_few_to_judge_a_year(healthy: pl.DataFrame) -> None:
    few = healthy.filter(pl.col("firm_id") < "009")
    assert ("unit_year", "output_cny") not in found(scaled(few, "output_cny", 1e4, pl.col("year") == 2013))


def test_firms_off_by_ten_thousand_are_outliers(healthy: pl.DataFrame) -> None:
    off = scaled(healthy, "power_kwh", 1e-4, pl.col("firm_id").is_in(["003", "044"]))
    finding = found(off)["outlier", "power_kwh"]
    assert finding.count == 8
    assert finding.keys == (("003", 2012), ("003", 2013), ("003", 2014), ("003", 2015), ("044", 2012))


def test_outliers_equal_the_definition_spelled_out() -> None:
    """|ln x - median| > 6 x 1.4826 x median(|ln x - median|) within the industry, heavy tails, ten values at least."""
    rng = np.random.default_rng(11)
    n = 600
    frame = pl.DataFrame(
        {
            "firm_id": [str(k) for k in range(n)],
            "year": 2015,
            "industry2": ["a"] * 9 + ["b"] * 291 + ["c"] * 300,
            "coal_t": np.exp(rng.standard_t(1.5, n)),
        }
    )
    expected = []
    for group in ("a", "b", "c"):
        part = frame.filter(pl.col("industry2") == group)
        logs = np.log(part["coal_t"].to_numpy())
        off = np.abs(logs - np.median(logs))
        if len(logs) >= 10:
            expected += part["firm_id"].filter(pl.Series(off > 6 * 1.4826 * np.median(off))).to_list()
    finding = found(frame)["outlier", "coal_t"]
    assert finding.count == len(expected) > 5
    assert [key[0] for key in finding.keys] == expected[:5]


def test_outliers_are_judged_within_the_industry_not_across() -> None:
    rng = np.random.default_rng(2)
    level = np.repeat([1.0, 1e6], 50)
    frame = pl.DataFrame(
        {
            "firm_id": [str(k) for k in range(100)],
            "year": 2015,
            "industry2": ["a"] * 50 + ["b"] * 50,
            "coal_t": level * np.exp(rng.uniform(-0.5, 0.5, 100)),
        }
    )
    assert found(frame) == {}
    moved = frame.with_columns(pl.when(pl.col("firm_id") == "3").then(1e6).otherwise(pl.col("coal_t")).alias("coal_t"))
    assert found(moved)["outlier", "coal_t"].keys == (("3", 2015),)


def test_a_row_beyond_physics_is_a_warning() -> None:
    frame = pl.DataFrame(
        {"plant_id": ["a", "b"], "year": [2015, 2015], "capacity_kw": [1e5, 1e5], "power_kwh": [5e8, 9e8]}
    )
    finding = found(frame, "plant")["impossible_ratio", "power_kwh / capacity_kw"]
    assert (finding.severity, finding.count, finding.share, finding.keys) == ("warning", 1, 0.5, (("b", 2015),))
    assert "8784" in finding.means.zh


def test_ratios_name_columns_of_their_schema_and_bounds_are_nested() -> None:
    from dualcarbon.core.schema import load_schema, schema_names

    for name in schema_names():
        for ratio in load_ratios(name):
            assert {ratio.numerator, ratio.denominator} <= set(load_schema(name).names)
            assert ratio.row[0] <= ratio.median[0] < ratio.median[1] <= ratio.row[1]


def test_rows_without_a_year_are_missing_not_repeated() -> None:
    frame = pl.DataFrame({"firm_id": ["a", "a", "b"], "year": [None, None, 2015], "coal_t": [1.0, 2.0, 3.0]})
    assert [(f, v.count) for f, v in found(frame).items()] == [(("missing", "year"), 2)]
