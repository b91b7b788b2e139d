"""What the templates read: exhibits and documents in one language, as plain strings and tuples."""

from __future__ import annotations

from typing import Any

from dualcarbon.core.exhibit import Document, Exhibit, Figure, Table
from dualcarbon.core.text import Language
from dualcarbon.report import words
from dualcarbon.report.contents import Section, sections, turned_last
from dualcarbon.report.printed import caption, print_table, printed_notes


def exhibit_view(exhibit: Exhibit, language: Language) -> dict[str, Any]:
    """One exhibit; ``table`` is a `PrintedTable`, or None for a figure."""
    return {
        "key": exhibit.key,
        "table": print_table(exhibit, language) if isinstance(exhibit, Table) else None,
        "caption": caption(exhibit, language),
        "notes": printed_notes(exhibit, language),
    }


def document_view(document: Document, language: Language, *, paged: bool) -> dict[str, Any]:
    """A document; on pages, tables that need a landscape page stand at the end of their chapter."""
    return {
        "title": document.title.get(language),
        "subtitle": document.subtitle.get(language),
        "abstract": [paragraph.get(language) for paragraph in document.abstract],
        "sections": [
            _section(section, language, paged) | {"stamp": _section_stamp(document, section, language)}
            for section in sections(document)
        ],
        "colophon": [paragraph.get(language) for paragraph in document.colophon],
        "heads": {
            "abstract": words.ABSTRACT.get(language),
            "contents": words.CONTENTS.get(language),
            "colophon": words.COLOPHON.get(language),
        },
    }


def _section(section: Section, language: Language, paged: bool) -> dict[str, Any]:
    parts = turned_last(section.parts, language) if paged else section.parts
    return {
        "title": section.title.get(language),
        "parts": [
            exhibit_view(part, language) if isinstance(part, Table | Figure) else part.get(language) for part in parts
        ],
    }


def _section_stamp(document: Document, section: Section, language: Language) -> str:
    """The words over the pages of a section; in a simulated document those of real exhibits are excepted."""
    found = [part.simulated for part in section.parts if isinstance(part, Table | Figure)]
    if document.simulated and found and not any(found):
        return words.SIMULATED_ELSEWHERE.get(language)
    return words.SIMULATED.get(language) if document.simulated else ""
