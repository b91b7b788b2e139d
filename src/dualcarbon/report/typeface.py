"""The two shipped fonts and what they cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

from dualcarbon.core.text import Language, Text
from dualcarbon.report.registry import Item
from dualcarbon.report.typography import glyphs

FOLDER = Path(__file__).parent / "fonts"
REGULAR = FOLDER / "DualcarbonSans-Regular.otf"
BOLD = FOLDER / "DualcarbonSans-Bold.otf"


class MissingGlyphWarning(UserWarning):
    """A character that the shipped fonts cannot show."""


@cache
def coverage() -> frozenset[int]:
    """Code points of the Regular font."""
    lines = (FOLDER / "coverage.txt").read_text(encoding="ascii").split()
    bounds = ([int(bound, 16) for bound in line.split("-")] for line in lines)
    return frozenset(code for low, high in bounds for code in range(low, high + 1))


def phrases(part: object, languages: Iterable[Language]) -> Iterator[str]:
    """Every phrase inside an item, in the given languages."""
    if isinstance(part, Text):
        yield from (part.get(language) for language in languages)
    elif isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for inner in part:
            yield from phrases(inner, languages)
    elif is_dataclass(part):
        for field in fields(part):
            yield from phrases(getattr(part, field.name), languages)


def missing(item: Item, languages: Iterable[Language]) -> tuple[str, ...]:
    """Characters of an item that the fonts lack, sorted."""
    spoken = tuple(languages)
    used = set().union(*(map(ord, glyphs(phrase)) for phrase in phrases(item, spoken)))
    return tuple(map(chr, sorted(used - coverage())))


def missing_message(key: str, lost: tuple[str, ...]) -> str:
    """What to say of characters that cannot be shown, in both languages."""
    first = " ".join(f"{character} U+{ord(character):04X}" for character in lost[:5])
    message = Text(
        "{key}：随附字体缺 {n} 个字符（{first}），PDF、SVG、PNG 中将显示为空框",
        "{key}: the shipped fonts lack {n} characters ({first}); PDF, SVG and PNG show an empty box",
    )
    return str(message.format(key=key, n=len(lost), first=first))
