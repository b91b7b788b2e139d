"""The regression against written-out dummies, statsmodels, and what must not change it."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, ConvergenceError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import fit, fit_many, parse, regress, solution
from dualcarbon.kernels import absorb

Floats = NDArray[np.float64]

EQUAL = 1e-9  # lstsq on dummies itself keeps 10 to 12 digits
SAME = 1e-12  # the same sums in another order
REGRESSORS = ("d", "x1", "x2")


def simulated(seed: int = 1, firms: int = 60, share: float = 0.7) -> Panel:
    """An unbalanced panel of firms that sometimes change industry; provinces hold whole firms."""
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 6)) < share)
    n = len(f)
    industry = np.where(r.random(n) < 0.15, r.integers(0, 5, n), f % 5)
    a, g = r.normal(size=firms)[f], r.normal(size=(5, 6))[industry, t]
    x = r.normal(size=(n, 3)) + 0.5 * a[:, None] + 0.3 * g[:, None]
    y = 2.0 + x @ [0.3, -0.2, 0.1] + a + g + r.normal(size=n) * (1 + 0.4 * np.abs(x[:, 0]))
    table = pl.DataFrame(
        {
            "firm": [f"企业{k:03d}" for k in f],
            "year": 2008 + t,
            "industry": industry,
            "province": f % 7,
            "y": y,
            "d": x[:, 0],
            "x1": x[:, 1],
            "x2": x[:, 2],
            "w": np.exp(r.normal(size=n)),
        }
    )
    return Panel.from_frame(table, id="firm", time="year")


def codes(table: pl.DataFrame, name: str) -> NDArray[np.int64]:
    keys = ["|".join(map(str, row)) for row in table.select(name.split("^")).rows()]
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def dummies(table: pl.DataFrame, names: list[str]) -> Floats:
    ones = np.ones((table.height, 1))
    return np.column_stack([ones, *(np.eye(codes(table, name).max() + 1)[codes(table, name)] for name in names)])


def slow(
    table: pl.DataFrame, effects: list[str], kind: str, cluster: str | None = None, weights: str | None = None
) -> tuple[Floats, Floats]:
    """Coefficients and covariance of the regressors from all dummies; every sum written out, K by matrix rank."""
    w = np.ones(table.height) if weights is None else table[weights].to_numpy()
    x = table.select(REGRESSORS).to_numpy()
    z = np.column_stack([x, dummies(table, effects)])
    root = np.sqrt(w)
    b = np.linalg.lstsq(z * root[:, None], table["y"].to_numpy() * root, rcond=None)[0]
    e = table["y"].to_numpy() - z @ b
    bread = np.linalg.pinv((z * w[:, None]).T @ z, rcond=1e-12)
    n, k = table.height, int(np.linalg.matrix_rank(z))
    if kind == "iid":
        v = bread * np.sum(w * e**2) / (n - k)
    elif kind == "hc1":
        meat = np.zeros_like(bread)
        for i in range(n):
            meat += (w[i] * e[i]) ** 2 * np.outer(z[i], z[i])
        v = bread @ meat @ bread * n / (n - k)
    else:
        group = codes(table, str(cluster))
        count = group.max() + 1
        meat = np.zeros_like(bread)
        for g in range(count):
            s = ((w * e)[group == g, None] * z[group == g]).sum(axis=0)
            meat += np.outer(s, s)
        crossing = [name for name in effects if not nested(table, name, str(cluster))]
        k = len(REGRESSORS) + int(np.linalg.matrix_rank(dummies(table, crossing)))
        v = bread @ meat @ bread * (n - 1) / (n - k) * count / (count - 1)
    return b[: len(REGRESSORS)], v[: len(REGRESSORS), : len(REGRESSORS)]


def nested(table: pl.DataFrame, inner: str, outer: str) -> bool:
    return len(set(zip(codes(table, inner), codes(table, outer), strict=True))) == codes(table, inner).max() + 1


def without_lone_rows(panel: Panel, effects: list[str]) -> Panel:
    table = panel.frame
    while True:
        counts = [np.bincount(codes(table, name))[codes(table, name)] for name in effects]
        keep = np.all([count > 1 for count in counts], axis=0) if effects else np.ones(table.height, dtype=bool)
        if keep.all():
            return Panel.from_frame(table, id="firm", time="year")
        table = table.filter(pl.Series(keep))


EFFECTS = [
    [],
    ["firm"],
    ["firm", "year"],
    ["industry", "year"],
    ["industry^year"],
    ["firm", "industry^year"],
    ["firm", "industry", "year"],
    ["firm", "year", "province"],
    ["industry^year", "province^year"],
    ["firm", "industry^year", "province^year"],
]


@pytest.mark.parametrize("effects", EFFECTS, ids=lambda names: " + ".join(names) or "constant")
@pytest.mark.parametrize(
    ("kind", "cluster"),
    [("iid", None), ("hc1", None), ("cluster", "firm"), ("cluster", "province"), ("cluster", "industry^year")],
)
@pytest.mark.parametrize("weights", [None, "w"])
def test_equals_dummies(effects: list[str], kind: str, cluster: str | None, weights: str | None) -> None:
    panel = simulated()
    formula = f"y ~ {' + '.join(REGRESSORS)} | {' + '.join(effects) or '0'}"
    found = fit(formula, panel, cluster=cluster, covariance=kind, weights=weights)
    coef, vcov = slow(without_lone_rows(panel, effects).frame, effects, kind, cluster, weights)
    at = [found.names.index(name) for name in REGRESSORS]
    assert np.allclose(found.coef[at], coef, rtol=EQUAL)
    assert np.allclose(found.vcov[np.ix_(at, at)], vcov, rtol=EQUAL, atol=EQUAL * np.abs(vcov).max())


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([c for k in (1, 2) for c in combinations(["firm", "year", "industry", "province^year"], k)]),
    st.sampled_from(["firm", "year", "province"]),
    st.floats(0.35, 1.0),
)
def test_equals_dummies_on_any_panel(seed: int, effects: tuple[str, ...], cluster: str, share: float) -> None:
    panel = simulated(seed, firms=25, share=share)
    used = without_lone_rows(panel, list(effects))
    z = np.column_stack([used.frame.select(REGRESSORS).to_numpy(), dummies(used.frame, list(effects))])
    formula = f"y ~ d + x1 + x2 | {' + '.join(effects)}"
    if used.n <= np.linalg.matrix_rank(z):
        with pytest.raises(DataError):
            fit(formula, panel, cluster=cluster)
        return
    found = fit(formula, panel, cluster=cluster)
    coef, vcov = slow(used.frame, list(effects), "cluster", cluster)
    assert found.n == used.n
    assert np.allclose(found.coef, coef, rtol=1e-7, atol=1e-9)
    assert np.allclose(found.vcov, vcov, rtol=1e-7, atol=1e-9 * np.abs(vcov).max())


def test_iterations_give_the_same_as_elimination(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = simulated()
    formula = "y ~ d + x1 + x2 | firm + industry^year + province^year"
    direct = regress(parse(formula, cluster="firm"), panel)
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 0)
    iterated = regress(parse(formula, cluster="firm"), panel)
    assert direct.iterations == 0
    assert iterated.iterations > 0
    assert np.allclose(iterated.estimate.coef, direct.estimate.coef, rtol=EQUAL)
    assert np.allclose(iterated.estimate.vcov, direct.estimate.vcov, rtol=EQUAL)


@pytest.mark.parametrize("kind", ["HC1", "cluster"])
def test_equals_statsmodels(kind: str) -> None:
    import statsmodels.api as sm

    panel = simulated()
    table = panel.frame
    z = np.column_stack([table.select(REGRESSORS).to_numpy(), dummies(table, ["industry"]), dummies(table, ["year"])])
    z = np.delete(z, [3 + 1, 3 + 6, 3 + 7], axis=1)
    options = {} if kind == "HC1" else {"cov_kwds": {"groups": codes(table, "firm")}}
    theirs = sm.OLS(table["y"].to_numpy(), z).fit(cov_type=kind, use_t=True, **options)
    ours = fit(
        "y ~ d + x1 + x2 | industry + year",
        panel,
        **({"covariance": "hc1"} if kind == "HC1" else {"cluster": "firm"}),  # type: ignore[arg-type]
    )
    assert np.allclose(ours.coef, theirs.params[:3], rtol=EQUAL)
    assert np.allclose(ours.se, theirs.bse[:3], rtol=EQUAL)
    assert np.allclose(ours.p, theirs.pvalues[:3], rtol=1e-7)
    assert ours.r2 == pytest.approx(theirs.rsquared, rel=EQUAL)
    assert np.allclose(ours.interval(), theirs.conf_int()[:3], rtol=1e-7)


@pytest.mark.parametrize(("covariance", "kind"), [("iid", "nonrobust"), ("hc1", "HC1")])
def test_constant_and_its_error(covariance: str, kind: str) -> None:
    import statsmodels.api as sm

    table = simulated().frame.with_columns(pl.col("x1") + 1e4)
    panel = Panel.from_frame(table, id="firm", time="year")
    theirs = sm.WLS(
        table["y"].to_numpy(), sm.add_constant(table.select(REGRESSORS).to_numpy()), weights=table["w"].to_numpy()
    ).fit(cov_type=kind, use_t=True)
    ours = fit("y ~ d + x1 + x2", panel, covariance=covariance, weights="w")
    assert ours.names == ("(Intercept)", "d", "x1", "x2")
    assert np.allclose(ours.coef, theirs.params, rtol=1e-7)
    assert np.allclose(ours.se, theirs.bse, rtol=1e-7)
    assert ours.r2 == pytest.approx(theirs.rsquared, rel=EQUAL)
    assert ours.r2_within == ours.r2


def test_constant_alone_is_the_mean() -> None:
    panel = simulated()
    y = panel.frame["y"].to_numpy()
    found = fit("y ~ 1", panel)
    assert found.names == ("(Intercept)",)
    assert found.coef[0] == pytest.approx(y.mean(), rel=SAME)
    assert found.se[0] == pytest.approx(y.std(ddof=1) / np.sqrt(len(y)), rel=SAME)


def test_within_fit() -> None:
    panel = simulated()
    found = regress(parse("y ~ d | firm + year"), panel)
    table = without_lone_rows(panel, ["firm", "year"]).frame
    z = dummies(table, ["firm", "year"])
    y = table["y"].to_numpy()
    null = float(np.sum((y - z @ np.linalg.lstsq(z, y, rcond=None)[0]) ** 2))
    left = float(np.sum(found.fitted.residuals**2))
    assert found.estimate.r2_within == pytest.approx(1 - left / null, rel=EQUAL)
    assert found.estimate.r2 == pytest.approx(1 - left / float(np.sum((y - y.mean()) ** 2)), rel=EQUAL)


@pytest.mark.parametrize("effects", ["0", "firm + year"])
def test_influence_sums_to_the_clustered_covariance(effects: str) -> None:
    found = regress(parse(f"y ~ d + x1 | {effects}", cluster="province"), simulated())
    clusters = found.fitted.clusters
    assert clusters is not None
    sums = np.array([found.influence()[clusters.ways[0] == g].sum(axis=0) for g in range(clusters.count)])
    n, g, k = found.estimate.n, clusters.count, clusters.parameters
    assert np.allclose(sums.T @ sums * (n - 1) / (n - k) * g / (g - 1), found.estimate.vcov, rtol=EQUAL)


def test_weight_two_is_the_row_twice() -> None:
    once = simulated()
    r = np.random.default_rng(3)
    weighted = once.with_columns(pl.Series("w", r.integers(1, 3, once.n)))
    rows = np.repeat(np.arange(once.n), weighted.frame["w"].to_numpy())
    table = weighted.frame[rows].with_columns(copy=pl.Series(np.arange(len(rows))))
    twice = Panel.from_frame(table, id="copy", time="year")
    formula = "y ~ d + x1 + x2 | industry + year"
    a, b = fit(formula, weighted, cluster="firm", weights="w"), fit(formula, twice, cluster="firm")
    k = len(REGRESSORS) + 5 + 6 - 1
    factors = [(e.n - 1) / (e.n - k) for e in (a, b)]
    assert np.allclose(a.coef, b.coef, rtol=SAME)
    assert np.allclose(a.vcov / factors[0], b.vcov / factors[1], rtol=SAME)
    assert a.r2 == pytest.approx(b.r2, rel=SAME)


def test_scale_of_the_weights_does_not_matter() -> None:
    panel = simulated()
    scaled = panel.with_columns(pl.col("w") * 1e6)
    for covariance in ("iid", "hc1"):
        a, b = (fit("y ~ d | firm + year", each, weights="w", covariance=covariance) for each in (panel, scaled))
        assert np.allclose(a.coef, b.coef, rtol=SAME)
        assert np.allclose(a.vcov, b.vcov, rtol=SAME)


def test_clusters_of_one_row_are_hc1() -> None:
    panel = simulated().with_columns(pl.int_range(pl.len()).alias("row"))
    formula = "y ~ d + x1 + x2 | firm + year"
    clustered, robust = fit(formula, panel, cluster="row"), fit(formula, panel, covariance="hc1")
    assert np.allclose(clustered.vcov, robust.vcov, rtol=SAME)


def test_order_of_rows_and_names_of_groups_do_not_matter() -> None:
    panel = simulated()
    formula = "y ~ d + x1 + x2 | firm + industry^year"
    first = fit(formula, panel, cluster="firm")
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=1), id="firm", time="year")
    second = fit(formula, shuffled, cluster="firm")
    assert np.array_equal(first.vcov, second.vcov)
    assert np.array_equal(first.coef, second.coef)
    renamed = panel.frame.with_columns(pl.col("firm").str.slice(2).cast(pl.Int64) * -977 % 1009)
    third = fit(formula, Panel.from_frame(renamed, id="firm", time="year"), cluster="firm")
    assert np.allclose(first.coef, third.coef, rtol=SAME)
    assert np.allclose(first.vcov, third.vcov, rtol=SAME)


def test_rescaling_and_shifting() -> None:
    panel = simulated()
    formula = "y ~ d + x1 + x2 | firm + year"
    first = fit(formula, panel, cluster="firm")
    moved = panel.with_columns(pl.col("d") * 1e6 - 3e6, pl.col("x1") * 1e-6, pl.col("y") + 1e4)
    second = fit(formula, moved, cluster="firm")
    scale = np.array([1e-6, 1e6, 1.0])
    assert np.allclose(second.coef, first.coef * scale, rtol=EQUAL)
    assert np.allclose(second.se, first.se * scale, rtol=EQUAL)
    back = second.scaled("d", 1e6)
    assert back.coef[0] == pytest.approx(first.coef[0], rel=EQUAL)


def test_nesting_is_read_from_the_rows() -> None:
    """Effects and clusters under any name: only which rows they hold together counts."""
    panel = simulated().with_columns(pl.col("firm").alias("a"), (pl.col("province") * 3 + 1).alias("zz"))
    first = fit("y ~ d | firm + year", panel, cluster="province")
    for formula, cluster in [
        ("y ~ d | year + firm", "zz"),
        ("y ~ d | a + year", "province"),
        ("y ~ d | year + a", "zz"),
    ]:
        again = fit(formula, panel, cluster=cluster)
        assert np.allclose(again.vcov, first.vcov, rtol=SAME)
        assert "K = 7 without" in again.rule.en
    assert "K = 7 without" in first.rule.en


def test_hash_seeds_and_threads_change_no_bit(tmp_path: Path) -> None:
    path = tmp_path / "panel.parquet"
    simulated().frame.write_parquet(path)
    script = (
        "import sys, polars as pl\n"
        "from dualcarbon.core.panel import Panel\n"
        "from dualcarbon.effects import fit\n"
        "panel = Panel.from_frame(pl.read_parquet(sys.argv[1]), id='firm', time='year')\n"
        "for f in ('y ~ d + x1 | firm + year', 'y ~ d + x1 | industry^year + firm + province'):\n"
        "    e = fit(f, panel, cluster='firm')\n"
        "    print(e.coef.tobytes().hex(), e.vcov.tobytes().hex(), e.rule.en)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                **dict.fromkeys(("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), threads),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, threads in (("0", "1"), ("1", "2"), ("4242", "3"))
    }
    assert len(outputs) == 1
    assert outputs.pop().count("K = ") == 2


def test_importing_the_room_is_light() -> None:
    script = "import sys, dualcarbon.effects; print([m for m in ('numba', 'scipy', 'pandas') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_collinear_regressors_are_named() -> None:
    panel = simulated().with_columns(
        (pl.col("d") / 3 - 2 * pl.col("x1")).alias("mix"), pl.col("province").alias("fixed"), pl.lit(4.0).alias("four")
    )
    plain = fit("y ~ d + x1 | firm + year", panel, cluster="firm")
    found = fit("y ~ fixed + d + x1 + mix + four | firm + year", panel, cluster="firm")
    assert found.names == ("d", "x1")
    assert found.collinear == ("fixed", "mix", "four")
    assert np.allclose(found.coef, plain.coef, rtol=EQUAL)
    assert np.allclose(found.vcov, plain.vcov, rtol=EQUAL)
    assert fit("y ~ four + d", panel).collinear == ("four",)


def test_products_and_logs() -> None:
    panel = simulated().with_columns(pl.col("w").log().alias("lw"), (pl.col("d") * pl.col("w").log()).alias("dlw"))
    a = fit("y ~ d + log(w) + d:log(w) | firm + year", panel)
    b = fit("y ~ d + lw + dlw | firm + year", panel)
    assert a.names == ("d", "log(w)", "d:log(w)")
    assert np.allclose(a.coef, b.coef, rtol=SAME)


def test_sample_is_the_filtered_panel() -> None:
    panel = simulated()
    small = pl.col("x2") < 0.3
    a = fit("y ~ d | firm + year", panel, cluster="firm", sample=small)
    b = fit("y ~ d | firm + year", Panel.from_frame(panel.frame.filter(small), id="firm", time="year"), cluster="firm")
    assert np.array_equal(a.vcov, b.vcov)
    assert a.drops[0].rows == panel.n - panel.frame.filter(small).height


def test_several_formulas() -> None:
    panel = simulated()
    formulas = ["y ~ d | firm", "y ~ d + x1 | firm + year"]
    found = fit_many(formulas, panel, cluster="firm")
    assert [e.vcov.tolist() for e in found] == [fit(f, panel, cluster="firm").vcov.tolist() for f in formulas]


def test_rule_and_degrees_of_freedom() -> None:
    panel = simulated()
    iid, clustered = fit("y ~ d | firm + year", panel), fit("y ~ d | firm + year", panel, cluster="firm")
    firms = clustered.clusters
    assert iid.df == iid.n - (1 + firms + 6 - 1)
    assert clustered.df == firms - 1
    assert f"K = {1 + firms + 5}" in iid.rule.en
    assert "K = 7" in clustered.rule.zh
    assert clustered.cluster == "firm"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"covariance": "hac"}, "unknown covariance hac"),
        ({"vcov": 3}, "vcov= is no covariance"),
        ({"cluster": ["firm"]}, "cluster=\\['firm'\\]"),
        ({"family": "poisson"}, "family='poisson'"),
        ({"covariance": "cluster"}, "contradict"),
        ({"covariance": "hc1", "cluster": "firm"}, "contradict"),
    ],
)
def test_covariance_must_be_known_and_fit_the_cluster(options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fit("y ~ d", simulated(), **options)  # type: ignore[arg-type]


def test_unidentified_is_said() -> None:
    panel = simulated().with_columns(pl.lit(1).alias("one"), pl.col("province").alias("fixed"))
    with pytest.raises(NotIdentifiedError, match="determine the dependent variable"):
        fit("fixed ~ d | firm", panel)
    with pytest.raises(NotIdentifiedError, match="the dependent variable does not vary"):
        fit("one ~ d", panel)
    with pytest.raises(NotIdentifiedError, match="all collinear: fixed, one"):
        fit("y ~ fixed + one | firm", panel)
    with pytest.raises(NotIdentifiedError, match="at least two clusters"):
        fit("y ~ d", panel, cluster="one")


def test_more_parameters_than_rows() -> None:
    with pytest.raises(DataError, match="more than 4 rows"):
        fit("y ~ d + x1 + x2", Panel.from_frame(simulated().frame.head(4), id="firm", time="year"))


def test_no_convergence_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 0)
    monkeypatch.setattr(solution, "ITERATIONS", 2)
    with pytest.raises(ConvergenceError, match="after 2 iterations"):
        fit("y ~ d | firm + industry^year", simulated())
