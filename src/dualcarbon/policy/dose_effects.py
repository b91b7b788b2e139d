"""Dose-response of a staggered treatment: spline regressions of changes on the dose, with their scores by cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.design import Design
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.within import dense

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Basis:
    """Powers 0..degree of the dose and truncated powers at the knots; doses are scaled to [0, 1] from low to high."""

    degree: int
    knots: Floats
    low: float
    high: float

    def at(self, dose: Floats) -> Floats:
        """Values, (n, p)."""
        u = (dose - self.low) / (self.high - self.low)
        powers = u[:, None] ** np.arange(self.degree + 1)
        beyond = np.maximum(u[:, None] - self._scaled(), 0.0) ** self.degree
        return np.column_stack([powers, beyond])

    def slope(self, dose: Floats) -> Floats:
        """Derivatives by the dose, (n, p)."""
        span = self.high - self.low
        u = (dose - self.low) / span
        k = np.arange(self.degree + 1)
        powers = k * u[:, None] ** np.maximum(k - 1, 0)
        beyond = u[:, None] - self._scaled()
        bent = self.degree * np.where(beyond > 0, np.maximum(beyond, 0.0) ** (self.degree - 1), 0.0)
        return np.column_stack([powers, bent]) / span

    def _scaled(self) -> Floats:
        return np.asarray((self.knots - self.low) / (self.high - self.low))


def spline(dose: Floats, degree: int, knots: int) -> Basis:
    """The basis for treated doses, (n,), with interior knots at equally spaced quantiles."""
    at = np.quantile(dose, np.arange(1, knots + 1) / (knots + 1)) if knots else np.empty(0)
    return Basis(degree, np.unique(at), float(dose.min()), float(dose.max()))


@dataclass(frozen=True, slots=True)
class Response:
    """Linear functions of the coefficients: estimates (m,) and scores by cluster (groups, m)."""

    estimate: Floats
    scores: Floats

    @property
    def se(self) -> Floats:
        """Standard errors, (m,)."""
        return np.asarray(np.sqrt(np.sum(self.scores**2, axis=0)))


def dose_response(design: Design, dose: Floats, basis: Basis, grid: Floats) -> Response:
    """ATT(d) on the grid, its slope on the grid, then mean effect and mean slope over treated unit-periods.

    For cohort g and period t >= g, with the comparison group's mean change m_gt,

        y_it - y_i,g-1-a - m_gt = psi(dose_i)'b_gt + e_it   by least squares over the units of the cohort,

    ATT(d) = sum of w_gt psi(d)'b_gt with w_gt the cohort's share of treated unit-periods; the mean effect and slope
    average psi(dose_i)'b_gt and its derivative over the units of each cohort.

    Parameters
    ----------
    design : Design, balanced
    dose : (N,)
        Of each unit; read for treated ones.
    basis : Basis
    grid : (q,)

    Raises
    ------
    NotIdentifiedError
        Nobody is left to compare with in any treated period.

    Returns
    -------
    Response with m = 2 q + 2. The errors are conditional on the sizes of the cohorts; those of the two means count the
    units' doses as drawn with the units.

    Notes
    -----
    Callaway, Goodman-Bacon & Sant'Anna (2024), https://doi.org/10.3386/w32117.
    """
    y = design.outcome.reshape(len(design.starts), -1)
    first, cluster, periods = design.unit_first, dense(design.cluster)[design.starts], design.periods
    groups = int(cluster.max()) + 1
    total, scores, mass = np.zeros(2 * len(grid) + 2), np.zeros((groups, 2 * len(grid) + 2)), 0.0
    fixed = np.vstack([basis.at(grid), basis.slope(grid)])
    for g in design.cohorts.tolist():
        mine = np.flatnonzero(first == g)
        x, bent = basis.at(dose[mine]), basis.slope(dose[mine])
        wanted = np.vstack([fixed, x.mean(axis=0), bent.mean(axis=0)])
        base = int(np.searchsorted(periods, g - 1 - design.asked.anticipation))
        for t in periods[periods >= g].tolist():
            change = y[:, np.searchsorted(periods, t)] - y[:, base]
            others = np.flatnonzero(_compared(first, g, t, design))
            if not len(others):
                continue
            coef, pull = _regression(x, change[mine], change[others])
            weight = float(len(mine))
            total += weight * (wanted @ coef)
            whole = np.zeros((len(first), x.shape[1] + 2))
            whole[mine, :-2], whole[others, :-2] = pull
            own = np.column_stack([x @ coef, bent @ coef])
            whole[mine, -2:] = (own - own.mean(axis=0)) / len(mine)
            by_cluster = np.column_stack([np.bincount(cluster, weights=c, minlength=groups) for c in whole.T])
            scores += weight * by_cluster[:, :-2] @ wanted.T
            scores[:, -2:] += weight * by_cluster[:, -2:]
            mass += weight
    if not mass:
        raise faults.no_effect(Text("剂量响应", "Dose-response"))
    return Response(total / mass, scores / mass)


def _compared(first: Codes, cohort: int, period: int, design: Design) -> NDArray[np.bool_]:
    if design.asked.comparison == "never":
        return np.asarray(first == NEVER)
    return np.asarray((first > period + design.asked.anticipation) & (first != cohort))


def _regression(x: Floats, treated: Floats, others: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """Coefficients, (p,), and what each treated and each other unit adds to them, (n, p) and (c, p)."""
    mean = float(others.mean())
    q, r = np.linalg.qr(x)
    coef = np.linalg.solve(r, q.T @ (treated - mean))
    pull = np.linalg.solve(r, q.T).T
    level = pull.sum(axis=0)
    residual = treated - mean - x @ coef
    return coef, (pull * residual[:, None], -np.outer((others - mean) / len(others), level))
