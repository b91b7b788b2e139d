"""Influence of single firms: every change against programs solved from scratch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Protocol

import numpy as np
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.influence import Influence, influence
from dualcarbon.frontier.model import GroupData
from dualcarbon.frontier.models.quadratic import QuadraticModel
from dualcarbon.frontier.models.translog_lp import TranslogLinearModel
from dualcarbon.kernels.screen import conditional_scores, conditional_screen

SAME = 1e-6
"""The program reached from warm rows and from scratch ends at the same vertex; medians of prices lose some digits."""
Model = QuadraticModel | TranslogLinearModel
MODELS: list[tuple[Model, str]] = [(QuadraticModel(), "variable"), (TranslogLinearModel(), "constant")]


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData

    def technology(self, returns: str, **more: object) -> Technology: ...

    def panel(self) -> Panel: ...

    def frame(self, industry: str) -> pl.DataFrame: ...


def run(simulated: Industry, model: Model, returns: str, **options: int) -> Influence:
    return influence(simulated.panel(), simulated.technology(returns), Direction.proportional(), model, **options)


def scratch(model: Model, returns: str, simulated: Industry, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MAC (NaN where t is at an end) and tonnes of room at every row, from a fit without any rows to begin with."""
    data = simulated.data
    done = model.plan(data, simulated.technology(returns)).fit(rows, False, np.empty((0, 2), dtype=np.int64))
    mac, room = np.full(data.b.size, np.nan), np.full(data.b.size, np.nan)
    inside = (done.t[0] > 1e-7) & (done.t[0] < 1.0 - 1e-7)
    mac[rows], room[rows] = np.where(inside, done.price[0], np.nan), done.room * data.b[rows]
    return mac, room


@pytest.mark.parametrize(("model", "returns"), MODELS)
def test_changes_are_those_of_programs_solved_from_scratch(
    industry: Callable[..., Industry], model: Model, returns: str
) -> None:
    simulated = industry(n=900, seed=1, noise=0.1)
    data = simulated.data
    report = run(simulated, model, returns, k=2, put_back=3)
    positive = data.b > 0.0
    plausible = positive.copy()
    plausible[positive] = conditional_screen(data.x[positive], data.y[positive], data.b[positive])
    assert report.groups["n"].item() == positive.sum()
    assert report.groups["n_removed"].item() == (positive & ~plausible).sum()
    before = scratch(model, returns, simulated, plausible)
    assert report.groups["mac_median"].item() == pytest.approx(np.nanmedian(before[0]), rel=SAME)
    tried = report.firms.filter(pl.col("mac_change").is_not_nan())
    assert tried["part"].to_list() == ["removed"] * 3 + ["kept"] * 2
    for row in tried.iter_rows(named=True):
        mine = data.unit == int(row["firm"][1:])
        mask = plausible | (positive & mine) if row["part"] == "removed" else plausible & ~mine
        after, shared = scratch(model, returns, simulated, mask), mask & plausible
        change = np.log(np.nanmedian(after[0][shared]) / np.nanmedian(before[0][shared]))
        assert row["mac_change"] == pytest.approx(change, rel=SAME, abs=SAME)
        room = (after[1][shared].sum() - before[1][shared].sum()) / data.b[shared].sum()
        assert row["room_change"] == pytest.approx(room, rel=SAME, abs=SAME)


def test_reasons_are_the_scores_that_cross_the_limit(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=1800, seed=2, noise=0.1)
    data = simulated.data
    firms = run(simulated, TranslogLinearModel(), "constant", k=0, put_back=0).firms
    positive = np.flatnonzero(data.b > 0.0)
    scores = np.abs(conditional_scores(data.x[positive], data.y[positive], data.b[positive]))
    gone = (scores > 3.5).any(axis=0)
    assert firms["rows"].sum() == gone.sum() and firms["firm"].n_unique() == firms.height
    assert set(firms["reason"]) == {"good", "bad", "both"}
    for row in firms.iter_rows(named=True):
        mine = scores[:, gone & (data.unit[positive] == int(row["firm"][1:]))]
        assert (row["score_good"], row["score_bad"]) == pytest.approx(tuple(mine.max(axis=1)))
        crossing = tuple(bool(v) for v in mine.max(axis=1) > 3.5)
        assert row["reason"] == {(True, False): "good", (False, True): "bad", (True, True): "both"}[crossing]
    most = firms.select(pl.max_horizontal("score_good", "score_bad")).to_series()
    assert most.is_sorted(descending=True)


