"""Sums, links and leftovers of groups given as dense integer codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@jit
def group_sums(values: Floats, weights: Floats, codes: Codes, groups: int) -> Floats:
    """Weighted sums of the columns within each group, added in row order.

    Parameters
    ----------
    values : (n, m)
    weights : (n,)
    codes : (n,), each in [0, groups)

    Returns
    -------
    (groups, m)
    """
    sums = np.zeros((groups, values.shape[1]))
    for r in range(values.shape[0]):
        g = codes[r]
        w = weights[r]
        for c in range(values.shape[1]):
            sums[g, c] += w * values[r, c]
    return sums


@jit
def is_nested(inner: Codes, outer: Codes, groups: int) -> bool:
    """Whether every group of `inner`, codes (n,) in [0, groups), lies inside one group of `outer`, codes (n,)."""
    home = np.full(groups, -1, np.int64)
    for r in range(inner.shape[0]):
        g = inner[r]
        if home[g] < 0:
            home[g] = outer[r]
        elif home[g] != outer[r]:
            return False
    return True


@jit
def root(parent: Codes, node: int) -> int:
    """The node that stands for the component of `node`; paths to it are halved on the way."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@jit
def components(first: Codes, second: Codes, groups_first: int, groups_second: int) -> int:
    """Number of connected components of the graph whose nodes are the groups and whose edges are the rows.

    The dummies of two effects, (n, groups_first + groups_second), have rank groups_first + groups_second less this
    number (Abowd, Creecy & Kramarz 2002). Every group must occur.
    """
    parent = np.arange(groups_first + groups_second)
    count = groups_first + groups_second
    for r in range(first.shape[0]):
        a = root(parent, first[r])
        b = root(parent, groups_first + second[r])
        if a != b:
            parent[max(a, b)] = min(a, b)
            count -= 1
    return count


@jit
def peel(nodes: Codes, levels: int) -> NDArray[np.bool_]:
    """Rows, (n,), left when rows alone in one of their nodes, (n, q) in [0, levels), are dropped until none is left."""
    n, effects = nodes.shape
    count = np.zeros(levels, np.int64)
    rows = np.zeros(levels, np.int64)
    for r in range(n):
        for e in range(effects):
            count[nodes[r, e]] += 1
            rows[nodes[r, e]] += r
    keep = np.ones(n, np.bool_)
    stack = np.flatnonzero(count == 1)
    top = stack.shape[0]
    waiting = np.empty(levels, np.int64)
    waiting[:top] = stack
    while top > 0:
        top -= 1
        node = waiting[top]
        if count[node] != 1:
            continue
        r = rows[node]
        keep[r] = False
        for e in range(effects):
            other = nodes[r, e]
            count[other] -= 1
            rows[other] -= r
            if count[other] == 1:
                waiting[top] = other
                top += 1
    return keep


def stacked(effects: Sequence[Codes]) -> tuple[Codes, int]:
    """Codes of several effects as one set of nodes, (n, q), numbered one effect after the other; and their number."""
    sizes = [levels_of(codes) for codes in effects]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    nodes = np.column_stack([codes + start for codes, start in zip(effects, starts[:-1], strict=True)])
    return np.ascontiguousarray(nodes), int(starts[-1])


def levels_of(codes: Codes) -> int:
    """Number of groups of dense codes (n,): one more than the largest."""
    return int(codes.max()) + 1 if len(codes) else 0


def without_singletons(effects: Sequence[Codes]) -> NDArray[np.bool_]:
    """Rows, (n,), left when rows alone in a group of some effect are dropped again and again until none is left.

    A row alone in its group is fitted exactly: it says nothing about the coefficients, and keeping it understates
    clustered standard errors (Correia 2015). The rows left do not depend on the order of dropping.
    """
    nodes, levels = stacked(effects)
    return peel(nodes, levels)


def crossing(effects: Sequence[Codes]) -> tuple[Codes, ...]:
    """The effects that remain, largest first, when those that a larger one determines are left out."""
    sizes = [levels_of(codes) for codes in effects]
    left = crossing_positions(sizes, lambda i, j: is_nested(effects[i], effects[j], sizes[i]))
    return tuple(effects[i] for i in left)


def crossing_positions(sizes: Sequence[int], nested: Callable[[int, int], bool]) -> list[int]:
    """Positions of the effects that remain, largest first; `nested(i, j)`: effect i determines effect j."""
    left: list[int] = []
    for j in sorted(range(len(sizes)), key=lambda i: sizes[i], reverse=True):
        if not any(nested(i, j) for i in left):
            left.append(j)
    return left


def rank_of_effects(effects: Sequence[Codes]) -> int:
    """Rank of the constant and the dummies of the effects.

    Effects determined by another one add nothing. One effect: its groups g1. Two: g1 + g2 - (connected components),
    exact. Each further effect j adds g_j - max_i (components of the pair i, j) over the effects i before it, largest
    first: never less than the exact rank, so that degrees of freedom are never overstated.
    """
    left = crossing(effects)
    sizes = [levels_of(codes) for codes in left]
    return rank_of_crossing(sizes, lambda i, j: components(left[i], left[j], sizes[i], sizes[j]))


def rank_of_crossing(sizes: Sequence[int], shared: Callable[[int, int], int]) -> int:
    """`rank_of_effects` from the sizes, largest first, and the components that each pair of effects shares."""
    if not sizes:
        return 1
    further = (sizes[j] - max(shared(i, j) for i in range(j)) for j in range(1, len(sizes)))
    return sizes[0] + sum(further)
