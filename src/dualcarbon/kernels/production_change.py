"""The change of emissions (or energy use) of every unit shared out by distance functions of two periods.

With the Shephard distances D_c = sup{t : (x, e, y, c / t) feasible} and D_e = sup{t : (x, e / t, y, c) feasible},
D^s(t) that of the unit in period t to the frontier of period s, and r(z) = z_1 / z_0,

    EC = D^1(1) / D^0(0),   TC = [D^0(1) / D^1(1) x D^0(0) / D^1(0)]^1/2   for each of c and e
    c_1 / c_0 = {r(c / e) / (EC_c TC_c)} {r(e / y) / (EC_e TC_e)} r(y) EC_c TC_c EC_e TC_e
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.envelopment import INFEASIBLE, SOLVED, Form, score

Array = NDArray[np.float64]

SPLIT, OUTSIDE, FAILED, UNDEFINED, ZERO = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Period:
    """The units of a period: energy (n,), other inputs (n, m), good (n,), bad (n,)."""

    energy: Array
    inputs: Array
    good: Array
    bad: Array


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed the bad of every unit.

    Attributes
    ----------
    factors : (7, n)
        Potential carbon factor, potential energy intensity, output, carbon efficiency, carbon technology, energy
        efficiency, energy technology; NaN where not SPLIT.
    carbon, energy : (4, n)
        D^0(0), D^1(1), D^0(1), D^1(0).
    status : (n,) int8
        SPLIT, OUTSIDE (a programme across periods has no solution), FAILED, UNDEFINED (a distance is infinite), ZERO
        (a zero of energy, good or bad).
    """

    factors: Array
    carbon: Array
    energy: Array
    status: NDArray[np.int8]


def production_changes(before: Period, after: Period, form: Form, *, energy_only: bool = False) -> Changes:
    """The factors of the change of every unit; the units of a period make its frontier.

    Parameters
    ----------
    before, after : Period
        The same n units in the same order, nonnegative.
    form : the technology, a word of `envelopment.Form`
    energy_only : measure along energy alone; the three carbon factors are NaN then

    Notes
    -----
    D = 1 / (1 - beta), beta the directional distance along c or e alone.

    Examples
    --------
    >>> one, none = np.ones(2), np.empty((2, 0))
    >>> before, after = Period(one, none, one, np.array([1.0, 3.0])), Period(one, none, one, np.array([1.0, 2.0]))
    >>> found = production_changes(before, after, "constant")
    >>> found.factors[3].round(6).tolist(), found.factors.prod(axis=0).round(12).tolist()
    ([1.0, 0.666667], [1.0, 0.666666666667])
    """
    n = len(before.energy)
    status = np.zeros(n, dtype=np.int8)
    carbon, energy = np.full((4, n), np.nan), np.full((4, n), np.nan)
    usable = np.all([part > 0.0 for p in (before, after) for part in (p.energy, p.good, p.bad)], axis=0)
    status[~usable] = ZERO
    periods = (before, after)
    for slot, (frontier, unit) in enumerate(((0, 0), (1, 1), (0, 1), (1, 0))):
        for which, distance in ((0, energy), (1, carbon))[: 1 if energy_only else 2]:
            distance[slot, usable], code = _distance(periods[frontier], _take(periods[unit], usable), which, form)
            status[usable] = np.maximum(status[usable], code)
    known = np.isfinite(energy) if energy_only else np.isfinite(carbon) & np.isfinite(energy)
    status[(status == SPLIT) & ~known.all(axis=0)] = UNDEFINED
    factors = np.full((7, n), np.nan)
    done = status == SPLIT
    factors[:, done] = _factors(_take(before, done), _take(after, done), carbon[:, done], energy[:, done])
    return Changes(factors, carbon, energy, status)


def _take(period: Period, rows: NDArray[np.bool_]) -> Period:
    return Period(period.energy[rows], period.inputs[rows], period.good[rows], period.bad[rows])


def _distance(frontier: Period, units: Period, which: int, form: Form) -> tuple[Array, NDArray[np.int8]]:
    """Shephard's distance along energy (0) or the bad (1), and what stood in its way."""
    r = len(units.energy)
    if r == 0:
        return np.empty(0), np.empty(0, dtype=np.int8)
    rows = (frontier.good > 0.0) & (frontier.energy > 0.0) & (frontier.bad > 0.0)
    reference, points = _data(_take(frontier, rows)), _data(units)
    gx, gb = np.zeros_like(points[0]), np.zeros(r)
    if which == 0:
        gx[:, 0] = units.energy
    else:
        gb = units.bad
    found = score(reference, points, (gx, np.zeros(r), gb), form)
    beta = found.beta
    code = np.where(found.status == SOLVED, SPLIT, np.where(found.status == INFEASIBLE, OUTSIDE, FAILED))
    code = np.where(np.isfinite(beta), SPLIT, code)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(beta < 1.0 - 1e-12, 1.0 / (1.0 - beta), np.inf)
    return np.where(np.isfinite(beta), distance, np.nan), code.astype(np.int8)


def _data(period: Period) -> tuple[Array, Array, Array]:
    return np.column_stack([period.energy, period.inputs]), period.good, period.bad


def _factors(before: Period, after: Period, carbon: Array, energy: Array) -> Array:
    """The seven factors (7, n) of units whose distances are known."""
    efficiency_c, technology_c = _shift(carbon)
    efficiency_e, technology_e = _shift(energy)
    bad, use, good = after.bad / before.bad, after.energy / before.energy, after.good / before.good
    return np.stack(
        [
            bad / use / (efficiency_c * technology_c),
            use / good / (efficiency_e * technology_e),
            good,
            efficiency_c,
            technology_c,
            efficiency_e,
            technology_e,
        ]
    )


def _shift(distance: Array) -> tuple[Array, Array]:
    """Efficiency and technical change of D^0(0), D^1(1), D^0(1), D^1(0)."""
    own, own_next, other, other_next = distance
    return own_next / own, np.sqrt(other / own_next * own / other_next)
