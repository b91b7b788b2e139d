"""Parts of a regression that add up over blocks of rows, however the rows are cut into blocks.

A block holds whole groups of its home effect; groups of the other effects, the nodes, may span blocks. With V the
variables less the shifts, M the deviation from the means of the home groups (or, where the home effect is not
eliminated, nothing) and D the dummies of the nodes, the residuals of step a are M (V - D a).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.absorb import Groups, node_sums, subtract_means, subtract_nodes
from dualcarbon.kernels.cluster import cluster_meat
from dualcarbon.kernels.groups import group_sums, root
from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.moments import cross_products, sums_of_squares, weighted_sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Parts = tuple[Floats, ...]
Chunk = tuple[Codes, Floats]
Keyed = tuple[Chunk, ...]

UNSEEN = -1
SEVERAL = -2


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of a regression.

    Attributes
    ----------
    values : (n, m)
    weights : (n,), positive
    home : (n,)
        Dense codes of the groups that lie whole in this block; void (0,) without.
    groups : int
        Number of home groups.
    within : bool
        Whether the home effect is eliminated by its means.
    nodes : (n, q)
        Groups of the other effects, numbered one effect after the other through all blocks.
    levels : int
        Number of nodes in all blocks.
    """

    values: Floats
    weights: Floats
    home: Codes
    groups: int
    within: bool
    nodes: Codes
    levels: int

    def mass(self) -> Floats:
        """Weight of the home groups, (groups,)."""
        return np.asarray(np.bincount(self.home, weights=self.weights, minlength=self.groups), dtype=np.float64)

    def system(self) -> Groups:
        """The normal equations of the nodes given the home effect."""
        return Groups(self.home, self.mass(), self.nodes, self.levels, self.weights)


def added(left: Parts, right: Parts) -> Parts:
    """The sums of two sets of rows together."""
    return tuple(a + b for a, b in zip(left, right, strict=True))


@jit
def deviations(values: Floats, shifts: Floats) -> Floats:
    """Values, (n, m), less the shifts, (s, m), one after the other."""
    found = np.empty(values.shape)
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            left = values[r, c]
            for s in range(shifts.shape[0]):
                left -= shifts[s, c]
            found[r, c] = left
    return found


def residuals(block: Block, shifts: Floats, step: Floats) -> Floats:
    """M (V - D a), (n, m), of a step a, (levels, m)."""
    values = deviations(block.values, shifts)
    _eliminate(block, values, step)
    return values


def _eliminate(block: Block, values: Floats, step: Floats) -> None:
    mass = block.mass() if block.within else np.zeros(0)
    if block.within:
        for _ in range(2):
            subtract_means(values, block.home, block.weights, mass)
    if block.levels and step.any():
        subtract_nodes(values, step, block.nodes)
        if block.within:
            subtract_means(values, block.home, block.weights, mass)


def totals(block: Block, shifts: Floats) -> Parts:
    """Weight, (1,), and weighted sums of the values less the shifts, (m,)."""
    return np.array([block.weights.sum()]), weighted_sums(deviations(block.values, shifts), block.weights)


def moments(block: Block, shifts: Floats, step: Floats) -> Parts:
    """Squares of the deviations, (m,); squares, (m,), node sums, (levels, m), cross products, (m, m), of residuals."""
    values = deviations(block.values, shifts)
    before = sums_of_squares(values, block.weights)
    _eliminate(block, values, step)
    after = sums_of_squares(values, block.weights)
    nodes = node_sums(values, block.weights, block.nodes, block.levels)
    return before, after, nodes, cross_products(values, block.weights)


def node_mass(block: Block) -> Parts:
    """Weight of the nodes, (levels, 1)."""
    return (node_sums(np.ones((len(block.weights), 1)), block.weights, block.nodes, block.levels),)


def node_matrix(block: Block) -> Parts:
    """D' W M D, (levels, levels)."""
    if block.within:
        return (block.system().matrix(),)
    return (_co_occurrence(block.nodes, block.weights, block.levels),)


def node_product(block: Block, step: Floats) -> Parts:
    """D' W M D times a step, (levels, m)."""
    if block.within:
        return (block.system().product(step),)
    spread = np.zeros((len(block.weights), step.shape[1]))
    subtract_nodes(spread, -step, block.nodes)
    return (node_sums(spread, block.weights, block.nodes, block.levels),)


def slack(block: Block, shifts: Floats, step: Floats, kept: NDArray[np.bool_], coef: Floats) -> Parts:
    """X' W e, (r,), of the regressors kept and the residuals e of the coefficients, (r,)."""
    _, each = scores(block, shifts, step, kept, coef, False)
    return (weighted_sums(each, np.ones(len(each))),)


def scores(
    block: Block, shifts: Floats, step: Floats, kept: NDArray[np.bool_], coef: Floats, constant: bool
) -> tuple[Floats, Floats]:
    """Sum of w e^2, (1,), and the scores w x e, (n, r); with `constant` a column of ones comes first."""
    values = residuals(block, shifts, step)
    e, each = _scores(values, block.weights, 1 + np.flatnonzero(kept), coef, int(constant))
    return np.array([np.sum(block.weights * e**2)]), each


