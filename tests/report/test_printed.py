"""Cells, captions, notes and groups of a printed table."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from dualcarbon.core.exhibit import Cell
from dualcarbon.core.text import Text
from dualcarbon.report import words
from dualcarbon.report.printed import PrintedCell, print_cell, print_table


@pytest.mark.parametrize(
    ("cell", "zh", "en"),
    [
        (Cell(None), "–", "–"),
        (Cell(math.nan, ".2f"), "–", "–"),
        (Cell(None, bracket=True), "–", "–"),
        (Cell(np.float64(-1.5), ".2f"), "−1.50", "−1.50"),
        (Cell(np.int64(12345), ",d"), "12,345", "12,345"),
        (Cell(-0.25, ".3f", bracket=True), "(−0.250)", "(−0.250)"),
        (Cell(Text("企业", "Firm")), "企业", "Firm"),
        (Cell(True), "是", "Yes"),
        (Cell(math.inf, ",.1f"), "∞", "∞"),
        (Cell(""), "", ""),
    ],
)
def test_cells(cell: Cell, zh: str, en: str) -> None:
    assert (print_cell(cell, "zh").text, print_cell(cell, "en").text) == (zh, en)


def test_stars_stand_apart_behind_the_number() -> None:
    assert print_cell(Cell(0.0016, ".4f", "*"), "zh") == PrintedCell("0.0016", "*", True)


def test_words_around_a_table(sample: SimpleNamespace) -> None:
    zh, en = (print_table(sample.long(), language) for language in ("zh", "en"))
    assert zh.caption == "表 4-1　企业 CO2 边际减排成本与减排空间（39 个行业）"
    assert en.caption == "Table 4-1. Marginal abatement cost of CO2 and abatement room, 39 industries"
    assert zh.notes[0].startswith("注：") and en.notes[0].startswith("Note: ")
    assert zh.notes[-1] == "数据来源：本系统在模拟调查数据上的测算"
    assert en.notes[-1].startswith("Source: ")
    assert (zh.stamp, en.stamp) == ("模拟数据", "Simulated data")
    assert (zh.continued, en.continued) == ("续表 4-1", "Table 4-1 (continued)")
    assert print_table(sample.wide(), "zh").stamp == ""


def test_a_lead_word_is_not_said_twice() -> None:
    said = Text("注：按企业聚类。", "Note: clustered by firm.")
    assert words.lead(words.NOTE, said, "zh") == said.zh
    assert words.lead(words.NOTE, said, "en") == said.en


def test_groups_cover_all_columns(sample: SimpleNamespace) -> None:
    groups = print_table(sample.long(), "en").groups
    assert [(g.text, g.first, g.span) for g in groups] == [
        ("", 0, 4), ("Marginal abatement cost", 4, 3), ("Abatement room", 7, 2),
    ]  # fmt: skip
    units = [header.unit for header in print_table(sample.long(), "zh").headers]
    assert units == ["", "", "", "(万 tCO2)", "(元/吨)", "(元/吨)", "(元/吨)", "", "(‰)"]


def test_numbers_right_words_left_and_regressions_centred(sample: SimpleNamespace) -> None:
    assert print_table(sample.long(), "zh").aligns == ("right", "left", *("right",) * 7)
    assert print_table(sample.regression(), "zh").aligns == ("left", "center", "center", "center")


def test_a_rule_after_the_last_row_is_the_bottom_rule(sample: SimpleNamespace) -> None:
    from dataclasses import replace

    table = replace(sample.regression(), rules_after=(4, 4, 0, 8, 99))
    assert print_table(table, "zh").rules_after == (4,)
