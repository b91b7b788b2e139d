"""Where everything goes in a dot plot: labels, lines, axis and ticks, in numbers and before any drawing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import DotPlot, Series
from dualcarbon.core.text import Text
from dualcarbon.report.layout import width_em
from dualcarbon.report.typography import number_text

WIDTH_IN = 6.4
RIGHT_IN = 0.2
LEGEND_PT, AXIS_PT = 8.0, 8.5
_MARK_IN, _EDGE_IN = 0.4, 0.15
_LABEL_IN = 2.7
_TALLEST_IN = 6.3
_GAP_IN, _RATIO_SHARE = 0.3, 0.45
_PIECES = re.compile(r"[\u2e80-\u9fff\uff00-\uffef][、，。；：）》”]*|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a dot plot in inches and points; `labels`, `legend` and `x_labels` are broken into lines.

    `panels` are left end and width of each panel; `x_labels` has one label per panel.
    """

    labels: tuple[str, ...]
    legend: tuple[str, ...]
    x_labels: tuple[str, ...]
    panels: tuple[tuple[float, float], ...]
    label_pt: float
    pitch: float
    left: float
    above: float
    below: float
    legend_columns: int
    legend_left: float

    @property
    def height(self) -> float:
        """Height of the whole drawing in inches."""
        return self.above + self.pitch * max(len(self.labels), 1) + self.below


def plan(
    labels: Sequence[str], legend: Sequence[str], x_labels: Sequence[str], *, stamped: bool, widest: float = 0.3
) -> Plan:
    """Sizes for a number of items: the more there are, the closer they stand, down to what one page holds.

    Parameters
    ----------
    labels : item labels, first on top
    legend : series labels, empty for no legend
    x_labels : label of the axis of each of one or two panels
    stamped : whether a line is kept for the stamp
    widest : inches a row takes where there are few
    """
    count = max(len(labels), 1)
    pitch = min(widest, max(0.125, _TALLEST_IN / count))
    label_pt, broken = _broken(labels, pitch)
    left = _widest(broken) * label_pt / 72 + 0.2
    room = WIDTH_IN - left - RIGHT_IN
    legend_left = left if _row_in(legend) <= room else _EDGE_IN
    legend_room = WIDTH_IN - legend_left - RIGHT_IN
    series = tuple(wrap(label, (legend_room - _MARK_IN) * 72 / LEGEND_PT) for label in legend)
    columns = len(series) if _row_in(series) <= legend_room else 1
    lines = [label.count("\n") + 1 for label in series]
    rows = sum(lines) if columns == 1 else max(lines, default=0)
    panels = _panels(left, room, len(x_labels))
    axes = tuple(wrap(label, width * 72 / AXIS_PT) for label, (_, width) in zip(x_labels, panels, strict=True))
    above = 0.12 + 0.26 * stamped + 0.2 * rows + 0.22 * (count > 20)
    below = 0.5 + 0.17 * max(axis.count("\n") for axis in axes)
    return Plan(broken, series, axes, panels, label_pt, pitch, left, above, below, columns, legend_left)


def _panels(left: float, room: float, count: int) -> tuple[tuple[float, float], ...]:
    if count == 1:
        return ((left, room),)
    second = _RATIO_SHARE * (room - _GAP_IN)
    return ((left, room - _GAP_IN - second), (left + room - second, second))


