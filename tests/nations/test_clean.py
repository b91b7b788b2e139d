"""Clean shares: published shares, sums that do not add up, files of a folder and their refusals."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import DataError, InputError, SchemaError
from dualcarbon.nations import COMPARED, clean_shares, read_emissions, read_mix, shipped_mix

PERCENT = 0.051  # shares are quoted with one decimal
WRITTEN = 1e-4  # TWh: the extract keeps the publisher's decimals, sums in a file of floats four
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
IN_2020 = {"CHN": 33.0, "USA": 39.8, "DEU": 55.7, "GBR": 59.4, "FRA": 90.9, "JPN": 29.2, "IND": 23.0}


def mix(total: float = 100.0, clean: float = 40.0, fossil: float = 60.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"iso3": ["A"], "year": [2000], "total_twh": [total], "clean_twh": [clean], "fossil_twh": [fossil]}
    )


@pytest.mark.parametrize("code", IN_2020)
def test_shares_of_2020(code: str) -> None:
    assert 100.0 * clean_shares(shipped_mix()).at(2020)[code] == pytest.approx(IN_2020[code], abs=PERCENT)


def test_the_latest_year_is_of_the_other_statistic() -> None:
    latest = clean_shares(shipped_mix()).latest().filter(pl.col("country") != "WLD")
    assert set(latest["year"]) == {2023} and set(latest["source"]) == {"codecarbon_mix"}


def test_a_total_less_fossil_says_so() -> None:
    row = clean_shares(shipped_mix()).frame.row(
        by_predicate=(pl.col("country") == "CHN") & (pl.col("year") == 2021), named=True
    )
    assert row["status"] == "total_minus_fossil"


def test_the_extract_is_the_publishers_files() -> None:
    if not (SHARED / "owid_electricity_mix_1985_2021.csv.gz").is_file():
        pytest.skip("the publishers' files are not beside the checkout")
    own, theirs = clean_shares(shipped_mix()).frame, clean_shares(read_mix(SHARED)).frame
    keys = ["country", "year", "source", "status"]
    assert own.select(keys).equals(theirs.select(keys)) and set(own["country"]) == set(COMPARED)
    for column in ("total_twh", "clean_twh"):
        assert float(str((own[column] - theirs[column]).abs().max())) <= WRITTEN


def test_parts_that_do_not_add_up_are_counted() -> None:
    if not (SHARED / "owid_electricity_mix_1985_2021.csv.gz").is_file():
        pytest.skip("the publishers' files are not beside the checkout")
    with pytest.raises(DataError, match=r"14 rows, first \[\('AUS', 1985"):
        clean_shares(read_mix(SHARED), countries=None)
    assert clean_shares(read_mix(SHARED), countries=None, since=2000).frame["country"].n_unique() > 200


def test_share_by_hand_and_tolerance() -> None:
    assert clean_shares(mix(), countries=None).at(2000) == {"A": 0.4}
    with pytest.raises(DataError, match="1 rows"):
        clean_shares(mix(fossil=50.0), countries=None)
    assert clean_shares(mix(fossil=50.0), countries=None, tolerance=0.1).at(2000) == {"A": 0.4}
    with pytest.raises(DataError, match="do not add up"):
        clean_shares(mix(clean=120.0).drop("fossil_twh"), countries=None)


def test_refusals() -> None:
    with pytest.raises(DataError, match="1: ZZZ"):
        clean_shares(shipped_mix(), countries=["CHN", "ZZZ"])
    with pytest.raises(DataError, match="negative"):
        clean_shares(mix(total=-1.0), countries=None)
    with pytest.raises(SchemaError, match="add clean_twh"):
        clean_shares(mix().drop("clean_twh"), countries=None)
    with pytest.raises(DataError, match="more than once"):
        clean_shares(pl.concat([mix()] * 2), countries=None)


def test_a_folder_without_the_file_names_publisher_and_licence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"CC BY 4.0.*kept as owid_co2_1900_2018"):
        read_emissions(tmp_path)


def test_a_file_without_its_columns(tmp_path: Path) -> None:
    (tmp_path / "owid_co2_1900_2018.csv.gz").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="iso_code, country, year, co2"):
        read_emissions(tmp_path)


def test_fossil_generation_as_text_and_years_with_a_point() -> None:
    mix = pl.DataFrame(
        {"iso3": ["A"], "year": ["2020.0"], "total_twh": [10.0], "clean_twh": ["4"], "fossil_twh": ["6"]}
    )
    found = clean_shares(mix, countries=None)
    assert found.at(2020) == {"A": 0.4} and found.frame["unaccounted"].to_list() == [0.0]
    with pytest.raises(DataError, match="cannot be read"):
        clean_shares(mix.with_columns(fossil_twh=pl.lit("x")), countries=None)


def test_one_country_by_its_code_alone() -> None:
    assert clean_shares(shipped_mix(), countries="CHN").frame.equals(
        clean_shares(shipped_mix(), countries=["CHN"]).frame
    )


@pytest.mark.parametrize("asked", [{"since": 3000}, {"countries": []}, {"countries": ["A"], "since": 2021}])
def test_nothing_left_is_said(asked: dict[str, object]) -> None:
    table = mix() if asked.get("countries") == ["A"] else shipped_mix()
    with pytest.raises(DataError, match="no generation from"):
        clean_shares(table, **asked)  # type: ignore[arg-type]
