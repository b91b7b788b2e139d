"""The shipped lists against the compiled file, China's official counts of divisions, and the rule of use."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.tables import reference_rows
from dualcarbon.policy import gazetteer
from dualcarbon.policy.lists import COLUMNS, FOLDER, STATUSES, own_list, policies, policy_list

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# Divisions at the end of 2020 by the Ministry of Civil Affairs: 293 cities, 7 prefectures, 30 autonomous prefectures
# and 3 leagues of prefecture level, 4 municipalities.
DIVISIONS = {"city": 293, "prefecture": 7, "autonomous_prefecture": 30, "league": 3, "municipality": 4}
# 39 pilots in each of the three batches; the Changsha group stands for three cities.
BROADBAND = {2014: (41, 39), 2015: (39, 39), 2016: (39, 39)}


def test_every_entry_is_shipped_word_for_word() -> None:
    compiled = SHARED / "china_policy_pilots.csv"
    if not compiled.is_file():
        pytest.skip("the compiled pilot file is not beside the checkout")
    table = pl.read_csv(compiled, infer_schema=False).with_columns(pl.col("batch_year").cast(pl.Int64))
    for name in policies():
        expected = table.filter(pl.col("policy") == name).select(COLUMNS)
        assert policy_list(name).places.equals(expected)
    assert sum(policy_list(name).places.height for name in policies()) == table.height == 337


@pytest.mark.parametrize("year", BROADBAND)
def test_broadband_batches(year: int) -> None:
    batch = policy_list("broadband_china").used.filter(pl.col("batch_year") == year)
    assert (batch.height, batch["listed_name"].n_unique()) == BROADBAND[year]


def test_the_rule_of_use() -> None:
    for name in policies():
        found = policy_list(name)
        assert found.used.height + found.unused.height == found.places.height
        assert all(STATUSES[status].used for status in found.used["status"].unique())
        assert not any(STATUSES[status].used for status in found.unused["status"].unique())
    counts = {name: (policy_list(name).used.height, policy_list(name).unused.height) for name in policies()}
    assert counts["low_carbon"] == (84, 3)
    assert counts["ets_start"] == (0, 9)
    assert counts["smart_city_count"] == (0, 3)
    assert counts["dual_transition_pilot"] == (10, 0)


def test_unverified_entries_are_used_only_when_asked_for() -> None:
    low_carbon = policy_list("low_carbon")
    asked = low_carbon.including("unverified")
    assert asked.used.height == 87
    assert low_carbon.used.height == 84
    with pytest.raises(ConfigError) as caught:
        policy_list("smart_city_count").including("count_only")
    assert "unverified" in caught.value.say("en")


def test_every_list_with_a_note_warns() -> None:
    for name in policies():
        found = policy_list(name)
        if found.places["note"].drop_nulls().len():
            assert found.caution is not None
    caution = policy_list("innovative_city").caution
    assert caution is not None
    assert "2008-2013" in caution.en
    assert "2008–2013" in caution.zh


def test_unknown_policy_lists_what_there_is() -> None:
    with pytest.raises(ConfigError) as caught:
        policy_list("smart_city")
    assert "broadband_china" in caught.value.say("en")
    assert "没有这份试点名单" in caught.value.say("zh")


def test_own_list() -> None:
    mine = own_list(pl.DataFrame({"listed_name": ["苏州市", "宿州市"], "batch_year": [2019, 2020]}), "mine")
    assert mine.used.select("listed_name", "batch_year").rows() == [("苏州市", 2019), ("宿州市", 2020)]
    assert mine.used["status"].to_list() == ["own", "own"]
    with pytest.raises(SchemaError, match="batch_year"):
        own_list(pl.DataFrame({"listed_name": ["苏州市"]}))


@pytest.mark.parametrize(
    "row",
    [
        {"listed_name": "", "batch_year": 2019},
        {"listed_name": None, "batch_year": 2019},
        {"listed_name": "苏州市", "batch_year": None},
        {"listed_name": "苏州市", "batch_year": 2019.5},
        {"listed_name": "苏州市", "batch_year": 2019, "status": "rumour"},
    ],
)
def test_own_list_refuses_broken_entries(row: dict[str, object]) -> None:
    with pytest.raises(DataError, match="1 entries"):
        own_list(pl.DataFrame([row], schema_overrides={"listed_name": pl.String, "batch_year": pl.Float64}))


def test_divisions_of_prefecture_level() -> None:
    today = Counter(place.rank for place in gazetteer.cities() if not place.until)
    assert {rank: today[rank] for rank in DIVISIONS} == DIVISIONS
    names = [place.name for place in gazetteer.cities()]
    assert len(names) == len(set(names))


def test_every_usable_entry_names_a_known_place() -> None:
    for name in policies():
        places = policy_list(name).places.filter(pl.col("status") != "count_only")
        for row in places.iter_rows(named=True):
            own = row["prefecture"] if row["level"] == "city_group" else row["listed_name"]
            assert all(place.rank not in ("unknown", "ambiguous") for place in gazetteer.listed(own)), own


def test_changes_lead_to_known_places() -> None:
    known = {place.name for place in gazetteer.cities()}
    for change in gazetteer.changes():
        assert set(change.new) <= known
        assert change.status in ("document", "general")
        assert (change.old in known) == (change.kind == "merged")
    merged = {place.name: place.until for place in gazetteer.cities() if place.until}
    assert (
        merged == {c.old: c.year for c in gazetteer.changes() if c.kind == "merged"} == {"巢湖市": 2011, "莱芜市": 2019}
    )


def test_local_places_lie_in_known_cities() -> None:
    known = {place.name: place.province for place in gazetteer.cities()}
    for row in reference_rows("local_places", FOLDER):
        assert known[row["city"]] == row["province"]
