"""From panel to result: alignment, statuses, groups, errors; the numbers are the models' business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

import dualcarbon as dc
from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.model import CODE, GroupData, GroupFit

Industry = Any  # the class of conftest.py, which tests cannot import by name
PROPORTIONAL = Direction.proportional()
LABEL, MEASURE = both("echo"), both("y")
TECHNOLOGY = Technology(["x"], "y", "b", group_by=["g"])


@dataclass(frozen=True)
class Echo:
    """Answers with what it was given: u = y, MAC = b, low = unit code, high = period code."""

    pools: bool = False
    several: bool = False
    warning: Text | None = None
    name: str = "echo"
    label: Text = LABEL
    measure: Text = MEASURE

    def least(self, technology: Technology) -> int:
        return 2

    def check(self, technology: Technology, direction: Direction) -> None:
        if direction != PROPORTIONAL:
            raise ConfigError(both("echo"), expected=both("a"), found=both("b"), remedy=both("c"))

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        status = np.where(data.b > 0.0, CODE["ok"], CODE["no_bad"]).astype(np.int8)
        facts = {"n": data.y.size, "first": float(data.y[0]), "even": data.y.size % 2 == 0, "word": "a", "none": None}
        low, high = data.unit.astype(float), data.time.astype(float)
        return GroupFit(data.y, data.x[:, 0], data.b, low, high, status, "identified", both("why"), facts)


def panel(**columns: list[Any]) -> Panel:
    base: dict[str, list[Any]] = {
        "f": ["b", "a", "b", "c", "a", "c"],
        "t": [2, 1, 1, 2, 2, 1],
        "g": ["k", "j", "k", "j", "j", "j"],
        "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "y": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
        "b": [7.0, 8.0, 9.0, 10.0, 11.0, 12.0],
    }
    return Panel.from_frame(pl.DataFrame({**base, **columns}, strict=False), id="f", time="t")


def test_every_row_gets_its_own_answer() -> None:
    p = panel()
    result = dc.frontier.fit(p, TECHNOLOGY, PROPORTIONAL, Echo(pools=True))
    assert result.table.columns == ["f", "t", "inefficiency", "abatement_room", "mac", "mac_low", "mac_high", "status"]
    assert result.table.select("f", "t").equals(p.frame.select("f", "t"))
    assert result.table["inefficiency"].to_list() == p.frame["y"].to_list()
    assert result.table["mac"].to_list() == p.frame["b"].to_list()
    assert result.table["mac_low"].to_list() == [0, 0, 0, 0, 1, 1]
    assert result.table["status"].unique().to_list() == ["ok"]
    assert result.diagnostics.columns == [
        *("g", "status", "why_zh", "why_en", "rows", "usable", "n", "first", "even", "word", "none")
    ]
    assert result.diagnostics["g"].to_list() == ["j", "k"]
    assert result.diagnostics["n"].to_list() == [4, 2]
    assert result.diagnostics["even"].to_list() == [True, True]
    assert (result.model, result.measure, result.technology, result.direction) == (
        *("echo", both("y"), TECHNOLOGY, PROPORTIONAL),
    )
    with pytest.raises(FrozenInstanceError):
        result.model = "other"  # type: ignore[misc]


def test_one_frontier_per_period_unless_the_model_pools() -> None:
    split = dc.frontier.fit(panel(), TECHNOLOGY, PROPORTIONAL, Echo())
    assert split.diagnostics.select("g", "t").rows() == [("j", 1), ("j", 2), ("k", 1), ("k", 2)]
    assert split.diagnostics["status"].to_list() == ["identified", "identified", "too_few", "too_few"]
    assert split.diagnostics["n"].to_list() == [2, 2, None, None]
    pooled = Technology(["x"], "y", "b", group_by=["g"], reference="global")
    assert dc.frontier.fit(panel(), pooled, PROPORTIONAL, Echo()).diagnostics["g"].to_list() == ["j", "k"]
    one = dc.frontier.fit(panel(), Technology(["x"], "y", "b"), PROPORTIONAL, Echo(pools=True))
    assert one.diagnostics["rows"].to_list() == [6]


def test_pooling_and_refusals_are_said() -> None:
    said = dc.frontier.fit(panel(), TECHNOLOGY, PROPORTIONAL, Echo(pools=True, warning=both("careful"))).warnings
    assert said[0] == both("careful")
    assert "contemporaneous" in said[1].en
    assert "contemporaneous" in said[1].zh
    pooled = Technology(["x"], "y", "b", group_by=["g"], reference="global")
    assert dc.frontier.fit(panel(), pooled, PROPORTIONAL, Echo(pools=True)).warnings == ()
    assert "2 of 4" in dc.frontier.fit(panel(), TECHNOLOGY, PROPORTIONAL, Echo()).warnings[-1].en


@pytest.mark.parametrize("name", ["status", "word"])
def test_a_group_named_like_a_diagnostic_is_refused(name: str) -> None:
    wrong = panel(**{name: ["p", "p", "q", "q", "p", "p"]})
    technology = Technology(["x"], "y", "b", group_by=[name], reference="global")
    with pytest.raises(ConfigError, match=name):
        dc.frontier.fit(wrong, technology, PROPORTIONAL, Echo(pools=True))


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("column", ["x", "y", "b"])
def test_rows_without_data_are_missing_and_touch_nothing(column: str, bad: float | None) -> None:
    frame = panel().frame
    values = frame[column].to_list()
    values[2] = bad
    broken = frame.with_columns(pl.Series(column, values, dtype=pl.Float64))
    result = dc.frontier.fit(Panel.from_frame(broken, id="f", time="t"), TECHNOLOGY, PROPORTIONAL, Echo(pools=True))
    # the other row of its group is then alone, and the model wants two
    assert result.table["status"].to_list() == ["ok", "ok", "missing", "refused", "ok", "ok"]
    assert np.isnan(result.table["mac"].to_list()[2])


@pytest.mark.parametrize("column", ["x", "y"])
def test_nonpositive_inputs_and_outputs_are_missing(column: str) -> None:
    result = dc.frontier.fit(panel(**{column: [1.0, 0.0, 1.0, -2.0, 1.0, 1.0]}), TECHNOLOGY, PROPORTIONAL, Echo(True))
    assert (result.table["status"] == "missing").sum() == 2


def test_zero_co2_reaches_the_model_and_counts_as_unusable() -> None:
    result = dc.frontier.fit(panel(b=[0.0, 8.0, 9.0, 0.0, 11.0, 12.0]), TECHNOLOGY, PROPORTIONAL, Echo(True))
    by_status = dict(result.table.group_by("status").len().rows())
    assert by_status == {"no_bad": 2, "ok": 3, "refused": 1}
    assert result.diagnostics["usable"].to_list() == [3, 1]
    assert result.diagnostics["status"].to_list() == ["identified", "too_few"]
    assert "1" in result.diagnostics["why_en"][1]


def test_negative_co2_is_an_error_with_keys() -> None:
    with pytest.raises(DataError) as error:
        dc.frontier.fit(panel(b=[7.0, -8.0, 9.0, 10.0, -1.0, 12.0]), TECHNOLOGY, PROPORTIONAL, Echo())
    assert "2 rows negative" in error.value.say("en")
    assert "('a', 1), ('a', 2)" in error.value.say("en")
    assert "2 行为负" in error.value.say("zh")


def test_other_errors_come_from_their_owners() -> None:
    with pytest.raises(ConfigError, match="quadratic"):
        dc.frontier.fit(panel(), TECHNOLOGY, PROPORTIONAL, "no_such_model")
    with pytest.raises(ConfigError):
        dc.frontier.fit(panel(), TECHNOLOGY, Direction.unit(), Echo())
    with pytest.raises(SchemaError):
        dc.frontier.fit(panel(), Technology(["z"], "y", "b"), PROPORTIONAL, Echo())
    with pytest.raises(DataError):
        dc.frontier.fit(panel(g=["k", None, "k", "j", "j", "j"]), TECHNOLOGY, PROPORTIONAL, Echo(pools=True))


def test_an_empty_panel_has_an_empty_result() -> None:
    p = panel()
    empty = Panel.from_frame(p.frame.head(0), id="f", time="t")
    result = dc.frontier.fit(empty, TECHNOLOGY, PROPORTIONAL, Echo())
    assert result.table.height == 0
    assert result.diagnostics.height == 0


def test_a_group_without_any_usable_row_still_has_its_line() -> None:
    result = dc.frontier.fit(panel(y=[None, 20.0, None, 40.0, 50.0, 60.0]), TECHNOLOGY, PROPORTIONAL, Echo(pools=True))
    assert result.diagnostics.select("g", "status", "rows", "usable").rows() == [
        ("j", "identified", 4, 4),
        ("k", "too_few", 2, 0),
    ]


@pytest.fixture(scope="module")
def survey(industry: Callable[..., Industry]) -> tuple[Panel, Technology]:
    sizes = {"a": 900, "b": 450, "c": 1_800, "d": 18}
    frames = [industry(n=n, seed=i, noise=0.05).frame(g) for i, (g, n) in enumerate(sizes.items())]
    technology = Technology(
        ["x0", "x1"], "output_cny", "co2_t", returns="bic", group_by=["industry"], reference="contemporaneous"
    )
    return Panel.from_frame(pl.concat(frames), id="firm", time="year"), technology


def test_the_default_model_on_a_survey(survey: tuple[Panel, Technology]) -> None:
    p, technology = survey
    result = dc.frontier.fit(p, technology, PROPORTIONAL)
    assert result.model == "translog_ml"
    assert result.diagnostics["status"].to_list() == ["identified", "identified", "identified", "too_few"]
    assert result.diagnostics["n_fit"].null_count() == 1
    counts = dict(result.table.group_by("status").len().rows())
    assert sum(counts.values()) == p.n
    assert counts["no_bad"] + counts["refused"] >= 18
    assert counts["ok"] > 0.95 * (p.n - 18)
    assert "translog_ml" in repr(result)


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_do_not_change_a_bit(survey: tuple[Panel, Technology], workers: int) -> None:
    p, technology = survey
    one = dc.frontier.fit(p, technology, PROPORTIONAL, engine=Threads(1))
    many = dc.frontier.fit(p, technology, PROPORTIONAL, engine=Threads(workers))
    assert one.table.equals(many.table, null_equal=True)
    assert one.diagnostics.equals(many.diagnostics, null_equal=True)


def test_a_group_does_not_see_the_others(survey: tuple[Panel, Technology]) -> None:
    p, technology = survey
    alone = dc.frontier.fit(p.keep(pl.col("industry") == "b", both("b")), technology, PROPORTIONAL)
    whole = dc.frontier.fit(p, technology, PROPORTIONAL)
    assert whole.table.filter(p.frame["industry"] == "b").equals(alone.table, null_equal=True)


def test_a_gap_in_the_years_counts_as_time() -> None:
    gaps = panel(t=[2005, 2003, 2003, 2008, 2005, 2003])
    result = dc.frontier.fit(gaps, TECHNOLOGY, PROPORTIONAL, Echo(pools=True))
    assert result.table.select("f", "t", "mac_high").rows() == [
        *(("a", 2003, 0.0), ("a", 2005, 2.0), ("b", 2003, 0.0), ("b", 2005, 2.0), ("c", 2003, 0.0), ("c", 2008, 5.0))
    ]


@pytest.mark.parametrize("model", ["envelopment", "nonradial"])
def test_a_period_without_co2_has_a_frontier_and_no_shares(model: str) -> None:
    """Under a sequential reference the rows of earlier periods make it; nobody is evaluated, nobody warns."""
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({"f": np.arange(40) % 20, "t": np.arange(40) // 20, "x": draw.lognormal(size=40)})
    frame = frame.with_columns(y=pl.col("x") * draw.uniform(0.8, 1.0, 40), b=pl.col("x") * (1 - pl.col("t")))
    technology = Technology(["x"], "y", "b", reference="sequential")
    panel = Panel.from_frame(frame, id="f", time="t")
    found = dc.frontier.fit(panel, technology, Direction.proportional(), model)
    assert found.table.filter(t=1)["status"].unique().to_list() == ["no_bad"]
    assert np.isnan(found.diagnostics["ok_share"][1]) and np.isfinite(found.diagnostics["ok_share"][0])
