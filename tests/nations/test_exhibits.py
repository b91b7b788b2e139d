"""Exhibits hold the numbers of the results, in both languages, and stand upright."""

from __future__ import annotations

import polars as pl
import pytest

from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import Lines, Table
from dualcarbon.core.text import LANGUAGES
from dualcarbon.nations import (
    clean_figure,
    clean_shares,
    clean_table,
    country_name,
    income_at_peak,
    income_table,
    peaks,
    peaks_figure,
    peaks_table,
    position,
    position_table,
    shipped_emissions,
    shipped_income,
    shipped_mix,
)
from dualcarbon.report.printed import print_table

ORDER = ["GBR", "DEU", "USA", "JPN", "CHN"]
EXACT = 1e-12  # one product


def tables() -> list[Table]:
    found = peaks(shipped_emissions())
    rich = income_at_peak(found, shipped_income())
    return [
        peaks_table(found),
        income_table(rich),
        position_table(position(found, shipped_income()), rich),
        clean_table(clean_shares(shipped_mix())),
    ]


def test_tables_stand_upright_in_both_languages() -> None:
    for table in tables():
        assert table.rows and table.notes
        assert not any(print_table(table, language).layout.landscape for language in LANGUAGES), table.key


def test_peaks_come_in_order_of_the_year() -> None:
    assert list(tables()[0].row_keys) == ORDER
    chosen = peaks_table(peaks(shipped_emissions()), ["JPN", "GBR"])
    assert [row[2].value for row in chosen.rows] == [2013, 1971]


def test_the_position_compares_ratios() -> None:
    table = tables()[2]
    uk, china = table.rows[0], table.rows[-1]
    assert uk[5].value == pytest.approx(china[4].value / uk[4].value, rel=EXACT)  # type: ignore[operator]
    assert "7 years remain" in table.notes[0].en


def test_curves_are_at_100_in_the_peak_year() -> None:
    drawing = peaks_figure(peaks(shipped_emissions()), ORDER).drawing
    assert isinstance(drawing, Lines) and len(drawing.curves) == 5
    assert all(one.y[one.x.index(0.0)] == pytest.approx(100.0, rel=EXACT) == max(one.y) for one in drawing.curves)


def test_the_clean_figure_dashes_what_colours_cannot_tell() -> None:
    drawing = clean_figure(clean_shares(shipped_mix())).drawing
    assert isinstance(drawing, Lines) and drawing.years
    assert (len(drawing.curves), [one.label.en for one in drawing.references]) == (6, ["India", "World"])


def test_names_in_both_languages() -> None:
    assert country_name("JPN").zh == "日本" and country_name("XKX").en == "XKX"


def test_countries_that_are_not_there_or_have_no_year_are_refused() -> None:
    found = peaks(pl.DataFrame({"iso3": ["A"] * 3, "year": [2000, 2001, 2002], "co2_mt": [0.0] * 3}))
    for build in (peaks_table, peaks_figure):
        with pytest.raises(DataError, match="no such countries"):
            build(found, ["ZZ"])
    with pytest.raises(DataError, match="no highest year"):
        peaks_figure(found, ["A"])
