"""Least squares with absorbed effects on tables beyond memory: passes over blocks of rows, sums that add up."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.files import storage_error
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects.beyond import ways_of
from dualcarbon.effects.blocks import Layout, Passes
from dualcarbon.effects.covariance import Covariance, Vcov, with_covariance
from dualcarbon.effects.meats import Meats, Plan, meats_of
from dualcarbon.effects.nesting import Nesting
from dualcarbon.effects.settle import Settled, settle
from dualcarbon.effects.solution import (
    COMBINED,
    CONSTANT,
    CONSTANT_WITHIN,
    DETERMINED,
    ITERATIONS,
    TOLERANCE,
    chosen_names,
    no_variation,
    not_identified,
    require_absorbed,
    require_more_rows,
    why_left_out,
)
from dualcarbon.effects.source import Memory, Source
from dualcarbon.effects.specification import INTERCEPT, Grouping, Specification
from dualcarbon.effects.spill import Design, spill

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


FEW_LEVELS = 512
"""Groups of all effects together up to which all are eliminated by one factorisation, whatever rows a block holds."""


def regress_in_passes(
    specification: Specification, source: Source, rule: Vcov, memory: Memory, engine: Engine | None = None
) -> Estimate:
    """The estimate that `regress` gives, from a table whose rows are read once and never held.

    The usable rows are written to disk in blocks that hold whole groups of the largest effect (`spill`); codes,
    singletons and levels are settled there (`settle`); then sums over the blocks give, one after the other, the means,
    the cross products without the effects, the correction of the coefficients and the covariance.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="effects-", dir=memory.scratch) as name:
            folder = Path(name)
            table = source.on_disk(folder)
            design = design_of(specification, rule, table)
            runner = engine or InOrder()
            settled = settle(spill(table, design, memory.limit, folder), design, folder, runner)
            return _Road(settled, rule, runner).estimate()
    except OSError as error:
        raise storage_error(Path(memory.scratch or tempfile.gettempdir()), error) from error


def design_of(specification: Specification, rule: Vcov, source: Source) -> Design:
    """How rows are laid out: by the largest effect; where the effects are few and small, by the largest clusters."""
    ways, gated = ways_of(specification, rule)
    effects = tuple(effect for effect in specification.effects if isinstance(effect, Grouping))
    every = tuple(dict.fromkeys((*effects, *ways)))
    sizes = {grouping: _levels(source, grouping) for grouping in every}
    home = max(effects, key=sizes.__getitem__, default=None)
    if sum(sizes[effect] for effect in effects) <= FEW_LEVELS:
        candidates = [way for way in ways if gated and sizes[way] > FEW_LEVELS]
        home = max(candidates, key=sizes.__getitem__, default=None)
    return Design(specification, ways, gated, home, tuple(each for each in every if each != home))


def _levels(source: Source, grouping: Grouping) -> int:
    names = [name for name in grouping.columns if name in source.schema()]
    if not names:
        return 0
    return int(source.collect(source.lazy.select(names).unique().select(pl.len())).item())


@dataclass(frozen=True, slots=True)
class _Solved:
    """Coefficients on the regressors kept, (r,), and what comes with them."""

    kept: Mask
    coef: Floats
    bread: Floats
    own: Floats
    least: Floats


class _System:
    """The normal equations of the nodes over all blocks; what `absorb.solved` steps through is the step itself."""

    def __init__(self, passes: Passes, shifts: Floats, mass: float) -> None:
        self.passes, self.shifts, self.weight = passes, shifts, mass
        self.levels = passes.layout.levels
        self.node_mass = self._node_mass()
        self.found: tuple[Floats, ...] | None = None

    def _node_mass(self) -> Floats:
        from dualcarbon.kernels import streaming

        if not self.levels:
            return np.zeros((0, 1))
        return self.passes.sums(streaming.node_mass, values=False)[0]

    def shifted(self, step: Floats) -> Floats:
        """The shifts, and where no home effect is eliminated one that keeps the means at zero."""
        if self.passes.layout.within or not self.levels:
            return self.shifts
        return np.vstack([self.shifts, -(self.node_mass.T @ step) / self.weight])

    def moments(self, step: Floats) -> tuple[Floats, ...]:
        """`streaming.moments` of a step, kept until the step changes."""
        from dualcarbon.kernels import streaming

        if self.found is None:
            self.found = self.passes.sums(streaming.moments, self.shifted(step), step)
        return self.found

    def squares(self, values: Floats) -> Floats:
        return self.moments(values)[1]

    def sums(self, values: Floats) -> Floats:
        return self.moments(values)[2]

    def scale(self) -> Floats:
        return np.sqrt(self.node_mass)

    def matrix(self) -> Floats:
        from dualcarbon.kernels import streaming

        (matrix,) = self.passes.sums(streaming.node_matrix, values=False)
        return matrix if self.passes.layout.within else matrix - self._mean_part(np.eye(self.levels))

    def _mean_part(self, step: Floats) -> Floats:
        """D' W times the mean of D a for a step a, (levels, m)."""
        return np.asarray(self.node_mass @ (self.node_mass.T @ step) / self.weight, dtype=np.float64)

    def product(self, step: Floats) -> Floats:
        from dualcarbon.kernels import streaming

        (image,) = self.passes.sums(streaming.node_product, step, values=False)
        return image if self.passes.layout.within else image - self._mean_part(step)

    def subtract(self, values: Floats, step: Floats) -> None:
        values += step
        self.found = None


