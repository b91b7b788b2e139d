"""Excel workbooks: one sheet, its first row the header."""

from __future__ import annotations

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


def load(file: Path, options: Options) -> RawTable:
    """The table of a sheet; a column of numbers only is numbers, a mixed one is text."""
    import fastexcel

    if file.stat().st_size == 0:
        raise empty_file(file)
    try:
        book = fastexcel.read_excel(file)
        sheet = _sheet(book, options.sheet, file)
        frame = _load(book, sheet, options.rows)
    except fastexcel.FastExcelError as error:
        raise unreadable(file, str(error).splitlines()[0]) from error
    names = _header(book, sheet, frame.columns)
    if not names:
        raise empty_file(file)
    require_unique_names(names, file)
    frame = _exact_numbers(book, sheet, frame, options.rows)
    frame.columns = names
    return RawTable(frame)


def _load(book: ExcelReader, sheet: str, rows: int | None, dtypes: dict[str, str] | None = None) -> pl.DataFrame:
    loaded = book.load_sheet(sheet, n_rows=rows, schema_sample_rows=None, dtypes=dtypes)  # type: ignore[arg-type]
    return pl.DataFrame(loaded.to_polars())


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


def _header(book: ExcelReader, sheet: str, columns: list[str]) -> list[str]:
    """The header as written; the reader adds `_1` to a repeated name and a place holder to a blank one."""
    suspicious = any(name.startswith("__UNNAMED__") or _RENAMED.fullmatch(name) for name in columns)
    if not suspicious:
        return filled_names(columns)
    row = book.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").to_polars().row(0)
    return filled_names([str(name or "") for name in row])


def _exact_numbers(book: ExcelReader, sheet: str, frame: pl.DataFrame, rows: int | None) -> pl.DataFrame:
    """Numbers in a mixed column at full precision: the reader prints them with nine decimals only."""
    mixed = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not mixed:
        return frame
    numbers = _load(book, sheet, rows, dict.fromkeys(mixed, "float"))
    return frame.with_columns(
        pl.when(numbers[name].is_not_null() & (frame[name].cast(pl.Float64, strict=False) != numbers[name]))
        .then(numbers[name].cast(pl.String))
        .otherwise(frame[name])
        .alias(name)
        for name in mixed
    )
