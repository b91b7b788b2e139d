"""CSV and JSON read back: the values, the keys, the labels in both languages (JSON), the stamp."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.report import render
from dualcarbon.report.typography import glyphs


def read(item: Any, folder: Path, name: str) -> str:
    (path,) = render(item, folder, formats=(name,))
    content = path.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    return content.decode()


def lines(item: Any, folder: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(read(item, folder, "csv"))))


def test_csv_values_are_exact(sample: SimpleNamespace, tmp_path: Path) -> None:
    table = sample.long()
    keys, *rows = lines(table, tmp_path)
    assert keys[:4] == ["rank", "industry_zh", "industry_en", "n"]
    assert len(rows) == len(table.rows)
    for row, given in zip(rows, table.rows, strict=True):
        assert row[1] == given[1].value.zh and row[2] == given[1].value.en
        for text, cell in zip((row[0], *row[3:10]), (given[0], *given[2:]), strict=True):
            assert (text == "") if cell.value is None else (float(text) == cell.value)
        assert row[-1] == "模拟数据 | Simulated data"


def test_csv_reads_into_a_frame(sample: SimpleNamespace, tmp_path: Path) -> None:
    (path,) = render(sample.long(), tmp_path, formats=("csv",))
    frame = pl.read_csv(path)
    assert frame.schema["mac_cny_per_t"] == pl.Float64 and frame.schema["n"] == pl.Int64
    assert frame["mac_low"].null_count() == 1
    assert frame["mac_high"][0] == math.inf


def test_csv_of_a_regression_keeps_numbers_apart_from_words(sample: SimpleNamespace, tmp_path: Path) -> None:
    (path,) = render(sample.regression(), tmp_path, formats=("csv",))
    frame = pl.read_csv(path)
    assert frame.schema["m3"] == pl.Float64
    assert frame["m3"][:4].to_list() == [-0.0019, 0.0006, 0.1127, 0.031]
    assert frame["m3_stars"][:4].to_list() == ["***", None, "***", None]
    assert frame["m3_bracket"][:4].to_list() == [0, 1, 0, 1]
    assert frame["m1"][4] is None
    assert frame.select("m1_zh", "m1_en").row(4) == ("企业-年份", "Firm, year")


def test_csv_marks_rows_by_their_keys(sample: SimpleNamespace, tmp_path: Path) -> None:
    table = sample.regression()
    keys = tuple(f"row{i}" for i in range(len(table.rows)))
    (path,) = render(replace(table, row_keys=keys), tmp_path, formats=("csv",))
    frame = pl.read_csv(path)
    assert frame.columns[0] == "row" and tuple(frame["row"]) == keys
    assert not any(name.endswith("_bracket") for name in frame.columns)
    assert json.loads(read(replace(table, row_keys=keys), tmp_path, "json"))["row_keys"] == list(keys)


def test_pandas_reads_the_csv_without_help(sample: SimpleNamespace, tmp_path: Path) -> None:
    import pandas as pd

    (path,) = render(sample.long(), tmp_path, formats=("csv",))
    frame = pd.read_csv(path)
    assert pd.api.types.is_float_dtype(frame["mac_cny_per_t"]) and pd.api.types.is_integer_dtype(frame["n"])


def test_csv_of_a_figure(sample: SimpleNamespace, tmp_path: Path) -> None:
    figure = sample.figure()
    keys, *rows = lines(figure, tmp_path)
    assert keys == ["item_zh", "item_en", "x1", "x1_low", "x1_high", "x2", "data_status"]
    first, second = figure.drawing.series
    assert [float(row[2]) for row in rows] == list(first.x)
    assert [row[5] for row in rows] == ["" if math.isnan(x) else repr(x) for x in second.x]
    assert rows[0][4] == "inf"


def test_no_status_column_for_real_data(sample: SimpleNamespace, tmp_path: Path) -> None:
    assert "data_status" not in lines(sample.wide(), tmp_path)[0]
    assert "data_status" not in json.loads(read(sample.wide(), tmp_path, "json"))


def test_json_holds_everything_in_both_languages(sample: SimpleNamespace, tmp_path: Path) -> None:
    table = sample.long()
    found = json.loads(read(table, tmp_path, "json"))
    assert found["data_status"] == {"zh": "模拟数据", "en": "Simulated data"}
    assert found["title"] == {"zh": glyphs(table.title.zh), "en": glyphs(table.title.en)}
    assert found["notes"] == [{"zh": glyphs(note.zh), "en": glyphs(note.en)} for note in table.notes]
    for column, header in zip(found["columns"], table.headers, strict=True):
        assert column["key"] == header.key
        assert column["label"] == {"zh": glyphs(header.label.zh), "en": glyphs(header.label.en)}
        assert (column["unit"] is None) == (header.unit is None)
    for row, given in zip(found["rows"], table.rows, strict=True):
        for value, cell in zip(row, given, strict=True):
            if isinstance(cell.value, Text):
                assert value == {"zh": cell.value.zh, "en": cell.value.en}
            else:
                assert value == ("Infinity" if cell.value == math.inf else cell.value)
    assert found["printed"]["zh"][0][1] == "煤炭开采和洗选业"
    assert found["printed"]["en"][5][5] == "–"


def test_json_prints_stars(sample: SimpleNamespace, tmp_path: Path) -> None:
    found = json.loads(read(sample.regression(), tmp_path, "json"))
    assert [row[3] for row in found["printed"]["en"][:4]] == ["−0.0019***", "(0.0006)", "0.1127***", "(0.0310)"]
    assert [row[3] for row in found["rows"][:4]] == [-0.0019, 0.0006, 0.1127, 0.031]


def test_json_of_a_figure(sample: SimpleNamespace, tmp_path: Path) -> None:
    figure = sample.figure()
    found = json.loads(read(figure, tmp_path, "json"))
    assert found["log"] is True
    assert [item["en"] for item in found["items"]] == [item.en for item in figure.drawing.items]
    assert found["series"][0]["x"] == list(figure.drawing.series[0].x)
    assert found["series"][0]["high"][0] == "Infinity"
    assert found["series"][1]["x"][4] is None and found["series"][1]["low"] is None


@pytest.mark.parametrize("name", ["csv", "json"])
def test_hostile_text_comes_back_unchanged(sample: SimpleNamespace, tmp_path: Path, name: str) -> None:
    content = read(sample.hostile(), tmp_path, name)
    if name == "json":
        assert json.loads(content)["rows"][1] == [sample.hostile_text, "=1+1"]
    else:
        assert list(csv.reader(io.StringIO(content)))[2][:2] == [sample.hostile_text, sample.hostile_text]


def test_line_breaks_and_control_characters_stay_out(tmp_path: Path) -> None:
    table = Table(
        "t", both("1"), both("t"), (Header("a", both("a\nb")),), ((Cell("x\r\ny\x00z"),),), (), both("s"), False
    )
    assert lines(table, tmp_path) == [["a"], ["x y□z"]]
