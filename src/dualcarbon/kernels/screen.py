"""Which observations are plausible given their inputs: robust residuals of ln y and ln b on a quadratic in ln x."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.quadratic_form import features
from dualcarbon.kernels.tall import apply_transposed, cross, times

Array = NDArray[np.float64]

TUKEY = 4.685
"""Tuning constant of the biweight, 95 % efficient under normal errors (Beaton & Tukey 1974)."""
_NORMAL_MAD = 1.4826
_FLOOR = 1e-9
_ITERATIONS = 100
_TOLERANCE = 1e-7
_RANK = 1e-10


LIMIT = 3.5
"""Largest robust |z| of a plausible row."""


def conditional_screen(x: Array, y: Array, b: Array, limit: float = LIMIT) -> NDArray[np.bool_]:
    """True where both ln y and ln b lie within `limit` robust standard deviations of what ln x predicts.

    ln y and ln b are each regressed on 1, ln x_i and all ln x_i ln x_j by Tukey's biweight; a residual less its
    median, over 1.4826 times the median absolute deviation, is its robust z. The screen looks at y and b given x,
    never at b / y, because a trim on b / y is a trim on the abatement cost itself.

    Parameters
    ----------
    x : (n, m), y : (n,), b : (n,)
        Inputs, good and bad output, all positive and finite.
    limit : float
        Largest |z| that is kept.

    Returns
    -------
    (n,) bool

    Notes
    -----
    A robust deviation below 1e-9 (one part in a billion of y or b) counts as 1e-9. Directions in which the inputs do
    not vary are left out of the regression. No row: an empty answer.
    Beaton & Tukey (1974), Technometrics 16, 147-185, doi:10.1080/00401706.1974.10489171.

    Examples
    --------
    >>> x = np.exp(np.random.default_rng(0).normal(size=(200, 1)))
    >>> y, b = x[:, 0].copy(), x[:, 0] ** 1.1 * np.exp(np.sin(np.arange(200.0)))
    >>> b[7] *= 1e-6
    >>> np.flatnonzero(~conditional_screen(x, y, b)).tolist()
    [7]
    """
    scores = np.abs(conditional_scores(x, y, b))
    return np.asarray((scores <= limit).all(axis=0), dtype=np.bool_)


def conditional_scores(x: Array, y: Array, b: Array) -> Array:
    """Robust z of ln y and of ln b given ln x, (2, n): what `conditional_screen` holds against its limit."""
    if y.size == 0:
        return np.zeros((2, 0))
    basis = _orthonormal(np.log(x))
    return np.array([robust_z(basis, np.log(v)) for v in (y, b)])


def robust_z(basis: Array, values: Array) -> Array:
    """Residuals of values (n,) on a basis (n, p) by the biweight, less their median, over their robust deviation.

    Iteratively reweighted least squares from least squares, until the fit moves by less than 1e-7 deviations.

    Parameters
    ----------
    basis : (n, p)
        Columns with mean product I.
    values : (n,)
    """
    basis, values = np.ascontiguousarray(basis), np.ascontiguousarray(values)
    coef = apply_transposed(basis, values) / values.size
    for _ in range(_ITERATIONS):
        e, scale = _residuals(basis, values, coef)
        new = np.asarray(np.linalg.solve(*_normal_equations(basis, values, e / (TUKEY * scale))), dtype=np.float64)
        change = float(np.max(np.abs(new - coef)))
        coef = new
        if change <= _TOLERANCE * scale:
            break
    e, scale = _residuals(basis, values, coef)
    return e / scale


def _orthonormal(z: Array) -> Array:
    """Columns with mean product I that span 1, z_i and z_i z_j, (n, p), p the rank."""
    spread = z.std(axis=0)
    kept = spread > 1e-12 * (1.0 + np.abs(z).max(axis=0))
    f = features((z[:, kept] - z[:, kept].mean(axis=0)) / spread[kept])
    values, vectors = np.linalg.eigh(cross(f, f) / len(f))
    large = values > _RANK * values[-1]
    return times(f, np.ascontiguousarray(vectors[:, large] / np.sqrt(values[large])))


@jit
def _residuals(basis: Array, values: Array, coef: Array) -> tuple[Array, float]:
    n, p = basis.shape
    e = np.empty(n)
    for i in range(n):
        fitted = 0.0
        for j in range(p):
            fitted += basis[i, j] * coef[j]
        e[i] = values[i] - fitted
    e -= np.median(e)
    return e, max(_NORMAL_MAD * np.median(np.abs(e)), _FLOOR)


@jit
def _normal_equations(basis: Array, values: Array, t: Array) -> tuple[Array, Array]:
    """Of least squares with the biweights (1 - t^2)^2 of scaled residuals, zero beyond |t| = 1."""
    p = basis.shape[1]
    normal, right = np.zeros((p, p)), np.zeros(p)
    for i in range(t.size):
        if t[i] * t[i] < 1.0:
            w = (1.0 - t[i] * t[i]) ** 2
            for j in range(p):
                wf = w * basis[i, j]
                right[j] += wf * values[i]
                for k in range(j + 1):
                    normal[j, k] += wf * basis[i, k]
    for j in range(p):
        for k in range(j):
            normal[k, j] = normal[j, k]
        normal[j, j] += 1e-12 * t.size
    return normal, right
