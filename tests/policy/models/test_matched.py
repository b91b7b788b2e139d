"""Matching and DID against diff-diff's weighting, loops over matched pairs, and the weighted regression of effects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import did, evaluate
from dualcarbon.policy.design import Design, design
from dualcarbon.policy.matched_sample import matched_sample
from dualcarbon.policy.matching import Kernel, Nearest, Weighting
from dualcarbon.policy.models.callaway_santanna import CallawaySantAnna
from dualcarbon.policy.models.matched import Matched

EXACT = 1e-9  # the same sums in another order
MPDTA = Path(__file__).resolve().parents[4] / "shared/data/mpdta.csv"
WAYS = (Nearest(), Nearest(caliper=None, k=3), Nearest(replacement=False), Kernel(), Weighting())


def panel(seed: int = 0, units: int = 150, periods: int = 7, cohorts: tuple[int, ...] = (3, 5)) -> Panel:
    """Units with a high x are treated more often, and drift apart by x."""
    r = np.random.default_rng(seed)
    x, z = r.normal(size=(2, units))
    chosen = x + 0.5 * z + 2.0 * r.logistic(size=units) > 0.8
    first = np.where(chosen, r.choice(cohorts, size=units), 0)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    y = r.normal(size=units)[unit] + 0.3 * x[unit] * time + 0.1 * r.normal(size=len(unit))
    y += 1.0 * ((first > 0)[unit] & (time >= first[unit]))
    table = pl.DataFrame(
        {"i": unit, "t": time, "g": first[unit], "y": y, "x": x[unit] + 0.01 * time, "z": z[unit], "c": unit // 3}
    )
    return Panel.from_frame(table, id="i", time="t")


def sample(seed: int = 0, **asked: object) -> Design:
    return design(panel(seed), "y", "g", **{"controls": ["x", "z"], **asked})  # type: ignore[arg-type]


@pytest.mark.skipif(not MPDTA.exists(), reason="mpdta.csv is not beside the checkout")
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_weighting_gives_the_group_time_effects_of_diff_diff(comparison: str) -> None:
    data = Panel.from_frame(pl.read_csv(MPDTA), id="countyreal", time="year")
    d = design(data, "lemp", "first.treat", controls=["lpop"], comparison=comparison)  # type: ignore[arg-type]
    ours = evaluate(d, Matched(Weighting(), support=False)).group_time
    theirs = evaluate(d, CallawaySantAnna("ipw")).group_time
    assert ours is not None and theirs is not None
    if comparison == "not_yet":
        ours, theirs = (f.filter(pl.col("cohort") == 2007) for f in (ours, theirs))
    both = ours.join(theirs, on=["cohort", "period"], suffix="_theirs", validate="1:1")
    assert both.height == ours.height == (12 if comparison == "never" else 4)
    np.testing.assert_allclose(both["estimate"], both["estimate_theirs"], rtol=0, atol=1e-9)


def by_pairs(d: Design, cohort: int, k: int) -> float:
    """Mean over treated units of their change less the mean change of the k nearest never-treated by log odds."""
    found = next(c for c in matched_sample(d, Nearest(caliper=None, k=k)).cohorts if c.cohort == cohort)
    y = {u: d.outcome[d.unit == u] for u in found.unit}
    t = d.periods
    change = {u: y[u][t >= cohort].mean() - y[u][t < cohort].mean() for u in found.unit}
    pool = [(i, u) for i, u in enumerate(found.unit) if not found.treated[i]]
    gaps = []
    for i, u in enumerate(found.unit):
        if found.treated[i] and found.supported[i]:
            near = sorted(pool, key=lambda p: (abs(found.index[p[0]] - found.index[i]), found.index[p[0]]))[:k]
            gaps.append(change[u] - np.mean([change[v] for _, v in near]))
    return float(np.mean(gaps))


@pytest.mark.parametrize("k", [1, 3])
def test_cohort_effects_are_the_means_over_matched_pairs(k: int) -> None:
    d = sample()
    found = evaluate(d, Matched(Nearest(caliper=None, k=k)))
    expected = [by_pairs(d, g, k) for g in found.cohorts["cohort"].to_list()]
    np.testing.assert_allclose(found.cohorts["estimate"], expected, rtol=EXACT)


@pytest.mark.parametrize("adjust", [False, True])
@pytest.mark.parametrize("match", WAYS)
def test_one_cohort_is_the_weighted_two_way_regression(match: object, adjust: bool) -> None:
    from dualcarbon.effects import fit

    data = panel(1, cohorts=(4,))
    d = design(data, "y", "g", controls=["x", "z"], cluster="c")
    found = evaluate(d, Matched(match, adjust=adjust))  # type: ignore[arg-type]
    (cohort,) = matched_sample(d, match).cohorts  # type: ignore[arg-type]
    weight = np.zeros(150)
    weight[cohort.unit] = cohort.weights
    table = data.frame.with_columns(
        w=pl.Series(weight[d.unit]), d=((pl.col("g") > 0) & (pl.col("t") >= pl.col("g"))).cast(pl.Float64)
    ).filter(pl.col("w") > 0)
    formula = "y ~ d + x | i + t" if adjust else "y ~ d | i + t"
    theirs = fit(formula, Panel.from_frame(table, id="i", time="t"), weights="w", cluster="c")
    assert found.att == pytest.approx(theirs.coef[0], rel=EXACT)
    assert found.se == pytest.approx(theirs.se[0], rel=EXACT)
    assert found.df == theirs.df and found.n == theirs.n


def test_the_mean_of_cohorts_and_of_the_path_weighs_treated_rows() -> None:
    d = sample(2)
    found = evaluate(d, Matched())
    used = {c.cohort: int(c.weights[c.treated].sum()) for c in matched_sample(d, Nearest()).cohorts}
    rows = np.array([used[g] * (7 - g) for g in (3, 5)])
    assert found.att == pytest.approx(float(rows @ found.cohorts["estimate"].to_numpy()) / rows.sum(), rel=EXACT)
    assert found.group_time is not None
    cells = {(g, t): b for g, t, b, _ in found.group_time.iter_rows()}
    at_one = (used[3] * cells[3, 4] + used[5] * cells[5, 6]) / (used[3] + used[5])
    assert found.event.filter(pl.col("relative") == 1)["estimate"][0] == pytest.approx(at_one, rel=EXACT)
    (zero,) = found.event.filter(pl.col("relative") == -1).iter_rows(named=True)
    assert zero["estimate"] == 0.0 and zero["se"] is None


@pytest.mark.parametrize("match", WAYS)
def test_matching_removes_the_drift_that_biases_two_way_effects(match: object) -> None:
    data = panel(5, units=1500)
    bare = did(data, "y", "g", method="twfe")
    assert bare.att - 1.0 > 5 * bare.se
    found = did(data, "y", "g", method=Matched(match), controls=["x", "z"])  # type: ignore[arg-type]
    assert abs(found.att - 1.0) < 3 * found.se and found.se < 0.08
    assert found.pre_test is not None and found.pre_test.p > 0.01


def test_later_cohorts_serve_until_their_own_treatment() -> None:
    d = sample(3, comparison="not_yet", anticipation=1)
    found = matched_sample(d, Weighting())
    first = {c.cohort: d.unit_first[c.unit[~c.treated]] for c in found.cohorts}
    assert set(np.unique(first[3])) == {5, d.unit_first.max()} and len(np.unique(first[5])) == 1
    spoilt = replace(d, outcome=np.where(d.ever & (d.period >= d.first), 1e6, d.outcome))
    mine = d.first == 3
    spoilt = replace(spoilt, outcome=np.where(mine, d.outcome, spoilt.outcome))
    a, b = (evaluate(s, Matched(Weighting())).cohorts["estimate"][0] for s in (d, spoilt))
    assert a == pytest.approx(b, rel=EXACT)


def test_anticipation_moves_base_and_reference() -> None:
    found = evaluate(sample(0, anticipation=1), Matched(Weighting()))
    assert found.path is not None and found.path.reference == -2
    assert [c.base for c in matched_sample(sample(0, anticipation=1), Weighting()).cohorts] == [1, 3]


def test_controls_as_means_before_treatment() -> None:
    d = sample()
    for c in matched_sample(d, Weighting(), at="mean").cohorts:
        one = int(c.unit[7])
        past = (d.unit == one) & (d.period < c.cohort)
        np.testing.assert_allclose(c.controls[7], d.controls[past].mean(axis=0), rtol=1e-12)
    for c in matched_sample(d, Weighting()).cohorts:
        row = (d.unit == c.unit[7]) & (d.period == c.cohort - 1)
        np.testing.assert_array_equal(c.controls[7], d.controls[row][0])


def test_common_support_is_counted() -> None:
    d = sample(4)
    cohorts = matched_sample(d, Nearest()).cohorts
    for c in cohorts:
        pool = c.index[~c.treated]
        outside = c.treated & ((c.index < pool.min()) | (c.index > pool.max()))
        np.testing.assert_array_equal(~c.supported, outside)
        assert not c.weights[outside].any()
    off = sum(int(np.count_nonzero(~c.supported)) for c in cohorts)
    assert off > 0
    assert f"{off} are off the common support" in evaluate(d, Matched()).notes[0].en
    free = matched_sample(d, Nearest(caliper=None), support=False)
    assert all(c.weights[c.treated].all() for c in free.cohorts)


@pytest.mark.parametrize("match", WAYS)
def test_weights_sum_to_the_treated_that_found_somebody(match: object) -> None:
    for c in matched_sample(sample(6), match).cohorts:  # type: ignore[arg-type]
        assert c.weights[~c.treated].sum() == pytest.approx(c.weights[c.treated].sum(), rel=1e-12)


@pytest.mark.parametrize("match", [Weighting(), Kernel(), Nearest()])
def test_names_and_scales_do_not_matter(match: object) -> None:
    data = panel(7)
    turned = data.frame.with_columns(i=149 - pl.col("i"), x=pl.col("x") * 1e6 + 3e7, y=pl.col("y") * 2.0)
    a = did(data, "y", "g", method=Matched(match), controls=["x", "z"])  # type: ignore[arg-type]
    b = did(Panel.from_frame(turned, id="i", time="t"), "y", "g", method=Matched(match), controls=["z", "x"])  # type: ignore[arg-type]
    assert (b.att, b.se) == (pytest.approx(2 * a.att, rel=1e-7), pytest.approx(2 * a.se, rel=1e-7))


def test_gaps_are_kept_and_a_constant_control_is_named() -> None:
    data = panel(8)
    seen = (pl.col("i") + pl.col("t")) % 11 != 0
    holed = data.with_columns(pl.lit(1.0).alias("one")).keep(seen, Text("缺", "gone"))
    found = did(holed, "y", "g", method="matched", controls=["x", "one"], gaps="keep")
    assert np.isfinite(found.se)
    assert any("one" in note.en and "collinear" in note.en for note in found.notes)


def test_without_controls_it_refuses() -> None:
    with pytest.raises(ConfigError, match="matching needs controls"):
        did(panel(), "y", "g", method="matched")


def test_a_separated_cohort_is_left_out_and_named() -> None:
    data = panel(9)
    apart = data.with_columns((pl.col("x") + 100.0 * (pl.col("g") == 3)).alias("x"))
    found = did(apart, "y", "g", method="matched", controls=["x"])
    assert found.cohorts.filter(pl.col("estimate").is_not_null())["cohort"].to_list() == [5]
    assert any(note.en.startswith("cohort 3 (") and "separate" in note.en for note in found.notes)
    alone = data.with_columns((pl.col("x") + 100.0 * (pl.col("g") > 0)).alias("x"))
    with pytest.raises(NotIdentifiedError, match="3: the controls separate"):
        did(alone, "y", "g", method="matched", controls=["x"])


def test_a_window_leaves_periods_out() -> None:
    found = did(panel(), "y", "g", method="matched", controls=["x"], window=(-2, 1))
    assert found.event["relative"].to_list() == [-2, -1, 0, 1]
