"""Two-stage difference-in-differences: the library's numbers, the dense sandwich, imputation, what has no answer."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.policy.evaluation import did
from dualcarbon.policy.models.two_stage import TwoStage
from dualcarbon.policy.result import Effect

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"

STORED = 1e-8
"""diff-diff 3.13, printed to sixteen digits."""
DENSE = 1e-9
"""Against pseudo-inverses of all dummies: rounding of both."""


def counties() -> Panel:
    path = SHARED / "mpdta.csv"
    if not path.exists():
        pytest.skip("mpdta.csv does not lie beside the checkout")
    return Panel.from_frame(pl.read_csv(path), id="countyreal", time="year")


def simulated(seed: int, *, holes: float = 0.0, never: bool = True) -> Panel:
    r = np.random.default_rng(seed)
    units, periods = 50, 8
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(2000, 2000 + periods), units)
    first = r.choice([0, 2003, 2004, 2006] if never else [2003, 2004, 2006], units)[i]
    x = 5.0 + 3.0 * r.normal(size=len(i))
    y = 100.0 + r.normal(size=units)[i] + 0.4 * x + ((first > 0) & (t >= first)) * (1.0 + 0.3 * (t - first))
    y += r.normal(size=len(i))
    table = pl.DataFrame({"i": i, "t": t, "first": first, "x": x, "y": y, "place": i % 14})
    return Panel.from_frame(table.filter(pl.Series(r.random(len(i)) >= holes)), id="i", time="t")


def dense(panel: Panel, labels: np.ndarray, fixed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Both stages with all dummies and the textbook sandwich, clustered by unit; labels (n,), -1 for none."""
    i, t = panel.codes("i"), panel.codes("t")
    y, first, year, x = panel.arrays("y", "first", "t", "x")
    free = (first == 0) | (year < first)
    z = np.column_stack([np.eye(i.max() + 1)[i], np.eye(t.max() + 1)[t], x])
    z0 = z * free[:, None]
    inverse = np.linalg.pinv(z0.T @ z0)
    left = y - z @ (inverse @ (z0.T @ y))
    d = np.column_stack([labels == k for k in np.unique(labels[labels >= 0])]).astype(float)
    bread = np.linalg.inv(d.T @ d)
    coef = bread @ d.T @ left
    u = left - d @ coef
    if fixed:
        for g, s in {(g, s) for g, s in zip(first[~free], year[~free], strict=True)}:
            cell = (first == g) & (year == s)
            u[cell] = left[cell] - left[cell].mean()
    psi = d * u[:, None] * (labels >= 0)[:, None] - (z0 @ (inverse @ (z.T @ d))) * (left * free)[:, None]
    scores = np.eye(i.max() + 1)[i].T @ psi @ bread
    return coef, scores.T @ scores


def test_the_library_on_counties() -> None:
    found = did(counties(), "lemp", "first.treat", method="two_stage")
    assert found.att == pytest.approx(-0.04770991827781726, rel=STORED)
    assert found.se == pytest.approx(0.01347840880775921, rel=STORED)
    after = found.event.filter(pl.col("relative") >= 0)
    assert after["estimate"].to_list() == pytest.approx([-0.03106693, -0.05223486, -0.13607811, -0.10470747], abs=5e-9)
    assert after["se"].to_list() == pytest.approx([0.01364307, 0.01896384, 0.03534197, 0.03376585], abs=5e-9)
    assert found.cohorts["estimate"].to_list() == pytest.approx([-0.08461926, -0.01833944, -0.04310603], abs=5e-9)
    assert found.cohorts["se"].to_list() == pytest.approx([0.02561662, 0.02001766, 0.01837214], abs=5e-9)
    assert found.path is not None and found.path.vcov is not None
    assert found.path.vcov[4, 5] == pytest.approx(1.03716837e-04, rel=1e-7)
    before = found.event.filter(pl.col("relative") < -1)["estimate"].to_list()
    assert before == pytest.approx([-0.00139535, 0.023841, 0.02168227], abs=5e-9)


@pytest.mark.parametrize(("seed", "holes", "fixed"), [(1, 0.0, False), (2, 0.15, False), (3, 0.15, True)])
def test_the_dense_sandwich(seed: int, holes: float, fixed: bool) -> None:
    panel = simulated(seed, holes=holes)
    model = TwoStage(timing="fixed" if fixed else "drawn")
    found = did(panel, "y", "first", method=model, controls=["x"], gaps="keep")
    first, t = panel.arrays("first", "t")
    treated = (first > 0) & (t >= first)
    coef, vcov = dense(panel, np.where(treated, 0, -1), fixed)
    assert found.att == pytest.approx(coef[0], rel=DENSE)
    assert found.se == pytest.approx(vcov[0, 0] ** 0.5, rel=DENSE)
    assert found.path is not None and found.path.vcov is not None
    coef, vcov = dense(panel, np.where(treated, t - first, -1), fixed)
    after = found.path.relative >= 0
    np.testing.assert_allclose(found.path.estimate[after], coef, rtol=1e-8)
    np.testing.assert_allclose(found.path.vcov[np.ix_(after, after)], vcov, rtol=1e-7, atol=1e-14)
    coef, vcov = dense(panel, np.where(treated, first, -1), fixed)
    np.testing.assert_allclose(found.cohorts["estimate"], coef, rtol=1e-8)
    np.testing.assert_allclose(found.cohorts["se"], np.sqrt(np.diag(vcov)), rtol=1e-8)


