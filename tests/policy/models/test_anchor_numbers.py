"""Sun-Abraham, imputation, stacked and synthetic on published data, against R and against brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy import did
from dualcarbon.policy.models.imputation import Imputation
from dualcarbon.policy.models.stacked import Stacked
from dualcarbon.policy.models.sun_abraham import SunAbraham
from dualcarbon.policy.models.synthetic import Synthetic, SyntheticWeights

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
STORED = 1e-8  # R's output is stored with ten digits
PUBLISHED = 5e-4  # printed with three or four decimals
EXACT = 1e-9  # the same estimator by dense algebra

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data are not beside the checkout")


@pytest.fixture(scope="module")
def mpdta() -> Panel:
    return Panel.from_frame(pl.read_csv(DATA / "mpdta.csv"), id="countyreal", time="year")


@pytest.fixture(scope="module")
def base_stagg() -> Panel:
    return Panel.from_frame(pl.read_csv(DATA / "base_stagg.csv"), id="id", time="year")


@pytest.fixture(scope="module")
def castle() -> Panel:
    table = pl.read_csv(DATA / "castle_r.csv.gz", infer_schema_length=None, null_values=["NA"])
    return Panel.from_frame(table.with_columns(lh=pl.col("homicide").log()), id="state", time="year")


@pytest.fixture(scope="module")
def prop99() -> Panel:
    return Panel.from_frame(pl.read_csv(DATA / "prop99.csv"), id="State", time="Year")


@needs_data
def test_sun_abraham_equals_fixest(mpdta: Panel, base_stagg: Panel) -> None:
    found = did(mpdta, "lemp", "first.treat", method="sun_abraham")
    assert found.att == pytest.approx(-0.03995127516, abs=STORED)
    assert found.se == pytest.approx(0.01179627744, abs=STORED)
    assert found.df == 499
    equal = did(base_stagg, "y", "year_treated", method=SunAbraham("iid"), controls=["x1"])
    assert (equal.att, equal.se) == (pytest.approx(-1.13374945, abs=STORED), pytest.approx(0.19476449, abs=STORED))


@needs_data
def test_sun_abraham_without_controls_is_callaway_santanna(mpdta: Panel) -> None:
    one, two = (did(mpdta, "lemp", "first.treat", method=m) for m in ("sun_abraham", "callaway_santanna"))
    np.testing.assert_allclose(one.event["estimate"], two.event["estimate"], atol=EXACT)
    np.testing.assert_allclose(one.cohorts["estimate"], two.cohorts["estimate"], atol=EXACT)


@needs_data
def test_last_cohort_stands_in_for_never_treated_units(mpdta: Panel) -> None:
    treated = Panel.from_frame(mpdta.frame.filter(pl.col("first.treat") > 0), id="countyreal", time="year")
    found = did(treated, "lemp", "first.treat", method="sun_abraham", comparison="not_yet")
    cut = treated.frame.filter(pl.col("year") < 2007)
    first = pl.when(pl.col("first.treat") == 2007).then(0).otherwise(pl.col("first.treat"))
    same = did(
        Panel.from_frame(cut.with_columns(first.alias("first")), id="countyreal", time="year"),
        "lemp", "first", method="sun_abraham",
    )  # fmt: skip
    assert found.att == pytest.approx(same.att, abs=EXACT)
    assert found.n == same.n == 191 * 4
    assert any("131" in note.en and "191 rows" in note.en for note in found.notes)


@needs_data
def test_a_cohort_without_its_reference_period_is_refused(mpdta: Panel) -> None:
    gone = mpdta.frame.filter(~((pl.col("first.treat") == 2006) & (pl.col("year") == 2005)))
    with pytest.raises(DataError, match="2006"):
        did(
            Panel.from_frame(gone, id="countyreal", time="year"),
            "lemp",
            "first.treat",
            method="sun_abraham",
            gaps="keep",
        )


@needs_data
def test_imputation_equals_the_published_number(mpdta: Panel) -> None:
    found = did(mpdta, "lemp", "first.treat", method="imputation")
    assert found.att == pytest.approx(-0.0477099, abs=5e-8)
    assert found.se == pytest.approx(
        0.013222488650016436, abs=EXACT
    )  # diff-diff 3.13, as Stata did_imputation computes
    assert found.path is not None
    assert found.path.reference is None


@needs_data
def test_imputation_with_controls_by_dense_algebra(base_stagg: Panel) -> None:
    found = did(base_stagg, "y", "year_treated", method="imputation", controls=["x1"])
    d = found.design
    untreated = ~d.treated
    dummies = np.column_stack(
        [d.unit[:, None] == np.arange(d.unit.max() + 1), d.period[:, None] == d.periods[1:], d.controls]
    ).astype(float)
    coef = np.linalg.lstsq(dummies[untreated], d.outcome[untreated], rcond=None)[0]
    gap = (d.outcome - dummies @ coef)[d.treated]
    assert found.att == pytest.approx(gap.mean(), abs=EXACT)
    target = np.where(d.treated, 1 / d.treated.sum(), 0.0)
    v = target.copy()
    v[untreated] = -np.linalg.pinv(dummies[untreated]).T @ (dummies[d.treated].T @ target[d.treated])
    left = d.outcome - dummies @ coef
    for g in d.cohorts:
        for e in np.unique(d.relative):
            cell = d.treated & (d.first == g) & (d.relative == e)
            if cell.any():
                left[cell] -= left[cell].mean()
    psi = np.bincount(d.unit, weights=v * left)
    assert found.se == pytest.approx(float(np.sqrt(psi @ psi)), rel=EXACT)


@needs_data
def test_imputation_counts_what_it_cannot_predict(mpdta: Panel) -> None:
    treated = Panel.from_frame(mpdta.frame.filter(pl.col("first.treat") > 0), id="countyreal", time="year")
    found = did(treated, "lemp", "first.treat", method="imputation")
    assert np.isfinite(found.att)
    assert found.n == 191 * 4
    assert any(note.en.startswith("191 treated rows (191 units, periods 2007)") for note in found.notes)
    assert found.cohorts["estimate"].null_count() == 1


@needs_data
def test_imputation_leads_by_regression_on_untreated_rows(base_stagg: Panel) -> None:
    found = did(base_stagg, "y", "year_treated", method=Imputation(leads=2))
    d = found.design
    untreated = ~d.treated
    leads = np.column_stack([d.ever & (d.relative == e) for e in (-2, -1)])
    dummies = np.column_stack([d.unit[:, None] == np.arange(d.unit.max() + 1), d.period[:, None] == d.periods[1:]])
    x = np.column_stack([leads, dummies]).astype(float)
    coef = np.linalg.lstsq(x[untreated], d.outcome[untreated], rcond=None)[0]
    np.testing.assert_allclose(found.event["estimate"][:2], coef[:2], atol=EXACT)
    with pytest.raises(ConfigError):
        did(base_stagg, "y", "year_treated", method=Imputation(leads=-1))


def _stack_regression(found, before: int, after: int) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Mean effect after treatment and its error by one dense regression with unit and period effects of every stack."""
    d = found.design
    rows, owner, block, period, cohort = [], [], [], [], []
    for s, g in enumerate(found.cohorts.drop_nulls()["cohort"].to_list()):
        inside = (d.period >= g - before) & (d.period <= g + after) & ((d.first == g) | ~d.ever)
        at = np.flatnonzero(inside)
        rows.append(at)
        owner.append(d.unit[at])
        block.append(np.full(len(at), s))
        period.append(d.period[at] - g)
        cohort.append(np.where(d.first[at] == g, s, -1))
    at, unit, stack, e, own = (np.concatenate(v) for v in (rows, owner, block, period, cohort))
    stacks = int(stack.max()) + 1
    effects = [r for r in range(-before, after + 1) if r != -1]
    x = [((own == s) & (e == r)).astype(float) for s in range(stacks) for r in effects]
    x += [((stack == s) & (e == r)).astype(float) for s in range(stacks) for r in range(-before, after + 1)]
    pairs = np.unique(stack * 10_000 + unit, return_inverse=True)[1]
    x = np.column_stack(x)

    def within(v: np.ndarray) -> np.ndarray:
        return v - (np.array([np.bincount(pairs, weights=c) for c in v.T]) / np.bincount(pairs)).T[pairs]

    w, y = within(x), within(d.outcome[at][:, None])[:, 0]
    coef, *_ = np.linalg.lstsq(w, y, rcond=None)
    inverse = np.linalg.pinv(w.T @ w)
    sums = np.array([np.bincount(unit, weights=c, minlength=500) for c in (w * (y - w @ coef)[:, None]).T]).T
    vcov = inverse @ sums.T @ sums @ inverse
    sizes = np.array([np.sum(own == s) for s in range(stacks)], dtype=float)
    weight = np.zeros(len(coef))
    for s in range(stacks):
        for j, r in enumerate(effects):
            weight[s * len(effects) + j] = sizes[s] / sizes.sum() / (after + 1) if r >= 0 else 0.0
    clusters = len(np.unique(unit))
    return float(weight @ coef), float(weight @ vcov @ weight * clusters / (clusters - 1)) ** 0.5


