"""What every frontier model must do, whatever it estimates."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from functools import cache
from itertools import product

import numpy as np
import polars as pl
import pytest

import dualcarbon as dc
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import STATUSES

SAME = 1e-6  # rescaled or reordered data end at another rounding of the same optimum; LP tolerances are 1e-9 or so
PRICED = ("ok", "kink", "edge", "outlier")
ANSWERED = ("ok", "kink", "no_price")

pytestmark = pytest.mark.parametrize("name", registry.names())


def table(firms: int = 40, years: int = 3, seed: int = 0) -> pl.DataFrame:
    """Two industries of firms that are alike enough for every model."""
    draw = np.random.default_rng(seed)
    n = 2 * firms * years
    firm, year = np.repeat(np.arange(2 * firms), years), np.tile(np.arange(years), 2 * firms)
    size = np.exp(0.25 * draw.standard_normal(2 * firms))[firm]
    labour, capital = (size * np.exp(0.15 * draw.standard_normal(n)) for _ in range(2))
    core = np.sqrt(labour * capital)
    relative = np.exp(0.35 * draw.standard_normal(n))
    u = 0.15 * np.abs(draw.standard_normal(n))
    y = core * (0.2 * relative**-0.4 + 0.8) ** (1 / -0.4) * np.exp(-u + 0.02 * draw.standard_normal(n))
    return pl.DataFrame(
        {
            "firm": [f"f{i:03d}" for i in firm],
            "year": 2008 + year,
            "industry": np.where(firm < firms, "a", "b"),
            "labour": 300.0 * labour,
            "capital": 5e7 * capital,
            "output_cny": 2e8 * y,
            "co2_t": 4e3 * core * relative * np.exp(u),
        }
    )


@cache
def setting(name: str) -> tuple[Technology, Direction]:
    """The first technology and direction the model supports."""
    choices = product(
        ({}, {"capital": 8e-5}),
        ("bic", "variable", "constant"),
        (Direction.proportional(), Direction.unit(), Direction.bad_only()),
    )
    for polluting, returns, direction in choices:
        technology = Technology(
            ["labour", "capital"], "output_cny", "co2_t", returns, group_by=["industry"], polluting=polluting
        )
        try:
            registry.model(name).check(technology, direction)
        except ConfigError:
            continue
        return technology, direction
    raise AssertionError(f"{name} supports nothing")


def run(name: str, frame: pl.DataFrame, workers: int = 1) -> FrontierResult:
    panel = Panel.from_frame(frame, id="firm", time="year")
    return dc.frontier.fit(panel, *setting(name), name, engine=Threads(workers))


@cache
def base(name: str) -> FrontierResult:
    return run(name, table())


def numbers(result: FrontierResult, column: str) -> np.ndarray:
    return result.table[column].to_numpy()


def test_it_introduces_itself(name: str) -> None:
    model = registry.model(name)
    assert model.name == name
    assert isinstance(model.label, Text)
    assert isinstance(model.measure, Text)
    assert model.warning is None or isinstance(model.warning, Text)
    assert isinstance(model.pools, bool)
    technology, _ = setting(name)
    assert model.least(technology) > 0


def test_words_it_does_not_support_are_errors_before_any_work(name: str) -> None:
    technology, _ = setting(name)
    model = registry.model(name)
    refused = 0
    for candidate in (Direction.proportional(), Direction.all_proportional(), Direction.bad_only(), Direction.unit()):
        for returns in ("bic", "variable", "constant"):
            try:
                model.check(Technology(technology.inputs, technology.good, technology.bad, returns), candidate)
            except ConfigError as error:
                assert error.say("zh") != error.say("en")
                refused += 1
    assert refused > 0


def test_table_and_diagnostics_keep_their_promises(name: str) -> None:
    result = base(name)
    frame = table().sort("firm", "year")
    assert result.table.select("firm", "year").equals(frame.select("firm", "year"))
    assert set(result.table["status"]) <= set(STATUSES)
    assert set(result.diagnostics["status"]) <= {"identified", "weakly_identified", "trivial", "too_few"}
    assert result.diagnostics["why_zh"].str.len_chars().min() > 0
    assert result.diagnostics["why_en"].str.len_chars().min() > 0
    assert result.diagnostics["rows"].sum() == frame.height
    assert result.model == name
    with pytest.raises(FrozenInstanceError):
        result.table = frame  # type: ignore[misc]


def test_priced_rows_have_a_price(name: str) -> None:
    result = base(name)
    ok = result.table.filter(pl.col("status") == "ok")
    assert result.table["status"].is_in(ANSWERED).mean() > 0.5
    assert ok["mac"].is_finite().all()
    assert (ok["mac"] > 0.0).all()
    inside = ok.filter(pl.col("mac_low").is_finite() & pl.col("mac_high").is_finite())
    slack = 1.0 + 1e-9
    assert (inside["mac_low"] <= inside["mac"] * slack).all()
    assert (inside["mac"] <= inside["mac_high"] * slack).all()
    scored = result.table.filter(pl.col("status").is_in((*PRICED, "no_price")))
    assert (scored["inefficiency"].drop_nans() >= -1e-9).all()
    assert (scored["abatement_room"].drop_nans() >= -1e-9).all()
    bare = result.table.filter(pl.col("status").is_in(("missing", "refused", "no_bad", "no_price")))
    assert bare["mac"].is_nan().all()


def test_units_scale_the_price_and_nothing_else(name: str) -> None:
    moved = run(
        name,
        table().with_columns(
            pl.col("labour") * 12.0, pl.col("capital") / 1e4, pl.col("output_cny") / 1e6, pl.col("co2_t") * 1e3
        ),
    )
    first = base(name)
    assert moved.table["status"].equals(first.table["status"])
    assert moved.diagnostics["status"].equals(first.diagnostics["status"])
    for column, factor in (("mac", 1e-9), ("mac_low", 1e-9), ("mac_high", 1e-9), ("abatement_room", 1.0)):
        expected = numbers(first, column) * factor
        scale = float(np.nanmedian(np.abs(expected[np.isfinite(expected)]))) if np.isfinite(expected).any() else 1.0
        np.testing.assert_allclose(numbers(moved, column), expected, rtol=SAME, atol=SAME * scale)


def test_row_order_does_not_matter(name: str) -> None:
    """The panel sorts by key, so the rows are put in another order by other keys."""
    frame = table()
    order = np.random.default_rng(5).permutation(frame["firm"].n_unique())
    names = {f"f{i:03d}": f"g{j:03d}" for i, j in enumerate(order)}
    moved = run(name, frame.with_columns(pl.col("firm").replace_strict(names)))
    both = (
        base(name)
        .table.with_columns(pl.col("firm").replace_strict(names))
        .join(moved.table, on=["firm", "year"], how="inner", validate="1:1", suffix="_moved")
    )
    assert both.height == frame.height
    assert (both["status"] == both["status_moved"]).mean() > 0.99
    same = both.filter(pl.col("status") == pl.col("status_moved"))
    for column in ("mac", "inefficiency"):
        first = same[column].to_numpy()
        scale = float(np.nanmedian(np.abs(first))) if np.isfinite(first).any() else 1.0
        np.testing.assert_allclose(same[f"{column}_moved"].to_numpy(), first, rtol=1e-5, atol=1e-5 * scale)


def test_rows_without_data_change_nothing(name: str) -> None:
    frame = table()
    holes = frame.head(20).with_columns(
        pl.format("z{}", pl.col("firm")).alias("firm"), pl.lit(None, dtype=pl.Float64).alias("output_cny")
    )
    holes = holes.with_columns(
        pl.when(pl.int_range(20) % 2 == 0).then(None).otherwise(pl.col("labour")).alias("labour")
    )
    wide = run(name, pl.concat([frame, holes]))
    assert (wide.table["status"] == "missing").sum() == 20
    kept = wide.table.filter(~pl.col("firm").str.starts_with("z"))
    assert kept.equals(base(name).table, null_equal=True)


def test_one_firm_is_too_few(name: str) -> None:
    frame = table().filter(pl.col("firm") == "f000")
    result = run(name, frame)
    assert set(result.diagnostics["status"]) == {"too_few"}
    assert set(result.table["status"]) == {"refused"}
    assert result.table["mac"].is_nan().all()
    assert any("refused" in text.en for text in result.warnings)


def test_no_co2_anywhere_has_no_price(name: str) -> None:
    result = run(name, table().with_columns(co2_t=pl.lit(0.0)))
    assert set(result.table["status"]) == {"no_bad"}
    assert set(result.diagnostics["status"]) == {"too_few"}


def test_co2_imputed_from_output_is_not_identified(name: str) -> None:
    result = run(name, table().with_columns(co2_t=2e-5 * pl.col("output_cny")))
    assert "identified" not in result.diagnostics["status"].to_list()
    assert all("imputed from output" in why for why in result.diagnostics["why_en"])


def test_some_rows_without_co2_are_counted(name: str) -> None:
    frame = table().with_columns(pl.when(pl.int_range(pl.len()) % 12 == 0).then(0.0).otherwise("co2_t").alias("co2_t"))
    result = run(name, frame)
    assert (result.table["status"] == "no_bad").sum() == (frame["co2_t"] == 0.0).sum()
    assert result.table["status"].is_in(ANSWERED).sum() > 0.4 * frame.height


def test_workers_do_not_change_a_bit(name: str) -> None:
    many = run(name, table(), workers=3)
    assert many.table.equals(base(name).table, null_equal=True)
    assert many.diagnostics.equals(base(name).diagnostics, null_equal=True)
