"""HTML pages read back by a parser: cells, scripts, nothing from outside, nothing executed."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dualcarbon.core.text import Language
from dualcarbon.report import render
from dualcarbon.report.printed import print_table
from dualcarbon.report.typography import runs

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Cells by row, tags with their attributes, text by open tag; raises on tags that do not match."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


def page(item: Any, folder: Path, language: Language) -> tuple[Page, str]:
    (path,) = render(item, folder, languages=(language,), formats=("html",))
    source = path.read_text(encoding="utf-8")
    return Page(source), source


def ordinary(text: str) -> str:
    return "".join(run.text for run in runs(text))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["long", "regression", "wide", "hostile"])
def test_every_cell_is_there(sample: SimpleNamespace, tmp_path: Path, name: str, language: Language) -> None:
    table = getattr(sample, name)()
    printed = print_table(table, language)
    found, _ = page(table, tmp_path, language)
    head = 1 + bool(printed.groups)
    assert found.rows[head - 1] == [ordinary(header.text) + ordinary(header.unit) for header in printed.headers]
    expected = [[ordinary(cell.text) + cell.stars for cell in row] for row in printed.rows]
    assert found.rows[head:] == expected
    text = "".join(data for _, data in found.texts)
    assert all(ordinary(note) in text for note in (printed.caption, *printed.notes))
    assert (printed.stamp in text) if printed.stamp else ("模拟数据" not in text)


def test_subscripts_are_tags(sample: SimpleNamespace, tmp_path: Path) -> None:
    _, source = page(sample.long(), tmp_path, "en")
    assert "CO<sub>2</sub> emissions" in source
    assert "10<sup>4</sup> tCO<sub>2</sub>" in source
    _, source = page(sample.regression(), tmp_path, "en")
    assert '0.0028<span class="stars"><sup>***</sup></span>' in source


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_document_is_one_file_in_order(sample: SimpleNamespace, tmp_path: Path, language: Language) -> None:
    found, source = page(sample.document(), tmp_path, language)
    assert dict(found.tags)["html"] == {"lang": "zh-CN" if language == "zh" else "en"}
    for tag, attributes in found.tags:
        assert tag not in ("script", "link", "iframe", "img")
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert "@import" not in source and "url(http" not in source
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    links = {attributes["href"] for tag, attributes in found.tags if tag == "a"}
    assert {link.removeprefix("#") for link in links if link} <= targets
    assert len([1 for tag, _ in found.tags if tag == "svg"]) == 1
    places = [
        source.index(f'id="{name}"') for name in ("chapter-1", "table_4_1", "figure_4_1", "chapter-2", "table_4_2")
    ]
    assert places == sorted(places)


def test_names_inside_drawings_do_not_meet(sample: SimpleNamespace, tmp_path: Path) -> None:
    from dataclasses import replace

    document = sample.document()
    again = replace(document.chapters[1], exhibits=(*document.chapters[1].exhibits, sample.figure("figure_4_2")))
    found, _ = page(replace(document, chapters=(document.chapters[0], again)), tmp_path, "zh")
    names = [attributes["id"] for _, attributes in found.tags if attributes.get("id")]
    assert len(names) == len(set(names))


def test_hostile_text_stays_text(sample: SimpleNamespace, tmp_path: Path) -> None:
    found, source = page(sample.hostile(), tmp_path, "en")
    assert "<b>" not in source
    assert sample.hostile_text in [cell for row in found.rows for cell in row]
    assert ("title", next(data for tag, data in found.texts if tag == "title")) in found.texts
    assert all(tag != "b" for tag, _ in found.tags)
