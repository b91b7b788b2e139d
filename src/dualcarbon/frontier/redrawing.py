"""The ways to draw a group's data anew, and the interval that goes with each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, Model
from dualcarbon.kernels.resampling import draw_clusters, percentile_interval, subsampling_interval

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Redraw = Callable[[np.random.Generator], GroupData]


@runtime_checkable
class Simulates(Protocol):
    """What a model offers, besides the shape of `Model`, to be bootstrapped parametrically."""

    def sampler(self, data: GroupData, technology: Technology, direction: Direction) -> Redraw:
        """Fits the group once, and returns what draws data from the fit: the same inputs, firms and periods, with
        inefficiency and noise drawn anew from the fitted distributions at the fitted frontier."""
        ...


@dataclass(frozen=True, slots=True)
class Subsampling:
    """m = n^kappa firms of each group without replacement, the frontier and the statistic anew; for envelopment.

    The bias of an envelopment score falls like n^-rate with rate 2 / (p + q + 1) under variable and 2 / (p + q) under
    constant returns, p inputs and q outputs (goods and bads): it is measured between m and n and taken out of both
    limits. The spread of a mean falls like n^-1/2, or like n^-rate where that is slower. Prices have no known rate;
    the same are taken, on logs; where the price or a draw of it is zero there is no interval. Limits of inefficiency
    and room are not below zero.

    Parameters
    ----------
    kappa : float
        Between 0 and 1. Smaller: the subsamples are closer to independent and show the bias better, but m firms are
        a poorer picture of n.

    Kneip, Simar & Wilson (2008), Econometric Theory 24, 1663-1697, doi:10.1017/S0266466608080651, and (2015), 31,
    394-422, doi:10.1017/S0266466614000413.
    """

    kappa: float = 0.7

    def __post_init__(self) -> None:
        if not 0.0 < self.kappa < 1.0:
            raise ConfigError(
                Text("kappa 有误", "kappa is wrong"),
                expected=both("0 < kappa < 1"),
                found=both(str(self.kappa)),
                remedy=Text("改正 Subsampling 的参数", "correct the argument of Subsampling"),
            )

    @property
    def label(self) -> Text:
        """Name in both languages."""
        return Text("不放回子抽样（按企业）", "subsampling of firms without replacement")

    def sampler(self, data: GroupData, model: Model, technology: Technology, direction: Direction) -> Redraw:
        """Draws data of m firms."""
        firms = int(data.unit.max()) + 1
        size = max(int(firms**self.kappa), 1)
        return lambda random: _taken(data, *draw_clusters(data.unit, size, False, random))

    def interval(
        self, estimate: float, draws: Array, share: Array, technology: Technology, level: float, price: bool
    ) -> tuple[float, float]:
        """Of one statistic from its draws."""
        rate, kept = self.rate(technology), float(share.mean())
        if kept >= 1.0:
            return math.nan, math.nan
        if price and (estimate <= 0.0 or (draws <= 0.0).any()):
            return math.nan, math.nan
        if price:
            logs = subsampling_interval(math.log(estimate), np.log(draws), kept, rate, min(rate, 0.5), level)
            return math.exp(logs[0]), math.exp(logs[1])
        low, high = subsampling_interval(estimate, draws, kept, rate, min(rate, 0.5), level)
        return max(low, 0.0), max(high, 0.0)

    @staticmethod
    def rate(technology: Technology) -> float:
        """The power of n at which the bias is taken to fall."""
        variables = len(technology.inputs) + len(technology.goods) + len(technology.bads)
        return 2.0 / (variables + (technology.returns != "constant"))


@dataclass(frozen=True, slots=True)
class Resampling:
    """As many firms of each group with replacement, all their periods with them; for deterministic parametric
    frontiers. Percentile interval."""

    @property
    def label(self) -> Text:
        """Name in both languages."""
        return Text("有放回重抽样（按企业）", "resampling of firms with replacement")

    def sampler(self, data: GroupData, model: Model, technology: Technology, direction: Direction) -> Redraw:
        """Draws data of as many firms."""
        firms = int(data.unit.max()) + 1
        return lambda random: _taken(data, *draw_clusters(data.unit, firms, True, random))

    def interval(
        self, estimate: float, draws: Array, share: Array, technology: Technology, level: float, price: bool
    ) -> tuple[float, float]:
        """Of one statistic from its draws."""
        return percentile_interval(draws, level)


@dataclass(frozen=True, slots=True)
class Parametric:
    """Inefficiency and noise drawn from the fitted distributions at the fitted frontier, and the model fitted again;
    for stochastic models, those that follow `Simulates`. Percentile interval."""

    @property
    def label(self) -> Text:
        """Name in both languages."""
        return Text("参数自助法", "parametric bootstrap")

    def sampler(self, data: GroupData, model: Model, technology: Technology, direction: Direction) -> Redraw:
        """Draws data from the fitted model."""
        if not isinstance(model, Simulates):
            raise ConfigError(
                Text("{m}不能作参数自助", "{m} has no parametric bootstrap").format(m=model.label),
                expected=Text("提供 sampler 的随机前沿模型", "a stochastic model that offers sampler"),
                found=both(model.name),
                remedy=Text(
                    "包络模型用 Subsampling()，确定性参数模型用 Resampling()",
                    "use Subsampling() for envelopment and Resampling() for deterministic parametric models",
                ),
            )
        return model.sampler(data, technology, direction)

    def interval(
        self, estimate: float, draws: Array, share: Array, technology: Technology, level: float, price: bool
    ) -> tuple[float, float]:
        """Of one statistic from its draws."""
        return percentile_interval(draws, level)


Method = Subsampling | Resampling | Parametric


def _taken(data: GroupData, rows: Index, unit: Index) -> GroupData:
    """Some rows, perhaps repeated, under new firms."""

    def part(values: Array | None) -> Array | None:
        return None if values is None else values[rows]

    return GroupData(
        x=data.x[rows],
        y=data.y[rows],
        b=data.b[rows],
        unit=unit,
        time=data.time[rows],
        more_goods=part(data.more_goods),
        more_bads=part(data.more_bads),
        steps=part(data.steps),
        evaluated=None if data.evaluated is None else data.evaluated[rows],
    )
