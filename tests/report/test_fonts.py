"""The fonts have every character that the package and the samples can print."""

from __future__ import annotations

import ast
import csv
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from fontTools.ttLib import TTFont

import dualcarbon
from dualcarbon.report import typeface
from dualcarbon.report.typography import glyphs

PACKAGE = Path(dualcarbon.__file__).parent
INVISIBLE = ("Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp")


@pytest.fixture(scope="module")
def regular() -> set[int]:
    return set(TTFont(typeface.REGULAR).getBestCmap())


def printable(text: str) -> set[int]:
    return {ord(c) for c in glyphs(text) if unicodedata.category(c) not in INVISIBLE}


def test_every_string_of_the_package(regular: set[int]) -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in notes)
        lost = set().union(*(printable(value) for value in values if isinstance(value, str))) - regular
        assert not lost, (path.name, sorted(map(chr, lost)))


def test_every_label_of_the_schemas(regular: set[int]) -> None:
    for path in (PACKAGE / "core").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            lost = set().union(*(printable(field) for row in csv.reader(stream) for field in row)) - regular
        assert not lost, (path.name, sorted(map(chr, lost)))


def test_every_character_of_the_samples(sample: SimpleNamespace) -> None:
    for item in (sample.document(), sample.long(), sample.wide(), sample.figure(), sample.hostile()):
        assert typeface.missing(item, ("zh", "en")) == ()


def test_coverage_is_that_of_the_font(regular: set[int]) -> None:
    assert typeface.coverage() == regular


def test_the_ranges_promised(regular: set[int]) -> None:
    def encodable(codec: str) -> set[int]:
        return {c for c in range(0x4E00, 0xA000) if chr(c).encode(codec, "ignore")}

    assert encodable("gbk") <= regular
    bold = set(TTFont(typeface.BOLD).getBestCmap())
    assert encodable("gb2312") <= bold
    signs = "₀₁₂₃₄₅₆₇₈₉₊₋⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ−–—‰×÷±≤≥≈≠∞∑√αβγδεθλμπρσφωΔΣΩ“”‘’…·（）、，。；：《》【】①②"
    assert set(map(ord, signs)) <= regular & bold


def test_added_glyphs_are_drawn_and_unlike_each_other() -> None:
    from fontTools.pens.recordingPen import RecordingPen

    for path in (typeface.REGULAR, typeface.BOLD):
        font = TTFont(path)
        outlines = set()
        for character in "₀₁₂₃₄₅₆₇₈₉⁰⁵⁶⁷⁸⁹":
            pen = RecordingPen()
            font.getGlyphSet()[font.getBestCmap()[ord(character)]].draw(pen)
            outlines.add(str(pen.value))
        assert len(outlines) == 16


def test_the_licence_travels_with_the_fonts_and_the_name_is_changed() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (typeface.FOLDER / "OFL.txt").read_text(encoding="utf-8")
    for path in (typeface.REGULAR, typeface.BOLD):
        names = TTFont(path)["name"]
        assert names.getDebugName(1) == "Dualcarbon Sans"
        assert "Adobe" in names.getDebugName(0)
    assert sum(path.stat().st_size for path in typeface.FOLDER.iterdir()) < 12_000_000
