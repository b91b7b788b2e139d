"""Partialling-out of effects: exact by means and elimination, or by conjugate gradients to a stated error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.groups import crossing, group_sums, stacked
from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.moments import sums_of_squares

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Solver = Callable[[Floats, Floats, int], tuple[Floats, int]]

DENSE_LEVELS = 512
"""Largest number of groups besides the largest effect that are eliminated by one dense factorisation."""

PIVOT = 1e-11
"""Pivot, relative to a unit diagonal, below which a group is a combination of the groups before it."""

FLOOR = 1e-3
"""Where the other effects leave less than this share of a variable's norm, errors are relative to this share of it."""

WINDOW = 5
"""Iterations over which the rate of convergence is measured."""

EXACT = 1e-12
"""Error at which a direct solution is not repeated."""

ROUNDS = 5
"""Times the solution is repeated on what rounding left."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Variables without the part that the effects explain.

    Attributes
    ----------
    values : (n, m)
    iterations : int
        Conjugate-gradient iterations; 0 where the answer is direct.
    error : float
        Norm of the group means left in the worst column, relative to the norm of the column.
    converged : bool
        Whether `error` is within the tolerance.
    """

    values: Floats
    iterations: int
    error: float
    converged: bool


def partial_out(
    values: Floats,
    effects: Sequence[Codes],
    weights: Floats,
    *,
    tolerance: float = 1e-10,
    most: int = 10_000,
) -> Absorbed:
    """Residuals of the columns from weighted least squares on the dummies of the effects.

    An effect that a larger one determines adds nothing and is left out. With M the deviation from the means of the
    largest effect and D the dummies of the others, the answer is M (v - D a) where a solves

        D' W M D a = D' W M v.

    One effect: a is void. Up to `DENSE_LEVELS` groups in D: the matrix is formed from group counts and factorised by
    Cholesky with pivots, exact up to rounding, without iterating over the rows. More groups: conjugate gradients,
    preconditioned by the weights of the groups, until the energy norm of the error, which is the norm of the error in
    the answer, is below `tolerance` times the norm of the answer. In both cases the group means of the answer are
    then computed anew, and the solution is repeated on what is left of them.

    Parameters
    ----------
    values : (n, m), best centred at their means
    effects : each (n,), dense codes 0..g-1, every group occupied; at least one
    weights : (n,), positive
    tolerance : relative error allowed in each column
    most : conjugate-gradient iterations allowed

    Notes
    -----
    Abowd, Creecy & Kramarz (2002), US Census Bureau TP-2002-06. Hestenes & Stiefel (1952),
    https://doi.org/10.6028/jres.049.044. The energy norm of the error from the steps themselves: Strakos & Tichy
    (2002), Electronic Transactions on Numerical Analysis 13, 56-80.
    """
    left = crossing(effects)
    mass = np.asarray(np.bincount(left[0], weights=weights), dtype=np.float64)
    values = values.copy()
    for _ in range(2):
        subtract_means(values, left[0], weights, mass)
    if len(left) == 1:
        return Absorbed(values, 0, 0.0, True)
    return solved(values, Groups(left[0], mass, *stacked(left[1:]), weights), tolerance, most)


class System(Protocol):
    """D' W M D of the effects besides the largest, and what a solution needs of it."""

    @property
    def levels(self) -> int:
        """Columns of D."""

    def scale(self) -> Floats:
        """Root of the diagonal of D' W D, (levels, 1)."""

    def squares(self, values: Floats) -> Floats:
        """Diagonal of v' W v, (m,)."""

    def sums(self, values: Floats) -> Floats:
        """D' W v, (levels, m)."""

    def product(self, step: Floats) -> Floats:
        """D' W M D times `step`, (levels, m)."""

    def matrix(self) -> Floats:
        """D' W M D, (levels, levels)."""

    def subtract(self, values: Floats, step: Floats) -> None:
        """Take M D times `step`, (levels, m), out of `values`, in place."""


def solved(values: Floats, system: System, tolerance: float, most: int) -> Absorbed:
    """`values`, (n, m), already free of the largest effect, without the rest; directly or by iteration, in place."""
    solve, goal = (
        (_factorised(system), min(tolerance, EXACT))
        if system.levels <= DENSE_LEVELS
        else (_iterated(system, tolerance / 10.0), tolerance)
    )
    iterations, error = _eliminate(values, system, solve, goal, most)
    return Absorbed(values, iterations, error, error <= tolerance)


