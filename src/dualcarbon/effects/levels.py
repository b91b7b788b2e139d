"""The channel split in tonnes: what the effect of each channel adds to or takes from emissions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SERIES = 1e-3


@dataclass(frozen=True, slots=True)
class Levels:
    """Emissions against those of the same rows with the treatment at its baseline.

    Attributes
    ----------
    table : polars.DataFrame
        `channel`, `effect_t` (t, negative: emissions avoided), `se` (t, delta method), `share` (of the total);
        ``total`` first.
    actual_t, counterfactual_t : float
        Sums of C and C_cf over the rows used, each counted once.
    gap_t : float
        Their difference, summed over the rows by itself.
    """

    table: pl.DataFrame
    actual_t: float
    counterfactual_t: float
    gap_t: float

    def __repr__(self) -> str:
        parts = ", ".join(f"{c} {e:,.6g}" for c, e in self.table.select("channel", "effect_t").rows())
        return f"Levels(actual {self.actual_t:,.6g} t, counterfactual {self.counterfactual_t:,.6g} t: {parts})"


def level_split(names: tuple[str, ...], co2: Floats, treatment: Floats, coef: Floats, vcov: Floats) -> Levels:
    """effect_k = sum over rows of L(C, C_cf) b_k d, with C_cf = C exp(-b d) and b the sum of the b_k.

    L(C, C_cf) = (C - C_cf) / (ln C - ln C_cf) = C (1 - exp(-b d)) / (b d), C where b d = 0, is the logarithmic mean:
    the effects sum to C - C_cf. Standard errors by the delta method from the joint covariance, emissions and treatment
    taken as given. Ang (2015), https://doi.org/10.1016/j.enpol.2015.07.007.

    Parameters
    ----------
    names : tuple of str, q
        Of the channels.
    co2 : (n,), t
    treatment : (n,), less its baseline
    coef, vcov : (q,), (q, q)
    """
    total = float(coef.sum())
    u = total * treatment
    mean = co2 * mean_ratio(u)
    volume = float(np.sum(mean * treatment))
    slope = float(np.sum(co2 * treatment**2 * _mean_ratio_slope(u)))
    effects = coef * volume
    jacobian = volume * np.eye(len(coef)) + slope * coef[:, None]
    jacobian = np.vstack([jacobian.sum(axis=0), jacobian])
    se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", jacobian, vcov, jacobian), 0.0))
    gap = -co2 * np.expm1(-u)
    found = np.concatenate([[effects.sum()], effects])
    table = pl.DataFrame(
        {"channel": ["total", *names], "effect_t": found, "se": se, "share": found / found[0] if found[0] else np.nan}
    )
    return Levels(table, float(co2.sum()), float(np.sum(co2 * np.exp(-u))), float(gap.sum()))


def mean_ratio(u: Floats) -> Floats:
    """(1 - exp(-u)) / u, 1 at u = 0: the logarithmic mean of 1 and exp(-u)."""
    safe = np.where(u == 0.0, 1.0, u)
    return np.asarray(np.where(u == 0.0, 1.0, -np.expm1(-safe) / safe), dtype=np.float64)


def _mean_ratio_slope(u: Floats) -> Floats:
    """Derivative of `mean_ratio`: ((1 + u) exp(-u) - 1) / u^2, by series near 0."""
    near = np.abs(u) < _SERIES
    safe = np.where(near, 1.0, u)
    exact = ((1.0 + safe) * np.exp(-safe) - 1.0) / safe**2
    series = -0.5 + u / 3.0 - u**2 / 8.0 + u**3 / 30.0
    return np.asarray(np.where(near, series, exact), dtype=np.float64)
