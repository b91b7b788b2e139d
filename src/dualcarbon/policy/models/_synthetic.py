"""Blocks of synthetic difference-in-differences, their weights, and how their effects spread under resampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.policy.models._wide import Wide

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

RIDGE = 1e-6
"""Ridge of the period weights, in units of the deviation of first differences."""

DECREASE = 1e-5
"""Decrease of the objective, in the same units, at which Frank-Wolfe stops."""


@dataclass(frozen=True, slots=True)
class Block:
    """One cohort and the comparison units.

    Attributes
    ----------
    cohort : int
    size : int
        Treated units.
    comparison_units : (N0,)
        Positions of the comparison units.
    periods_before : (T0,)
    relative : (T1,)
        Periods since treatment.
    pre, post : (N0, T0), (N0, T1)
        Outcomes of the comparison units.
    treated_pre, treated_post : (N1, T0), (N1, T1)
    """

    cohort: int
    size: int
    comparison_units: Codes
    periods_before: Codes
    relative: Codes
    pre: Floats
    post: Floats
    treated_pre: Floats
    treated_post: Floats

    @property
    def comparisons(self) -> int:
        """Comparison units."""
        return int(self.pre.shape[0])

    @property
    def before(self) -> int:
        """Periods before treatment and its anticipation."""
        return int(self.pre.shape[1])

    @property
    def after(self) -> int:
        """Periods from treatment on."""
        return int(self.post.shape[1])


@dataclass(frozen=True, slots=True)
class Solved:
    """Weights and effects of one block: effect, its curve by period, weights of units and periods, gap to the best."""

    effect: float
    curve: Floats
    unit_weights: Floats
    period_weights: Floats
    gap: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Errors: of the average, of the path, (e, e) covariance, of the cohorts, (c,); draws that could be used."""

    att: float
    path: Floats
    cohorts: Floats
    draws: int


def blocks(table: Wide, anticipation: int, treated: Sequence[tuple[int, Codes]] | None = None) -> list[Block]:
    """One block per cohort; `treated` gives cohorts and their units where these are not the true ones."""
    if treated is None:
        cohorts = np.unique(table.first[~table.never])
        treated = [(int(g), np.flatnonzero(table.first == g)) for g in cohorts]
        comparison = np.flatnonzero(table.never)
    else:
        taken = np.concatenate([units for _, units in treated])
        comparison = np.setdiff1d(np.flatnonzero(table.never), taken)
    return [_block(table, anticipation, g, units, comparison) for g, units in treated]


def _block(table: Wide, anticipation: int, cohort: int, units: Codes, comparison: Codes) -> Block:
    before, after = table.periods < cohort - anticipation, table.periods >= cohort
    y = table.outcome
    return Block(
        cohort, len(units), comparison, table.periods[before], table.periods[after] - cohort,
        y[np.ix_(comparison, before)], y[np.ix_(comparison, after)], y[np.ix_(units, before)], y[np.ix_(units, after)],
    )  # fmt: skip


def deviation_of(block: Block) -> float:
    """Standard deviation of the comparison units' first differences before treatment."""
    changes = np.diff(block.pre, axis=1)
    return float(np.std(changes, ddof=1)) if changes.size > 1 else 0.0


def solve(block: Block, deviation: float) -> Solved:
    """The weights and the effect of one block; `deviation` sets the ridge and where the solution stops."""
    from diff_diff.utils import compute_sdid_unit_weights, compute_time_weights

    zeta = (block.size * block.after) ** 0.25 * deviation
    stop = max(DECREASE * deviation, float(np.finfo(float).tiny))
    pre, post, target = block.pre.T, block.post.T, block.treated_pre.mean(axis=0)
    units = np.asarray(compute_sdid_unit_weights(pre, target, zeta, min_decrease=stop), dtype=np.float64)
    periods = np.asarray(compute_time_weights(pre, post, RIDGE * deviation, min_decrease=stop), dtype=np.float64)
    curve = _curve(block, units, periods)
    return Solved(float(curve.mean()), curve, units, periods, _gap(pre, target, units, zeta))


def _gap(columns: Floats, target: Floats, weights: Floats, zeta: float) -> float:
    """How far the weights of the units are from the best: the Frank-Wolfe gap, relative to the objective."""
    a, b = columns - columns.mean(axis=0), target - target.mean()
    left = a @ weights - b
    value = float(left @ left) / len(b) + zeta**2 * float(weights @ weights)
    slope = 2.0 * (a.T @ left) / len(b) + 2.0 * zeta**2 * weights
    return float(slope @ weights - slope.min()) / value if value > 0 else 0.0


