from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from dualcarbon.core.errors import InputError
from dualcarbon.panel import read

Watch = Callable[[Path], Path]
Rows = list[list[object]]


@pytest.fixture
def book(tmp_path: Path, unchanged: Watch) -> Callable[..., Path]:
    """A workbook of named sheets; it must survive the test unchanged."""

    def write(**sheets: Rows) -> Path:
        made = openpyxl.Workbook()
        made.remove(made.worksheets[0])
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "firms.xlsx"
        made.save(path)
        return unchanged(path)

    return write


ROWS: Rows = [["firm_id", "year", "output_cny"], ["001", 2015, 0.5], [2, 2015, 1 / 3]]


def test_text_codes_keep_zeros_and_number_codes_have_no_point(book: Callable[..., Path]) -> None:
    assert read(book(one=ROWS)).frame.rows() == [("001", 2015, 0.5), ("2", 2015, 1 / 3)]


def test_the_one_sheet_that_holds_something_is_read(book: Callable[..., Path]) -> None:
    assert read(book(cover=[], data=ROWS)).n == 2


def test_several_sheets_must_be_named(book: Callable[..., Path]) -> None:
    path = book(a=ROWS, b=[*ROWS, ["3", 2015, 1]])
    with pytest.raises(InputError) as caught:
        read(path)
    assert "指明工作表：--sheet" in caught.value.say("zh")
    assert "a | b" in caught.value.say("en")
    assert read(path, sheet="b").n == 3
    with pytest.raises(InputError, match="no sheet 'c'"):
        read(path, sheet="c")


def test_duplicated_and_blank_names(book: Callable[..., Path]) -> None:
    twice = book(one=[["firm_id", "year", "coal_t", "coal_t"], ["1", 2015, 1, 2]])
    with pytest.raises(InputError, match="'coal_t' x 2"):
        read(twice)
    like = book(one=[["firm_id", "year", "x", "x_1", None], ["1", 2015, 1, 2, 3]])
    assert read(like).frame.columns == ["firm_id", "year", "x", "x_1", "column_5"]


def test_blank_rows_are_counted_and_empty_books_refused(book: Callable[..., Path]) -> None:
    panel = read(book(one=[ROWS[0], ROWS[1], [None, None, None], ROWS[2]]))
    assert [(d.reason.zh, d.rows) for d in panel.drops] == [("整行为空", 1)]
    with pytest.raises(InputError, match=r"firms\.xlsx is empty"):
        read(book(one=[]))
    with pytest.raises(InputError, match="a header and no rows"):
        read(book(one=[ROWS[0]]))


def test_text_in_numbers_and_full_precision_beside_it(book: Callable[..., Path]) -> None:
    rows = [ROWS[0], ["1", 2015, 1e-12], ["2", 2015, 0.123456789012345], ["3", 2015, "—"], ["4", 2015, "1,234"]]
    path = book(one=rows)
    with pytest.raises(InputError, match="2 values are not a number"):
        read(path)
    values = read(path, missing=("—", "1,234")).frame["output_cny"].to_list()
    assert values == [1e-12, 0.123456789012345, None, None]


@pytest.mark.parametrize("top", [[["企业统计表"]], [["企业统计表"], []], [[], ["企业统计表"], ["单位：元"], []]])
def test_titles_above_the_header_are_no_rows(
    top: Rows, book: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    panel = read(book(one=[*top, *ROWS]))
    assert panel.frame.rows() == [("001", 2015, 0.5), ("2", 2015, 1 / 3)]
    assert capfd.readouterr() == ("", "")


def test_a_header_of_two_rows_is_refused_and_shown(book: Callable[..., Path]) -> None:
    rows: Rows = [["表"], ["企业", None, None, "经济"], ["firm_id", "year", "name", "output_cny"], ["1", 2015, "甲", 2]]
    with pytest.raises(InputError) as caught:
        read(book(one=rows))
    assert "第 2 行：企业, -, -, 经济；第 3 行：firm_id" in caught.value.say("zh")
    assert "row 2" in caught.value.say("en") and "unmerged" in caught.value.say("en")


def test_a_blank_name_above_words_is_no_merged_header(book: Callable[..., Path]) -> None:
    panel = read(book(one=[["firm_id", "year", None, None], ["甲", 2015, "x", "y"]]))
    assert panel.frame.columns == ["firm_id", "year", "column_3", "column_4"]
