"""Untreated outcomes predicted from untreated rows, and what each cluster adds to the errors of their averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.groups import group_sums
from dualcarbon.kernels.moments import cross_products, cross_sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

NULL = 1e-10
"""Eigenvalue of the scaled cross products, relative to the largest, below which a direction is not identified."""

REACH = 1e-6
"""Share of a row's norm that may lie in directions that untreated rows do not identify."""


@dataclass(frozen=True, slots=True)
class Imputation:
    """The regression on untreated rows, applied to all rows.

    Attributes
    ----------
    coef : (m,)
        Coefficients of the columns, of least norm where they are not unique.
    gap : (n,)
        Outcome less its prediction: the residual of untreated rows, the effect of the others; NaN where not identified.
    identified : (n,) bool
        Whether the prediction does not depend on the choice among coefficients, and the unit has an untreated row.
    within : (n, m)
        Columns less the unit's mean over its untreated rows.
    inverse : (m, m)
        Pseudo-inverse of the cross products of `within` over untreated rows.
    settled : (m,) bool
        Coefficients that are unique.
    """

    coef: Floats
    gap: Floats
    identified: Mask
    within: Floats
    inverse: Floats
    settled: Mask


def impute(outcome: Floats, columns: Floats, unit: Codes, untreated: Mask) -> Imputation:
    """Regression of the outcome on unit effects and columns over untreated rows, and its gap in every row.

        y_it = m_i + z_it'b + u_it  over untreated rows;   gap_it = (y_it - y_i.) - (z_it - z_i.)'b

    with means over the unit's untreated rows.

    Parameters
    ----------
    outcome : (n,); columns : (n, m); unit : (n,), dense codes; untreated : (n,)
    """
    units = int(unit.max()) + 1
    weight = untreated.astype(np.float64)
    values = np.column_stack([outcome, columns])
    mass = np.bincount(unit, weights=weight, minlength=units)
    values -= (group_sums(values, weight, unit, units) / np.maximum(mass, 1.0)[:, None])[unit]
    y, within = values[:, 0], np.ascontiguousarray(values[:, 1:])
    kept, y0 = within[untreated], y[untreated]
    ones = np.ones(len(kept))
    inverse, void = pseudo_inverse(cross_products(kept, ones))
    coef = inverse @ cross_sums(kept, y0[:, None], ones)[:, 0]
    coef = coef + inverse @ cross_sums(kept, (y0 - kept @ coef)[:, None], ones)[:, 0]
    scale = np.sqrt(np.einsum("nm,nm->n", within, within)) + 1.0
    identified = (mass[unit] > 0) & (np.sqrt(np.sum((within @ void) ** 2, axis=1)) <= REACH * scale)
    gap = np.where(identified, y - within @ coef, np.nan)
    return Imputation(coef, gap, identified, within, inverse, np.sqrt(np.sum(void**2, axis=1)) <= REACH)


def pseudo_inverse(gram: Floats) -> tuple[Floats, Floats]:
    """Pseudo-inverse of cross products, (m, m), and an orthonormal basis of what they leave open, (m, r)."""
    if not len(gram):
        return np.zeros((0, 0)), np.zeros((0, 0))
    root = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    values, vectors = np.linalg.eigh(gram / np.outer(root, root))
    held = values > NULL * max(values[-1], NULL)
    base = vectors[:, held] / root[:, None]
    void = vectors[:, ~held] / root[:, None]
    return (base / values[held]) @ base.T, np.linalg.qr(void)[0] if void.shape[1] else void


def cell_means(gap: Floats, code: Codes, cells: int) -> tuple[Floats, Floats]:
    """Mean gap and rows of each cell, (cells,) each; rows with code -1 are in none."""
    inside = code >= 0
    count = np.bincount(code[inside], minlength=cells).astype(np.float64)
    return np.bincount(code[inside], weights=gap[inside], minlength=cells) / count, count


def cell_influence(
    found: Imputation, untreated: Mask, code: Codes, cells: int, cluster: Codes
) -> Floats:  # fmt: skip
    """What each cluster adds to the error of each cell's mean gap, (clusters, cells).

        psi_ck = sum_(rows of k in c) (gap_it - mean_k) / n_k - S_c' A q_k

    q_k mean of `within` over the cell, A the inverse, S_c sum of `within` times the residual over the untreated rows of
    the cluster. The cross products of psi are the conservative covariance of Borusyak, Jaravel & Spiess with cells as
    the groups whose effects are averaged.
    """
    clusters = int(cluster.max()) + 1
    mean, count = cell_means(found.gap, code, cells)
    inside = np.flatnonzero(code >= 0)
    at = code[inside]
    direct = np.zeros((clusters, cells))
    np.add.at(direct, (cluster[inside], at), (found.gap[inside] - mean[at]) / count[at])
    target = group_sums(found.within[inside], np.ones(len(inside)), at, cells) / count[:, None]
    return direct - scores(found, untreated, cluster) @ (found.inverse @ target.T)


def scores(found: Imputation, untreated: Mask, cluster: Codes) -> Floats:
    """Sum of `within` times the residual over each cluster's untreated rows, (clusters, m)."""
    weight = np.where(untreated, np.nan_to_num(found.gap), 0.0)
    return group_sums(found.within, weight, cluster, int(cluster.max()) + 1)
