"""Noise adjusted by O(1/sqrt(n)) so that the planted effects hold exactly in the sample, not only on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError
from dualcarbon.core.text import Text, both
from dualcarbon.panel.survey_digital import Specification
from dualcarbon.panel.survey_solve import COAL_COLUMNS, Constants
from dualcarbon.panel.survey_technology import Floats
from dualcarbon.panel.survey_within import dot, remove

_CO2 = ("co2", "co2_small", "co2_large")
_MAC = ("mac_firm", "mac_industry", "mac_controls")
_ALL_FIRMS = ("mac_firm", "mac_industry", *_CO2)
_TOLERANCE = 1e-11
_ROUNDS = 12
_FEWEST_CLEAN, _FEWEST_FAULTY = 50, 4000


@dataclass(frozen=True, slots=True)
class Regressors:
    """Residual digital use by column, (n,) with zeros outside the column's sample."""

    by_column: Mapping[str, Floats]

    def effect(self, name: str, outcome: Floats) -> float:
        """Coefficient of digital use in that column for an outcome (n,)."""
        residual = self.by_column[name]
        size = dot(residual, residual)
        return dot(residual, outcome) / size if size > 0.0 else float("nan")


def regressors(specs: Mapping[str, Specification], digital: Sequence[float], n: int) -> Regressors:
    """Residual digital use of every column."""
    found: dict[str, Floats] = {}
    for name, spec in specs.items():
        whole = np.zeros(n)
        if spec.freedom > 0:
            whole[spec.within.rows] = spec.residual(digital)
        found[name] = found["co2"] if name == "mac_controls" else whole
    return Regressors(found)


def balance_intensity(
    intensity: Floats, rest: Floats, composite: Floats, constants: Constants, used: Regressors
) -> Floats:
    """ln carbon intensity (n,) moved along the residual regressors until six effects hold exactly.

    ln CO2 = rest + intensity in three columns, ln MAC = h(intensity) + (s - 1) ln F in three: Newton steps with the
    Gram matrix of the six directions.

    Raises
    ------
    ConvergenceError
        If the effects do not come within 1e-11 of their targets.
    """
    technology, columns = constants.technology, used.by_column
    slope = technology.log_price_slope(intensity)
    directions = [_unit(columns[name]) for name in _CO2] + [_unit(columns[name] * slope) for name in _MAC]
    gram = np.array([[dot(a, b) for b in directions] for a in directions])
    size = [dot(columns[n], columns[n]) for n in (*_CO2, *_MAC)]
    norm = [np.sqrt(s) for s in size[:3]] + [np.sqrt(dot(columns[n] * slope, columns[n] * slope)) for n in _MAC]
    miss = np.zeros(6)
    near = _TOLERANCE * max(1.0, *(abs(constants.effects[name]) for name in (*_CO2, *_MAC)))
    for _ in range(_ROUNDS):
        price = technology.log_price(intensity) + (technology.returns - 1.0) * composite
        outcomes = [rest + intensity] * 3 + [price] * 3
        names = (*_CO2, *_MAC)
        miss = np.array([used.effect(n, v) - constants.effects[n] for n, v in zip(names, outcomes, strict=True)])
        if np.max(np.abs(miss)) < near:
            return intensity
        step = np.linalg.solve(gram, -miss * np.array(size) / np.array(norm))
        for weight, direction in zip(step, directions, strict=True):
            intensity = intensity + weight * direction
    raise ConvergenceError(
        Text("模拟数据的平衡没有收敛", "the balancing of the simulated survey did not converge"),
        expected=Text("各效应与目标相差小于 {t}", "every effect within {t} of its target").format(t=_TOLERANCE),
        found=both(f"{miss}"),
        remedy=Text("增加行数，或用 balanced=False", "use more rows, or balanced=False"),
    )


def _unit(direction: Floats) -> Floats:
    return np.asarray(direction / np.sqrt(dot(direction, direction)))


def balance_positive(values: Floats, used: Regressors) -> Floats:
    """Positive values (n,) times exp(combination of the residual regressors), to first order orthogonal to them."""
    columns = [_unit(used.by_column[name]) for name in _ALL_FIRMS]
    gram = np.array([[dot(values * a, b) for b in columns] for a in columns])
    weight = np.linalg.solve(gram, np.array([-dot(values, c) for c in columns]))
    total = np.zeros(len(values))
    for w, column in zip(weight, columns, strict=True):
        total += w * column
    return np.asarray(values * np.exp(total))


def balance_coal(log_share: Floats, log_co2: Floats, constants: Constants, used: Regressors) -> Floats:
    """ln coal share (n,) moved until the three effects on ln CO2 of coal hold exactly."""
    columns = [used.by_column[name] for name in COAL_COLUMNS]
    products = [constants.effects[name] * dot(c, c) for name, c in zip(COAL_COLUMNS, columns, strict=True)]
    excess = log_co2 + log_share - _projection(columns, products)
    return np.asarray(log_share + remove(excess, columns) - excess)


def _projection(columns: Sequence[Floats], products: Sequence[float]) -> Floats:
    """The combination of the columns with the given inner products with them."""
    gram = np.array([[dot(a, b) for b in columns] for a in columns])
    weight = np.linalg.lstsq(gram, np.array(products), rcond=1e-12)[0]
    total = np.zeros(len(columns[0]))
    for w, column in zip(weight, columns, strict=True):
        total = total + w * column
    return total


def balance_errors(errors: Floats, kinds: NDArray[np.int8], used: Regressors) -> Floats:
    """Measurement errors (n,) made orthogonal to residual digital use, separately by kind of contamination.

    `kinds` is 0 for clean rows. A column is left out for a kind in which fewer than 50 clean or 4,000 contaminated
    rows belong to it: its condition would mark so few, or such large, errors.
    """
    balanced = errors.copy()
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        least = _FEWEST_FAULTY if kind else _FEWEST_CLEAN
        columns = [used.by_column[name][rows] for name in (*_ALL_FIRMS, *COAL_COLUMNS)]
        kept = [c for c in columns if np.count_nonzero(c) >= least]
        balanced[rows] = remove(errors[rows], kept)
    return balanced
