"""CSV: plain UTF-8, three header lines (keys, Chinese labels, English labels), then machine values."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from dualcarbon.core.exhibit import Figure, Header, Table, Value
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.report import words
from dualcarbon.report.machine import plain
from dualcarbon.report.printed import header_unit
from dualcarbon.report.registry import Format
from dualcarbon.report.typography import glyphs

Column = tuple[str, Text, Sequence[object]]


def _table(table: Table) -> bytes:
    columns: list[Column] = []
    for i, header in enumerate(table.headers):
        cells = [row[i] for row in table.rows]
        columns += _value_columns(header.key, _label(header), [cell.value for cell in cells])
        if any(cell.stars for cell in cells):
            columns.append((f"{header.key}_stars", _label(header), [cell.stars for cell in cells]))
        if any(cell.bracket for cell in cells):
            columns.append((f"{header.key}_bracket", _label(header), [int(cell.bracket) for cell in cells]))
    return _bytes(columns, len(table.rows), table.simulated)


def _figure(figure: Figure) -> bytes:
    drawing = figure.drawing
    columns = _value_columns("item", words.ITEM, drawing.items)
    for number, one in enumerate(drawing.series, start=1):
        columns += _value_columns(f"x{number}", one.label, one.x)
        for end, values, label in (("low", one.low, words.LOW), ("high", one.high, words.HIGH)):
            if values is not None:
                columns += _value_columns(f"x{number}_{end}", label.format(label=one.label), values)
    return _bytes(columns, len(drawing.items), figure.simulated)


def _label(header: Header) -> Text:
    zh, en = (f"{header.label.get(language)} {header_unit(header, language)}".strip() for language in LANGUAGES)
    return Text(zh, en) if header.group is None else Text(f"{header.group.zh}：{zh}", f"{header.group.en}: {en}")


def _value_columns(key: str, label: Text, values: Sequence[Value]) -> list[Column]:
    """One column, or one per language where a value is a phrase."""
    found = [_field(value) for value in values]
    if not any(isinstance(value, dict) for value in found):
        return [(key, label, found)]
    return [
        (f"{key}_{language}", label, [value[language] if isinstance(value, dict) else value for value in found])
        for language in LANGUAGES
    ]


def _bytes(columns: list[Column], rows: int, simulated: bool) -> bytes:
    if simulated:
        columns = [*columns, ("data_status", words.DATA_STATUS, [str(words.SIMULATED)] * rows)]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(key for key, _, _ in columns)
    for language in LANGUAGES:
        writer.writerow(glyphs(label.get(language)) for _, label, _ in columns)
    writer.writerows(zip(*(values for _, _, values in columns), strict=True))
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
