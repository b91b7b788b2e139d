"""Rings against written-out dummies, their bias, and what they refuse."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.policy.spatial import Rings, nearest, rings

Floats = NDArray[np.float64]

SAME = 1e-9  # lstsq on dummies keeps 11 digits
EDGES = (0.0, 60.0, 150.0)


def panel(n: int = 60, periods: int = 6, seed: int = 0, spill: float = 0.5, noise: float = 0.3) -> Panel:
    r = np.random.default_rng(seed)
    unit, year = np.repeat(np.arange(n), periods), np.tile(np.arange(2010, 2010 + periods), n)
    lat, lon = r.uniform(28, 34, n), r.uniform(108, 116, n)
    first = np.where(r.random(n) < 0.2, r.choice([2012, 2014], n), 0)
    table = {
        "u": unit,
        "t": year,
        "lat": lat[unit],
        "lon": lon[unit],
        "first": first[unit],
        "x": r.normal(size=len(unit)),
    }
    p = Panel.from_frame(pl.DataFrame(table), id="u", time="t")
    ring, treated = exposure(p)
    y = r.normal(size=n)[unit] + 0.2 * year + 0.4 * table["x"] - 1.0 * treated + spill * (ring == 1) * ~treated
    return p.with_columns(pl.Series("y", y + noise * r.normal(size=len(unit))))


def exposure(p: Panel) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Ring of the nearest other treated unit, by every pair and every period."""
    u, t, first = (p.frame[c].to_numpy() for c in ("u", "t", "first"))
    start = np.unique(u, return_index=True)[1]
    lat, lon = np.radians(p.frame["lat"].to_numpy()[start]), np.radians(p.frame["lon"].to_numpy()[start])
    h = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    km = 2 * 6371.0088 * np.arcsin(np.sqrt(h)) + np.diag(np.full(len(start), np.inf))
    ring = np.zeros(len(u), np.int64)
    for row, (i, year) in enumerate(zip(u, t, strict=True)):
        on = (first[start] > 0) & (first[start] <= year)
        d = km[i][on].min() if on.any() else np.inf
        ring[row] = 1 if d <= EDGES[1] else 2 if d <= EDGES[2] else 0
    return ring, (first > 0) & (t >= first)


def dummies(p: Panel, columns: list[Floats]) -> tuple[Floats, Floats]:
    """Coefficients of the columns and the influence of every unit on them, by written-out dummies."""
    u, t, y = p.frame["u"].to_numpy(), p.frame["t"].to_numpy(), p.frame["y"].to_numpy()
    z = np.column_stack([*columns, p.frame["x"].to_numpy(), np.eye(u.max() + 1)[u], np.eye(6)[t - 2010][:, 1:]])
    coef = np.linalg.lstsq(z, y, rcond=None)[0]
    scores = z * (y - z @ coef)[:, None]
    influence = np.stack([scores[u == i].sum(axis=0) for i in range(u.max() + 1)]) @ np.linalg.inv(z.T @ z)
    k = len(columns)
    n, rank, g = len(y), k + 1 + 6, u.max() + 1
    return coef[:k], influence[:, :k] * ((n - 1) / (n - rank) * g / (g - 1)) ** 0.5


def found(p: Panel, **more: object) -> Rings:
    return rings(p, "y", "first", edges_km=EDGES, controls=["x"], **more)  # type: ignore[arg-type]


def test_rings_are_a_regression_on_dummies() -> None:
    p = panel()
    ring, on = exposure(p)
    result = found(p)
    columns = [on.astype(float), ((ring == 1) & ~on).astype(float), ((ring == 2) & ~on).astype(float)]
    coef, influence = dummies(p, columns)
    np.testing.assert_allclose(result.estimate, coef, rtol=SAME)
    np.testing.assert_allclose(result.vcov, influence.T @ influence, rtol=SAME)
    plain, short = dummies(p, columns[:1])
    assert result.plain == pytest.approx(plain[0], rel=SAME)
    assert result.rows == tuple(int(c.sum()) for c in columns)
    assert result.bias == pytest.approx(plain[0] - coef[0], rel=1e-7)  # a difference of near numbers
    joint = (360 - 8) / (360 - 10)  # the factor of the regression with rings serves both
    assert result.plain_se == pytest.approx(np.sqrt(short[:, 0] @ short[:, 0] * joint), rel=SAME)
    gap = short[:, 0] * joint**0.5 - influence[:, 0]
    assert result.bias_se == pytest.approx(np.sqrt(gap @ gap), rel=1e-7)


