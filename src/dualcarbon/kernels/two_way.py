"""Normal equations of unit dummies, period dummies and a few columns, solved by eliminating the units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.groups import group_sums
from dualcarbon.kernels.least_squares import NormalEquations, independent, normal_equations
from dualcarbon.kernels.moments import cross_products, sums_of_squares

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Cross products of dummies and columns with m variables: by unit (N, m), by period (T, m), by column (k, m)."""

    unit: Floats
    period: Floats
    column: Floats

    def __sub__(self, other: Moments) -> Moments:
        return Moments(self.unit - other.unit, self.period - other.period, self.column - other.column)

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.unit + other.unit, self.period + other.period, self.column + other.column)


@dataclass(frozen=True, slots=True)
class TwoWay:
    """Z = [unit dummies, period dummies, X] of the rows of the first stage.

    Attributes
    ----------
    unit, period : (n,)
        Codes in [0, N) and [0, T); not every group need occur.
    x : (n, k)
    mass : (N,)
        Rows of each unit.
    cross : (N, T + k)
        Products of unit dummies with period dummies and X.
    kept : (T + k,) bool
        Periods and columns that the units and those before them do not determine; the first period goes, others go
        where the periods fall apart.
    equations : NormalEquations
        Of those that are kept, units eliminated.
    """

    unit: Codes
    period: Codes
    x: Floats
    mass: Floats
    cross: Floats
    kept: NDArray[np.bool_]
    equations: NormalEquations

    @property
    def periods(self) -> int:
        """T."""
        return int(self.cross.shape[1] - self.x.shape[1])

    def moments(self, values: Floats) -> Moments:
        """Z' v of the columns of `values`, (n, m)."""
        return moments(values, self.unit, self.period, self.x, len(self.mass), self.periods)

    def fitted(self, at: Moments) -> Floats:
        """Z c of coefficients c, (n, m)."""
        return predicted(at, self.unit, self.period, self.x)

    def solve(self, right: Moments) -> Moments:
        """Coefficients c with Z'Z c = right, corrected once from what is left; 0 for what is not kept.

        With C the cross products and n_i the rows of unit i, the others solve (S - C' N^-1 C) b = r - C' N^-1 r_unit,
        and the units are (r_unit - C b) / n_i. `right` must lie in the span of Z' for a solution to exist.
        """
        found = self._solve(right)
        return found + self._solve(right - self.moments(self.fitted(found)))

    def _solve(self, right: Moments) -> Moments:
        others = np.concatenate([right.period, right.column])
        share = right.unit / self.mass[:, None]
        rest = np.zeros_like(others)
        if self.kept.any():
            rest[self.kept] = self.equations.solve((others - self.cross.T @ share)[self.kept])
        unit = (right.unit - self.cross @ rest) / self.mass[:, None]
        return Moments(unit, rest[: self.periods], rest[self.periods :])


def two_way(unit: Codes, period: Codes, x: Floats, units: int, periods: int) -> TwoWay:
    """The equations of the rows, with `units` and `periods` groups; groups that do not occur get coefficient 0.

    Parameters
    ----------
    unit, period : (n,), codes in [0, units) and [0, periods)
    x : (n, k), best centred and scaled
    """
    ones = np.ones(len(unit))
    seen = np.bincount(unit, minlength=units).astype(np.float64)
    mass = np.maximum(seen, 1.0)
    pairs = np.bincount(unit * periods + period, minlength=units * periods).reshape(units, periods)
    cross = np.column_stack([pairs, group_sums(x, ones, unit, units)])
    by_period = group_sums(x, ones, period, periods)
    counts = np.diag(np.bincount(period, minlength=periods).astype(np.float64))
    whole = np.block([[counts, by_period], [by_period.T, cross_products(x, ones)]])
    schur = whole - cross.T @ (cross / mass[:, None])
    least = 1e-10 * np.concatenate([np.diag(counts), sums_of_squares(x, ones)])
    kept = independent(schur, least)
    return TwoWay(unit, period, x, mass, cross, kept, normal_equations(schur[np.ix_(kept, kept)]))


def moments(values: Floats, unit: Codes, period: Codes, x: Floats, units: int, periods: int) -> Moments:
    """Z' v of the columns of `values`, (n, m), with rows' codes in [0, units) and [0, periods) and columns (n, k)."""
    ones = np.ones(len(unit))
    return Moments(group_sums(values, ones, unit, units), group_sums(values, ones, period, periods), x.T @ values)


def predicted(at: Moments, unit: Codes, period: Codes, x: Floats) -> Floats:
    """Z c of coefficients c at any rows, (n, m)."""
    return np.asarray(at.unit[unit] + at.period[period] + x @ at.column)


def label_moments(label: Codes, labels: int, unit: Codes, period: Codes, x: Floats, shape: tuple[int, int]) -> Moments:
    """Z' L of the dummies L of labels, (n,) in [0, labels), without forming them; shape: units and periods."""
    units, periods = shape
    by_unit = np.bincount(unit * labels + label, minlength=units * labels).reshape(units, labels)
    by_period = np.bincount(period * labels + label, minlength=periods * labels).reshape(periods, labels)
    by_column = group_sums(x, np.ones(len(x)), label, labels).T
    return Moments(by_unit.astype(np.float64), by_period.astype(np.float64), by_column)
