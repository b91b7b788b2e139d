"""Triple differences: means by hand, dummies written out, the library's group-time effects, refusals."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy.triple import Triple, triple

EXACT = 1e-9
"""Means and dummies by other routes: rounding of both."""


def simulated(seed: int, cohorts: tuple[int, ...] = (0, 2003, 2005)) -> Panel:
    r = np.random.default_rng(seed)
    units, periods = 180, 7
    i, t = np.repeat(np.arange(units), periods), np.tile(np.arange(2000, 2000 + periods), units)
    first = r.choice(cohorts, units)[i]
    kind = r.integers(0, 2, units)[i]
    y = r.normal(size=units)[i] + 0.1 * (t - 2000) * kind + 0.2 * (t - 2000) * (first > 0) + r.normal(size=len(i))
    y += ((first > 0) & (t >= first) & (kind == 1)) * (1.0 + 0.3 * (t - first))
    table = {"i": i, "t": t, "first": first, "kind": kind, "y": y, "x": r.normal(size=len(i)), "place": i // 6}
    return Panel.from_frame(pl.DataFrame(table), id="i", time="t")


def mean_of(panel: Panel, first: int, kind: int, t: int) -> float:
    rows = panel.frame.filter((pl.col("first") == first) & (pl.col("kind") == kind) & (pl.col("t") == t))
    return float(rows["y"].mean())  # type: ignore[arg-type]


def by_hand(panel: Panel, g: int, t: int, c: int) -> float:
    return sum(
        (1 if h == g else -1) * (1 if kind else -1) * (1 if year == t else -1) * mean_of(panel, h, kind, year)
        for h, kind, year in product((g, c), (0, 1), (t, g - 1))
    )


def test_group_time_effects_by_hand() -> None:
    panel = simulated(1)
    found = triple(panel, "y", "first", eligible="kind")
    assert found.group_time is not None and found.group_time.group_time is not None
    rows = found.group_time.group_time.rows()
    assert len(rows) == 14
    for g, t, estimate, _ in rows:
        assert estimate == pytest.approx(by_hand(panel, g, t, 0) if t != g - 1 else 0.0, abs=1e-10)
    sizes = {
        g: panel.frame.filter((pl.col("first") == g) & (pl.col("kind") == 1))["i"].n_unique() for g in (2003, 2005)
    }
    after = [(sizes[g], e) for g, t, e, _ in rows if t >= g]
    assert found.att == pytest.approx(sum(w * e for w, e in after) / sum(w for w, _ in after), rel=EXACT)


def errors_by_regression(panel: Panel, g: int, t: int) -> float:
    """HC0 error of the triple interaction in changes between two periods: the influence functions' sum of squares."""
    wide = panel.frame.filter(pl.col("first").is_in([0, g])).pivot(on="t", index=["i", "first", "kind"], values="y")
    change = (wide[str(t)] - wide[str(g - 1)]).to_numpy()
    treated, kind = (wide["first"] == g).to_numpy().astype(float), wide["kind"].to_numpy().astype(float)
    x = np.column_stack([np.ones(len(kind)), treated, kind, treated * kind])
    return float(sm.OLS(change, x).fit(cov_type="HC0").bse[3])


def test_errors_equal_those_of_the_regression_in_changes() -> None:
    panel = simulated(2)
    found = triple(panel, "y", "first", eligible="kind")
    assert found.group_time is not None and found.group_time.group_time is not None
    for g, t, _, se in found.group_time.group_time.rows():
        if t != g - 1:
            assert se == pytest.approx(errors_by_regression(panel, g, t), rel=EXACT)


@pytest.mark.parametrize(("comparison", "word"), [("never", "never_treated"), ("not_yet", "not_yet_treated")])
def test_the_library(comparison: str, word: str) -> None:
    from diff_diff import TripleDifference

    panel = simulated(3)
    found = triple(panel, "y", "first", eligible="kind", comparison=comparison)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = TripleDifference(control_group=word, base_period="universal", cband=False)
        roles = {"unit": "i", "time": "t", "first_treat": "first", "partition": "kind"}
        other = model.fit(pd.DataFrame(panel.frame.to_dict(as_series=False)), outcome="y", **roles)
    assert found.att == pytest.approx(other.overall_att, rel=1e-8)
    assert found.group_time is not None and found.group_time.group_time is not None
    mine = {(g, t): (e, s) for g, t, e, s in found.group_time.group_time.rows()}
    for (g, t), cell in other.group_time_effects.items():
        estimate, se = mine[int(g), int(t)]
        assert estimate == pytest.approx(cell["effect"], rel=1e-8, abs=1e-12)
        # The library scales the variance of a combination of several groups by N/(N-1).
        several = comparison == "not_yet" and g == 2003 and t < 2005 and t != 2002
        factor = (180 / 179) ** 0.5 if several else 1.0
        assert se * factor == pytest.approx(cell["se"], rel=1e-8)


