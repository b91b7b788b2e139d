"""The styles of the Word documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualcarbon.core.text import Language

if TYPE_CHECKING:
    from docx.document import Document as Docx
    from docx.styles.style import ParagraphStyle

ACCENT, GREY, RED, INK = "0B6E75", "59636B", "B01E1E", "1B1F23"
_SERIF, _SANS = ("Times New Roman", "宋体"), ("Arial", "黑体")


@dataclass(frozen=True, slots=True)
class _Look:
    """Type size in points, spacing in points (before, after) and in lines, colour and the rest of one style."""

    size: float
    before: float = 0.0
    after: float = 0.0
    lines: float = 1.0
    sans: bool = False
    bold: bool = False
    colour: str = INK
    align: str = "left"
    keep: bool = False


_LOOKS = {
    "Normal": _Look(10.5),
    "Title": _Look(24, before=190, after=12, lines=1.15, sans=True, bold=True),
    "Subtitle": _Look(14, after=6, sans=True, colour=GREY),
    "Heading 1": _Look(15, before=22, after=10, lines=1.15, sans=True, bold=True, colour=ACCENT, keep=True),
    "Front Heading": _Look(15, before=22, after=10, sans=True, bold=True, colour=ACCENT, keep=True),
    "Body Text": _Look(10.5, after=4, lines=1.5, align="justify"),
    "Contents": _Look(10.5, after=4),
    "Caption": _Look(10, before=12, after=6, sans=True, bold=True, align="center"),
    "Table Text": _Look(9, before=1.5, after=1.5),
    "Table Notes": _Look(8, before=2, colour=GREY, align="justify"),
    "Figure": _Look(10.5, before=12, align="center", keep=True),
    "Header": _Look(8.5, colour=GREY),
    "Footer": _Look(8.5, colour=GREY),
}


def set_styles(document: Docx, language: Language) -> None:
    """Give the styles of a new document their look; Chinese paragraphs are indented by two characters."""
    from docx.enum.style import WD_STYLE_TYPE

    present = {style.name for style in document.styles}
    for name, look in _LOOKS.items():
        if name in present:
            style = document.styles[name]
        else:
            style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = document.styles["Normal"]
        _set(style, look)
    _speak(document)
    if language == "zh":
        from docx.oxml.ns import qn
        from docx.shared import Pt

        place = document.styles["Body Text"].paragraph_format
        place.first_line_indent = Pt(2 * _LOOKS["Body Text"].size)
        place.element.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), "200")


def _speak(document: Docx) -> None:
    """Declare the language of Latin and of Chinese letters, which decides the shapes of signs and the line breaks."""
    from docx.oxml.ns import qn

    for element in document.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), "en-GB")
        element.set(qn("w:eastAsia"), "zh-CN")


def _set(style: ParagraphStyle, look: _Look) -> None:
    from docx.enum.text import WD_PARAGRAPH_ALIGNMENT
    from docx.shared import Pt, RGBColor

    _set_type(style, look)
    style.font.size = Pt(look.size)
    style.font.bold = look.bold
    style.font.italic = False
    style.font.color.rgb = RGBColor.from_string(look.colour)
    place = style.paragraph_format
    place.space_before, place.space_after, place.line_spacing = Pt(look.before), Pt(look.after), look.lines
    place.alignment = WD_PARAGRAPH_ALIGNMENT[look.align.upper()]
    place.keep_with_next = look.keep


def _set_type(style: ParagraphStyle, look: _Look) -> None:
    """Name the Latin and the East Asian typeface; the theme's must go, or they win."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_rPr()
    for name in ("w:rFonts", "w:spacing", "w:kern"):
        for element in properties.findall(qn(name)):
            properties.remove(element)
    latin, asian = _SANS if look.sans else _SERIF
    fonts = OxmlElement("w:rFonts")
    for slot, face in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", asian)):
        fonts.set(qn(f"w:{slot}"), face)
    properties.insert(0, fonts)
    for name in ("w:pBdr", "w:tabs"):
        for element in style.element.findall(f"{qn('w:pPr')}/{qn(name)}"):
            element.getparent().remove(element)
