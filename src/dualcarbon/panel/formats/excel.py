"""Excel workbooks: one sheet, its first row the header; rows above it with a single filled cell are its title."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.errors import InputError
from dualcarbon.core.text import Text, both
from dualcarbon.panel.formats.base import (
    Options,
    RawTable,
    empty_file,
    filled_names,
    require_unique_names,
    unreadable,
)

if TYPE_CHECKING:
    from fastexcel import ExcelReader

EXTENSIONS = (".xlsx", ".xls", ".xlsm", ".xlsb")
_RENAMED = re.compile(r"(.*)_\d+")
_NUMBER = re.compile(r"[+-]?[\d,.]+%?$")
_TOP = 20


def load(file: Path, options: Options) -> RawTable:
    """The table of a sheet; a column of numbers only is numbers, a mixed one is text.

    Raises
    ------
    InputError
        If the file is no workbook, holds nothing, or its sheet or header is not clear.
    """
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    if file.stat().st_size == 0:
        raise empty_file(file)
    try:
        book = fastexcel.read_excel(file)
        sheet = _sheet(book, options.sheet, file)
        header, words = _header_row(book, sheet, file)
        frame = _load(book, sheet, header, options.rows)
    except fastexcel.FastExcelError as error:
        raise unreadable(file, str(error).splitlines()[0]) from error
    names = _header(words, frame.columns)
    if not names:
        raise empty_file(file)
    require_unique_names(names, file)
    frame = _exact_numbers(book, sheet, header, frame, options.rows)
    frame.columns = names
    return RawTable(frame)


def _load(
    book: ExcelReader, sheet: str, header: int, rows: int | None, dtypes: dict[str, str] | None = None
) -> pl.DataFrame:
    loaded = book.load_sheet(
        sheet,
        header_row=header,
        n_rows=rows,
        schema_sample_rows=None,
        dtypes=dtypes,  # type: ignore[arg-type]
    )
    return pl.DataFrame(loaded.to_polars())


def _header_row(book: ExcelReader, sheet: str, file: Path) -> tuple[int, list[str]]:
    """Place of the header, and what stands in it: the first row with two filled cells, what is above being a title.

    Raises
    ------
    InputError
        If the header is merged over several columns and the names stand in the row below it.
    """
    top = book.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=_TOP, dtypes="string").to_polars().rows()
    filled = [[str(cell or "").strip() for cell in row] for row in top]
    counts = [sum(map(bool, row)) for row in filled]
    width = min(max(counts, default=0), 2)
    place = next((k for k, count in enumerate(counts) if count >= width), 0)
    if len(counts) > place + 1 and counts[place] < counts[place + 1] and _merged(filled[place], filled[place + 1]):
        raise _merged_header(file, place, filled)
    return place, filled[place] if filled else []


def _merged(header: list[str], below: list[str]) -> bool:
    """Whether every blank of a header has a name below it: a row of words, none of them a number."""
    under = [low for high, low in zip(header, below, strict=True) if not high]
    return len(under) > 1 and all(word and not _NUMBER.match(word) for word in below)


def _merged_header(file: Path, place: int, rows: list[list[str]]) -> InputError:
    high, low = (", ".join(word or "-" for word in row[:8]) for row in rows[place : place + 2])
    return InputError(
        Text("{f} 的表头占两行，有合并的单元格", "{f} has a header of two rows with merged cells").format(f=file.name),
        expected=Text("一行表头，每列一个名称", "one row of names, one for every column"),
        found=Text("第 {a} 行：{h}；第 {b} 行：{l}", "row {a}: {h}; row {b}: {l}").format(
            a=place + 1, b=place + 2, h=high, l=low
        ),
        remedy=Text(
            "另存一份，取消合并，只留一行表头（单位可写在列名的括号中）",
            "save a copy with the cells unmerged and one row of names (units may stand in brackets behind a name)",
        ),
    )


def _sheet(book: ExcelReader, wanted: str | None, file: Path) -> str:
    names = book.sheet_names
    if wanted is not None:
        if wanted in names:
            return wanted
        raise _which_sheet(file, names, Text("没有工作表 {s}", "no sheet {s}").format(s=repr(wanted)))
    full = [name for name in names if book.load_sheet(name, header_row=None, n_rows=1).width]
    if len(full) == 1:
        return full[0]
    if not full:
        raise empty_file(file)
    raise _which_sheet(file, full, Text("{k} 个工作表有内容", "{k} sheets hold something").format(k=len(full)))


def _which_sheet(file: Path, names: list[str], found: Text) -> InputError:
    return InputError(
        Text("{f} 要读哪个工作表不明确", "which sheet of {f} to read is not clear").format(f=file.name),
        expected=both(" | ".join(names)),
        found=found,
        remedy=Text(
            "指明工作表：--sheet，或 study.toml 的 [data] 中 sheet =",
            "name the sheet: --sheet, or sheet = in [data] of study.toml",
        ),
    )


def _header(words: list[str], columns: list[str]) -> list[str]:
    """The header as written; the reader adds `_1` to a repeated name and a place holder to a blank one."""
    suspicious = any(name.startswith("__UNNAMED__") or _RENAMED.fullmatch(name) for name in columns)
    return filled_names(words if suspicious else columns)


def _exact_numbers(book: ExcelReader, sheet: str, header: int, frame: pl.DataFrame, rows: int | None) -> pl.DataFrame:
    """Numbers in a mixed column at full precision: the reader prints them with nine decimals only."""
    mixed = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not mixed:
        return frame
    numbers = _load(book, sheet, header, rows, dict.fromkeys(mixed, "float"))
    return frame.with_columns(
        pl.when(numbers[name].is_not_null() & (frame[name].cast(pl.Float64, strict=False) != numbers[name]))
        .then(numbers[name].cast(pl.String))
        .otherwise(frame[name])
        .alias(name)
        for name in mixed
    )
