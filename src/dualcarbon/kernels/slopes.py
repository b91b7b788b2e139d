"""Partialling-out of effects with slopes that vary by group.

Effects and slopes of the same groups form a block, made orthonormal within each group: columns u with sum of w u u' the
identity (columns that the ones before determine are zero). A block's projection is then a sum of products within
groups, and the matrix of all blocks has a unit diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels import absorb
from dualcarbon.kernels.absorb import Absorbed, factor, grouped, solved
from dualcarbon.kernels.groups import crossing, levels_of, rank_of_effects
from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.moments import sums_of_squares

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Slope = tuple[Codes, Floats]

DETERMINED = 1e-20
"""Share of a slope's squares within a group, left by the slopes before it, that is nothing but rounding."""


@dataclass(frozen=True, slots=True)
class Block:
    """Dense codes of the groups, (n,), and columns orthonormal within each group, (n, q)."""

    codes: Codes
    basis: Floats

    @property
    def columns(self) -> int:
        """Coefficients of the block, free ones and others."""
        return levels_of(self.codes) * int(self.basis.shape[1])


def partial_out_slopes(
    values: Floats,
    effects: Sequence[Codes],
    slopes: Sequence[Slope],
    weights: Floats,
    *,
    tolerance: float = 1e-10,
    most: int = 10_000,
) -> Absorbed:
    """Residuals of the columns from weighted least squares on the effects and the slopes.

    The block with most coefficients is projected out group by group; with M that projection and D the columns of the
    other blocks, the rest is the solution of D' W M D a = D' W M v as in `absorb.partial_out`: by one factorisation,
    or by conjugate gradients, for which the orthonormal blocks are the preconditioner.

    Parameters
    ----------
    values : (n, m), best centred at their means
    effects : each (n,), dense codes
    slopes : each codes (n,) and variables (n, q); at least one
    weights : (n,), positive
    tolerance, most : as for `partial_out`
    """
    first, *others = blocks(effects, slopes, weights)
    values = values.copy()
    for _ in range(2):
        _project_out(values, first.basis, first.codes, weights, levels_of(first.codes))
    if not others:
        return Absorbed(values, 0, 0.0, True)
    return solved(values, _system(first, others, weights), tolerance, most)


def rank_with_slopes(effects: Sequence[Codes], slopes: Sequence[Slope]) -> int:
    """Rank of the constant, the dummies of the effects and the slopes.

    Exact where `partial_out_slopes` factorises; else the ranks within groups added up, less what the effects have in
    common: never less than the exact rank.
    """
    if not slopes:
        return rank_of_effects(effects)
    weights = np.ones(len(slopes[0][0]))
    constant = np.zeros(len(weights), dtype=np.int64)
    levels = effects if len(effects) else (constant,)
    first, *others = blocks(levels, slopes, weights)
    own = _free(first)
    if not others:
        return own
    system = _system(first, others, weights)
    if system.levels <= absorb.DENSE_LEVELS:
        return own + len(factor(system)[1])
    within = sum(map(_free, (first, *others))) - sum(map(levels_of, crossing(levels)))
    return within + rank_of_effects(levels)


def blocks(effects: Sequence[Codes], slopes: Sequence[Slope], weights: Floats) -> list[Block]:
    """The effects and slopes by the groups they share, orthonormal, most coefficients first."""
    held: list[tuple[Codes, list[Floats]]] = [(codes, [np.ones((len(codes), 1))]) for codes in crossing(effects)]
    for codes, values in slopes:
        home = next((columns for other, columns in held if np.array_equal(other, codes)), None)
        if home is None:
            held.append((codes, [values]))
        else:
            home.append(values)
    found = [
        Block(codes, _orthonormal(np.column_stack(columns), codes, weights, levels_of(codes)))
        for codes, columns in held
    ]
    return sorted(found, key=lambda block: -block.columns)


