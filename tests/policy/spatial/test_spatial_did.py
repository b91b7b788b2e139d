"""Spatial difference-in-differences: matrices written out, what must not matter, what is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import design
from dualcarbon.policy.spatial import (
    SpatialEffect,
    Weights,
    contiguity,
    evaluate,
    from_matrix,
    inverse_distance,
    nearest,
    spatial_did,
)
from dualcarbon.policy.spatial import estimation as fits

Floats = NDArray[np.float64]

SAME = 1e-10  # algebra on matrices of size 60
MODELS = ("sar", "sdm", "sem")
FEW = 200  # draws where the draws are not looked at


def panel(
    n: int = 60, periods: int = 6, seed: int = 0, rho: float = 0.4, theta: float = 0.3, noise: float = 0.4
) -> tuple[Panel, Weights]:
    r = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n), periods), np.tile(np.arange(2010, 2010 + periods), n)
    lat, lon = r.uniform(28, 34, n), r.uniform(108, 116, n)
    first = np.where(r.random(n) < 0.4, r.choice([2012, 2014], n), 0)
    x = r.normal(size=(n, periods))
    columns = {"u": unit, "t": year, "lat": lat[unit], "lon": lon[unit], "first": first[unit], "x": x.ravel()}
    p = Panel.from_frame(pl.DataFrame(columns), id="u", time="t")
    w = nearest(p, k=5)
    d = ((first[unit] > 0) & (year >= first[unit])).astype(float).reshape(n, periods)
    mean = -1.0 * d + theta * (w.matrix @ d) + 0.5 * x + r.normal(size=(n, 1)) + r.normal(size=periods)
    y = np.linalg.solve(np.eye(n) - rho * w.matrix.toarray(), mean + noise * r.normal(size=(n, periods)))
    return p.with_columns(pl.Series("y", y.ravel())), w


def found(p: Panel, w: Weights, **more: object) -> SpatialEffect:
    options: dict[str, object] = {"controls": ["x"], "draws": FEW} | more
    return spatial_did(p, "y", "first", weights=w, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["sar", "sdm"])
@pytest.mark.parametrize("kind", ["row", "spectral", "islands"])
def test_impacts_are_averages_of_the_written_out_matrices(model: str, kind: str) -> None:
    p, w = panel()
    if kind == "spectral":
        w = inverse_distance(p, cutoff_km=250, normalise="spectral")
    if kind == "islands":
        edges = np.argwhere(np.triu(w.raw.toarray(), 1)).tolist()
        w = contiguity(p, [(a, b) for a, b in edges if a > 3])
        assert len(w.islands) >= 4
    result = found(p, w, model=model)
    matrix, eye = w.matrix.toarray(), np.eye(60)
    for v, name in enumerate(("treatment", "x")):
        theta = result.coef[2 + v] if model == "sdm" else 0.0
        s = np.linalg.inv(eye - result.rho * matrix) @ (result.coef[v] * eye + theta * matrix)
        direct, total = np.trace(s) / 60, s.sum() / 60
        wanted = {"direct": direct, "indirect": total - direct, "total": total}
        for which, value in wanted.items():
            assert result.impact(which, name)[0] == pytest.approx(value, rel=SAME)


def test_delta_errors_are_numeric_derivatives() -> None:
    p, w = panel()
    result = found(p, w, draws=4000)
    matrix, eye, k = w.matrix.toarray(), np.eye(60), 4

    def impact(theta: Floats) -> Floats:
        s = np.linalg.inv(eye - theta[k] * matrix) @ (theta[0] * eye + theta[2] * matrix)
        direct, total = np.trace(s) / 60, s.sum() / 60
        return np.array([direct, total - direct, total])

    at, h = np.append(result.coef, result.rho), 1e-5
    gradient = np.column_stack([(impact(at + h * e) - impact(at - h * e)) / (2 * h) for e in np.eye(k + 1)])
    wanted = np.sqrt(np.diag(gradient @ result.vcov[: k + 1, : k + 1] @ gradient.T))
    rows = result.impacts.filter(pl.col("variable") == "treatment")
    np.testing.assert_allclose(rows["se_delta"], wanted, rtol=1e-6)  # a central difference
    np.testing.assert_allclose(rows["se"], wanted, rtol=0.1)  # 4000 draws, and curvature


def test_without_neighbours_it_is_the_two_way_regression() -> None:
    p, w = panel()
    result = found(p, w)
    u, t = p.frame["u"].to_numpy(), p.frame["t"].to_numpy()
    on = ((p.frame["first"] > 0) & (p.frame["t"] >= p.frame["first"])).to_numpy().astype(float)
    z = np.column_stack([on, p.frame["x"].to_numpy(), np.eye(60)[u], np.eye(6)[t - 2010][:, 1:]])
    y = p.frame["y"].to_numpy()
    coef = np.linalg.lstsq(z, y, rcond=None)[0]
    assert result.plain == pytest.approx(coef[0], rel=SAME)
    scores = z * (y - z @ coef)[:, None]
    influence = np.stack([scores[u == i].sum(axis=0) for i in range(60)]) @ np.linalg.inv(z.T @ z)
    factor = 60 / 59 * 359 / (360 - 8)
    assert result.plain_se == pytest.approx(np.sqrt(influence[:, 0] @ influence[:, 0] * factor), rel=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_neither_the_order_of_rows_nor_of_the_weights_matters(model: str) -> None:
    p, w = panel()
    shuffled = Panel.from_frame(p.frame.sample(fraction=1.0, shuffle=True, seed=3), id="u", time="t")
    a, b = found(p, w, model=model), found(shuffled, w.only(w.ids[::-1]), model=model)
    assert a.rho == b.rho
    assert np.array_equal(a.coef, b.coef)
    assert a.impacts.equals(b.impacts)


@pytest.mark.parametrize("model", MODELS)
def test_effects_are_absorbed_and_units_scale(model: str) -> None:
    p, w = panel()
    shift = pl.col("y") + 7.0 * pl.col("u") - 3.0 * (pl.col("t") - 2010) ** 2
    moved, tenfold = p.with_columns(shift.alias("y")), p.with_columns((10.0 * pl.col("y")).alias("y"))
    a = found(p, w, model=model)
    # units' constants enter the lag of others: absorbed up to rounding of numbers a hundred times larger
    b = found(moved, w, model=model)
    assert (b.rho, b.direct, b.rho_se) == pytest.approx((a.rho, a.direct, a.rho_se), rel=1e-8)
    c = found(tenfold, w, model=model)
    assert c.rho == pytest.approx(a.rho, rel=SAME)
    np.testing.assert_allclose(c.coef, 10 * a.coef, rtol=1e-9)
    np.testing.assert_allclose(c.se, 10 * a.se, rtol=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_scaling_the_weights_scales_rho(model: str) -> None:
    p, w = panel()
    raw = (w.raw + w.raw.T) / 2.0
    one = from_matrix(raw, w.ids, normalise="spectral")
    four = from_matrix(4.0 * one.matrix, w.ids, normalise="none")
    a, b = found(p, one, model=model), found(p, four, model=model)
    assert b.rho == pytest.approx(a.rho / 4, rel=1e-8)
    assert b.total == pytest.approx(a.total, rel=1e-7)


def test_spatial_error_moves_nobody_else() -> None:
    p, w = panel()
    result = found(p, w, model="sem")
    assert result.impact("indirect") == (0.0, 0.0, 0.0, 0.0)
    assert result.direct == pytest.approx(result.coef[0], rel=SAME)
    assert "by construction" in result.words().en


def test_likelihoods_are_nested_and_ratios_their_differences() -> None:
    p, w = panel()
    result = found(p, w)
    height = result.logliks
    assert height["ols"] <= height["sar"] <= height["sdm"]
    assert height["ols"] <= height["sem"] <= height["sdm"]
    tests = {row[0]: row[3:] for row in result.tests.iter_rows()}
    assert tests["lr_durbin"][:2] == (pytest.approx(2 * (height["sdm"] - height["sar"])), 2)
    assert tests["moran_plain"][0] ** 2 == pytest.approx(tests["lm_error"][0])
    assert found(p, w, model="sar").loglik == height["sar"]


def test_the_durbin_lags_can_be_chosen() -> None:
    p, w = panel()
    assert found(p, w, durbin=["treatment"]).names == ("treatment", "x", "W:treatment")
    assert found(p, w, durbin=[]).rho == pytest.approx(found(p, w, model="sar").rho, rel=SAME)
    with pytest.raises(ConfigError, match="durbin"):
        found(p, w, durbin=["z"])


def test_collinear_controls_are_left_out_and_named() -> None:
    p, w = panel()
    doubled = p.with_columns((2 * pl.col("x")).alias("x2"), pl.col("u").cast(pl.Float64).alias("fixed"))
    result = found(doubled, w, controls=["x", "x2", "fixed"])
    assert result.names == ("treatment", "x", "W:treatment", "W:x")
    assert any("x2" in note.en and "fixed" in note.en for note in result.notes)
    assert result.rho == pytest.approx(found(p, w).rho, rel=1e-9)


@pytest.mark.long
def test_intervals_hold_the_truth() -> None:
    held = []
    for seed in range(300):
        p, w = panel(120, 6, seed, noise=1.0)
        s = np.linalg.inv(np.eye(120) - 0.4 * w.matrix.toarray()) @ (0.3 * w.matrix.toarray() - np.eye(120))
        truth = np.trace(s) / 120, s.sum() / 120 - np.trace(s) / 120
        for covariance in ("cluster", "ml"):
            result = found(p, w, covariance=covariance, draws=500, seed=seed)
            limits = [result.impact(kind)[2:] for kind in ("direct", "indirect")]
            inside = [low <= value <= high for (low, high), value in zip(limits, truth, strict=True)]
            held.append([abs(result.rho - 0.4) < 1.96 * result.rho_se, *inside])
    share = np.array(held).reshape(300, 2, 3).mean(axis=0)
    assert share.min() > 0.90  # four standard errors of a share of 300 below 95 %
    assert share.max() < 0.995


def test_the_same_seed_gives_the_same_draws() -> None:
    p, w = panel()
    assert found(p, w, seed=5).impacts.equals(found(p, w, seed=5).impacts)
    assert not found(p, w, seed=5).impacts.equals(found(p, w, seed=6).impacts)


def test_an_indicator_a_design_and_dates_are_the_same() -> None:
    p, w = panel()
    on = ((pl.col("first") > 0) & (pl.col("t") >= pl.col("first"))).cast(pl.Int8).alias("on")
    a = spatial_did(p.with_columns(on), "y", treated="on", weights=w, controls=["x"], draws=FEW)
    b = evaluate(design(p, "y", "first", controls=["x"]), w, draws=FEW)
    assert a.rho == b.rho == found(p, w).rho


def test_units_that_leave_the_sample_leave_the_weights() -> None:
    p, w = panel()
    early = p.with_columns(pl.when(pl.col("u") == 3).then(2010).otherwise(pl.col("first")).alias("first"))
    result = found(early, w)
    assert result.weights.n == 59
    assert any("left the weights" in note.en for note in result.notes)
    np.testing.assert_allclose(result.weights.matrix.sum(axis=1), 1.0, rtol=SAME)


def test_words_tell_the_sign() -> None:
    p, w = panel(rho=0.3, theta=2.0)
    assert "pollution moved next door" in found(p, w).words().en
    assert "污染转移到了隔壁" in found(p, w).words().zh
    p, w = panel(rho=0.3, theta=-2.0)
    assert "the cut spread" in found(p, w).words().en
    p, w = panel(rho=0.0, theta=0.0, noise=3.0)
    assert "nor rule one out" in found(p, w).words().en


@pytest.mark.parametrize("model", MODELS)
def test_exhibits(model: str) -> None:
    p, w = panel()
    result = found(p, w, model=model)
    table, figure = result.table(), result.figure()
    assert table.notes[0].en == result.words().en + "."
    assert all(not note.en[0].islower() and note.en.endswith(".") and note.zh.endswith("。") for note in table.notes)
    cells = [cell for row in table.rows[: table.rules_after[-1]] for cell in row[1:5]]
    assert {cell.form for cell in cells if isinstance(cell.value, float) and abs(cell.value) >= 1e-3} == {".4f"}
    assert (
        len(table.rows)
        == 2
        + len(result.names)
        + result.impacts.height
        + result.tests.drop_nulls("statistic").drop_nans("statistic").height
    )
    assert figure.drawing.series[0].x[0] == result.direct  # type: ignore[union-attr]
    assert "rho" in repr(result)


def test_weights_of_other_units_are_refused_with_their_keys() -> None:
    p, w = panel()
    with pytest.raises(DataError, match=r"in the panel alone: 1, first \[59\]"):
        found(p, w.only(range(59)))
    named = from_matrix(w.raw, [str(i) for i in w.ids], directed=True)
    with pytest.raises(DataError, match="60, first"):
        found(p, named)
    further = p.keep(pl.col("u") != 7, Text("去一", "one out"))
    with pytest.raises(DataError, match=r"in the weights alone: 1, first \[7\]"):
        found(further, w)


def test_gaps_are_refused_with_a_remedy() -> None:
    p, w = panel()
    holed = p.keep(~((pl.col("u") == 4) & (pl.col("t") == 2013)), Text("缺", "hole"))
    with pytest.raises(DataError, match="drop_units"):
        found(holed, w)
    with pytest.raises(DataError, match="balanced"):
        found(holed, w, gaps="keep")
    assert found(holed, w, gaps="drop_units").units == 59
    isolated = p.keep(pl.col("t") != 2013, Text("缺年", "year missing"))
    with pytest.raises(DataError, match="2013"):
        found(isolated, w)
    assert found(isolated, w, gaps="keep").periods == 5


def test_bad_options(monkeypatch: pytest.MonkeyPatch) -> None:
    p, w = panel()
    for more in ({"model": "sac"}, {"covariance": "hc1"}, {"draws": 5}, {"level": 0.0}):
        with pytest.raises(ConfigError):
            found(p, w, **more)
    with pytest.raises(NotIdentifiedError):
        spatial_did(p.with_columns(pl.lit(0).alias("first")), "y", "first", weights=w)
    from dualcarbon.kernels import spatial_determinant

    monkeypatch.setattr(spatial_determinant, "LARGEST_DENSE", 50)
    with pytest.raises(ConfigError, match="too large"):
        fits.setting_of(w, True)


def test_islands_are_counted_and_named() -> None:
    p, w = panel()
    raw = w.raw.tolil()
    raw[5], raw[:, 5] = 0.0, 0.0
    alone = from_matrix(raw.tocsr(), w.ids, directed=True)
    result = found(p, alone)
    assert any("without neighbours 1: 5" in note.en for note in result.notes)
    assert np.isfinite([result.rho, result.rho_se, result.indirect]).all()


def test_a_maximum_at_the_end_is_not_told_as_a_finding() -> None:
    p, _ = panel(rho=0.0)
    common = p.with_columns((pl.col("y") + 50.0 * pl.col("lat") * (pl.col("t") - 2010)).alias("y"))
    result = found(common, inverse_distance(p, cutoff_km=np.inf, power=2.0))
    assert result.edge
    assert abs(result.rho) == pytest.approx(0.995)
    assert result.words() in result.notes
