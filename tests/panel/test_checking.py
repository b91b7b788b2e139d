from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.text import Text
from dualcarbon.panel import check, read
from dualcarbon.panel.findings import Finding, Findings

Watch = Callable[[Path], Path]


@pytest.fixture
def faulty(tmp_path: Path, unchanged: Watch) -> Path:
    """A file no panel can be made of: a key twice, text in numbers, a negative output."""
    path = tmp_path / "firms.csv"
    path.write_text(
        "企业代码,年份,工业总产值（千元）,煤炭消费量(吨)\n1,2015,5,n/a\n1,2015,6,2\n2,2015,-7,3\n3,2015,,4\n",
        encoding="utf-8",
    )
    return unchanged(path)


def test_a_file_that_cannot_be_read_can_be_checked(faulty: Path) -> None:
    with pytest.raises(Exception, match="n/a"):
        read(faulty)
    findings = check(faulty)
    assert [(f.rule, f.column, f.severity) for f in findings.items] == [
        ("duplicate_keys", "firm_id, year", "error"),
        ("negative", "output_cny", "error"),
        ("text_in_number", "coal_t", "error"),
        ("energy_without_output", "coal_t", "warning"),
        ("missing", "coal_t", "warning"),
        ("missing", "output_cny", "warning"),
    ]
    assert findings.items[2].keys == (("1", "2015"),)
    assert "'n/a'" in findings.items[2].means.zh
    assert (findings.rows, findings.has_errors, findings.exit_code) == (4, True, 2)


def test_errors_of_structure_are_raised(faulty: Path) -> None:
    with pytest.raises(SchemaError, match="does not fit the schema plant"):
        check(faulty, "plant")


def test_exit_codes(firms: pl.DataFrame) -> None:
    clean = firms.with_columns(pl.col("coal_t").fill_null(0.0)).filter(pl.col("industry2") == "13")
    assert check(clean).exit_code == 0
    assert check(firms).exit_code == 1
    assert not check(firms).has_errors
    assert check(pl.concat([firms, firms])).exit_code == 2


def test_text_in_one_language_or_both(firms: pl.DataFrame) -> None:
    findings = check(firms)
    zh, en = findings.to_text("zh"), findings.to_text("en")
    assert findings.to_text() == f"{zh}\n\n{en}"
    assert "[警告] one_firm_group industry2：1 (50.00%)" in zh
    assert "[warning] missing coal_t: 1 (16.67%)" in en
    assert "First rows: 002, 2015" in en
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in en)
    assert check(firms.head(0)).to_text("en") == "0 rows, nothing found."


def test_json_and_csv_hold_the_same(faulty: Path) -> None:
    findings = check(faulty)
    body = json.loads(findings.to_json())
    rows = list(csv.DictReader(io.StringIO(findings.to_csv())))
    assert (body["rows"], body["exit_code"], len(rows)) == (4, 2, len(findings.items))
    for one, row in zip(body["findings"], rows, strict=True):
        assert row["rule"] == one["rule"]
        assert int(row["count"]) == one["count"]
        assert float(row["share"]) == one["share"]
        assert json.loads(row["keys"]) == one["keys"]
        assert row["remedy_zh"] == one["remedy_zh"]


def test_panel_frame_and_file_are_judged_alike(tmp_path: Path, firms: pl.DataFrame) -> None:
    path = tmp_path / "firms.csv"
    firms.write_csv(path)
    assert check(path) == check(firms) == check(read(path))


def test_frames_that_cannot_be_checked(firms: pl.DataFrame) -> None:
    with pytest.raises(SchemaError) as caught:
        check(firms.drop("year").with_columns(pl.col("coal_t").cast(pl.String)))
    assert "缺少列 [year]；非数值列 [coal_t]" in caught.value.say("zh")
    assert "absent [year]; not numeric [coal_t]" in caught.value.say("en")
    with pytest.raises(SchemaError, match=r"absent \[nope\]"):
        check(firms, group="nope")


def test_a_group_of_ones_choice(firms: pl.DataFrame) -> None:
    by_place = firms.with_columns(pl.Series("place", ["x"] * 4 + ["y"] * 2))
    finding = next(f for f in check(by_place, group="place").items if f.rule == "one_firm_group")
    assert (finding.column, finding.keys) == ("place", (("y",),))


def test_warnings_alone_exit_with_one() -> None:
    one = Finding("r", "warning", "c", 1, 0.5, (), Text("甲", "a"), Text("乙", "b"))
    assert Findings((one,), 2).exit_code == 1
    assert Findings((), 2).exit_code == 0


def test_a_pandas_frame_can_be_checked() -> None:
    frame = {"firm_id": ["a", "a"], "year": [2015, 2015], "output_cny": [1.0, -2.0]}
    assert check(pd.DataFrame(frame)) == check(pl.DataFrame(frame))
    with pytest.raises(SchemaError, match="unknown kind of table"):
        check(3)