@jit
def _scores(values: Floats, weights: Floats, at: Codes, coef: Floats, ones: int) -> tuple[Floats, Floats]:
    """Residuals, (n,), and scores, (n, ones + r), of the regressors in the columns `at`."""
    n, r = values.shape[0], at.shape[0]
    residual = np.empty(n)
    each = np.empty((n, ones + r))
    for i in range(n):
        e = values[i, 0]
        for j in range(r):
            e -= values[i, at[j]] * coef[j]
        residual[i] = e
        if ones:
            each[i, 0] = weights[i] * e
        for j in range(r):
            each[i, ones + j] = values[i, at[j]] * (weights[i] * e)
    return residual, each


def row_meat(each: Floats) -> Floats:
    """Sum over rows of s s', (k, k), of scores (n, k)."""
    return cross_products(each, np.ones(len(each)))


def home_meat(each: Floats, codes: Codes) -> Floats:
    """Sum over clusters that lie whole in the block of s_g s_g', (k, k); any integer codes, (n,)."""
    _, dense = np.unique(codes, return_inverse=True)
    return cluster_meat(each, dense.astype(np.int64), int(dense.max()) + 1)


def keyed(codes: Codes, values: Floats) -> Chunk:
    """The codes that occur, (g,), in order, and the sums of the values, (n, k), with each, (g, k)."""
    keys, dense = np.unique(codes, return_inverse=True)
    return keys, group_sums(values, np.ones(len(values)), dense.astype(np.int64), len(keys))


def merged(left: Keyed, right: Keyed) -> Keyed:
    """The keyed sums of two sets of rows together: one chunk as soon as the later ones outgrow the first."""
    chunks = (*left, *right)
    return (at_once(chunks),) if sum(len(keys) for keys, _ in chunks[1:]) > len(chunks[0][0]) else chunks


def at_once(chunks: Keyed) -> Chunk:
    """All chunks as one."""
    if len(chunks) == 1:
        return chunks[0]
    return keyed(np.concatenate([keys for keys, _ in chunks]), np.vstack([sums for _, sums in chunks]))


@jit
def owners(inner: Codes, outer: Codes, groups: int) -> Codes:
    """The outer group that holds each inner group, (groups,): `UNSEEN` if it has no rows here, `SEVERAL` if more."""
    found = np.full(groups, UNSEEN, np.int64)
    for r in range(inner.shape[0]):
        g = inner[r]
        if found[g] == UNSEEN:
            found[g] = outer[r]
        elif found[g] != outer[r]:
            found[g] = SEVERAL
    return found


def same_owners(left: Codes, right: Codes) -> Codes:
    """The owners in two sets of rows together."""
    either = np.where(left == UNSEEN, right, left)
    return np.where((left == right) | (left == UNSEEN) | (right == UNSEEN), either, SEVERAL)


@jit
def linked(parent: Codes, first: Codes, second: Codes) -> Codes:
    """Labels of components, (nodes,), after the nodes `first` and `second` of each row are joined to those of `parent`.

    A label is the smallest node of its component.
    """
    labels = parent.copy()
    for r in range(first.shape[0]):
        a, b = root(labels, first[r]), root(labels, second[r])
        if a != b:
            labels[max(a, b)] = min(a, b)
    for node in range(labels.shape[0]):
        labels[node] = root(labels, node)
    return labels


def links_at_home(block_home: Codes, groups: int, codes: Codes, levels: int) -> Codes:
    """Components of the groups of `codes`, (levels,), that the home groups join."""
    representative = np.zeros(groups, dtype=np.int64)
    representative[block_home] = codes
    return linked(np.arange(levels), representative[block_home], codes)


def links_between(first: Codes, second: Codes, sizes: tuple[int, int]) -> Codes:
    """Components of the groups of two effects, numbered one after the other, that rows join."""
    return linked(np.arange(sum(sizes)), first, second + sizes[0])


def joined_links(left: Codes, right: Codes) -> Codes:
    """The components of two sets of rows together."""
    return linked(left, np.arange(len(right)), right)


def component_count(labels: Codes) -> int:
    """Number of components."""
    return int(np.count_nonzero(labels == np.arange(len(labels))))


def scattered(keys: Sequence[Codes], parts: int) -> Codes:
    """The part, in [0, parts), of each row, (n,), by a fixed hash of its keys: equal keys, equal part."""
    mixed = np.zeros(len(keys[0]), dtype=np.uint64)
    for key in keys:
        mixed ^= key.astype(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed += np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(31)
    return (mixed % np.uint64(parts)).astype(np.int64)


@jit
def _co_occurrence(nodes: Codes, weights: Floats, levels: int) -> Floats:
    matrix = np.zeros((levels, levels))
    for r in range(nodes.shape[0]):
        for e in range(nodes.shape[1]):
            for f in range(nodes.shape[1]):
                matrix[nodes[r, e], nodes[r, f]] += weights[r]
    return matrix


@jit
def extremes(values: Floats, codes: Codes, groups: int) -> tuple[Floats, Floats]:
    """Least and greatest value of the columns, (n, m), in each group, (groups, m); +inf and -inf without rows."""
    low = np.full((groups, values.shape[1]), np.inf)
    high = np.full((groups, values.shape[1]), -np.inf)
    for r in range(values.shape[0]):
        g = codes[r]
        for c in range(values.shape[1]):
            low[g, c] = min(low[g, c], values[r, c])
            high[g, c] = max(high[g, c], values[r, c])
    return low, high


def wider(left: tuple[Floats, Floats], right: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The extremes of two sets of rows together."""
    return np.minimum(left[0], right[0]), np.maximum(left[1], right[1])
