"""The registry of covariances, and a rule of one's own."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.core.text import both
from dualcarbon.effects import Covariance, CovarianceRule, Fitted, fit
from dualcarbon.effects.covariance import rules

EQUAL = 1e-12


def hc0(fitted: Fitted) -> Covariance:
    scores = fitted.scores()
    return Covariance(
        fitted.bread @ (scores.T @ scores) @ fitted.bread, float(fitted.n - fitted.parameters), both("HC0")
    )


def test_every_file_is_found_under_its_name() -> None:
    assert {name: rule.clustered for name, rule in rules().items()} == {"cluster": True, "hc1": False, "iid": False}


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


def test_a_difference_that_is_no_covariance_is_made_one() -> None:
    r = np.random.default_rng(11)
    table = pl.DataFrame({"f": np.arange(24), "t": np.ones(24), **{name: r.normal(size=24) for name in "xyz"}})
    table = table.with_columns(pl.Series(name, r.integers(0, 4, 24)) for name in ("a", "b"))
    panel = Panel.from_frame(table, id="f", time="t")

    def bare(cluster: str) -> np.ndarray:
        one = fit("y ~ x + z | t", panel, cluster=cluster)
        return one.vcov * (one.clusters - 1) / one.clusters

    difference = np.linalg.eigvalsh(bare("a") + bare("b") - bare("a^b"))
    assert difference[0] < -0.01
    left = np.linalg.eigvalsh(fit("y ~ x + z | t", panel, cluster="a + b").vcov)
    assert np.allclose(left, [0.0, difference[1] * 4 / 3], atol=EQUAL)
