"""Excel: numbers stay numbers, three lines, title above, notes below."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any

from dualcarbon.core.exhibit import Cell, Document, Table
from dualcarbon.core.text import Language, Text
from dualcarbon.report import words
from dualcarbon.report.contents import exhibits
from dualcarbon.report.layout import width_em
from dualcarbon.report.machine import plain
from dualcarbon.report.printed import PrintedCell, PrintedTable, print_table
from dualcarbon.report.registry import Format
from dualcarbon.report.typography import clean, glyphs
from dualcarbon.report.zipped import settle

_SPECIFICATION = re.compile(r"(?P<sign>\+?)(?P<group>,?)(?:\.(?P<digits>\d+))?(?P<kind>[dfFeE%]?)")
_RED = "C00000"
_FACES = {"zh": "宋体", "en": "Times New Roman"}
_LINE_PT = 15.0
_WIDEST_EM, _MARGIN_EM = 32.0, 2.0
_EXACT_INTEGER = 2**53


def number_format(cell: Cell) -> str:
    """The Excel number format of a cell: its digits, its parentheses and its stars.

    Examples
    --------
    >>> number_format(Cell(1.5, ",.2f")), number_format(Cell(0.0016, ".4f", "***"))
    ('#,##0.00', '0.0000"***"')
    >>> number_format(Cell(0.0009, ".4f", bracket=True))
    '"("0.0000")";"(-"0.0000")"'
    """
    stars = f'"{cell.stars}"' if cell.stars else ""
    digits, signed = _digits(cell.form)
    if cell.bracket:
        return f'"("{digits}")"{stars};"(-"{digits}")"{stars}'
    return f"+{digits}{stars};-{digits}{stars};{digits}{stars}" if signed else f"{digits}{stars}"


def _digits(form: str) -> tuple[str, bool]:
    """The digits of a Python format specification in Excel's language, and whether a plus sign is shown."""
    found = _SPECIFICATION.fullmatch(form)
    if found is None or not found["kind"]:
        return "General", False
    places = 0 if found["kind"] == "d" else int(found["digits"] or 6)
    digits = ("#,##0" if found["group"] else "0") + ("." + "0" * places if places else "")
    return digits + {"%": "%", "e": "E+00", "E": "E+00"}.get(found["kind"], ""), bool(found["sign"])


