"""What every policy estimator must do, whatever it estimates."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, DualcarbonError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import Effect, did, registry

EXACT = 1e-8  # a truth without noise
SAME = 1e-8  # the same numbers reached through other roundings
FIRST = {4: 12, 7: 14, 0: 40}  # cohorts and their units; more never-treated than treated units, as a placebo needs
PERIODS = 8

pytestmark = pytest.mark.parametrize("name", registry.names())


def table(noise: float = 1.0, seed: int = 0, early: float = 0.0) -> pl.DataFrame:
    """A staggered panel with a homogeneous effect of 2, `early` in the period before treatment."""
    draw = np.random.default_rng(seed)
    first = np.repeat(list(FIRST), list(FIRST.values()))
    units = len(first)
    unit, period = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(1, PERIODS + 1), units)
    start = first[unit]
    own, common = draw.normal(size=units), draw.normal(size=PERIODS)
    x = draw.normal(size=units)[unit] + 0.5 * draw.normal(size=len(unit)) + 0.3 * (start > 0)
    on = ((start > 0) & (period >= start)).astype(float)
    y = own[unit] + common[period - 1] + 2.0 * on + early * ((start > 0) & (period == start - 1))
    y += noise * (draw.normal(size=len(unit)) + 0.5 * x)
    columns = {"unit": unit, "period": period, "first": start, "on": on, "x": x, "y": y}
    return pl.DataFrame(columns)


def settings(name: str) -> dict[str, Any]:
    """Controls where the estimator cannot do without them."""
    return {"controls": ["x"]} if name == "matched" else {}


def run(name: str, frame: pl.DataFrame, **options: Any) -> Effect:
    panel = Panel.from_frame(frame, id="unit", time="period")
    return did(panel, "y", "first", **({"method": name} | settings(name) | options))


@cache
def base(name: str) -> Effect:
    return run(name, table())


def numbers(found: Effect) -> list[np.ndarray]:
    columns = [found.event["relative"], found.event["estimate"], found.event["se"], found.cohorts["estimate"]]
    return [np.array([found.att, found.se]), *(c.cast(pl.Float64).fill_null(np.nan).to_numpy() for c in columns)]


def assert_same(found: Effect, other: Effect, scale: float = 1.0) -> None:
    one, two = numbers(found), numbers(other)
    np.testing.assert_array_equal(one[1], two[1])
    for a, b in zip([one[0], *one[2:]], [two[0], *two[2:]], strict=True):
        np.testing.assert_allclose(a, scale * b, rtol=SAME, atol=SAME * scale * abs(other.se))


def test_it_introduces_itself(name: str) -> None:
    estimator = registry.estimator(name)
    assert estimator.name == name
    for text in (estimator.label, estimator.estimand):
        assert isinstance(text, Text)
        assert text.zh != text.en
    assert set(estimator.comparisons) <= {"never", "not_yet"}
    assert estimator.comparisons
    assert all(isinstance(flag, bool) for flag in (estimator.robust, estimator.needs_balance, estimator.takes_controls))
    assert type(estimator).__doc__


def test_result_is_whole_and_frozen(name: str) -> None:
    found = base(name)
    assert found.method == name
    assert np.isfinite(found.att)
    assert found.se > 0
    assert found.treated_units == 26
    assert found.cohorts["cohort"].to_list() == [4, 7]
    assert found.cohorts["units"].to_list() == [12, 14]
    assert found.rule.zh != found.rule.en
    low, high = found.interval
    assert low < found.att < high
    with pytest.raises(FrozenInstanceError):
        found.att = 0.0  # type: ignore[misc]


def test_path_keeps_its_promises(name: str) -> None:
    found = base(name)
    if found.path is None:
        assert not found.event.height
        return
    path = found.path
    assert np.all(np.diff(path.relative) > 0)
    assert len(path.relative) == len(path.estimate) == len(path.se) == found.event.height
    at = path.relative == (path.reference if path.reference is not None else 99)
    np.testing.assert_array_equal(path.estimate[at], 0.0)
    assert np.isnan(path.se[at]).all()
    assert np.isfinite(path.estimate).all()
    if path.vcov is not None:
        np.testing.assert_allclose(np.sqrt(np.diag(path.vcov))[~at], path.se[~at], rtol=1e-10)
        np.testing.assert_allclose(path.vcov, path.vcov.T, rtol=1e-10, atol=1e-14)


def test_the_same_again(name: str) -> None:
    again = run(name, table())
    for a, b in zip(numbers(base(name)), numbers(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_order_of_rows(name: str) -> None:
    assert_same(run(name, table().sample(fraction=1.0, shuffle=True, seed=1)), base(name))


def test_an_indicator_says_the_same_as_dates(name: str) -> None:
    panel = Panel.from_frame(table(), id="unit", time="period")
    assert_same(did(panel, "y", treated="on", method=name, **settings(name)), base(name))


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_outcome_in_other_units(name: str, factor: float) -> None:
    assert_same(run(name, table().with_columns(pl.col("y") * factor)), base(name), factor)


def test_effects_of_units_and_periods_change_nothing(name: str) -> None:
    """The ridge of synthetic weights depends on first differences, common shocks included: there a common trend."""
    shocks = np.linspace(0.0, 7.0, PERIODS) if name == "synthetic" else np.random.default_rng(5).normal(size=PERIODS)
    frame = table()
    own = np.random.default_rng(4).normal(size=sum(FIRST.values()))[frame["unit"].to_numpy()]
    shifted = frame.with_columns(y=frame["y"] + own + shocks[frame["period"].to_numpy() - 1])
    assert_same(run(name, shifted), base(name))


def test_names_of_units(name: str) -> None:
    named = table().with_columns(unit=pl.format("u{}", pl.col("unit").cast(pl.String).str.zfill(3)))
    assert_same(run(name, named), base(name))
    turned = run(name, table().with_columns(unit=1000 - pl.col("unit")))
    assert turned.att == pytest.approx(base(name).att, abs=SAME * base(name).se)


def test_calendar_of_periods(name: str) -> None:
    later = table().with_columns(
        pl.col("period") + 2000, first=pl.when(pl.col("first") > 0).then(pl.col("first") + 2000)
    )
    found, known = run(name, later), base(name)
    assert found.att == pytest.approx(known.att, abs=SAME * known.se)
    assert found.se == pytest.approx(known.se, rel=SAME)
    assert found.cohorts["cohort"].to_list() == [2004, 2007]


def test_truth_without_noise(name: str) -> None:
    found = run(name, table(noise=0.0))
    assert found.att == pytest.approx(2.0, abs=EXACT)
    for relative, estimate in found.event.select("relative", "estimate").iter_rows():
        assert estimate == pytest.approx(2.0 if relative >= 0 else 0.0, abs=EXACT)
    for estimate in found.cohorts["estimate"].drop_nulls():
        assert estimate == pytest.approx(2.0, abs=EXACT)


def test_anticipation_without_noise(name: str) -> None:
    if not registry.estimator(name).robust:
        pytest.skip("the two-way regressions have their own tests of anticipation")
    found = run(name, table(noise=0.0, early=5.0), anticipation=1)
    assert found.att == pytest.approx(2.0, abs=EXACT)


def test_comparison_is_honoured(name: str) -> None:
    allowed = registry.estimator(name).comparisons
    for asked in ("never", "not_yet"):
        found = run(name, table(), comparison=asked)
        fixed = any("comparison" in note.zh and "comparison group is fixed" in note.en for note in found.notes)
        assert fixed == (asked not in allowed)
    if len(allowed) == 2:
        never, later = (run(name, table(), comparison=c) for c in ("never", "not_yet"))
        assert never.att != later.att or later.notes != never.notes


def test_no_never_treated_units(name: str) -> None:
    treated = table().filter(pl.col("first") > 0)
    if "never" in registry.estimator(name).comparisons:
        with pytest.raises(NotIdentifiedError):
            run(name, treated, comparison="never")
    try:
        found = run(name, treated, comparison="not_yet")
    except DualcarbonError as error:
        assert error.say("zh") != error.say("en")
    else:
        assert np.isfinite(found.att)


def test_controls_are_honoured(name: str) -> None:
    if not registry.estimator(name).takes_controls:
        with pytest.raises(ConfigError):
            run(name, table(), controls=["x"])
        return
    frame = table().with_columns(z=pl.Series(np.random.default_rng(9).normal(size=len(table()))))
    assert run(name, frame, controls=["x"]).att != run(name, frame, controls=["x", "z"]).att


def test_gaps_are_refused_or_answered(name: str) -> None:
    gappy = table().filter(~((pl.col("unit") == 3) & (pl.col("period") == 2)))
    with pytest.raises(DataError):
        run(name, gappy)
    dropped = run(name, gappy, gaps="drop_units")
    assert dropped.units == 65
    if registry.estimator(name).needs_balance:
        with pytest.raises(DataError):
            run(name, gappy, gaps="keep")
    else:
        assert np.isfinite(run(name, gappy, gaps="keep").att)


def test_bad_input_is_refused(name: str) -> None:
    with pytest.raises(DataError):
        did(
            Panel.from_frame(
                table().with_columns(on=pl.col("on") * (pl.col("period") < 7)), id="unit", time="period"
            ), "y", treated="on", method=name, **settings(name),
        )  # fmt: skip
    with pytest.raises(NotIdentifiedError):
        run(name, table().with_columns(first=pl.lit(0)))
    for option in ({"level": 1.0}, {"anticipation": -1}, {"window": (1, 2)}, {"gaps": "ignore"}):
        with pytest.raises(ConfigError):
            run(name, table(), **option)


def test_coarser_clusters(name: str) -> None:
    frame = table().with_columns(region=pl.col("unit") // 3)
    try:
        found = run(name, frame, cluster="region")
    except ConfigError:
        return
    assert found.att == pytest.approx(base(name).att, rel=SAME)
    assert found.se != base(name).se
    assert_same(run(name, frame, cluster="unit"), base(name))
