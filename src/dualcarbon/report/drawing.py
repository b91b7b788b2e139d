"""Dot plots drawn with matplotlib, in the package's own font."""

from __future__ import annotations

import math
import os
import re
import tempfile
from functools import cache, lru_cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import DotPlot, Figure, Series
from dualcarbon.core.text import Language, Text
from dualcarbon.report import dotplot
from dualcarbon.report.printed import caption, stamp
from dualcarbon.report.typeface import BOLD, REGULAR
from dualcarbon.report.typography import glyphs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.font_manager import FontProperties
    from matplotlib.lines import Line2D

_MARKS = ("o", "s", "D", "^", "v", "P")
_COLOURS = ("#0b6e75", "#c8501e", "#4a4e9c", "#8a6d00", "#a1306b", "#4d4d4d")
_RED, _INK, _GRID = "#b01e1e", "#222222", "#e1e5e7"
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")


@lru_cache(maxsize=32)
def svg(figure: Figure, language: Language) -> bytes:
    """The drawing as SVG with letters as outlines: it shows the same everywhere."""
    _prepare()
    from matplotlib import rc_context

    stream = StringIO()
    salt = f"{figure.key}.{language}"
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": salt}):
        metadata = {"Title": glyphs(caption(figure, language)), "Date": None, "Creator": None}
        _draw(figure, language).savefig(stream, format="svg", metadata=metadata)
    return _own_names(stream.getvalue(), salt.replace(".", "-")).encode()


@lru_cache(maxsize=32)
def png(figure: Figure, language: Language) -> bytes:
    """The drawing as PNG with 220 dots per inch."""
    _prepare()
    stream = BytesIO()
    metadata = {"Title": glyphs(caption(figure, language)), "Software": None}
    _draw(figure, language).savefig(stream, format="png", dpi=220, metadata=metadata)
    return stream.getvalue()


def _own_names(drawing: str, prefix: str) -> str:
    """Names inside the drawing made its own, so that several can stand in one page."""
    return re.sub(r'(\sid="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", drawing)


@cache
def _prepare() -> None:
    """Keep matplotlib's cache out of the home directory unless the user has said where it goes."""
    if "MPLCONFIGDIR" not in os.environ:
        os.environ["MPLCONFIGDIR"] = str(_cache_folder())


def _cache_folder() -> Path:
    """A folder of this user in the system's temporary folder, kept from run to run; a fresh one if it is not safe."""
    user = getattr(os, "getuid", lambda: 0)()
    folder = Path(tempfile.gettempdir()) / f"dualcarbon-matplotlib-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="dualcarbon-matplotlib-"))
    own = os.name == "nt" or (facts.st_uid == user and not facts.st_mode & 0o022)
    return folder if own and not folder.is_symlink() else Path(tempfile.mkdtemp(prefix="dualcarbon-matplotlib-"))


def _font(size: float, *, bold: bool = False) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(BOLD if bold else REGULAR), size=size)


def _phrase(text: Text, language: Language) -> str:
    """A phrase for the drawing: no markup is read in it, and English quotes are straight."""
    said = glyphs(text.get(language))
    return said if language == "zh" else said.translate(_STRAIGHT)


def _escape(text: str) -> str:
    return text.replace("$", r"\$")


