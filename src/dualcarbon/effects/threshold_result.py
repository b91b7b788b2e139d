"""What a panel threshold regression gives, as numbers, table and figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.panel import Drop, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text

Floats = NDArray[np.float64]
T = TypeVar("T")

LEVELS = (0.90, 0.95, 0.99)
"""Levels of the critical values."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; see `dualcarbon.effects.threshold`."""

    outcome: str
    treatment: str
    by: str
    controls: tuple[str, ...]
    thresholds: int
    bootstrap: int
    seed: int
    trim: float
    grid: int | None
    level: float
    time_effects: bool
    cluster: str | None

    @property
    def critical_ratio(self) -> float:
        """Largest likelihood ratio inside the confidence set, -2 log(1 - sqrt(level)): 7.35 at 95 %."""
        return -2.0 * math.log(1.0 - math.sqrt(self.level))


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold.

    Attributes
    ----------
    gamma : float
        Largest value of the threshold variable in the regime below.
    pieces : tuple of (low, high)
        The confidence set: every value from `low` up to, not including, `high`. The rows split at any value as they do
        at the observed value next below, so `high` is the first observed value outside. Candidates too close to
        another threshold do not break a piece.
    """

    gamma: float
    pieces: tuple[tuple[float, float], ...]

    @property
    def interval(self) -> tuple[float, float]:
        """The shortest interval that holds the confidence set."""
        return self.pieces[0][0], self.pieces[-1][1]

    @property
    def connected(self) -> bool:
        """Whether the confidence set is an interval."""
        return len(self.pieces) == 1


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """The test of `thresholds` against one less.

    Attributes
    ----------
    thresholds : int
    f : float
    p_value : float
        Share of draws whose F is at least as large; NaN without draws.
    critical : (10 %, 5 %, 1 %)
        Quantiles of the draws.
    draws : (b,)
        F of each bootstrap draw; read-only.
    """

    thresholds: int
    f: float
    p_value: float
    critical: tuple[float, float, float]
    draws: Floats

    @classmethod
    def of(cls, thresholds: int, f: float, draws: Floats) -> ThresholdTest:
        """The test with its p value and critical values."""
        own = draws.copy()
        own.flags.writeable = False
        if not len(own):
            return cls(thresholds, f, math.nan, (math.nan, math.nan, math.nan), own)
        ten, five, one = (float(v) for v in np.quantile(own, LEVELS))
        return cls(thresholds, f, float(np.mean(own >= f)), (ten, five, one), own)


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """A panel threshold regression.

    Attributes
    ----------
    options : Options
    found : tuple of Threshold
        In increasing order.
    tests : tuple of ThresholdTest
        One threshold against none, two against one, ...
    estimates : Estimate
        Slope of the treatment in each regime, lowest first, then the controls; the thresholds are taken as known.
    regimes : polars.DataFrame
        regime; `above` and `up_to` (null where open); `low` and `high` of the threshold variable within; n; firms.
    lr : polars.DataFrame
        threshold, gamma, lr, inside: the likelihood ratio at every candidate, the other thresholds held; null at
        candidates too close to another threshold.
    ssr : tuple of float
        Sum of squared residuals with 0, 1, ... thresholds.
    firms, candidates : int
    balanced : bool
    scheme : Text
        How the bootstrap draws.
    warnings : tuple of Text
    measured : Text
        The treatment's unit.
    provenance : Provenance
    """

    options: Options
    found: tuple[Threshold, ...]
    tests: tuple[ThresholdTest, ...]
    estimates: Estimate
    regimes: pl.DataFrame
    lr: pl.DataFrame
    ssr: tuple[float, ...]
    firms: int
    candidates: int
    balanced: bool
    scheme: Text
    warnings: tuple[Text, ...]
    measured: Text
    provenance: Provenance

    @property
    def gamma(self) -> float | tuple[float, ...]:
        """The threshold; with several a tuple, increasing."""
        return _alone(tuple(one.gamma for one in self.found))

    @property
    def interval(self) -> tuple[float, float] | tuple[tuple[float, float], ...]:
        """Low and high end of the confidence set; with several thresholds a tuple of such pairs."""
        return _alone(tuple(one.interval for one in self.found))

    @property
    def connected(self) -> bool | tuple[bool, ...]:
        """Whether the confidence set is an interval; with several thresholds a tuple."""
        return _alone(tuple(one.connected for one in self.found))

    @property
    def p_value(self) -> float | tuple[float, ...]:
        """Bootstrap p value of one threshold against none; with several a tuple, each against one less."""
        return _alone(tuple(test.p_value for test in self.tests))

    @property
    def f(self) -> float | tuple[float, ...]:
        """The F statistics; as `p_value`."""
        return _alone(tuple(test.f for test in self.tests))

    @property
    def critical(self) -> tuple[float, float, float] | tuple[tuple[float, float, float], ...]:
        """Critical values at 10 %, 5 % and 1 %; with several thresholds a tuple of such triples."""
        return _alone(tuple(test.critical for test in self.tests))

    @property
    def drops(self) -> tuple[Drop, ...]:
        """Rows not used, by reason."""
        return self.estimates.drops

    def table(self) -> Table:
        """Thresholds with their confidence intervals, slopes by regime, controls, and the tests."""
        from dualcarbon.effects.threshold_exhibits import table

        return table(self)

    def figure(self) -> Figure:
        """The likelihood ratio of each threshold at every candidate; the confidence set lies below the dashed line."""
        from dualcarbon.effects.threshold_exhibits import figure

        return figure(self)

    def __repr__(self) -> str:
        lines = [f"ThresholdResult: {self.options.outcome} on {self.options.treatment} by {self.options.by}"]
        for one in self.found:
            low, high = one.interval
            split = "" if one.connected else f", {len(one.pieces)} pieces"
            lines.append(f"  threshold {one.gamma:.6g}  [{low:.6g}, {high:.6g}]{split}")
        for test in self.tests:
            lines.append(f"  {test.thresholds} against {test.thresholds - 1}: F {test.f:.3f}, p {test.p_value:.3f}")
        return "\n".join([*lines, repr(self.estimates)])


def _alone(values: tuple[T, ...]) -> T | tuple[T, ...]:
    return values[0] if len(values) == 1 else values
