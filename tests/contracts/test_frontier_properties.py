"""What holds of frontiers by their nature: of every model, and of those that envelop the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import dualcarbon as dc
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier import registry

ROUNDING = 1e-8  # optima of linear programs whose tolerances are 1e-9 or 1e-10
ENVELOPING = ("by_production", "envelopment", "materials_balance", "nonradial", "sbm")
DIRECTIONS = (Direction.proportional(), Direction.unit(), Direction.bad_only())


def table(firms: int = 40, years: int = 3, seed: int = 3) -> pl.DataFrame:
    """One industry of firms that differ in size, intensity and inefficiency."""
    draw = np.random.default_rng(seed)
    n = firms * years
    size = np.exp(0.3 * draw.standard_normal(firms)).repeat(years)
    labour, capital = (size * np.exp(0.15 * draw.standard_normal(n)) for _ in range(2))
    relative, u = np.exp(0.35 * draw.standard_normal(n)), 0.15 * np.abs(draw.standard_normal(n))
    core = np.sqrt(labour * capital)
    return pl.DataFrame(
        {
            "firm": np.arange(firms).repeat(years),
            "year": np.tile(np.arange(years), firms),
            "labour": 300.0 * labour,
            "capital": 5e7 * capital,
            "output_cny": 2e8 * core * (0.2 * relative**-0.4 + 0.8) ** (1 / -0.4) * np.exp(-u),
            "co2_t": 4e3 * core * relative * np.exp(u),
        }
    )


def setting(name: str, reference: str) -> tuple[Technology, Direction]:
    """The first technology and direction the model supports."""
    for returns in ("variable", "constant", "bic"):
        for polluting in ({}, {"capital": 8e-5}):
            for direction in DIRECTIONS:
                technology = Technology(
                    ["labour", "capital"], "output_cny", "co2_t", returns, reference=reference, polluting=polluting
                )
                try:
                    registry.model(name).check(technology, direction)
                except ConfigError:
                    continue
                return technology, direction
    raise AssertionError(f"{name} supports nothing")


def run(name: str, frame: pl.DataFrame, reference: str = "global") -> pl.DataFrame:
    panel = Panel.from_frame(frame, id="firm", time="year")
    return dc.frontier.fit(panel, *setting(name, reference), name).table


@pytest.mark.parametrize("name", registry.names())
def test_the_order_of_the_rows_does_not_change_a_bit(name: str) -> None:
    frame = table()
    assert run(name, frame.sample(fraction=1.0, shuffle=True, seed=1)).equals(run(name, frame), null_equal=True)


@pytest.mark.parametrize("name", ENVELOPING)
def test_more_units_never_lower_inefficiency(name: str) -> None:
    frame = table()
    better = frame.filter(pl.col("firm") % 5 == 0).with_columns(
        pl.col("firm") + 1_000, pl.col("output_cny") * 1.2, pl.col("co2_t") * 0.8
    )
    keys = ["firm", "year"]
    wide = run(name, pl.concat([frame, better])).select(*keys, wider="inefficiency")
    both = run(name, frame).join(wide, on=keys, how="left", validate="1:1")
    assert (both["wider"] >= both["inefficiency"] - ROUNDING).all()
    assert (both["wider"] > both["inefficiency"] + 1e-3).any()


@pytest.mark.parametrize("name", ENVELOPING)
def test_larger_reference_sets_never_lower_inefficiency(name: str) -> None:
    frame = table()
    found = {kind: run(name, frame, kind)["inefficiency"].to_numpy() for kind in ("contemporaneous", "sequential")}
    found["global"] = run(name, frame)["inefficiency"].to_numpy()
    assert (found["sequential"] >= found["contemporaneous"] - ROUNDING).all()
    assert (found["global"] >= found["sequential"] - ROUNDING).all()
    first = frame.sort("firm", "year")["year"].to_numpy() == 0
    np.testing.assert_allclose(found["sequential"][first], found["contemporaneous"][first], atol=ROUNDING)


@pytest.mark.parametrize("name", ENVELOPING)
def test_biennial_and_window_sets_lie_between(name: str) -> None:
    frame = table()
    own, least = (run(name, frame, kind)["inefficiency"].to_numpy() for kind in ("global", "contemporaneous"))
    for kind in ("biennial", "window"):
        between = run(name, frame, kind)["inefficiency"].to_numpy()
        assert (between <= own + ROUNDING).all()
        assert (between >= least - ROUNDING).all()


def test_the_screen_is_off_in_groups_of_this_size() -> None:
    """What is added would otherwise be dropped as an outlier."""
    model = replace(registry.model("envelopment"), screen=False)
    panel = Panel.from_frame(table(), id="firm", time="year")
    bare = dc.frontier.fit(panel, *setting("envelopment", "global"), model)
    assert bare.table.equals(run("envelopment", table()), null_equal=True)