@needs_data
@pytest.mark.parametrize(("before", "after"), [(1, 0), (1, 1), (2, 1)])
def test_stacked_equals_the_stacked_regression(mpdta: Panel, before: int, after: int) -> None:
    found = did(mpdta, "lemp", "first.treat", method=Stacked(before, after))
    att, se = _stack_regression(found, before, after)
    assert found.att == pytest.approx(att, abs=EXACT)
    assert found.se == pytest.approx(se, rel=1e-7)  # dense pseudo-inverse


@needs_data
def test_stacked_weighted_by_treated_units_is_the_aggregate_of_wing_and_others(mpdta: Panel) -> None:
    found = did(mpdta, "lemp", "first.treat", method=Stacked(1, 1))
    assert found.att == pytest.approx(-0.028760760220373306, abs=EXACT)  # diff-diff 3.13, weighting="aggregate"


@needs_data
def test_stacked_says_window_weighting_and_what_it_drops(mpdta: Panel) -> None:
    default = did(mpdta, "lemp", "first.treat", method="stacked")
    assert "window [-1, 0] (from the data); 3 stacks" in default.notes[0].en
    asked = did(mpdta, "lemp", "first.treat", method="stacked", window=(-1, 1))
    assert "weighted by treated units" in asked.notes[0].en
    assert any("1 cohorts (131 units)" in note.en and "2007" in note.en for note in asked.notes)
    weights = {w: did(mpdta, "lemp", "first.treat", method=Stacked(1, 1, w)).att for w in ("treated", "stack", "equal")}
    assert len(set(weights.values())) == 3
    with pytest.raises(NotIdentifiedError):
        did(mpdta, "lemp", "first.treat", method=Stacked(4, 4))


