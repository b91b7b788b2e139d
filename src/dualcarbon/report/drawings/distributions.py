"""Distributions by group: a mark at the middle quantile, a box and a line at the others, ridges where asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Distributions, Figure
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import COLOURS, axis_label, blank, phrase, put_stamp, row_axes, row_legend, scale
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.machine import in_both, optional, plain_all
from dualcarbon.report.printed import stamp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

_BOX, _RIDGE = "#9cc7ca", "#dcebec"
_ROOMY_IN = 0.8
_RIDGE_TALL, _RIDGE_FOOT, _RIDGE_BOX = 0.56, 0.1, 0.27


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Distributions)
    legend = [phrase(one, language) for one in (plot.quantile_label, plot.mean_label if plot.means else None) if one]
    labels = [phrase(item, language) for item in plot.items]
    widest = _ROOMY_IN if plot.bins else 0.3
    plan = dotplot.plan(labels, legend, [phrase(plot.x_label, language)], stamped=figure.simulated, widest=widest)
    canvas = blank(plan.height)
    axes = row_axes(canvas, plan, 0)
    shown = (*plot.means, *(v for row in plot.quantiles for v in row), *_ridge_ends(plot))
    scale(axes, "x", dotplot.span(shown, plot.log), plot.log)
    shift = _RIDGE_BOX if plot.bins else 0.0
    for row, bins in enumerate(plot.bins):
        _ridge(axes, row, plot.edges, bins)
    handles: list[Any] = [_boxes(axes, plot, shift)]
    if plot.means:
        rows = [row + shift for row in range(len(plot.items))]
        handles += axes.plot(
            plot.means, rows, linestyle="none", marker="D", markersize=4.4, markerfacecolor="white",
            markeredgecolor=COLOURS[1], markeredgewidth=1.0, zorder=5,
        )  # fmt: skip
    axis_label(axes, plan.x_labels[0])
    row_legend(canvas, plan, handles, stamped=figure.simulated)
    put_stamp(canvas, stamp(figure.simulated, language), plan.height)
    return canvas


def _ridge_ends(plot: Distributions) -> list[float]:
    """The outermost edges of bins that hold something."""
    held = [i for bins in plot.bins for i, count in enumerate(bins) if count]
    return [plot.edges[min(held)], plot.edges[max(held) + 1]] if held else []


def _ridge(axes: Axes, row: int, edges: tuple[float, ...], bins: tuple[int, ...]) -> None:
    """The counts as a stepped area standing on its row; the tallest bin of each row is equally tall."""
    tallest = max(bins, default=0)
    if not tallest:
        return
    foot = row + _RIDGE_FOOT
    tops = [foot - _RIDGE_TALL * count / tallest for count in bins]
    axes.stairs(tops, edges, baseline=foot, fill=True, color=_RIDGE, zorder=2)
    axes.stairs(tops, edges, baseline=None, color=COLOURS[0], linewidth=0.8, zorder=3)


def _boxes(axes: Axes, plot: Distributions, shift: float) -> tuple[Patch, Line2D, Line2D]:
    """Draw mark, box and line of every group; returns the three for the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    middle = len(plot.levels) // 2
    thick = 0.13 if plot.bins else 0.26
    for row, values in enumerate(plot.quantiles):
        place = row + shift
        if len(values) > 1 and not math.isnan(values[0]):
            axes.plot([values[0], values[-1]], [place, place], color=COLOURS[0], linewidth=0.9, zorder=3)
            low, high = values[middle - 1], values[middle + 1]
            corners = [(low, place - thick), (high, place - thick), (high, place + thick), (low, place + thick)]
            axes.fill(*zip(*corners, strict=True), facecolor=_BOX, edgecolor=COLOURS[0], linewidth=0.6, zorder=3.5)
    size = 3.6 if len(plot.items) > 20 else 4.6
    marks = axes.plot(
        [values[middle] for values in plot.quantiles], [row + shift for row in range(len(plot.items))],
        linestyle="none", marker="o", markersize=size, color=COLOURS[0], zorder=4,
    )[0]  # fmt: skip
    box = Patch(facecolor=_BOX, edgecolor=COLOURS[0], linewidth=0.6)
    return (box, Line2D([], [], color=COLOURS[0], linewidth=0.9), marks)


def _columns(plot: Distributions) -> Columns:
    columns: list[Any] = [("item", plot.items), ("rows", plot.rows)]
    columns += [(f"p{100 * level:g}", [values[k] for values in plot.quantiles]) for k, level in enumerate(plot.levels)]
    return [*columns, ("mean", plot.means)] if plot.means else columns


def _body(plot: Distributions) -> dict[str, Any]:
    return {
        "x_label": in_both(plot.x_label),
        "log": plot.log,
        "quantile_label": in_both(plot.quantile_label),
        "mean_label": optional(plot.mean_label),
        "levels": list(plot.levels),
        "items": [in_both(item) for item in plot.items],
        "rows": list(plot.rows),
        "quantiles": [plain_all(values) for values in plot.quantiles],
        "means": plain_all(plot.means),
        "edges": plain_all(plot.edges),
        "bins": [list(bins) for bins in plot.bins],
    }


DRAWN = Drawn(Distributions, _draw, _columns, _body)
