"""Which places lie near each other on the globe, and how far the nearest of some is from every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.proximity import RADIUS_KM

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def arc_km(chords: Floats) -> Floats:
    """Great-circle distance of points a chord of the unit sphere apart, 2 R arcsin(chord / 2); infinite stays so."""
    bounded = np.minimum(np.where(np.isfinite(chords), chords, 0.0) / 2.0, 1.0)
    return np.where(np.isfinite(chords), 2.0 * RADIUS_KM * np.arcsin(bounded), np.inf)


def chord_of(km: float) -> float:
    """The chord that spans a distance of at most half the globe."""
    return float(2.0 * np.sin(min(km / RADIUS_KM, np.pi) / 2.0))


def pairs_within(points: Floats, cutoff_km: float) -> tuple[Codes, Codes, Floats]:
    """Pairs i < j of places at most the cutoff apart, sorted, and their distance in km; points (p, 3) unit vectors."""
    from scipy.spatial import KDTree

    found = KDTree(points).query_pairs(chord_of(cutoff_km) * (1.0 + 1e-12), output_type="ndarray").astype(np.int64)
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    km = arc_km(np.linalg.norm(points[found[:, 0]] - points[found[:, 1]], axis=1))
    near = km <= cutoff_km
    return found[near, 0], found[near, 1], km[near]


def nearest(points: Floats, k: int) -> tuple[Codes, Floats]:
    """The k nearest other places of each, (p, k), nearest first, and their distances in km; ties by position."""
    from scipy.spatial import KDTree

    found, places = KDTree(points).query(points, min(k + 8, len(points)))
    chords = np.asarray(found, dtype=np.float64)
    own = np.arange(len(points))[:, None]
    key = np.where(places == own, -1.0, np.round(chords, 14))
    order = np.lexsort((places, key))[:, 1 : k + 1]
    return np.take_along_axis(places, order, axis=1), arc_km(np.take_along_axis(chords, order, axis=1))


def distance_to_nearest(points: Floats, sources: NDArray[np.bool_]) -> Floats:
    """Distance in km from each place to the nearest source other than itself, (p,); infinite where there is none."""
    from scipy.spatial import KDTree

    found = np.full(len(points), np.inf)
    if not sources.any():
        return found
    tree = KDTree(points[sources])
    if not sources.all():
        found[~sources] = tree.query(points[~sources])[0]
    if np.count_nonzero(sources) > 1:
        found[sources] = np.asarray(tree.query(points[sources], [2])[0])[:, 0]
    return arc_km(found)


def steps_to_nearest(matrix: csr_array, sources: NDArray[np.bool_], others: bool = False) -> Floats:
    """Fewest steps between neighbours from each unit to a source, (p,); infinite where none is reached.

    Parameters
    ----------
    matrix : (p, p), entries from i to the units that count as its neighbours
    sources : (p,)
    others : whether sources are measured to the nearest other source, one search each, or stand at 0
    """
    steps = np.where(sources, 0.0, np.inf)
    front, distance = sources.copy(), 0.0
    while front.any():
        distance += 1.0
        front = ((matrix @ front.astype(np.float64)) != 0.0) & np.isinf(steps)
        steps[front] = distance
    for unit in np.flatnonzero(sources).tolist() if others else ():
        steps[unit] = _steps_to_other(matrix, sources, unit)
    return steps


def _steps_to_other(matrix: csr_array, sources: NDArray[np.bool_], unit: int) -> float:
    seen, front, distance = {unit}, [unit], 0.0
    while front:
        distance += 1.0
        further = [j for i in front for j in matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]].tolist()]
        front = [j for j in dict.fromkeys(further) if j not in seen]
        if any(sources[j] for j in front):
            return distance
        seen.update(front)
    return float("inf")
