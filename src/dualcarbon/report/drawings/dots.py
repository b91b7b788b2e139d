"""Ranked dot plots: a line per item, marks and intervals, and a second panel of ratios where asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import DotPlot, Figure, Series
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import (
    COLOURS,
    GREY,
    MARKS,
    axis_label,
    blank,
    phrase,
    put_stamp,
    row_axes,
    row_legend,
    scale,
)
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.machine import in_both, optional, plain_all
from dualcarbon.report.printed import stamp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, DotPlot)
    dotplot.check(figure.key, plot)
    legend = [phrase(one.label, language) for one in plot.series] if len(plot.series) > 1 else []
    labels = [phrase(item, language) for item in plot.items]
    panels = [plot] if plot.ratio_label is None else [plot, dotplot.relative(plot, plot.ratio_label)]
    x_labels = [phrase(panel.x_label, language) for panel in panels]
    plan = dotplot.plan(labels, legend, x_labels, stamped=figure.simulated)
    canvas = blank(plan.height)
    marks, *_ = [_panel(canvas, plan, place, panel) for place, panel in enumerate(panels)]
    row_legend(canvas, plan, marks, stamped=figure.simulated)
    put_stamp(canvas, stamp(figure.simulated, language), plan.height)
    return canvas


def _panel(canvas: Canvas, plan: dotplot.Plan, place: int, plot: DotPlot) -> list[Line2D]:
    """Draw one panel and return a mark of each series for the legend."""
    axes = row_axes(canvas, plan, place)
    ends = dotplot.limits(plot)
    scale(axes, "x", ends, plot.log)
    if not plot.log and ends[0] < 0 < ends[1]:
        axes.axvline(0.0, color=GREY, linewidth=0.8, zorder=1)
    for reference in (place for place in plot.references if place != 0.0):
        axes.axvline(reference, color=GREY, linewidth=0.9, linestyle=(0, (4, 2.5)), zorder=1.5)
    marks = [_series(axes, one, number, plot, ends) for number, one in enumerate(plot.series)]
    axis_label(axes, plan.x_labels[place])
    return marks


def _series(axes: Axes, one: Series, number: int, plot: DotPlot, ends: tuple[float, float]) -> Line2D:
    """Draw one series and return its marks for the legend; an interval that leaves the axis ends in an arrow."""
    colour, mark = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
    crowded = len(plot.series) > 1 and any(other.low or other.high for other in plot.series)
    shift = 0.36 * ((number + 0.5) / len(plot.series) - 0.5) if crowded else 0.0
    rows = [row + shift for row in range(len(plot.items))]
    if one.low is not None and one.high is not None:
        for row, low, high in zip(rows, one.low, one.high, strict=True):
            _interval(axes, row, (low, high), ends, colour)
    size = 4.6 if len(plot.items) > 20 else 5.6
    face = "white" if one.hollow else colour
    return axes.plot(
        one.x, rows, linestyle="none", marker=mark, markersize=size, markerfacecolor=face, markeredgecolor=colour,
        markeredgewidth=1.0, zorder=4 - number / 99,
    )[0]  # fmt: skip


def _interval(axes: Axes, row: float, interval: tuple[float, float], ends: tuple[float, float], colour: str) -> None:
    if any(map(math.isnan, interval)):
        return
    low, high = max(interval[0], ends[0]), min(interval[1], ends[1])
    axes.plot([low, high], [row, row], color=colour, linewidth=0.9, solid_capstyle="butt", zorder=2)
    for end, cut, mark in ((low, interval[0] < ends[0], 4), (high, interval[1] > ends[1], 5)):
        if cut:
            axes.plot([end], [row], marker=mark, markersize=4, color=colour, zorder=2, clip_on=False)


def _columns(plot: DotPlot) -> Columns:
    columns: list[Any] = [("item", plot.items)]
    for number, one in enumerate(plot.series, start=1):
        columns.append((f"x{number}", one.x))
        for end, values in (("low", one.low), ("high", one.high)):
            if values is not None:
                columns.append((f"x{number}_{end}", values))
    return columns


def _body(plot: DotPlot) -> dict[str, Any]:
    series = [
        {"label": in_both(one.label), "x": plain_all(one.x), "low": plain_all(one.low), "high": plain_all(one.high)}
        for one in plot.series
    ]
    return {
        "x_label": in_both(plot.x_label),
        "log": plot.log,
        "ratio_label": optional(plot.ratio_label),
        "references": list(plot.references),
        "items": [in_both(item) for item in plot.items],
        "series": series,
    }


DRAWN = Drawn(DotPlot, _draw, _columns, _body)
