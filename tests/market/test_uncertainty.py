"""Intervals of the price: a case in closed form, seeds, engines, failed draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.engine import InOrder
from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.market import LogErrors, Refitted, clear, price_interval


class Backwards(InOrder):
    """Runs the blocks from the last to the first."""

    def map(self, function: Callable[[Any], Any], blocks: Iterable[Any]) -> list[Any]:
        """In block order, computed backwards."""
        return [function(block) for block in list(blocks)[::-1]][::-1]


def test_common_error_moves_an_isoelastic_price_one_for_one(three: pl.DataFrame) -> None:
    found = price_interval(
        three,
        LogErrors(0.2),
        cap=27.0,
        number=400,
        seed=3,
        response="isoelastic",
        elasticity=0.5,
        floor=0.0,
        ceiling=9.0,
    )
    shift = np.log(found.table["price"].to_numpy() / found.price)
    drawn = [np.random.default_rng(np.random.SeedSequence(3, spawn_key=(k,))).standard_normal(1)[0] for k in range(400)]
    np.testing.assert_allclose(shift, 0.2 * np.array(drawn), atol=1e-10)
    assert found.low < found.price < found.high and found.failed == 0


def test_draws_do_not_depend_on_the_engine(three: pl.DataFrame) -> None:
    options = {"cap": 27.0, "number": 30, "seed": 1}
    errors = LogErrors(0.3, 0.1, by="industry")
    first = price_interval(three, errors, **options)  # type: ignore[arg-type]
    second = price_interval(three, errors, engine=Backwards(), **options)  # type: ignore[arg-type]
    assert first.table.equals(second.table)
    other = price_interval(three, errors, cap=27.0, number=30, seed=2)
    assert not first.table.equals(other.table)


def test_refitted_tables(three: pl.DataFrame) -> None:
    tables = [three.with_columns(mac=pl.col("mac") * (1.0 + k / 100.0)) for k in range(25)]
    found = price_interval(three, Refitted(tables), cap=27.0)
    np.testing.assert_array_equal(found.table["price"], [clear(one, cap=27.0).price for one in tables])
    assert found.price == found.table["price"][0]
    with pytest.raises(ConfigError):
        price_interval(three, Refitted(tables), cap=27.0, number=26)


def test_failed_draws_are_counted(three: pl.DataFrame) -> None:
    stiff = three.with_columns(mac=pl.lit(30.0))
    found = price_interval(three, Refitted([three] * 14 + [stiff] * 10), cap=27.0)
    assert found.failed == 10 and found.table["price"].null_count() == 10 and math.isfinite(found.low)
    worse = price_interval(three, Refitted([three] * 8 + [stiff] * 16), cap=27.0)
    assert worse.failed == 16 and math.isnan(worse.low)


def test_firms_that_lose_their_price_are_counted(three: pl.DataFrame) -> None:
    holes = three.with_columns(mac=pl.Series([None, 0.5, 0.25], dtype=pl.Float64))
    found = price_interval(three, Refitted([three] * 10 + [holes] * 10), cap=27.0)
    np.testing.assert_allclose(found.table["share_excluded"], [0.0] * 10 + [1.0 / 3.0] * 10)
    with pytest.raises(ConfigError, match=r"tables\[0\]"):
        price_interval(three, Refitted([three.head(2)] * 20), cap=27.0)


def test_no_error_no_interval(three: pl.DataFrame) -> None:
    found = price_interval(three, LogErrors(0.0), cap=27.0, number=20)
    assert found.low == found.high == found.price


def test_bad_options(three: pl.DataFrame) -> None:
    for draws, options in (
        (LogErrors(0.1), {"number": 10}),
        (LogErrors(0.1), {"level": 1.0}),
        (LogErrors(0.1), {"level": "a"}),
        (LogErrors(0.1), {"number": 20.5}),
        (LogErrors(0.1), {"cap": -5.0}),
        (LogErrors(-0.1), {}),
        (LogErrors(0.1, by="county"), {}),
    ):
        with pytest.raises(ConfigError):
            price_interval(three, draws, **{"cap": 27.0, **options})  # type: ignore[arg-type]


def test_errors_may_differ_by_frontier(three: pl.DataFrame) -> None:
    firms = three.with_columns(frontier=pl.Series(["a", "b", "b"]), error=pl.Series([0.3, 0.0, 0.0]))
    drawn = LogErrors("error", by="frontier").draw(firms, 0, np.random.default_rng(4))
    ratio = (drawn["mac"] / firms["mac"]).to_list()
    assert ratio[0] != 1.0 and ratio[1:] == [1.0, 1.0]
    flat = firms.with_columns(error=pl.lit(0.3))
    one, other = (LogErrors(e, by="frontier").draw(flat, 0, np.random.default_rng(4)) for e in ("error", 0.3))
    assert one["mac"].to_list() == other["mac"].to_list()
    for bad in (pl.lit(None, pl.Float64), pl.lit(-1.0)):
        with pytest.raises(ConfigError):
            price_interval(firms.with_columns(error=bad), LogErrors("error"), cap=27.0, number=20)
    with pytest.raises(SchemaError):
        price_interval(firms, LogErrors("nowhere"), cap=27.0, number=20)


def test_draws_that_are_none_are_said_and_wild_ones_counted(three: pl.DataFrame) -> None:
    with pytest.raises(ConfigError, match="LogErrors"):
        price_interval(three, object(), cap=27.0, number=20)  # type: ignore[arg-type]
    wild = price_interval(three, LogErrors(0.0, 1000.0), cap=27.0, number=20)
    assert wild.failed > 0 or wild.table["share_excluded"].max() > 0.0


def test_frontiers_are_drawn_in_the_order_of_their_names(three: pl.DataFrame) -> None:
    """Whatever order the rows have; rows without a frontier share an error of their own."""
    names = three.with_columns(frontier=pl.Series(["b", None, "a"]))
    z = np.random.default_rng(4).standard_normal(3)
    drawn = LogErrors(0.3, by="frontier").draw(names, 0, np.random.default_rng(4))
    assert (drawn["mac"] / three["mac"]).to_list() == pytest.approx(np.exp(0.3 * z[[2, 0, 1]]).tolist(), rel=1e-15)
