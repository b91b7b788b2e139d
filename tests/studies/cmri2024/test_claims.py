"""The list of claims: the report's known faults are found, every number is listed, nothing agrees without a reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dualcarbon.cli import app
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.nations import read_emissions, read_income
from dualcarbon.report.printed import print_table
from dualcarbon.studies import study_claims
from dualcarbon.studies.cmri2024 import claims, table_claims, table_claims_disagree
from dualcarbon.studies.cmri2024.claims import Claim, Finding
from dualcarbon.studies.cmri2024.claims.checking import CHECKS, verdict
from dualcarbon.studies.cmri2024.claims.claim import FOLDER

EXACT = 1e-9  # quotients and sums of a few floats
SHARED = Path(__file__).resolve().parents[3].parent / "shared"
REPORT = SHARED / "report" / "report_zh.txt"
NUMBER = re.compile(r"\d+(?:\.\d+)*")
LEFT_OUT = {
    "section": (re.compile(r"^\d(?:\.\d)?\.? (?=\D)"), 15),
    "exhibit": (re.compile(r"[表图] ?\d-\d"), 28),
    "column": (re.compile(r"[（(]\d[)）]"), 14),
    "item": (re.compile(r"(?<!\d)[1-4]\. "), 46),
    "date": (
        re.compile(
            r"\d{2} 世纪 \d0 年代|\d{4}[-~]\d{4} ?年|\d{4} ?年(?: ?\d{1,2} ?月)?(?: ?\d{1,2} ?日)?|\(2023\)"
            r"|(?<=\t)20[2-6]0(?=\t|$)"
        ),
        40,
    ),
    "name": (re.compile(r"5G|“3060”|中国制造 2025|展望 2060"), 10),
    "significance": (re.compile(r"10%、5%、1%"), 9),
    "slogan": (re.compile(r"1\+1>2"), 3),
}
"""Numbers that claim nothing: what they look like, and how many there are."""


def found(key: str) -> claims.Checked:
    return next(one for one in claims.checked() if one.claim.key == key)


def value(key: str) -> float:
    number = found(key).finding.value
    assert number is not None
    return number


@pytest.fixture(scope="module")
def lines() -> list[str]:
    if not REPORT.is_file():
        pytest.skip("the report's text is not beside the checkout")
    return REPORT.read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize(
    ("key", "right", "within"),
    [
        ("mac_ratio", 25007.92 / 22.69, EXACT),
        ("highest_order", 3.0, 0.0),
        ("jpn_peak_year", 2013.0, 0.0),
        ("jpn_income_ratio", 48760 / 10473, EXACT),
        ("chongqing_gdp", 30145.79, 0.0),
        ("zero_carbon_station_t", 65 * 365 * 0.5306 / 1000, EXACT),
        ("nasdaq_peak_year", 2000.0, 0.0),
        ("usa_vehicles_2000", 1277.0, 0.0),
        ("total_2020", 77792 / 1.0067, 2.0),
        ("clean_2020", 25848 / 1.0131, 2.0),
        ("table_4_3_2", -0.0091 - (1.4096 - 0.7033) / (2.2270 - 0.7033) * (0.0140 - 0.0091), EXACT),
    ],
)
def test_the_known_faults_are_found(key: str, right: float, within: float) -> None:
    assert found(key).status == "disagrees"
    assert value(key) == pytest.approx(right, rel=within or None, abs=within)


def test_faults_carry_their_reason() -> None:
    said = {key: found(key).finding.reason.en for key in ("mac_ratio", "jpn_peak_year", "zero_carbon_station_t")}
    assert "1102.2" in said["mac_ratio"] and "850.0" in said["mac_ratio"]
    assert "1,315.1" in said["jpn_peak_year"] and "1,264.5" in said["jpn_peak_year"]
    assert "0.611" in said["zero_carbon_station_t"]
    assert "358 times" in found("table_4_3_2").finding.reason.en
    assert "3,193" in found("chongqing_gdp").finding.reason.en and "3,205" in found("chongqing_gdp").finding.reason.en
    assert "+0.7 %" in found("total_2020").finding.reason.en and "+1.3 %" in found("clean_2020").finding.reason.en


def test_counts() -> None:
    assert claims.counts() == {"agrees": 24, "disagrees": 22, "not_checkable": 81}
    assert len({one.claim.key for one in claims.checked()}) == len(claims.listed()) == 127


def test_nothing_agrees_or_disagrees_without_a_value_and_a_source() -> None:
    for one in claims.checked():
        assert (one.status == "not_checkable") == (one.finding.value is None), one.claim.key
        if one.finding.value is not None:
            assert one.finding.source is not None, one.claim.key


def test_micro_data_are_never_said_to_agree() -> None:
    survey = [one for one in claims.checked() if one.claim.key.startswith(("table_4_1_mac", "table_4_1_room", "text_"))]
    assert len(survey) == 26
    assert {one.status for one in survey} == {"not_checkable"}


def test_every_fact_has_a_source_of_its_own() -> None:
    for row in reference_rows("evidence", FOLDER):
        assert row["source_zh"] and row["source_en"] and row["status"] in ("one_transcription", "two_agree", "derived")
        assert "报告表" not in row["source_zh"] and "the report" not in row["source_en"]


def test_tolerance_is_half_the_last_digit_printed() -> None:
    for claim in claims.listed():
        if claim.relation == "equal":
            assert claim.tolerance == pytest.approx(0.5 * 10.0**-claim.decimals, rel=EXACT), claim.key
        elif claim.relation == "about" and claim.unit.en != "year":
            assert claim.tolerance == pytest.approx(0.1 * abs(claim.printed), rel=EXACT), claim.key
        else:
            assert claim.tolerance in (0.0, 2.0), claim.key


def claim(printed: float, relation: str, tolerance: float) -> Claim:
    words = Text("甲", "a")
    return Claim("k", "1.1", 1, words, f"{printed}", printed, words, relation, tolerance, "evidence", "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "number", "status"),
    [
        (claim(4.65, "equal", 0.005), 4.655, "agrees"),
        (claim(4.65, "equal", 0.005), 4.6551, "disagrees"),
        (claim(80.0, "above", 0.0), 80.0, "agrees"),
        (claim(80.0, "above", 0.0), 79.9, "disagrees"),
        (claim(1000.0, "about", 100.0), 917.0, "agrees"),
        (claim(1000.0, "about", 100.0), 899.0, "disagrees"),
        (claim(1000.0, "about", 100.0), None, "not_checkable"),
    ],
)
def test_verdicts(one: Claim, number: float | None, status: str) -> None:
    assert verdict(one, Finding(number, Text("因", "why"))) == status


def test_each_check_is_used_and_known() -> None:
    assert {one.check for one in claims.listed()} == set(CHECKS)


def test_words_stand_in_the_report_and_hold_their_number_once(lines: list[str]) -> None:
    for one in claims.listed():
        if one.token:
            assert lines[one.line - 1].replace("\t", " ").count(one.said.zh) == 1, one.key
            assert len(_places(one.token, one.said.zh)) == 1, one.key


def _places(token: str, text: str) -> list[tuple[int, int]]:
    pattern = rf"(?<![\d.]){re.escape(token)}(?!\d|\.\d)"
    return [match.span() for match in re.finditer(pattern, text)]


def test_every_number_of_chapters_1_to_5_is_listed(lines: list[str]) -> None:
    first = max(i for i, line in enumerate(lines) if line == "1. 前言")
    last = max(i for i, line in enumerate(lines) if line == "参考文献")
    claimed: dict[int, set[int]] = {}
    for one in claims.listed():
        if one.token:
            begin = lines[one.line - 1].replace("\t", " ").index(one.said.zh)
            claimed.setdefault(one.line, set()).add(begin + _places(one.token, one.said.zh)[0][0])
    left, lost = Counter[str](), []
    for number in range(first, last):
        for match in NUMBER.finditer(lines[number]):
            if match.start() in claimed.get(number + 1, ()):
                continue
            rule = _rule(lines[number], *match.span())
            left[rule or ""] += 1
            if rule is None:
                lost.append((number + 1, match.group(), lines[number][max(0, match.start() - 6) : match.end() + 6]))
    assert lost == []
    assert dict(left) == {name: count for name, (_, count) in LEFT_OUT.items()}


def _rule(line: str, start: int, end: int) -> str | None:
    for name, (pattern, _) in LEFT_OUT.items():
        if any(m.start() <= start and end <= m.end() for m in pattern.finditer(line)):
            return name
    return None


def test_peaks_and_incomes_are_those_of_the_publishers_files() -> None:
    folder = SHARED / "data"
    if not (folder / "owid_co2_1900_2018.csv.gz").is_file():
        pytest.skip("the publishers' files are not beside the checkout")
    emissions, gdp = read_emissions(folder), read_income(folder)
    japan = dict(emissions.filter(iso3="JPN").select("year", "co2_mt").iter_rows())
    assert max(japan, key=lambda year: japan[year] or 0.0) == value("jpn_peak_year")
    world = gdp.filter(iso3="WLD", year=1971)["gdp_per_head_usd"].item()
    assert value("gbr_world_gdp_per_head") == pytest.approx(world, rel=1e-6)  # the extract keeps four decimals


def test_tables_hold_the_list_and_stand_upright() -> None:
    whole, wrong = table_claims.build(), table_claims_disagree.build()
    assert len(whole.rows) == 127 and len(wrong.rows) == 22
    assert set(wrong.row_keys) == {one.claim.key for one in claims.checked() if one.status == "disagrees"}
    for table in (whole, wrong):
        assert not table.simulated
        assert not any(print_table(table, language).layout.landscape for language in LANGUAGES)


def test_the_command_lists_every_claim_as_json(tmp_path: Path) -> None:
    target = tmp_path / "claims.json"
    done = CliRunner().invoke(app, ["claims", "cmri2024", "--json", "--out", str(target)])
    assert done.exit_code == 0, done.output
    body = json.loads(target.read_text(encoding="utf-8"))
    assert body["study"] == "cmri2024" and body["counts"] == claims.counts() and len(body["claims"]) == 127
    one = next(c for c in body["claims"] if c["key"] == "mac_ratio")
    assert one["status"] == "disagrees" and one["printed"] == 850.0 and one["unit"] == {"zh": "倍", "en": "times"}
    assert one["computed"] == pytest.approx(25007.92 / 22.69) and set(one["reason"]) == {"zh", "en"}
    assert all(c["reason"]["zh"] and c["reason"]["en"] for c in body["claims"])
    again = CliRunner().invoke(app, ["claims", "cmri2024", "--json", "--out", str(target)])
    assert again.exit_code == 2 and "--force" in again.output


def test_the_command_filters_by_status_and_speaks_one_language() -> None:
    done = CliRunner().invoke(app, ["claims", "cmri2024", "--status", "disagrees", "--lang", "en"])
    assert done.exit_code == 0
    assert done.output.count("[disagrees]") == 22 and "[agrees]" not in done.output and "不一致" not in done.output
    assert done.output.rstrip().endswith("agrees 24  disagrees 22  not checkable 81")


@pytest.mark.parametrize(("name", "word"), [("nope", "no such study"), ("us_power", "has no claims")])
def test_a_study_without_claims_is_refused(name: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        study_claims(name)
    done = CliRunner().invoke(app, ["claims", name])
    assert done.exit_code == 2 and "cmri2024" in done.output
