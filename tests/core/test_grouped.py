"""Grouped sums and means: against sums in order, and the same bits in every run."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.grouped import group_means, group_sums

ROWS, GROUPS, RUNS = 12_000, 39, 40


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    r = np.random.default_rng(3)
    values = np.where(r.random(ROWS) < 0.01, np.nan, r.lognormal(0.0, 3.0, ROWS))
    return pl.DataFrame({"g": r.integers(0, GROUPS, ROWS), "x": values}).with_columns(pl.col("x").fill_nan(None))


def test_sums_and_means_are_those_of_each_group(table: pl.DataFrame) -> None:
    sums = group_sums(table, ["g"], ["x", (-pl.col("x")).alias("minus")], [pl.len().alias("rows")]).sort("g")
    means = group_means(table, [pl.col("g").alias("group")], ["x"]).sort("group")
    for g, total, minus, rows in sums.rows():
        own = table.filter(pl.col("g") == g)["x"]
        assert rows == own.len()
        assert total == pytest.approx(float(own.sum()), rel=1e-14) and minus == -total
        assert means["x"][g] == pytest.approx(total / own.drop_nulls().len(), rel=1e-14)


def test_every_run_gives_the_same_bits(table: pl.DataFrame) -> None:
    for build in (group_sums, group_means):
        assert len({build(table, ["g"], ["x"]).sort("g")["x"].to_numpy().tobytes() for _ in range(RUNS)}) == 1


def test_a_group_without_values() -> None:
    table = pl.DataFrame({"g": ["a"], "x": [None]}, schema={"g": pl.String, "x": pl.Float64})
    assert group_sums(table, ["g"], ["x"])["x"].to_list() == [0.0]
    assert group_means(table, ["g"], ["x"])["x"].to_list() == [None]
