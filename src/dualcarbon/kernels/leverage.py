"""Leverages of the rows in a regression on the dummies of effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.absorb import PIVOT, grouped, normal_matrix
from dualcarbon.kernels.groups import crossing, stacked
from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def crossing_levels(effects: Sequence[Codes]) -> int:
    """Number of groups besides those of the largest effect, after leaving out effects that another one determines."""
    return stacked(crossing(effects)[1:])[1] if len(crossing(effects)) > 1 else 0


def effect_leverages(effects: Sequence[Codes], weights: Floats) -> Floats:
    """Diagonal of W^(1/2) D (D'WD)^- D' W^(1/2), (n,), for the dummies D of the effects; exact.

    With L the largest effect, M the deviation from its means, and D2 the dummies of the others,

        h_i = w_i / (weight of i's group of L) + w_i d_i' (D2'W M D2)^- d_i,    d_i = row i of M D2.

    The inner matrix, with a row for every group besides those of L, is inverted densely: m groups cost 8 m^2 bytes a
    few times over, and about m^3 operations.

    Parameters
    ----------
    effects : each (n,), dense codes 0..g-1, every group occupied; at least one
    weights : (n,), positive
    """
    left = crossing(effects)
    mass = np.asarray(np.bincount(left[0], weights=weights), dtype=np.float64)
    leverages = weights / mass[left[0]]
    if len(left) == 1:
        return leverages
    nodes, levels = stacked(left[1:])
    starts, order = grouped(left[0], len(mass))
    inverse = _generalised_inverse(normal_matrix(starts, order, mass, nodes, weights, levels))
    return leverages + _quadratic(starts, order, mass, nodes, weights, inverse)


def _generalised_inverse(matrix: Floats) -> Floats:
    """A symmetric generalised inverse of a positive semidefinite matrix: of a largest regular block, 0 elsewhere."""
    from scipy.linalg import lapack

    scale = np.sqrt(np.diag(matrix))
    scale[scale == 0.0] = 1.0
    factor, pivots, rank, _ = lapack.dpstrf(matrix / np.outer(scale, scale), lower=1, tol=PIVOT)
    chosen = pivots[:rank] - 1
    block, _ = lapack.dpotri(np.asfortranarray(factor[:rank, :rank]), lower=1)
    block = np.tril(block) + np.tril(block, -1).T
    inverse = np.zeros_like(matrix)
    inverse[np.ix_(chosen, chosen)] = block / np.outer(scale[chosen], scale[chosen])
    return inverse


@jit
def _quadratic(starts: Codes, order: Codes, mass: Floats, nodes: Codes, weights: Floats, inverse: Floats) -> Floats:
    """w d' inverse d for each row, (n,), with d the row's dummies less their means in its group."""
    n, q = nodes.shape
    levels = inverse.shape[0]
    found = np.empty(n)
    mean = np.zeros(levels)
    image = np.zeros(levels)
    touched = np.empty(levels, np.int64)
    for g in range(mass.shape[0]):
        count = 0
        for position in range(starts[g], starts[g + 1]):
            r = order[position]
            for e in range(q):
                node = nodes[r, e]
                if mean[node] == 0.0:
                    touched[count] = node
                    count += 1
                mean[node] += weights[r] / mass[g]
        own = 0.0
        for i in range(count):
            total = 0.0
            for j in range(count):
                total += inverse[touched[i], touched[j]] * mean[touched[j]]
            image[touched[i]] = total
            own += total * mean[touched[i]]
        for position in range(starts[g], starts[g + 1]):
            r = order[position]
            form = own
            for e in range(q):
                form -= 2.0 * image[nodes[r, e]]
                for f in range(q):
                    form += inverse[nodes[r, e], nodes[r, f]]
            found[r] = weights[r] * form
        for i in range(count):
            mean[touched[i]] = 0.0
    return found
