"""The design table counted by hand; what the pictures hold."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import DotPlot, Intervals
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import did
from dualcarbon.policy.design import design
from dualcarbon.policy.exhibits import design_table, event_study_figure, forest_figure


def panel(seed: int = 0, units: int = 60, periods: int = 7) -> Panel:
    r = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(2010, 2010 + periods), units)
    first = np.array([0] * 30 + [2013] * 20 + [2015] * 10)
    y = r.normal(size=units * periods) + ((first > 0)[unit] & (time >= first[unit]))
    return Panel.from_frame(pl.DataFrame({"i": unit, "t": time, "g": first[unit], "y": y}), id="i", time="t")


def test_the_design_by_period() -> None:
    data = panel().with_columns(
        pl.when((pl.col("i") == 0) & (pl.col("t") == 2010)).then(None).otherwise(pl.col("y")).alias("y")
    )
    table = design_table(design(data, "y", "g", gaps="keep"))
    cells = {key: [c.value for c in row] for key, row in zip(table.row_keys, table.rows, strict=True)}
    assert cells["2010"] == [2010, None, 0, 0.0, 30, 29, 59]
    assert cells["2013"] == [2013, 20, 20, pytest.approx(100 / 3), 10, 30, 60]
    assert cells["2016"] == [2016, None, 30, 50.0, 0, 30, 60]
    assert cells["all"][1:] == [30, 30, pytest.approx(100 * 100 / 419), None, 30, 419]
    said = " ".join(note.en for note in table.notes)
    assert "in 2 cohorts; comparison group: never treated" in said and "unbalanced" in said
    assert "outcome, control or cluster missing: 1 rows" in said and "1 units are not seen in every period" in said
    assert table.rules_after == (7,)


def test_the_event_study_shows_what_was_estimated() -> None:
    effects = [did(panel(), "y", "g", method=m) for m in ("callaway_santanna", "imputation", "twfe")]
    figure = event_study_figure(effects)
    plot = figure.drawing
    assert isinstance(plot, Intervals) and plot.breaks == (-0.5,) and plot.levels == (0.0,) and plot.names == ()
    assert [s.label for s in plot.series] == [e.label for e in effects[:2]]
    first, event = plot.series[0], effects[0].event
    assert list(first.x) == event["relative"].to_list() and list(first.y) == event["estimate"].to_list()
    assert first.hollow == tuple(e == -1 for e in event["relative"])
    at = event["relative"].to_list().index(-1)
    assert np.isnan(first.low[at]) and first.low[at + 1] == event["low"][at + 1]
    said = [n.en for n in figure.notes]
    assert any(n.startswith("Callaway & Sant'Anna: joint test") for n in said)
    assert "Two-way fixed effects has no event study." in said


def test_a_window_clips_and_names_its_bins() -> None:
    binned = did(panel(), "y", "g", method="event_study", window=(-2, 1))
    open_ended = did(panel(), "y", "g", method="callaway_santanna", window=(-2, 1))
    alone = event_study_figure(binned).drawing
    assert isinstance(alone, Intervals) and [n.en for _, n in alone.names] == ["≤−2", "≥1"]
    both = event_study_figure([binned, open_ended]).drawing
    assert isinstance(both, Intervals) and both.names == ()
    assert all(set(s.x) == {-2.0, -1.0, 0.0, 1.0} for s in both.series)


def test_the_forest_stands_on_zero() -> None:
    effects = [did(panel(), "y", "g", method=m) for m in ("twfe", "imputation")]
    plot = forest_figure(effects, [Text("甲", "A"), Text("乙", "B")]).drawing
    assert isinstance(plot, DotPlot) and plot.references == (0.0,) and [i.en for i in plot.items] == ["A", "B"]
    (marks,) = plot.series
    assert marks.x == tuple(e.att for e in effects) and marks.low is not None and marks.low[0] == effects[0].interval[0]


def test_what_cannot_be_drawn_is_refused() -> None:
    one = did(panel(), "y", "g", method="twfe")
    for make in (lambda: event_study_figure(one), lambda: forest_figure([]), lambda: forest_figure([one], [])):
        with pytest.raises(ConfigError):
            make()


def test_side_by_side_a_path_without_reference_says_so() -> None:
    effects = [did(panel(), "y", "g", method=m) for m in ("callaway_santanna", "imputation")]
    said = [n.en for n in event_study_figure(effects).notes]
    assert [n.split(" has no reference")[0] for n in said if "no reference period" in n] == [effects[1].label.en]
    assert not any("no reference period" in n.en for n in event_study_figure(effects[1]).notes)
