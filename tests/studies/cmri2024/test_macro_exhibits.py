"""Tables 2-1 and 3-1 and Figure 3-1: the printed numbers beside ours, the anchors of the decomposition, the layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dualcarbon.core.exhibit import Lines
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.power import load_scenario
from dualcarbon.report.printed import print_table
from dualcarbon.studies.cmri2024 import figure_3_1, table_2_1, table_3_1

ANCHOR = 1e-9  # the anchors' own precision
EXACT = 1e-9  # sums of effects against differences of totals, Mt of thousands
ROUNDED = 0.5  # incomes are printed in whole USD
SHARED = Path(__file__).resolve().parents[3].parent / "shared"


def rows_of(table: object) -> dict[str, tuple[object, ...]]:
    keys, rows = table.row_keys, table.rows  # type: ignore[attr-defined]
    return {key: tuple(cell.value for cell in row) for key, row in zip(keys, rows, strict=True)}


def test_table_2_1_shows_both_years_of_japan() -> None:
    rows = rows_of(table_2_1.build())
    assert rows["JPN_ours"][2] == 2013 and rows["JPN_printed"][2] == 2011 and rows["JPN_difference"][2] == 2
    assert rows["JPN_ours"][3] == pytest.approx(1315.077) and rows["JPN_ours"][5] == pytest.approx(40899, abs=ROUNDED)
    assert rows["JPN_ours_printed_year"][5] == pytest.approx(48760, abs=ROUNDED)
    assert rows["JPN_printed"][5:] == (48760.0, 10473.0, 4.65)


@pytest.mark.parametrize(
    ("code", "ours", "printed"),
    [
        ("GBR", (1971, 2650, 882, 3.00), (1971, 2649, 878, 3.02)),
        ("DEU", (1979, 11281, 2320, 4.86), (1979, 11281, 2302, 4.90)),
        ("USA", (2005, 44123, 7263, 6.08), (2005, 44123, 7293, 6.05)),
    ],
)
def test_table_2_1_rows(code: str, ours: tuple[float, ...], printed: tuple[float, ...]) -> None:
    rows = rows_of(table_2_1.build())
    own, said = rows[f"{code}_ours"], rows[f"{code}_printed"]
    assert own[2] == ours[0] and (own[5], own[6]) == pytest.approx(ours[1:3], abs=ROUNDED)
    assert own[7] == pytest.approx(ours[3], abs=0.005)
    assert (said[2], *said[5:]) == printed


def test_differences_stand_only_where_ours_does_not_round_to_the_printed() -> None:
    found, _ = table_2_1.compare()
    shown = {one.country: tuple(d is not None for d in one.differences) for one in found}
    assert shown["DEU"] == (False, True, True) and shown["GBR"] == (True, True, True)
    assert shown["CHN"] == (True, True, False)


def test_the_folder_gives_the_same_table() -> None:
    if not (SHARED / "data" / "owid_co2_1900_2018.csv.gz").is_file():
        pytest.skip("the publishers' files are not beside the checkout")
    own, theirs = rows_of(table_2_1.build()), rows_of(table_2_1.build(folder=SHARED / "data"))
    assert own.keys() == theirs.keys()
    for key, row in own.items():
        for mine, other in zip(row, theirs[key], strict=True):
            assert mine == (pytest.approx(other, rel=1e-6, abs=1e-3) if isinstance(other, float) else other)
    figure = figure_3_1.build(folder=SHARED / "data").drawing
    shipped = figure_3_1.build().drawing
    assert isinstance(figure, Lines) and isinstance(shipped, Lines)
    for one, two in zip(figure.curves, shipped.curves, strict=True):
        assert one.x == two.x and one.y == pytest.approx(two.y, rel=1e-6)


@pytest.mark.parametrize("step", range(4))
def test_the_anchors_of_the_decomposition(step: int) -> None:
    path = SHARED / "anchors" / "macro_market.json"
    if not path.is_file():
        pytest.skip("the anchors are not beside the checkout")
    scenario = load_scenario("report")
    table = scenario.generation(scenario.years)
    fossil, clean = (table.filter(clean=c)["generation_twh"].to_numpy() for c in (False, True))
    first = scenario.years[step]
    anchor = json.loads(path.read_text(encoding="utf-8"))["lmdi"]["report_table_3_1"][f"table3-1_{first}_{first + 10}"]
    found = table_3_1.effects(scenario.years, fossil, clean, np.full(5, 0.8325))
    mine = [found[name][step] for name in table_3_1.FACTORS]
    assert mine == pytest.approx(anchor["add"], rel=ANCHOR, abs=ANCHOR)


def test_table_3_1_adds_up() -> None:
    have = table_3_1.implied()
    np.testing.assert_allclose(sum(have.effects.values()), np.diff(have.co2_mt), rtol=EXACT)
    rows = rows_of(table_3_1.build())
    assert rows["fossil"][2:] == pytest.approx((51944, 60930, 51545, 31730, 12450), rel=EXACT)
    assert rows["clean"][2:] == pytest.approx((25848, 56878, 95155, 134630, 162550), rel=EXACT)
    assert [round(float(v), 1) for v in rows["clean_share"][2:]] == [33.2, 48.3, 64.9, 80.9, 92.9]  # type: ignore[arg-type]


def test_table_3_1_says_how_2020_compares() -> None:
    note = table_3_1.build().notes[-1]
    assert "0.7 %" in note.en and "1.3 %" in note.en and "1.3%" in note.zh


def test_exhibits_stand_upright_and_carry_the_reports_numbers() -> None:
    tables = (table_2_1.build(), table_3_1.build())
    for table in tables:
        assert not any(print_table(table, language).layout.landscape for language in LANGUAGES), table.key
        assert not table.simulated
    figure = figure_3_1.build()
    assert [x.number for x in (*tables, figure)] == [
        Text("表 2-1", "Table 2-1"),
        Text("表 3-1", "Table 3-1"),
        Text("图 3-1", "Figure 3-1"),
    ]
    assert isinstance(figure.drawing, Lines) and len(figure.drawing.curves) + len(figure.drawing.references) == 8