def test_rings_on_treated_places() -> None:
    p = panel()
    ring, on = exposure(p)
    columns = [on, (ring == 1) & ~on, (ring == 2) & ~on, (ring == 1) & on, (ring == 2) & on]
    coef, _ = dummies(p, [c.astype(float) for c in columns])
    np.testing.assert_allclose(found(p, on_treated=True).estimate, coef, rtol=1e-8)  # near-collinear columns


def test_spillovers_bias_the_plain_did_and_rings_remove_it() -> None:
    results = [found(panel(200, seed=s)) for s in range(20)]
    own, ring, plain = (
        np.array([getattr(r, a) if a else r.estimate[1] for r in results]) for a in ("own", "", "plain")
    )
    error = 3 * results[0].own_se / np.sqrt(20)
    assert abs(own.mean() + 1.0) < error
    assert abs(ring.mean() - 0.5) < 3 * results[0].se[1] / np.sqrt(20)
    assert plain.mean() < -1.0 - 2 * error
    assert results[0].bias == pytest.approx(results[0].plain - results[0].own)


def test_steps_between_neighbours_make_rings() -> None:
    p = panel()
    w = nearest(p, k=4)
    result = rings(p, "y", "first", weights=w, steps=1, controls=["x"])
    u, t, first = (p.frame[c].to_numpy() for c in ("u", "t", "first"))
    start = first[np.unique(u, return_index=True)[1]]
    links = w.raw.toarray() > 0
    near = np.array([bool(np.any(links[i] & (start > 0) & (start <= year))) for i, year in zip(u, t, strict=True)])
    on = (first > 0) & (t >= first)
    coef, _ = dummies(p, [on.astype(float), (near & ~on).astype(float)])
    np.testing.assert_allclose(result.estimate, coef, rtol=SAME)


def test_always_treated_places_still_touch_their_neighbours() -> None:
    p = panel().with_columns(pl.when(pl.col("u") == 3).then(2010).otherwise(pl.col("first")).alias("first"))
    result = found(p)
    assert len(result.design.unit_names) == 59
    ring, on = exposure(p)
    keep = p.frame["u"].to_numpy() != 3
    assert result.rows[1:] == (int(((ring == 1) & ~on & keep).sum()), int(((ring == 2) & ~on & keep).sum()))


def test_distance_at_an_edge_belongs_to_the_inner_ring() -> None:
    from dualcarbon.policy.spatial.rings import _rings

    edges = np.array([10.0, 20.0, 30.0])
    distance = np.array([5.0, 10.0, 15.0, 20.0, 20.1, 30.0, 31.0, np.inf])
    assert _rings(distance, edges).tolist() == [0, 1, 1, 1, 2, 2, 0, 0]


def test_row_order_does_not_matter() -> None:
    p = panel()
    shuffled = Panel.from_frame(p.frame.sample(fraction=1.0, shuffle=True, seed=1), id="u", time="t")
    assert np.array_equal(found(p).estimate, found(shuffled).estimate)


def test_exhibits_say_it_in_both_languages() -> None:
    result = found(panel(200))
    table, figure = result.table(), result.figure()
    assert len(table.rows) == 5
    assert len(figure.drawing.items) == 3  # type: ignore[union-attr]
    assert "为正" in result.words().zh
    assert "above zero" in result.words().en
    assert result.frame()["estimate"].to_list()[:3] == result.estimate.tolist()


def test_bad_input() -> None:
    p = panel()
    for edges in ((0,), (50, 20), (-1, 20), (0, np.inf)):
        with pytest.raises(ConfigError):
            rings(p, "y", "first", edges_km=edges)
    with pytest.raises(ConfigError):
        rings(p, "y", "first", weights=nearest(p, k=3), steps=0)
    with pytest.raises(ConfigError):
        rings(p, "y", "first", level=2)
    with pytest.raises(NotIdentifiedError, match="beyond"):
        rings(p, "y", "first", edges_km=(0, 20_000))
    with pytest.raises(NotIdentifiedError, match="any ring"):
        rings(p, "y", "first", edges_km=(0, 0.001))
    with pytest.raises(DataError, match="coordinates"):
        found(p.with_columns(pl.when(pl.col("u") == 5).then(None).otherwise(pl.col("lon")).alias("lon")))
    with pytest.raises(DataError, match="weights and the panel"):
        rings(p, "y", "first", weights=nearest(p.keep(pl.col("u") > 0, p.provenance.name), k=3))
