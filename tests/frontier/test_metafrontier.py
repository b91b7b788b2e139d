"""The metafrontier against separate fits, the gap's definition, containment, counts, refusals."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.metafrontier import BELOW, metafrontier
from dualcarbon.frontier.models.envelopment import EnvelopmentModel

EXACT = 1e-9
"""Optima of programs solved to 1e-10."""
RAW = EnvelopmentModel(screen=False, level_shift=False)
PROPORTIONAL = Direction.proportional()
GROUPED = Technology(["x"], "y", "b", group_by=["g"])
CONE = Technology(["x"], "y", "b", returns="constant", group_by=["g"])


def firms(n: int = 120, periods: int = 2, seed: int = 0, behind: float = 0.8) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    rows = n * periods
    f, t = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    x, r, u = (
        np.exp(0.5 * draw.standard_normal(rows)),
        0.4 * draw.standard_normal(rows),
        0.2 * draw.exponential(size=rows),
    )
    level = np.where(f % 2 == 0, 1.0, behind)
    y, b = x * level * np.exp(0.2 * r - u), x * np.exp(r + u)
    return pl.DataFrame({"f": f, "t": t, "g": np.where(f % 2 == 0, "a", "b"), "x": x, "y": y, "b": b})


def made(frame: pl.DataFrame) -> Panel:
    return Panel.from_frame(frame, id="f", time="t")


@pytest.mark.parametrize("technology", [GROUPED, CONE], ids=["variable", "constant"])
@pytest.mark.parametrize("model", [RAW, "envelopment"], ids=["raw", "screened"])
def test_an_enveloping_metafrontier_contains_every_group(technology: Technology, model: Any) -> None:
    frame = firms(400, 1)
    if model != RAW:
        frame = frame.with_columns(y=pl.when(pl.col("f") == 7).then(30 * pl.col("y")).otherwise("y"))
    found = metafrontier(made(frame), technology, PROPORTIONAL, model)
    gap = found.table["gap"].drop_nans().to_numpy()
    assert gap.min() >= -EXACT
    assert found.diagnostics["inside"].sum() == 0
    assert found.diagnostics["compared"].sum() == gap.size > 350
    if model == "envelopment":
        assert "outlier" in found.table["status_group"].to_list()


def test_both_sides_are_the_fits_one_would_make_alone() -> None:
    frame = firms()
    found = metafrontier(made(frame), GROUPED, PROPORTIONAL, RAW)
    for group in ("a", "b"):
        alone = frontier.fit(made(frame.filter(g=group)), Technology(["x"], "y", "b"), PROPORTIONAL, RAW).table
        own = found.table.filter(g=group)
        assert own["inefficiency_group"].equals(alone["inefficiency"], null_equal=True)
        assert own["mac_group"].equals(alone["mac"], null_equal=True)
    together = frontier.fit(made(frame), Technology(["x"], "y", "b"), PROPORTIONAL, RAW).table
    assert found.table["inefficiency_meta"].equals(together["inefficiency"], null_equal=True)
    assert found.table["status_meta"].equals(together["status"])
    assert found.table.select("f", "t").equals(together.select("f", "t"))


def test_gap_and_ratio_are_what_they_say() -> None:
    found = metafrontier(made(firms()), CONE, PROPORTIONAL, RAW)
    inner, outer, gap, ratio = (
        found.table[name].to_numpy()
        for name in ("inefficiency_group", "inefficiency_meta", "gap", "technology_gap_ratio")
    )
    np.testing.assert_array_equal(gap, outer - inner)
    np.testing.assert_allclose(ratio, (1 - outer) / (1 - inner), rtol=1e-12)
    leading, behind = found.diagnostics.sort("g").rows(named=True)
    assert leading["gap_mean"] < behind["gap_mean"]
    assert leading["ratio_median"] > behind["ratio_median"]
    assert found.measure.zh != found.measure.en
    assert "2 groups" in repr(found)


def test_a_group_k_times_less_productive_lies_k_behind() -> None:
    """Good-only direction: the group's best practice makes k times the output of the others' from the same x and b."""
    lead = firms(30, 1).with_columns(g=pl.lit("a"))
    behind = lead.with_columns(pl.col("y") * 0.5, f=pl.col("f") + 100, g=pl.lit("b"))
    found = metafrontier(made(pl.concat([lead, behind])), GROUPED, Direction(0.0, 1.0, 0.0, observed=True), RAW)
    own = found.table.filter(g="b")
    # F / y = 2 F_b / y: 1 + D_meta = 2 (1 + D_group)
    np.testing.assert_allclose(
        1 + own["inefficiency_meta"].to_numpy(), 2 * (1 + own["inefficiency_group"].to_numpy()), rtol=EXACT
    )
    assert found.table["technology_gap_ratio"].is_nan().all()  # CO2 does not move
    assert found.table.filter(g="a")["gap"].abs().max() < EXACT


def test_the_hyperbolic_ratio_is_the_exponential_of_the_difference() -> None:
    technology = Technology(["x"], "y", "b", returns="constant", group_by=["g"])
    found = metafrontier(made(firms(300, 2)), technology, PROPORTIONAL, "translog_ml")
    table = found.table.filter(pl.col("gap").is_not_nan())
    expected = np.exp(table["inefficiency_group"].to_numpy() - table["inefficiency_meta"].to_numpy())
    np.testing.assert_allclose(table["technology_gap_ratio"].to_numpy(), expected, rtol=1e-9)
    inside = int((table["gap"] < -BELOW).sum())
    assert found.diagnostics["inside"].sum() == inside > 0
    assert any(str(inside) in text.en and str(inside) in text.zh for text in found.warnings)


def test_constant_directions_are_one_step_for_both_or_said_not_to_be() -> None:
    found = metafrontier(made(firms(200, 1)), GROUPED, Direction.unit(), "quadratic")
    said = any("own means" in text.en for text in found.warnings)
    assert said is (found.group.direction == Direction.unit())


@pytest.mark.parametrize(
    "direction", [Direction(0.0, 1.0, 0.0, observed=False), Direction.custom({"y": "y", "b": 0.0})], ids=["unit", "own"]
)
def test_a_step_of_zero_leaves_co2_alone(direction: Direction) -> None:
    found = metafrontier(made(firms(40, 1)), GROUPED, direction, RAW)
    assert found.table["gap"].is_finite().all()
    assert found.table["technology_gap_ratio"].is_nan().all()


def test_a_constant_direction_is_put_in_means_of_all_groups() -> None:
    frame = firms(100, 1).with_columns(
        pl.when(pl.col("g") == "a").then(3 * pl.col(c)).otherwise(c).alias(c) for c in "xyb"
    )
    found = metafrontier(made(frame), GROUPED, Direction.unit(), RAW)
    means = frame.select(pl.col("y").mean(), pl.col("b").mean()).row(0, named=True)
    assert dict(found.group.direction.columns) == pytest.approx({"x": 0.0, **means}, rel=1e-12)
    assert found.table["gap"].min() >= -EXACT
    assert not any("own means" in text.en for text in found.warnings)


def test_rows_without_an_answer_have_no_gap() -> None:
    frame = firms().with_columns(
        b=pl.when(pl.col("f") == 3).then(0.0).otherwise("b"),
        y=pl.when(pl.col("f") == 4).then(None).otherwise("y"),
        g=pl.when(pl.col("f") == 5).then(pl.lit("c")).otherwise("g"),
    )
    found = metafrontier(made(frame), GROUPED, PROPORTIONAL, RAW)
    lost = found.table.filter(pl.col("f").is_in((3, 4, 5)))
    assert lost["gap"].is_nan().all()
    assert set(lost["status_group"]) == {"no_bad", "missing", "refused"}
    assert found.diagnostics.filter(g="c")["compared"].to_list() == [0]


def test_workers_do_not_change_a_bit() -> None:
    one = metafrontier(made(firms()), GROUPED, PROPORTIONAL, RAW)
    many = metafrontier(made(firms()), GROUPED, PROPORTIONAL, RAW, engine=Threads(3))
    assert one.table.equals(many.table, null_equal=True)
    assert one.diagnostics.equals(many.diagnostics)
    with pytest.raises(FrozenInstanceError):
        one.table = many.table  # type: ignore[misc]


def test_no_groups_and_one_group_are_errors_in_both_languages() -> None:
    with pytest.raises(ConfigError, match="needs groups") as error:
        metafrontier(made(firms(10, 1)), Technology(["x"], "y", "b"), PROPORTIONAL)
    assert error.value.say("zh") != error.value.say("en")
    with pytest.raises(DataError, match="two groups"):
        metafrontier(made(firms(10, 1).with_columns(g=pl.lit("a"))), GROUPED, PROPORTIONAL)
    with pytest.raises(ConfigError):
        metafrontier(made(firms(10, 1)), GROUPED, PROPORTIONAL, "no_such_model")
