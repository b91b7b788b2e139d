"""SVG drawing of a figure, its letters as outlines."""

from __future__ import annotations

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Language, Text
from dualcarbon.report.registry import Format


def _figure(figure: Figure, language: Language) -> bytes:
    from dualcarbon.report.drawing import svg

    return svg(figure, language)


FORMAT = Format(name="svg", label=Text("SVG 矢量图", "SVG drawing"), writers={Figure: _figure}, own_font=True)
