"""From templates to one self-contained HTML file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Document, Exhibit, Figure
from dualcarbon.core.text import Language
from dualcarbon.report.contents import exhibits
from dualcarbon.report.drawing import svg
from dualcarbon.report.printed import caption, stamp
from dualcarbon.report.typesetting import TEMPLATES
from dualcarbon.report.typography import glyphs, runs
from dualcarbon.report.views import document_view, exhibit_view

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TAGS = {"": "{}", "sub": "<sub>{}</sub>", "sup": "<sup>{}</sup>"}


def _runs(text: str) -> Markup:
    """A phrase with real subscripts and superscripts, everything in it escaped."""
    from markupsafe import Markup

    return Markup("").join(Markup(_TAGS[run.script]).format(run.text) for run in runs(text))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["runs"] = _runs
    return environment


def exhibit_page(exhibit: Exhibit, language: Language) -> bytes:
    """One exhibit as an HTML page."""
    view = _drawn(exhibit_view(exhibit, language), exhibit, language)
    words = stamp(exhibit.simulated, language)
    given = {"exhibit": view, "title": glyphs(caption(exhibit, language)), "stamp": words}
    return _environment().get_template("exhibit.html").render(language=language, **given).encode()


def document_page(document: Document, language: Language) -> bytes:
    """A whole report as one HTML page, its figures inside."""
    view = document_view(document, language, paged=False)
    drawn = {exhibit.key: exhibit for exhibit in exhibits(document)}
    for section in view["sections"]:
        for part in section["parts"]:
            if isinstance(part, dict):
                _drawn(part, drawn[part["key"]], language)
    words = stamp(document.simulated, language)
    return _environment().get_template("document.html").render(language=language, stamp=words, **view).encode()


def _drawn(view: dict[str, Any], exhibit: Exhibit, language: Language) -> dict[str, Any]:
    """Put the drawing of a figure into its view."""
    from markupsafe import Markup

    if isinstance(exhibit, Figure):
        drawing = svg(exhibit, language).decode()
        view["drawing"] = Markup(drawing[drawing.index("<svg") :])
    return view
