"""Weights from where places lie, what borders what, and how rich each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError
from dualcarbon.core.grouped import group_means
from dualcarbon.core.options import bad_option
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.policy.spatial import faults
from dualcarbon.policy.spatial.weights import Normalisation, Weights, weights_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Places:
    """The units of a panel and where they lie: ids (p), latitude and longitude in degrees, (p,)."""

    ids: tuple[object, ...]
    lat: Floats
    lon: Floats

    def points(self) -> Floats:
        """Unit vectors, (p, 3)."""
        from dualcarbon.kernels.proximity import unit_vectors

        return unit_vectors(self.lat, self.lon)


def places(panel: Panel, lat: str = "lat", lon: str = "lon") -> Places:
    """Where the units of a panel lie.

    Raises
    ------
    SchemaError
        A column is absent or not numeric.
    DataError
        Coordinates are missing, off the globe, or differ within a unit.
    """
    ids, (north, east) = _per_unit(panel, lat), _fixed(panel, lat, lon)
    wrong = ~(np.abs(north) <= 90.0) | ~(np.abs(east) <= 180.0)
    if wrong.any():
        raise faults.no_coordinates([ids[i] for i in np.flatnonzero(wrong)])
    return Places(ids, north, east)


def inverse_distance(
    panel: Panel,
    *,
    cutoff_km: float,
    power: float = 1.0,
    lat: str = "lat",
    lon: str = "lon",
    normalise: Normalisation = "row",
) -> Weights:
    """Weights 1 / d^power of places at most `cutoff_km` apart along the great circle.

    Places at the same coordinates count as 1 km apart, and so does everything nearer.

    Parameters
    ----------
    panel : Panel
    cutoff_km : float
        Infinite: every pair.
    power : float
        0 weighs all alike.
    lat, lon : str
        Columns in degrees, the same in all rows of a unit.
    normalise : {"row", "spectral", "none"}

    Raises
    ------
    ConfigError
        The cutoff is not positive or the power negative.
    SchemaError, DataError
        See `places`.
    NotIdentifiedError
        No two places are so near.
    """
    from scipy.sparse import csr_array

    from dualcarbon.kernels.neighbours import pairs_within

    if not cutoff_km > 0:
        raise bad_option("cutoff_km", Text("正数", "a positive number"), cutoff_km)
    if not power >= 0:
        raise bad_option("power", Text("不小于 0", "0 or more"), power)
    found = places(panel, lat, lon)
    i, j, km = pairs_within(found.points(), cutoff_km)
    weight, n = np.maximum(km, 1.0) ** -power, len(found.ids)
    raw = csr_array((np.tile(weight, 2), (np.append(i, j), np.append(j, i))), shape=(n, n))
    label = Text("反距离（{c} 千米内，幂 {p}）", "inverse distance (within {c} km, power {p})")
    return weights_of(raw, found.ids, normalise, label.format(c=f"{cutoff_km:g}", p=f"{power:g}"))


def nearest(panel: Panel, *, k: int, lat: str = "lat", lon: str = "lon", normalise: Normalisation = "row") -> Weights:
    """Weight 1 for the k nearest places of each; not symmetric.

    Raises
    ------
    ConfigError
        k is not between 1 and the number of units less one.
    SchemaError, DataError
        See `places`.
    """
    from scipy.sparse import csr_array

    from dualcarbon.kernels.neighbours import nearest as found_nearest

    found = places(panel, lat, lon)
    n = len(found.ids)
    if not 1 <= k < n:
        raise bad_option("k", Text("1 到 {m}", "1 to {m}").format(m=n - 1), k)
    near, _ = found_nearest(found.points(), k)
    raw = csr_array((np.ones(n * k), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n))
    return weights_of(raw, found.ids, normalise, Text("{k} 个最近邻", "{k} nearest").format(k=k))


def contiguity(
    panel: Panel, edges: pl.DataFrame | Sequence[tuple[object, object]], *, normalise: Normalisation = "row"
) -> Weights:
    """Weight 1 for units that border each other.

    Parameters
    ----------
    panel : Panel
    edges : pairs of ids, or a frame whose first two columns are such
        One direction is enough; pairs named twice count once.
    normalise : {"row", "spectral", "none"}

    Raises
    ------
    DataError
        A pair names a unit that is not in the panel, or a unit with itself.
    NotIdentifiedError
        There is no pair.
    """
    from scipy.sparse import csr_array

    ids = tuple(panel.frame[panel.id].unique(maintain_order=True).to_list())
    place = {one: i for i, one in enumerate(ids)}
    pairs = [(a, b) for a, b, *_ in (edges.iter_rows() if isinstance(edges, pl.DataFrame) else edges)]
    unknown = list(dict.fromkeys(one for pair in pairs for one in pair if one not in place))
    if unknown:
        raise faults.names_differ((), unknown, unknown)
    loops = [a for a, b in pairs if a == b]
    if loops:
        raise faults.bad_matrix(
            Text("单位与自己相邻", "a unit borders itself"),
            Text("两个不同的单位", "two different units"),
            faults.keys(loops),
            Text("删去这些对", "take these pairs out"),
        )
    ends = np.array([(place[a], place[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    both_ways = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    raw = csr_array((np.ones(len(both_ways)), (both_ways[:, 0], both_ways[:, 1])), shape=(len(ids), len(ids)))
    return weights_of(raw, ids, normalise, Text("相邻", "contiguity"))


def economic_distance(
    panel: Panel, column: str, *, until: float | None = None, normalise: Normalisation = "row"
) -> Weights:
    """Weights 1 / |m_i - m_j| from the means m of a column, such as GDP per head, over each unit's periods.

    Parameters
    ----------
    panel : Panel
    column : str
    until : float, optional
        Last period of the means: one before the policy, so that the policy does not move its own weights.
    normalise : {"row", "spectral", "none"}

    Raises
    ------
    SchemaError
        The column is absent or not numeric.
    DataError
        A unit has no value, or two have the same mean.

    Notes
    -----
    Every pair is linked: use the product with contiguity or distance (`*`) for sparse weights.
    """
    from scipy.sparse import csr_array

    panel.arrays(column)
    frame = panel.frame if until is None else panel.frame.filter(pl.col(panel.time) <= until)
    means = group_means(frame, [panel.id], [pl.col(column).cast(pl.Float64).fill_nan(None)])
    units = panel.frame.select(panel.id).unique(maintain_order=True)
    joined = units.join(means, on=panel.id, how="left", validate="1:1", maintain_order="left")
    ids, m = tuple(joined[panel.id].to_list()), joined[column].to_numpy().astype(np.float64)
    if not np.isfinite(m).all():
        raise _no_values(column, [ids[i] for i in np.flatnonzero(~np.isfinite(m))])
    gaps = np.abs(m[:, None] - m)
    equal = np.argwhere(np.triu(gaps == 0.0, 1))
    if len(equal):
        raise faults.bad_matrix(
            Text("经济距离为 0", "an economic distance is 0"),
            Text("各单位的均值互不相同", "means that all differ"),
            faults.keys([(ids[i], ids[j]) for i, j in equal]),
            Text("用更精确的数值，或换一列", "give the values with more digits, or take another column"),
        )
    np.fill_diagonal(gaps, np.inf)
    label = Text("经济距离（{c}）", "economic distance ({c})").format(c=both(column))
    return weights_of(csr_array(1.0 / gaps), ids, normalise, label)


def _no_values(column: str, found: Sequence[object]) -> DataError:
    return DataError(
        Text("有的单位没有 {c} 的值", "some units have no value of {c}").format(c=column),
        expected=Text("每个单位至少一个值", "at least one value per unit"),
        found=faults.keys(found),
        remedy=Text("补上这些值，或先移出这些单位", "add the values, or leave these units out first"),
    )


def _per_unit(panel: Panel, column: str) -> tuple[object, ...]:
    panel.arrays(column)
    return tuple(panel.frame[panel.id].unique(maintain_order=True).to_list())


def _fixed(panel: Panel, *columns: str) -> tuple[Floats, ...]:
    """One value per unit; missing where all rows are."""
    found = []
    for column in columns:
        panel.arrays(column)
        value = pl.col(column).cast(pl.Float64).fill_nan(None)
        table = panel.frame.group_by(panel.id, maintain_order=True).agg(
            value.min().alias("low"), value.max().alias("high")
        )
        moving = table.filter(pl.col("low") != pl.col("high"))
        if moving.height:
            raise faults.moving(column, moving[panel.id].to_list())
        found.append(table["low"].to_numpy().astype(np.float64))
    return tuple(found)
