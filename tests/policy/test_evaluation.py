"""What every estimator says where its error cannot be known, or no effect is identified."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy import Effect, did, registry

SAME = 1e-10  # the same numbers reached through other roundings
UNCLUSTERED = "synthetic"
NEEDS_CONTROLS = "matched"


def panel(first: list[float], shift: int = 0, every: int = 1, **columns: Any) -> Panel:
    """Units by first treated period (NaN: never) in six periods from 2001, `every` years apart, moved by `shift`."""
    r = np.random.default_rng(0)
    units = len(first)
    i, t = np.repeat(np.arange(units), 6), np.tile(np.arange(2001, 2007), units)
    start = np.array(first, dtype=float)[i]
    y = r.normal(size=units)[i] + 0.3 * (t - 2001) + r.normal(size=6 * units) + (t >= start)
    frame = pl.DataFrame({"i": i, "t": t, "first": start, "y": y, "x": r.normal(size=units)[i]})
    frame = frame.with_columns((pl.col("t", "first") - 2001) * every + 2001 + shift)
    frame = frame.with_columns(on=pl.col("t") >= pl.col("first").fill_nan(1e9))
    return Panel.from_frame(frame.with_columns(**columns), id="i", time="t")


NAN = float("nan")
STAGGERED = [2003.0] * 6 + [2005.0] * 6 + [NAN] * 8


def run(name: str, data: Panel, **options: Any) -> Effect:
    controls = {"controls": ["x"]} if name == NEEDS_CONTROLS else {}
    return did(data, "y", **({"first_treated": "first", "method": name} | controls | options))


@pytest.mark.parametrize("name", registry.names())
def test_periods_may_have_any_sign(name: str) -> None:
    here = run(name, panel(STAGGERED))
    moved = run(name, panel(STAGGERED, shift=-2003), first_treated=None, treated="on")
    assert moved.att == pytest.approx(here.att, rel=SAME)
    assert moved.se == pytest.approx(here.se, rel=SAME)
    assert moved.cohorts["cohort"].to_list() == [0, 2]
    np.testing.assert_allclose(moved.event["estimate"], here.event["estimate"], atol=SAME)
    assert moved.cohorts["estimate"].is_null().all() == here.cohorts["estimate"].is_null().all()
    if here.group_time is not None and moved.group_time is not None:
        assert moved.group_time["period"].to_list() == [p - 2003 for p in here.group_time["period"]]


@pytest.mark.parametrize("name", registry.names())
def test_an_outcome_that_never_changes_has_no_error(name: str) -> None:
    found = run(name, panel(STAGGERED, y=pl.lit(3.3)))
    assert found.att == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found.se) and np.isnan(found.t) and np.isnan(found.p)
    assert any("left empty" in note.en for note in found.notes)
    assert found.pre_test is None


@pytest.mark.parametrize("name", ["callaway_santanna", "sun_abraham", "stacked"])
def test_errors_that_are_rounding_are_not_given(name: str) -> None:
    found = run(name, panel([2003.0, NAN]))
    assert np.isfinite(found.att) and np.isnan(found.se)
    assert found.event["se"].is_null().all()


@pytest.mark.parametrize("name", [n for n in registry.names() if n not in (UNCLUSTERED, NEEDS_CONTROLS)])
def test_one_treated_cluster_is_said(name: str) -> None:
    found = run(name, panel([2003.0] + [NAN] * 8))
    assert any("lie in one cluster" in note.en for note in found.notes)


@pytest.mark.parametrize("name", [n for n in registry.names() if n != UNCLUSTERED])
def test_one_cluster_is_refused(name: str) -> None:
    with pytest.raises(NotIdentifiedError, match="too few clusters"):
        run(name, panel(STAGGERED, c=pl.lit(1)), cluster="c")


@pytest.mark.parametrize("name", ["callaway_santanna", "sun_abraham", "imputation", "two_stage", "stacked"])
def test_nobody_left_to_compare_with_is_refused(name: str) -> None:
    with pytest.raises(NotIdentifiedError):
        run(name, panel([2003.0] * 5 + [2004.0] * 5), comparison="not_yet", anticipation=1)


@pytest.mark.parametrize("name", [n for n in registry.names() if n != UNCLUSTERED])
def test_chinese_rules_do_not_say_unit(name: str) -> None:
    rule = run(name, panel(STAGGERED)).rule
    assert "单位" in rule.zh and "unit" not in rule.zh and "unit" in rule.en


def test_path_is_labelled_by_periods_however_far_apart() -> None:
    found = run("synthetic", panel(STAGGERED, every=2), gaps="keep")
    assert found.event["relative"].to_list() == [0, 2, 4, 6]
    path = run("two_stage", panel(STAGGERED, every=2), gaps="keep").path
    assert path is not None and path.reference == -2 and path.relative.tolist() == list(range(-8, 8, 2))


def test_cohorts_without_an_effect_are_empty() -> None:
    data = panel([2003.0] * 5 + [2005.0] * 5 + [2006.0] * 5)
    found = run("sun_abraham", data, comparison="not_yet", anticipation=1)
    assert found.cohorts["estimate"].is_null().to_list() == [False, True, True]


def test_anticipation_weighs_only_effects_that_are_known() -> None:
    data = panel([2003.0] * 5 + [2004.0] * 3 + [2006.0] * 6)
    found = run("callaway_santanna", data, comparison="not_yet", anticipation=1)
    assert found.group_time is not None
    known = found.group_time.drop_nulls("estimate").filter(pl.col("period") >= pl.col("cohort"))
    units = known["cohort"].replace_strict({2003: 5, 2004: 3, 2006: 6})
    assert found.att == pytest.approx(float((known["estimate"] * units).sum() / units.sum()), rel=SAME)
    assert any("nobody to compare with" in note.en for note in found.notes)


def test_imputation_uses_t_with_clusters_less_one() -> None:
    found = run("imputation", panel(STAGGERED, c=pl.col("i") // 2), cluster="c")
    fixed = run("two_stage", panel(STAGGERED, c=pl.col("i") // 2), cluster="c")
    assert found.df == fixed.df == 9
    assert "t with G - 1" in found.rule.en and any("only 10 clusters" in note.en for note in found.notes)


def test_imputation_leads_stay_in_the_window() -> None:
    data = panel([2005.0] * 6 + [2006.0] * 6 + [NAN] * 8)
    found = run("imputation", data, anticipation=1, window=(-3, 1))
    assert found.event["relative"].to_list() == [-3, -2, -1, 0, 1]


def test_imputation_names_controls_that_units_determine() -> None:
    with_control, without = (run("imputation", panel(STAGGERED), controls=c) for c in (["x"], []))
    assert with_control.att == pytest.approx(without.att, rel=SAME)
    assert any("control x is collinear" in note.en for note in with_control.notes)
