"""Pulling in tails against numpy's quantiles."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.tails import pull_in


def panel(values: list[float | None]) -> Panel:
    return Panel.from_frame(pl.DataFrame({"f": range(len(values)), "t": 0, "v": values}), id="f", time="t")


def test_equals_numpy_and_counts() -> None:
    values = np.random.default_rng(0).normal(size=501)
    found = pull_in(panel(values.tolist()), ["v"], 0.02, 0.9)
    low, high = np.quantile(values, (0.02, 0.9))
    assert np.array_equal(found.panel.arrays("v")[0], np.clip(values, low, high))
    assert found.counts == {"v": int(np.count_nonzero((values < low) | (values > high)))}


def test_missing_values_stay_missing_and_nothing_else_is_touched() -> None:
    found = pull_in(panel([None, float("nan"), 1.0, 2.0, 3.0]), ["v"], 0.0, 1.0)
    assert found.counts == {"v": 0} and found.panel.frame["v"].to_list() == [None, None, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("levels", [(-0.1, 0.9), (0.5, 0.5), (0.9, 0.1), (0.0, 1.1)])
def test_levels_in_the_wrong_order_are_refused(levels: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match="0 <= low < high <= 1"):
        pull_in(panel([1.0, 2.0]), ["v"], *levels)
