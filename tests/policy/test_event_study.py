"""The dynamic two-way regression: dummies written out, stored coefficients of R-like software, binning, references."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.stats import f as fisher

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy.evaluation import did
from dualcarbon.policy.models.event_study import EventStudy

EXACT = 1e-8
"""Against dummies by QR: rounding of both."""


def simulated(seed: int, *, never: bool = True) -> Panel:
    r = np.random.default_rng(seed)
    units, periods = 60, 8
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(2000, 2000 + periods), units)
    first = r.choice([0, 2003, 2004, 2006] if never else [2003, 2004, 2006], units)[i]
    x = r.normal(size=len(i))
    y = (
        r.normal(size=units)[i]
        + 0.4 * x
        + ((first > 0) & (t >= first)) * (1.0 + 0.3 * (t - first))
        + r.normal(size=len(i))
    )
    table = {"i": i, "t": t, "first": first, "x": x, "y": y, "place": i % 15}
    return Panel.from_frame(pl.DataFrame(table), id="i", time="t")


def by_dummies(panel: Panel, levels: list[int], window: tuple[int, int], cluster: str) -> tuple[np.ndarray, np.ndarray]:
    i, t = panel.codes("i"), panel.codes("t")
    y, first, year, x = panel.arrays("y", "first", "t", "x")
    relative = np.clip(year - first, *window)
    columns = np.column_stack([*((relative == e) & (first > 0) for e in levels), x]).astype(float)
    full = np.column_stack([columns, np.eye(i.max() + 1)[i], np.eye(t.max() + 1)[t][:, 1:]])
    groups = panel.codes(cluster)
    fit = sm.OLS(y, full).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    n, g, k = len(y), groups.max() + 1, columns.shape[1] + t.max() + 1
    m = len(levels)
    return np.asarray(fit.params[:m]), (n - 1) / (n - k) * g / (g - 1) * np.asarray(fit.cov_params())[:m, :m]


@pytest.mark.parametrize(("window", "cluster"), [((-6, 4), "i"), ((-3, 2), "i"), ((-3, 2), "place")])
def test_dummies_written_out(window: tuple[int, int], cluster: str) -> None:
    panel = simulated(1)
    found = did(panel, "y", "first", method="event_study", controls=["x"], window=window, cluster=cluster)
    assert found.path is not None and found.path.vcov is not None
    kept = found.path.relative != -1
    coef, vcov = by_dummies(panel, found.path.relative[kept].tolist(), window, cluster)
    np.testing.assert_allclose(found.path.estimate[kept], coef, rtol=EXACT, atol=1e-12)
    np.testing.assert_allclose(found.path.vcov[np.ix_(kept, kept)], vcov, rtol=1e-6, atol=1e-12)
    assert found.path.reference == -1
    assert found.path.binned == (() if window == (-6, 4) else (-3, 2))


def test_joint_pre_test_and_average_use_the_joint_covariance() -> None:
    panel = simulated(2)
    found = did(panel, "y", "first", method="event_study", controls=["x"])
    levels = [e for e in found.event["relative"].to_list() if e != -1]
    coef, vcov = by_dummies(panel, levels, (-9, 9), "i")
    before = np.array(levels) < 0
    wald = coef[before] @ np.linalg.solve(vcov[np.ix_(before, before)], coef[before])
    assert found.pre_test is not None
    assert found.pre_test.statistic == pytest.approx(wald, rel=EXACT)
    q = int(before.sum())
    assert found.pre_test.p == pytest.approx(fisher.sf(wald * (60 - q) / (q * 59), q, 60 - q), rel=1e-6)
    assert f"F({q}, {60 - q})" in found.pre_test.said(found.label).en
    first, t = panel.arrays("first", "t")
    rows = np.array([np.count_nonzero((first > 0) & (t - first == e)) for e in levels]) * ~before
    assert found.att == pytest.approx(rows @ coef / rows.sum(), rel=EXACT)
    assert found.se == pytest.approx((rows @ vcov @ rows) ** 0.5 / rows.sum(), rel=EXACT)


def test_without_never_treated_units_a_second_reference_is_named() -> None:
    panel = simulated(3, never=False)
    found = did(panel, "y", "first", method="event_study", controls=["x"], comparison="not_yet")
    assert any("collinear" in note.en and "-6 is zero too" in note.en for note in found.notes)
    levels = [e for e in found.event["relative"].to_list() if e not in (-6, -1)]
    coef, _ = by_dummies(panel, levels, (-9, 9), "i")
    assert found.path is not None
    kept = np.isin(found.path.relative, levels)
    np.testing.assert_allclose(found.path.estimate[kept], coef, rtol=1e-7, atol=1e-10)
    assert found.event.filter(pl.col("relative") == -6).select("estimate", "se").row(0) == (0.0, None)


def test_binned_ends_break_the_collinearity() -> None:
    found = did(simulated(3, never=False), "y", "first", method="event_study", comparison="not_yet", window=(-3, 2))
    assert not any("is zero too" in note.en for note in found.notes)


def test_reference_follows_anticipation_and_choice() -> None:
    panel = simulated(4)
    ahead = did(panel, "y", "first", method="event_study", anticipation=1)
    assert ahead.path is not None and ahead.path.reference == -2
    chosen = did(panel, "y", "first", method=EventStudy(reference=-2))
    np.testing.assert_allclose(ahead.path.estimate, chosen.path.estimate, atol=1e-12)  # type: ignore[union-attr]
    base = did(panel, "y", "first", method="event_study").event
    shift = base.filter(pl.col("relative") == -2)["estimate"].item()
    np.testing.assert_allclose(chosen.event["estimate"], base["estimate"] - shift, atol=1e-10)


def test_a_single_cohort_against_never_treated_gives_differences_in_means() -> None:
    panel = simulated(5)
    one = Panel.from_frame(panel.frame.filter(pl.col("first").is_in([0, 2004])), id="i", time="t")
    found = did(one, "y", "first", method="event_study")
    table = one.frame.with_columns(treated=pl.col("first") > 0).group_by("treated", "t").agg(pl.col("y").mean())
    mean = {(treated, t): y for treated, t, y in table.rows()}
    for e, estimate in found.event.select("relative", "estimate").rows():
        gap = [mean[True, year] - mean[False, year] for year in (2004 + e, 2003)]
        assert estimate == pytest.approx(gap[0] - gap[1], abs=1e-10)


@pytest.mark.parametrize("reference", [0, -7])
def test_a_reference_that_cannot_serve_is_refused(reference: int) -> None:
    with pytest.raises((ConfigError, NotIdentifiedError)):
        did(simulated(6), "y", "first", method=EventStudy(reference=reference), window=(-4, 2))
