"""Weights: normalised, tied to units by name, refused where they cannot be right."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.kernels.proximity import RADIUS_KM
from dualcarbon.policy.spatial import contiguity, economic_distance, from_matrix, inverse_distance, nearest, product

Floats = NDArray[np.float64]

EXACT = 1e-12  # one division
KM = 1e-9  # relative, chords against the haversine


def panel(n: int = 12, seed: int = 0, periods: int = 3) -> Panel:
    r = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n), periods)
    columns = {
        "city": [f"c{u:02d}" for u in unit],
        "year": np.tile(np.arange(2010, 2010 + periods), n),
        "lat": r.uniform(30, 34, n)[unit],
        "lon": r.uniform(110, 114, n)[unit],
        "gdp": r.uniform(1, 9, n * periods),
    }
    return Panel.from_frame(pl.DataFrame(columns), id="city", time="year")


def distances(p: Panel) -> Floats:
    one = p.frame.filter(pl.col("year") == 2010)
    lat, lon = np.radians(one["lat"].to_numpy()), np.radians(one["lon"].to_numpy())
    h = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return np.asarray(2 * RADIUS_KM * np.arcsin(np.sqrt(h)))


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_inverse_distance_row_by_row(power: float) -> None:
    p = panel()
    km = distances(p)
    near = (km <= 180) & ~np.eye(12, dtype=bool)
    raw = np.where(near, np.where(near, km, 1.0) ** -power, 0.0)
    found = inverse_distance(p, cutoff_km=180, power=power)
    np.testing.assert_allclose(found.raw.toarray(), raw, rtol=KM)
    sums = raw.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.matrix.toarray(), raw / np.where(sums > 0, sums, 1), rtol=KM)
    assert found.symmetric()
    assert found.ids == tuple(f"c{u:02d}" for u in range(12))


def test_places_at_the_same_coordinates_count_as_one_kilometre_apart() -> None:
    p = panel(3).with_columns(pl.lit(30.0).alias("lat"), pl.lit(110.0).alias("lon"))
    found = inverse_distance(p, cutoff_km=5, normalise="none")
    assert found.raw.toarray().tolist() == (1.0 - np.eye(3)).tolist()


def test_nearest_takes_k_and_is_not_symmetric() -> None:
    p = panel()
    found = nearest(p, k=3)
    km = distances(p) + np.diag(np.full(12, np.inf))
    wanted = np.zeros((12, 12))
    np.put_along_axis(wanted, np.argsort(km, axis=1)[:, :3], 1 / 3, axis=1)
    np.testing.assert_allclose(found.matrix.toarray(), wanted, rtol=EXACT)
    assert not found.symmetric()


def test_contiguity_from_pairs_in_one_direction_or_both() -> None:
    p = panel(4)
    edges = [("c00", "c01"), ("c01", "c00"), ("c02", "c01")]
    frame = pl.DataFrame({"a": [a for a, _ in edges], "b": [b for _, b in edges]})
    for given in (edges, frame):
        found = contiguity(p, given)
        assert found.islands == ("c03",)
        assert found.matrix.toarray()[1].tolist() == [0.5, 0.0, 0.5, 0.0]
        assert "c03" in found.note().en


def test_economic_distance_uses_means_up_to_a_period() -> None:
    p = panel(5)
    found = economic_distance(p, "gdp", until=2011, normalise="none")
    early = p.frame.filter(pl.col("year") <= 2011)
    m = early.group_by("city", maintain_order=True).agg(pl.col("gdp").mean())["gdp"].to_numpy()
    gaps = np.abs(m[:, None] - m) + np.diag(np.full(5, np.inf))
    np.testing.assert_allclose(found.raw.toarray(), 1 / gaps, rtol=EXACT)


def test_product_multiplies_before_normalising() -> None:
    p = panel()
    a, b = inverse_distance(p, cutoff_km=200), economic_distance(p, "gdp")
    raw = a.raw.toarray() * b.raw.toarray()
    for found in (a * b, product(a, b), a * b.only(b.ids[::-1])):
        np.testing.assert_allclose(found.raw.toarray(), raw, rtol=EXACT)
    sums = (a * b).matrix.sum(axis=1)
    assert np.all((np.abs(sums - 1) < EXACT) | (sums == 0))


@pytest.mark.parametrize("n", [12, 300])
def test_spectral_normalisation_has_radius_one(n: int) -> None:
    found = inverse_distance(panel(n), cutoff_km=200, normalise="spectral")
    assert np.abs(np.linalg.eigvalsh(found.matrix.toarray())).max() == pytest.approx(
        1.0, rel=1e-9
    )  # the eigen-solver's
    assert found.radius == 1.0


def test_only_reorders_and_normalises_anew() -> None:
    w = from_matrix([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["a", "b", "c"])
    part = w.only(["c", "a"])
    assert part.ids == ("c", "a")
    assert part.matrix.toarray().tolist() == [[0.0, 1.0], [1.0, 0.0]]
    with pytest.raises(NotIdentifiedError):
        w.only(["b", "c"])
    with pytest.raises(DataError, match="'d'"):
        w.only(["a", "d"])


def test_the_matrix_given_is_not_changed_and_ours_cannot_be() -> None:
    given = csr_array(np.array([[0.0, 2.0], [2.0, 0.0]]))
    w = from_matrix(given, ["a", "b"])
    assert given.toarray().tolist() == [[0.0, 2.0], [2.0, 0.0]]
    with pytest.raises(ValueError, match="read-only"):
        w.matrix.data[0] = 5.0


GOOD = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]])


def changed(i: int, j: int, value: float) -> Floats:
    found = GOOD.copy()
    found[i, j] = value
    return found


@pytest.mark.parametrize(
    ("matrix", "ids", "word"),
    [
        (GOOD[:2], "abc", "shape"),
        (GOOD, "ab", "shape"),
        (changed(0, 0, 1.0), "abc", "diagonal"),
        (changed(0, 1, -1.0), "abc", "negative"),
        (changed(0, 1, np.nan), "abc", "missing"),
        (changed(0, 2, 1.0), "abc", "one direction"),
        (GOOD, "aba", "more than once"),
    ],
)
def test_matrices_that_cannot_be_weights(matrix: Floats, ids: str, word: str) -> None:
    with pytest.raises(DataError, match=word):
        from_matrix(matrix, list(ids))


def test_one_direction_is_allowed_where_asked_for() -> None:
    assert from_matrix(changed(0, 2, 1.0), list("abc"), directed=True).raw.nnz == 5


def test_bad_options_and_data() -> None:
    p = panel(4)
    with pytest.raises(NotIdentifiedError, match="islands"):
        from_matrix(np.zeros((2, 2)), ["a", "b"])
    with pytest.raises(NotIdentifiedError):
        inverse_distance(p, cutoff_km=0.001)
    for call in (
        lambda: inverse_distance(p, cutoff_km=-1),
        lambda: inverse_distance(p, cutoff_km=10, power=-1),
        lambda: nearest(p, k=4),
        lambda: from_matrix(GOOD, list("abc"), normalise="column"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ConfigError):
            call()
    with pytest.raises(DataError, match="'z'"):
        contiguity(p, [("c00", "z")])
    with pytest.raises(DataError, match="itself"):
        contiguity(p, [("c00", "c00")])
    with pytest.raises(SchemaError):
        nearest(p, k=1, lat="latitude")


def test_coordinates_that_are_missing_move_or_leave_the_globe() -> None:
    p = panel(4)
    for value in (None, 95.0, float("nan")):
        bad = p.with_columns(pl.when(pl.col("city") == "c02").then(value).otherwise(pl.col("lat")).alias("lat"))
        with pytest.raises(DataError, match="c02"):
            nearest(bad, k=1)
    moving = p.with_columns((pl.col("lat") + 0.1 * (pl.col("year") == 2011)).alias("lat"))
    with pytest.raises(DataError, match="varies"):
        nearest(moving, k=1)


def test_economic_distances_of_equals_or_of_nothing() -> None:
    p = panel(4)
    with pytest.raises(DataError, match="is 0"):
        economic_distance(p.with_columns(pl.lit(1.0).alias("gdp")), "gdp")
    hollow = p.with_columns(pl.when(pl.col("city") == "c01").then(None).otherwise(pl.col("gdp")).alias("gdp"))
    with pytest.raises(DataError, match="c01"):
        economic_distance(hollow, "gdp")
