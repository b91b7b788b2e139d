"""CSV: plain UTF-8, one header line of keys, then machine values; labels and units are in the JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from dualcarbon.core.exhibit import Figure, Table, Value
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.report import words
from dualcarbon.report.drawn import drawn
from dualcarbon.report.machine import plain
from dualcarbon.report.registry import Format

Column = tuple[str, Sequence[object]]


def _table(table: Table) -> bytes:
    columns: list[Column] = [("row", table.row_keys)] if table.row_keys else []
    for i, header in enumerate(table.headers):
        cells = [row[i] for row in table.rows]
        columns += _value_columns(header.key, [cell.value for cell in cells])
        if any(cell.stars for cell in cells):
            columns.append((f"{header.key}_stars", [cell.stars for cell in cells]))
        if any(cell.bracket for cell in cells) and not table.row_keys:
            columns.append((f"{header.key}_bracket", [int(cell.bracket) for cell in cells]))
    return _bytes(columns, len(table.rows), table.simulated)


def _figure(figure: Figure) -> bytes:
    given = drawn(figure.drawing).columns(figure.drawing)
    columns = [column for key, values in given for column in _value_columns(key, values)]
    return _bytes(columns, len(given[0][1]), figure.simulated)


def _value_columns(key: str, values: Sequence[Value]) -> list[Column]:
    """One column of numbers, of strings, or one per language; phrases among numbers stand in columns of their own."""
    found = [_field(value) for value in values]
    phrases = [value if isinstance(value, dict) else None for value in found]
    if not any(phrases):
        return [(key, found)]
    numbers = [value if isinstance(value, int | float) else None for value in found]
    if any(number is not None for number in numbers):
        spoken = [(f"{key}_{language}", [value and value[language] for value in phrases]) for language in LANGUAGES]
        return [(key, numbers), *spoken]
    return [
        (f"{key}_{language}", [value[language] if isinstance(value, dict) else value for value in found])
        for language in LANGUAGES
    ]


def _bytes(columns: list[Column], rows: int, simulated: bool) -> bytes:
    if simulated:
        columns = [*columns, ("data_status", [str(words.SIMULATED)] * rows)]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(key for key, _ in columns)
    writer.writerows(zip(*(values for _, values in columns), strict=True))
    return stream.getvalue().encode()


def _field(value: Value) -> object:
    """A value as statistics programs read it: infinity is ``inf``, a missing value is empty."""
    return value if isinstance(value, float) and math.isinf(value) else plain(value)


FORMAT = Format(
    name="csv",
    label=Text("CSV 数据（双语，UTF-8）", "CSV data (both languages, UTF-8)"),
    writers={Table: _table, Figure: _figure},
    bilingual=True,
)
