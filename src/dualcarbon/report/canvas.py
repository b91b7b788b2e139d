"""What all drawings share: the package's own font, colours and marks, axes with readable ticks, legend and stamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Language, Text
from dualcarbon.report import dotplot
from dualcarbon.report.layout import width_em
from dualcarbon.report.printed import stamp
from dualcarbon.report.typeface import BOLD, REGULAR
from dualcarbon.report.typography import glyphs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.font_manager import FontProperties

MARKS = ("o", "s", "D", "^", "v", "P")
COLOURS = ("#0b6e75", "#c8501e", "#4a4e9c", "#8a6d00", "#a1306b", "#4d4d4d")
RED, INK, GRID, GREY = "#b01e1e", "#222222", "#e1e5e7", "#8b9297"
TICK_PT = 7.5
PLANE_IN = 3.7
"""Height in inches of the plane of a drawing with two numeric axes."""
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
_TOP_IN, _STAMP_IN, _LINE_IN = 0.12, 0.26, 0.2


def font(size: float, *, bold: bool = False) -> FontProperties:
    """The package's own typeface at a size in points."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(BOLD if bold else REGULAR), size=size)


def phrase(text: Text, language: Language) -> str:
    """A phrase for the drawing: no markup is read in it, and English quotes are straight."""
    said = glyphs(text.get(language))
    return said if language == "zh" else said.translate(_STRAIGHT)


def escape(text: str) -> str:
    """The text with dollar signs that start no formula."""
    return text.replace("$", r"\$")


def blank(height: float) -> Canvas:
    """An empty drawing of the common width and a height in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(dotplot.WIDTH_IN, height))
    FigureCanvasAgg(canvas)
    return canvas


def axis_label(axes: Axes, label: str) -> None:
    """The label below the axis, already broken into lines."""
    axes.set_xlabel(escape(label), fontproperties=font(dotplot.AXIS_PT), labelpad=5, color=INK)


def scale(axes: Axes, which: str, ends: tuple[float, float], log: bool) -> None:
    """Set one axis ("x" or "y"), its ends and its ticks in figures."""
    places = dotplot.ticks(*ends, log)
    labels = dotplot.tick_labels(places, log)
    axis = axes.xaxis if which == "x" else axes.yaxis
    set_scale, set_ends, set_ticks = (getattr(axes, f"set_{which}{part}") for part in ("scale", "lim", "ticks"))
    set_scale("log" if log else "linear")
    set_ends(*ends)
    set_ticks(places, labels, fontproperties=font(TICK_PT), color=INK)
    set_ticks([], minor=True)
    for tick in axis.get_major_ticks():
        tick.label2.set_fontproperties(font(TICK_PT))
        tick.label2.set_color(INK)
        tick.label2.set_verticalalignment("baseline")


def dress(axes: Axes, sides: tuple[str, ...]) -> None:
    """A light grid and only the named sides of the frame."""
    axes.grid(axis="both", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in sides)
        spine.set_linewidth(0.6)
        spine.set_color(INK)


def row_axes(canvas: Canvas, plan: dotplot.Plan, place: int) -> Axes:
    """A panel of rows: a light line per item and no box; the first panel bears the items' labels."""
    count, (left, width) = len(plan.labels), plan.panels[place]
    share = (left / dotplot.WIDTH_IN, plan.below / plan.height, width / dotplot.WIDTH_IN)
    axes = canvas.add_axes((*share, 1 - (plan.below + plan.above) / plan.height))
    axes.set_ylim(max(count, 1) - 0.5, -0.5)
    labels = [escape(label) if place == 0 else "" for label in plan.labels]
    axes.set_yticks(range(count), labels, fontproperties=font(plan.label_pt), color=INK, linespacing=0.98)
    axes.tick_params(axis="y", length=0, pad=6)
    axes.tick_params(axis="x", length=3, width=0.6, color=INK, top=count > 20, labeltop=count > 20, pad=3)
    dress(axes, ("bottom", "top") if count > 20 else ("bottom",))
    return axes


def row_legend(canvas: Canvas, plan: dotplot.Plan, marks: Sequence[Any], *, stamped: bool) -> None:
    """The legend of a drawing of rows, where the plan has room for it."""
    if not plan.legend:
        return
    place = (plan.legend_left / dotplot.WIDTH_IN, 1 - (0.05 + _STAMP_IN * stamped) / plan.height)
    canvas.legend(
        marks, [escape(one) for one in plan.legend], prop=font(dotplot.LEGEND_PT), ncols=plan.legend_columns,
        loc="upper left", bbox_to_anchor=place, frameon=False, borderpad=0, borderaxespad=0,
        handletextpad=0.3, columnspacing=1.6, labelcolor=INK,
    )  # fmt: skip