def _free(block: Block) -> int:
    """Coefficients of the block that are free: the columns of each group that are not zero."""
    return _count_free(block.basis, block.codes, levels_of(block.codes))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The largest block, the columns of the others as nodes (n, p) with factors (n, p), and the weights (n,)."""

    first: Block
    nodes: Codes
    factors: Floats
    levels: int
    weights: Floats

    def scale(self) -> Floats:
        return np.ones((self.levels, 1))

    def squares(self, values: Floats) -> Floats:
        return sums_of_squares(values, self.weights)

    def sums(self, values: Floats) -> Floats:
        return _sums(values, self.weights, self.nodes, self.factors, self.levels)

    def product(self, step: Floats) -> Floats:
        spread = np.zeros((len(self.weights), step.shape[1]))
        _subtract(spread, -step, self.nodes, self.factors)
        self._project(spread)
        return self.sums(spread)

    def matrix(self) -> Floats:
        groups = levels_of(self.first.codes)
        starts, order = grouped(self.first.codes, groups)
        return _matrix(starts, order, self.first.basis, self.nodes, self.factors, self.weights, self.levels)

    def subtract(self, values: Floats, step: Floats) -> None:
        _subtract(values, step, self.nodes, self.factors)
        self._project(values)

    def _project(self, values: Floats) -> None:
        _project_out(values, self.first.basis, self.first.codes, self.weights, levels_of(self.first.codes))


def _system(first: Block, others: Sequence[Block], weights: Floats) -> _Blocks:
    nodes, factors, start = [], [], 0
    for block in others:
        for column in block.basis.T:
            nodes.append(block.codes + start)
            factors.append(column)
            start += levels_of(block.codes)
    return _Blocks(first, np.column_stack(nodes), np.column_stack(factors), start, weights)


@jit
def _orthonormal(values: Floats, codes: Codes, weights: Floats, groups: int) -> Floats:
    """Gram-Schmidt within groups, twice for each column; columns of a group without variation of their own are 0."""
    n, q = values.shape
    basis = np.empty((n, q))
    for j in range(q):
        column = values[:, j].copy()
        raw = np.zeros(groups)
        for r in range(n):
            raw[codes[r]] += weights[r] * column[r] * column[r]
        for _ in range(2):
            for i in range(j):
                share = np.zeros(groups)
                for r in range(n):
                    share[codes[r]] += weights[r] * basis[r, i] * column[r]
                for r in range(n):
                    column[r] -= basis[r, i] * share[codes[r]]
        left = np.zeros(groups)
        for r in range(n):
            left[codes[r]] += weights[r] * column[r] * column[r]
        for r in range(n):
            g = codes[r]
            basis[r, j] = column[r] / np.sqrt(left[g]) if left[g] > DETERMINED * raw[g] else 0.0
    return basis


@jit
def _project_out(values: Floats, basis: Floats, codes: Codes, weights: Floats, groups: int) -> None:
    m, q = values.shape[1], basis.shape[1]
    share = np.zeros((groups, q, m))
    for r in range(values.shape[0]):
        own, row = share[codes[r]], values[r]
        for j in range(q):
            factor = weights[r] * basis[r, j]
            for c in range(m):
                own[j, c] += factor * row[c]
    for r in range(values.shape[0]):
        own, row = share[codes[r]], values[r]
        for j in range(q):
            for c in range(m):
                row[c] -= basis[r, j] * own[j, c]


@jit
def _count_free(basis: Floats, codes: Codes, groups: int) -> int:
    seen = np.zeros((groups, basis.shape[1]), np.bool_)
    for r in range(basis.shape[0]):
        for j in range(basis.shape[1]):
            if basis[r, j] != 0.0:
                seen[codes[r], j] = True
    return int(seen.sum())


@jit
def _sums(values: Floats, weights: Floats, nodes: Codes, factors: Floats, levels: int) -> Floats:
    sums = np.zeros((levels, values.shape[1]))
    for r in range(values.shape[0]):
        row = values[r]
        for e in range(nodes.shape[1]):
            held = sums[nodes[r, e]]
            factor = weights[r] * factors[r, e]
            for c in range(values.shape[1]):
                held[c] += factor * row[c]
    return sums


@jit
def _subtract(values: Floats, step: Floats, nodes: Codes, factors: Floats) -> None:
    for r in range(values.shape[0]):
        row = values[r]
        for e in range(nodes.shape[1]):
            part = step[nodes[r, e]]
            for c in range(values.shape[1]):
                row[c] -= factors[r, e] * part[c]


@jit
def _matrix(
    starts: Codes, order: Codes, basis: Floats, nodes: Codes, factors: Floats, weights: Floats, levels: int
) -> Floats:
    """D' W D less, for each group of the largest block and each of its columns, the outer product of D' W u."""
    matrix = np.zeros((levels, levels))
    held = np.zeros(levels)
    seen = np.zeros(levels, np.bool_)
    touched = np.empty(levels, np.int64)
    for g in range(starts.shape[0] - 1):
        for j in range(basis.shape[1]):
            count = 0
            for position in range(starts[g], starts[g + 1]):
                r = order[position]
                for e in range(nodes.shape[1]):
                    node = nodes[r, e]
                    if not seen[node]:
                        seen[node] = True
                        touched[count] = node
                        count += 1
                    held[node] += weights[r] * basis[r, j] * factors[r, e]
                    if j == 0:
                        for f in range(nodes.shape[1]):
                            matrix[node, nodes[r, f]] += weights[r] * factors[r, e] * factors[r, f]
            for a in range(count):
                for b in range(count):
                    matrix[touched[a], touched[b]] -= held[touched[a]] * held[touched[b]]
            for a in range(count):
                held[touched[a]] = 0.0
                seen[touched[a]] = False
    return matrix
