"""Balance against moments taken by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import DotPlot
from dualcarbon.core.panel import Panel
from dualcarbon.policy.balance import INDEX, balance
from dualcarbon.policy.design import Design, design
from dualcarbon.policy.matched_sample import matched_sample
from dualcarbon.policy.matching import Nearest, Weighting
from dualcarbon.policy.models.matched import Matched

EXACT = 1e-12


def sample(cohorts: tuple[int, ...] = (2, 3), units: int = 400) -> Design:
    r = np.random.default_rng(4)
    x, z = r.normal(size=(2, units))
    first = np.where(x + r.normal(size=units) > 0.6, r.choice(cohorts, units), 0)
    t = pl.DataFrame({"i": np.repeat(np.arange(units), 4), "t": [1, 2, 3, 4] * units, "g": np.repeat(first, 4)})
    t = t.with_columns(x=pl.Series(np.repeat(x, 4)), z=pl.Series(np.repeat(z, 4)), y=pl.lit(0.0))
    return design(Panel.from_frame(t, id="i", time="t"), "y", "g", controls=["x", "z"])


def test_one_cohort_by_hand() -> None:
    d = sample((3,))
    found = balance(d, Matched(Nearest(None), support=False))
    (c,) = matched_sample(d, Nearest(None), support=False).cohorts
    mine, theirs = c.controls[c.treated, 0], c.controls[~c.treated, 0]
    w = c.weights[~c.treated]
    spread = np.sqrt((mine.var(ddof=1) + theirs.var(ddof=1)) / 2)
    mean = np.average(theirs, weights=w)
    variance = np.sum(w * (theirs - mean) ** 2) / (w.sum() - (w**2).sum() / w.sum())
    row = found.frame.row(0, named=True)
    expected = {
        "control": "x",
        "treated_before": mine.mean(),
        "comparison_before": theirs.mean(),
        "difference_before": (mine.mean() - theirs.mean()) / spread,
        "ratio_before": mine.var(ddof=1) / theirs.var(ddof=1),
        "treated_after": mine.mean(),
        "comparison_after": mean,
        "difference_after": (mine.mean() - mean) / spread,
        "ratio_after": mine.var(ddof=1) / variance,
    }
    assert row == {k: v if isinstance(v, str) else pytest.approx(v, rel=EXACT) for k, v in expected.items()}


def test_cohorts_are_joined_by_their_treated_units() -> None:
    d = sample()
    found = balance(d, Matched(Weighting(), support=False))
    sizes = [int(c.treated.sum()) for c in matched_sample(d, Weighting(), support=False).cohorts]
    parts = found.by_cohort.filter(pl.col("control") == "x")
    for column in ("treated_before", "comparison_before", "treated_after", "comparison_after"):
        assert found.frame[column][0] == pytest.approx(float(np.average(parts[column], weights=sizes)), rel=EXACT)
    assert found.treated == found.matched == sum(sizes) and found.off_support == 0


def test_weighting_by_the_logit_balances_what_it_is_fitted_on() -> None:
    found = balance(sample(), Matched(Weighting(), support=False))
    assert found.frame["difference_before"][0] > 0.8
    assert found.frame["difference_after"].abs().max() < 0.12


def test_off_the_support_the_odds_are_those_of_a_propensity_without_the_units_that_left() -> None:
    d = sample((3,), units=200)
    found = balance(d, Matched(Weighting()))
    (c,) = matched_sample(d, Weighting()).cohorts
    assert found.off_support == np.count_nonzero(~c.supported) > 0
    from statsmodels.discrete.discrete_model import Logit

    x = np.column_stack([np.ones(len(c.unit)), c.controls])
    theirs = Logit(c.treated[c.supported] * 1.0, x[c.supported]).fit(disp=False, tol=1e-14)
    np.testing.assert_allclose(c.index, x @ theirs.params, rtol=1e-8)
    odds = np.exp(c.index[~c.treated])
    np.testing.assert_allclose(c.weights[~c.treated], found.matched * odds / odds.sum(), rtol=1e-8)
    assert found.frame["difference_after"].abs().max() < 0.12


def test_exhibits() -> None:
    found = balance(sample())
    table, figure = found.table(), found.figure()
    assert table.row_keys == ("x", "z", INDEX) and [h.key for h in table.headers][1:5] == [
        f"{m}_before" for m in ("treated", "comparison", "difference", "ratio")
    ]
    plot = figure.drawing
    assert isinstance(plot, DotPlot) and plot.references == (0.0, 0.1)
    before, after = plot.series
    assert before.hollow and list(before.x) == sorted(before.x, reverse=True) and min(after.x) >= 0.0
    assert f"{found.off_support} are off the common support" in table.notes[0].en
    assert "largest standardised difference" in repr(found)


def test_without_controls_it_refuses() -> None:
    d = sample()
    table = pl.DataFrame({"i": d.unit, "t": d.period, "g": np.where(d.ever, d.first, 0), "y": d.outcome})
    bare = design(Panel.from_frame(table, id="i", time="t"), "y", "g")
    with pytest.raises(ConfigError, match="needs controls"):
        balance(bare)


def test_a_constant_control_has_no_difference() -> None:
    r = np.random.default_rng(5)
    x = r.normal(size=90)
    first = np.where(x + r.normal(size=90) > 0.5, r.choice([2, 3], 90), 0)
    t = pl.DataFrame({"i": np.repeat(np.arange(90), 4), "t": [1, 2, 3, 4] * 90, "g": np.repeat(first, 4)})
    t = t.with_columns(x=pl.Series(np.repeat(x, 4)), k=pl.lit(0.1), y=pl.lit(0.0))
    whole = design(Panel.from_frame(t, id="i", time="t"), "y", "g", controls=["x", "k"])
    row = balance(whole, Matched(Weighting())).frame.row(by_predicate=pl.col("control") == "k", named=True)
    assert [row[f"{m}_{w}"] for m in ("difference", "ratio") for w in ("before", "after")] == [None] * 4
