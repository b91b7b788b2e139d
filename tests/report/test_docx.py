"""Word files read back by python-docx."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from dualcarbon.core.text import Language
from dualcarbon.report import render
from dualcarbon.report.printed import print_table
from dualcarbon.report.typography import runs


def opened(item: Any, folder: Path, language: Language) -> Any:
    (path,) = render(item, folder, languages=(language,), formats=("docx",))
    return docx.Document(str(path))


def ordinary(text: str) -> str:
    return "".join(run.text for run in runs(text))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["long", "regression", "wide", "hostile"])
def test_every_cell_is_there(sample: SimpleNamespace, tmp_path: Path, name: str, language: Language) -> None:
    table = getattr(sample, name)()
    printed = print_table(table, language)
    document = opened(table, tmp_path, language)
    (found,) = document.tables
    body = found.rows[1 + bool(printed.groups) :]
    for row, shown in zip(body, printed.rows, strict=True):
        assert [cell.text for cell in row.cells] == [ordinary(cell.text) + cell.stars for cell in shown]
    labels = [cell.text for cell in found.rows[bool(printed.groups)].cells]
    units = ["\n" + ordinary(header.unit) if header.unit else "" for header in printed.headers]
    assert labels == [ordinary(h.text) + unit for h, unit in zip(printed.headers, units, strict=True)]
    paragraphs = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    assert paragraphs == [ordinary(text) for text in (printed.caption, *printed.notes)]


def test_subscripts_and_stars_are_real(sample: SimpleNamespace, tmp_path: Path) -> None:
    document = opened(sample.long(), tmp_path, "en")
    title = [run for run in document.paragraphs[0].runs if run.font.subscript]
    assert [run.text for run in title] == ["2"]
    header = document.tables[0].rows[1].cells[3].paragraphs[0]
    positions = [
        (run.text, "sub" if run.font.subscript else "sup" if run.font.superscript else "")
        for run in header.runs
        if run.text.strip()
    ]
    assert positions == [
        ("CO", ""), ("2", "sub"), (" emissions", ""), ("(10", ""), ("4", "sup"), (" tCO", ""), ("2", "sub"), (")", ""),
    ]  # fmt: skip
    cell = opened(sample.regression(), tmp_path, "en").tables[0].rows[2].cells[1].paragraphs[0]
    assert [(run.text, run.font.superscript) for run in cell.runs] == [("0.0016", None), ("*", True)]


def test_a_three_line_table(sample: SimpleNamespace, tmp_path: Path) -> None:
    (table,) = opened(sample.regression(), tmp_path, "zh").tables

    def lines(row: int, column: int) -> dict[str, str]:
        cell = table.rows[row]._tr.tc_lst[column]
        borders = cell.find(f"{qn('w:tcPr')}/{qn('w:tcBorders')}")
        return {} if borders is None else {one.tag.split("}")[1]: one.get(qn("w:sz")) for one in borders}

    assert lines(0, 0) == {"top": "12"} and lines(0, 1) == {"top": "12", "bottom": "6"}
    assert lines(1, 0) == {"bottom": "6"}
    assert lines(2, 0) == {} and lines(5, 2) == {"bottom": "6"}
    assert lines(9, 3) == {"bottom": "12"}
    assert table._tbl.tblPr.find(qn("w:tblBorders")) is None
    repeated = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert repeated == [True, True, *[False] * 8]


def test_typefaces_for_both_scripts(sample: SimpleNamespace, tmp_path: Path) -> None:
    document = opened(sample.regression(), tmp_path, "zh")
    for name, latin, asian in (("Normal", "Times New Roman", "宋体"), ("Caption", "Arial", "黑体")):
        fonts = document.styles[name].element.rPr.rFonts
        assert (fonts.get(qn("w:ascii")), fonts.get(qn("w:eastAsia"))) == (latin, asian)
        assert fonts.get(qn("w:asciiTheme")) is None
    languages = {one.get(qn("w:eastAsia")) for one in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"zh-CN"}


@pytest.mark.parametrize(("language", "stamp"), [("zh", "模拟数据"), ("en", "Simulated data")])
def test_every_stretch_of_pages_is_stamped(
    sample: SimpleNamespace, tmp_path: Path, language: Language, stamp: str
) -> None:
    document = opened(sample.document(), tmp_path, language)
    assert [part.orientation for part in document.sections] == [
        WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE, WD_ORIENT.PORTRAIT,
    ]  # fmt: skip
    for part in document.sections:
        assert part.header.paragraphs[0].text.endswith("\t" + stamp)
        codes = [field.get(qn("w:instr")) for field in part.footer._element.iter(qn("w:fldSimple"))]
        assert codes == ["PAGE", "NUMPAGES"]
    real = opened(sample.wide(), tmp_path, language)
    assert stamp not in real.sections[0].header.paragraphs[0].text
    assert real.sections[0].page_width > real.sections[0].page_height


def test_a_document_in_order(sample: SimpleNamespace, tmp_path: Path) -> None:
    document = opened(sample.document(), tmp_path, "zh")
    texts = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    places = [
        texts.index(text)
        for text in (
            "摘要",
            "目录",
            "1\u2003数字技术拉升企业 CO2 边际减排成本",
            "表 4-1　企业 CO2 边际减排成本与减排空间（39 个行业）",
            "图 4-1　各行业 CO2 边际减排成本",
            "编制说明",
        )
    ]
    assert places == sorted(places)
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    links = [link.get(qn("w:anchor")) for link in document.element.iter(qn("w:hyperlink"))]
    marks = [mark.get(qn("w:name")) for mark in document.element.iter(qn("w:bookmarkStart"))]
    assert links == marks == ["chapter_1", "chapter_2"]
    assert headings[1] == "2\u2003基准回归与发电结构"
    assert len(document.tables) == 3 and len(document.inline_shapes) == 1
    alternative = document.inline_shapes[0]._inline.docPr.get("descr")
    assert alternative == "图 4-1　各行业 CO₂ 边际减排成本"


def test_the_file_knows_no_date(sample: SimpleNamespace, tmp_path: Path) -> None:
    (path,) = render(sample.document(), tmp_path, languages=("en",), formats=("docx",))
    with ZipFile(path) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert "dcterms" not in core and "python-docx" not in core
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
