"""Winsorising with counts, the same as the panel room's."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualcarbon import panel as room
from dualcarbon.core.panel import Panel
from dualcarbon.effects import winsorise


def test_equals_the_panel_room_and_leaves_a_note() -> None:
    values = np.random.default_rng(0).normal(size=400)
    data = Panel.from_frame(pl.DataFrame({"f": range(400), "t": 0, "v": values}), id="f", time="t")
    ours, theirs = winsorise(data, ["v"], (0.01, 0.99)), room.winsorise(data, ["v"], 0.01)
    assert ours.panel.frame.equals(theirs.panel.frame) and ours.counts == theirs.counts == {"v": 8}
    assert "v 8" in ours.panel.notes[-1].en and "v 8" in ours.panel.notes[-1].zh


def test_one_tail() -> None:
    data = Panel.from_frame(pl.DataFrame({"f": range(11), "t": 0, "v": range(11)}), id="f", time="t")
    found = winsorise(data, ["v"], (0.0, 0.8))
    assert found.counts == {"v": 2} and found.panel.arrays("v")[0].max() == 8.0


def test_a_column_written_twice_counts_once() -> None:
    data = Panel.from_frame(pl.DataFrame({"f": range(11), "t": 0, "v": range(11)}), id="f", time="t")
    assert winsorise(data, ["v", "v"], (0.0, 0.8)).counts == {"v": 2}
