"""Logistic regression by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP = 1e-10
"""Largest change of a fitted log odds in the last step of a fit that has converged."""

MOST = 40
"""Steps allowed: a fit that has a maximum needs fewer than ten, one that has none goes on for ever."""

HALVINGS = 20


@dataclass(frozen=True, slots=True)
class Logit:
    """Maximum of the logistic likelihood.

    Attributes
    ----------
    coef : (k,)
    index : (n,)
        Fitted log odds x coef.
    probability : (n,)
    information : (k, k)
        x' diag(p (1 - p)) x at the maximum.
    converged : bool
        False where the likelihood has no maximum because a combination of the columns separates 0 from 1.
    """

    coef: Floats
    index: Floats
    probability: Floats
    information: Floats
    converged: bool


def logit(x: Floats, y: Floats) -> Logit:
    """The coefficients b that maximise sum y log p + (1 - y) log(1 - p), p = 1 / (1 + exp(-x b)).

    Newton's method (iteratively reweighted least squares) from b = 0, a step being halved until the likelihood rises.

    Parameters
    ----------
    x : (n, k)
        With a column of ones; of full column rank, columns of like size.
    y : (n,), 0 or 1
    """
    coef: Floats = np.zeros(x.shape[1])
    index, height = x @ coef, _likelihood(x @ coef, y)
    converged = False
    for _ in range(MOST):
        p = probability(index)
        information = (x * (p * (1.0 - p))[:, None]).T @ x
        try:
            step: Floats = np.asarray(np.linalg.solve(information, x.T @ (y - p)), dtype=np.float64)
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(step).all():
            break
        coef, index, height, moved = _rising(x, y, coef, step, height)
        if moved <= STEP:
            converged = True
            break
    p = probability(index)
    return Logit(coef, index, p, (x * (p * (1.0 - p))[:, None]).T @ x, converged)


def _rising(x: Floats, y: Floats, coef: Floats, step: Floats, height: float) -> tuple[Floats, Floats, float, float]:
    """The next coefficients, log odds and likelihood, and the largest change of a log odds."""
    slack = 1e-12 * (1.0 + abs(height))
    for _ in range(HALVINGS):
        index = x @ (coef + step)
        reached = _likelihood(index, y)
        if reached >= height - slack:
            break
        step = step / 2.0
    return coef + step, index, reached, float(np.max(np.abs(x @ step), initial=0.0))


def probability(index: Floats) -> Floats:
    """1 / (1 + exp(-index)), (n,), without overflow."""
    from scipy.special import expit

    return np.asarray(expit(index), dtype=np.float64)


def _likelihood(index: Floats, y: Floats) -> float:
    return float(np.sum(y * index - np.logaddexp(0.0, index)))