def factor(system: System) -> tuple[Floats, Codes, Floats]:
    """Cholesky factor with pivots of the matrix scaled to a unit diagonal, (r, r); pivots, (r,); scale, (levels, 1)."""
    from scipy.linalg import lapack

    scale = system.scale()
    whole, pivots, rank, _ = lapack.dpstrf(system.matrix() / (scale * scale.T), lower=1, tol=PIVOT)
    return whole[:rank, :rank], pivots[:rank] - 1, scale


@dataclass(frozen=True, slots=True)
class Groups:
    """Largest effect (n,) and the weight of its groups; nodes (n, q) of the other effects; weights (n,)."""

    largest: Codes
    mass: Floats
    nodes: Codes
    levels: int
    weights: Floats

    def scale(self) -> Floats:
        return np.sqrt(node_sums(np.ones((len(self.weights), 1)), self.weights, self.nodes, self.levels))

    def squares(self, values: Floats) -> Floats:
        return sums_of_squares(values, self.weights)

    def sums(self, values: Floats) -> Floats:
        return node_sums(values, self.weights, self.nodes, self.levels)

    def product(self, step: Floats) -> Floats:
        return _normal_product(step, self.largest, self.mass, self.nodes, self.weights)

    def matrix(self) -> Floats:
        starts, order = grouped(self.largest, len(self.mass))
        return normal_matrix(starts, order, self.mass, self.nodes, self.weights, self.levels)

    def subtract(self, values: Floats, step: Floats) -> None:
        subtract_nodes(values, step, self.nodes)
        subtract_means(values, self.largest, self.weights, self.mass)


def _eliminate(values: Floats, system: System, solve: Solver, goal: float, most: int) -> tuple[int, float]:
    """Take the nodes out of `values`, in place; iterations and the error left.

    `solve` maps right-hand sides, squared norms and the iterations allowed to steps and the iterations used.
    """
    start = system.squares(values)
    scale = system.scale()
    iterations = 0
    for again in range(ROUNDS + 1):
        sums = system.sums(values)
        reference = np.maximum(system.squares(values), FLOOR**2 * start)
        error = float(np.sqrt(np.max(_ratio(_dot(sums / scale, sums / scale), reference), initial=0.0)))
        if error <= goal or again == ROUNDS or iterations >= most:
            break
        step, used = solve(sums, reference, most - iterations)
        iterations += used
        system.subtract(values, step)
    return iterations, error


def _factorised(system: System) -> Solver:
    """Direct solution by the factor; free groups are set to 0.

    `dtrsm` keeps to one thread where the matrix is small; the threads of `trtrs` cost a thousand times the solution.
    """
    from scipy.linalg.blas import dtrsm

    lower, chosen, scale = factor(system)

    def solve(sums: Floats, reference: Floats, most: int) -> tuple[Floats, int]:
        step = np.zeros_like(sums)
        half = dtrsm(1.0, lower, sums[chosen] / scale[chosen], lower=1)
        step[chosen] = dtrsm(1.0, lower, half, lower=1, trans_a=1) / scale[chosen]
        return step, 0

    return solve


def _iterated(system: System, tolerance: float) -> Solver:
    """Conjugate gradients, each column with its own steps, until the error of all columns is small."""
    mass = system.scale() ** 2

    def solve(sums: Floats, reference: Floats, most: int) -> tuple[Floats, int]:
        answer = np.zeros_like(sums)
        residual = sums.copy()
        direction = residual / mass
        power = _dot(residual, direction)
        energies: list[Floats] = []
        for _ in range(most):
            image = system.product(direction)
            length = _ratio(power, _dot(direction, image))
            answer += length * direction
            residual -= length * image
            energies.append(length * power)
            if np.all(_error_left(energies) <= tolerance**2 * reference):
                break
            scaled = residual / mass
            next_power = _dot(residual, scaled)
            direction = scaled + _ratio(next_power, power) * direction
            power = next_power
        return answer, len(energies)

    return solve


def _error_left(energies: Sequence[Floats]) -> Floats:
    """Squared error norm of each column, (m,): the energies still to come if they fall at their recent rate."""
    span = min(WINDOW, len(energies) - 1)
    if span == 0:
        return np.where(energies[-1] > 0, np.inf, 0.0)
    rate = np.minimum(_ratio(energies[-1], energies[-1 - span]) ** (1.0 / span), 0.999)
    return energies[-1] * rate / (1.0 - rate)


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("lc,lc->c", a, b), dtype=np.float64)