def relative(plot: DotPlot, label: Text) -> DotPlot:
    """The plot with every value divided by the first series' value of its item, on an even axis."""
    base = plot.series[0].x

    def over(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if values is None:
            return None
        return tuple(value / one if one > 0 else math.nan for value, one in zip(values, base, strict=True))

    series = tuple(
        Series(one.label, over(one.x) or (), over(one.low), over(one.high), one.hollow) for one in plot.series
    )
    return DotPlot(plot.items, series, label)


def _row_in(legend: Sequence[str]) -> float:
    """Width in inches of a legend in one row."""
    return sum(_widest([label]) * LEGEND_PT / 72 + _MARK_IN for label in legend)


def _widest(labels: Sequence[str]) -> float:
    return max((width_em(line) for label in labels for line in label.split("\n")), default=0.0)


def _broken(labels: Sequence[str], pitch: float) -> tuple[float, tuple[str, ...]]:
    """The largest type at which all labels, broken into lines, fit their rows."""
    size = 8.5
    while True:
        broken = tuple(wrap(label, _LABEL_IN * 72 / size) for label in labels)
        lines = max((label.count("\n") + 1 for label in broken), default=1)
        if lines * size * 1.2 <= pitch * 72 or size <= 5.0:
            return size, broken
        size -= 0.25


def wrap(text: str, width: float) -> str:
    """The text broken into lines of at most `width` em, between words or Chinese characters.

    Examples
    --------
    >>> wrap("通信设备、计算机及其他电子设备制造业", 10.0)
    '通信设备、计算机及其\\n他电子设备制造业'
    """
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and width_em((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def check(key: str, plot: DotPlot) -> None:
    """Raise `DataError` if a series is not as long as the items, or a value has no place on a logarithmic axis."""
    for one in plot.series:
        for values in (one.x, one.low, one.high):
            if values is not None and len(values) != len(plot.items):
                raise DataError(
                    Text(
                        "图 {key}：系列“{label}”长度不符", "Figure {key}: series “{label}” has the wrong length"
                    ).format(key=key, label=one.label),
                    expected=Text("{n} 个数值", "{n} values").format(n=len(plot.items)),
                    found=Text("{n} 个数值", "{n} values").format(n=len(values)),
                    remedy=Text(
                        "为每个项目给出一个数值，没有时用 NaN", "Give one value per item, NaN where there is none"
                    ),
                )
        bad = [item for item, x in zip(plot.items, one.x, strict=True) if plot.log and x <= 0]
        if bad:
            raise DataError(
                Text(
                    "图 {key}：对数轴上有非正数", "Figure {key}: values on a logarithmic axis are not positive"
                ).format(key=key),
                expected=Text("大于零的数值", "Values above zero"),
                found=Text("{n} 个非正数，首先是 {item}", "{n} not positive, first {item}").format(
                    n=len(bad), item=bad[0]
                ),
                remedy=Text("将其设为 NaN，或取 log=False", "Set them to NaN or use log=False"),
            )


def limits(plot: DotPlot) -> tuple[float, float]:
    """The ends of the axis: all finite values and references that have a place on it, and a margin of 4 %."""
    ends = [values for one in plot.series for values in (one.x, one.low, one.high) if values is not None]
    return span((value for values in (*ends, plot.references) for value in values), plot.log)


def span(values: Iterable[float], log: bool) -> tuple[float, float]:
    """The ends of an axis that holds all finite values that have a place on it, and a margin of 4 %.

    Examples
    --------
    >>> span([0.0, 100.0], False)
    (-4.0, 104.0)
    """
    shown = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    if not shown:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = min(shown), max(shown)
    if log:
        margin = max(0.04 * math.log10(high / low), 0.1)
        return low / 10**margin, high * 10**margin
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def ticks(low: float, high: float, log: bool) -> list[float]:
    """Round numbers within the ends of the axis: powers of ten with 2 and 5 between where there is room, or even steps.

    Examples
    --------
    >>> ticks(3.0, 5000.0, True), ticks(-0.4, 1.3, False)
    ([10.0, 100.0, 1000.0], [0.0, 0.5, 1.0])
    """
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        steps = (1.0, 2.0, 5.0) if math.log10(high / low) < 2.5 else (1.0,)
        every = max(1, (last - first) // 8)
        found = [s * 10.0**p for p in range(first, last + 1, every) for s in steps if low <= s * 10.0**p <= high]
        if len(found) > 1:
            return found
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def tick_labels(places: Sequence[float], log: bool) -> list[str]:
    """The ticks in figures: thousands separated, as many decimals as the steps need."""
    if log and all(_round(place) for place in places):
        return [_power(place) for place in places]
    step = min((b - a for a, b in pairwise(places)), default=1.0)
    decimals = next((d for d in range(12) if abs(round(step, d) - step) < 1e-9 * step), 12)
    return [number_text(round(place, decimals) + 0.0, f",.{decimals}f") for place in places]


def _round(place: float) -> bool:
    """Whether a tick is 1, 2 or 5 times a power of ten."""
    lead = place / 10.0 ** math.floor(math.log10(place) + 1e-9)
    return min(abs(lead - one) for one in (1.0, 2.0, 5.0)) < 1e-6


def _power(place: float) -> str:
    if 1e-4 <= place < 1e7:
        return number_text(place, ",.0f" if place >= 1 else f".{math.ceil(-math.log10(place) - 1e-9)}f")
    return number_text(place, ".0e").removeprefix("1×")