def _curve(block: Block, units: Floats, periods: Floats) -> Floats:
    """Effect in each period from treatment on, (T1,)."""
    treated = block.treated_post.mean(axis=0) - block.treated_pre.mean(axis=0) @ periods
    return np.asarray(treated - units @ (block.post - (block.pre @ periods)[:, None]), dtype=np.float64)


def relative_of(found: Sequence[Block]) -> Codes:
    """Periods since treatment that occur, increasing, (e,)."""
    return np.unique(np.concatenate([b.relative for b in found]))


def averages(found: Sequence[Block], curves: Sequence[Floats], sizes: Floats) -> Floats:
    """In one row: mean over treated unit-periods, the path by treated units, (e,), the means of the cohorts, (c,)."""
    relative = relative_of(found)
    table = np.full((len(found), len(relative)), np.nan)
    for row, block, curve in zip(table, found, curves, strict=True):
        row[np.searchsorted(relative, block.relative)] = curve
    weight = np.where(np.isnan(table), 0.0, sizes[:, None])
    total = weight * np.nan_to_num(table)
    means = [c.mean() for c in curves]
    return np.concatenate([[total.sum() / weight.sum()], total.sum(axis=0) / weight.sum(axis=0), means])


def sizes_of(found: Sequence[Block]) -> Floats:
    """Treated units of the blocks, (c,)."""
    return np.array([b.size for b in found], dtype=np.float64)


def resampled(table: Wide, anticipation: int, how: str, draws: int, seed: int) -> Spread:
    """Spread of the effects when treatment is reassigned among comparison units, or units are drawn anew.

    Ridges are those of the data. Draws that lack a cohort or the comparison units are drawn again.
    """
    draw = _placebo if how == "placebo" else _bootstrap
    deviations = [deviation_of(b) for b in blocks(table, anticipation)]
    rows = []
    for stream in np.random.default_rng(seed).spawn(draws):
        found = draw(table, anticipation, stream)
        curves = [solve(b, d).curve for b, d in zip(found, deviations, strict=True)]
        rows.append(averages(found, curves, sizes_of(found)))
    return _spread(np.array(rows), 1.0 / draws, len(deviations))


def _spread(rows: Floats, factor: float, cohorts: int) -> Spread:
    centred = rows - rows.mean(axis=0)
    joint = factor * centred.T @ centred
    error = np.sqrt(np.diag(joint))
    return Spread(float(error[0]), joint[1:-cohorts, 1:-cohorts], error[-cohorts:], len(rows))


def _placebo(table: Wide, anticipation: int, random: np.random.Generator) -> list[Block]:
    cohorts, sizes = np.unique(table.first[~table.never], return_counts=True)
    order = random.permutation(np.flatnonzero(table.never))
    parts = np.split(order[: sizes.sum()], np.cumsum(sizes)[:-1])
    return blocks(table, anticipation, [(int(g), part) for g, part in zip(cohorts, parts, strict=True)])


def _bootstrap(table: Wide, anticipation: int, random: np.random.Generator) -> list[Block]:
    n, wanted = len(table.first), len(np.unique(table.first))
    while True:
        rows = random.integers(0, n, n)
        if len(np.unique(table.first[rows])) == wanted:
            return blocks(Wide(table.outcome[rows], table.first[rows], rows, table.periods), anticipation)


def jackknife(found: Sequence[Block], solved: Sequence[Solved]) -> Spread:
    """Spread of the effects when units are left out one by one, weights fixed and those of units made to sum to 1."""
    base, sizes = [s.curve for s in solved], sizes_of(found)
    rows = [
        averages(found, [_without(b, s, j) for b, s in zip(found, solved, strict=True)], sizes)
        for j in range(found[0].comparisons)
    ]
    for i, (block, s) in enumerate(zip(found, solved, strict=True)):
        own = block.treated_post - (block.treated_pre @ s.period_weights)[:, None]
        others = (own.sum(axis=0) - own) / (block.size - 1) - (own.mean(axis=0) - s.curve)
        fewer = sizes - (np.arange(len(sizes)) == i)
        rows += [averages(found, [*base[:i], curve, *base[i + 1 :]], fewer) for curve in others]
    return _spread(np.array(rows), (len(rows) - 1) / len(rows), len(found))


def _without(block: Block, solved: Solved, j: int) -> Floats:
    """The curve without comparison unit j; as it is where that unit has all the weight."""
    weight = solved.unit_weights[j]
    if weight >= 1.0:
        return solved.curve
    change = block.post - (block.pre @ solved.period_weights)[:, None]
    synthetic = solved.unit_weights @ change
    return np.asarray(solved.curve + synthetic - (synthetic - weight * change[j]) / (1.0 - weight), dtype=np.float64)