def test_firms_that_bind_move_the_answer_and_the_others_hardly(industry: Callable[..., Industry]) -> None:
    """A firm without a binding row: taking it out moves only the weights of the objective."""
    simulated = industry(n=900, seed=3)
    model = TranslogLinearModel()
    report = run(simulated, model, "constant", k=1000, put_back=0)
    kept = report.firms.filter(pl.col("part") == "kept")
    assert kept["weight"].is_sorted(descending=True) and kept["weight"].min() > 0.0  # type: ignore[operator]
    assert kept.height <= 6
    binding = {int(name[1:]) for name in kept["firm"]}
    data = simulated.data
    everyone = conditional_screen(data.x, data.y, data.b)
    base = scratch(model, "constant", simulated, everyone)[0]
    idle = next(u for u in np.unique(data.unit) if u not in binding)
    rest = everyone & (data.unit != idle)
    after = scratch(model, "constant", simulated, rest)[0]
    moved = abs(np.log(np.nanmedian(after[rest]) / np.nanmedian(base[rest])))
    assert moved < kept["mac_change"].abs().max()  # type: ignore[operator]


def test_groups_keep_their_names_and_threads_change_nothing(industry: Callable[..., Industry]) -> None:
    frame = pl.concat([industry(n=450, seed=s, noise=0.1).frame(name) for s, name in ((4, "a"), (5, "b"))])
    panel = Panel.from_frame(pl.concat([frame, industry(n=9, seed=6).frame("c")]), id="firm", time="year")
    technology = Technology(("x0", "x1"), "output_cny", "co2_t", returns="constant", group_by=["industry"])
    first, second = (
        influence(panel, technology, Direction.proportional(), "translog_lp", engine=engine)
        for engine in (Threads(1), Threads(3))
    )
    assert first.groups["industry"].to_list() == ["a", "b", "c"]
    assert first.groups["status"].to_list() == ["optimal", "optimal", "too_few"]
    assert (first.firms["firm"].str.head(1) == first.firms["industry"]).all()
    assert first.firms.equals(second.firms, null_equal=True) and first.groups.equals(second.groups, null_equal=True)


def test_the_table_shows_the_firms_that_matter_most(industry: Callable[..., Industry]) -> None:
    report = run(industry(n=900, seed=7, noise=0.1), TranslogLinearModel(), "constant", k=3, put_back=4)
    table = report.table(most=5)
    assert len(table.rows) == 5
    ratios = [abs(np.log(float(str(row[6].value)))) for row in table.rows]
    assert ratios == sorted(ratios, reverse=True)
    gone = report.groups["n_removed"].item()
    assert f"removes {gone} of" in table.notes[0].en and f"的 {gone} 行" in table.notes[0].zh
    assert "up to 4 removed" in table.notes[1].en and "至多 3 家" in table.notes[1].zh
    with pytest.raises(FrozenInstanceError):
        report.k = 9  # type: ignore[misc]


def test_what_is_not_a_linear_program_is_refused(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=180, seed=8)
    panel, technology, direction = simulated.panel(), simulated.technology("variable"), Direction.proportional()
    with pytest.raises(ConfigError, match="linear programs"):
        influence(panel, technology, direction, "envelopment")
    with pytest.raises(ConfigError, match="negative"):
        influence(panel, technology, direction, k=-1)
    assert frontier.influence is influence
