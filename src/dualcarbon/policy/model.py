"""What every policy estimator is: one design in, one `Fit` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """Effects by period relative to treatment.

    Attributes
    ----------
    relative : (e,) int64
        Periods since treatment began, increasing; the reference period is among them with effect 0 and error NaN.
    estimate, se : (e,)
    vcov : (e, e) or None
        NaN in the row and column of the reference period; None where the estimator gives no joint covariance.
    reference : int or None
        The period that is zero by construction; None where there is none.
    binned : tuple of int
        Ends that hold all periods at or beyond them.
    split : bool
        Whether only the effects before treatment are relative to the reference, those after it to all untreated rows:
        the two cannot be read as one trend.
    """

    relative: NDArray[np.int64]
    estimate: Floats
    se: Floats
    vcov: Floats | None = None
    reference: int | None = None
    binned: tuple[int, ...] = ()
    split: bool = False


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Effects by first treated period: arrays of shape (c,); `vcov` (c, c), None without a joint covariance."""

    cohort: NDArray[np.int64]
    estimate: Floats
    se: Floats
    vcov: Floats | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer of one estimator.

    Attributes
    ----------
    att, se : float
        Average effect on the treated (see `estimand` of the estimator) and its standard error.
    df : float
        Degrees of freedom of the t distribution; infinite for the normal.
    path, cohorts : or None where the estimator has none
    group_time : polars.DataFrame or None
        One row per cohort and period: cohort, period, estimate, se.
    aggregates : mapping
        Further averages of the same effects, name -> (estimate, standard error).
    rule : Text
        How the standard errors were computed.
    notes : tuple of Text
        What the reader of the number must know.
    n : int
        Observations used, where that differs from the design's; 0: all.
    details : object or None
        What this estimator alone gives, a frozen object: the weights of a synthetic comparison, for example.
    """

    att: float
    se: float
    rule: Text
    df: float = float("inf")
    path: Path | None = None
    cohorts: Cohorts | None = None
    group_time: pl.DataFrame | None = None
    aggregates: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()
    n: int = 0
    details: object | None = None


class Estimator(Protocol):
    """One file in `policy/models/` whose `MODEL` follows this shape is found by the registry.

    Attributes
    ----------
    name : the word a user writes
    label : title in both languages
    estimand : what `att` averages, in both languages
    comparisons : comparison groups it can use, of "never" and "not_yet"
    robust : True if heterogeneous effects under staggered timing do not bias it
    needs_balance : True if every unit must be seen in every period
    takes_controls : True if control variables can enter
    """

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> Text: ...

    @property
    def estimand(self) -> Text: ...

    @property
    def comparisons(self) -> tuple[str, ...]: ...

    @property
    def robust(self) -> bool: ...

    @property
    def needs_balance(self) -> bool: ...

    @property
    def takes_controls(self) -> bool: ...

    def check(self, design: Design) -> None:
        """Raise if this estimator cannot answer on this design (its own limits, beyond the attributes above)."""
        ...

    def estimate(self, design: Design) -> Fit:
        """The effect."""
        ...
