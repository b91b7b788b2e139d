"""JSON: machine values with labels, units, notes and printed strings in both languages."""

from __future__ import annotations

import json
from typing import Any

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.report import words
from dualcarbon.report.drawn import drawn
from dualcarbon.report.machine import in_both, optional, plain
from dualcarbon.report.printed import print_table
from dualcarbon.report.registry import Format
from dualcarbon.report.typography import glyphs


def _table(table: Table) -> bytes:
    columns = [
        {
            "key": header.key,
            "label": in_both(header.label),
            "unit": optional(header.unit),
            "group": optional(header.group),
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
    return _bytes(_head(figure) | drawn(figure.drawing).body(figure.drawing) | _foot(figure))


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


def _bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


FORMAT = Format(
    name="json",
    label=Text("JSON 数据（双语）", "JSON data (both languages)"),
    writers={Table: _table, Figure: _figure},
    bilingual=True,
)
