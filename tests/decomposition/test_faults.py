"""Bad input: what is refused, with how many and where first."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, DualcarbonError, SchemaError
from dualcarbon.decomposition import decompose, decoupling, structural

from .conftest import IDENTITY, world

TABLE = world(11, years=3)


def refused(kind: type[DualcarbonError], table: object, *words: str, **options: Any) -> DualcarbonError:
    with pytest.raises(kind) as caught:
        decompose(table, options.pop("written", IDENTITY), **options)
    said = caught.value.say("en")
    assert all(word in said for word in words), said
    assert caught.value.say("zh") != said
    return caught.value


def where(**keys: object) -> pl.Expr:
    return pl.all_horizontal(pl.col(name) == value for name, value in keys.items())


def put(value: float | None, column: str, **keys: object) -> pl.DataFrame:
    return TABLE.with_columns(pl.when(where(**keys)).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))


def test_negative_values() -> None:
    table = put(-1.0, "M", year=2012, ind="i1", fuel="f0").drop("C")
    refused(DataError, table, "negative", "3, first year=2012 region=r0 ind=i1 fuel=f0", "(M)", "shapley")
    assert decompose(table, IDENTITY, method="shapley").residual < 1e-12


def test_missing_years_of_some_cells() -> None:
    table = TABLE.filter(~where(year=2012, region="r1", ind="i3"))
    refused(DataError, table, "lack values", "2, first year=2012 region=r1 ind=i3 fuel=f0", 'missing="zero"')
    refused(DataError, put(None, "S", year=2011, ind="i0"), "6, first year=2011", chain=True)
    assert decompose(put(None, "S", year=2011, ind="i0"), IDENTITY).totals.height == 1


def test_repeated_cells() -> None:
    refused(DataError, pl.concat([TABLE, TABLE.head(2)]), "more than once", "4, first year=2010 region=r0")
    refused(DataError, TABLE.drop("C"), "more than once", "72", written="C ~ Y[region] * I[region,ind]", chain=True)


def test_unknown_and_unfit_columns() -> None:
    refused(SchemaError, TABLE, "no Z", written="C ~ Y[region] * Z[ind]")
    refused(SchemaError, TABLE, "no industry", written="C ~ Y[industry]")
    refused(SchemaError, TABLE, "no time", time="time")
    refused(SchemaError, TABLE, "no province", by="province")
    refused(SchemaError, TABLE.with_columns(M=pl.lit("a")), "not numeric", "M (String)")
    refused(SchemaError, TABLE.with_columns(region=pl.lit(None, pl.String)), "region 72")
    refused(SchemaError, [1, 2], "unknown kind of table")


def test_names_that_subscripts_cannot_have() -> None:
    refused(ConfigError, TABLE, "Found: year", "varies over time", written="C ~ Y[year]")
    refused(ConfigError, TABLE.rename({"ind": "factor"}), "Found: factor", written="V ~ S[region,factor]")
    refused(ConfigError, TABLE, "Found: year", by="year", written="C ~ Y")


def test_one_period() -> None:
    refused(DataError, TABLE.filter(year=2010), "two periods", "Found: 2010")
    refused(DataError, TABLE.clear(), "two periods")


def test_a_factor_varies_beyond_its_subscripts() -> None:
    table = put(9.0, "F", year=2012, region="r2", fuel="f1").drop("C")
    refused(DataError, table, "F[fuel] is not one number", "year=2012", "add the missing subscript")


def test_a_ratio_over_zero() -> None:
    table = put(0.0, "Y", year=2012, region="r2").drop("C")
    written = "V ~ Y[region] * (M[region,ind,fuel]/Y[region])"
    refused(DataError, table, "(M[region,ind,fuel] / Y[region]) has a denominator of zero", "8, first", written=written)


def test_an_identity_that_does_not_hold() -> None:
    refused(DataError, TABLE.with_columns(C=pl.col("C") * 1.01), "does not hold", "48, first year=2010", "44/12")
    refused(
        DataError, put(7.0, "C", year=2012, region="r2", ind="i0", fuel="f1"), "1, first year=2012 region=r2", "C = 7"
    )
    total = TABLE.with_columns(C=2 * pl.col("C").sum().over("year"))
    refused(DataError, total, "does not hold", "48, first")
    near = TABLE.with_columns(C=pl.col("C") * (1 + 1e-7))
    assert decompose(near, IDENTITY).residual < 1e-12


def test_zeros_that_lmdi2_cannot_take() -> None:
    table = put(0.0, "M", year=2012, region="r0", ind="i2").drop("C")
    refused(DataError, table, "zero in one of two", "2, first region=r0 ind=i2", 'method="lmdi1"', method="lmdi2")
    assert decompose(table, IDENTITY).residual < 1e-12
    both = TABLE.with_columns(M=pl.when(where(ind="i2")).then(0.0).otherwise(pl.col("M"))).drop("C")
    assert decompose(both, IDENTITY, method="lmdi2").residual < 1e-12


def test_totals_without_a_ratio() -> None:
    table = put(0.0, "Y", year=2010, region="r1").drop("C")
    short = "C ~ Y * S[ind] * I[ind] * M[ind,fuel] * F[fuel]"
    for method in ("lmdi1", "shapley", "polar"):
        refused(
            DataError, table, "region=r1", "additive", written=short, by="region", form="multiplicative", method=method
        )
    assert decompose(table, short, by="region").residual < 1e-12


def test_infinite_values() -> None:
    refused(DataError, put(float("inf"), "I", year=2010, ind="i0").drop("C"), "infinite", "6, first")


@pytest.mark.parametrize(("option", "word"), [("method", "lmdi3"), ("form", "add"), ("missing", "drop")])
def test_unknown_words(option: str, word: str) -> None:
    refused(ConfigError, TABLE, repr(word), option, **{option: word})


def test_the_given_frame_is_not_changed() -> None:
    table = put(None, "S", year=2010, ind="i0").drop("C")
    copy = table.clone()
    decompose(table, IDENTITY, missing="zero")
    assert table.equals(copy)


@pytest.mark.parametrize("method", ["lmdi1", "lmdi2", "shapley", "polar"])
@pytest.mark.parametrize(("first", "second"), [(1e200, 3e200), (1e-200, 3e-200)])
def test_products_beyond_what_a_number_holds(method: str, first: float, second: float) -> None:
    table = pl.DataFrame({"year": [1, 2], "A": [first, 2 * first], "B": [second, 2 * second]})
    refused(DataError, table, "product", "2, first year=1", "unit", written="C ~ A * B", method=method)


@pytest.mark.parametrize("key", ["year", "ind"])
def test_a_key_that_is_not_a_number(key: str) -> None:
    table = pl.DataFrame({"year": [1.0, 2.0], "ind": [5.0, 5.0], "A": [1.0, 2.0]})
    table = pl.concat([table, table[:1].with_columns(pl.lit(float("nan")).alias(key))])
    refused(SchemaError, table, f"{key} 1", written="C ~ A[ind]")


def test_whole_years_kept_as_floats_are_named_whole() -> None:
    table = pl.DataFrame({"year": [2010.0, 2011.0, 2011.5], "A": [1.0, 2.0, 3.0]})
    assert decompose(table, "C ~ A", chain=True).totals["period"].to_list() == ["2010-2011", "2011-2011.5"]


def test_an_infinite_left_side() -> None:
    table = pl.DataFrame({"year": [1, 2], "A": [1.0, 2.0], "C": [1.0, float("inf")]})
    refused(DataError, table, "does not hold", "1, first year=2", written="C ~ A")


def test_years_written_as_text_go_by_their_numbers() -> None:
    table = pl.DataFrame({"year": [9, 10, 11], "Y": [1.0, 2.0, 4.0], "I": [5.0, 4.0, 3.0]})
    text = table.with_columns(pl.col("year").cast(pl.String)).reverse()
    for chain in (False, True):
        assert decompose(text, "E ~ Y * I", chain=chain).effects.equals(
            decompose(table, "E ~ Y * I", chain=chain).effects
        )
    named = table.with_columns(year=pl.Series(["10th plan", "11th plan", "12th plan"]))
    assert decompose(named, "E ~ Y * I").totals["period"].to_list() == ["10th plan-12th plan"]


def test_a_remedy_that_its_own_caller_has() -> None:
    table = pl.DataFrame({"year": [1, 2], "c": [1.0, -1.0], "y": [1.0, 2.0]})
    with pytest.raises(DataError, match="decompose with method"):
        decoupling(table, "c", "y")
    with pytest.raises(DataError, match=r"Do: correct the data$"):
        structural([[1.0], [float("nan")]], [[1.0], [1.0]])
    with pytest.raises(ConfigError, match="without entries"):
        structural([np.zeros((0, 2)), np.zeros((2, 1))], [np.zeros((0, 2)), np.zeros((2, 1))])
