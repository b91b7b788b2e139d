"""Which rows are used, and under which reason the others are counted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects.formula import parse
from dualcarbon.effects.sample import take_sample

EQUAL = 1e-14


def panel(**columns: object) -> Panel:
    n = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return Panel.from_frame(pl.DataFrame({"f": range(n), "t": [1] * n, **columns}), id="f", time="t")


def test_each_row_counts_under_its_first_reason() -> None:
    table = panel(
        keep=[False, True, True, True, True, True, True, True, True, None],
        y=[None, None, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        x=[1.0, 1.0, float("inf"), 0.0, -1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        w=[1.0, 1.0, 1.0, 1.0, 1.0, 0.0, float("nan"), 1.0, 1.0, 1.0],
        g=["a", "a", "a", "a", "a", "a", "a", None, "b", "b"],
    )
    found = take_sample(parse("y ~ log(x)", cluster="g", weights="w"), table, pl.col("keep"))
    assert [(drop.reason.en, drop.rows) for drop in found.drops] == [
        ("outside the chosen sample", 2),
        ("y missing or not finite", 1),
        ("x missing or not finite", 1),
        ("x not positive, no logarithm", 2),
        ("w missing or not finite", 1),
        ("weight w is zero", 1),
        ("g missing or not finite", 1),
    ]
    assert found.rows.tolist() == [8]
    assert found.means.tolist() == [6.0, np.log(5.0)]


def test_products_logs_and_codes() -> None:
    table = panel(y=[1, 2, 3, 4], a=[1.0, 2.0, 3.0, 4.0], b=[True, False, True, True], g=[7.0, 3.0, 7.0, 3.0])
    found = take_sample(parse("log(y) ~ a:b:log(a) | g^b + b"), table)
    assert found.rows.tolist() == [0, 2]
    raw = np.array([[np.log(1), 0.0], [np.log(3), 3 * np.log(3)]])
    assert np.allclose(found.values + found.means, raw, rtol=EQUAL, atol=EQUAL)
    assert [codes.tolist() for codes in found.effects] == [[0, 0], [0, 0]]
    assert [(drop.reason.en, drop.rows) for drop in found.drops] == [("singletons, alone in a group of an effect", 2)]


def test_singletons_are_dropped_in_turn() -> None:
    table = panel(y=[1.0, 2.0, 4.0, 8.0, 16.0], x=[1.0, 0.0, 2.0, 5.0, 3.0], a=[1, 2, 2, 3, 3], b=[1, 1, 2, 2, 2])
    found = take_sample(parse("y ~ x | a + b", cluster="a"), table)
    assert found.rows.tolist() == [3, 4]
    assert found.drops[0].rows == 3
    assert [codes.tolist() for codes in found.clusters] == [[0, 0]]


def test_not_a_number_in_a_group_is_missing() -> None:
    found = take_sample(parse("y ~ x", cluster="g"), panel(y=[1.0, 2.0], x=[0.0, 1.0], g=[1.0, float("nan")]))
    assert [(drop.reason.en, drop.rows) for drop in found.drops] == [("g missing or not finite", 1)]


def test_nothing_left_names_the_reasons() -> None:
    with pytest.raises(DataError, match="x missing or not finite 2"):
        take_sample(parse("y ~ x"), panel(y=[1.0, 2.0], x=[None, float("nan")]))
    with pytest.raises(DataError, match="alone in a group of an effect 2"):
        take_sample(parse("y ~ x | f"), panel(y=[1.0, 2.0], x=[1.0, 3.0]))
    with pytest.raises(DataError, match="the table is empty"):
        take_sample(parse("y ~ x"), panel(y=[], x=[]).with_columns(pl.col("y", "x").cast(pl.Float64)))


def test_absent_columns_are_named_together() -> None:
    with pytest.raises(SchemaError, match="missing x, w, g, c"):
        take_sample(parse("y ~ x | g^f", cluster="c", weights="w"), panel(y=[1.0]))


def test_text_is_no_variable() -> None:
    with pytest.raises(SchemaError, match="not numeric"):
        take_sample(parse("y ~ x"), panel(y=[1.0, 2.0], x=["a", "b"]))


def test_negative_weights() -> None:
    with pytest.raises(DataError, match="1 rows, first"):
        take_sample(parse("y ~ x", weights="w"), panel(y=[1.0, 2.0], x=[1.0, 3.0], w=[1.0, -1.0]))


@pytest.mark.parametrize(
    "sample",
    [pl.col("nowhere") > 1, pl.col("x") + 1, pl.col("x").is_in(["a"]), pl.col("x").head(1) > 0, pl.col("x") > "a"],
)
def test_sample_must_be_a_condition(sample: pl.Expr) -> None:
    with pytest.raises(SchemaError, match="sample condition"):
        take_sample(parse("y ~ x"), panel(y=[1.0, 2.0], x=[1.0, 3.0]), sample)


def test_constant_condition() -> None:
    assert take_sample(parse("y ~ x"), panel(y=[1.0, 2.0], x=[1.0, 3.0]), pl.lit(True)).rows.tolist() == [0, 1]


def test_a_product_beyond_the_range_of_numbers() -> None:
    for formula in ("y ~ x:x", "y ~ x", "x ~ y"):
        with pytest.raises(DataError, match="beyond it on 1 rows"):
            take_sample(parse(formula), panel(y=[1.0, 2.0], x=[1e200, 3.0]))
