import numpy as np
import pandas as pd
import polars as pl
import pytest

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text


def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {"firm_id": ["b", "a", "a"], "year": [2009, 2010, 2009], "v": [1.0, None, 3.0], "g": ["x", "y", "x"]}
    )


def test_sorted_by_key_and_the_users_frame_is_untouched() -> None:
    mine = frame()
    panel = Panel.from_frame(mine, id="firm_id", time="year")
    assert panel.frame["firm_id"].to_list() == ["a", "a", "b"]
    assert panel.frame["year"].to_list() == [2009, 2010, 2009]
    assert mine.equals(frame())


@pytest.mark.parametrize("kind", [pl.Int64, pl.String, pl.Float64, pl.Categorical])
def test_a_table_in_order_is_as_a_shuffled_one(kind: type[pl.DataType]) -> None:
    keys = [(f, t) for f in (2, 10, 33) for t in (1, 2, 7)]
    table = pl.DataFrame(keys, schema=["f", "t"], orient="row").with_columns(
        v=pl.int_range(9), f=pl.col("f").cast(pl.String).cast(kind)
    )
    ordered = table.sort("f", "t")
    panel = Panel.from_frame(ordered, id="f", time="t")
    for seed in range(3):
        again = Panel.from_frame(table.sample(fraction=1.0, shuffle=True, seed=seed), id="f", time="t")
        assert again.frame.equals(panel.frame)
    twice = pl.concat([ordered, ordered.tail(1)])
    with pytest.raises(SchemaError, match="once"):
        Panel.from_frame(twice, id="f", time="t")
    nearly = pl.concat([ordered.head(1), ordered])
    with pytest.raises(SchemaError, match="once"):
        Panel.from_frame(nearly, id="f", time="t")


def test_arrays_are_float64_with_nan_for_missing() -> None:
    (v,) = Panel.from_frame(frame(), id="firm_id", time="year").arrays("v")
    assert v.dtype == np.float64
    np.testing.assert_array_equal(v, [3.0, np.nan, 1.0])


def test_pandas_frame_gives_the_same_panel() -> None:
    mine = pd.DataFrame({"firm_id": ["b", "a", "a"], "year": [2009, 2010, 2009], "v": [1.0, np.nan, 3.0]})
    panel = Panel.from_frame(mine, id="firm_id", time="year")
    np.testing.assert_array_equal(panel.arrays("v")[0], [3.0, np.nan, 1.0])


def test_missing_values_of_nullable_pandas_columns_are_null() -> None:
    mine = pd.DataFrame({"firm_id": [1, 2], "year": [2009, 2009]}).assign(
        count=pd.array([1, None], dtype="Int64"),
        flag=pd.array([None, True], dtype="boolean"),
        word=pd.array(["q", None], dtype="string"),
        loose=pd.Series([1, 2.5], dtype=object),
    )
    found = Panel.from_frame(mine, id="firm_id", time="year").frame
    assert found.rows() == [(1, 2009, 1, None, "q", 1.0), (2, 2009, None, True, None, 2.5)]
    assert found.schema["count"] == pl.Int64


def test_pandas_columns_that_have_no_kind_are_named() -> None:
    mine = pd.DataFrame({"firm_id": [1, 2], "year": [2009, 2009]})
    for values in (pd.Series([1, "a"], dtype=object), pd.period_range("2009", periods=2, freq="Y")):
        with pytest.raises(SchemaError, match="column v cannot be used"):
            Panel.from_frame(mine.assign(v=values), id="firm_id", time="year")
    twice = pd.DataFrame([[1, 2009, 3, 4]], columns=["firm_id", "year", "v", "v"])
    with pytest.raises(SchemaError, match="column names are repeated"):
        Panel.from_frame(twice, id="firm_id", time="year")


def test_not_a_number_is_no_key() -> None:
    mine = pd.DataFrame({"firm_id": [1.0, np.nan, 2.0], "year": [2009] * 3})
    with pytest.raises(SchemaError, match=r"1 rows missing, first rows \[1\]"):
        Panel.from_frame(mine, id="firm_id", time="year")


def test_duplicate_keys_are_named_and_counted_in_both_languages() -> None:
    twice = pl.concat([frame(), frame().head(1)])
    with pytest.raises(SchemaError) as caught:
        Panel.from_frame(twice, id="firm_id", time="year")
    assert "('b', 2009)" in caught.value.say("zh")
    assert "1 keys occur more than once" in caught.value.say("en")


def test_missing_key_values_and_missing_key_columns() -> None:
    with pytest.raises(SchemaError, match="1 rows missing"):
        Panel.from_frame(
            frame().with_columns(pl.lit(None).alias("year").cast(pl.Int64)).head(1), id="firm_id", time="year"
        )
    with pytest.raises(SchemaError, match="key column nope"):
        Panel.from_frame(frame(), id="nope", time="year")


def test_keep_counts_what_left_and_null_counts_as_false() -> None:
    panel = Panel.from_frame(frame(), id="firm_id", time="year").keep(pl.col("v") > 0, Text("不为正", "not positive"))
    assert panel.n == 2
    assert [(d.reason.en, d.rows) for d in panel.drops] == [("not positive", 1)]


def test_codes_are_dense_and_follow_sorted_values() -> None:
    panel = Panel.from_frame(frame(), id="firm_id", time="year")
    assert panel.codes("g").tolist() == [0, 1, 0]
    assert panel.codes("firm_id").tolist() == [0, 0, 1]
    assert len(set(panel.codes("firm_id", "year").tolist())) == 3
    assert panel.codes().tolist() == [0, 0, 0]


def test_codes_refuse_missing_groups() -> None:
    panel = Panel.from_frame(frame(), id="firm_id", time="year")
    for holes in (panel, panel.with_columns(pl.col("v").fill_null(float("nan")))):
        with pytest.raises(DataError, match="1 rows missing"):
            holes.codes("g", "v")


def test_text_column_is_no_number_and_keys_cannot_change() -> None:
    panel = Panel.from_frame(frame(), id="firm_id", time="year")
    with pytest.raises(SchemaError, match="not numeric"):
        panel.arrays("g")
    with pytest.raises(SchemaError, match="no column"):
        panel.arrays("absent")
    with pytest.raises(ValueError, match="key"):
        panel.with_columns(pl.lit(1).alias("year"))


def test_units_and_periods_are_two_columns() -> None:
    with pytest.raises(SchemaError, match="the same column"):
        Panel.from_frame(frame(), id="year", time="year")
