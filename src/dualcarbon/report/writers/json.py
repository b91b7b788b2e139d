"""JSON: machine values with labels, units, notes and printed strings in both languages."""

from __future__ import annotations

import json
from typing import Any

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.report import words
from dualcarbon.report.machine import in_both, plain
from dualcarbon.report.printed import print_table
from dualcarbon.report.registry import Format
from dualcarbon.report.typography import glyphs


def _table(table: Table) -> bytes:
    columns = [
        {
            "key": header.key,
            "label": in_both(header.label),
            "unit": _optional(header.unit),
            "group": _optional(header.group),
        }
        for header in table.headers
    ]
    printed = {
        language: [[glyphs(cell.text) + cell.stars for cell in row] for row in print_table(table, language).rows]
        for language in LANGUAGES
    }
    rows = [[plain(cell.value) for cell in row] for row in table.rows]
    body = {"columns": columns, "row_keys": list(table.row_keys), "rows": rows, "printed": printed}
    return _bytes(_head(table) | body | _foot(table))


def _figure(figure: Figure) -> bytes:
    drawing = figure.drawing
    series = [
        {
            "label": in_both(one.label),
            "x": _numbers(one.x),
            "low": _numbers(one.low),
            "high": _numbers(one.high),
        }
        for one in drawing.series
    ]
    body = {
        "x_label": in_both(drawing.x_label),
        "log": drawing.log,
        "ratio_label": _optional(drawing.ratio_label),
        "items": [in_both(item) for item in drawing.items],
        "series": series,
    }
    return _bytes(_head(figure) | body | _foot(figure))


def _head(exhibit: Table | Figure) -> dict[str, Any]:
    status = {"data_status": in_both(words.SIMULATED)} if exhibit.simulated else {}
    return {
        "key": exhibit.key,
        "number": in_both(exhibit.number),
        "title": in_both(exhibit.title),
        "simulated": exhibit.simulated,
    } | status


def _foot(exhibit: Table | Figure) -> dict[str, Any]:
    return {"notes": [in_both(note) for note in exhibit.notes], "source": in_both(exhibit.source)}


def _optional(text: Text | None) -> dict[str, str] | None:
    return None if text is None else in_both(text)


def _numbers(values: tuple[float, ...] | None) -> list[Any] | None:
    return None if values is None else [plain(value) for value in values]


def _bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


FORMAT = Format(
    name="json",
    label=Text("JSON 数据（双语）", "JSON data (both languages)"),
    writers={Table: _table, Figure: _figure},
    bilingual=True,
)
