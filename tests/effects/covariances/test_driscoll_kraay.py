"""Driscoll-Kraay errors against double sums, statsmodels and stored output of pyfixest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import DriscollKraay, fit, parse, regress

EQUAL = 1e-10
STORED = 1e-11  # pyfixest 0.60.0 solves for the effects to about 1e-12
SAME = 1e-12

STAGG = Path(__file__).resolve().parents[4] / "shared" / "data" / "base_stagg.csv"


@pytest.mark.parametrize("effects", [[], ["firm"], ["firm", "year"], ["industry", "year"]])
@pytest.mark.parametrize("lag", [0, 1, 3])
def test_equals_double_sums(panel: Panel, slow: Any, effects: list[str], lag: int) -> None:
    found = fit(f"y ~ d + x | {' + '.join(effects) or '0'}", panel, vcov=DriscollKraay(lag=lag), weights="w")
    twin = slow.of(panel.frame, ["d", "x"], effects, "w")
    scores, year = twin.scores, panel.frame["year"].to_numpy()
    meat = np.zeros((scores.shape[1],) * 2)
    for i in range(len(year)):
        for j in range(len(year)):
            weight = 1 - abs(year[i] - year[j]) / (lag + 1)
            if weight > 0:
                meat += weight * np.outer(scores[i], scores[j])
    n, k, t = len(year), scores.shape[1], 6
    expected = (twin.bread @ meat @ twin.bread * (n - 1) / (n - k) * t / (t - 1))[:2, :2]
    at = [found.names.index(v) for v in ("d", "x")]
    assert np.allclose(found.vcov[np.ix_(at, at)], expected, rtol=1e-8, atol=EQUAL * np.abs(expected).max())
    assert found.df == 5
    assert f"lag {lag}" in found.rule.en


def test_equals_statsmodels(panel: Panel) -> None:
    import statsmodels.api as sm
    from statsmodels.stats.sandwich_covariance import cov_nw_groupsum

    table = panel.frame
    theirs = sm.OLS(table["y"].to_numpy(), sm.add_constant(table.select("d", "x").to_numpy())).fit()
    raw = cov_nw_groupsum(theirs, 2, table["year"].to_numpy() - 2008, use_correction=0)
    n, t = table.height, 6
    ours = fit("y ~ d + x", panel, vcov=DriscollKraay(lag=2))
    assert np.allclose(ours.vcov, raw * (n - 1) / (n - 3) * t / (t - 1), rtol=EQUAL)


@pytest.mark.skipif(not STAGG.exists(), reason="base_stagg.csv lies beside the checkout, not in it")
@pytest.mark.parametrize(
    ("effects", "lag", "se"),
    [
        ("id + year", 1, 0.02832211351644848),
        ("id + year", 2, 0.02883204359305522),
        ("0", 1, 0.024411321844453434),
        ("0", 2, 0.0271117635417615),
    ],
)
def test_stored_output_of_pyfixest(effects: str, lag: int, se: float) -> None:
    """pf.feols(..., vcov="DK", vcov_kwargs={"time_id": "year", "panel_id": "id", "lag": lag})."""
    panel = Panel.from_frame(pl.read_csv(STAGG), id="id", time="year")
    found = fit(f"y ~ x1 | {effects}", panel, vcov=DriscollKraay(lag=lag))
    assert found.se[found.names.index("x1")] == pytest.approx(se, rel=STORED)
    assert found.df == 9


def test_lag_zero_is_clusters_of_periods(panel: Panel) -> None:
    a = fit("y ~ d | firm", panel, vcov=DriscollKraay(lag=0))
    b = fit("y ~ d | firm", panel, cluster="year")
    assert np.allclose(a.vcov, b.vcov, rtol=SAME)


def test_gaps_and_units_of_time(panel: Panel) -> None:
    """Every second year is a step of one; a gap stays a gap; dates are taken in order."""
    first = fit("y ~ d | firm", panel, vcov=DriscollKraay(lag=2))
    biennial = Panel.from_frame(panel.frame.with_columns(pl.col("year") * 2), id="firm", time="year")
    assert np.array_equal(fit("y ~ d | firm", biennial, vcov=DriscollKraay(lag=2)).vcov, first.vcov)
    named = panel.with_columns(pl.format("y{}", "year").alias("label"))
    assert np.array_equal(fit("y ~ d | firm", named, vcov=DriscollKraay(lag=2, time="label")).vcov, first.vcov)
    gap = pl.col("year") != 2010
    kept = fit("y ~ d", panel, vcov=DriscollKraay(lag=1), sample=gap)
    ordered = fit("y ~ d", named, vcov=DriscollKraay(lag=1, time="label"), sample=gap)
    assert not np.allclose(kept.vcov, ordered.vcov, rtol=1e-3)


def test_default_lag_and_note(panel: Panel) -> None:
    found = fit("y ~ d | firm", panel, vcov="driscoll_kraay")
    assert "lag 2" in found.rule.en  # floor(4 (6/100)^(2/9))
    assert "only 6 periods" in found.notes[0].en
    r = np.random.default_rng(1)
    f, t = np.repeat(np.arange(5), 25), np.tile(np.arange(25), 5)
    long = pl.DataFrame({"f": f, "t": t, "x": r.normal(size=125), "y": r.normal(size=125)})
    assert fit("y ~ x", Panel.from_frame(long, id="f", time="t"), vcov="driscoll_kraay").notes == ()


def test_from_the_same_regression(panel: Panel) -> None:
    held = regress(parse("y ~ d + x | firm + year"), panel)
    assert np.array_equal(
        held.covariance("driscoll_kraay").vcov, fit("y ~ d + x | firm + year", panel, vcov="driscoll_kraay").vcov
    )


def test_bad_input(panel: Panel) -> None:
    with pytest.raises(ConfigError, match="negative"):
        DriscollKraay(lag=-1)
    with pytest.raises(NotIdentifiedError, match="more than the lag 6"):
        fit("y ~ d", panel, vcov=DriscollKraay(lag=6))
    with pytest.raises(SchemaError, match="missing quarter"):
        fit("y ~ d", panel, vcov=DriscollKraay(time="quarter"))
    holes = panel.with_columns(pl.when(pl.col("firm") > 2).then("year").alias("late"))
    with pytest.raises(DataError, match="missing on"):
        fit("y ~ d", holes, vcov=DriscollKraay(time="late"))
    with pytest.raises(ConfigError, match="contradict"):
        fit("y ~ d", panel, cluster="firm", vcov="driscoll_kraay")
