"""PDF pages read back by PDFium: text, stamp, fonts, and hostile text that stays text."""

from __future__ import annotations

import ctypes
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualcarbon.core.exhibit import Document
from dualcarbon.core.text import Language, Text
from dualcarbon.report import render
from dualcarbon.report.printed import print_table
from dualcarbon.report.typesetting import compile_pdf, content, literal
from dualcarbon.report.typography import runs


def pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return texts


def made(item: Any, folder: Path, language: Language) -> bytes:
    (path,) = render(item, folder, languages=(language,), formats=("pdf",))
    return path.read_bytes()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", "".join(run.text for run in runs(text)))


def fonts(content: bytes) -> set[str]:
    document = pypdfium2.PdfDocument(content)
    found = set()
    for page in document:
        for item in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_TEXT,)):
            font = pdfium.FPDFTextObj_GetFont(item.raw)
            buffer = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, buffer, 200)
            found.add(buffer.value.decode())
    document.close()
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["long", "regression", "wide"])
def test_numbers_labels_and_notes_are_there(
    sample: SimpleNamespace, tmp_path: Path, name: str, language: Language
) -> None:
    table = getattr(sample, name)()
    printed = print_table(table, language)
    text = squeezed("".join(pages(made(table, tmp_path, language)))).replace("\ufffe", "")
    for row in printed.rows:
        for cell in row:
            assert squeezed(cell.text) in text or not cell.number
    assert squeezed(printed.caption) in text
    assert all(squeezed(header.unit) in text for header in printed.headers)
    assert all(squeezed(note)[:12] in text for note in printed.notes)
    if language == "zh" and name == "long":
        assert all(squeezed(row[1].text) in text for row in printed.rows)


@pytest.mark.parametrize(("language", "stamp"), [("zh", "模拟数据"), ("en", "Simulated data")])
def test_every_page_of_simulated_data_is_stamped(
    sample: SimpleNamespace, tmp_path: Path, language: Language, stamp: str
) -> None:
    for item in (sample.document(), sample.long(), sample.figure()):
        found = pages(made(item, tmp_path, language))
        assert all(stamp in text for text in found)
    assert len(pages(made(sample.document(), tmp_path, language))) >= 6
    assert all(stamp not in text for text in pages(made(sample.wide(), tmp_path, language)))
    real = sample.document("real", simulated=False)
    marked = [text for text in pages(made(real, tmp_path, language)) if re.search(rf"^{stamp}\s*$", text, re.MULTILINE)]
    assert marked == []


def test_pages_are_counted(sample: SimpleNamespace, tmp_path: Path) -> None:
    zh, en = (pages(made(sample.document(), tmp_path, language)) for language in ("zh", "en"))
    assert [f"第{i}页/共{len(zh)}页" in squeezed(text) for i, text in enumerate(zh, start=1)] == [True] * len(zh)
    assert all(f"Page {i} of {len(en)}" in text for i, text in enumerate(en, start=1))


def test_a_long_table_repeats_its_header(sample: SimpleNamespace, tmp_path: Path) -> None:
    table = replace(sample.long(), rows=(sample.long().rows * 2)[:55])
    assert not print_table(table, "en").fits_page
    first, second = pages(made(table, tmp_path, "en"))
    for text in (first, second):
        assert "Observations" in text and "Marginal abatement cost" in text
    assert "(continued)" not in first and "Table 4-1 (continued)" in second


def test_a_table_that_fits_a_page_stays_in_one_piece(sample: SimpleNamespace, tmp_path: Path) -> None:
    table = replace(sample.long(), rows=sample.long().rows[:30])
    printed = print_table(table, "en")
    assert printed.breakable and printed.fits_page
    assert len(pages(made(table, tmp_path, "en"))) == 1


def test_only_the_fonts_of_the_package(sample: SimpleNamespace, tmp_path: Path) -> None:
    for language in ("zh", "en"):
        names = {name.split("+")[-1] for name in fonts(made(sample.document(), tmp_path, language))}
        assert names == {"DualcarbonSans-Regular", "DualcarbonSans-Bold"}


def test_the_file_knows_no_date(sample: SimpleNamespace, tmp_path: Path) -> None:
    information = pypdfium2.PdfDocument(made(sample.document(), tmp_path, "en")).get_metadata_dict()
    assert information["Title"] == "Digital technology and the dual-carbon goals: evidence from firms"
    assert not information["CreationDate"] and not information["ModDate"]


def test_hostile_text_is_printed_as_it_is(sample: SimpleNamespace, tmp_path: Path) -> None:
    text = "".join(pages(made(sample.hostile(), tmp_path, "en")))
    for piece in (
        '#panic("x")',
        "$x^2$",
        "*b*",
        "_i_",
        "@ref",
        "\\input{x}",
        "<b>&amp;",
        "`raw`",
        "<<x>>",
        "{{y}}",
        "{%z%}",
    ):
        assert piece in text
    whole = Document(
        "whole", *(Text(sample.hostile_text, sample.hostile_text),) * 2, (), (), (Text("#{1/0}", "#{1/0}"),), False
    )
    assert "#{1/0}" in "".join(pages(made(whole, tmp_path, "zh")))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_a_literal(text: str) -> None:
    source = f"#set page(width: 400pt)\n#let given = {literal(text)}\n#assert.eq(type(given), str)\n#{content(text)}"
    assert compile_pdf(source, {}).startswith(b"%PDF")


def test_what_a_template_must_not_print() -> None:
    with pytest.raises(TypeError):
        literal(None)
