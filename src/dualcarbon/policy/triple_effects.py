"""Triple differences of every cohort in every period, with their scores by cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Cohorts, Path
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.within import dense

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """Effects of cohorts in periods.

    Attributes
    ----------
    cohort, period : (m,)
    estimate : (m,)
    scores : (groups, m)
        By cluster; their cross product is the covariance.
    rows : (m,)
        Eligible units of the cohort.
    """

    cohort: Codes
    period: Codes
    estimate: Floats
    scores: Floats
    rows: Codes

    @property
    def relative(self) -> Codes:
        """Periods since treatment began, (m,)."""
        return self.period - self.cohort

    def mean(self, chosen: Mask) -> tuple[float, Floats]:
        """Mean of the chosen effects, weighted by eligible units, and its scores, (groups,)."""
        weight = np.where(chosen, self.rows, 0) / self.rows[chosen].sum()
        return float(weight @ np.where(chosen, self.estimate, 0.0)), self.scores @ weight

    def frame(self) -> pl.DataFrame:
        """cohort, period, estimate, se."""
        se = np.sqrt(np.sum(self.scores**2, axis=0))
        columns = {"cohort": self.cohort, "period": self.period, "estimate": self.estimate, "se": se}
        return pl.DataFrame(columns).with_columns(pl.col("se").replace(0.0, None))


@dataclass(frozen=True, slots=True)
class _Units:
    """Outcomes (N, T) with first treated period, eligibility and cluster of each unit, (N,), and the periods (T,)."""

    outcome: Floats
    first: Codes
    eligible: Mask
    cluster: Codes
    periods: Codes

    def changes(self, base: int, period: int) -> Floats:
        """y(period) - y(base), (N,)."""
        at = np.searchsorted(self.periods, [base, period])
        return np.asarray(self.outcome[:, at[1]] - self.outcome[:, at[0]])


def triple_effects(design: Design, eligible: Mask) -> Cells:
    """ATT(g, t) of the eligible, by triple difference, for every cohort g and period t of a balanced design.

        DDD(g, t; c) = [m(g, 1) - m(g, 0)] - [m(c, 1) - m(c, 0)],   m(h, e) = mean of y_t - y_{g-1-a} in cohort h,
                                                                                eligibility e

    c is the never-treated group (comparison "never"), or each group not treated by max(t, g-1-a) + a (comparison
    "not_yet"), combined with weights V^-1 1 / 1'V^-1 1, V their covariance from the scores.

    Parameters
    ----------
    design : Design, balanced
    eligible : (n,) bool, constant within units

    Notes
    -----
    Ortiz-Villavicencio & Sant'Anna (2025), https://arxiv.org/abs/2505.09942, equations 4.2 and 4.10 without
    covariates: comparison groups are combined after their own third difference, never pooled before it.
    """
    starts = design.starts
    units = _Units(
        design.outcome.reshape(len(starts), -1),
        design.unit_first,
        eligible[starts],
        dense(design.cluster)[starts],
        design.periods,
    )
    found = [
        (g, t, *_effect(units, int(g), int(t), design)) for g in design.cohorts.tolist() for t in units.periods.tolist()
    ]
    kept = [cell for cell in found if cell[3].size]
    cohort, period, estimate, scores = zip(*kept, strict=True)
    rows = [np.count_nonzero((units.first == g) & units.eligible) for g in cohort]
    return Cells(
        np.array(cohort), np.array(period), np.array(estimate), np.column_stack(scores), np.array(rows, dtype=np.int64)
    )


def _comparisons(groups: Codes, cohort: int, period: int, design: Design) -> Codes:
    """First treated periods of the groups, all with both kinds, that a cohort is compared with in a period."""
    if design.asked.comparison == "never":
        return np.asarray(groups[groups == NEVER])
    horizon = max(period, cohort - 1 - design.asked.anticipation) + design.asked.anticipation
    return np.asarray(groups[(groups > horizon) & (groups != cohort)])


def _effect(units: _Units, cohort: int, period: int, design: Design) -> tuple[float, Floats]:
    """The effect and its scores by cluster, (groups,); empty scores where there is no comparison."""
    base = cohort - 1 - design.asked.anticipation
    groups = int(units.cluster.max()) + 1
    if period == base:
        return 0.0, np.zeros(groups)
    both = np.intersect1d(units.first[units.eligible], units.first[~units.eligible])
    others = _comparisons(both, cohort, period, design)
    if base < units.periods[0] or not len(others):
        return 0.0, np.zeros(0)
    change = units.changes(base, period)
    own, own_scores = _gap(units, change, cohort)
    pairs = [_gap(units, change, int(c)) for c in others]
    estimates = own - np.array([value for value, _ in pairs])
    scores = own_scores[:, None] - np.column_stack([s for _, s in pairs])
    weight = _least_variance(scores.T @ scores)
    return float(weight @ estimates), scores @ weight


def _gap(units: _Units, change: Floats, cohort: int) -> tuple[float, Floats]:
    """Mean change of the eligible less that of the others in a cohort, and its scores by cluster, (groups,)."""
    total, scores = 0.0, np.zeros(int(units.cluster.max()) + 1)
    for sign, kind in ((1.0, units.eligible), (-1.0, ~units.eligible)):
        rows = np.flatnonzero((units.first == cohort) & kind)
        mean = float(change[rows].mean())
        total += sign * mean
        pull = sign * (change[rows] - mean) / len(rows)
        scores += np.bincount(units.cluster[rows], weights=pull, minlength=len(scores))
    return total, scores


def _least_variance(vcov: Floats) -> Floats:
    """Weights that sum to 1 and minimise the variance of the mean, (c,)."""
    from scipy.linalg import pinvh

    if len(vcov) == 1:
        return np.ones(1)
    weight = pinvh(vcov).sum(axis=1)
    return np.asarray(weight / weight.sum())


def path_of(cells: Cells, reference: int, window: tuple[int, int] | None) -> Path:
    """Effects by relative period, weighted by eligible units, with their joint covariance."""
    relative = np.unique(np.append(cells.relative, reference))
    if window is not None:
        relative = relative[(relative >= window[0]) & (relative <= window[1])]
    means = [(0.0, np.full(len(cells.scores), np.nan)) if e == reference else cells.mean(cells.relative == e)
             for e in relative.tolist()]  # fmt: skip
    scores = np.column_stack([s for _, s in means])
    vcov = scores.T @ scores
    return Path(relative, np.array([v for v, _ in means]), np.sqrt(np.diag(vcov)), vcov, reference)


def cohorts_of(cells: Cells) -> Cohorts:
    """Mean effect from treatment on of each cohort."""
    labels = np.unique(cells.cohort[cells.relative >= 0])
    means = [cells.mean((cells.cohort == g) & (cells.relative >= 0)) for g in labels.tolist()]
    scores = np.column_stack([s for _, s in means])
    vcov = scores.T @ scores
    return Cohorts(labels, np.array([v for v, _ in means]), np.sqrt(np.diag(vcov)), vcov)
