"""Allocation by every rule: the sums, the money, and lists with ids that do not match."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.market import Auction, Benchmark, Grandfathering, Listed, Mixed, clear

SUMS = 1e-12  # sums of permits, relative


def test_rules_do_not_move_price_or_emissions(three: pl.DataFrame) -> None:
    rules = ("grandfathering", "benchmark", "auction", Mixed(0.4), Benchmark(by="industry"), Auction("by_output"))
    found = [clear(three, cap=27.0, allocation=rule) for rule in rules]  # type: ignore[arg-type]
    for market in found[1:]:
        assert market.price == found[0].price
        assert market.table["co2_star"].equals(found[0].table["co2_star"])


def test_grandfathering_and_benchmark_by_hand(three: pl.DataFrame) -> None:
    permits = clear(three, cap=27.0, allocation=Grandfathering()).table["allocation"]
    np.testing.assert_allclose(permits, [9.0] * 3, rtol=SUMS)
    permits = clear(three, cap=27.0, allocation=Benchmark()).table["allocation"]
    np.testing.assert_allclose(permits, 27.0 * np.array([30.0, 20.0, 15.0]) / 65.0, rtol=SUMS)
    permits = clear(three, cap=27.0, allocation=Benchmark("industry")).table["allocation"]
    np.testing.assert_allclose(permits, 0.9 * np.array([12.0, 8.0, 10.0]), rtol=SUMS)


@pytest.mark.parametrize("use", ["kept", "per_firm", "by_output", "by_co2"])
def test_auction_money(three: pl.DataFrame, use: str) -> None:
    market = clear(three, cap=27.0, allocation=Auction(use))  # type: ignore[arg-type]
    earned = market.price * 27.0
    assert market.summary["revenue"][0] == pytest.approx(earned, rel=SUMS)
    assert float(market.table["rebate"].sum()) == pytest.approx(0.0 if use == "kept" else earned, rel=SUMS)
    cost = float(market.table["cost"].sum())
    lost = -market.summary["output_change"][0]
    assert cost == pytest.approx(lost + (earned if use == "kept" else 0.0), rel=1e-10)


def test_auction_returned_by_co2_is_grandfathering(three: pl.DataFrame) -> None:
    sold, free = clear(three, cap=27.0, allocation=Auction("by_co2")), clear(three, cap=27.0)
    np.testing.assert_allclose(sold.table["cost"], free.table["cost"], rtol=1e-10)


def test_mixed_is_between(three: pl.DataFrame) -> None:
    mixed = clear(three, cap=27.0, allocation=Mixed(0.25, Benchmark()))
    full = clear(three, cap=27.0, allocation="benchmark")
    np.testing.assert_allclose(mixed.table["allocation"], 0.25 * full.table["allocation"].to_numpy(), rtol=SUMS)
    assert mixed.summary["revenue"][0] == pytest.approx(0.75 * 27.0 * mixed.price, rel=1e-10)
    with pytest.raises(ConfigError):
        clear(three, cap=27.0, allocation=Mixed(1.5))


def test_listed_permits_count_ids_that_do_not_match(three: pl.DataFrame) -> None:
    listed = pl.DataFrame({"firm": ["c", "a", "z", "q"], "permits": [8.0, 12.0, 5.0, 1.5]})
    market = clear(three, cap=27.0, allocation=Listed(listed))
    assert market.table["allocation"].to_list() == [12.0, 0.0, 8.0]
    said = " ".join(note.en for note in market.notes)
    assert "2 ids of the list of permits are no firms (first ['z', 'q']); their permits, 6.5" in said
    assert "1 covered firms are not listed" in said
    assert market.summary["revenue"][0] == pytest.approx(7.0 * market.price, rel=1e-10)
    without = clear(three, allocation=Listed(listed.with_columns(permits=pl.Series([9.0, 18.0, 5.0, 1.5]))))
    assert without.summary["cap"][0] == 27.0 and without.price == market.price
    narrow = clear(three, cap=18.0, allocation=Listed(listed), scope=pl.col("industry") == "x")
    assert "1 listed firms are not covered; their permits, 8" in " ".join(note.en for note in narrow.notes)


def test_listed_permits_that_cannot_be(three: pl.DataFrame) -> None:
    listed = pl.DataFrame({"firm": ["a", "b"], "permits": [20.0, 12.0]})
    with pytest.raises(DataError, match="exceed the cap"):
        clear(three, cap=27.0, allocation=Listed(listed))
    with pytest.raises(DataError, match="not unique"):
        clear(three, cap=27.0, allocation=Listed(pl.concat([listed, listed])))
    with pytest.raises(DataError, match="missing or negative"):
        clear(three, cap=27.0, allocation=Listed(listed.with_columns(permits=pl.lit(-1.0))))
    with pytest.raises(SchemaError, match="permits"):
        clear(three, cap=27.0, allocation=Listed(listed.drop("permits")))
    with pytest.raises(SchemaError, match="code"):
        clear(three, cap=27.0, allocation=Listed(listed, key="code"))


def test_revenue_of_an_auction_by_word(three: pl.DataFrame) -> None:
    by_word = clear(three, cap=27.0, allocation="auction", revenue="per_firm")
    by_rule = clear(three, cap=27.0, allocation=Auction("per_firm"))
    assert by_word.table.equals(by_rule.table)
    assert float(by_word.table["rebate"].sum()) == pytest.approx(27.0 * by_word.price, rel=SUMS)


def test_ids_that_are_the_same_number(three: pl.DataFrame) -> None:
    firms = three.with_columns(firm=pl.Series([1, 2, 3]))
    listed = pl.DataFrame({"firm": ["1", "01", "2"], "permits": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match="not unique"):
        clear(firms, cap=27.0, allocation=Listed(listed))
    strange = pl.DataFrame({"firm": ["a7", "b7", "2"], "permits": [1.0, 2.0, 3.0]})
    assert "first ['a7', 'b7']" in clear(firms, cap=27.0, allocation=Listed(strange)).notes[0].en


def test_ids_of_another_type_match(three: pl.DataFrame) -> None:
    firms = three.with_columns(firm=pl.Series([1, 2, 3]))
    listed = pl.DataFrame({"firm": ["1", "2", "3"], "permits": [9.0, 9.0, 9.0]})
    assert clear(firms, cap=27.0, allocation=Listed(listed)).table["allocation"].to_list() == [9.0] * 3


def test_benchmarks_by_column_and_group(three: pl.DataFrame) -> None:
    rates = {"x": 0.38, "y": 0.64}
    first = clear(three, scheme="performance_standard", benchmark=rates, benchmark_by="industry")
    firms = three.with_columns(rate=pl.col("industry").replace_strict(rates))
    second = clear(firms, scheme="performance_standard", benchmark="rate")
    assert first.price == second.price
    made = first.table["output"] + first.table["output_change"]
    np.testing.assert_allclose(first.table["allocation"], firms["rate"] * made, rtol=SUMS)
    assert first.benchmarks is not None
    assert dict(first.benchmarks.iter_rows()) == rates
