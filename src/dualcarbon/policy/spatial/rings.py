"""Did the policy touch the neighbours: effects by distance to the nearest treated place, and the bias of plain DID."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.options import bad_option
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design, Gaps, design
from dualcarbon.policy.spatial import faults
from dualcarbon.policy.spatial.making import places
from dualcarbon.policy.spatial.rings_result import OWN, Rings, ring_name, rings_of
from dualcarbon.policy.spatial.weights import Weights, require_same_units
from dualcarbon.policy.timing import first_treated as timing
from dualcarbon.policy.timing import whole_periods

if TYPE_CHECKING:
    from dualcarbon.kernels.least_squares import LeastSquares

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EDGES_KM = (0.0, 50.0, 100.0, 200.0)


def rings(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    treated: str | None = None,
    coordinates: tuple[str, str] = ("lat", "lon"),
    edges_km: Sequence[float] = EDGES_KM,
    weights: Weights | None = None,
    steps: int = 2,
    on_treated: bool = False,
    controls: Sequence[str] = (),
    cluster: str | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.95,
) -> Rings:
    """Effects of a policy on treated places and on places near them.

        y_it = tau D_it + sum_r delta_r (1 - D_it) R^r_it + x_it b + unit_i + period_t + e_it

    D is treatment; R^r is 1 if the nearest place already treated lies in ring r, edges[r-1] < distance <= edges[r], the
    first ring with its inner edge. With `on_treated`, D R^r enter too, R^r by the nearest other treated place, and tau
    is the effect on treated places with no other treated place in any ring. Least squares, errors clustered. The same
    regression without rings is the plain DID; its difference from tau, with its error from the joint scores, is what
    spillovers did to it.

    Parameters
    ----------
    panel : Panel
    outcome, first_treated, treated, controls, cluster, gaps
        As for `did`.
    coordinates : (str, str)
        Columns of latitude and longitude in degrees, fixed within units; great-circle distances.
    edges_km : sequence of float
        Increasing, 0 or more; beyond the last nobody is touched.
    weights : Weights, instead of coordinates
        Rings are numbers of steps between neighbours, 1 to `steps`. They name the panel's units.
    steps : int
    on_treated : bool
    level : float

    Returns
    -------
    Rings
        `.own`, `.table_data`, `.plain`, `.bias`, `.table()`, `.figure()`.

    Raises
    ------
    ConfigError
        An option cannot be read.
    DataError, SchemaError
        As for `did`; coordinates missing, off the globe or moving; weights that name other units.
    NotIdentifiedError
        No place near treated ones is untreated, or none lies beyond the last ring.

    Notes
    -----
    Places that left the sample (always treated, incomplete) still count as sources of spillovers. Butts (2021),
    Difference-in-differences estimation with spatial spillovers, https://doi.org/10.48550/arXiv.2105.03737. With
    several cohorts and effects that differ among them all the weights of two-way effects apply.
    """
    if not 0 < level < 1:
        raise bad_option("level", Text("0 与 1 之间，如 0.95", "between 0 and 1, such as 0.95"), level)
    edges = _edges(edges_km) if weights is None else _steps(steps)
    sample = design(
        panel, outcome, first_treated, treated=treated, controls=controls, cluster=cluster, gaps=gaps,
        comparison="not_yet",
    )  # fmt: skip
    distance = _distances(panel, first_treated, treated, coordinates, weights, on_treated)[sample.rows]
    ring = _rings(distance, edges)
    names, columns = _columns(sample, ring, edges, weights is not None, on_treated)
    _require_contrast(sample, ring, columns)
    fit, errors, plain = _regressions(sample, columns)
    return rings_of(sample, panel.provenance, names, columns, ring, fit, errors, plain, edges, weights, level)


def _edges(given: Sequence[float]) -> Floats:
    edges = np.array(given, dtype=np.float64)
    if len(edges) < 2 or not np.isfinite(edges).all() or edges[0] < 0 or np.any(np.diff(edges) <= 0):
        raise bad_option(
            "edges_km", Text("递增且不小于 0，如 (0, 50, 100)", "increasing, 0 or more, such as (0, 50, 100)"), given
        )
    return edges


def _steps(steps: int) -> Floats:
    if steps < 1:
        raise bad_option("steps", Text("1 或更大", "1 or more"), steps)
    return np.arange(steps + 1, dtype=np.float64)


def _distances(
    panel: Panel,
    column: str | None,
    indicator: str | None,
    coordinates: tuple[str, str],
    weights: Weights | None,
    on_treated: bool,
) -> Floats:
    """Distance of every row of the panel to the nearest other unit treated by then; infinite where there is none."""
    from dualcarbon.kernels.neighbours import distance_to_nearest, steps_to_nearest

    first, period = timing(panel, column, indicator), whole_periods(panel)
    unit = panel.codes(panel.id)
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    unit_first = first[starts]
    if weights is None:
        points = places(panel, *coordinates).points()
    else:
        ids = tuple(panel.frame[panel.id].unique(maintain_order=True).to_list())
        require_same_units(weights, ids)
        links = weights.only(ids).raw
    found = np.full(panel.n, np.inf)
    times = np.unique(period)
    began = np.array([np.count_nonzero(unit_first <= t) for t in times])
    for number in np.unique(began):
        rows = np.isin(period, times[began == number])
        sources = unit_first <= times[began == number][0]
        by_unit = (
            distance_to_nearest(points, sources) if weights is None else steps_to_nearest(links, sources, on_treated)
        )
        found[rows] = by_unit[unit[rows]]
    return found


def _rings(distance: Floats, edges: Floats) -> Codes:
    """Ring of each row, 1..R; 0 for none."""
    ring = np.searchsorted(edges, distance, side="left")
    ring = np.where(distance == edges[0], 1, ring)
    return np.where((ring > len(edges) - 1) | (distance < edges[0]), 0, ring).astype(np.int64)


def _columns(sample: Design, ring: Codes, edges: Floats, stepped: bool, on_treated: bool) -> tuple[list[Text], Floats]:
    """Own treatment, a column per ring of untreated rows and, if asked, per ring of treated rows."""
    names, columns = [OWN], [sample.treated.astype(np.float64)]
    for treated in (False, True) if on_treated else (False,):
        for r in range(1, len(edges)):
            names.append(ring_name(r, edges, stepped, treated))
            columns.append(((ring == r) & (sample.treated == treated)).astype(np.float64))
    return names, np.column_stack(columns)


def _require_contrast(sample: Design, ring: Codes, columns: Floats) -> None:
    if not columns[:, 1:].any():
        raise faults.few(
            Text("没有处于任何圈层内的行", "no row lies in any ring"),
            0,
            Text("放宽 edges_km 或增加 steps", "widen edges_km or raise steps"),
        )
    late = sample.period >= sample.cohorts[0]
    if not np.any(late & (ring == 0) & ~sample.treated):
        raise faults.few(
            Text("处理开始后没有圈层之外的未处理单位", "no untreated unit lies beyond the rings once treatment began"),
            0,
            Text("收窄 edges_km 或减少 steps", "narrow edges_km or lower steps"),
        )


@dataclass(frozen=True, slots=True)
class Errors:
    """Covariance of the kept coefficients, then of the plain DID, (r + 1, r + 1); clusters; degrees of freedom."""

    vcov: Floats
    clusters: int


def _regressions(sample: Design, columns: Floats) -> tuple[LeastSquares, Errors, float]:
    """Least squares with rings, the joint covariance, and the plain DID."""
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.cluster import cluster_meat
    from dualcarbon.kernels.groups import levels_of
    from dualcarbon.kernels.least_squares import least_squares, least_variation
    from dualcarbon.kernels.moments import sums_of_squares

    values = np.column_stack([sample.outcome, columns, sample.controls])
    means = values.mean(axis=0)
    values = np.ascontiguousarray(values - means)
    ones, effects = np.ones(sample.n), (sample.unit, np.searchsorted(sample.periods, sample.period))
    least = least_variation(sums_of_squares(values, ones), means, float(sample.n))[1:]
    within = partial_out(values, effects, ones).values
    fit = least_squares(within, ones, least)
    own = np.concatenate([[0, 1], np.arange(1 + columns.shape[1], values.shape[1])])
    plain = least_squares(np.ascontiguousarray(within[:, own]), ones, least[own[1:] - 1])
    if not (fit.kept[0] and plain.kept[0]):
        raise faults.few(
            Text("处理与圈层、固定效应共线", "treatment is collinear with the effects"), 0,
            Text("检查处理时点", "check when treatment begins"),
        )  # fmt: skip
    influence = np.column_stack(
        [
            (within[:, 1:][:, fit.kept] * fit.residuals[:, None]) @ fit.bread,
            (within[:, own[1:]][:, plain.kept] * plain.residuals[:, None]) @ plain.bread[:, 0],
        ]
    )
    clusters = levels_of(sample.cluster)
    rank = int(fit.kept.sum()) + len(sample.periods)
    factor = (sample.n - 1) / (sample.n - rank) * clusters / (clusters - 1)
    return fit, Errors(cluster_meat(influence, sample.cluster, clusters) * factor, clusters), float(plain.coef[0])
