"""Curves through many points, and dashed lines for reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Figure, Lines, Points
from dualcarbon.core.text import Language
from dualcarbon.report import dotplot
from dualcarbon.report.canvas import COLOURS, INK, TICK_PT, font, phrase, plane, put_legend, scale
from dualcarbon.report.drawn import Columns, Drawn
from dualcarbon.report.machine import in_both, plain_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_DASHES = ((0, (5, 3)), (0, (2, 2)), (0, (6, 2, 1, 2)))


def _draw(figure: Figure, language: Language) -> Canvas:
    plot = figure.drawing
    assert isinstance(plot, Lines)
    legend = [one.label for one in (*plot.curves, *plot.references)]
    canvas, axes, top = plane(figure, language, plot.x_label, plot.y_label, legend, 0.25)
    for which in ("x", "y"):
        scale(axes, which, _ends(plot, which), log=False)
    if plot.years:
        whole = [place for place in axes.get_xticks() if place == round(place)]
        axes.set_xticks(whole, [f"{place:.0f}" for place in whole], fontproperties=font(TICK_PT), color=INK)
    handles: list[Any] = []
    for number, one in enumerate(plot.curves):
        handles += axes.plot(one.x, one.y, color=COLOURS[number % len(COLOURS)], linewidth=1.2, zorder=3)
    for number, one in enumerate(plot.references):
        handles += axes.plot(one.x, one.y, color=INK, linewidth=0.9, linestyle=_DASHES[number % len(_DASHES)], zorder=4)
    put_legend(canvas, handles, [phrase(label, language) for label in legend], top)
    return canvas


def _ends(plot: Lines, which: str) -> tuple[float, float]:
    return dotplot.span(
        (value for part in (*plot.curves, *plot.references) for value in getattr(part, which)), log=False
    )


def _columns(plot: Lines) -> Columns:
    parts = [("curve", one) for one in plot.curves] + [("reference", one) for one in plot.references]
    lines = [(kind, one.label, x, y) for kind, one in parts for x, y in zip(one.x, one.y, strict=True)]
    return [(key, [line[i] for line in lines]) for i, key in enumerate(("kind", "label", "x", "y"))]


def _named(one: Points) -> dict[str, Any]:
    return {"label": in_both(one.label), "x": plain_all(one.x), "y": plain_all(one.y)}


def _body(plot: Lines) -> dict[str, Any]:
    return {
        "x_label": in_both(plot.x_label),
        "y_label": in_both(plot.y_label),
        "curves": [_named(one) for one in plot.curves],
        "references": [_named(one) for one in plot.references],
    }


DRAWN = Drawn(Lines, _draw, _columns, _body)