def _ratio(a: Floats, b: Floats) -> Floats:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def subtract_means(values: Floats, codes: Codes, weights: Floats, mass: Floats) -> None:
    """Take the weighted means of the groups, with weights that sum to `mass`, out of `values`, (n, m), in place."""
    _subtract_level(values, group_sums(values, weights, codes, len(mass)) / mass[:, None], codes)


@jit
def _subtract_level(values: Floats, level: Floats, codes: Codes) -> None:
    for r in range(values.shape[0]):
        row, mean = values[r], level[codes[r]]
        for c in range(values.shape[1]):
            row[c] -= mean[c]


@jit
def subtract_nodes(values: Floats, step: Floats, nodes: Codes) -> None:
    """Take the steps, (levels, m), of the nodes, (n, q), out of `values`, (n, m), in place."""
    for r in range(values.shape[0]):
        row = values[r]
        for e in range(nodes.shape[1]):
            part = step[nodes[r, e]]
            for c in range(values.shape[1]):
                row[c] -= part[c]


@jit
def node_sums(values: Floats, weights: Floats, nodes: Codes, levels: int) -> Floats:
    """Weighted sums of the columns, (n, m), in each node, (levels, m); nodes (n, q)."""
    sums = np.zeros((levels, values.shape[1]))
    for r in range(values.shape[0]):
        row = values[r]
        for e in range(nodes.shape[1]):
            held = sums[nodes[r, e]]
            for c in range(values.shape[1]):
                held[c] += weights[r] * row[c]
    return sums


@jit
def _normal_product(step: Floats, largest: Codes, mass: Floats, nodes: Codes, weights: Floats) -> Floats:
    columns = step.shape[1]
    means = np.zeros((mass.shape[0], columns))
    image = np.zeros(step.shape)
    for r in range(nodes.shape[0]):
        mean = means[largest[r]]
        for e in range(nodes.shape[1]):
            part = step[nodes[r, e]]
            for c in range(columns):
                mean[c] += weights[r] * part[c]
    for g in range(mass.shape[0]):
        for c in range(columns):
            means[g, c] /= mass[g]
    deviation = np.empty(columns)
    for r in range(nodes.shape[0]):
        mean = means[largest[r]]
        for c in range(columns):
            deviation[c] = -mean[c]
        for e in range(nodes.shape[1]):
            part = step[nodes[r, e]]
            for c in range(columns):
                deviation[c] += part[c]
        for e in range(nodes.shape[1]):
            held = image[nodes[r, e]]
            for c in range(columns):
                held[c] += weights[r] * deviation[c]
    return image


@jit
def grouped(codes: Codes, groups: int) -> tuple[Codes, Codes]:
    """Rows in the order of their group, (n,), and where each group starts, (groups + 1,)."""
    starts = np.zeros(groups + 1, np.int64)
    for r in range(codes.shape[0]):
        starts[codes[r] + 1] += 1
    for g in range(groups):
        starts[g + 1] += starts[g]
    filled = starts[:-1].copy()
    order = np.empty(codes.shape[0], np.int64)
    for r in range(codes.shape[0]):
        g = codes[r]
        order[filled[g]] = r
        filled[g] += 1
    return starts, order


@jit
def normal_matrix(starts: Codes, order: Codes, mass: Floats, nodes: Codes, weights: Floats, levels: int) -> Floats:
    """D' W M D, (levels, levels): co-occurring weight less the products of group weights over the group's mass."""
    matrix = np.zeros((levels, levels))
    held = np.zeros(levels)
    touched = np.empty(levels, np.int64)
    for g in range(mass.shape[0]):
        count = 0
        for position in range(starts[g], starts[g + 1]):
            r = order[position]
            for e in range(nodes.shape[1]):
                node = nodes[r, e]
                if held[node] == 0.0:
                    touched[count] = node
                    count += 1
                held[node] += weights[r]
                for f in range(nodes.shape[1]):
                    matrix[node, nodes[r, f]] += weights[r]
        for i in range(count):
            share = held[touched[i]] / mass[g]
            for j in range(count):
                matrix[touched[i], touched[j]] -= share * held[touched[j]]
        for i in range(count):
            held[touched[i]] = 0.0
    return matrix
