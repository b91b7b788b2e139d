"""Tables and figures free of format and language; `report` turns them into files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dualcarbon.core.bars import Layer as Layer
from dualcarbon.core.bars import Stacked as Stacked
from dualcarbon.core.bars import Waterfall as Waterfall
from dualcarbon.core.flow import Arrow as Arrow
from dualcarbon.core.flow import Box as Box
from dualcarbon.core.flow import Flow as Flow
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
    intervals which the first panel's scale hides can be read. `references` are vertical lines always in sight, dashed
    but for zero.
    """

    items: tuple[Text, ...]
    series: tuple[Series, ...]
    x_label: Text
    log: bool = False
    ratio_label: Text | None = None
    references: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Distributions:
    """How a quantity is distributed in each of several groups, the first group on top.

    Attributes
    ----------
    items : tuple of Text, g
    rows : tuple of int, g
        Observations behind each group.
    levels : tuple of float, k
        Levels of the quantiles, increasing, odd in number: the middle one is the mark, the next pair the box, the
        outermost the line.
    quantiles : g tuples of k floats, NaN where there is none
    x_label, quantile_label : Text
        What the axis shows; what mark, box and line show.
    log : bool
    means : tuple of float, g, and mean_label : Text
        A second mark per group, hollow; empty for none.
    edges : tuple of float, e + 1, and bins : g tuples of e ints
        Counts between the edges, drawn as ridges; empty for none.

    Raises
    ------
    ValueError
        If lengths differ, the levels are even in number, or a value has no place on a logarithmic axis.
    """

    items: tuple[Text, ...]
    rows: tuple[int, ...]
    levels: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    x_label: Text
    quantile_label: Text
    log: bool = False
    means: tuple[float, ...] = ()
    mean_label: Text | None = None
    edges: tuple[float, ...] = ()
    bins: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        groups, bins = len(self.items), max(len(self.edges) - 1, 0)
        _require_lengths("quantiles", self.quantiles, groups, len(self.levels))
        _require_lengths("bins", self.bins, groups if self.edges else 0, bins)
        if len(self.rows) != groups or len(self.means) not in (0, groups) or len(self.levels) % 2 == 0:
            raise ValueError(f"{groups} items, {len(self.rows)} rows, {len(self.means)} means, levels {self.levels}")
        if self.log:
            _require_positive((*self.means, *self.edges, *(v for row in self.quantiles for v in row)))


@dataclass(frozen=True, slots=True)
class Points:
    """Named points in the plane, or the corners of a line through it; as many y as x."""

    label: Text
    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        _require_lengths("points", (self.x, self.y), 2, len(self.x))


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts of points in the cells of a honeycomb.

    `x`, `y` are centres of cells in the units of the axes; `size` is the distance of two neighbours in a row and the
    distance of two rows, in decades where the axes are logarithmic.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    count: tuple[int, ...]
    size: tuple[float, float]
    label: Text

    def __post_init__(self) -> None:
        _require_lengths("cells", (self.x, self.y, self.count), 3, len(self.x))


@dataclass(frozen=True, slots=True)
class Scatter:
    """Two quantities against each other: points by group, or cells of a honeycomb for many; and lines through them."""

    x_label: Text
    y_label: Text
    points: tuple[Points, ...] = ()
    cells: Cells | None = None
    lines: tuple[Points, ...] = ()
    log: bool = False

    def __post_init__(self) -> None:
        if self.log:
            parts = (*self.points, *self.lines, *((self.cells,) if self.cells else ()))
            _require_positive(v for part in parts for v in (*part.x, *part.y))


@dataclass(frozen=True, slots=True)
class Lines:
    """Curves through many points, told apart by colour and broken where y is NaN; references are dashed lines.

    `years` says that x are calendar years, which are printed whole and without thousands separators.
    """

    x_label: Text
    y_label: Text
    curves: tuple[Points, ...]
    references: tuple[Points, ...] = ()
    years: bool = False


@dataclass(frozen=True, slots=True)
class Estimates:
    """One set of estimates with intervals at places of an axis; NaN ends where there is no interval.

    `hollow` marks points that were not estimated, such as a reference that is zero by construction; empty for none.
    """

    label: Text
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    hollow: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        _require_lengths("estimates", (self.x, self.y, self.low, self.high), 4, len(self.x))
        if self.hollow:
            _require_lengths("hollow", (self.hollow,), 1, len(self.x))


@dataclass(frozen=True, slots=True)
class Intervals:
    """Estimates with upright intervals against whole numbers, several sets side by side.

    Attributes
    ----------
    x_label, y_label : Text
    series : tuple of Estimates
    levels : tuple of float
        Horizontal lines, such as zero.
    breaks : tuple of float
        Dashed vertical lines, such as the beginning of treatment.
    names : tuple of (float, Text)
        What a place of the axis is called where its number does not say it, such as the bin at its end.
    """

    x_label: Text
    y_label: Text
    series: tuple[Estimates, ...]
    levels: tuple[float, ...] = (0.0,)
    breaks: tuple[float, ...] = ()
    names: tuple[tuple[float, Text], ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """A curve of steps: step i lies at `heights[i]` and is `widths[i]` long; heights do not fall.

    Attributes
    ----------
    widths, heights : tuple of float, s
    rows : tuple of int, s
        Observations merged in each step.
    start : float
        Where the first step begins; what lies before it is shaded and called `start_label`.
    x_unit : float
        What one unit of the axis is in units of the widths, as `x_label` says.
    log : bool
        Whether the heights stand on a logarithmic axis.

    Raises
    ------
    ValueError
        If lengths differ, a width is negative, heights fall, or one has no place on a logarithmic axis.
    """

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    rows: tuple[int, ...]
    x_label: Text
    y_label: Text
    start: float = 0.0
    start_label: Text | None = None
    x_unit: float = 1.0
    log: bool = False

    def __post_init__(self) -> None:
        _require_lengths("steps", (self.widths, self.heights, self.rows), 3, len(self.widths))
        falls = any(b < a for a, b in pairwise(self.heights))
        if falls or min(self.widths, default=0.0) < 0.0 or not self.x_unit > 0.0:
            raise ValueError("steps need heights that do not fall, widths that are not negative, a positive x_unit")
        if self.log:
            _require_positive(self.heights)


def _require_lengths(what: str, parts: Sequence[Sequence[object]], count: int, length: int) -> None:
    if len(parts) != count or any(len(part) != length for part in parts):
        raise ValueError(f"{what}: {[len(part) for part in parts]} values, expected {count} times {length}")


def _require_positive(values: Iterable[float]) -> None:
    if any(value <= 0.0 for value in values):
        raise ValueError("a logarithmic axis holds values above zero only")


Drawing = DotPlot | Distributions | Scatter | Lines | Intervals | Steps | Waterfall | Stacked | Flow


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: a drawing without format or language."""

    key: str
    number: Text
    title: Text
    drawing: Drawing
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
