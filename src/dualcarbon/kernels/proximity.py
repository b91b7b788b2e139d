"""Sums over pairs of places on the globe that lie near each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

PAIRS = 4_000_000
"""Pairs held at once."""


def unit_vectors(lat: Floats, lon: Floats) -> Floats:
    """Points on the unit sphere, (p, 3), of latitudes and longitudes in degrees, (p,)."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def proximity_meat(sums: Floats, points: Floats, cutoff_km: float, bartlett: bool) -> Floats:
    """Sum over ordered pairs of places of kernel(distance) S_a S_b', (k, k), a place with itself included.

    The kernel is 1 up to the cutoff, or 1 - distance / cutoff; distances are those of the great circle. A k-d tree
    finds the pairs within the chord of the cutoff.

    Parameters
    ----------
    sums : (p, k)
    points : (p, 3), unit vectors
    cutoff_km : positive
    """
    from scipy.spatial import KDTree

    tree = KDTree(points)
    angle = min(cutoff_km / RADIUS_KM, np.pi)
    reach = 2.0 * np.sin(angle / 2.0) * (1.0 + 1e-12)
    counts = np.asarray(tree.query_ball_point(points, reach, return_length=True), dtype=np.int64)
    near = np.zeros_like(sums)
    for start, stop in _blocks(counts):
        lists = tree.query_ball_point(points[start:stop], reach, return_sorted=True)
        neighbours = np.concatenate([np.asarray(found, dtype=np.int64) for found in lists])
        _add_near(near, sums, points, np.cumsum(counts[start:stop]), neighbours, start, cutoff_km, bartlett)
    meat = np.zeros((sums.shape[1], sums.shape[1]))
    for start in range(0, len(sums), PAIRS):
        meat += sums[start : start + PAIRS].T @ near[start : start + PAIRS]
    return np.asarray((meat + meat.T) / 2.0, dtype=np.float64)


def _blocks(counts: Codes) -> Iterator[tuple[int, int]]:
    """Runs of places with at most `PAIRS` neighbours together, or one place."""
    start, held = 0, 0
    for place, count in enumerate(counts.tolist()):
        if place > start and held + count > PAIRS:
            yield start, place
            start, held = place, 0
        held += count
    yield start, len(counts)


@jit
def _add_near(
    near: Floats,
    sums: Floats,
    points: Floats,
    ends: Codes,
    neighbours: Codes,
    first: int,
    cutoff_km: float,
    bartlett: bool,
) -> None:
    """Add to each place from `first` on the kernel-weighted sums of its neighbours, in place."""
    at = 0
    for place in range(ends.shape[0]):
        a = first + place
        while at < ends[place]:
            b = neighbours[at]
            at += 1
            chord = 0.0
            for c in range(3):
                chord += (points[a, c] - points[b, c]) ** 2
            distance = 2.0 * RADIUS_KM * np.arcsin(min(np.sqrt(chord) / 2.0, 1.0))
            if distance > cutoff_km:
                continue
            weight = 1.0 - distance / cutoff_km if bartlett else 1.0
            for c in range(sums.shape[1]):
                near[a, c] += weight * sums[b, c]
