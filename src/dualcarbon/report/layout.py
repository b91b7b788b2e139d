"""How wide the columns of a printed table are, and at what size it is set."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import east_asian_width

PORTRAIT_PT = 462.0
LANDSCAPE_PT = 708.0
PADDING_EM = 1.0
_PORTRAIT_ROOM_PT, _LANDSCAPE_ROOM_PT = 600.0, 350.0
_LINE_EM, _ROW_EM, _DENSE_ROW_EM = 1.25, 0.46, 0.26
_SMALLEST = 4.5
_BROKEN_EM = 12.0
_EXTRA_EM, _FULL_EM = 3.6, 5.4
_LONGEST_PIECE_EM = 12.0
_NARROW_TEXT_EM = 5.0
_UNBROKEN_EM = 6.4
_UNIT_SIZE = 0.94
_LONGEST_UNIT_EM = 5.0
_BREAKS = re.compile(r"(?<=[\s/\-–—,、，])")


@dataclass(frozen=True, slots=True)
class ColumnText:
    """The strings of one column: header label, unit (may be empty) and cells."""

    label: str
    unit: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of a printed table.

    Attributes
    ----------
    size : float
        Type size in points.
    landscape : bool
    share : float
        Width of the table as a share of the text width, in (0, 1].
    widths : tuple of float
        Width of each column as a share of the table; they sum to 1.
    natural : tuple of float
        Width in em that each column would take unbroken.
    """

    size: float
    landscape: bool
    share: float
    widths: tuple[float, ...]
    natural: tuple[float, ...]

    @property
    def page_height(self) -> float:
        """Height in points that one page holds beside caption and notes."""
        return _LANDSCAPE_ROOM_PT if self.landscape else _PORTRAIT_ROOM_PT

    def height(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, dense: bool) -> float:
        """Height of the table in points: the rows' lines with their padding, the head with a group and units."""
        lines = [self._lines(row) for row in rows]
        row = _DENSE_ROW_EM if dense else _ROW_EM
        return self.size * ((sum(lines) + self._lines(head) + 2) * _LINE_EM + (len(lines) + 2) * row)

    def _lines(self, row: Sequence[str]) -> int:
        """Lines of the tallest cell."""
        room = self.share * (LANDSCAPE_PT if self.landscape else PORTRAIT_PT) / self.size
        widths = (width * room - PADDING_EM for width in self.widths)
        return max(math.ceil(width_em(text) / max(width, 1.0) - 0.02) for text, width in zip(row, widths, strict=True))


@cache
def _advances() -> dict[str, float]:
    """Widths in em of the characters of the shipped font that are not one em wide."""
    lines = (Path(__file__).parent / "fonts" / "advances.txt").read_text(encoding="ascii").splitlines()
    pairs = (line.split() for line in lines)
    return {chr(int(code, 16)): int(width) / 1000 for code, width in pairs}


def width_em(text: str) -> float:
    """Width in em of a line set in the shipped Regular font, without kerning.

    Examples
    --------
    >>> width_em("烟草"), round(width_em("25,007.92"), 3)
    (2.0, 4.441)
    """
    advances = _advances()
    return sum(advances.get(character, 1.0) for character in text)


def lay_out(columns: Sequence[ColumnText], *, even: bool = False, spans: Sequence[tuple[int, int, str]] = ()) -> Layout:
    """Column widths that fit the page.

    Up to 7 columns are set in 9 pt, up to 10 in 8 pt, more on a landscape page. Columns get their natural width and a
    part of what is left. If that is too much, the widest columns are narrowed and their cells broken into lines; if
    that leaves a column less than half its natural width and less than 12 em, the type is made smaller down to 7 pt,
    then the page is turned, and at last columns go down to their longest unbreakable piece in the type that holds them.

    Parameters
    ----------
    columns : sequence of ColumnText, at least one
    even : bool
        All columns but the first get the same width.
    spans : sequence of (first column, number of columns, label)
        Headings over several columns, which are made wide enough to bear them.

    Returns
    -------
    Layout
    """
    natural, least = [_natural(column) for column in columns], [_least(column) for column in columns]
    natural = _bearing(natural, spans, width_em)
    least = _bearing(least, spans, _piece)
    if even:
        natural[1:] = [max(natural[1:], default=0.0)] * (len(columns) - 1)
    for size, landscape in _settings(len(columns)):
        room = _room(size, landscape, len(columns))
        if _comfortable(natural, least, room):
            break
    else:
        size = max(_SMALLEST, size * min(1.0, room / sum(least)))
        room = max(_room(size, landscape, len(columns)), sum(least))
    widths, share = _shared_out(natural, least, room)
    shares = tuple(width / sum(widths) for width in widths)
    return Layout(round(size, 2), landscape, round(share, 4), shares, tuple(natural))


