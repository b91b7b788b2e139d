"""Columns fit the page, whatever they hold."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualcarbon.core.text import Language
from dualcarbon.report.layout import LANDSCAPE_PT, PORTRAIT_PT, ColumnText, lay_out, width_em
from dualcarbon.report.printed import print_table

ROUNDING = 1e-3  # shares and sizes are kept to 4 and 2 decimals
SUM_ERROR = 1e-9  # a sum of at most 40 floats


def column(label: str, *cells: str, unit: str = "") -> ColumnText:
    return ColumnText(label, unit, cells)


def test_width_of_a_line_is_that_of_the_font() -> None:
    from fontTools.ttLib import TTFont

    from dualcarbon.report.typeface import REGULAR

    font = TTFont(REGULAR)
    text = "Observations 25,007.92 烟草制品业（39 个）‰ CO₂ −"
    expected = sum(font["hmtx"][font.getBestCmap()[ord(c)]][0] for c in text) / 1000
    assert width_em(text) == pytest.approx(expected, abs=SUM_ERROR)


@given(
    st.lists(
        st.builds(
            ColumnText, st.text("ab 中，", max_size=30), st.text("元/吨", max_size=5), st.tuples(st.text("1.,x 业"))
        ),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_shares_sum_to_one_and_the_table_to_at_most_the_page(columns: list[ColumnText], even: bool) -> None:
    layout = lay_out(columns, even=even)
    assert sum(layout.widths) == pytest.approx(1.0, abs=SUM_ERROR)
    assert 0.0 < layout.share <= 1.0
    assert all(width > 0.0 for width in layout.widths)
    assert 4.5 <= layout.size <= 9.0


@pytest.mark.parametrize(
    ("count", "size", "landscape"), [(3, 9.0, False), (7, 9.0, False), (8, 8.0, False), (11, 8.0, True)]
)
def test_type_size_and_page_follow_the_number_of_columns(count: int, size: float, landscape: bool) -> None:
    layout = lay_out([column("数", "1.5")] * count)
    assert (layout.size, layout.landscape) == (size, landscape)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["long", "regression", "wide"])
def test_no_number_of_the_samples_is_wider_than_its_column(
    sample: SimpleNamespace, name: str, language: Language
) -> None:
    printed = print_table(getattr(sample, name)(), language)
    layout = printed.layout
    room = layout.share * (LANDSCAPE_PT if layout.landscape else PORTRAIT_PT) / layout.size
    for i, share in enumerate(layout.widths):
        numbers = [width_em(row[i].text) for row in printed.rows if row[i].number]
        assert max(numbers, default=0.0) <= share * room * (1 + ROUNDING)


def test_regression_columns_are_equally_wide(sample: SimpleNamespace) -> None:
    first, *others = print_table(sample.regression(), "en").layout.widths
    assert others == pytest.approx([others[0]] * 3, abs=SUM_ERROR)
    assert first > 0


def test_long_words_make_the_type_smaller_not_the_table_wider() -> None:
    layout = lay_out([column("x" * 30, "y" * 60)] * 12)
    assert layout.landscape
    assert layout.size < 7.0
    assert layout.share == 1.0
