"""A curve of steps with the area under it, as abatement room against its cost."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Figure, Steps
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import COLOURS, GREY, phrase, plane, put_legend, scale
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.machine import in_both, optional, plain_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Steps)
    shaded = plot.start_label is not None and plot.start > 0.0
    legend = [plot.start_label] if shaded and plot.start_label else []
    canvas, axes, top = plane(figure, language, plot.x_label, plot.y_label, legend, 0.25)
    edges = [edge / plot.x_unit for edge in accumulate(plot.widths, initial=plot.start)]
    ends = dotplot.span(plot.heights, plot.log)
    scale(axes, "x", (0.0, 1.02 * edges[-1] or 1.0), log=False)
    scale(axes, "y", ends if plot.log else (min(0.0, ends[0]), ends[1]), plot.log)
    if plot.heights:
        foot = axes.get_ylim()[0]
        axes.stairs(plot.heights, edges, baseline=foot, fill=True, color="#dcebec", zorder=2)
        axes.stairs(plot.heights, edges, baseline=None, color=COLOURS[0], linewidth=1.3, zorder=3)
    if shaded:
        band = axes.axvspan(0.0, edges[0], facecolor="#eef0f1", edgecolor=GREY, hatch="////", linewidth=0.0, zorder=1.5)
        put_legend(canvas, [band], [phrase(label, language) for label in legend], top)
    return canvas


def _columns(plot: Steps) -> Columns:
    edges = list(accumulate(plot.widths, initial=plot.start))
    return [("from", edges[:-1]), ("to", edges[1:]), ("height", plot.heights), ("rows", plot.rows)]


def _body(plot: Steps) -> dict[str, Any]:
    return {
        "x_label": in_both(plot.x_label),
        "y_label": in_both(plot.y_label),
        "log": plot.log,
        "start": plot.start,
        "start_label": optional(plot.start_label),
        "x_unit": plot.x_unit,
        "widths": plain_all(plot.widths),
        "heights": plain_all(plot.heights),
        "rows": list(plot.rows),
    }


DRAWN = Drawn(Steps, _draw, _columns, _body)
