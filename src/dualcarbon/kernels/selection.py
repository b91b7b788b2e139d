"""Proportional selection on observed and unobserved controls (Oster 2019): one cubic, solved for either unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REAL = 1e-7
"""Imaginary part, relative to the size of a root, below which the root counts as real."""


@dataclass(frozen=True, slots=True)
class Moments:
    """What two regressions leave for the cubic.

    Attributes
    ----------
    short, long : float
        Coefficient of the treatment without and with the observed controls.
    gained : float
        Variation of y explained by the controls: (R2 long - R2 short) times the variance of y.
    missing : float
        Variation of y that the unobserved controls would explain: (R2 max - R2 long) times the variance of y.
    variance, own : float
        Variance of the treatment in the short regression, and what the controls leave of it.
    """

    short: float
    long: float
    gained: float
    missing: float
    variance: float
    own: float


def coefficients(m: Moments, delta: float) -> Floats:
    """The cubic in v = long - beta whose roots solve the model, highest power first, (4,).

        (d-1)(s t - t^2) v^3 + (d-2) t g s v^2 + (d r (s-t) - q t - s t g^2) v + d r g s = 0

    with d = delta, s = variance, t = own, g = short - long, q = gained, r = missing.
    """
    s, t, g = m.variance, m.own, m.short - m.long
    return np.array(
        [
            (delta - 1.0) * (s * t - t * t),
            (delta - 2.0) * t * g * s,
            delta * m.missing * (s - t) - m.gained * t - s * t * g * g,
            delta * m.missing * g * s,
        ]
    )


def betas(m: Moments, delta: float) -> Floats:
    """The real solutions for beta, (1 to 3,), nearest to the long coefficient first."""
    size = max(abs(m.short - m.long), 1e-300)
    scaled = coefficients(m, delta) * size ** np.arange(3.0, -1.0, -1.0)
    scaled = np.where(np.abs(scaled) <= 1e-15 * np.abs(scaled).max(), 0.0, scaled)
    roots = np.roots(scaled)
    real = roots.real[np.abs(roots.imag) <= REAL * np.maximum(np.abs(roots), 1e-12)]
    polished = np.array([_polished(scaled, v) for v in real])
    return m.long - size * polished[np.argsort(np.abs(polished))]


def _polished(cubic: Floats, v: float) -> float:
    slope = np.polyder(cubic)
    for _ in range(3):
        steep = float(np.polyval(slope, v))
        if steep == 0.0:
            break
        v -= float(np.polyval(cubic, v)) / steep
    return v


def delta_for(m: Moments, beta: float) -> float:
    """The delta under which beta solves the model; the cubic is linear in it. Infinite where no delta does."""
    at_zero = float(np.polyval(coefficients(m, 0.0), m.long - beta))
    slope = float(np.polyval(coefficients(m, 1.0), m.long - beta)) - at_zero
    return -at_zero / slope if slope != 0.0 else float("inf")