@needs_data
def test_synthetic_equals_the_vignette_of_synthdid(prop99: Panel) -> None:
    found = did(prop99, "PacksPerCapita", treated="treated", method="synthetic")
    assert found.att == pytest.approx(-15.604, abs=PUBLISHED)
    assert 7.5 < found.se < 10.5  # the paper prints 8.4, from its own placebo draws
    assert isinstance(found.details, SyntheticWeights)
    assert found.details.units["weight"].sum() == pytest.approx(1.0, abs=1e-12)
    nevada = found.details.units.filter(pl.col("unit") == "Nevada")["weight"].item()
    assert nevada == pytest.approx(0.124, abs=PUBLISHED)  # the vignette's largest weight
    periods = dict(found.details.periods.select("period", "weight").iter_rows())
    assert periods == {
        1986: pytest.approx(0.366, abs=PUBLISHED),
        1987: pytest.approx(0.206, abs=PUBLISHED),
        1988: pytest.approx(0.427, abs=PUBLISHED),
    }
    assert found.event["estimate"].mean() == pytest.approx(found.att, rel=1e-12)


@needs_data
def test_synthetic_draws_depend_on_the_seed_alone(prop99: Panel) -> None:
    first, again, other = (
        did(prop99, "PacksPerCapita", treated="treated", method=Synthetic(draws=20, seed=s)).se for s in (1, 1, 2)
    )
    assert first == again != other


