"""Tables and figures free of format and language; `report` turns them into files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dualcarbon.core.text import Text

Value = float | int | str | Text | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and how it is printed.

    `form` is a Python format specification for numbers (for example ``",.2f"``); `stars` stand behind the
    number; `bracket` prints it in parentheses (a standard error). None prints as an en dash.
    """

    value: Value
    form: str = ""
    stars: str = ""
    bracket: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """A table column: a stable key for machines, a label and a unit for people, an optional spanning group."""

    key: str
    label: Text
    unit: Text | None = None
    group: Text | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A three-line table.

    Attributes
    ----------
    key : str
        File name stem, for example ``table_4_1``.
    number : Text
        ``表 4-1`` / ``Table 4-1``.
    title : Text
    headers : tuple of Header
    rows : tuple of tuple of Cell, each as long as `headers`
    notes : tuple of Text
        Printed below the table, one paragraph each.
    source : Text
    simulated : bool
        True stamps the words "simulated data" on every rendering.
    rules_after : tuple of int
        Row numbers (1-based) after which a thin rule is drawn.
    row_keys : tuple of str
        Empty, or one stable key per row for machines.

    Raises
    ------
    ValueError
        If a row is not as long as `headers`, a header's key is used twice, or `row_keys` do not name each row once.
    """

    key: str
    number: Text
    title: Text
    headers: tuple[Header, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Text, ...]
    source: Text
    simulated: bool
    rules_after: tuple[int, ...] = ()
    row_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        widths = {len(row) for row in self.rows}
        if widths - {len(self.headers)}:
            raise ValueError(f"{self.key}: rows of {sorted(widths)} cells under {len(self.headers)} headers")
        for what, keys in (("header", [header.key for header in self.headers]), ("row", self.row_keys)):
            if twice := _repeated(keys):
                raise ValueError(f"{self.key}: {what} keys used more than once: {', '.join(twice)}")
        if self.row_keys and len(self.row_keys) != len(self.rows):
            raise ValueError(f"{self.key}: {len(self.row_keys)} row keys for {len(self.rows)} rows")


def _repeated(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


@dataclass(frozen=True, slots=True)
class Series:
    """One set of marks of a dot plot: x values with optional intervals, NaN where there is none."""

    label: Text
    x: tuple[float, ...]
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class DotPlot:
    """A ranked dot plot: one line per item, one or more series of marks, the first item on top.

    With a `ratio_label` a second panel shows all marks and intervals divided by the marks of the first series, so that
    intervals which the first panel's scale hides can be read.
    """

    items: tuple[Text, ...]
    series: tuple[Series, ...]
    x_label: Text
    log: bool = False
    ratio_label: Text | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: a drawing without format or language."""

    key: str
    number: Text
    title: Text
    drawing: DotPlot
    notes: tuple[Text, ...]
    source: Text
    simulated: bool


Exhibit = Table | Figure


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of the report: a heading, paragraphs, and exhibits in the order they appear."""

    title: Text
    paragraphs: tuple[Text, ...]
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report: front matter and chapters."""

    key: str
    title: Text
    subtitle: Text
    abstract: tuple[Text, ...]
    chapters: tuple[Chapter, ...]
    colophon: tuple[Text, ...]
    simulated: bool
