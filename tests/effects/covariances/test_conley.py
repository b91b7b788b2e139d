"""Conley errors against sums over all pairs of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.linalg import eigh

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Conley, fit
from dualcarbon.kernels import proximity

EQUAL = 1e-10
SAME = 1e-12


def haversine(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    phi, theta = np.radians(lat), np.radians(lon)
    half = np.sin((phi[:, None] - phi) / 2) ** 2
    half += np.cos(phi)[:, None] * np.cos(phi) * np.sin((theta[:, None] - theta) / 2) ** 2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(np.minimum(half, 1)))


def raised(matrix: np.ndarray, bread: np.ndarray) -> np.ndarray:
    """Without negative eigenvalues where the bread is the identity: V v = l B v, generalised."""
    values, vectors = eigh((matrix + matrix.T) / 2, bread)
    return bread @ (vectors * np.maximum(values, 0)) @ vectors.T @ bread


@pytest.mark.parametrize("effects", [[], ["firm", "year"], ["province"]])
@pytest.mark.parametrize("kernel", ["uniform", "bartlett"])
@pytest.mark.parametrize("cutoff", [0.001, 40.0, 150.0])
@pytest.mark.parametrize("pairs", [10, 4_000_000])
def test_equals_the_sum_over_pairs(
    panel: Panel, slow: Any, monkeypatch: pytest.MonkeyPatch, effects: list[str], kernel: Any, cutoff: float, pairs: int
) -> None:
    monkeypatch.setattr(proximity, "PAIRS", pairs)
    formula = f"y ~ d + x | {' + '.join(effects) or '0'}"
    twin = slow.of(panel.frame, ["d", "x"], effects, "w")
    apart = haversine(panel.frame["lat"].to_numpy(), panel.frame["lon"].to_numpy())
    near = np.where(apart <= cutoff, 1.0 if kernel == "uniform" else 1.0 - apart / cutoff, 0.0)
    n, k = twin.z.shape
    whole = twin.bread @ (twin.scores.T @ near @ twin.scores) @ twin.bread * (n - 1) / (n - k)
    size = 2 if effects else 3
    expected = raised(whole[:size, :size], twin.bread[:size, :size])[:2, :2]
    rule = Conley(cutoff_km=cutoff, kernel=kernel)
    if not expected.any():
        with pytest.raises(NotIdentifiedError, match="no positive variance"):
            fit(formula, panel, vcov=rule, weights="w")
        return
    found = fit(formula, panel, vcov=rule, weights="w")
    at = [found.names.index(v) for v in ("d", "x")]
    assert np.allclose(found.vcov[np.ix_(at, at)], expected, rtol=1e-7, atol=EQUAL * np.abs(expected).max())
    assert found.df == n - k


def test_no_distance_is_clusters_of_places(panel: Panel) -> None:
    a = fit("y ~ d | year", panel, vcov=Conley(cutoff_km=1e-6))
    b = fit("y ~ d | year", panel, cluster="firm")
    n = a.n
    k, kept = 1 + 6, b.clusters
    assert np.allclose(a.vcov, b.vcov / (kept / (kept - 1)), rtol=EQUAL)
    assert f"K = {k}" in a.rule.en
    assert f"{kept} places" in a.rule.en
    assert a.df == n - k


def test_around_the_globe() -> None:
    """Places on both sides of the date line, and at a pole, are near; antipodes are half a circle apart."""
    lat, lon = np.array([0.0, 0.0, 90.0, 90.0, 0.0]), np.array([179.95, -179.95, 10.0, -120.0, 0.0])
    points = proximity.unit_vectors(lat, lon)
    sums = np.eye(5)
    near = proximity.proximity_meat(sums, points, 12.0, False)
    expected = np.eye(5)
    expected[0, 1] = expected[1, 0] = expected[2, 3] = expected[3, 2] = 1.0
    assert np.array_equal(near, expected)
    assert np.array_equal(proximity.proximity_meat(sums, points, 20_100.0, False), np.ones((5, 5)))


def test_a_matrix_that_is_no_covariance_is_said() -> None:
    """Three places in a row, the ends too far from each other: the uniform kernel has a negative eigenvalue."""
    r = np.random.default_rng(8)
    place = np.repeat([0.0, 1.0, 2.0], 20)
    columns = {"f": np.arange(60), "t": np.ones(60), "lat": 0.0 * place, "lon": place}
    table = pl.DataFrame({**columns, "x": place + 0.01 * r.normal(size=60)})
    table = table.with_columns(y=pl.Series(np.where(place == 1.0, -1.0, 0.9) + 0.1 * r.normal(size=60)))
    panel = Panel.from_frame(table, id="f", time="t")
    found = fit("y ~ x", panel, vcov=Conley(cutoff_km=120.0))
    assert "positive semidefinite" in found.notes[0].en
    assert np.linalg.eigvalsh(found.vcov)[0] >= -SAME
    assert fit("y ~ x", panel, vcov=Conley(cutoff_km=1.0)).notes == ()


def test_a_cutoff_around_all_places_leaves_no_variance(panel: Panel) -> None:
    with pytest.raises(NotIdentifiedError, match="1 of 1 coefficients without: Conley"):
        fit("y ~ d | year", panel, vcov=Conley(cutoff_km=20_100.0))


def test_order_of_rows_does_not_matter(panel: Panel) -> None:
    a = fit("y ~ d + x | firm + year", panel, vcov="conley")
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=1), id="firm", time="year")
    assert np.array_equal(fit("y ~ d + x | firm + year", shuffled, vcov="conley").vcov, a.vcov)
    assert "within 100 km, uniform kernel" in a.rule.en


def test_bad_input(panel: Panel) -> None:
    with pytest.raises(ConfigError, match="cutoff_km positive"):
        Conley(cutoff_km=0.0)
    with pytest.raises(ConfigError, match="uniform or bartlett"):
        Conley(kernel="gauss")  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="missing latitude"):
        fit("y ~ d", panel, vcov=Conley(lat="latitude"))
    with pytest.raises(DataError, match="exchanged"):
        fit("y ~ d", panel, vcov=Conley(lat="lon", lon="lat"))
    with pytest.raises(SchemaError, match="not numeric"):
        fit("y ~ d", panel.with_columns(pl.col("lat").cast(pl.String)), vcov="conley")
