"""A table in one language as it is to be printed: the common ground of every print format."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from dualcarbon.core.exhibit import Cell, Figure, Header, Table, Value
from dualcarbon.core.text import Language, Text
from dualcarbon.report import words
from dualcarbon.report.layout import ColumnText, Layout, lay_out
from dualcarbon.report.typography import DASH, number_text

Align = Literal["left", "center", "right"]
_BREAKABLE_FROM_ROWS = 25


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """One cell: its text, the stars behind it, and whether it is a number."""

    text: str
    stars: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class PrintedHeader:
    """One header cell over `span` columns from column `first` (0-based); `unit` is in its parentheses or empty."""

    text: str
    unit: str
    first: int
    span: int = 1


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table of strings.

    `groups` is empty or covers all columns, with an empty text over columns that belong to no group.
    `notes` end with the source. `stamp` is empty or the words "simulated data".
    """

    key: str
    number: str
    title: str
    caption: str
    continued: str
    groups: tuple[PrintedHeader, ...]
    headers: tuple[PrintedHeader, ...]
    rows: tuple[tuple[PrintedCell, ...], ...]
    aligns: tuple[Align, ...]
    layout: Layout
    notes: tuple[str, ...]
    stamp: str
    rules_after: tuple[int, ...]

    @property
    def breakable(self) -> bool:
        """Whether the table is long: its rows stand close, and where the page's height is unknown it may run over."""
        return len(self.rows) >= _BREAKABLE_FROM_ROWS

    @property
    def fits_page(self) -> bool:
        """Whether one page holds the table with its caption and notes, so that it stays in one piece."""
        texts = [[cell.text + cell.stars for cell in row] for row in self.rows]
        head = [header.text for header in self.headers]
        return self.layout.height(head, texts, dense=self.breakable) <= self.layout.page_height


def is_missing(value: Value) -> bool:
    """None and NaN: an en dash in print, nothing in data files."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def print_cell(cell: Cell, language: Language) -> PrintedCell:
    """The text of one cell.

    Examples
    --------
    >>> print_cell(Cell(-1.4096, ".4f", "***"), "en")
    PrintedCell(text='−1.4096', stars='***', number=True)
    >>> print_cell(Cell(0.0009, ".4f", bracket=True), "en").text
    '(0.0009)'
    """
    value = cell.value
    if value is None or is_missing(value):
        return PrintedCell(DASH)
    if isinstance(value, bool):
        value = words.YES if value else words.NO
    if isinstance(value, Text):
        value = value.get(language)
    number = not isinstance(value, str)
    text = value if isinstance(value, str) else number_text(value, cell.form)
    return PrintedCell(f"({text})" if cell.bracket else text, cell.stars, number)


def header_unit(header: Header, language: Language) -> str:
    """The unit of a column in its parentheses, empty where there is none."""
    return "" if header.unit is None else words.UNIT.format(unit=header.unit).get(language)


def caption(exhibit: Table | Figure, language: Language) -> str:
    """Number and title in one line."""
    return words.CAPTION.format(number=exhibit.number, title=exhibit.title).get(language)


def printed_notes(exhibit: Table | Figure, language: Language) -> tuple[str, ...]:
    """Notes and source, each a paragraph behind its lead word."""
    first = (words.lead(words.NOTE, note, language) for note in exhibit.notes[:1])
    others = (note.get(language) for note in exhibit.notes[1:])
    return (*first, *others, words.lead(words.SOURCE, exhibit.source, language))


def stamp(simulated: bool, language: Language) -> str:
    """The words "simulated data", or nothing."""
    return words.SIMULATED.get(language) if simulated else ""


@lru_cache(maxsize=256)
def print_table(table: Table, language: Language) -> PrintedTable:
    """A table in one language.

    Parameters
    ----------
    table : Table
    language : "zh" or "en"

    Returns
    -------
    PrintedTable
        Numbers are aligned right and words left; in a regression table (one with stars or bracketed rows) all columns
        but the first are centred.
    """
    rows = tuple(tuple(print_cell(cell, language) for cell in row) for row in table.rows)
    headers = tuple(
        PrintedHeader(header.label.get(language), header_unit(header, language), i)
        for i, header in enumerate(table.headers)
    )
    columns = [tuple(row[i] for row in rows) for i in range(len(headers))]
    texts = [
        ColumnText(header.text, header.unit, tuple(cell.text + cell.stars for cell in column))
        for header, column in zip(headers, columns, strict=True)
    ]
    groups = _groups(table.headers, language)
    regression = any(cell.stars or cell.bracket for row in table.rows for cell in row)
    return PrintedTable(
        key=table.key,
        number=table.number.get(language),
        title=table.title.get(language),
        caption=caption(table, language),
        continued=words.CONTINUED.format(number=table.number).get(language),
        groups=groups,
        headers=headers,
        rows=rows,
        aligns=tuple(_align(column, regression and i > 0) for i, column in enumerate(columns)),
        layout=lay_out(texts, even=regression, spans=[(g.first, g.span, g.text) for g in groups if g.text]),
        notes=printed_notes(table, language),
        stamp=stamp(table.simulated, language),
        rules_after=tuple(sorted({rule for rule in table.rules_after if 0 < rule < len(rows)})),
    )


def _groups(headers: tuple[Header, ...], language: Language) -> tuple[PrintedHeader, ...]:
    if all(header.group is None for header in headers):
        return ()
    found, first = [], 0
    for group, members in groupby(headers, lambda header: header.group):
        span = len(list(members))
        found.append(PrintedHeader("" if group is None else group.get(language), "", first, span))
        first += span
    return tuple(found)


def _align(column: tuple[PrintedCell, ...], regression: bool) -> Align:
    if regression:
        return "center"
    filled = [cell for cell in column if cell.text]
    return "right" if filled and all(cell.number or cell.text == DASH for cell in filled) else "left"
