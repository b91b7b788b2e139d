"""Peaks: published years, a slow twin, every verdict, robustness, the refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.text import LANGUAGES
from dualcarbon.nations import STATUSES, PeakRule, peaks, read_emissions, shipped_emissions
from dualcarbon.nations.peaking import moving_mean

EXACT = 1e-12  # sums of at most five floats
PRINTED = 0.05  # emissions are quoted with one decimal, Mt
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
# Table 2-1's countries: peak year, Mt, runner-up year, Mt below, robust under the default rule.
KNOWN = {
    "GBR": (1971, 660.4, 1973, 0.8, False),
    "DEU": (1979, 1117.9, 1980, 17.8, True),
    "USA": (2005, 6130.6, 2007, 2.7, False),
    "JPN": (2013, 1315.1, 2012, 9.2, False),
}


def series(values: list[float], first: int = 2000, name: str = "A") -> pl.DataFrame:
    return pl.DataFrame({"iso3": name, "year": range(first, first + len(values)), "co2_mt": values})


@pytest.mark.parametrize("code", KNOWN)
def test_the_peaks_of_table_2_1(code: str) -> None:
    row = peaks(shipped_emissions()).of(code)
    year, amount, second, gap, robust = KNOWN[code]
    assert (row["status"], row["peak_year"], row["runner_up_year"], row["robust"]) == ("peaked", year, second, robust)
    assert row["co2_mt"] == pytest.approx(amount, abs=PRINTED)
    assert row["runner_up_gap_mt"] == pytest.approx(gap, abs=PRINTED)


def test_japans_five_year_mean_peaks_in_2005() -> None:
    assert peaks(shipped_emissions()).of("JPN")["window_years"] == "1:2013 3:2013 5:2005"


def test_china_has_not_peaked_to_2018() -> None:
    row = peaks(shipped_emissions()).of("CHN")
    assert (row["status"], row["peak_year"], row["years_after"], row["robust"]) == ("rising", 2018, 0, None)


def test_the_extract_is_the_publishers_file() -> None:
    if not (SHARED / "owid_co2_1900_2018.csv.gz").is_file():
        pytest.skip("the publishers' files are not beside the checkout")
    rule = PeakRule(since=1960)
    every = peaks(read_emissions(SHARED), rule=rule, gaps="status")
    own = peaks(shipped_emissions(), rule=rule)
    assert every.frame.filter(pl.col("country").is_in(own.frame["country"].to_list())).equals(own.frame)
    assert every.frame.height == 222
    assert every.frame.filter(status="gaps")["country"].sort().to_list() == ["FLK", "SHN", "SWZ"]


FALLING = [10.0, 20.0, 19.0, 18.0, 17.0, 16.0, 15.0, 14.0]


@pytest.mark.parametrize(
    ("values", "rule", "status"),
    [
        (FALLING, PeakRule(), "peaked"),
        ([1.0, 2.0, 3.0], PeakRule(), "rising"),
        ([5.0, 5.0, 5.0], PeakRule(), "rising"),  # of equal years the last
        (FALLING[:5], PeakRule(), "too_early"),
        ([*FALLING[:-1], 19.95], PeakRule(), "plateau"),
        ([10.0, 12.0, 14.0, 12.0, 1.0, 1.0, 1.0, 1.0, 12.9], PeakRule(smooth=3), "returned"),
        ([1.0, 2.0], PeakRule(smooth=3), "too_short"),
        ([0.0] * 9, PeakRule(), "no_emissions"),
    ],
)
def test_every_verdict(values: list[float], rule: PeakRule, status: str) -> None:
    assert peaks(series(values), rule=rule).of("A")["status"] == status


def test_gaps_are_refused_or_left_unjudged() -> None:
    holed = series(FALLING).filter(pl.col("year") != 2003)
    with pytest.raises(DataError, match=r"1 countries, 1 years, first \[\('A', 2003\)\]"):
        peaks(holed)
    found = peaks(holed, gaps="status").of("A")
    assert (found["status"], found["peak_year"]) == ("gaps", None)


def slow_peak(values: list[float], smooth: int) -> int:
    half, best, where = smooth // 2, -1.0, -1
    for i in range(half, len(values) - half):
        mean = sum(values[i - half : i + half + 1]) / smooth
        if mean >= best - EXACT * abs(best):
            best, where = max(best, mean), i
    return where


@given(st.lists(st.integers(1, 1000), min_size=7, max_size=40), st.sampled_from([1, 3, 5]))
def test_the_peak_is_the_highest_mean(numbers: list[int], smooth: int) -> None:
    values = [float(v) for v in numbers]
    assert peaks(series(values), rule=PeakRule(smooth=smooth)).of("A")["peak_year"] == 2000 + slow_peak(values, smooth)


@given(st.lists(st.integers(1, 1000), min_size=7, max_size=40))
def test_the_unit_does_not_matter(numbers: list[int]) -> None:
    one, two = (peaks(series([k * float(v) for v in numbers])).of("A") for k in (1.0, 2.0**20))
    for key in ("status", "peak_year", "robust", "runner_up_year", "window_years"):
        assert one[key] == two[key]


def test_peaked_means_never_above_again() -> None:
    draws = np.random.default_rng(6).normal(size=(200, 30)).cumsum(axis=1)
    table = pl.concat(series([float(v) for v in np.exp(row)], name=str(i)) for i, row in enumerate(draws))
    found = peaks(table)
    for row in found.frame.filter(status="peaked").iter_rows(named=True):
        later = found.series.filter(pl.col("country") == row["country"], pl.col("year") > row["peak_year"])
        assert later.height >= 5 and float(str(later["co2_mt"].max())) < row["co2_mt"]
    assert set(found.frame["status"]) <= set(STATUSES)


def test_row_order_and_pandas_change_nothing() -> None:
    table = shipped_emissions()
    expected = peaks(table).frame.sort("country")
    assert peaks(table.reverse()).frame.sort("country").equals(expected)
    assert peaks(pd.DataFrame(table.to_dict(as_series=False))).frame.sort("country").equals(expected)


def test_own_columns() -> None:
    own = series(FALLING).rename({"iso3": "name", "year": "t", "co2_mt": "e"})
    assert peaks(own, country="name", time="t", co2="e").of("A")["peak_year"] == 2001


def test_moving_mean_by_hand() -> None:
    assert moving_mean(np.array([1.0, 2.0, 6.0, 3.0]), 3) == pytest.approx([3.0, 11.0 / 3.0], rel=EXACT)


@pytest.mark.parametrize(
    ("table", "kind", "said"),
    [
        (series([1.0, -2.0, 3.0]), DataError, r"1 rows, first \[\('A', 2001, -2.0\)\]"),
        (series([1.0, float("inf")]), DataError, "negative or infinite"),
        (pl.concat([series([1.0, 2.0])] * 2), DataError, r"2 rows, first \[\('A', 2000\), \('A', 2001\)\]"),
        (series([1.0]).drop("co2_mt"), SchemaError, "add co2_mt"),
        (series([1.0, 2.0]).with_columns(year=pl.col("year") + 0.5), DataError, "whole numbers"),
        (series([1.0, 2.0]).with_columns(co2_mt=pl.Series(["1", "much"])), DataError, "much"),
    ],
)
def test_bad_tables_are_named_counted_and_remedied(table: pl.DataFrame, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        peaks(table)
    assert all(caught.value.say(language) for language in LANGUAGES)  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", [{"smooth": 2}, {"windows": (1, 4)}, {"decline": 0}, {"margin": 1.0}])
def test_rules_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="smooth and windows odd"):
        PeakRule(**wrong)  # type: ignore[arg-type]


def test_a_country_that_is_not_there() -> None:
    with pytest.raises(DataError, match="1: XYZ"):
        peaks(shipped_emissions()).of("XYZ")


def test_missing_emissions_at_the_ends_are_no_gap() -> None:
    table = pl.concat([series([float("nan")], 1999), series(FALLING)])
    assert peaks(table).of("A")["first_year"] == 2000


def test_an_unknown_word_for_gaps() -> None:
    with pytest.raises(ConfigError, match="Refuse"):
        peaks(series([1.0, 2.0]), gaps="Refuse")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"smooth": 3.0}, {"decline": "5"}, {"windows": (1, 3.0)}, {"margin": "a"}, {"since": "2000"}]
)
def test_rules_of_other_kinds_than_numbers(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="peak rule"):
        PeakRule(**wrong)  # type: ignore[arg-type]


def test_numbers_of_numpy_make_a_rule() -> None:
    assert PeakRule(smooth=np.int64(3), margin=np.float64(0.01), since=np.int64(1990)).smooth == 3  # type: ignore[arg-type]


def test_a_table_without_emissions_is_refused() -> None:
    with pytest.raises(DataError, match="no emissions"):
        peaks(series([1.0, 2.0]), rule=PeakRule(since=2100))


def test_the_publishers_own_column_names_are_known() -> None:
    ours = shipped_emissions()
    theirs = ours.rename({"iso3": "iso_code", "co2_mt": "co2"})
    assert peaks(theirs).frame.equals(peaks(ours).frame)
    with pytest.raises(SchemaError, match="iso3, year, co2_mt"):
        peaks(ours.rename({"iso3": "land"}).drop("country", strict=False))


def test_a_table_without_columns() -> None:
    with pytest.raises(SchemaError, match="no column"):
        peaks(pl.DataFrame())