def test_leads_are_the_event_study_of_the_untreated_rows() -> None:
    panel = simulated(4)
    found = did(panel, "y", "first", method="two_stage", controls=["x"])
    first, t = panel.arrays("first", "t")
    free = (first == 0) | (t < first)
    i, year = panel.codes("i")[free], panel.codes("t")[free]
    y, x = (v[free] for v in panel.arrays("y", "x"))
    relative, ever = (t - first)[free], first[free] > 0
    levels = [e for e in found.event["relative"].to_list() if e < -1]
    columns = np.column_stack([*((relative == e) & ever for e in levels), x]).astype(float)
    full = np.column_stack([columns, np.eye(50)[i], np.eye(year.max() + 1)[year][:, 1:]])
    full = full[:, np.abs(full).sum(axis=0) > 0]
    groups = {"groups": i, "use_correction": False}
    fit = sm.OLS(y, full).fit(cov_type="cluster", cov_kwds=groups)
    m = len(levels)
    assert found.path is not None and found.path.vcov is not None
    at = np.searchsorted(found.path.relative, levels)
    np.testing.assert_allclose(found.path.estimate[at], fit.params[:m], rtol=1e-7, atol=1e-10)
    joint = found.path.vcov[np.ix_(at, at)]
    n, k = full.shape
    factor = (n - 1) / (n - (k - 49)) * 50 / 49
    np.testing.assert_allclose(joint, factor * np.asarray(fit.cov_params())[:m, :m], rtol=1e-6, atol=1e-12)
    assert found.pre_test is not None and found.pre_test.df == m


def same(a: Effect, b: Effect) -> None:
    assert a.att == pytest.approx(b.att, rel=1e-10)
    assert a.se == pytest.approx(b.se, rel=1e-9)


def test_point_estimates_equal_imputation() -> None:
    panel = simulated(5, holes=0.1)
    a, b = (did(panel, "y", "first", method=m, controls=["x"], gaps="keep") for m in ("two_stage", "imputation"))
    assert a.att == pytest.approx(b.att, rel=1e-9)


def test_fixed_timing_has_the_error_of_imputation() -> None:
    """With means of the cell taken from both, the variances are the same sum."""
    panel = simulated(6)
    a = did(panel, "y", "first", method=TwoStage(timing="fixed"), controls=["x"])
    b = did(panel, "y", "first", method="imputation", controls=["x"])
    assert a.se == pytest.approx(b.se, rel=1e-8)


def test_row_order_and_rescaling() -> None:
    panel = simulated(7)
    mixed = panel.frame.sample(fraction=1.0, shuffle=True, seed=1).with_columns(pl.col("x") * 1e7)
    a, b = (did(p, "y", "first", method="two_stage", controls=["x"])
            for p in (panel, Panel.from_frame(mixed, id="i", time="t")))  # fmt: skip
    same(a, b)


def test_coarser_clusters() -> None:
    panel = simulated(8)
    found = did(panel, "y", "first", method="two_stage", cluster="place")
    assert found.df == 13
    assert any("only 14 clusters" in note.en for note in found.notes)


def test_the_constant_effect_without_noise_is_found_exactly() -> None:
    panel = simulated(9)
    first, t = panel.arrays("first", "t")
    y = 3.0 * ((first > 0) & (t >= first)) + 0.1 * t + panel.codes("i")
    exact = Panel.from_frame(panel.frame.with_columns(pl.Series("y", y)), id="i", time="t")
    found = did(exact, "y", "first", method="two_stage")
    assert found.att == pytest.approx(3.0, rel=1e-10)
    assert np.isnan(found.se) and np.isnan(found.p)
    assert "left empty" in found.notes[-1].en


def test_periods_in_which_everybody_is_treated_are_left_out_and_counted() -> None:
    panel = simulated(10, never=False)
    found = did(panel, "y", "first", method="two_stage", comparison="not_yet")
    late = int(np.count_nonzero(panel.arrays("t")[0] >= 2006))
    assert any(f"{late} rows are left out" in note.en for note in found.notes)
    assert found.n == panel.n - late
    short = Panel.from_frame(panel.frame.filter(pl.col("t") < 2006), id="i", time="t")
    again = did(short, "y", "first", method="two_stage", comparison="not_yet")
    same(found, again)


def test_anticipation_stays_out_of_the_average() -> None:
    panel = simulated(11)
    found = did(panel, "y", "first", method="two_stage", anticipation=1)
    first, t = panel.arrays("first", "t")
    early = pl.Series((first > 0) & (t == first - 1))
    left = Panel.from_frame(panel.frame.filter(~early), id="i", time="t")
    same(found, did(left, "y", "first", method="two_stage", gaps="keep"))
    assert found.path is not None and found.path.reference == -2
    assert -1 in found.path.relative[found.path.se > 0]


def test_window_bins_both_ends() -> None:
    panel = simulated(12)
    found = did(panel, "y", "first", method="two_stage", window=(-3, 2))
    assert found.event["relative"].to_list() == [-3, -2, -1, 0, 1, 2]
    assert found.path is not None and found.path.binned == (-3, 2)
    assert all(a < b for a, b in pairwise(found.event["relative"].to_list()))


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="window"):
        did(simulated(13), "y", "first", method="two_stage", window=(-1, 3), anticipation=1)
    with pytest.raises(ConfigError, match="timing"):
        did(simulated(13), "y", "first", method=TwoStage(timing="often"))  # type: ignore[arg-type]
