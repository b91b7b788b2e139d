"""A waterfall: from one total to another by steps up and down, one row each."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Figure, Waterfall
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import (
    COLOURS,
    GREY,
    INK,
    TICK_PT,
    axis_label,
    blank,
    escape,
    font,
    phrase,
    put_stamp,
    row_axes,
    scale,
)
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.layout import width_em
from dualcarbon.report.machine import in_both, plain_all
from dualcarbon.report.printed import stamp
from dualcarbon.report.typography import MINUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_TOTAL, _UP, _DOWN = "#7d868c", COLOURS[1], COLOURS[0]
_THICK, _WIDEST_IN = 0.62, 0.34


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Waterfall)
    labels = [phrase(item, language) for item in plot.items]
    plan = dotplot.plan(labels, [], [phrase(plot.x_label, language)], stamped=figure.simulated, widest=_WIDEST_IN)
    canvas = blank(plan.height)
    axes = row_axes(canvas, plan, 0)
    bars, size = _bars(plot), min(TICK_PT, plan.label_pt)
    marks = [_mark(mark) for mark in plot.marks]
    widest = max(width_em(mark) for mark in marks) * size / 72 + 0.1
    scale(axes, "x", _ends(plot, widest / plan.panels[0][1]), log=False)
    axes.axvline(plot.base, color=GREY, linewidth=0.9, zorder=1.5)
    axes.grid(visible=False, axis="y")
    for row, (low, high, colour) in enumerate(bars):
        axes.barh(row, high - low, height=_THICK, left=low, color=colour, zorder=3)
    _links(axes, plot)
    for row, (mark, (low, high, _)) in enumerate(zip(marks, bars, strict=True)):
        below = high <= plot.base and low < plot.base
        axes.annotate(
            escape(mark), (low if below else high, row), (-3 if below else 3, 0), textcoords="offset points",
            ha="right" if below else "left", va="center", fontproperties=font(size), color=INK, zorder=4,
        )  # fmt: skip
    axis_label(axes, plan.x_labels[0])
    put_stamp(canvas, stamp(figure.simulated, language), plan.height)
    return canvas


def _links(axes: Axes, plot: Waterfall) -> None:
    """The level carried from each bar to the next."""
    for row, level in enumerate(plot.levels):
        axes.plot([level, level], [row + _THICK / 2, row + 1 - _THICK / 2], color=INK, linewidth=0.6, zorder=2)


def _mark(mark: str) -> str:
    return MINUS + mark[1:] if mark.startswith("-") else mark


def _bars(plot: Waterfall) -> list[tuple[float, float, str]]:
    """Lower end, upper end and colour of every bar."""
    first, last = sorted((plot.base, plot.levels[0])), sorted((plot.base, plot.levels[-1]))
    steps = [(min(a, b), max(a, b), _UP if b >= a else _DOWN) for a, b in pairwise(plot.levels)]
    return [(first[0], first[1], _TOTAL), *steps, (last[0], last[1], _TOTAL)]


def _ends(plot: Waterfall, room: float) -> tuple[float, float]:
    """The ends of the axis, with `room` of its length kept for the marks on the side where they stand."""
    low, high = min(plot.base, *plot.levels), max(plot.base, *plot.levels)
    length = (high - low or abs(high) or 1.0) / (1.0 - 2.0 * min(room, 0.3) if low < plot.base else 1.0 - room)
    return (low - room * length if low < plot.base else low), high + room * length


def _columns(plot: Waterfall) -> Columns:
    kinds = ["start", *["step"] * len(plot.steps), "end"]
    values = [plot.levels[0], *plot.steps, plot.levels[-1]]
    return [("item", plot.items), ("kind", kinds), ("value", values)]


def _body(plot: Waterfall) -> dict[str, Any]:
    return {
        "x_label": in_both(plot.x_label),
        "base": plot.base,
        "items": [in_both(item) for item in plot.items],
        "levels": plain_all(plot.levels),
        "marks": plain_all(plot.marks),
    }


DRAWN = Drawn(Waterfall, _draw, _columns, _body)
