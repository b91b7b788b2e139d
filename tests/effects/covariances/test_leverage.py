"""HC2 and HC3 against statsmodels with written-out dummies."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import fit, leverage, parse, regress
from dualcarbon.kernels.leverage import effect_leverages

EQUAL = 1e-10  # statsmodels inverts the whole matrix of dummies
SAME = 1e-12

EFFECTS = [
    [],
    ["firm"],
    ["industry^year"],
    ["firm", "year"],
    ["industry", "year"],
    ["firm", "industry^year"],
    ["firm", "industry", "year"],
    ["industry^year", "province^year"],
]


@pytest.mark.parametrize("effects", EFFECTS, ids=lambda names: " + ".join(names) or "constant")
@pytest.mark.parametrize("weights", [None, "w"])
def test_equals_statsmodels(panel: Panel, slow: Any, effects: list[str], weights: str | None) -> None:
    import statsmodels.api as sm

    formula = f"y ~ d + x | {' + '.join(effects) or '0'}"
    found = regress(parse(formula, weights=weights), panel)
    table = panel.frame[found.rows]
    twin = slow.of(table, ["d", "x"], effects, weights)
    theirs = sm.WLS(twin.y, twin.z, weights=twin.w).fit()
    hat = twin.w * np.einsum("nk,kl,nl->n", twin.z, twin.bread, twin.z)
    if hat.max() > 1 - 1e-6:
        pytest.skip("a row of leverage 1, where statsmodels divides by zero")
    for name in ("HC2", "HC3"):
        ours = found.covariance(name.lower())
        at = [ours.names.index(v) for v in ("d", "x")]
        expected = getattr(theirs, f"cov_{name}")[:2, :2]
        assert np.allclose(ours.vcov[np.ix_(at, at)], expected, rtol=EQUAL, atol=EQUAL * np.abs(expected).max())
        assert ours.df == ours.n - np.linalg.matrix_rank(twin.z)


def test_leverages_are_the_diagonal_of_the_projection(panel: Panel, slow: Any) -> None:
    w = panel.frame["w"].to_numpy()
    for effects in EFFECTS[1:]:
        twin = slow.of(panel.frame, [], effects, "w")
        hat = np.diag(twin.z @ twin.bread @ twin.z.T) * w
        found = effect_leverages([panel.codes(*name.split("^")) for name in effects], w)
        assert np.allclose(found, hat, rtol=EQUAL, atol=EQUAL)


def test_a_row_that_the_effects_fit_exactly_adds_nothing() -> None:
    """One row joins two blocks of units and periods: its leverage is 1, and the errors are those without it."""
    r = np.random.default_rng(3)
    f, t = np.repeat(np.arange(8), 4), np.tile(np.arange(4), 8) + 4 * (np.repeat(np.arange(8), 4) > 3)
    table = pl.DataFrame({"f": [*f, 0], "t": [*t, 5], "x": r.normal(size=33), "y": r.normal(size=33)})
    panel = Panel.from_frame(table, id="f", time="t")
    assert effect_leverages([panel.codes("f"), panel.codes("t")], np.ones(33))[4] == pytest.approx(1.0, abs=EQUAL)
    apart = (pl.col("f") == 0) & (pl.col("t") == 5)
    for kind in ("hc2", "hc3"):
        joined, split = fit("y ~ x | f + t", panel, vcov=kind), fit("y ~ x | f + t", panel, vcov=kind, sample=~apart)
        assert (joined.n, split.n) == (33, 32)
        assert np.allclose(joined.vcov, split.vcov, rtol=EQUAL)


def test_a_row_on_which_a_coefficient_rests_alone_is_named(panel: Panel) -> None:
    lone = panel.with_columns((pl.int_range(pl.len()) == 3).cast(pl.Int64).alias("own"))
    with pytest.raises(NotIdentifiedError, match=r"1 rows, at positions 3 of"):
        fit("y ~ d + own | firm + year", lone, vcov="hc3")


def test_weights_scale_and_order_do_not_matter(panel: Panel) -> None:
    a = fit("y ~ d + x | firm + year", panel, vcov="hc3", weights="w")
    scaled = panel.with_columns(pl.col("w") * 1e6, pl.col("d") * 1e3)
    b = fit("y ~ d + x | firm + year", scaled, vcov="hc3", weights="w")
    assert np.allclose(b.se * [1e3, 1.0], a.se, rtol=EQUAL)
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=1), id="firm", time="year")
    assert np.array_equal(fit("y ~ d + x | firm + year", shuffled, vcov="hc3", weights="w").vcov, a.vcov)


def test_too_large_effects_are_refused(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leverage, "MOST_LEVELS", 10)
    with pytest.raises(ConfigError, match="at most 10 groups"):
        fit("y ~ d | firm + industry^year", panel, vcov="hc2")
    assert fit("y ~ d | firm", panel, vcov="hc2").n > 0


def test_a_leverage_of_one_is_seen_through_near_collinearity() -> None:
    """d and its product with x, 1e4 away from 0: cross products lose the leverages that make hc3 undefined."""
    r = np.random.default_rng(5)
    x = 1e4 + r.normal(size=12)
    d = np.array([1.0, 1.0] + 10 * [0.0])
    table = pl.DataFrame({"f": np.arange(12), "t": np.ones(12), "d": d, "x": x, "y": r.normal(size=12)})
    panel = Panel.from_frame(table, id="f", time="t")
    with pytest.raises(NotIdentifiedError, match="2 rows, at positions 0, 1"):
        fit("y ~ d + d:x", panel, vcov="hc3")
