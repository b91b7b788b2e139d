"""Excel files read back by openpyxl."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Language, both
from dualcarbon.report import render
from dualcarbon.report.printed import print_table
from dualcarbon.report.typography import glyphs

LAST_DIGIT = 1e-15  # openpyxl writes 16 significant digits, one short of exact


def sheet(item: Table, folder: Path, language: Language) -> Any:
    (path,) = render(item, folder, languages=(language,), formats=("xlsx",))
    return load_workbook(BytesIO(path.read_bytes())).active


@pytest.mark.parametrize("language", ["zh", "en"])
def test_numbers_are_numbers_and_labels_are_labels(sample: SimpleNamespace, tmp_path: Path, language: Language) -> None:
    table = sample.long()
    printed = print_table(table, language)
    found = sheet(table, tmp_path, language)
    assert found["A1"].value == glyphs(printed.caption)
    assert found["A2"].value == printed.stamp
    assert found["E3"].value == printed.groups[1].text
    for i, header in enumerate(printed.headers, start=1):
        parts = [glyphs(part) for part in (header.text, header.unit) if part]
        assert found.cell(4, i).value == "\n".join(parts)
    for number, row in enumerate(table.rows, start=5):
        for column, cell in enumerate(row, start=1):
            value = found.cell(number, column).value
            if cell.value is None:
                assert value == "–"
            elif isinstance(cell.value, float) and cell.value == float("inf"):
                assert value == "∞"
            elif isinstance(cell.value, int | float):
                assert value == pytest.approx(cell.value, rel=LAST_DIGIT, abs=0.0)
            else:
                assert value == cell.value.get(language)
    assert [found.cell(44 + i, 1).value for i in range(3)] == [glyphs(note) for note in printed.notes]


def test_number_formats_show_what_is_printed(sample: SimpleNamespace, tmp_path: Path) -> None:
    found = sheet(sample.regression(), tmp_path, "en")
    assert (found["B5"].value, found["B5"].number_format) == (0.0016, '0.0000"*"')
    assert (found["D5"].value, found["D5"].number_format) == (-0.0019, '0.0000"***"')
    assert found["B6"].number_format == '"("0.0000")";"(-"0.0000")"'
    assert found["B11"].number_format == "#,##0"
    assert sheet(sample.wide(), tmp_path, "zh")["B4"].number_format == "#,##0.0"


@pytest.mark.parametrize(
    ("form", "expected"),
    [("", "General"), ("d", "0"), (".2f", "0.00"), (",.0f", "#,##0"), (".1%", "0.0%"), (".2e", "0.00E+00"),
     (".4g", "General"), ("+.1f", "+0.0;-0.0;0.0")],
)  # fmt: skip
def test_number_formats(tmp_path: Path, form: str, expected: str) -> None:
    table = Table("t", both("1"), both("t"), (Header("a", both("a")),), ((Cell(2, form),),), (), both("s"), False)
    assert sheet(table, tmp_path, "en")["A3"].number_format == expected


def test_three_lines_and_the_thin_ones(sample: SimpleNamespace, tmp_path: Path) -> None:
    found = sheet(sample.regression(), tmp_path, "zh")

    def lines(place: str) -> tuple[str | None, ...]:
        border = found[place].border
        return tuple(None if side is None else side.style for side in (border.top, border.bottom))

    for column in "ABCD":
        assert lines(f"{column}3")[0] == "medium"
        assert lines(f"{column}5") == ("thin", None)
        assert lines(f"{column}6") == (None, None)
        assert lines(f"{column}8") == (None, "thin")
        assert lines(f"{column}12") == (None, "medium")
    assert lines("A3")[1] is None and lines("B3")[1] == "thin"


def test_nothing_is_a_formula(sample: SimpleNamespace, tmp_path: Path) -> None:
    found = sheet(sample.hostile(), tmp_path, "en")
    assert all(cell.data_type != "f" for row in found.iter_rows() for cell in row)
    assert [cell.value for cell in found[7]][:2] == ["*x", "[y]"]
    assert found["B6"].value == "=1+1"
    assert found["A6"].value == sample.hostile_text


def test_an_integer_too_long_for_a_sheet_is_kept_as_text(tmp_path: Path) -> None:
    big = 10**17 + 1
    table = Table("t", both("1"), both("t"), (Header("a", both("a")),), ((Cell(big, "d"),),), (), both("s"), False)
    assert sheet(table, tmp_path, "en")["A3"].value == str(big)


def test_pages_repeat_the_header_and_carry_the_stamp(sample: SimpleNamespace, tmp_path: Path) -> None:
    found = sheet(sample.long(), tmp_path, "zh")
    assert found.print_title_rows == "$3:$4"
    assert found.oddHeader.right.text == "模拟数据"
    assert found.page_setup.orientation == "portrait"
    real = sheet(sample.wide(), tmp_path, "en")
    assert real.page_setup.orientation == "landscape"
    assert not real.oddHeader.right.text


def test_the_file_knows_no_date(sample: SimpleNamespace, tmp_path: Path) -> None:
    (path,) = render(sample.regression(), tmp_path, languages=("zh",), formats=("xlsx",))
    with ZipFile(path) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert "dcterms" not in core and "openpyxl" not in core
        assert "企业数字技术应用拉升碳边际减排成本" in core
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_report_is_one_workbook_with_a_sheet_per_table(
    sample: SimpleNamespace, tmp_path: Path, language: Language
) -> None:
    import openpyxl

    (path,) = render(sample.document(), tmp_path, languages=(language,), formats=("xlsx",))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [{"zh": "目录", "en": "Contents"}[language], "table_4_1", "table_4_2", "table_3_1"]
    listed = [cell.value for cell in book.worksheets[0]["A"]]
    assert listed[1] == {"zh": "模拟数据", "en": "Simulated data"}[language] and len(listed) == 5
    (alone,) = render(sample.long(), tmp_path, languages=(language,), formats=("xlsx",))
    single = openpyxl.load_workbook(alone).active
    assert [[c.value for c in row] for row in book["table_4_1"]] == [[c.value for c in row] for row in single]