def _draw(figure: Figure, language: Language) -> Canvas:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    plot = figure.drawing
    dotplot.check(figure.key, plot)
    legend = [_phrase(one.label, language) for one in plot.series] if len(plot.series) > 1 else []
    labels = [_phrase(item, language) for item in plot.items]
    panels = [plot] if plot.ratio_label is None else [plot, dotplot.relative(plot, plot.ratio_label)]
    x_labels = [_phrase(panel.x_label, language) for panel in panels]
    plan = dotplot.plan(labels, legend, x_labels, stamped=figure.simulated)
    canvas = Canvas(figsize=(dotplot.WIDTH_IN, plan.height))
    FigureCanvasAgg(canvas)
    marks, *_ = [_panel(canvas, plan, place, panel) for place, panel in enumerate(panels)]
    if legend:
        place = (plan.legend_left / dotplot.WIDTH_IN, 1 - (0.05 + 0.26 * figure.simulated) / plan.height)
        canvas.legend(
            marks, [_escape(one) for one in plan.legend], prop=_font(dotplot.LEGEND_PT), ncols=plan.legend_columns,
            loc="upper left", bbox_to_anchor=place, frameon=False, borderpad=0, borderaxespad=0,
            handletextpad=0.3, columnspacing=1.6, labelcolor=_INK,
        )  # fmt: skip
    _stamp(canvas, stamp(figure.simulated, language), plan.height)
    return canvas


def _panel(canvas: Canvas, plan: dotplot.Plan, place: int, plot: DotPlot) -> list[Line2D]:
    """Draw one panel and return a mark of each series for the legend."""
    axes = _axes(canvas, plan, place)
    ends = _scale(axes, plot)
    marks = [_series(axes, one, number, plot, ends) for number, one in enumerate(plot.series)]
    axes.set_xlabel(_escape(plan.x_labels[place]), fontproperties=_font(dotplot.AXIS_PT), labelpad=5, color=_INK)
    return marks


def _axes(canvas: Canvas, plan: dotplot.Plan, place: int) -> Axes:
    """The frame: a light line per item and no box; the first panel bears the items' labels."""
    count, (left, width) = len(plan.labels), plan.panels[place]
    share = (left / dotplot.WIDTH_IN, plan.below / plan.height, width / dotplot.WIDTH_IN)
    axes = canvas.add_axes((*share, 1 - (plan.below + plan.above) / plan.height))
    axes.set_ylim(max(count, 1) - 0.5, -0.5)
    labels = [_escape(label) if place == 0 else "" for label in plan.labels]
    axes.set_yticks(range(count), labels, fontproperties=_font(plan.label_pt), color=_INK, linespacing=0.98)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.tick_params(axis="x", length=3, width=0.6, color=_INK, top=count > 20, labeltop=count > 20, pad=3)
    axes.grid(axis="both", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom" or (side == "top" and count > 20))
        spine.set_linewidth(0.6)
        spine.set_color(_INK)
    return axes


def _scale(axes: Axes, plot: DotPlot) -> tuple[float, float]:
    """Set the axis and its ticks; returns its ends."""
    ends = dotplot.limits(plot)
    places = dotplot.ticks(*ends, plot.log)
    axes.set_xscale("log" if plot.log else "linear")
    axes.set_xlim(*ends)
    labels = dotplot.tick_labels(places, plot.log)
    axes.set_xticks(places, labels, fontproperties=_font(7.5), color=_INK)
    axes.set_xticks([], minor=True)
    for tick in axes.xaxis.get_major_ticks():
        tick.label2.set_fontproperties(_font(7.5))
        tick.label2.set_color(_INK)
        tick.label2.set_verticalalignment("baseline")
    if not plot.log and ends[0] < 0 < ends[1]:
        axes.axvline(0.0, color="#8b9297", linewidth=0.8, zorder=1)
    return ends


def _series(axes: Axes, one: Series, number: int, plot: DotPlot, ends: tuple[float, float]) -> Line2D:
    """Draw one series and return its marks for the legend; an interval that leaves the axis ends in an arrow."""
    colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
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


def _stamp(canvas: Canvas, words: str, height: float) -> None:
    if not words:
        return
    frame = {"boxstyle": "square,pad=0.3", "facecolor": "white", "edgecolor": _RED, "linewidth": 0.8}
    place = (1 - dotplot.RIGHT_IN / dotplot.WIDTH_IN, 1 - 0.16 / height)
    canvas.text(*place, words, fontproperties=_font(8, bold=True), color=_RED, ha="right", va="center", bbox=frame)