def plane(
    figure: Figure, language: Language, x_label: Text, y_label: Text, legend: Sequence[Text], right: float
) -> tuple[Canvas, Axes, float]:
    """An empty plane of two numeric axes with its labels; the y label stands above the axis, upright.

    Parameters
    ----------
    legend : labels for which lines are kept above the plane
    right : inches kept free on the right

    Returns
    -------
    canvas, axes, and the height in inches from the top at which the legend begins
    """
    left = 0.75
    room = dotplot.WIDTH_IN - left - right
    below = dotplot.wrap(phrase(x_label, language), room * 72 / dotplot.AXIS_PT)
    beside = dotplot.wrap(phrase(y_label, language), (dotplot.WIDTH_IN - 0.3) * 72 / dotplot.AXIS_PT)
    top = _TOP_IN + _STAMP_IN * figure.simulated
    head = top + _LINE_IN * _legend_rows(legend, language) + 0.19 * (beside.count("\n") + 1) + 0.08
    foot = 0.5 + 0.17 * below.count("\n")
    canvas = blank(head + PLANE_IN + foot)
    height = head + PLANE_IN + foot
    axes = canvas.add_axes((left / dotplot.WIDTH_IN, foot / height, room / dotplot.WIDTH_IN, PLANE_IN / height))
    dress(axes, ("bottom", "left"))
    axes.tick_params(axis="both", length=3, width=0.6, color=INK, pad=3)
    axis_label(axes, below)
    canvas.text(
        0.15 / dotplot.WIDTH_IN, 1 - (head - 0.07) / height, escape(beside), fontproperties=font(dotplot.AXIS_PT),
        color=INK, ha="left", va="bottom", linespacing=1.15,
    )  # fmt: skip
    put_stamp(canvas, stamp(figure.simulated, language), height)
    return canvas, axes, top


def _legend_rows(legend: Sequence[Text], language: Language) -> int:
    if not legend:
        return 0
    labels = [phrase(one, language) for one in legend]
    lines = [
        dotplot.wrap(label, (dotplot.WIDTH_IN - 0.75) * 72 / dotplot.LEGEND_PT).count("\n") + 1 for label in labels
    ]
    columns = legend_columns(labels)
    return sum(max(lines[i : i + columns]) for i in range(0, len(lines), columns))


def _entry(label: str) -> str:
    return dotplot.wrap(label, (dotplot.WIDTH_IN - 0.75) * 72 / dotplot.LEGEND_PT)


def legend_columns(labels: Sequence[str]) -> int:
    """How many entries of a legend stand side by side."""
    widest = max(width_em(label) for label in labels) * dotplot.LEGEND_PT / 72 + 0.6
    return max(1, min(len(labels), int((dotplot.WIDTH_IN - 0.3) / widest)))


def put_legend(canvas: Canvas, handles: Sequence[Any], labels: Sequence[str], top: float) -> None:
    """A legend above the plane, `top` inches below the upper edge; rows are filled from the left."""
    if not handles:
        return
    columns = legend_columns(labels)
    broken = [_entry(label) for label in labels]
    rows = -(-len(labels) // columns)
    order = [row * columns + column for column in range(columns) for row in range(rows)]
    kept = [i for i in order if i < len(labels)]
    canvas.legend(
        [handles[i] for i in kept], [escape(broken[i]) for i in kept], prop=font(dotplot.LEGEND_PT), ncols=columns,
        loc="upper left", bbox_to_anchor=(0.15 / dotplot.WIDTH_IN, 1 - (top - 0.07) / canvas.get_figheight()),
        frameon=False, borderpad=0, borderaxespad=0, handletextpad=0.5, columnspacing=1.6, labelcolor=INK,
    )  # fmt: skip


def put_stamp(canvas: Canvas, words: str, height: float) -> None:
    """The words "simulated data" in the upper right corner, if there are any."""
    if not words:
        return
    frame = {"boxstyle": "square,pad=0.3", "facecolor": "white", "edgecolor": RED, "linewidth": 0.8}
    place = (1 - dotplot.RIGHT_IN / dotplot.WIDTH_IN, 1 - 0.16 / height)
    canvas.text(*place, words, fontproperties=font(8, bold=True), color=RED, ha="right", va="center", bbox=frame)
