"""What stands where in a document: exhibits follow the paragraph that first names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dualcarbon.core.exhibit import Chapter, Document, Exhibit, Table
from dualcarbon.core.text import Language, Text
from dualcarbon.report.printed import print_table


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter in reading order: paragraphs and exhibits mixed; `number` counts from 1."""

    number: int
    title: Text
    parts: tuple[Text | Exhibit, ...]


def sections(document: Document) -> tuple[Section, ...]:
    """The chapters of a document in reading order.

    An exhibit stands behind the first paragraph of its chapter that names its number, in either language; one that
    no paragraph names stands at the end. The order of the exhibits is kept.
    """
    return tuple(
        Section(number, chapter.title, tuple(_ordered(chapter)))
        for number, chapter in enumerate(document.chapters, start=1)
    )


def turned_last(parts: tuple[Text | Exhibit, ...], language: Language) -> list[Text | Exhibit]:
    """The parts of a section for pages: tables on landscape pages go to its end and leave no gap in the text."""
    return sorted(parts, key=lambda part: isinstance(part, Table) and print_table(part, language).layout.landscape)


def exhibits(document: Document) -> tuple[Exhibit, ...]:
    """All exhibits in the order they appear."""
    return tuple(exhibit for chapter in document.chapters for exhibit in chapter.exhibits)


def _ordered(chapter: Chapter) -> Iterator[Text | Exhibit]:
    last = len(chapter.paragraphs) - 1
    places, floor = [], 0
    for exhibit in chapter.exhibits:
        named = (i for i, paragraph in enumerate(chapter.paragraphs) if _names(paragraph, exhibit.number))
        floor = max(floor, next(named, last))
        places.append(floor)
    for i, paragraph in enumerate(chapter.paragraphs):
        yield paragraph
        yield from (exhibit for exhibit, place in zip(chapter.exhibits, places, strict=True) if place == i)
    if not chapter.paragraphs:
        yield from chapter.exhibits


def _names(paragraph: Text, number: Text) -> bool:
    pairs = ((paragraph.zh, number.zh), (paragraph.en, number.en))
    return any(re.search(rf"{_loose(word)}(?![\d.-]*\d)", text) is not None for text, word in pairs)


def _loose(word: str) -> str:
    return r"\s*".join(re.escape(piece) for piece in word.split())
