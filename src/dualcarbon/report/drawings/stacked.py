"""Parts upon each other, as bars or areas, positive above zero and negative below, with their total."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Figure, Layer, Stacked
from dualcarbon.core.text import Language, both
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import COLOURS, GREY, INK, TICK_PT, escape, font, phrase, plane, put_legend, scale
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.layout import width_em
from dualcarbon.report.machine import in_both, plain_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SHADES = (*COLOURS[:5], "#7d868c", "#4fa3a8", "#e39a6d", "#9496cc", "#c9b458", "#cf86ae", "#b9bfc3")
_WIDE, _AXIS_IN, _GAP_EM = 0.66, 5.2, 1.0


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Stacked)
    legend = [one.label for one in (*plot.layers, *((plot.total,) if plot.total else ()))]
    canvas, axes, top = plane(figure, language, plot.x_label, plot.y_label, legend, 0.25)
    x, layers = _crossed(plot) if plot.areas else (list(plot.x), [list(one.values) for one in plot.layers])
    up, down = [0.0] * len(x), [0.0] * len(x)
    handles: list[Any] = []
    width = _WIDE * _gap(plot)
    for number, values in enumerate(layers):
        colour = SHADES[number % len(SHADES)]
        tops = [a + max(v, 0.0) for a, v in zip(up, values, strict=True)]
        feet = [a + min(v, 0.0) for a, v in zip(down, values, strict=True)]
        for inner, outer in ((up, tops), (down, feet)):
            if plot.areas:
                drawn: Any = axes.fill_between(x, inner, outer, color=colour, linewidth=0.0, zorder=3)
            else:
                height = [b - a for a, b in zip(inner, outer, strict=True)]
                drawn = axes.bar(x, height, width, inner, color=colour, zorder=3)
        handles.append(drawn)
        up, down = tops, feet
    handles += _total(axes, plot)
    scale(axes, "y", _heights([*up, *down, *(plot.total.values if plot.total else ())]), log=False)
    _places(axes, plot, language)
    axes.axhline(0.0, color=GREY, linewidth=0.9, zorder=3.5)
    put_legend(canvas, handles, [phrase(label, language) for label in legend], top)
    return canvas


def _total(axes: Axes, plot: Stacked) -> list[Any]:
    if plot.total is None:
        return []
    style: dict[str, Any] = {"color": INK, "zorder": 5}
    if plot.areas:
        return axes.plot(plot.x, plot.total.values, linewidth=1.4, **style)
    style |= {"marker": "D", "markersize": 4.6, "markerfacecolor": "white", "markeredgewidth": 1.1}
    return axes.plot(plot.x, plot.total.values, linestyle="none", **style)


def _crossed(plot: Stacked) -> tuple[list[float], list[list[float]]]:
    """Places and values with those added where a layer crosses zero, so that areas above and below it meet there."""
    places = set(plot.x)
    for layer in plot.layers:
        for (x0, v0), (x1, v1) in pairwise(zip(plot.x, layer.values, strict=True)):
            if v0 * v1 < 0.0:
                places.add(x0 + (x1 - x0) * v0 / (v0 - v1))
    x = sorted(places)
    return x, [[_between(plot.x, layer, place) for place in x] for layer in plot.layers]


def _between(x: tuple[float, ...], layer: Layer, place: float) -> float:
    """The value on the straight line through the neighbours of a place."""
    for (x0, v0), (x1, v1) in pairwise(zip(x, layer.values, strict=True)):
        if x0 <= place <= x1:
            found = v0 + (v1 - v0) * (place - x0) / (x1 - x0)
            return 0.0 if v0 * v1 < 0.0 and abs(found) < 1e-12 * (abs(v0) + abs(v1)) else found
    return layer.values[0]


def _heights(values: list[float]) -> tuple[float, float]:
    """The ends of the upright axis; zero is in sight, and is the end where nothing lies beyond it."""
    low, high = dotplot.span([0.0, *values], log=False)
    shown = [value for value in values if math.isfinite(value)]
    if not any(shown):
        return low, high
    return (0.0 if min(shown, default=0.0) >= 0.0 else low), (0.0 if max(shown, default=1.0) <= 0.0 else high)


def _gap(plot: Stacked) -> float:
    return min((b - a for a, b in pairwise(plot.x)), default=1.0)


def _places(axes: Axes, plot: Stacked, language: Language) -> None:
    """A tick at every place, or at every second, third, ... where their labels would touch."""
    axes.grid(visible=False, axis="x")
    if not plot.x:
        return
    edge = 0.0 if plot.areas else 0.6 * _gap(plot)
    low, high = plot.x[0] - edge, plot.x[-1] + edge
    if low == high:
        low, high = low - 1.0, high + 1.0
    axes.set_xlim(low, high)
    labels = [phrase(name, language) for name in plot.names] or [f"{place:g}" for place in plot.x]
    closest = _AXIS_IN * 72 * _gap(plot) / (high - low) / TICK_PT
    every = max(1, math.ceil((max(width_em(label) for label in labels) + _GAP_EM) / closest))
    kept = range((len(labels) - 1) % every, len(labels), every)
    axes.set_xticks(
        [plot.x[i] for i in kept], [escape(labels[i]) for i in kept], fontproperties=font(TICK_PT), color=INK
    )


def _columns(plot: Stacked) -> Columns:
    parts = [("layer", one) for one in plot.layers] + ([("total", plot.total)] if plot.total else [])
    names = plot.names or tuple(both(f"{place:g}") for place in plot.x)
    lines = [
        (kind, one.label, x, name, value)
        for kind, one in parts
        for x, name, value in zip(plot.x, names, one.values, strict=True)
    ]
    return [(key, [line[i] for line in lines]) for i, key in enumerate(("kind", "label", "x", "name", "value"))]


def _named(one: Layer) -> dict[str, Any]:
    return {"label": in_both(one.label), "values": plain_all(one.values)}


def _body(plot: Stacked) -> dict[str, Any]:
    return {
        "x_label": in_both(plot.x_label),
        "y_label": in_both(plot.y_label),
        "x": plain_all(plot.x),
        "names": [in_both(name) for name in plot.names],
        "layers": [_named(one) for one in plot.layers],
        "total": None if plot.total is None else _named(plot.total),
        "areas": plot.areas,
    }


DRAWN = Drawn(Stacked, _draw, _columns, _body)
