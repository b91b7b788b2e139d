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
