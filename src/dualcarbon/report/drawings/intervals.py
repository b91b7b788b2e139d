"""Estimates with upright intervals against whole numbers, several sets side by side."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Estimates, Figure, Intervals
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import (
    COLOURS,
    GREY,
    INK,
    MARKS,
    TICK_PT,
    escape,
    font,
    phrase,
    plane,
    put_legend,
    scale,
)
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.layout import width_em
from dualcarbon.report.machine import in_both, plain_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D

_DODGE = 0.7
"""Share of the distance of two places over which the sets stand."""

_AXIS_IN, _TICK_GAP_EM = 5.0, 1.2
_FEWEST = 4
_SMALLEST_PT, _LARGEST_PT = 2.6, 4.8


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Intervals)
    legend = [one.label for one in plot.series] if len(plot.series) > 1 else []
    canvas, axes, top = plane(figure, language, plot.x_label, plot.y_label, legend, 0.25)
    gap = _gap(plot)
    size = _mark_pt(plot, gap)
    ends = _heights(plot)
    scale(axes, "y", ends, log=False)
    heights = _steps(*ends)
    axes.set_yticks(heights, dotplot.tick_labels(heights, log=False), fontproperties=font(TICK_PT), color=INK)
    _places(axes, plot, gap, language)
    for level in plot.levels:
        axes.axhline(level, color=GREY, linewidth=0.9, zorder=1.5)
    for place in plot.breaks:
        axes.axvline(place, color=INK, linewidth=0.8, linestyle=(0, (4, 2.5)), zorder=1.5)
    shifts = [_DODGE * gap * ((number + 0.5) / len(plot.series) - 0.5) for number in range(len(plot.series))]
    handles = [_set(axes, one, number, shifts[number], size) for number, one in enumerate(plot.series)]
    put_legend(canvas, handles if legend else [], [phrase(label, language) for label in legend], top)
    return canvas


def _gap(plot: Intervals) -> float:
    """The smallest distance of two places."""
    places = sorted({x for one in plot.series for x in one.x})
    return min((b - a for a, b in pairwise(places)), default=1.0)


def _mark_pt(plot: Intervals, gap: float) -> float:
    """Size of the marks: smaller where many stand side by side."""
    places = [x for one in plot.series for x in one.x] or [0.0]
    pitch = _AXIS_IN * 72 / ((max(places) - min(places)) / gap + 1.2)
    return min(_LARGEST_PT, max(_SMALLEST_PT, 0.8 * _DODGE * pitch / max(len(plot.series), 1)))


def _heights(plot: Intervals) -> tuple[float, float]:
    drawn = (value for one in plot.series for values in (one.y, one.low, one.high) for value in values)
    return dotplot.span((*drawn, *plot.levels), log=False)


def _steps(low: float, high: float) -> list[float]:
    """Round heights within the ends, at half the usual steps where these would be fewer than four."""
    usual = dotplot.ticks(low, high, log=False)
    if len(usual) >= _FEWEST or len(usual) < 2:
        return usual
    step = (usual[1] - usual[0]) / 2
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _places(axes: Axes, plot: Intervals, gap: float, language: Language) -> None:
    """The horizontal axis: a tick at every place, or at every second, third, ... where their labels would touch."""
    places = sorted({x for one in plot.series for x in one.x})
    low, high = (places[0], places[-1]) if places else (0.0, 1.0)
    named = {place: phrase(name, language) for place, name in plot.names}
    labels = {place: named.get(place) or dotplot.tick_labels([place], log=False)[0] for place in places}
    widest = max((width_em(label) for label in labels.values()), default=0.0) + _TICK_GAP_EM
    room = _AXIS_IN * 72 / TICK_PT
    every = max(1, math.ceil(len(places) * widest / room))
    zero = min(range(len(places)), key=lambda i: abs(places[i]), default=0)
    fixed = [i for i, place in enumerate(places) if place in named]
    kept = [
        place
        for i, place in enumerate(places)
        if i in fixed or ((i - zero) % every == 0 and all(abs(i - other) >= every for other in fixed))
    ]
    axes.set_xlim(low - 0.6 * gap, high + 0.6 * gap)
    axes.set_xticks(kept, [escape(labels[place]) for place in kept], fontproperties=font(TICK_PT), color=INK)
    axes.grid(visible=False, axis="x")


def _set(axes: Axes, one: Estimates, number: int, shift: float, size: float) -> Line2D:
    """Draw one set and return a mark of it for the legend."""
    colour, mark = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
    for x, low, high in zip(one.x, one.low, one.high, strict=True):
        if math.isfinite(low) and math.isfinite(high):
            axes.plot([x + shift] * 2, [low, high], color=colour, linewidth=1.1, solid_capstyle="butt", zorder=3)
    hollow = one.hollow or (False,) * len(one.x)
    style: dict[str, Any] = {"linestyle": "none", "marker": mark, "markersize": size, "markeredgecolor": colour}
    for face, wanted in (("white", True), (colour, False)):
        chosen = [i for i, empty in enumerate(hollow) if empty is wanted]
        drawn = axes.plot(
            [one.x[i] + shift for i in chosen], [one.y[i] for i in chosen], markerfacecolor=face, zorder=4, **style
        )
    return drawn[0]


def _columns(plot: Intervals) -> Columns:
    lines = [
        (one.label, x, y, low, high, int(bool(one.hollow) and one.hollow[i]))
        for one in plot.series
        for i, (x, y, low, high) in enumerate(zip(one.x, one.y, one.low, one.high, strict=True))
    ]
    keys = ("label", "x", "estimate", "low", "high", "reference")
    return [(key, [line[i] for line in lines]) for i, key in enumerate(keys)]


def _body(plot: Intervals) -> dict[str, Any]:
    series = [
        {
            "label": in_both(one.label),
            "x": plain_all(one.x),
            "y": plain_all(one.y),
            "low": plain_all(one.low),
            "high": plain_all(one.high),
            "hollow": list(one.hollow),
        }
        for one in plot.series
    ]
    return {
        "x_label": in_both(plot.x_label),
        "y_label": in_both(plot.y_label),
        "series": series,
        "levels": list(plot.levels),
        "breaks": list(plot.breaks),
        "names": [{"x": place, "label": in_both(name)} for place, name in plot.names],
    }


DRAWN = Drawn(Intervals, _draw, _columns, _body)
