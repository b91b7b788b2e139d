"""Poisson regressions against statsmodels with dummies, the worked example of separation, and what must not matter."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.engine import InOrder
from dualcarbon.core.errors import ConfigError, ConvergenceError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Poisson, fit, fit_many, parse, regress
from dualcarbon.kernels import poisson as kernel

Floats = NDArray[np.float64]

EQUAL = 1e-8
SAME = 1e-10


def simulated(seed: int = 1, firms: int = 40) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 6)) < 0.75)
    n = len(f)
    a = r.normal(size=firms)[f]
    x = r.normal(size=(n, 2)) + 0.3 * a[:, None]
    workers = np.exp(r.normal(size=n))
    count = r.poisson(workers * np.exp(0.5 + x @ [0.4, -0.3] + 0.6 * a))
    columns = {"count": count, "x1": x[:, 0], "x2": x[:, 1], "workers": workers, "w": np.exp(0.5 * r.normal(size=n))}
    keys = {"firm": f, "year": t, "province": f % 6, "row": np.arange(n)}
    return Panel.from_frame(pl.DataFrame({**keys, **columns}), id="firm", time="year")


def design(table: pl.DataFrame, effects: list[str]) -> Floats:
    parts = [table.select("x1", "x2").to_numpy(), np.ones((table.height, 1))]
    for name in effects:
        codes = np.unique(
            np.array(["|".join(map(str, row)) for row in table.select(name.split("^")).rows()]), return_inverse=True
        )[1]
        parts.append(np.eye(codes.max() + 1)[codes])
    full = np.column_stack(parts)
    kept: list[int] = []
    for j in range(full.shape[1]):
        if np.linalg.matrix_rank(full[:, [*kept, j]]) == len(kept) + 1:
            kept.append(j)
    return full[:, kept]


def theirs(table: pl.DataFrame, effects: list[str], exposure: str | None, weights: str | None):  # type: ignore[no-untyped-def]
    import statsmodels.api as sm

    model = sm.GLM(
        table["count"].to_numpy(),
        design(table, effects),
        family=sm.families.Poisson(),
        exposure=None if exposure is None else table[exposure].to_numpy(),
        freq_weights=None if weights is None else table[weights].to_numpy(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(tol=1e-14, maxiter=300)


@pytest.mark.parametrize("effects", [[], ["firm"], ["firm", "year"], ["province", "year"], ["province^year"]])
@pytest.mark.parametrize("exposure", [None, "workers"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_equals_dummies(effects: list[str], exposure: str | None, weights: str | None) -> None:
    formula = f"count ~ x1 + x2 | {' + '.join(effects) or '0'}"
    found = regress(parse(formula, weights=weights, family=Poisson(exposure=exposure)), simulated())
    table = simulated().frame[found.rows]
    rival = theirs(table, effects, exposure, weights)
    at = [found.estimate.names.index(name) for name in ("x1", "x2")]
    assert np.allclose(found.estimate.coef[at], rival.params[:2], rtol=EQUAL)
    if not effects:
        assert found.estimate.coef[0] == pytest.approx(rival.params[2], rel=EQUAL)
    x, mean = design(table, effects), rival.fittedvalues
    w = np.ones(table.height) if weights is None else table[weights].to_numpy()
    bread = np.linalg.inv((x * (w * mean)[:, None]).T @ x)
    scores = x * (w * (table["count"].to_numpy() - mean))[:, None]
    n, k = x.shape
    vcov = (bread @ scores.T @ scores @ bread)[:2, :2] * n / (n - k)
    assert np.allclose(found.estimate.vcov[np.ix_(at, at)], vcov, rtol=1e-7, atol=1e-9 * np.abs(vcov).max())
    assert found.estimate.df == np.inf
    assert found.convergence is not None
    assert found.convergence.deviance == pytest.approx(rival.deviance, rel=EQUAL)
    if weights is None:
        assert found.convergence.loglikelihood == pytest.approx(rival.llf, rel=EQUAL)
    if not effects and exposure is None and weights is None:
        assert found.estimate.r2 == pytest.approx(1 - rival.llf / rival.llnull, rel=EQUAL)


def test_clustered_as_r_fixest() -> None:
    """(N-1)/(N-K) G/(G-1) with K without the firm effects, which are nested."""
    found = regress(parse("count ~ x1 + x2 | firm + year", cluster="firm", family=Poisson()), simulated())
    table = simulated().frame[found.rows]
    rival = theirs(table, ["firm", "year"], None, None)
    x, mean = design(table, ["firm", "year"]), rival.fittedvalues
    bread = np.linalg.inv((x * mean[:, None]).T @ x)
    codes = np.unique(table["firm"].to_numpy(), return_inverse=True)[1]
    sums = np.eye(codes.max() + 1)[codes].T @ (x * (table["count"].to_numpy() - mean)[:, None])
    n, g, k = table.height, len(sums), 2 + 6
    vcov = (bread @ sums.T @ sums @ bread)[:2, :2] * (n - 1) / (n - k) * g / (g - 1)
    assert np.allclose(found.estimate.vcov, vcov, rtol=1e-7)
    assert "Poisson" in found.estimate.estimator.en


def test_the_offset_is_the_logarithm_of_the_exposure() -> None:
    panel = simulated().with_columns(pl.col("workers").log().alias("lw"))
    a, b = (
        fit("count ~ x1 | firm", panel, family=family) for family in (Poisson(exposure="workers"), Poisson(offset="lw"))
    )
    assert np.allclose(a.coef, b.coef, rtol=SAME)
    assert np.allclose(a.vcov, b.vcov, rtol=SAME)


def test_weight_two_is_the_row_twice_and_order_does_not_matter() -> None:
    panel = simulated()
    r = np.random.default_rng(3)
    weighted = panel.with_columns(pl.Series("w", r.integers(1, 3, panel.n)))
    rows = np.repeat(np.arange(panel.n), weighted.frame["w"].to_numpy())
    twice = Panel.from_frame(
        weighted.frame[rows].with_columns(copy=pl.Series(np.arange(len(rows)))), id="copy", time="year"
    )
    formula = "count ~ x1 + x2 | province + year"
    a, b = (
        fit(formula, weighted, cluster="firm", weights="w", family=Poisson()),
        fit(formula, twice, cluster="firm", family=Poisson()),
    )
    factors = [(e.n - 1) / (e.n - 13) for e in (a, b)]
    assert np.allclose(a.coef, b.coef, rtol=SAME)
    assert np.allclose(a.vcov / factors[0], b.vcov / factors[1], rtol=SAME)
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=2), id="firm", time="year")
    first, again = (fit(formula, each, cluster="firm", family=Poisson()) for each in (panel, shuffled))
    assert first.vcov.tolist() == again.vcov.tolist()
    ones = fit(formula, panel, cluster="row", family=Poisson())
    assert np.allclose(ones.vcov, fit(formula, panel, family=Poisson()).vcov, rtol=SAME)


def test_serial_equals_several_formulas() -> None:
    formulas = ["count ~ x1 | firm", "count ~ x1 + x2 | firm + year"]
    found = fit_many(formulas, simulated(), cluster="firm", family=Poisson(), engine=InOrder())
    assert [e.vcov.tolist() for e in found] == [
        fit(f, simulated(), cluster="firm", family=Poisson()).vcov.tolist() for f in formulas
    ]


def test_iteration_gives_the_same_as_elimination(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualcarbon.kernels import absorb

    formula = "count ~ x1 + x2 | firm + province^year"
    specification = parse(formula, cluster="firm", family=Poisson())
    direct = regress(specification, simulated())
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 0)
    iterated = regress(specification, simulated())
    assert direct.iterations == 0
    assert iterated.iterations > 0
    assert np.allclose(iterated.estimate.coef, direct.estimate.coef, rtol=EQUAL)
    assert np.allclose(iterated.estimate.vcov, direct.estimate.vcov, rtol=EQUAL)


def panel(**columns: object) -> Panel:
    n = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return Panel.from_frame(pl.DataFrame({"f": range(n), "t": [1] * n, **columns}), id="f", time="t")


def test_separated_rows_are_dropped_and_counted() -> None:
    """x1 - x2 is 0 wherever y > 0 and positive on the first two rows: they go, then x1 and x2 are the same."""
    table = panel(
        y=[0.0, 0, 0, 1, 2, 3, 2, 4],
        x1=[2.0, 1, 1, 3, 4, 5, 1, 6],
        x2=[1.0, 0, 1, 3, 4, 5, 1, 6],
    )
    found = fit("y ~ x1 + x2", table, family=Poisson())
    assert [(drop.reason.en[:9], drop.rows) for drop in found.drops] == [("separated", 2)]
    assert found.collinear == ("x2",)
    assert found.n == 6


def test_groups_of_zeros_and_their_singletons() -> None:
    base = simulated().frame.with_columns(count=pl.when(pl.col("firm") == 3).then(0).otherwise(pl.col("count")))
    found = fit("count ~ x1 | firm + year", Panel.from_frame(base, id="firm", time="year"), family=Poisson())
    zeros = (
        base.group_by("firm").agg(pl.col("count").sum(), pl.len()).filter((pl.col("count") == 0) & (pl.col("len") > 1))
    )
    said = {drop.reason.en: drop.rows for drop in found.drops}
    assert said["separated: every outcome in a group of an effect is zero"] == zeros["len"].sum()


def test_two_effects_separate_together() -> None:
    """Positive outcomes link firms 0, 1 in years 0, 1 and firms 2, 3 in years 2, 3; one zero lies between."""
    rows = [(f, t, 1 + f + t * f) for f in (0, 1) for t in (0, 1)] + [(f, t, 2 + f * t) for f in (2, 3) for t in (2, 3)]
    rows += [(0, 0, 3), (1, 1, 2), (2, 2, 1), (3, 3, 9), (0, 2, 0)]
    r = np.random.default_rng(0)
    table = pl.DataFrame(rows, schema=["firm", "year", "y"], orient="row").with_columns(
        pl.Series("x", r.normal(size=len(rows))), pl.Series("row", range(len(rows)))
    )
    data = Panel.from_frame(table, id="row", time="year")
    found = fit("y ~ x | firm + year", data, family=Poisson())
    assert sum(drop.rows for drop in found.drops if "separated" in drop.reason.en) == 1
    without = Panel.from_frame(table.filter(pl.col("y") > 0), id="row", time="year")
    assert np.allclose(found.coef, fit("y ~ x | firm + year", without, family=Poisson()).coef, rtol=SAME)


def test_bad_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"2 rows, first \[-1\.0, -3\.0\]"):
        fit("y ~ x", panel(y=[1.0, -1, 2, -3], x=[1.0, 2, 3, 5]), family=Poisson())
    with pytest.raises(DataError, match=r"every outcome in a group of an effect is zero 4"):
        fit("y ~ x | g", panel(y=[0.0] * 4, x=[1.0, 2, 3, 5], g=[1, 1, 2, 2]), family=Poisson())
    with pytest.raises(NotIdentifiedError, match="constant within each of the"):
        fit("count ~ province | firm", simulated(), family=Poisson())
    with pytest.raises(ConfigError, match="offset and exposure"):
        Poisson(offset="a", exposure="b")
    with pytest.raises(ConfigError, match="least squares only"):
        fit("count ~ x1 | firm", simulated(), family=Poisson(), vcov="hc2")
    bad = simulated().with_columns(pl.when(pl.col("row") < 3).then(0.0).otherwise(pl.col("workers")).alias("workers"))
    found = fit("count ~ x1", bad, family=Poisson(exposure="workers"))
    assert [(drop.reason.en, drop.rows) for drop in found.drops] == [("workers not positive, no logarithm", 3)]
    monkeypatch.setattr(kernel, "STEPS", 2)
    with pytest.raises(ConvergenceError, match="after 2 steps"):
        fit("count ~ x1 | firm", simulated(), family=Poisson())


def test_constant_alone_is_the_logarithm_of_the_mean() -> None:
    found = fit("count ~ 1", simulated(), family=Poisson())
    count = simulated().frame["count"].to_numpy()
    assert found.coef[0] == pytest.approx(np.log(count.mean()), rel=SAME)
    assert found.se[0] == pytest.approx(count.std(ddof=1) / np.sqrt(len(count)) / count.mean(), rel=SAME)