@needs_data
def test_synthetic_averages_cohorts_by_treated_unit_periods(castle: Panel) -> None:
    found = did(castle, "lh", treated="cdl", method=Synthetic(draws=5))
    weight = found.cohorts["units"] * (2011 - found.cohorts["cohort"])
    assert found.att == pytest.approx((weight * found.cohorts["estimate"]).sum() / weight.sum(), rel=1e-12)
    for how in ("jackknife", "bootstrap"):
        with pytest.raises(NotIdentifiedError, match="2005, 2009"):
            did(castle, "lh", treated="cdl", method=Synthetic(how))  # type: ignore[arg-type]


@needs_data
def test_synthetic_jackknife_by_brute_force(mpdta: Panel) -> None:
    from dualcarbon.policy.models._synthetic import blocks, deviation_of, solve
    from dualcarbon.policy.models._wide import wide

    panel = Panel.from_frame(mpdta.frame.filter(pl.col("first.treat") != 2004), id="countyreal", time="year")
    found = did(panel, "lemp", "first.treat", method=Synthetic("jackknife"))
    parts = blocks(wide(found.design), 0)
    solved = [solve(b, deviation_of(b)) for b in parts]

    def att(control: int | None, cohort: int | None, unit: int | None) -> float:
        total, rows = 0.0, 0
        for c, (b, s) in enumerate(zip(parts, solved, strict=True)):
            w = s.unit_weights.copy()
            if control is not None:
                w[control] = 0.0
                w /= w.sum()
            own = b.treated_post.mean(axis=1) - b.treated_pre @ s.period_weights
            if c == cohort:
                own = np.delete(own, unit)
            tau = own.mean() - w @ (b.post.mean(axis=1) - b.pre @ s.period_weights)
            total, rows = total + tau * len(own) * b.after, rows + len(own) * b.after
        return total / rows

    values = [att(j, None, None) for j in range(parts[0].comparisons)]
    values += [att(None, c, i) for c, b in enumerate(parts) for i in range(b.size)]
    n = len(values)
    assert found.se == pytest.approx(float(np.sqrt((n - 1) * np.var(values))), rel=1e-10)


def test_synthetic_refuses_what_would_take_too_long() -> None:
    units, periods = 12_000, 4
    frame = pl.DataFrame(
        {
            "i": np.repeat(np.arange(units), periods),
            "t": np.tile(np.arange(periods), units),
            "g": np.repeat(np.where(np.arange(units) < 10, 2, 0), periods),
            "y": np.zeros(units * periods),
        }
    )
    with pytest.raises(DataError, match="11990 comparison units"):
        did(Panel.from_frame(frame, id="i", time="t"), "y", "g", method="synthetic")


@needs_data
@pytest.mark.parametrize("method", ["sun_abraham", "imputation", "stacked", "synthetic"])
def test_castle_runs(castle: Panel, method: str) -> None:
    found = did(castle, "lh", treated="cdl", method=Synthetic(draws=10) if method == "synthetic" else method)
    assert 0.05 < found.att < 0.15  # Cunningham (2021) reports 8 to 10 per cent
    assert found.treated_units == 21


def test_synthetic_takes_the_unit_itself_as_cluster_and_nothing_coarser() -> None:
    draw = np.random.default_rng(3)
    unit, year = np.repeat(np.arange(12), 6), np.tile(np.arange(6), 12)
    first = np.where(unit < 4, 4, 0)
    y = draw.normal(size=12)[unit] + (first > 0) * (year >= 4) + 0.1 * draw.normal(size=72)
    table = pl.DataFrame({"i": unit, "t": year, "g": first, "y": y, "half": unit // 2})
    panel = Panel.from_frame(table, id="i", time="t")
    alone = did(panel, "y", "g", method="synthetic")
    assert did(panel, "y", "g", method="synthetic", cluster="i").se == alone.se
    with pytest.raises(ConfigError, match="synthetic takes no clusters"):
        did(panel, "y", "g", method="synthetic", cluster="half")