def _styles() -> Any:
    return import_module("openpyxl.styles")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet under construction: where its rows begin and the column widths in em."""

    sheet: Any
    printed: PrintedTable
    widths: tuple[float, ...]
    face: str

    @property
    def top(self) -> int:
        """Row of the first header line: behind title and stamp."""
        return 3 if self.printed.stamp else 2

    @property
    def first(self) -> int:
        """Row of the first line of the body."""
        return self.top + 1 + bool(self.printed.groups)

    @property
    def last(self) -> int:
        """Row of the last line of the body."""
        return self.first + len(self.printed.rows) - 1

    def font(self, *, size: float = 10.5, bold: bool = False, colour: str = "000000") -> Any:
        """The face of the language."""
        return _styles().Font(name=self.face, size=size, bold=bold, color=colour)

    def put(self, row: int, column: int, text: str, font: Any, align: str, span: int = 1) -> None:
        """Write a text, never a formula, over `span` columns."""
        cell = self.sheet.cell(row, column)
        cell.value = text
        cell.data_type = "s"
        cell.font = font
        cell.alignment = _alignment(align, wrap=True, indent=column > 1)
        if span > 1:
            self.sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + span - 1)


def _alignment(align: str, *, wrap: bool, indent: bool) -> Any:
    """Left text is indented, except at the edge, so that it does not touch the numbers before it."""
    inset = int(indent and align == "left")
    return _styles().Alignment(horizontal=align, vertical="center", wrap_text=wrap, indent=inset)


def _table(table: Table, language: Language) -> bytes:
    book = import_module("openpyxl").Workbook()
    _fill(book.active, table, language)
    return _saved(book, print_table(table, language).caption, language)


def _document(document: Document, language: Language) -> bytes:
    """The tables of a report, one per sheet, behind a sheet that lists them."""
    book = import_module("openpyxl").Workbook()
    tables = [one for one in exhibits(document) if isinstance(one, Table)]
    first, caption = book.active, glyphs(document.title.get(language))
    first.title = words.CONTENTS.get(language)
    stamped = [words.SIMULATED.get(language)] if document.simulated else []
    lines = [caption, *stamped, *(glyphs(print_table(table, language).caption) for table in tables)]
    for row, line in enumerate(lines, start=1):
        cell = first.cell(row, 1)
        cell.value, cell.data_type = line, "s"
        cell.font = _styles().Font(name=_FACES[language], size=12 if row == 1 else 10.5, bold=row == 1)
    first.column_dimensions["A"].width = 90
    first.sheet_view.showGridLines = False
    for table in tables:
        _fill(book.create_sheet(), table, language)
    return _saved(book, caption, language)


def _fill(sheet: Any, table: Table, language: Language) -> None:
    """Put a table on an empty sheet."""
    printed = print_table(table, language)
    sheet.title = table.key[:31]
    widths = tuple(min(width, _WIDEST_EM) + _MARGIN_EM for width in printed.layout.natural)
    target = _Sheet(sheet, printed, widths, _FACES[language])
    _head(target)
    _header_rows(target)
    _body(target, table)
    _rules(target)
    _notes(target)
    _page(target)


def _saved(book: Any, title: str, language: Language) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return settle(stream.getvalue(), glyphs(title), language)


def _lines(text: str, width: float) -> int:
    return max(1, math.ceil(width_em(text) / max(width - 1.0, 1.0)))


def _head(target: _Sheet) -> None:
    count, printed = len(target.widths), target.printed
    caption = glyphs(printed.caption)
    target.put(1, 1, caption, target.font(size=12, bold=True), "center", count)
    target.sheet.row_dimensions[1].height = 20.0 * _lines(caption, sum(target.widths) / 1.25)
    if printed.stamp:
        target.put(2, 1, printed.stamp, target.font(bold=True, colour=_RED), "center", count)


def _header_rows(target: _Sheet) -> None:
    bold, printed, row = target.font(bold=True), target.printed, target.first - 1
    for group in printed.groups:
        if group.text:
            target.put(target.top, group.first + 1, glyphs(group.text), bold, "center", group.span)
    lines = 1
    for header, align, width in zip(printed.headers, printed.aligns, target.widths, strict=True):
        parts = [glyphs(part) for part in (header.text, header.unit) if part]
        target.put(row, header.first + 1, "\n".join(parts), bold, align)
        lines = max(lines, sum(_lines(part, width / 1.1) for part in parts))
    target.sheet.row_dimensions[row].height = _LINE_PT * lines + 3


def _body(target: _Sheet, table: Table) -> None:
    digits, letters = _styles().Font(name="Times New Roman", size=10.5), target.font()
    aligns = [
        _alignment(align, wrap=align == "left", indent=column > 0) for column, align in enumerate(target.printed.aligns)
    ]
    for row, given, shown in zip(range(target.first, target.last + 1), table.rows, target.printed.rows, strict=True):
        for column, (cell, seen) in enumerate(zip(given, shown, strict=True)):
            place = target.sheet.cell(row, column + 1)
            place.alignment = aligns[column]
            number = _number(cell) if seen.number else None
            place.font = letters if number is None else digits
            if number is None:
                place.value = _words(cell, seen)
                place.data_type = "s"
            else:
                place.value, place.number_format = number, number_format(cell)
        lines = max(_lines(seen.text, width) for seen, width in zip(shown, target.widths, strict=True))
        if lines > 1:
            target.sheet.row_dimensions[row].height = _LINE_PT * lines


def _number(cell: Cell) -> int | float | None:
    """The value as a number of the sheet; None where a sheet cannot hold it (infinite, or too long an integer)."""
    value = plain(cell.value)
    if isinstance(value, int) and abs(value) > _EXACT_INTEGER:
        return None
    return value if isinstance(value, int | float) else None


def _words(cell: Cell, seen: PrintedCell) -> str:
    text = clean(seen.text) if isinstance(cell.value, str) else glyphs(seen.text)
    return text + cell.stars


def _rules(target: _Sheet) -> None:
    heavy, light = _styles().Side(style="medium"), _styles().Side(style="thin")
    tops = {target.top: heavy, target.first: light}
    bottoms = {target.last: heavy} | {target.first + rule - 1: light for rule in target.printed.rules_after}
    if not target.printed.rows:
        tops, bottoms = {target.top: heavy}, {target.last: heavy}
    for row in range(target.top, max(target.last, target.first - 1) + 1):
        for column in range(1, len(target.widths) + 1):
            grouped = row == target.top and any(
                group.text and group.first < column <= group.first + group.span for group in target.printed.groups
            )
            below = light if grouped else bottoms.get(row)
            target.sheet.cell(row, column).border = _styles().Border(top=tops.get(row), bottom=below)


def _notes(target: _Sheet) -> None:
    for row, note in enumerate(target.printed.notes, start=target.last + 1):
        target.put(row, 1, glyphs(note), target.font(size=9), "left", len(target.widths))
        target.sheet.row_dimensions[row].height = 13.0 * _lines(note, sum(target.widths) * 1.1)


def _page(target: _Sheet) -> None:
    sheet, letter = target.sheet, import_module("openpyxl.utils").get_column_letter
    for column, width in enumerate(target.widths, start=1):
        sheet.column_dimensions[letter(column)].width = round(1.9 * width + 1.5, 1)
    sheet.freeze_panes = sheet.cell(target.first, 2)
    sheet.sheet_view.showGridLines = False
    sheet.print_title_rows = f"{target.top}:{target.first - 1}"
    sheet.page_setup.orientation = "landscape" if target.printed.layout.landscape else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.print_options.horizontalCentered = True
    if target.printed.stamp:
        sheet.oddHeader.right.text = target.printed.stamp
    sheet.oddFooter.center.text = "&P / &N"


FORMAT = Format(name="xlsx", label=Text("Excel 工作簿", "Excel workbook"), writers={Table: _table, Document: _document})
