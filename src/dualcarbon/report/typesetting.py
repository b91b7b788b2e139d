"""From templates to PDF by typst, with the package's own fonts and nothing from outside."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Document, Exhibit
from dualcarbon.core.text import Language
from dualcarbon.report import words
from dualcarbon.report.printed import caption, stamp
from dualcarbon.report.typeface import FOLDER
from dualcarbon.report.typography import runs
from dualcarbon.report.views import document_view, exhibit_view

if TYPE_CHECKING:
    import typst
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
_UNSAFE = re.compile(r'["\\]|[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


class Source(str):
    """A piece of typst source; any other string that a template prints becomes a string literal."""


def literal(value: object) -> str:
    """A value as typst source: strings are quoted, so that nothing in them is read as markup or code.

    Examples
    --------
    >>> print(literal('say "#x"'), literal(True), literal(2.5))
    "say \\"#x\\"" true 2.5
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return '"' + _UNSAFE.sub(_escaped, value) + '"'
    raise TypeError(f"a template printed a {type(value).__name__}")


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match[0] if match[0] in '"\\' else f"\\u{{{ord(match[0]):x}}}"


def content(text: str) -> Source:
    """A phrase as a typst expression, with real subscripts and superscripts.

    Examples
    --------
    >>> print(content("ln CO2"))
    ("ln CO" + sub("2"))
    """
    call = {"": "{}", "sub": "sub({})", "sup": "super({})"}
    parts = [call[run.script].format(literal(run.text)) for run in runs(text)]
    return Source(f"({' + '.join(parts) or literal('')})")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        finalize=literal,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"content": content, "source": Source}
    return environment


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER])


def exhibit_source(exhibit: Exhibit, language: Language) -> str:
    """The typst source of one exhibit on pages of its own."""
    given = {"exhibit": exhibit_view(exhibit, language), "title": caption(exhibit, language)}
    return _rendered("exhibit.typ", exhibit.simulated, language, given)


def document_source(document: Document, language: Language) -> str:
    """The typst source of a whole report."""
    return _rendered("document.typ", document.simulated, language, document_view(document, language, paged=True))


def _rendered(template: str, simulated: bool, language: Language, given: dict[str, Any]) -> str:
    page_words = re.split(r"\{pages?\}", words.PAGE.get(language))
    return (
        _environment()
        .get_template(template)
        .render(language=language, stamp=stamp(simulated, language), page_words=page_words, **given)
    )


def compile_pdf(source: str, drawings: dict[str, bytes]) -> bytes:
    """Typeset a source.

    Parameters
    ----------
    source : str
    drawings : dict
        SVG by key of the figure, read in the source as ``sys.inputs``.
    """
    import typst

    inputs = {key: drawing.decode() for key, drawing in drawings.items()}
    return typst.compile(
        source.encode(), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs, format="pdf", timestamp=0
    )
