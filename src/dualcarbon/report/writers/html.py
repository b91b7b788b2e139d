"""HTML: one self-contained file with inline drawings and rules for print."""

from __future__ import annotations

from dualcarbon.core.exhibit import Document, Exhibit, Figure, Table
from dualcarbon.core.text import Language, Text
from dualcarbon.report.registry import Format


def _exhibit(exhibit: Exhibit, language: Language) -> bytes:
    from dualcarbon.report.web import exhibit_page

    return exhibit_page(exhibit, language)


def _document(document: Document, language: Language) -> bytes:
    from dualcarbon.report.web import document_page

    return document_page(document, language)


FORMAT = Format(
    name="html",
    label=Text("HTML 网页", "HTML page"),
    writers={Table: _exhibit, Figure: _exhibit, Document: _document},
)
