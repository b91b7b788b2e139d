"""Is a coefficient the same in several groups: full interaction, stacked scores, permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import compact, dense_codes
from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.panel import Panel
from dualcarbon.effects.covariance import Clusters, Fitted, Vcov, rules
from dualcarbon.effects.joint import term_values
from dualcarbon.effects.placebos import block_sizes
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.sample import Sample, Slopes, take_sample
from dualcarbon.effects.solution import TOLERANCE, absorb
from dualcarbon.effects.specification import Factor, Grouping, Specification, Term

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

GROUP = "\x1fgroup"
"""Column of the group codes in the panel that the tests read; null where a row is in no group. No table has it."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """The fully interacted regression: coefficients of the groups, (g,), their covariance, (g, g), and its t's df."""

    coef: Floats
    vcov: Floats
    df: float


def interaction(
    specification: Specification, term: Term, panel: Panel, groups: int, covariance: str | Vcov | None, sample: pl.Expr
) -> Interaction:
    """One regression in which every regressor and every effect is interacted with the group.

    Its coefficients are those of the separate regressions; its covariance is that of the errors of all groups
    together, so that a cluster with rows in several groups links them.
    """
    wide, parts = _interacted(specification, panel, groups)
    joined = tuple(replace(effect, columns=(*effect.columns, GROUP)) for effect in specification.effects)
    together = replace(
        specification,
        regressors=tuple(one for names in parts.values() for one in names),
        effects=joined or (Grouping((GROUP,)),),
    )
    estimate = regress(together, wide, covariance=covariance, sample=sample).estimate
    at = [estimate.names.index(one.name) for one in parts[term]]
    return Interaction(estimate.coef[at], estimate.vcov[np.ix_(at, at)], estimate.df)


def _interacted(specification: Specification, panel: Panel, groups: int) -> tuple[Panel, dict[Term, tuple[Term, ...]]]:
    codes = panel.frame[GROUP].fill_null(-1).to_numpy()
    parts: dict[Term, tuple[Term, ...]] = {}
    columns = []
    for j, term in enumerate(specification.regressors):
        values = term_values(panel, term)
        names = [f"\x1fx{j}_{g}" for g in range(groups)]
        with np.errstate(invalid="ignore"):
            columns += [pl.Series(name, values * (codes == g)) for g, name in enumerate(names)]
        parts[term] = tuple(Term((Factor(name),)) for name in names)
    return panel.with_columns(*columns), parts


def stacked_covariance(
    regressions: Sequence[Regression], name: str, panel: Panel, clusters: Sequence[Grouping]
) -> Floats:
    """Covariance, (g, g), of one coefficient across separate regressions from their stacked scores.

    Sum over clusters of psi_c psi_c' times G/(G-1), psi the influence of each row on the coefficient of its own
    regression and G the clusters of all regressions together; without clusters each row is its own.
    """
    rows = np.concatenate([one.rows for one in regressions])
    influence = np.zeros((len(rows), len(regressions)))
    start = 0
    for g, one in enumerate(regressions):
        end = start + len(one.rows)
        influence[start:end, g] = one.influence()[:, one.estimate.names.index(name)]
        start = end
    ways = tuple(
        dense_codes([panel.frame[column].gather(rows) for column in grouping.columns]) for grouping in clusters
    )
    known = Clusters(" + ".join(one.name for one in clusters), ways, 1) if ways else None
    ones = np.ones(len(rows))
    fitted = Fitted(influence, ones, ones, np.eye(len(regressions)), 1, known)
    return rules()["cluster" if ways else "hc1"].compute(fitted).vcov


@dataclass(frozen=True, slots=True)
class Reallotment:
    """The largest difference between groups, true and in each draw, (draws,).

    `segments` blocks of rows were allotted; `whole_units` says whether each was a whole unit.
    """

    true: float
    draws: Floats
    segments: int
    whole_units: bool


def permutation(
    specification: Specification,
    term: Term,
    panel: Panel,
    units: Codes,
    *,
    draws: int,
    seed: int,
    sample: pl.Expr,
    engine: Engine | None,
) -> Reallotment:
    """Groups dealt anew among units, all coefficients and effects estimated anew in each group.

    Parameters
    ----------
    units : (panel.n,), dense codes
        The rows of a unit in one group move together.
    """
    data = take_sample(specification, panel, sample & pl.col(GROUP).is_not_null())
    labels = panel.frame[GROUP].gather(data.rows).to_numpy().astype(np.int64)
    groups, own_unit = int(labels.max()) + 1, units[data.rows]
    own, count = compact(own_unit * groups + labels, (int(units.max()) + 1) * groups)
    group_of = np.zeros(count, dtype=np.int64)
    group_of[own] = labels
    at = specification.regressors.index(term)
    sizes = block_sizes(draws, len(data.rows))
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    work = partial(_dealt, data=data, own=own, group_of=group_of, at=at)
    parts = (engine or InOrder()).map(work, list(zip(sizes, streams, strict=True)))
    whole = count == len(np.unique(own_unit))
    return Reallotment(_spread(data, labels, groups, at), np.concatenate(parts) if parts else np.zeros(0), count, whole)


def _dealt(job: tuple[int, np.random.SeedSequence], data: Sample, own: Codes, group_of: Codes, at: int) -> Floats:
    size, stream = job
    random = np.random.default_rng(stream)
    groups = int(group_of.max()) + 1
    return np.array([_spread(data, random.permutation(group_of)[own], groups, at) for _ in range(size)])


def _spread(data: Sample, labels: Codes, groups: int, at: int) -> float:
    """The largest difference between groups in the coefficient of one regressor; NaN where one is not identified."""
    from dualcarbon.kernels.least_squares import least_squares, least_variation
    from dualcarbon.kernels.moments import sums_of_squares

    def within(codes: Codes) -> Codes:
        return compact(codes * groups + labels, (int(codes.max()) + 1) * groups)[0]

    dealt = replace(
        data,
        effects=tuple(within(codes) for codes in data.effects) or (labels,),
        slopes=tuple(Slopes(within(each.codes), each.values) for each in data.slopes),
    )
    absorbed = absorb(dealt, data.values, data.weights, TOLERANCE)
    if not absorbed.converged:
        return float("nan")
    found = []
    for g in range(groups):
        inside = labels == g
        weights = data.weights[inside]
        totals = sums_of_squares(data.values[inside], weights)
        least = least_variation(totals, data.means, float(weights.sum()))
        solution = least_squares(absorbed.values[inside], weights, least[1:])
        if not solution.kept[at]:
            return float("nan")
        found.append(float(solution.coef[np.count_nonzero(solution.kept[:at])]))
    return max(found) - min(found)
