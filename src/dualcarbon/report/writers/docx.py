"""Word: real tables, styles, fields, subscripts."""

from __future__ import annotations

from dualcarbon.core.exhibit import Document, Exhibit, Figure, Table
from dualcarbon.core.text import Language, Text
from dualcarbon.report.registry import Format


def _exhibit(exhibit: Exhibit, language: Language) -> bytes:
    from dualcarbon.report.word import exhibit_file

    return exhibit_file(exhibit, language)


def _document(document: Document, language: Language) -> bytes:
    from dualcarbon.report.word import document_file

    return document_file(document, language)


FORMAT = Format(
    name="docx",
    label=Text("Word 文档", "Word document"),
    writers={Table: _exhibit, Figure: _exhibit, Document: _document},
)
