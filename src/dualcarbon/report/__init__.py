"""Tables, figures and documents become files: PDF, HTML, Word, Excel, LaTeX, CSV, JSON, SVG and PNG, zh and en."""

from __future__ import annotations

from dualcarbon.report.registry import Format, formats
from dualcarbon.report.rendering import render
from dualcarbon.report.terminal import terminal_table
from dualcarbon.report.typeface import MissingGlyphWarning

__all__ = ["Format", "MissingGlyphWarning", "formats", "render", "terminal_table"]
