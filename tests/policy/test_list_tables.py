"""The exhibits say what the report prints and what the lists hold, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.policy.list_tables import lists_table, match_table, pilots_table, place_label, table_2_2, table_2_3
from dualcarbon.policy.lists import policies, policy_list
from dualcarbon.policy.places import match_places
from dualcarbon.policy.simulated import simulate_cities

REPORT = Path(__file__).resolve().parents[2].parent / "shared" / "report" / "report_zh.txt"


def texts(table: Table) -> list[Text]:
    cells = [cell.value for row in table.rows for cell in row if isinstance(cell.value, Text)]
    return [*cells, *table.notes, *(header.label for header in table.headers)]


def squeezed(text: str) -> str:
    return re.sub(r"\s+|<[^>]*>|\d\.", "", text).replace(",", "，")


def test_table_2_3_says_what_the_report_says() -> None:
    if not REPORT.is_file():
        pytest.skip("the report is not beside the checkout")
    printed = squeezed("".join(REPORT.read_text(encoding="utf-8").splitlines()))
    table = table_2_3()
    assert len(table.rows) == 6
    for row in table.rows:
        goal, measures, channels = (cell.value for cell in row[1:4])
        for cell in (goal, measures, channels):
            assert isinstance(cell, Text)
        # Two policies are cut by a page break in the printed table.
        if table.row_keys[table.rows.index(row)] in ("big_data_zone",):
            continue
        assert isinstance(goal, Text) and squeezed(goal.zh) in printed
        assert isinstance(measures, Text) and squeezed(measures.zh) in printed
        assert isinstance(channels, Text) and squeezed(channels.zh) in printed


def test_table_2_3_says_what_can_be_evaluated() -> None:
    served = {key: row[4].value for key, row in zip(table_2_3().row_keys, table_2_3().rows, strict=True)}
    can = {key for key, text in served.items() if isinstance(text, Text) and "can be used" in text.en}
    assert can == {"broadband", "big_data_zone", "innovative_city"}
    assert isinstance(served["smart_city"], Text)
    assert served["smart_city"].en == "counts only, no list of places: cannot be evaluated (list smart_city_count)"


def test_both_languages_have_as_many_measures_and_channels() -> None:
    for row in table_2_3().rows:
        for cell in row[2:4]:
            assert isinstance(cell.value, Text)
            assert len(re.findall(r"\d\. ", cell.value.zh)) == len(re.findall(r"\d\. ", cell.value.en)) >= 3


def test_table_2_2_holds_the_ten_pilots_and_their_numbers() -> None:
    table = table_2_2()
    assert list(table.row_keys) == policy_list("dual_transition_pilot").used["listed_name"].to_list()
    if not REPORT.is_file():
        pytest.skip("the report is not beside the checkout")
    printed = REPORT.read_text(encoding="utf-8")
    numbers = re.findall(r"^.*GDP: ?([\d.]+) ?亿元 人均 GDP: ?([\d.]+) ?万元", printed, flags=re.MULTILINE)
    assert [(row[2].value, row[3].value) for row in table.rows] == [(float(a), float(b)) for a, b in numbers]
    assert any("municipality" in note.en for note in table.notes)


@pytest.mark.parametrize("name", policies())
def test_pilots_with_their_status(name: str) -> None:
    policy = policy_list(name)
    table = pilots_table(policy)
    assert len(table.rows) == policy.places.height
    used = [row[4].value for row in table.rows]
    assert [u.en for u in used if isinstance(u, Text)].count("yes") == policy.used.height
    assert all(text.zh and text.en for text in texts(table))


def test_english_names_of_pilots() -> None:
    assert place_label("齐齐哈尔市") == Text("齐齐哈尔市", "Qiqihar")
    assert place_label("广东") == Text("广东", "Guangdong")
    assert place_label("襄樊市").en == "Xiangyang"
    assert place_label("哥谭市").en == "哥谭市"
    labels = [row[0].value for row in pilots_table(policy_list("broadband_china")).rows]
    chinese = {t.en for t in labels if isinstance(t, Text) and re.search(r"[一-鿿]", t.en)}
    assert not chinese


def test_the_match_table_counts_both_ways() -> None:
    cities = pl.DataFrame({"city": ["苏州市", "长沙市", "大同市", "襄樊市", "郑州市"]})
    match = match_places(policy_list("broadband_china"), cities, "city")
    table = match_table(match)
    rows = [[c.value for c in row] for row in table.rows]
    matched = [row for row in rows if isinstance(row[3], Text) and row[3].en == "matched"]
    assert sum(row[5] for row in matched if isinstance(row[5], int)) == match.treated == 4
    assert len(rows) - len(matched) == match.unmatched.height == match.named - match.named_matched
    assert table.rules_after == (len(matched),)
    assert table.notes == match.notes
    assert not table.simulated
    kunshan = next(row for row in rows if isinstance(row[0], Text) and row[0].zh == "昆山市")
    assert [t.en for t in kunshan if isinstance(t, Text)] == [
        "Kunshan", "Suzhou", "unmatched", "county-level place, the data are cities",
    ]  # fmt: skip


def test_simulated_data_stamp_the_match_table() -> None:
    drawn = simulate_cities(60, seed=1)
    match = match_places(policy_list("broadband_china"), drawn.panel, "city", first_column="listed")
    assert match_table(match).simulated


def test_all_lists() -> None:
    rows = {row[0].value: row for row in lists_table().rows}
    assert set(rows) == set(policies())
    assert sum(row[2].value + row[3].value for row in rows.values()) == 337  # type: ignore[operator]