def _bearing(
    widths: list[float], spans: Sequence[tuple[int, int, str]], measure: Callable[[str], float]
) -> list[float]:
    """The widths, larger under a spanning label that is wider than its columns."""
    found = list(widths)
    for first, span, label in spans:
        lack = 1.06 * measure(label) - sum(found[first : first + span]) - (span - 1) * PADDING_EM
        for i in range(first, first + span):
            found[i] += max(lack, 0.0) / span
    return found


def _settings(count: int) -> Iterator[tuple[float, bool]]:
    """Type size and landscape, from the best down."""
    size = 9.0 if count <= 7 else 8.0
    if count <= 10:
        yield from ((step, False) for step in (size, size - 0.5, size - 1.0, 7.0) if step >= 7.0)
    yield from ((step, True) for step in (8.0, 7.5, 7.0))


def _room(size: float, landscape: bool, count: int) -> float:
    return (LANDSCAPE_PT if landscape else PORTRAIT_PT) / size - count * PADDING_EM


def _comfortable(natural: list[float], least: list[float], room: float) -> bool:
    if sum(natural) <= room:
        return True
    if sum(least) > room:
        return False
    narrowed = _narrowed(natural, least, room)
    return all(width >= min(0.5 * wide, _BROKEN_EM) for width, wide in zip(narrowed, natural, strict=True))


def _shared_out(natural: list[float], least: list[float], room: float) -> tuple[list[float], float]:
    """Column widths with padding, and the width of the table as a share of the text width."""
    count = len(natural)
    if sum(natural) > room:
        widths = _narrowed(natural, least, room)
    else:
        slack = (room - sum(natural)) / count
        extra = slack if slack <= _FULL_EM and count > 3 else min(slack, _EXTRA_EM)
        widths = [width + extra for width in natural]
    padded = [width + PADDING_EM for width in widths]
    return padded, min(1.0, sum(padded) / (room + count * PADDING_EM))


def _natural(column: ColumnText) -> float:
    body = max(map(width_em, column.cells), default=0.0)
    label = 1.06 * width_em(column.label)
    unbroken = _UNBROKEN_EM if _wide(column.label) else 0.0
    return max(
        body, min(label, max(label / 2 + 1.0, _piece(column.label), unbroken)), _UNIT_SIZE * width_em(column.unit)
    )


def _least(column: ColumnText) -> float:
    pieces = max(map(_piece, column.cells), default=0.0)
    return max(pieces, 1.06 * _piece(column.label), _UNIT_SIZE * min(width_em(column.unit), _LONGEST_UNIT_EM))


def _piece(text: str) -> float:
    """Width of the longest stretch that should not be broken."""
    if _wide(text):
        return min(width_em(text), _NARROW_TEXT_EM)
    return min(_LONGEST_PIECE_EM, max(map(width_em, _BREAKS.split(text)), default=0.0))


def _wide(text: str) -> bool:
    """Whether the text has Chinese characters."""
    return any(east_asian_width(character) in "WF" for character in text)


def _narrowed(natural: list[float], least: list[float], room: float) -> list[float]:
    """Widths cut at one common cap, found by bisection, never below `least`, that sum to `room`."""
    low, high = 0.0, max(natural)
    for _ in range(60):
        cap = (low + high) / 2
        total = sum(max(small, min(wide, cap)) for wide, small in zip(natural, least, strict=True))
        low, high = (cap, high) if total < room else (low, cap)
    return [max(small, min(wide, low)) for wide, small in zip(natural, least, strict=True)]
