"""Staggered policies with known effects: who is treated when, what it does, and samples drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Staggered:
    """y_it = a_i + l_t + effect(g_i, t - g_i) + e_it, e AR(1) within units, with a shock by group and period on top.

    Attributes
    ----------
    sizes : mapping
        Units by first treated period, 0 for never.
    effects : mapping
        (at start, per further period) by first treated period; empty for none.
    periods : int
        1..periods.
    persistence : float
        Of the AR(1) with unit variance.
    group : int
        Units of a group, which share their treatment and AR(1) shocks of half the variance; 1: no groups.
    drawn : bool
        Whether every sample draws the first treated periods anew, with the sizes as weights.
    """

    name: str
    sizes: Mapping[int, int]
    effects: Mapping[int, tuple[float, float]]
    periods: int = 10
    persistence: float = 0.6
    group: int = 1
    drawn: bool = False

    @property
    def first(self) -> Codes:
        """First treated period of each unit, (N,)."""
        return np.repeat(list(self.sizes), list(self.sizes.values()))

    def effect(self, first: Codes, period: Codes) -> Floats:
        """What the policy does, elementwise."""
        total = np.zeros(len(first))
        for g, (start, growth) in self.effects.items():
            mine = (first == g) & (period >= g)
            total[mine] = start + growth * (period[mine] - g)
        return total

    def truth(self, after: int | None = None) -> float:
        """Mean effect over treated unit-periods; with `after`, over periods 0..after with the same cohorts in each."""
        i, t = self._rows()
        first = self.first[i]
        chosen = (first > 0) & (t >= first)
        if after is not None:
            chosen &= t <= first + after
        return float(self.effect(first, t)[chosen].mean())

    def draw(self, seed: tuple[int, ...]) -> Panel:
        """One sample."""
        r = np.random.default_rng(seed)
        i, t = self._rows()
        units = len(self.first)
        shocks = self._lasting(r, units)
        if self.group > 1:
            groups = np.arange(units) // self.group
            shocks = np.sqrt(0.5) * (shocks + self._lasting(r, int(groups[-1]) + 1)[groups])
        level = r.normal(size=units)
        common = np.cumsum(r.normal(size=self.periods))
        timing = r.choice(self.first, units) if self.drawn else self.first
        first = timing[i]
        y = level[i] + common[t - 1] + self.effect(first, t) + shocks.ravel()
        columns = {"unit": i, "period": t, "first": first, "y": y, "group": i // self.group}
        x = r.normal(size=units) + 0.25 * (timing > 0)
        return Panel.from_frame(pl.DataFrame({**columns, "x": x[i]}), id="unit", time="period")

    def _rows(self) -> tuple[Codes, Codes]:
        units = len(self.first)
        return np.repeat(np.arange(units), self.periods), np.tile(np.arange(1, self.periods + 1), units)

    def _lasting(self, r: np.random.Generator, units: int) -> Floats:
        news = r.normal(size=(units, self.periods))
        shocks = news.copy()
        for t in range(1, self.periods):
            shocks[:, t] = self.persistence * shocks[:, t - 1] + np.sqrt(1 - self.persistence**2) * news[:, t]
        return shocks


EFFECTS = {4: (1.0, 0.4), 6: (0.5, 0.2), 8: (0.2, 0.0)}
MANY = {0: 80, 4: 40, 6: 40, 8: 40}
FEW = {0: 16, 4: 8, 6: 8, 8: 8}

DESIGNS = (
    Staggered("200 units", MANY, EFFECTS),
    Staggered("40 units", FEW, EFFECTS),
    Staggered("40 groups of 5 units", MANY, EFFECTS, group=5),
    Staggered("200 units, no effect", MANY, {}),
    Staggered("40 units, no effect", FEW, {}),
    Staggered("40 groups of 5 units, no effect", MANY, {}, group=5),
    Staggered("200 units, timing drawn", MANY, EFFECTS, drawn=True),
)
