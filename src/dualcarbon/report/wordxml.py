"""Pieces of a Word document as XML: runs, paragraphs, fields and three-line tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from dualcarbon.report.layout import LANDSCAPE_PT, PORTRAIT_PT
from dualcarbon.report.printed import PrintedCell, PrintedHeader, PrintedTable
from dualcarbon.report.typography import Script, runs

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RAISED: dict[Script, str] = {
    "": "",
    "sub": '<w:vertAlign w:val="subscript"/>',
    "sup": '<w:vertAlign w:val="superscript"/>',
}
_HEAVY, _LIGHT = 12, 6


def run(text: str, properties: str = "", script: Script = "") -> str:
    """One run of text."""
    inside = properties + _RAISED[script]
    return f'<w:r><w:rPr>{inside}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def phrase(text: str, properties: str = "") -> str:
    """A phrase as runs, with real subscripts and superscripts."""
    return "".join(run(one.text, properties, one.script) for one in runs(text))


def paragraph(content: str, style: str, properties: str = "") -> str:
    """A paragraph of runs in a named style."""
    return f'<w:p {NAMESPACE}><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def field(code: str) -> str:
    """A field whose value Word works out, such as PAGE."""
    return f'<w:fldSimple w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def bookmark(content: str, name: str, number: int) -> str:
    """Runs that a link can lead to."""
    ends = f'<w:bookmarkStart w:id="{number}" w:name={quoteattr(name)}/>', f'<w:bookmarkEnd w:id="{number}"/>'
    return ends[0] + content + ends[1]


def contents(entries: Iterable[tuple[str, str]]) -> list[str]:
    """A table of contents as paragraphs: a field that Word can renew, already filled with linked entries.

    Parameters
    ----------
    entries : pairs of bookmark and text
    """
    linked = [f"<w:hyperlink w:anchor={quoteattr(name)}>{phrase(text)}</w:hyperlink>" for name, text in entries]
    if not linked:
        return []
    code = r'<w:r><w:instrText xml:space="preserve"> TOC \o "1-1" \n \h \z \u </w:instrText></w:r>'
    linked[0] = _mark("begin") + code + _mark("separate") + linked[0]
    linked[-1] += _mark("end")
    return [paragraph(entry, "Contents") for entry in linked]


def _mark(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def table(printed: PrintedTable) -> str:
    """A three-line table: header rows repeat on each page, rows do not break, a short table stays on one page."""
    layout = printed.layout
    width = layout.share * 20 * (LANDSCAPE_PT if layout.landscape else PORTRAIT_PT)
    widths = [round(width * share) for share in layout.widths]
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    properties = (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="autofit"/>'
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    rows = "".join((*_header_rows(printed, widths), *_body_rows(printed, widths)))
    return f"<w:tbl {NAMESPACE}>{properties}<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"


def _header_rows(printed: PrintedTable, widths: list[int]) -> Iterator[str]:
    def row(cells: Iterable[str]) -> str:
        return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(cells)}</w:tr>"

    if printed.groups:
        yield row(_group_cell(group, widths, printed) for group in printed.groups)
    top = 0 if printed.groups else _HEAVY
    yield row(
        _cell(_header_text(header, printed), widths[header.first], "bottom", printed.aligns[header.first], top, _LIGHT)
        for header in printed.headers
    )


def _group_cell(group: PrintedHeader, widths: list[int], printed: PrintedTable) -> str:
    width = sum(widths[group.first : group.first + group.span])
    text = phrase(group.text, _type(printed, bold=True)) if group.text else ""
    return _cell(text, width, "bottom", "center", _HEAVY, _LIGHT if group.text else 0, group.span)


def _header_text(header: PrintedHeader, printed: PrintedTable) -> str:
    label = phrase(header.text, _type(printed, bold=True))
    return label if not header.unit else f"{label}<w:r><w:br/></w:r>{phrase(header.unit, _type(printed))}"


def _body_rows(printed: PrintedTable, widths: list[int]) -> Iterator[str]:
    last = len(printed.rows)
    for number, row in enumerate(printed.rows, start=1):
        rule = _HEAVY if number == last else _LIGHT if number in printed.rules_after else 0
        cells = (
            _cell(_body_text(cell, printed), width, "center", align, 0, rule, keep=not printed.breakable)
            for cell, width, align in zip(row, widths, printed.aligns, strict=True)
        )
        yield f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>"


def _body_text(cell: PrintedCell, printed: PrintedTable) -> str:
    text = phrase(cell.text, _type(printed))
    return text + run(cell.stars, _type(printed), "sup") if cell.stars else text


def _type(printed: PrintedTable, *, bold: bool = False) -> str:
    size = round(2 * printed.layout.size)
    return f'{"<w:b/><w:bCs/>" if bold else ""}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'


def _cell(
    content: str, width: int, vertical: str, align: str, above: int, below: int, span: int = 1, *, keep: bool = True
) -> str:
    """A cell; `above` and `below` are the weights of its lines in eighths of a point; kept rows are set wider."""
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{weight}" w:space="0" w:color="auto"/>'
        for side, weight in (("top", above), ("bottom", below))
        if weight
    )
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    borders = f"<w:tcBorders>{lines}</w:tcBorders>" if lines else ""
    properties = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spanned}{borders}<w:vAlign w:val="{vertical}"/></w:tcPr>'
    keeping = "<w:keepNext/>" if keep else '<w:spacing w:before="8" w:after="8"/>'
    return f"<w:tc>{properties}{paragraph(content, 'TableText', f'{keeping}<w:jc w:val={quoteattr(align)}/>')}</w:tc>"