class _Road:
    """From blocks to an estimate."""

    def __init__(self, settled: Settled, rule: Vcov, engine: Engine) -> None:
        self.settled, self.rule, self.engine = settled, rule, engine
        self.design, self.specification = settled.design, settled.design.specification
        self.effects = self.design.effects
        self.nesting = Nesting(settled, engine)
        self.passes = Passes(engine, settled.blocks, self._layout())

    def estimate(self) -> Estimate:
        """The estimate, pass by pass."""
        mass, shifts = self._centre()
        system = _System(self.passes, shifts, mass)
        step = np.zeros((system.levels, shifts.shape[1]))
        totals = system.moments(step)[0]
        if system.levels:
            from dualcarbon.kernels.absorb import solved

            require_absorbed(self.specification, solved(step, system, TOLERANCE, ITERATIONS))
        rank = self.nesting.rank(self.effects)
        answer = self._solve(system, step, totals, mass)
        notes = self._left_out(answer, shifts)
        if self.specification.regressors and not answer.kept.any():
            raise not_identified(self.specification.regressors, notes)
        require_more_rows(self.specification, self.settled.n, len(answer.coef) + rank)
        found = self._meats(system, step, answer)
        covariance, answer_coef, mapping = self._covariance(found, answer, shifts, mass, rank)
        estimate = self._reported(answer, mapping @ answer_coef, covariance, found.squares, totals)
        return self._clustered(
            with_covariance(estimate, replace(covariance, notes=(*notes, *covariance.notes)), mapping)
        )

    def _layout(self) -> Layout:
        within = self.design.home in self.effects
        nodes = [effect for effect in self.nesting.crossing(self.effects) if effect != self.design.home]
        sizes = [self.settled.size(effect) for effect in nodes]
        starts = tuple(int(start) for start in np.cumsum([0, *sizes])[:-1])
        return Layout(tuple(self.settled.place(effect) for effect in nodes), starts, sum(sizes), within)

    def _centre(self) -> tuple[float, Floats]:
        """Sum of the weights; the means, and the means of what rounding left of them, (2, m)."""
        from dualcarbon.kernels import streaming

        start = np.zeros((1, 1 + len(self.specification.regressors)))
        mass, sums = self.passes.sums(streaming.totals, start)
        mean = sums / mass
        mass, sums = self.passes.sums(streaming.totals, mean[None, :])
        return float(mass[0]), np.vstack([mean, sums / mass])

    def _solve(self, system: _System, step: Floats, totals: Floats, mass: float) -> _Solved:
        from dualcarbon.kernels import streaming
        from dualcarbon.kernels.least_squares import independent, least_variation, normal_equations

        _, own, _, gram = system.moments(step)
        least = least_variation(totals, system.shifts.sum(axis=0), mass)
        if not own[0] > least[0]:
            raise no_variation(self.specification)
        kept = independent(gram[1:, 1:], least[1:])
        if not kept.any():
            return _Solved(kept, np.zeros(0), np.zeros((0, 0)), own, least)
        normal = normal_equations(gram[1:, 1:][np.ix_(kept, kept)])
        coef = normal.solve(gram[1:, :1][kept])[:, 0]
        (slack,) = self.passes.sums(streaming.slack, system.shifted(step), step, kept, coef)
        return _Solved(kept, coef + normal.solve(slack[:, None])[:, 0], normal.inverse(), own, least)

    def _left_out(self, answer: _Solved, shifts: Floats) -> tuple[Text, ...]:
        """Why regressors are left out, as `solution.left_out` says it."""
        gone = [int(j) for j in np.flatnonzero(~answer.kept)]
        determined = [j for j in gone if answer.own[1 + j] <= answer.least[1 + j]]
        why = dict(zip(determined, self._determined([1 + j for j in determined], shifts), strict=True))
        terms = self.specification.regressors
        return tuple(why_left_out(terms[j], why.get(j, COMBINED)) for j in gone)

    def _determined(self, columns: Sequence[int], shifts: Floats) -> list[Text]:
        from dualcarbon.effects.meats import constant_within

        reasons = [DETERMINED] * len(columns)
        if not columns:
            return reasons
        ordered = sorted(self.effects, key=self.settled.size)
        for grouping in (None, *reversed(ordered)):
            place = None if grouping is None else -1 if grouping == self.design.home else self.settled.place(grouping)
            size = 1 if grouping is None else self.settled.size(grouping)
            text = CONSTANT.format(n=self.settled.n) if grouping is None else CONSTANT_WITHIN.format(g=size)
            constant = constant_within(self.passes, shifts, columns, place, size)
            reasons = [text if yes else reason for yes, reason in zip(constant, reasons, strict=True)]
        return reasons

    def _meats(self, system: _System, step: Floats, answer: _Solved) -> Meats:
        subsets: list[tuple[int, ...]] = []
        sizes = {-1: self.settled.size(self.design.home) if self.design.home is not None else 0}
        if self.design.ways and self.rule.name == "cluster":
            places = [-1 if way == self.design.home else self.settled.place(way) for way in self.design.ways]
            sizes |= {place: self.settled.levels[place] for place in places if place >= 0}
            subsets = [chosen for size in range(1, len(places) + 1) for chosen in combinations(places, size)]
        plan = Plan(self.rule.name == "hc1", tuple(subsets), sizes, not self.effects)
        return meats_of(self.passes, plan, system.shifted(step), step, answer.kept, answer.coef)

    def _covariance(
        self, found: Meats, answer: _Solved, shifts: Floats, mass: float, rank: int
    ) -> tuple[Covariance, Floats, Floats]:
        """The covariance of the coefficients behind the reported ones, these coefficients, and the mapping between."""
        k, bread, coef, mapping = len(answer.coef), answer.bread, answer.coef, np.eye(len(answer.coef))
        if not self.effects:
            means = shifts.sum(axis=0)
            bread = np.zeros((k + 1, k + 1))
            bread[0, 0], bread[1:, 1:] = 1.0 / mass, answer.bread
            coef = np.concatenate([means[:1], coef])
            mapping = np.eye(k + 1)
            mapping[0, 1:] = -means[1:][answer.kept]
        return self._rule(found, bread, k, rank), coef, mapping

    def _rule(self, found: Meats, bread: Floats, k: int, rank: int) -> Covariance:
        from dualcarbon.effects.covariances import cluster, hc1, iid

        n = self.settled.n
        if self.rule.name == "iid":
            return iid.from_squares(found.squares, bread, n, k + rank)
        if self.rule.name == "hc1":
            return hc1.from_meat(found.meat, bread, n, k + rank)
        name, count = self.settled.clusters()
        cluster.require_several(name, count)
        parameters = k + self.nesting.rank_across(self.effects, self.design.ways)
        ways = len(self.design.ways)
        return cluster.from_meat(found.meat, bread, name, ways, (n, count, parameters), found.squares)

    def _reported(self, answer: _Solved, coef: Floats, found: Covariance, squares: float, totals: Floats) -> Estimate:
        terms = self.specification.regressors
        return Estimate(
            names=(*(() if self.effects else (INTERCEPT,)), *chosen_names(terms, answer.kept)),
            coef=coef,
            vcov=found.vcov,
            n=self.settled.n,
            depvar=self.specification.depvar.name,
            effects=tuple(effect.name for effect in self.effects),
            cluster=None,
            clusters=0,
            df=found.df,
            r2=1.0 - squares / float(totals[0]),
            r2_within=1.0 - squares / float(answer.own[0]),
            rule=found.rule,
            drops=self.settled.drops,
            collinear=chosen_names(terms, ~answer.kept),
        )

    def _clustered(self, estimate: Estimate) -> Estimate:
        if self.rule.name != "cluster":
            return estimate
        name, count = self.settled.clusters()
        return replace(estimate, cluster=name, clusters=count)
