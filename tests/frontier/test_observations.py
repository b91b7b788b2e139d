"""From panel to arrays: what is usable, which frontiers, the data of each."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier import registry
from dualcarbon.frontier.observations import frontiers, group_data, group_keys, observations

TECHNOLOGY = Technology(["x"], ["y", "z"], ["b", "s"], group_by=["g"], reference="sequential")
FRAME = pl.DataFrame(
    {
        "f": [1, 1, 2, 2, 3, 3],
        "t": [1, 2] * 3,
        "g": ["a", "a", "a", "a", "b", "b"],
        "x": [1.0, 2.0, 3.0, 4.0, 5.0, 0.0],
        "y": [1.0, 2.0, 3.0, None, 5.0, 6.0],
        "z": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "b": [0.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "s": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
)


def made(frame: pl.DataFrame = FRAME) -> Panel:
    return Panel.from_frame(frame, id="f", time="t")


def test_usable_are_rows_with_data_and_positive_inputs_and_goods() -> None:
    found = observations(made(), TECHNOLOGY, Direction.custom({"b": "s", "y": 2.0}))
    assert found.usable.tolist() == [True, True, True, False, True, False]
    assert found.steps is not None
    assert found.steps.tolist()[1] == [0.0, 2.0, 0.0, 2.0, 0.0]


def test_each_frontier_has_its_rows_and_all_outputs() -> None:
    panel, model = made(), registry.model("envelopment")
    found = observations(panel, TECHNOLOGY, Direction.proportional())
    parts = frontiers(panel, TECHNOLOGY, model, found)
    assert [part.rows.tolist() for part in parts] == [[0, 2], [0, 1, 2], [4], [4]]
    data = group_data(found, parts[1])
    assert data.unit.tolist() == [0, 0, 1]
    assert data.time.tolist() == [0, 1, 0]
    assert data.evaluated is not None
    assert data.evaluated.tolist() == [False, True, False]
    np.testing.assert_array_equal(data.goods, [[1, 1], [2, 2], [3, 3]])
    np.testing.assert_array_equal(data.bads, [[0, 1], [2, 2], [3, 3]])
    assert group_data(found, parts[0]).evaluated is None


def test_the_columns_that_name_a_frontier() -> None:
    assert group_keys(made(), TECHNOLOGY, registry.model("envelopment")) == ("g", "t")
    assert group_keys(made(), TECHNOLOGY, registry.model("translog_ml")) == ("g",)
    pooled = Technology(["x"], "y", "b", reference="global")
    assert group_keys(made(), pooled, registry.model("envelopment")) == ()


def test_negative_bads_are_an_error() -> None:
    with pytest.raises(DataError, match="negative"):
        observations(made(FRAME.with_columns(s=-pl.col("s"))), TECHNOLOGY, Direction.proportional())
