"""Poisson pseudo-maximum likelihood with absorbed effects, and the rows that leave it without a maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.absorb import Absorbed
from dualcarbon.kernels.groups import group_sums, levels_of
from dualcarbon.kernels.jit import jit
from dualcarbon.kernels.least_squares import LeastSquares, least_squares
from dualcarbon.kernels.moments import cross_products, weighted_sums

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Absorber = Callable[[Floats, Floats, float], Absorbed]
"""From columns (n, m), weights (n,) and a tolerance to the columns without the effects under these weights."""

CHANGE = 1e-8
"""Root-mean-square change of the index, weighted by the means, at which a step is the last: the error left after a
Newton step is of the order of its square."""

TIGHTEST = 1e-10
LOOSEST = 1e-4
"""Tolerances of absorption: a hundredth of the last change within these bounds; the last step uses the tightest."""

STEPS = 200
HALVINGS = 30

HEAVY = 1e8
"""Weight of rows with a positive outcome in the search for separation."""

SIGN = 1e-6
"""Distance within which fitted values in that search count as 0, or as 1."""

FAR = 0.01
"""Share of the largest fitted value above which one is far from 0."""

TRIAL = 5
"""Rounds between two attempts to name the separated rows."""

ALONE = 1e-14
"""Variation where y > 0, as a share of that on all rows, below which a combination has none there."""

ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class PoissonFit:
    """A maximum of the Poisson pseudo-likelihood.

    Attributes
    ----------
    x : (n, k)
        Regressors without the effects under the final weights.
    coef : (k,)
    bread : (k, k)
        Inverse of X' W X.
    index, mean : (n,)
        Linear index with effects and offset, and its exponential; W is the prior weight times the mean.
    deviance, change : float
    steps, iterations : int
        Weighted regressions, and iterations of absorption in them.
    converged : bool
    """

    x: Floats
    coef: Floats
    bread: Floats
    index: Floats
    mean: Floats
    deviance: float
    change: float
    steps: int
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """Partialled-out dependent variable and regressors, the variable before, and the coefficients."""

    columns: Floats
    working: Floats
    solved: LeastSquares
    absorbed: Absorbed


def poisson(y: Floats, x: Floats, offset: Floats, weights: Floats, absorb: Absorber) -> PoissonFit:
    """Iteratively reweighted least squares, each step on partialled-out variables.

    With mean m = exp(h), working variable z = h - offset + (y - m)/m and weights w m: regress z on the regressors and
    the effects; the new index is the fit plus the offset. A step that raises the deviance is halved. What the effects
    leave of the variables in one step starts the next, so that absorption by iteration has little left to do; its
    tolerance tightens with the steps. Correia, Guimaraes & Zylkin (2020), https://doi.org/10.1177/1536867X20909691.

    Parameters
    ----------
    y : (n,), not negative, without separated rows
    x : (n, k), not collinear with each other and the effects
    offset, weights : (n,)
    absorb : at least a constant
    """
    mean = (y + float(np.sum(weights * y) / np.sum(weights))) / 2.0
    index = np.log(mean)
    deviance = np.inf
    change, tolerance, iterations = np.inf, LOOSEST, 0
    columns, working = np.column_stack([np.zeros(len(y)), x]), np.zeros(len(y))
    done, steps = False, 0
    while not done and steps < STEPS:
        steps += 1
        step = _step(y, index, mean, offset, weights, absorb, tolerance, columns, working)
        iterations += step.absorbed.iterations
        columns, working = step.columns, step.working
        target = working - step.solved.residuals + offset
        mass = weights * mean
        new, mean, deviance = _halved(y, index, target, weights, deviance)
        change = float(np.sqrt(np.sum(mass * (new - index) ** 2) / np.sum(mass)))
        index = new
        done = change <= CHANGE and tolerance == TIGHTEST and step.absorbed.converged and bool(step.solved.kept.all())
        tolerance = min(max(0.01 * change, TIGHTEST), tolerance)
    final = absorb(columns[:, 1:], weights * mean, TIGHTEST)
    iterations += final.iterations
    solved = least_squares(np.column_stack([index, final.values]), weights * mean, np.zeros(x.shape[1]))
    return PoissonFit(
        final.values, step.solved.coef, solved.bread, index, mean, deviance, change, steps, iterations, done
    )


def _step(
    y: Floats,
    index: Floats,
    mean: Floats,
    offset: Floats,
    weights: Floats,
    absorb: Absorber,
    tolerance: float,
    columns: Floats,
    working: Floats,
) -> _Step:
    """One weighted regression; `columns` are those that the step before left, for the variable `working`."""
    new = index - offset + (y - mean) / mean
    columns[:, 0] += new - working
    absorbed = absorb(columns, weights * mean, tolerance)
    solved = least_squares(absorbed.values, weights * mean, np.zeros(columns.shape[1] - 1))
    return _Step(absorbed.values, new, solved, absorbed)


def _halved(y: Floats, index: Floats, target: Floats, weights: Floats, deviance: float) -> tuple[Floats, Floats, float]:
    """Index, mean and deviance at the target, or nearer by halves until the deviance does not rise."""
    for _ in range(HALVINGS):
        with np.errstate(over="ignore"):
            mean = np.exp(target)
        found = _deviance(y, mean, weights) if np.isfinite(mean).all() and mean.min() > 0.0 else np.inf
        if found <= deviance * (1.0 + 1e-12) + 1e-12:
            return target, mean, found
        target = (index + target) / 2.0
    return index, np.exp(index), deviance


def _deviance(y: Floats, mean: Floats, weights: Floats) -> float:
    return 2.0 * float(weighted_sums(_terms(y, mean)[:, None], weights)[0])


@jit
def _terms(y: Floats, mean: Floats) -> Floats:
    """y log(y/m) - (y - m), (n,)."""
    terms = np.empty(y.shape[0])
    for r in range(y.shape[0]):
        terms[r] = mean[r] - y[r]
        if y[r] > 0.0:
            terms[r] += y[r] * np.log(y[r] / mean[r])
    return terms


def zero_groups(y: Floats, effects: Sequence[Codes]) -> Mask:
    """Rows, (n,), in a group of some effect whose outcomes are all 0: their effect runs to minus infinity."""
    gone = np.zeros(len(y), dtype=np.bool_)
    ones = np.ones(len(y))
    for codes in effects:
        total = group_sums(y[:, None], ones, codes, levels_of(codes))[:, 0]
        gone |= total[codes] == 0.0
    return gone


def separated(y: Floats, x: Floats, absorb: Absorber) -> tuple[Mask, bool]:
    """Rows of outcome 0, (n,), that some combination of regressors and effects separates; and whether that is settled.

    A combination that is 0 wherever y > 0, nowhere negative and positive on these rows can lower their means without
    bound and touch no other. The iterative rectifier: regress u, at first 1 where y = 0 and 0 elsewhere, on regressors
    and effects with a large weight where y > 0; set u to the positive part of the fit where y = 0; and so on. If a
    combination s separates, the sum of s u never falls, so that u never falls below 1 everywhere: once it does, no
    row is separated. Rows whose fit is far from 0 are separated as soon as a combination that is 0 on the others and
    nowhere negative is found; the caller asks again without them. Correia, Guimaraes & Zylkin (2019),
    arXiv:1903.01633.

    Parameters
    ----------
    y : (n,), not negative
    x : (n, k), not collinear with each other and the effects
    absorb : at least a constant
    """
    zero = y == 0.0
    none = np.zeros(len(y), dtype=np.bool_)
    heavy = np.where(zero, 1.0, HEAVY)
    columns = _rotated(absorb(x, heavy, TIGHTEST).values, zero)
    u = zero.astype(np.float64)
    for round_ in range(ROUNDS):
        fit, columns = _fit(u, zero, columns, absorb)
        if fit.max() < 1.0 - SIGN:
            return none, True
        if fit.min() >= -SIGN or round_ % TRIAL == TRIAL - 1:
            free = fit > FAR * fit.max()
            trial, _ = _fit(free.astype(np.float64), free, columns, absorb)
            if trial.max() > FAR and trial.min() >= -SIGN:
                return trial > FAR * trial.max(), True
        u = np.maximum(fit, 0.0)
    return none, False


def _fit(u: Floats, free: Mask, columns: Floats, absorb: Absorber) -> tuple[Floats, Floats]:
    """Fit of u, (n,), by a combination that is 0 where not `free`, (n,); and the columns without the effects."""
    weights = np.where(free, 1.0, HEAVY)
    absorbed = absorb(np.column_stack([u, columns]), weights, TIGHTEST)
    fit = u - least_squares(absorbed.values, weights, np.zeros(columns.shape[1])).residuals
    return np.where(free, fit, 0.0), absorbed.values[:, 1:]


def _rotated(x: Floats, zero: Mask) -> Floats:
    """The columns, (n, k), turned so that combinations without variation where y > 0 stand alone, as the last ones."""
    scale = np.sqrt(np.sum(x**2, axis=0))
    scaled = x / np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(cross_products(scaled, (~zero).astype(np.float64)))
    turned: Floats = scaled @ vectors[:, ::-1]
    turned[:, values[::-1] <= ALONE] *= zero[:, None]
    return turned