def test_regression_with_dummies_written_out() -> None:
    panel = simulated(4)
    found = triple(panel, "y", "first", eligible="kind", controls=["x"], cluster="place")
    assert found.group_time is None
    i, t, place = (panel.codes(name) for name in ("i", "t", "place"))
    y, first, year, kind, x = panel.arrays("y", "first", "t", "kind", "x")
    cohort = np.unique(first, return_inverse=True)[1]
    dummy = (first > 0) & (year >= first) & (kind == 1)
    grids = [np.eye(180)[i], np.eye(21)[cohort * 7 + t], np.eye(14)[kind.astype(int) * 7 + t]]
    effects = np.column_stack(grids)
    whole = np.column_stack([y, dummy, x])
    rest = whole - effects @ np.linalg.lstsq(effects, whole, rcond=None)[0]
    fit = sm.OLS(rest[:, 0], rest[:, 1:]).fit(cov_type="cluster", cov_kwds={"groups": place, "use_correction": False})
    assert found.att == pytest.approx(fit.params[0], rel=EXACT)
    n, g = len(y), 30
    rank = np.linalg.matrix_rank(np.column_stack(grids[1:])) + 2
    assert found.regression.se == pytest.approx(fit.bse[0] * ((n - 1) / (n - rank) * g / (g - 1)) ** 0.5, rel=1e-6)


def test_one_cohort_and_one_period_before_make_both_the_same() -> None:
    whole = simulated(5, (0, 2003))
    panel = Panel.from_frame(whole.frame.filter(pl.col("t") >= 2002), id="i", time="t")
    found = triple(panel, "y", "first", eligible="kind")
    assert found.att == pytest.approx(found.regression.att, rel=EXACT)


def test_coarser_clusters_sum_the_scores() -> None:
    panel = simulated(6)
    units, places = (triple(panel, "y", "first", eligible="kind", cluster=c) for c in (None, "place"))
    assert units.att == pytest.approx(places.att)
    assert units.se != pytest.approx(places.se, rel=1e-3)
    assert places.main.df == 29


def test_window_and_path() -> None:
    found = triple(simulated(7), "y", "first", eligible="kind", window=(-2, 2))
    assert found.event["relative"].to_list() == [-2, -1, 0, 1, 2]
    assert found.main.pre_test is not None and found.main.pre_test.df == 1


def test_table_in_both_languages() -> None:
    table = triple(simulated(8), "y", "first", eligible="kind").table()
    assert [row[0].value.en for row in table.rows] == [  # type: ignore[union-attr]
        "Triple difference (group-time)",
        "Triple difference (three-way regression)",
    ]
    assert any("2003 eligible" in note.en and "2003适用" in note.zh for note in table.notes)


def asked(frame: pl.DataFrame) -> Triple:
    return triple(Panel.from_frame(frame, id="i", time="t"), "y", "first", eligible="kind")


def test_eligibility_that_changes_is_refused() -> None:
    frame = simulated(9).frame
    with pytest.raises(DataError, match="constant within units"):
        asked(frame.with_columns(kind=pl.when(pl.col("t") > 2003).then(1 - pl.col("kind")).otherwise(pl.col("kind"))))


def test_dates_missing_for_the_ineligible_are_explained() -> None:
    frame = simulated(10).frame
    with pytest.raises(NotIdentifiedError, match="date of their place"):
        asked(frame.with_columns(first=pl.col("first") * pl.col("kind")))


def test_missing_eligibility_leaves_counted() -> None:
    frame = simulated(11).frame
    found = asked(frame.with_columns(kind=pl.when(pl.col("i") == 3).then(None).otherwise(pl.col("kind"))))
    assert any(drop.reason.en == "eligibility missing" and drop.rows == 7 for drop in found.main.design.drops)


def test_missing_base_periods_are_refused() -> None:
    panel = simulated(4)
    spread = Panel.from_frame(
        panel.frame.with_columns(t=2 * pl.col("t") - 2000, first=2 * pl.col("first") - 2000 * (pl.col("first") > 0)),
        id="i",
        time="t",
    )
    with pytest.raises(DataError, match="reference period"):
        triple(spread, "y", "first", eligible="kind", gaps="keep")


def test_nobody_left_to_compare_with_is_refused() -> None:
    panel = simulated(5, cohorts=(2003, 2004))
    with pytest.raises(NotIdentifiedError, match="no effect"):
        triple(panel, "y", "first", eligible="kind", comparison="not_yet", anticipation=1)


def test_a_cohort_may_begin_before_zero() -> None:
    panel = simulated(6, cohorts=(0, 2003))
    on = (pl.col("first") > 0) & (pl.col("t") >= pl.col("first"))
    moved = Panel.from_frame(panel.frame.with_columns(on=on, t=pl.col("t") - 2004), id="i", time="t")
    found = triple(moved, "y", treated="on", eligible="kind")
    assert found.cells["cohort"].to_list() == [-1, -1, None, None]
    assert found.att == pytest.approx(triple(panel, "y", "first", eligible="kind").att, rel=EXACT)
