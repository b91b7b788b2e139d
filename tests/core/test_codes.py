"""Dense codes against polars' own dense ranks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.core.codes import compact, dense_codes
from dualcarbon.core.errors import DataError
from dualcarbon.core.panel import Panel

WORDS = st.lists(st.text(alphabet="ab京沪 ", max_size=3), min_size=1, max_size=40)


def ranks(*columns: pl.Series) -> list[int]:
    frame = pl.DataFrame([column.alias(f"c{i}") for i, column in enumerate(columns)])
    rows = [tuple(row) for row in frame.rows()]
    order = {row: i for i, row in enumerate(sorted(set(rows)))}
    return [order[row] for row in rows]


@settings(max_examples=60, deadline=None)
@given(WORDS, st.data())
def test_combinations_are_numbered_in_sorted_order(words: list[str], data: st.DataObject) -> None:
    n = len(words)
    near = st.integers(-3, 3)
    far = st.integers(-(2**62), 2**62)
    text = pl.Series(words)
    small = pl.Series(data.draw(st.lists(near, min_size=n, max_size=n)), dtype=pl.Int32)
    wide = pl.Series(data.draw(st.lists(far, min_size=n, max_size=n)), dtype=pl.Int64)
    real = pl.Series(data.draw(st.lists(st.floats(-2, 2, allow_subnormal=False), min_size=n, max_size=n)))
    for columns in ((text,), (small,), (wide,), (text, small), (small, wide, text), (text.sort(), wide)):
        assert dense_codes(columns).tolist() == ranks(*columns)
    assert dense_codes([real]).tolist() == (real.rank("dense") - 1).to_list()


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True, False, True]),
        pl.Series([3, 1, 3], dtype=pl.UInt64),
        pl.Series(["2010-01-01", "2009-01-01", "2010-01-01"]).str.to_date(),
        pl.Series([7.5, 1.0, 7.5]),
    ],
)
def test_other_types(column: pl.Series) -> None:
    assert dense_codes([column]).tolist() == [1, 0, 1]


def test_no_rows() -> None:
    empty = pl.Series([], dtype=pl.Int64)
    assert dense_codes([empty, empty]).tolist() == []


def test_compact_keeps_order_whether_the_bound_is_near_or_far() -> None:
    codes = np.array([40, 3, 40, 0])
    for bound in (41, 10**9):
        dense, count = compact(codes, bound)
        assert (dense.tolist(), count) == ([2, 1, 2, 0], 3)


def test_panel_codes_refuse_missing_values_in_any_column() -> None:
    table = pl.DataFrame({"f": [1, 2, 3], "t": [1, 1, 1], "a": ["x", None, "y"], "b": [1, 2, None]})
    panel = Panel.from_frame(table, id="f", time="t")
    with pytest.raises(DataError, match="2 rows missing"):
        panel.codes("a", "b")
    assert panel.codes("f", "t").tolist() == [0, 1, 2]
