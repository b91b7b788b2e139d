"""PDF, set by typst in the fonts of the package."""

from __future__ import annotations

from dualcarbon.core.exhibit import Document, Figure, Table
from dualcarbon.core.text import Language, Text
from dualcarbon.report.registry import Format


def _table(table: Table, language: Language) -> bytes:
    from dualcarbon.report.typesetting import compile_pdf, exhibit_source

    return compile_pdf(exhibit_source(table, language), {})


def _figure(figure: Figure, language: Language) -> bytes:
    from dualcarbon.report.drawing import svg
    from dualcarbon.report.typesetting import compile_pdf, exhibit_source

    return compile_pdf(exhibit_source(figure, language), {figure.key: svg(figure, language)})


def _document(document: Document, language: Language) -> bytes:
    from dualcarbon.report.contents import exhibits
    from dualcarbon.report.drawing import svg
    from dualcarbon.report.typesetting import compile_pdf, document_source

    drawings = {one.key: svg(one, language) for one in exhibits(document) if isinstance(one, Figure)}
    return compile_pdf(document_source(document, language), drawings)


FORMAT = Format(
    name="pdf",
    label=Text("PDF 文档", "PDF document"),
    writers={Table: _table, Figure: _figure, Document: _document},
    own_font=True,
)
