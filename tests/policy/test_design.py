"""Designs on awkward tables: dates, clusters, options, periods of any sign."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy.design import design
from dualcarbon.policy.timing import NEVER

NAN = float("nan")


def panel(**columns: Any) -> Panel:
    """Six units in 2001-2006, first treated in 2003, 2003, 2005, never, never, never."""
    i, t = np.repeat(np.arange(6), 6), np.tile(np.arange(2001, 2007), 6)
    first = np.array([2003, 2003, 2005, NAN, NAN, NAN])[i]
    y = np.random.default_rng(0).normal(size=36)
    frame = pl.DataFrame({"i": i, "t": t, "first": first, "y": y}).with_columns(**columns)
    return Panel.from_frame(frame, id="i", time="t")


def test_dates_of_zero_or_less_are_refused_where_they_may_be_periods() -> None:
    moved = panel(t=pl.col("t") - 2003, first=pl.col("first") - 2003)
    with pytest.raises(DataError, match="ambiguous") as fault:
        design(moved, "y", "first")
    assert fault.value.found.en == "2 units, 12 rows, first [0, 1]"


@pytest.mark.parametrize("never", [0.0, -1.0, float("inf"), 1e20])
def test_codes_of_never_treated_units(never: float) -> None:
    sample = design(panel(first=pl.col("first").fill_nan(never)), "y", "first")
    assert sample.unit_first.tolist() == [2003, 2003, 2005, NEVER, NEVER, NEVER]
    assert len(sample.notes) == (never == 1e20)


def test_an_indicator_may_begin_at_zero() -> None:
    moved = panel(t=pl.col("t") - 2003, d=(pl.col("t") >= pl.col("first").fill_nan(9999)))
    assert design(moved, "y", treated="d").cohorts.tolist() == [0, 2]


@pytest.mark.parametrize("missing", [None, NAN])
def test_units_without_a_cluster_leave(missing: float | None) -> None:
    kind = pl.Float64 if missing is not None else pl.Int64
    cluster = pl.when(pl.col("i") == 3).then(pl.lit(missing, kind)).otherwise(pl.col("i") % 3).cast(kind)
    sample = design(panel(c=cluster), "y", "first", cluster="c")
    assert (len(sample.starts), sample.drops[0].rows) == (5, 6)
    assert np.unique(sample.cluster).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "options",
    [
        {"anticipation": 1.5},
        {"anticipation": True},
        {"window": 5},
        {"window": (-2,)},
        {"window": (-2.5, 2)},
        {"controls": "y"},
    ],
)
def test_options_of_the_wrong_kind_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        design(panel(), "y", "first", **options)


def test_periods_of_anticipation_and_incomplete_units() -> None:
    sample = design(panel(), "y", "first", anticipation=1)
    assert sample.period[sample.anticipating].tolist() == [2002, 2002, 2004]
    holes = panel(y=pl.when((pl.col("i") == 4) & (pl.col("t") == 2002)).then(None).otherwise(pl.col("y")))
    assert design(holes, "y", "first", gaps="keep").incomplete.tolist() == [False] * 4 + [True, False]


@pytest.mark.parametrize("controls", [["y"], ["x", "x"], ["x", "y"]])
def test_the_outcome_is_no_control_and_none_is_named_twice(controls: list[str]) -> None:
    with pytest.raises(ConfigError, match="the outcome not among them"):
        design(panel(x=pl.col("t") * 1.0), "y", "first", controls=controls)


def test_nobody_treated_names_those_treated_after_the_sample() -> None:
    with pytest.raises(NotIdentifiedError, match="3 units are first treated after the last period"):
        design(panel(first=pl.col("first") + 20), "y", "first")
