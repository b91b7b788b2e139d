"""The wild cluster bootstrap against regressions written out draw by draw, and stored output of wildboottest."""

from __future__ import annotations

import pickle
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Estimate, WildCluster, fit
from dualcarbon.effects.covariances import wild

EQUAL = 1e-8
SAME = 1e-12

STAGG = Path(__file__).resolve().parents[4] / "shared" / "data" / "base_stagg.csv"


def statistic(twin: Any, y: np.ndarray, j: int, null: float, group: np.ndarray) -> float:
    bread = twin.bread
    coef = bread @ twin.z.T @ (twin.w * y)
    scores = twin.z * (twin.w * (y - twin.z @ coef))[:, None]
    sums = np.array([scores[group == g].sum(axis=0) for g in range(group.max() + 1)])
    return float((coef[j] - null) / np.sqrt((bread @ sums.T @ sums @ bread)[j, j]))


def slow_p(twin: Any, j: int, null: float, group: np.ndarray) -> float:
    """All signs, each with its own regression under the null."""
    rest = np.delete(twin.z, j, axis=1)
    y = twin.y - null * twin.z[:, j]
    b = np.linalg.solve((rest * twin.w[:, None]).T @ rest, rest.T @ (twin.w * y))
    fitted = rest @ b + null * twin.z[:, j]
    left = twin.y - fitted
    own = abs(statistic(twin, twin.y, j, null, group))
    draws = [
        abs(statistic(twin, fitted + left * np.array(v)[group], j, null, group))
        for v in product([1.0, -1.0], repeat=int(group.max()) + 1)
    ]
    return float(np.mean(np.array(draws) >= own * (1 - 1e-10)))


@pytest.mark.parametrize("effects", [[], ["firm"], ["province"], ["firm", "year"], ["industry"], ["industry", "year"]])
@pytest.mark.parametrize("weights", [None, "w"])
def test_equals_regressions_draw_by_draw(panel: Panel, slow: Any, effects: list[str], weights: str | None) -> None:
    formula = f"y ~ d + x | {' + '.join(effects) or '0'}"
    found = fit(formula, panel, vcov=WildCluster("province"), weights=weights)
    plain = fit(formula, panel, cluster="province", weights=weights)
    twin = slow.of(panel.frame, ["d", "x"], effects, weights)
    group = panel.codes("province")
    names = found.names if not effects else ("d", "x")
    for name in names:
        j = {"d": 0, "x": 1, "(Intercept)": 2}[name]
        at = found.names.index(name)
        assert found.p[at] == slow_p(twin, j, 0.0, group)
        low, high = found.interval(0.9)[at]
        step = 1e-6 * found.se[at]
        assert slow_p(twin, j, low + step, group) > 0.1 >= slow_p(twin, j, low - step, group)
        assert slow_p(twin, j, high - step, group) > 0.1 >= slow_p(twin, j, high + step, group)
    assert np.array_equal(found.vcov, plain.vcov)
    assert np.array_equal(found.t, plain.t)
    assert "all 128 signs" in found.rule.en


@pytest.mark.skipif(not STAGG.exists(), reason="base_stagg.csv lies beside the checkout, not in it")
def test_stored_output_of_wildboottest() -> None:
    """pyfixest 0.60.0, wildboottest(param="z", reps=999): all 256 signs, WCR11; its p leaves out the two ties."""
    table = pl.read_csv(STAGG).with_columns(g=pl.col("id") % 8)
    g = pl.col("g")
    table = table.with_columns(z=pl.col("x1") + 3 * (g * g).cos(), u=pl.col("y") + 4 * (1.0 + 3 * g).sin())
    found = fit("u ~ z", Panel.from_frame(table, id="id", time="year"), cluster="g", vcov="wild")
    at = found.names.index("z")
    assert found.coef[at] == pytest.approx(0.43045206084073834, rel=1e-11)
    assert found.se[at] == pytest.approx(0.19504396031618695, rel=1e-11)
    assert found.p[at] * 256 - 2 == 0.0234375 * 256


def test_random_draws_agree_with_all_signs(panel: Panel) -> None:
    whole = fit("y ~ d + x | firm + year", panel, vcov=WildCluster("province"))
    drawn = fit("y ~ d + x | firm + year", panel, vcov=WildCluster("province^industry", draws=1999))
    assert "1999 draws, seed 0" in drawn.rule.en
    assert drawn.p[0] * 2000 == pytest.approx(round(drawn.p[0] * 2000))
    wild_like = WildCluster("province", draws=126, seed=4)
    some = fit("y ~ d + x | firm + year", panel, vcov=wild_like)
    assert "126 draws, seed 4" in some.rule.en
    assert np.all(np.abs(some.p - whole.p) < 4 * np.sqrt(0.25 / 126))


