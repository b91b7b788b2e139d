"""Word documents: pages, styles and the order of things."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Document, Exhibit, Figure, Table
from dualcarbon.core.text import Language
from dualcarbon.report import words, wordxml
from dualcarbon.report.contents import sections, turned_last
from dualcarbon.report.drawing import png
from dualcarbon.report.layout import LANDSCAPE_PT, PORTRAIT_PT
from dualcarbon.report.printed import caption, print_table, printed_notes, stamp
from dualcarbon.report.typography import glyphs
from dualcarbon.report.wordstyles import RED, set_styles
from dualcarbon.report.zipped import settle

if TYPE_CHECKING:
    from docx.document import Document as Docx
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.section import Section as Pages

_A4_PT = (595.3, 841.9)
_TALLEST_PT = 590.0
_NARROWEST_NOTES = 0.62


class Writer:
    """A Word document under construction, in one language."""

    def __init__(self, title: str, language: Language, *, simulated: bool) -> None:
        import docx

        self.title = title
        self.language: Language = language
        self.stamp = stamp(simulated, language)
        self.docx: Docx = docx.Document()
        self.turned = False
        self._bookmarks = 0
        set_styles(self.docx, language)
        self._pages(self.docx.sections[0])

    def add(self, xml: str) -> None:
        """Put a paragraph or a table at the end."""
        from docx.oxml import parse_xml

        body = self.docx.element.body
        body.insert(len(body) - 1, parse_xml(xml))

    def text(self, text: str, style: str, properties: str = "") -> None:
        """Put a paragraph of plain text at the end."""
        self.add(wordxml.paragraph(wordxml.phrase(text), style, properties))

    def heading(self, text: str, name: str, *, first: bool) -> None:
        """Put a heading that the contents link to; the first begins a page."""
        self._bookmarks += 1
        content = wordxml.bookmark(wordxml.phrase(text), name, self._bookmarks)
        self.add(wordxml.paragraph(content, "Heading1", "<w:pageBreakBefore/>" if first else ""))

    def exhibit(self, exhibit: Exhibit) -> None:
        """Put a table with its caption above, or a figure with its caption below; notes and source follow."""
        if isinstance(exhibit, Table):
            self._table(exhibit)
        else:
            self._figure(exhibit)
        indent = _indent(exhibit, self.language)
        for note in printed_notes(exhibit, self.language):
            self.text(note, "TableNotes", indent)
        self.text("", "TableNotes")

    def turn(self, landscape: bool) -> None:
        """Go on on a new page of the other orientation, if the present one differs."""
        if landscape == self.turned:
            return
        self.turned = landscape
        if len(self.docx.element.body) == 1:
            self._pages(self.docx.sections[0])
        else:
            self._pages(self.docx.add_section())

    def saved(self) -> bytes:
        """The file, the same for the same content."""
        stream = BytesIO()
        self.docx.save(stream)
        return settle(stream.getvalue(), glyphs(self.title), self.language)

    def _table(self, table: Table) -> None:
        printed = print_table(table, self.language)
        self.turn(printed.layout.landscape)
        self.text(printed.caption, "Caption", "<w:keepNext/>")
        self.add(wordxml.table(printed))

    def _figure(self, figure: Figure) -> None:
        from docx.shared import Pt

        self.turn(False)
        place = self.docx.add_paragraph(style="Figure")
        picture = place.add_run().add_picture(BytesIO(png(figure, self.language)), width=Pt(PORTRAIT_PT))
        if picture.height > Pt(_TALLEST_PT):
            picture.width, picture.height = round(picture.width * Pt(_TALLEST_PT) / picture.height), Pt(_TALLEST_PT)
        words_for_it = glyphs(caption(figure, self.language))
        picture._inline.docPr.set("descr", words_for_it)
        self.text(words_for_it, "Caption", "<w:keepNext/>")

    def _pages(self, pages: Pages) -> None:
        """Paper, margins, header and footer of a stretch of pages."""
        from docx.enum.section import WD_ORIENT
        from docx.shared import Pt

        short, long = _A4_PT
        width, height = (long, short) if self.turned else (short, long)
        pages.orientation = WD_ORIENT.LANDSCAPE if self.turned else WD_ORIENT.PORTRAIT
        pages.page_width, pages.page_height = Pt(width), Pt(height)
        room = LANDSCAPE_PT if self.turned else PORTRAIT_PT
        pages.left_margin = pages.right_margin = Pt((width - room) / 2)
        pages.top_margin, pages.bottom_margin = Pt(78), Pt(66)
        pages.header_distance = pages.footer_distance = Pt(36)
        self._head(pages, room)
        self._foot(pages)

    def _head(self, pages: Pages, room: float) -> None:
        tab = f'<w:tabs><w:tab w:val="right" w:pos="{round(20 * room)}"/></w:tabs>'
        content = wordxml.phrase(self.title)
        if self.stamp:
            content += "<w:r><w:tab/></w:r>" + wordxml.run(self.stamp, f'<w:b/><w:color w:val="{RED}"/>')
        pages.header.is_linked_to_previous = False
        _fill(pages.header._element, wordxml.paragraph(content, "Header", tab))

    def _foot(self, pages: Pages) -> None:
        before, between, after = words.PAGE.get(self.language).replace("{pages}", "{page}").split("{page}")
        parts = (wordxml.run(before), wordxml.field("PAGE"), wordxml.run(between), wordxml.field("NUMPAGES"))
        pages.footer.is_linked_to_previous = False
        content = "".join(parts) + wordxml.run(after)
        _fill(pages.footer._element, wordxml.paragraph(content, "Footer", '<w:jc w:val="center"/>'))


def _indent(exhibit: Exhibit, language: Language) -> str:
    """Indents that make the notes as wide as their table."""
    if not isinstance(exhibit, Table):
        return ""
    layout = print_table(exhibit, language).layout
    room = LANDSCAPE_PT if layout.landscape else PORTRAIT_PT
    side = round(20 * room * (1 - max(layout.share, _NARROWEST_NOTES)) / 2)
    return f'<w:ind w:left="{side}" w:right="{side}"/>'


def _fill(part: BaseOxmlElement, xml: str) -> None:
    """Put one paragraph into a header or footer in place of what is there."""
    from docx.oxml import parse_xml

    for child in list(part):
        part.remove(child)
    part.append(parse_xml(xml))


def exhibit_file(exhibit: Exhibit, language: Language) -> bytes:
    """One exhibit as a Word document."""
    writer = Writer(caption(exhibit, language), language, simulated=exhibit.simulated)
    writer.exhibit(exhibit)
    return writer.saved()


def document_file(document: Document, language: Language) -> bytes:
    """A whole report as a Word document: cover, abstract, contents, chapters, colophon."""
    writer = Writer(document.title.get(language), language, simulated=document.simulated)
    writer.text(writer.title, "Title")
    writer.text(document.subtitle.get(language), "Subtitle")
    if document.abstract:
        writer.text(words.ABSTRACT.get(language), "FrontHeading", "<w:pageBreakBefore/>")
    for paragraph in document.abstract:
        writer.text(paragraph.get(language), "BodyText")
    chapters = sections(document)
    titles = [f"{section.number}\u2003{section.title.get(language)}" for section in chapters]
    names = [f"chapter_{section.number}" for section in chapters]
    writer.text(words.CONTENTS.get(language), "FrontHeading")
    for entry in wordxml.contents(zip(names, titles, strict=True)):
        writer.add(entry)
    for section, title, name in zip(chapters, titles, names, strict=True):
        writer.turn(False)
        writer.heading(title, name, first=section.number == 1)
        for part in turned_last(section.parts, language):
            if isinstance(part, Table | Figure):
                writer.exhibit(part)
            else:
                writer.text(part.get(language), "BodyText")
    writer.turn(False)
    if document.colophon:
        writer.text(words.COLOPHON.get(language), "FrontHeading")
    for paragraph in document.colophon:
        writer.text(paragraph.get(language), "TableNotes")
    return writer.saved()
