"""Near places against every pair."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualcarbon.kernels.neighbours import distance_to_nearest, nearest, pairs_within, steps_to_nearest
from dualcarbon.kernels.proximity import RADIUS_KM, unit_vectors

Floats = NDArray[np.float64]

KM = 1e-6  # chords of the unit sphere keep 1e-16, a metre is 1e-7 of a radian


def haversine(lat: Floats, lon: Floats) -> Floats:
    a, b = np.radians(lat), np.radians(lon)
    h = np.sin((a[:, None] - a) / 2) ** 2 + np.cos(a[:, None]) * np.cos(a) * np.sin((b[:, None] - b) / 2) ** 2
    return np.asarray(2 * RADIUS_KM * np.arcsin(np.sqrt(h)))


@pytest.fixture
def world() -> tuple[Floats, Floats]:
    r = np.random.default_rng(0)
    lat, lon = r.uniform(-80, 80, 60), r.uniform(-180, 180, 60)
    return unit_vectors(lat, lon), haversine(lat, lon)


@pytest.mark.parametrize("cutoff", [500.0, 3000.0, 30_000.0, np.inf])
def test_pairs_are_those_of_the_haversine(world: tuple[Floats, Floats], cutoff: float) -> None:
    points, km = world
    i, j, found = pairs_within(points, cutoff)
    wanted = np.argwhere(np.triu(km <= cutoff, 1))
    assert np.array_equal(np.column_stack([i, j]), wanted)
    np.testing.assert_allclose(found, km[i, j], atol=KM)


def test_nearest_are_sorted_and_exclude_the_place_itself(world: tuple[Floats, Floats]) -> None:
    points, km = world
    found, distances = nearest(points, 4)
    np.fill_diagonal(km, np.inf)
    assert np.array_equal(found, np.argsort(km, axis=1)[:, :4])
    np.testing.assert_allclose(distances, np.sort(km, axis=1)[:, :4], atol=KM)


def test_a_place_is_never_its_own_neighbour_where_places_coincide() -> None:
    points = unit_vectors(np.full(5, 30.0), np.full(5, 110.0))
    found, _ = nearest(points, 3)
    assert not np.any(found == np.arange(5)[:, None])


@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_distance_to_the_nearest_other_source(world: tuple[Floats, Floats], count: int) -> None:
    points, km = world
    sources = np.arange(60) < count
    others = np.where(sources[None, :] & ~np.eye(60, dtype=bool), km, np.inf)
    np.testing.assert_allclose(distance_to_nearest(points, sources), others.min(axis=1), atol=KM)


@pytest.mark.parametrize("others", [False, True])
def test_steps_between_neighbours(others: bool) -> None:
    r = np.random.default_rng(1)
    links = np.triu(r.random((40, 40)) < 0.04, 1)
    matrix = (links | links.T).astype(float)
    sources = r.random(40) < 0.15
    reach, power = np.full((40, 40), np.inf), np.eye(40)
    for k in range(40):
        reach[(power > 0) & np.isinf(reach)] = k
        power = (power @ (matrix + np.eye(40)) > 0).astype(float)
    np.fill_diagonal(reach, np.inf if others else 0.0)
    wanted = reach[:, sources].min(axis=1)
    if not others:
        wanted[sources] = 0.0
    assert np.array_equal(steps_to_nearest(csr_array(matrix), sources, others), wanted)
