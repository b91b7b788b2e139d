"""PNG picture of a figure."""

from __future__ import annotations

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Language, Text
from dualcarbon.report.registry import Format


def _figure(figure: Figure, language: Language) -> bytes:
    from dualcarbon.report.drawing import png

    return png(figure, language)


FORMAT = Format(name="png", label=Text("PNG 图片", "PNG picture"), writers={Figure: _figure}, own_font=True)
