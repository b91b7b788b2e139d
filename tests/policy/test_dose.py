"""Dose-response: differences in means and least squares by hand, the library's curve, refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy.design import design
from dualcarbon.policy.dose import dose
from dualcarbon.policy.dose_effects import dose_response, spline

EXACT = 1e-9
"""Least squares by other routes: rounding of both."""


def simulated(seed: int, cohorts: tuple[int, ...] = (0, 2003, 2004)) -> Panel:
    r = np.random.default_rng(seed)
    units, periods = 150, 6
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(2000, 2000 + periods), units)
    first = r.choice(cohorts, units)[i]
    d = np.where(first > 0, r.uniform(0.5, 2.0, units)[i], 0.0)
    y = r.normal(size=units)[i] + 0.1 * t + ((first > 0) & (t >= first)) * (0.2 + 0.5 * d) + 0.5 * r.normal(size=len(i))
    table = {"i": i, "t": t, "first": first, "d": d, "y": y, "x": r.normal(size=len(i)), "place": i // 3}
    return Panel.from_frame(pl.DataFrame(table), id="i", time="t")


def test_linear_curve_by_hand() -> None:
    panel = simulated(1)
    found = dose(panel, "y", "first", dose="d", degree=1)
    wide = panel.frame.pivot(on="t", index=["i", "first", "d"], values="y")
    first, amount = wide["first"].to_numpy(), wide["d"].to_numpy()
    level, slope, mass = 0.0, 0.0, 0
    for g in (2003, 2004):
        for t in range(g, 2006):
            change = (wide[str(t)] - wide[str(g - 1)]).to_numpy()
            mine = first == g
            b = np.polyfit(amount[mine], change[mine] - change[first == 0].mean(), 1)
            level += mine.sum() * (change[mine].mean() - change[first == 0].mean())
            slope += mine.sum() * b[0]
            mass += mine.sum()
    assert found.att.estimate == pytest.approx(level / mass, rel=EXACT)
    assert found.slope.estimate == pytest.approx(slope / mass, rel=EXACT)
    np.testing.assert_allclose(found.curve["slope"], slope / mass, rtol=1e-9)


@pytest.mark.parametrize(("degree", "knots"), [(1, 0), (3, 0), (3, 2)])
def test_the_library_with_one_cohort(degree: int, knots: int) -> None:
    from diff_diff import ContinuousDiD

    panel = simulated(2, (0, 2003))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ContinuousDiD(degree=degree, num_knots=knots, base_period="universal")
        roles = {"unit": "i", "time": "t", "first_treat": "first", "dose": "d"}
        other = model.fit(pd.DataFrame(panel.frame.to_dict(as_series=False)), outcome="y", **roles)
    sample = design(panel, "y", "first")
    amount = panel.arrays("d")[0][sample.starts]
    grid = np.asarray(other.dose_response_att.dose_grid)
    basis = spline(amount[sample.ever[sample.starts]], degree, knots)
    found, q = dose_response(sample, amount, basis, grid), len(grid)
    np.testing.assert_allclose(found.estimate[:q], other.dose_response_att.effects, rtol=1e-8)
    np.testing.assert_allclose(found.se[:q], other.dose_response_att.se, rtol=1e-8)
    np.testing.assert_allclose(found.estimate[q:-2], other.dose_response_acrt.effects, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.se[q:-2], other.dose_response_acrt.se, rtol=1e-7)
    assert found.estimate[-2] == pytest.approx(other.overall_att, rel=1e-9)
    assert found.se[-2] == pytest.approx(other.overall_att_se, rel=1e-9)
    assert found.estimate[-1] == pytest.approx(other.overall_acrt, rel=1e-8)


def test_two_way_regressions_with_dummies_written_out() -> None:
    panel = simulated(3)
    found = dose(panel, "y", "first", dose="d", controls=["x"])
    i, t = panel.codes("i"), panel.codes("t")
    y, first, year, d, x = panel.arrays("y", "first", "t", "d", "x")
    on = ((first > 0) & (year >= first)).astype(float)
    amount = panel.frame.group_by("i", maintain_order=True).first().filter(pl.col("first") > 0)["d"].mean()
    effects = [np.eye(150)[i], np.eye(6)[t][:, 1:]]
    kind = {"groups": i, "use_correction": False}
    n, g = len(y), 150
    one = sm.OLS(y, np.column_stack([on * d, x, *effects])).fit(cov_type="cluster", cov_kwds=kind)
    assert found.linear.estimate == pytest.approx(one.params[0], rel=1e-8)
    assert found.linear.se == pytest.approx(one.bse[0] * ((n - 1) / (n - 8) * g / (g - 1)) ** 0.5, rel=1e-7)
    two = sm.OLS(y, np.column_stack([on, on * (d - amount), x, *effects])).fit()
    assert found.level.estimate == pytest.approx(two.params[0], rel=1e-8)
    assert found.gradient.estimate == pytest.approx(two.params[1], rel=1e-8)


def test_exact_response_is_recovered() -> None:
    panel = simulated(4)
    first, t, d = panel.arrays("first", "t", "d")
    y = panel.codes("i") + 2.0 * t + ((first > 0) & (t >= first)) * (1.0 + d - 0.3 * d**2)
    exact = Panel.from_frame(panel.frame.with_columns(pl.Series("y", y)), id="i", time="t")
    found = dose(exact, "y", "first", dose="d", degree=2)
    grid = found.curve["dose"].to_numpy()
    np.testing.assert_allclose(found.curve["effect"], 1.0 + grid - 0.3 * grid**2, atol=1e-9)
    np.testing.assert_allclose(found.curve["slope"], 1.0 - 0.6 * grid, atol=1e-9)


def test_slopes_of_the_basis_are_derivatives() -> None:
    r = np.random.default_rng(5)
    amounts = r.uniform(0.5, 2.0, 50)
    basis = spline(amounts, 3, 2)
    h = 1e-6
    numeric = (basis.at(amounts + h) - basis.at(amounts - h)) / (2 * h)
    np.testing.assert_allclose(basis.slope(amounts), numeric, atol=1e-7)


def test_coverage_of_mean_effect_and_slope() -> None:
    """200 panels: 95 % intervals hold the truth within four standard errors of that share."""
    held = []
    for seed in range(200):
        found = dose(simulated(1000 + seed), "y", "first", dose="d", degree=1)
        low, high = (found.slope.estimate + z * found.slope.se for z in (-1.976, 1.976))
        held.append(low <= 0.5 <= high)
    assert abs(np.mean(held) - 0.95) < 4 * (0.95 * 0.05 / 200) ** 0.5


def test_not_yet_treated_and_coarser_clusters() -> None:
    panel = simulated(6, (2003, 2004))
    found = dose(panel, "y", "first", dose="d", degree=1, comparison="not_yet", cluster="place")
    wide = panel.frame.pivot(on="t", index=["i", "first", "d"], values="y")
    change = (wide["2003"] - wide["2002"]).to_numpy()
    mine = (wide["first"] == 2003).to_numpy()
    assert found.att.estimate == pytest.approx(change[mine].mean() - change[~mine].mean(), rel=EXACT)
    assert found.att.df == 49


def test_tables_in_both_languages() -> None:
    found = dose(simulated(7), "y", "first", dose="d", controls=["x"])
    assert len(found.table().rows) == 5
    assert len(found.curve_table().rows) == 25
    assert any("not the curve" in note.en for note in found.table().notes)


def test_refusals() -> None:
    panel = simulated(8)
    with pytest.raises(DataError, match="positive and constant"):
        bad = panel.frame.with_columns(d=pl.when(pl.col("i") == 1).then(-1.0).otherwise(pl.col("d") * pl.col("t")))
        dose(Panel.from_frame(bad, id="i", time="t"), "y", "first", dose="d")
    with pytest.raises(NotIdentifiedError, match="distinct doses"):
        steps = panel.frame.with_columns(d=pl.col("d").round(0) + 1.0)
        dose(Panel.from_frame(steps, id="i", time="t"), "y", "first", dose="d")
    with pytest.raises(NotIdentifiedError, match="never-treated"):
        dose(simulated(9, (2003, 2004)), "y", "first", dose="d")
    with pytest.raises(ConfigError, match="degree"):
        dose(panel, "y", "first", dose="d", degree=0)


def test_missing_base_periods_are_refused() -> None:
    panel = simulated(4)
    spread = Panel.from_frame(
        panel.frame.with_columns(t=2 * pl.col("t") - 2000, first=2 * pl.col("first") - 2000 * (pl.col("first") > 0)),
        id="i",
        time="t",
    )
    with pytest.raises(DataError, match="reference period"):
        dose(spread, "y", "first", dose="d", gaps="keep", degree=1)


def test_doses_on_one_side_of_a_knot_are_refused() -> None:
    panel = simulated(5)
    apart = panel.with_columns(pl.col("d") + 9.0 * (pl.col("first") == 2004))
    with pytest.raises(NotIdentifiedError, match="distinct doses"):
        dose(apart, "y", "first", dose="d", degree=1, knots=1)


def test_nobody_left_to_compare_with_is_refused() -> None:
    panel = simulated(6, cohorts=(2003, 2004))
    with pytest.raises(NotIdentifiedError, match="no effect"):
        dose(panel, "y", "first", dose="d", degree=1, comparison="not_yet", anticipation=1)


def test_an_outcome_that_never_changes_has_no_p() -> None:
    found = dose(simulated(7).with_columns(pl.lit(1.0).alias("y")), "y", "first", dose="d", degree=1)
    assert np.isnan(found.att.p)


def test_options_must_be_whole() -> None:
    with pytest.raises(ConfigError, match="degree"):
        dose(simulated(7), "y", "first", dose="d", degree=1.5)  # type: ignore[arg-type]


def test_an_exact_curve_is_said() -> None:
    panel = simulated(8)
    few = panel.keep((pl.col("first") == 0) | pl.col("i").is_in(_two(panel)), reason=Text("甲", "a"))
    found = dose(few, "y", "first", dose="d", degree=1)
    assert any("no more units than the curve" in note.en for note in found.notes)


def _two(panel: Panel) -> list[int]:
    return panel.frame.filter(pl.col("first") == 2003)["i"].unique().sort().head(2).to_list()