def test_seed_and_engine_change_no_bit(panel: Panel) -> None:
    def one() -> Estimate:
        return fit("y ~ d + x | firm + year", panel, vcov=WildCluster("firm", draws=199, seed=7))

    a, b = one(), pickle.loads(pickle.dumps(one()))
    assert np.array_equal(a.p, b.p)
    assert np.array_equal(a.interval(), b.interval())
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=1), id="firm", time="year")
    c = fit("y ~ d + x | firm + year", shuffled, vcov=WildCluster("firm", draws=199, seed=7))
    assert np.array_equal(a.p, c.p)
    assert np.array_equal(a.interval(), c.interval())


def test_one_coefficient_is_as_in_all(panel: Panel) -> None:
    whole = fit("y ~ d + x | firm + year", panel, vcov=WildCluster("province"))
    one = fit("y ~ d + x | firm + year", panel, vcov=WildCluster("province", of=("x",)))
    assert one.p[1] == whole.p[1]
    assert np.isnan(one.p[0])
    assert np.isnan(one.interval()[0]).all()
    assert one.stars("d") == ""


def test_units_scale_the_interval_and_not_p(panel: Panel) -> None:
    a = fit("y ~ d + x | firm", panel, cluster="province", vcov="wild")
    b = fit("y ~ d + x | firm", panel.with_columns(pl.col("d") / 1e3), cluster="province", vcov="wild")
    assert np.array_equal(a.p, b.p)
    assert np.allclose(a.scaled("d", 1e3).interval(), b.interval(), rtol=EQUAL)
    assert np.array_equal(a.scaled("d", -2.0).interval()[0], a.interval()[0][::-1] * -2.0)
    assert np.array_equal(a.scaled("d", -2.0).p, a.p)


def test_webb_weights_have_six_values() -> None:
    from dualcarbon.kernels.wild import signs

    blocks, complete = signs(7, 999, 0, True)
    drawn = np.concatenate(blocks)
    assert not complete
    assert np.allclose(np.unique(drawn**2), [0.5, 1.0, 1.5], rtol=SAME)
    assert drawn.shape == (999, 7)


def test_blocks_of_draws_do_not_depend_on_the_workers() -> None:
    from dualcarbon.kernels import wild as kernel

    blocks, _ = kernel.signs(3_000_000, 5, 1, False)
    assert [len(block) for block in blocks] == [1, 1, 1, 1, 1]
    assert set(np.unique(blocks[0])) == {-1.0, 1.0}


def test_with_five_clusters_nothing_is_rejected_at_five_percent() -> None:
    """Two of 32 signs repeat the estimate: p is at least 1/16, and the interval has no end."""
    r = np.random.default_rng(1)
    table = pl.DataFrame({"f": np.arange(50), "t": np.ones(50), "g": np.arange(50) % 5, "x": r.normal(size=50)})
    table = table.with_columns(y=5 * pl.col("x") + pl.Series(r.normal(size=50)))
    found = fit("y ~ x", Panel.from_frame(table, id="f", time="t"), cluster="g", vcov="wild")
    assert found.p[1] == 2 / 32
    assert np.array_equal(found.interval()[1], [-np.inf, np.inf])
    assert np.isfinite(found.interval(0.9)[1]).all()
    assert "only 5 clusters" in found.notes[0].en


def test_bad_input(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="draws positive"):
        WildCluster("firm", draws=0)
    with pytest.raises(ConfigError, match="rademacher or webb"):
        WildCluster("firm", weights="mammen")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="one way"):
        fit("y ~ d", panel, vcov=WildCluster("firm + year"))
    with pytest.raises(ConfigError, match="size"):
        fit("y ~ d", panel, vcov=WildCluster("firm", of=("size",)))
    with pytest.raises(ConfigError, match="contradict"):
        fit("y ~ d", panel, vcov="wild")
    with pytest.raises(NotIdentifiedError, match="two clusters"):
        fit("y ~ d", panel.with_columns(pl.lit(1).alias("one")), vcov=WildCluster("one"))
    monkeypatch.setattr(wild, "MOST_CROSSED", 6)
    with pytest.raises(ConfigError, match="cross too many"):
        fit("y ~ d | year", panel, vcov=WildCluster("province"))
