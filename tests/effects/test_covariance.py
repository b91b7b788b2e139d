"""The registry of covariances, and a rule of one's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.stats.tests
from scipy.linalg import eigh

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import both
from dualcarbon.effects import (
    Cluster,
    Covariance,
    CovarianceRule,
    DriscollKraay,
    Fitted,
    WildCluster,
    fit,
    fit_many,
    parse,
    regress,
)
from dualcarbon.effects.covariance import rules

EQUAL = 1e-12
UNITS = 1e-9  # a factor of 1e9 costs digits of the mean and of the cross products
DIGITS = 6e-5  # printed to four digits
SIGNED = {"firm": 1, "year": 1, "firm^year": -1}


def hc0(fitted: Fitted) -> Covariance:
    scores = fitted.scores()
    return Covariance(
        fitted.bread @ (scores.T @ scores) @ fitted.bread, float(fitted.n - fitted.parameters), both("HC0")
    )


def test_every_file_is_found_under_its_name() -> None:
    assert {name: rule.clustered for name, rule in rules().items()} == {
        **dict.fromkeys(("conley", "driscoll_kraay", "hc1", "hc2", "hc3", "iid"), False),
        **dict.fromkeys(("cluster", "wild"), True),
    }


def test_a_rule_of_ones_own() -> None:
    r = np.random.default_rng(1)
    table = pl.DataFrame({"f": np.arange(50), "t": np.ones(50), "x": r.normal(size=50), "y": r.normal(size=50)})
    panel = Panel.from_frame(table, id="f", time="t")
    own = fit("y ~ x", panel, covariance=CovarianceRule("hc0", False, hc0))
    assert np.allclose(own.vcov * 50 / 48, fit("y ~ x", panel, covariance="hc1").vcov, rtol=EQUAL)
    assert own.rule.en == "HC0"


def test_three_ways_are_the_signed_sum_of_their_intersections() -> None:
    r = np.random.default_rng(2)
    n = 600
    table = pl.DataFrame({"f": np.arange(n), "t": np.ones(n), "x": r.normal(size=n), "y": r.normal(size=n)})
    table = table.with_columns(pl.Series(name, r.integers(0, g, n)) for name, g in (("a", 30), ("b", 20), ("c", 9)))
    table = table.with_columns(y=pl.col("y") + 0.3 * pl.col("x") * pl.col("a"))
    panel = Panel.from_frame(table, id="f", time="t")

    def bare(cluster: str) -> np.ndarray:
        one = fit("y ~ x", panel, cluster=cluster)
        return one.vcov * (one.clusters - 1) / one.clusters

    ways, pairs = ("a", "b", "c"), ("a^b", "a^c", "b^c")
    expected = (sum(map(bare, ways)) - sum(map(bare, pairs)) + bare("a^b^c")) * 9 / 8
    assert np.linalg.eigvalsh(expected)[0] > 0.0
    found = fit("y ~ x", panel, cluster="a + b + c")
    assert np.allclose(found.vcov, expected, rtol=1e-10)
    assert (found.clusters, found.df) == (9, 8.0)


@pytest.fixture(scope="module")
def crossed() -> Panel:
    """Two ways of four clusters whose difference has a negative eigenvalue."""
    r = np.random.default_rng(11)
    table = pl.DataFrame({"f": np.arange(24), "t": np.ones(24), **{name: r.normal(size=24) for name in "xyz"}})
    table = table.with_columns(pl.Series(name, r.integers(0, 4, 24)) for name in ("a", "b"))
    return Panel.from_frame(table.with_columns(z9=pl.col("z") * 1e9 + 3.0), id="f", time="t")


def test_a_difference_that_is_no_covariance_is_made_one(crossed: Panel) -> None:
    def bare(cluster: str) -> np.ndarray:
        one = fit("y ~ x + z | t", crossed, cluster=cluster)
        return one.vcov * (one.clusters - 1) / one.clusters

    bread = regress(parse("y ~ x + z | t"), crossed).fitted.bread
    values, vectors = eigh(bare("a") + bare("b") - bare("a^b"), bread)
    assert values[0] < -0.01
    found = fit("y ~ x + z | t", crossed, cluster="a + b")
    kept = bread @ vectors[:, 1:] * np.sqrt(values[1:] * 4 / 3)
    assert np.allclose(found.vcov, kept @ kept.T, atol=EQUAL)
    assert "not positive semidefinite" in found.notes[1].en
    assert len(fit("y ~ x + z | t", crossed, cluster="a").notes) == 1


@pytest.mark.parametrize("effects", ["", " | t"])
def test_the_unit_of_another_regressor_changes_no_error(crossed: Panel, effects: str) -> None:
    plain = fit(f"y ~ x + z{effects}", crossed, cluster="a + b")
    other = fit(f"y ~ z9 + x{effects}", crossed, cluster="a + b")
    at, again = plain.names.index("x"), other.names.index("x")
    assert np.isclose(plain.se[at], other.se[again], rtol=UNITS)
    assert np.isclose(plain.se[plain.names.index("z")], 1e9 * other.se[other.names.index("z9")], rtol=UNITS)


@pytest.mark.parametrize("memory", ["auto", "stream"])
def test_clusters_that_coincide_with_the_treatment_leave_no_variance(crossed: Panel, memory: str) -> None:
    panel = crossed.with_columns((pl.col("f") % 2).alias("d"))
    with pytest.raises(NotIdentifiedError, match=r"1 of 1 coefficients without: clustered by d"):
        fit("y ~ d | t", panel, cluster="d", memory=memory)
    with pytest.raises(NotIdentifiedError, match="coefficients without: Driscoll-Kraay"):
        fit("y ~ d", panel, vcov=DriscollKraay(lag=0, time="d"))


PETERSEN = Path(statsmodels.stats.tests.__file__).with_name("test_data.txt")


def test_petersens_printed_errors() -> None:
    """Petersen (2009), https://doi.org/10.1093/rfs/hhn053: the errors printed with his test data, to four digits.

    His two-way errors give each way its own factor G/(G-1); with that of the smaller way the sum is ours.
    """
    rows = np.loadtxt(PETERSEN)
    keys = {"firm": rows[:, 0].astype(int), "year": rows[:, 1].astype(int)}
    panel = Panel.from_frame(pl.DataFrame({**keys, "x": rows[:, 2], "y": rows[:, 3]}), id="firm", time="year")
    plain = fit("y ~ x", panel, vcov="hc1")
    assert plain.coef.round(4).tolist() == [0.0297, 1.0348]
    one = {name: fit("y ~ x", panel, cluster=name) for name in ("firm", "year", "firm^year")}
    both_ways = one["firm"].vcov + one["year"].vcov - one["firm^year"].vcov
    for found, printed in (
        (plain.se, [0.0284, 0.0284]),
        (one["firm"].se, [0.0670, 0.0506]),
        (one["year"].se, [0.0234, 0.0334]),
        (np.sqrt(np.diag(both_ways)), [0.0651, 0.0536]),
    ):
        assert np.allclose(found, printed, rtol=0, atol=DIGITS)
    bare = sum(sign * one[name].vcov * (1 - 1 / one[name].clusters) for name, sign in SIGNED.items())
    assert np.allclose(fit("y ~ x", panel, cluster="firm + year").vcov, bare * 10 / 9, rtol=EQUAL)


@pytest.fixture(scope="module")
def small() -> Panel:
    r = np.random.default_rng(6)
    table = pl.DataFrame({"f": np.repeat(np.arange(40), 5), "t": np.tile(np.arange(5), 40)}).with_columns(
        pl.Series("p", np.repeat(r.integers(0, 6, 40), 5)), *(pl.Series(name, r.normal(size=200)) for name in "xyz")
    )
    return Panel.from_frame(table, id="f", time="t")


@pytest.mark.parametrize("written", ["f", "p", "t", "f + t", "p^t", "f + t + p"])
@pytest.mark.parametrize("effects", ["0", "f", "f + t", "p^t"])
def test_clusters_named_by_the_covariance_are_those_of_the_word(small: Panel, written: str, effects: str) -> None:
    a = fit(f"y ~ x + z | {effects}", small, cluster=written)
    b = fit(f"y ~ x + z | {effects}", small, vcov=Cluster(written))
    assert np.array_equal(a.vcov, b.vcov)
    assert (a.cluster, a.clusters, a.df, a.rule, a.notes) == (b.cluster, b.clusters, b.df, b.rule, b.notes)


def test_another_covariance_of_the_same_regression(small: Panel) -> None:
    held = regress(parse("y ~ x + z | f + t", cluster="f"), small)
    for word in ("iid", "hc1", "hc2", "hc3", "driscoll_kraay"):
        direct, found = fit("y ~ x + z | f + t", small, vcov=word), held.covariance(word)
        assert np.array_equal(direct.vcov, found.vcov)
        assert (found.cluster, found.clusters, found.df, found.rule) == (None, 0, direct.df, direct.rule)
    assert np.array_equal(held.covariance("cluster").vcov, held.estimate.vcov)
    assert np.array_equal(held.covariance("wild").p, fit("y ~ x + z | f + t", small, cluster="f", vcov="wild").p)
    assert held.covariance(Cluster("p")).clusters == 6
    with pytest.raises(ConfigError, match="no cluster is given"):
        regress(parse("y ~ x"), small).covariance("cluster")


def test_few_clusters_are_noted(small: Panel) -> None:
    found = fit("y ~ x | f", small, cluster="p")
    assert "only 6 clusters (fewer than 30)" in found.notes[0].en
    assert "only 6 clusters" in repr(found)
    assert fit("y ~ x | f", small, cluster="f").notes == ()
    assert "only 5 clusters" in fit("y ~ x", small, cluster="f + t").notes[0].en


def test_one_word_for_the_covariance(small: Panel) -> None:
    assert np.array_equal(fit("y ~ x", small, vcov="hc1").vcov, fit("y ~ x", small, covariance="hc1").vcov)
    with pytest.raises(ConfigError, match="given twice"):
        fit("y ~ x", small, vcov="hc1", covariance="hc1")
    (one,) = fit_many(["y ~ x"], small, vcov="hc3")
    assert np.array_equal(one.vcov, fit("y ~ x", small, vcov="hc3").vcov)


@pytest.mark.parametrize("formula", ["y ~ x | f[z] + t", "y ~ x | t + p[z]", "y ~ 1 | f + t | x ~ z"])
def test_beyond_least_squares_with_effects(small: Panel, formula: str) -> None:
    """Covariances that read scores alone hold for any estimator; those that rest on least squares refuse."""
    for cluster in ("f", "p", "t"):
        a, b = fit(formula, small, cluster=cluster), fit(formula, small, vcov=Cluster(cluster))
        assert np.array_equal(a.vcov, b.vcov)
        assert a.rule == b.rule
    lag_zero = fit(formula, small, vcov=DriscollKraay(lag=0))
    held = regress(parse(formula), small)
    scores = held.fitted.scores()
    sums = np.array([scores[small.codes("t")[held.rows] == t].sum(axis=0) for t in range(5)])
    n, k = held.estimate.n, held.fitted.parameters
    meat = held.fitted.bread @ sums.T @ sums @ held.fitted.bread
    assert np.allclose(lag_zero.vcov, meat * (n - 1) / (n - k) * 5 / 4, rtol=1e-10)
    for refused in ("hc2", "hc3", WildCluster("f")):
        with pytest.raises(ConfigError, match="least squares only"):
            fit(formula, small, vcov=refused)


def test_hash_seeds_and_threads_change_no_bit(tmp_path: Path) -> None:
    path = tmp_path / "panel.parquet"
    r = np.random.default_rng(9)
    table = pl.DataFrame({"f": np.repeat(np.arange(3000), 5), "t": np.tile(np.arange(5), 3000)}).with_columns(
        pl.Series("p", np.repeat(r.integers(0, 15, 3000), 5)),
        pl.Series("lat", np.repeat(r.uniform(20, 40, 3000), 5)),
        pl.Series("lon", np.repeat(r.uniform(90, 110, 3000), 5)),
        *(pl.Series(name, r.normal(size=15_000)) for name in "xyz"),
    )
    table.write_parquet(path)
    script = (
        "import sys, polars as pl\n"
        "from dualcarbon.core.panel import Panel\n"
        "from dualcarbon.effects import Cluster, Conley, DriscollKraay, WildCluster, parse, regress\n"
        "panel = Panel.from_frame(pl.read_parquet(sys.argv[1]), id='f', time='t')\n"
        "held = regress(parse('y ~ x + z | f + t'), panel)\n"
        "rules = ('hc2', 'hc3', DriscollKraay(lag=1), Conley(kernel='bartlett'), Cluster('f + t'), WildCluster('p'))\n"
        "for v in rules:\n"
        "    e = held.covariance(v)\n"
        "    print(e.vcov.tobytes().hex(), e.p.tobytes().hex(), e.interval().tobytes().hex(), e.rule.en)\n"
    )
    settings = (("0", "1"), ("1", "2"), ("4242", "3"))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                **dict.fromkeys(("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"), threads),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, threads in settings
    }
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 6
