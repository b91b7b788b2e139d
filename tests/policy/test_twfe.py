"""Two-way fixed effects: published numbers, dummies written out, and the weights of the coefficient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy.design import design
from dualcarbon.policy.evaluation import did
from dualcarbon.policy.models.twfe import two_way_weights
from dualcarbon.policy.within import within

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"

PRINTED = 1e-9
"""Anchors from R fixest are given to ten digits."""
EXACT = 1e-9
"""Against dummies by QR: rounding of both."""


def stored(name: str, unit: str) -> Panel:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} does not lie beside the checkout")
    return Panel.from_frame(pl.read_csv(path), id=unit, time="year")


def simulated(seed: int, *, never: bool = True, periods: int = 6) -> Panel:
    r = np.random.default_rng(seed)
    units = 45
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(2000, 2000 + periods), units)
    first = r.choice([0, 2002, 2003, 2004] if never else [2002, 2003, 2004], units)[i]
    x = r.normal(size=len(i)) + 0.3 * i / units
    y = (
        r.normal(size=units)[i]
        + 0.4 * x
        + ((first > 0) & (t >= first)) * (1.0 + 0.5 * (t - first))
        + r.normal(size=len(i))
    )
    table = {"i": i, "t": t, "first": first, "x": x, "y": y, "place": i % 12}
    return Panel.from_frame(pl.DataFrame(table), id="i", time="t")


def by_dummies(panel: Panel, columns: np.ndarray, cluster: str) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and clustered covariance, (N-1)/(N-K) G/(G-1), K without the units."""
    i, t = panel.codes("i"), panel.codes("t")
    y = panel.arrays("y")[0]
    k = columns.shape[1]
    full = np.column_stack([columns, np.eye(i.max() + 1)[i], np.eye(t.max() + 1)[t][:, 1:]])
    groups = panel.codes(cluster)
    fit = sm.OLS(y, full).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    n, g, parameters = len(y), groups.max() + 1, k + t.max() + 1
    factor = (n - 1) / (n - parameters) * g / (g - 1)
    return np.asarray(fit.params[:k]), factor * np.asarray(fit.cov_params())[:k, :k]


def test_the_county_anchor() -> None:
    found = did(stored("mpdta.csv", "countyreal"), "lemp", "first.treat", method="twfe")
    assert found.att == pytest.approx(-0.03654893667, rel=PRINTED)
    assert found.se == pytest.approx(0.01326515543, rel=PRINTED)
    assert found.df == 499


def test_the_coefficient_of_a_control_in_base_stagg() -> None:
    panel = stored("base_stagg.csv", "id")
    y, x = panel.arrays("y", "x1")
    found = within(y, x[:, None], (panel.codes("id"), panel.codes("year")), panel.codes("id"), "id")
    assert found.coef[0] == pytest.approx(1.00363885, rel=1e-8)


@pytest.mark.parametrize("cluster", ["i", "place"])
def test_dummies_written_out(cluster: str) -> None:
    panel = simulated(1)
    found = did(panel, "y", "first", method="twfe", controls=["x"], cluster=cluster)
    first, t, x = panel.arrays("first", "t", "x")
    dummy = (first > 0) & (t >= first)
    coef, vcov = by_dummies(panel, np.column_stack([dummy, x]).astype(float), cluster)
    assert found.att == pytest.approx(coef[0], rel=EXACT)
    assert found.se == pytest.approx(vcov[0, 0] ** 0.5, rel=EXACT)


def test_weights_reproduce_the_coefficient_exactly() -> None:
    panel = simulated(2)
    sample = design(panel, "y", "first", controls=["x"])
    weights = two_way_weights(sample)
    assert weights.weight.sum() == pytest.approx(1.0, abs=1e-12)
    first, t, x = panel.arrays("first", "t", "x")
    dummy = ((first > 0) & (t >= first)).astype(float)
    i = panel.codes("i")
    full = np.column_stack([np.eye(i.max() + 1)[i], np.eye(6)[panel.codes("t")][:, 1:], x])
    residual = dummy - full @ np.linalg.lstsq(full, dummy, rcond=None)[0]
    expected = residual[dummy == 1] / residual[dummy == 1].sum()
    np.testing.assert_allclose(weights.weight, expected, atol=1e-12)
    assert weights.negative == np.count_nonzero(expected < 0)
    assert weights.negative_sum == pytest.approx(expected[expected < 0].sum(), abs=1e-12)


def test_bias_equals_the_weighted_effects_without_noise() -> None:
    panel = simulated(3)
    first, t = panel.arrays("first", "t")
    effect = ((first > 0) & (t >= first)) * (1.0 + 0.5 * (t - first))
    exact = Panel.from_frame(panel.frame.with_columns(pl.Series("y", effect)), id="i", time="t")
    sample = design(exact, "y", "first")
    weights = two_way_weights(sample)
    assert did(exact, "y", "first", method="twfe").att == pytest.approx(float(weights.weight @ effect[weights.rows]))


def test_one_cohort_has_no_negative_weight() -> None:
    panel = simulated(4)
    one = Panel.from_frame(panel.frame.filter(pl.col("first").is_in([0, 2003])), id="i", time="t")
    found = two_way_weights(design(one, "y", "first"))
    assert found.negative == 0
    assert np.ptp(found.weight) < 1e-12


def test_the_note_names_the_share_of_negative_weights() -> None:
    found = did(stored("mpdta.csv", "countyreal"), "lemp", "first.treat", method="twfe")
    assert any("20 of 291 treated observations (6.9 %)" in note.en for note in found.notes)


def test_anticipation_leaves_the_sample() -> None:
    panel = simulated(5)
    found = did(panel, "y", "first", method="twfe", anticipation=1)
    first, t = panel.arrays("first", "t")
    left = Panel.from_frame(panel.frame.filter(~pl.Series((first > 0) & (t == first - 1))), id="i", time="t")
    assert found.att == pytest.approx(did(left, "y", "first", method="twfe", gaps="keep").att, rel=1e-12)
    assert found.n < panel.n


def test_row_order_and_rescaling() -> None:
    panel = simulated(6)
    mixed = panel.frame.sample(fraction=1.0, shuffle=True, seed=1).with_columns(pl.col("y") * 1e6)
    a, b = (did(p, "y", "first", method="twfe") for p in (panel, Panel.from_frame(mixed, id="i", time="t")))
    assert b.att == pytest.approx(1e6 * a.att, rel=1e-12)
    assert b.se == pytest.approx(1e6 * a.se, rel=1e-12)


def test_one_cluster_is_refused() -> None:
    panel = simulated(7)
    one = Panel.from_frame(panel.frame.with_columns(all=pl.lit(1)), id="i", time="t")
    with pytest.raises(NotIdentifiedError, match="at least two clusters"):
        did(one, "y", "first", method="twfe", cluster="all")


def test_a_collinear_control_is_named() -> None:
    found = did(simulated(8), "y", "first", method="twfe", controls=["place"])
    assert any("control place is collinear" in note.en for note in found.notes)


def test_weights_name_rows_of_the_design_with_anticipation() -> None:
    table = pl.DataFrame({"i": [1] * 4 + [2] * 4, "t": [1, 2, 3, 4] * 2, "g": [3] * 4 + [0] * 4, "y": [0.0] * 8})
    sample = design(Panel.from_frame(table, id="i", time="t"), "y", "g", anticipation=1)
    assert two_way_weights(sample).rows.tolist() == [2, 3]
