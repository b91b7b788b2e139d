"""Boxes on a grid and arrows between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Arrow, Box, Figure, Flow
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import COLOURS, INK, blank, escape, font, phrase, put_stamp
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.machine import in_both
from dualcarbon.report.printed import stamp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_BOX_PT, _WORD_PT = 9.0, 7.5
_LINE_IN, _PAD_IN, _GAP_IN, _AROUND_IN = 0.165, 0.24, 0.62, 0.12
_WIDE = 0.74
"""Width of a box in columns of the grid."""
_BOLD = 1.08
_PALE, _DEEP = "#eef4f4", COLOURS[0]


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Flow)
    column = (dotplot.WIDTH_IN - 2 * _AROUND_IN) / plot.columns
    width = _WIDE * column
    labels = {box.key: _broken(box, width, language) for box in plot.boxes}
    tall = _PAD_IN + _LINE_IN * max(label.count("\n") + 1 for label in labels.values())
    head = _AROUND_IN + 0.3 * figure.simulated
    height = head + plot.rows * tall + (plot.rows - 1) * _GAP_IN + _AROUND_IN
    canvas = blank(height)
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, dotplot.WIDTH_IN), ylim=(height, 0))
    axes.axis("off")
    centres = {box.key: _centre(box, column, tall, head) for box in plot.boxes}
    for box in plot.boxes:
        _put_box(axes, box, labels[box.key], centres[box.key], (width, tall))
    for arrow in plot.arrows:
        _put_arrow(axes, arrow, centres, (width, tall), language)
    put_stamp(canvas, stamp(figure.simulated, language), height)
    return canvas


def _broken(box: Box, width: float, language: Language) -> str:
    """The label in lines; bold letters are wider than those that are measured."""
    room = (width - 0.2) / (_BOLD if box.strong else 1.0)
    return dotplot.wrap(phrase(box.label, language), room * 72 / _BOX_PT)


def _centre(box: Box, column: float, tall: float, head: float) -> tuple[float, float]:
    return _AROUND_IN + (box.column + 0.5) * column, head + tall / 2 + box.row * (tall + _GAP_IN)


def _put_box(axes: Axes, box: Box, label: str, centre: tuple[float, float], size: tuple[float, float]) -> None:
    from matplotlib.patches import FancyBboxPatch

    place = (centre[0] - size[0] / 2, centre[1] - size[1] / 2)
    face, ink = (_DEEP, "white") if box.strong else (_PALE, INK)
    style = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch(place, *size, boxstyle=style, facecolor=face, edgecolor=_DEEP, linewidth=0.8, zorder=2)
    )
    axes.text(
        *centre, escape(label), fontproperties=font(_BOX_PT, bold=box.strong), color=ink, ha="center", va="center",
        linespacing=1.2, zorder=3,
    )  # fmt: skip


def _put_arrow(
    axes: Axes,
    arrow: Arrow,
    centres: dict[str, tuple[float, float]],
    size: tuple[float, float],
    language: Language,
) -> None:
    """An arrow from edge to edge; its word lies in the middle on white."""
    start, end = _edges(centres[arrow.start], centres[arrow.end], size)
    axes.annotate(
        "", xy=end, xytext=start, zorder=1,
        arrowprops={
            "arrowstyle": "<|-|>" if arrow.both else "-|>", "color": INK, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 1,
            "mutation_scale": 9,
        },
    )  # fmt: skip
    if arrow.label is None:
        return
    word = phrase(arrow.label, language)
    room = abs(end[0] - start[0]) if start[1] == end[1] else 1.6
    broken = dotplot.wrap(word, max(room - 0.25, 0.5) * 72 / _WORD_PT)
    axes.text(
        (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, escape(broken), fontproperties=font(_WORD_PT), color=INK,
        ha="center", va="center", linespacing=1.1, zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip


def _edges(
    start: tuple[float, float], end: tuple[float, float], size: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where an arrow leaves a box and where it meets the other: at the sides in one row, else above and below."""
    (x, y), (u, v) = start, end
    if y == v:
        side = size[0] / 2 if u > x else -size[0] / 2
        return (x + side, y), (u - side, v)
    up = size[1] / 2 if v > y else -size[1] / 2
    lean = 0.0 if x == u else size[0] / 4 * (1 if u > x else -1)
    return (x + lean, y + up), (u - lean, v - up)


def _columns(plot: Flow) -> Columns:
    """Boxes, then arrows, one line each."""
    labels = {box.key: box.label for box in plot.boxes}
    lines = [("box", box.label, None, box.row, box.column) for box in plot.boxes]
    arrows = [("arrow", labels[a.start], labels[a.end], None, None) for a in plot.arrows]
    both = [*lines, *arrows]
    return [(key, [line[i] for line in both]) for i, key in enumerate(("kind", "label", "to", "row", "column"))]


def _body(plot: Flow) -> dict[str, Any]:
    return {
        "boxes": [
            {"key": b.key, "row": b.row, "column": b.column, "label": in_both(b.label), "strong": b.strong}
            for b in plot.boxes
        ],
        "arrows": [
            {"from": a.start, "to": a.end, "label": in_both(a.label) if a.label else None, "both": a.both}
            for a in plot.arrows
        ],
    }


DRAWN = Drawn(Flow, _draw, _columns, _body)
