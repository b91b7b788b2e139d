"""Two quantities against each other: points by group, or a honeycomb shaded by counts, and lines through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Cells, Figure, Points, Scatter
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import (
    COLOURS,
    INK,
    MARKS,
    PLANE_IN,
    TICK_PT,
    escape,
    font,
    phrase,
    plane,
    put_legend,
    scale,
)
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.machine import in_both, plain_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D

_SHADES = ("#e4eff0", "#7db8bc", "#0b6e75", "#052f33")
_SHADES_OF_GREY = ("#eef0f1", "#aab2b7", "#59636b", "#2b3136")
_BAR_IN, _BAR_ROOM_IN = 0.13, 0.95


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Scatter)
    series = (*plot.points, *plot.lines)
    legend = [one.label for one in series] if len(series) > 1 or plot.lines else []
    right = _BAR_ROOM_IN if plot.cells else 0.25
    canvas, axes, top = plane(figure, language, plot.x_label, plot.y_label, legend, right)
    for which in ("x", "y"):
        scale(axes, which, _ends(plot, which), plot.log)
    if plot.cells:
        _honeycomb(canvas, axes, plot.cells, plot, language)
    crowd = sum(len(one.x) for one in plot.points)
    handles = [_points(axes, one, number, crowd) for number, one in enumerate(plot.points)]
    handles += [_line(axes, one, number, bold=plot.cells is None) for number, one in enumerate(plot.lines)]
    put_legend(canvas, handles if legend else [], [phrase(label, language) for label in legend], top)
    return canvas


def _ends(plot: Scatter, which: str) -> tuple[float, float]:
    parts = (*plot.points, *plot.lines, *((plot.cells,) if plot.cells else ()))
    return dotplot.span((value for part in parts for value in getattr(part, which)), plot.log)


def _points(axes: Axes, one: Points, number: int, crowd: int) -> Line2D:
    size = 4.2 if crowd <= 300 else 2.8 if crowd <= 1_500 else 1.8
    return axes.plot(
        one.x, one.y, linestyle="none", marker=MARKS[number % len(MARKS)], markersize=size, alpha=0.75,
        markerfacecolor=COLOURS[number % len(COLOURS)], markeredgewidth=0, zorder=3,
    )[0]  # fmt: skip


def _line(axes: Axes, one: Points, number: int, *, bold: bool) -> Line2D:
    colour = COLOURS[number % len(COLOURS)] if not bold else INK
    return axes.plot(
        one.x, one.y, color=colour, linewidth=1.4, marker=MARKS[number % len(MARKS)], markersize=4.2,
        markerfacecolor="white", markeredgecolor=colour, markeredgewidth=1.0, zorder=4,
    )[0]  # fmt: skip


def _honeycomb(canvas: Canvas, axes: Axes, cells: Cells, plot: Scatter, language: Language) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import LogNorm

    norm = LogNorm(1, max(2, *cells.count))
    shades = _colours(_SHADES_OF_GREY if len(plot.lines) > 1 else _SHADES)
    hexagons = [_hexagon(x, y, cells.size, plot.log) for x, y in zip(cells.x, cells.y, strict=True)]
    colours = shades(norm(cells.count))
    axes.add_collection(
        PolyCollection(hexagons, facecolors=colours, edgecolors=colours, linewidths=0.2, zorder=2), autolim=False
    )
    _bar(canvas, cells, shades, language)


def _hexagon(x: float, y: float, size: tuple[float, float], log: bool) -> list[tuple[float, float]]:
    wide, tall = size[0] / 2, size[1] / 3
    corners = ((0, 2 * tall), (wide, tall), (wide, -tall), (0, -2 * tall), (-wide, -tall), (-wide, tall))
    if log:
        return [(x * 10**a, y * 10**b) for a, b in corners]
    return [(x + a, y + b) for a, b in corners]


def _colours(shades: tuple[str, ...]) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("counts", shades)


def _bar(canvas: Canvas, cells: Cells, shades: Colormap, language: Language) -> None:
    """The scale of the shades: a strip beside the plane, its label above, its ticks to the right."""
    width, height = canvas.get_size_inches()
    foot = canvas.axes[0].get_position().y0
    left = width - _BAR_ROOM_IN + 0.2
    strip = canvas.add_axes((left / width, foot, _BAR_IN / width, 0.62 * PLANE_IN / height))
    most = max(2, *cells.count)
    steps = [most ** (i / 48) for i in range(49)]
    strip.pcolormesh([0, 1], steps, [[i / 48] for i in range(48)], cmap=shades, vmin=0, vmax=1)
    scale(strip, "y", (1.0, float(most)), True)
    strip.set_xticks([])
    strip.yaxis.tick_right()
    strip.tick_params(axis="y", length=2, width=0.6, color=INK, pad=2)
    for spine in strip.spines.values():
        spine.set_linewidth(0.4)
    label = dotplot.wrap(phrase(cells.label, language), (_BAR_ROOM_IN - 0.2) * 72 / TICK_PT)
    place = (left / width, foot + (0.62 * PLANE_IN + 0.08) / height)
    canvas.text(*place, escape(label), fontproperties=font(TICK_PT), color=INK, ha="left", va="bottom")


def _long(plot: Scatter) -> Iterator[tuple[str, Any, float, float, int | None]]:
    """One line per point, cell and corner: its kind, label, x, y and count."""
    for kind, parts in (("point", plot.points), ("line", plot.lines)):
        for part in parts:
            yield from ((kind, part.label, x, y, None) for x, y in zip(part.x, part.y, strict=True))
    if plot.cells:
        cells = zip(plot.cells.x, plot.cells.y, plot.cells.count, strict=True)
        yield from (("cell", plot.cells.label, x, y, count) for x, y, count in cells)


def _columns(plot: Scatter) -> Columns:
    lines = list(_long(plot))
    return [(key, [line[i] for line in lines]) for i, key in enumerate(("kind", "label", "x", "y", "count"))]


def _named(one: Points) -> dict[str, Any]:
    return {"label": in_both(one.label), "x": plain_all(one.x), "y": plain_all(one.y)}


def _body(plot: Scatter) -> dict[str, Any]:
    cells = plot.cells and {
        "label": in_both(plot.cells.label),
        "size": list(plot.cells.size),
        "x": plain_all(plot.cells.x),
        "y": plain_all(plot.cells.y),
        "count": list(plot.cells.count),
    }
    return {
        "x_label": in_both(plot.x_label),
        "y_label": in_both(plot.y_label),
        "log": plot.log,
        "points": [_named(one) for one in plot.points],
        "cells": cells,
        "lines": [_named(one) for one in plot.lines],
    }


DRAWN = Drawn(Scatter, _draw, _columns, _body)
