"""The exhibits as tables: rows that machines can find, statuses that add up, brackets that hold the median."""

from __future__ import annotations

import polars as pl
import pytest

from dualcarbon.core.exhibit import Chapter, Figure, Flow, Table
from dualcarbon.core.text import LANGUAGES, both
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.model import STATUSES
from dualcarbon.panel import simulate_survey
from dualcarbon.report.printed import print_table
from dualcarbon.studies.cmri2024 import chain, table_status
from dualcarbon.studies.cmri2024.columns import _fit
from dualcarbon.studies.cmri2024.document import build_document, build_exhibits
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.config import FirmStudy, shipped

PERCENT_ERROR = 1e-9  # a sum of at most 11 floats


@pytest.fixture(scope="module")
def results() -> Results:
    config = shipped("cmri2024", FirmStudy)
    return chain.estimate(simulate_survey(8_000, 11, factors=config.co2.factors), config, Threads())


def test_every_status_has_a_meaning() -> None:
    assert tuple(sorted(table_status.MEANINGS)) == tuple(sorted(STATUSES))


def test_shares_by_status_add_up(results: Results) -> None:
    table = table_status.build(results)
    assert table.rows[0][0].value == "ok"
    for rows, percent in ((2, 3), (4, 5)):
        assert sum(row[rows].value for row in table.rows) == results.sample.rows  # type: ignore[misc]
        assert sum(row[percent].value for row in table.rows) == pytest.approx(100.0, abs=PERCENT_ERROR)  # type: ignore[misc]


def test_regression_rows_are_named(results: Results) -> None:
    for key in ("table_4_2", "table_4_3", "table_4_4"):
        table = build_exhibits(results)[key]
        assert isinstance(table, Table)
        assert table.row_keys[:4] == ("digital", "digital_se", "printed", "truth")
        assert all(cell.bracket for cell in table.rows[1][1:])


def test_the_bracket_holds_the_median(results: Results) -> None:
    frame = results.industries.drop_nulls(["mac_low", "default_mac_median"])
    assert frame.height > 20
    assert frame.filter(~pl.col("default_mac_median").is_between(pl.col("mac_low"), pl.col("mac_high"))).height == 0


def test_numbers_are_used_once_and_tables_stand_upright(results: Results) -> None:
    exhibits = build_exhibits(results)
    numbers = [exhibit.number.en for exhibit in exhibits.values()]
    assert len(set(numbers)) == len(numbers)
    for exhibit in exhibits.values():
        if not isinstance(exhibit, Figure):
            assert not any(print_table(exhibit, language).layout.landscape for language in LANGUAGES), exhibit.key


def test_every_exhibit_stands_once_in_the_report_in_the_order_of_its_chapters(results: Results) -> None:
    exhibits = build_exhibits(results)
    document = build_document(results, exhibits, Chapter(both("real"), ()), ())
    placed = [exhibit.key for chapter in document.chapters for exhibit in chapter.exhibits]
    assert sorted(placed) == sorted(exhibits)
    assert placed[:7] == ["table_2_1", "figure_2_1", "table_2_2", "table_2_3", "table_3_1", "figure_3_1", "figure_3_2"]
    assert placed[-2:] == ["table_claims_disagree", "table_claims"]
    assert all(chapter.paragraphs for chapter in document.chapters[:2])


def test_what_takes_nothing_from_the_firms_is_not_called_simulated(results: Results) -> None:
    exhibits = build_exhibits(results)
    real = {key for key, exhibit in exhibits.items() if not exhibit.simulated}
    macro = {"table_2_1", "table_2_2", "table_2_3", "figure_2_1", "table_3_1", "figure_3_1", "figure_3_2"}
    assert real == macro | {"table_claims", "table_claims_disagree"}


def test_figure_2_1_holds_the_ideas_of_the_text(results: Results) -> None:
    figure = build_exhibits(results)["figure_2_1"]
    assert isinstance(figure, Figure) and isinstance(figure.drawing, Flow)
    assert [box.key for box in figure.drawing.boxes if box.strong] == ["modernisation", "twin"]
    assert len(figure.drawing.boxes) == 6 and len(figure.drawing.arrows) == 9


def test_a_small_r2_is_not_printed_as_zero() -> None:
    assert (_fit(0.7930).form, _fit(4.7e-6).form) == (".4f", ".1e")
