"""The two distance functions of the stochastic models, and what they make of their slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction
from dualcarbon.frontier.model import GroupData
from dualcarbon.kernels import directional, translog
from dualcarbon.kernels.distance import Coordinates, Shape

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Observations with CO2 > 0; arrays as in `GroupData`."""

    x: Array
    y: Array
    b: Array
    unit: Index
    time: Index

    @classmethod
    def of(cls, data: GroupData, rows: Mask) -> Sample:
        """Some rows of a group."""
        return cls(data.x[rows], data.y[rows], data.b[rows], data.unit[rows], data.time[rows])

    def take(self, rows: Mask) -> Sample:
        """Some of the observations."""
        return Sample(self.x[rows], self.y[rows], self.b[rows], self.unit[rows], self.time[rows])


class Distance(Protocol):
    """A distance function that is linear in its parameters.

    Attributes
    ----------
    homogeneous : whether it can have constant returns
    in_levels : whether it is fitted in levels, so that spreads of size and intensity count against the fit
    moves_price : whether the price at the projection depends on u
    directions : those it measures along
    """

    @property
    def homogeneous(self) -> bool: ...

    @property
    def in_levels(self) -> bool: ...

    @property
    def moves_price(self) -> bool: ...

    @property
    def directions(self) -> tuple[Direction, ...]: ...

    def coordinates(self, sample: Sample, fit: Mask, constant: bool, shape: Shape) -> Coordinates:
        """The sample in its coordinates, centred or scaled by the rows of the fit."""
        ...

    def elasticity(self, t: Array) -> Array:
        """The slope of the frontier in its own units, NaN where t is not inside (0, 1)."""
        ...

    def signed(self, t: Array) -> Array:
        """The same for any t."""
        ...

    def price(self, slope: Array, data: Coordinates, y: Array, b: Array, u: Array) -> Array:
        """MAC at the projection from the slope of the frontier."""
        ...

    def room(self, u: Array, data: Coordinates, b: Array) -> Array:
        """Share of own CO2 that is inefficiency."""
        ...

    def moved(self, y: Array, b: Array, step: Array, data: Coordinates) -> tuple[Array, Array]:
        """y and b of an observation whose u falls by `step` along the direction."""
        ...


@dataclass(frozen=True, slots=True)
class Hyperbolic:
    """(x, y e^u, b e^-u) on the frontier; the elasticity is t / (1 - t) = d ln y / d ln b."""

    homogeneous: bool = True
    in_levels: bool = False
    moves_price: bool = True
    directions: tuple[Direction, ...] = (Direction.proportional(),)

    def coordinates(self, sample: Sample, fit: Mask, constant: bool, shape: Shape) -> Coordinates:
        """In logs."""
        return translog.coordinates(sample.x, sample.y, sample.b, fit, constant, shape, sample.time)

    def elasticity(self, t: Array) -> Array:
        """t / (1 - t)."""
        return translog.elasticity(t)

    def signed(self, t: Array) -> Array:
        """t / (1 - t) for any t."""
        with np.errstate(divide="ignore"):
            return t / (1.0 - t)

    def price(self, slope: Array, data: Coordinates, y: Array, b: Array, u: Array) -> Array:
        """slope (y / b) exp(2 u)."""
        return translog.shadow_price(slope, y, b, u)

    def room(self, u: Array, data: Coordinates, b: Array) -> Array:
        """1 - exp(-u)."""
        return np.asarray(-np.expm1(-u), dtype=np.float64)

    def moved(self, y: Array, b: Array, step: Array, data: Coordinates) -> tuple[Array, Array]:
        """(y exp(step), b exp(-step))."""
        return y * np.exp(step), b * np.exp(-step)


@dataclass(frozen=True, slots=True)
class Directional:
    """(x, y + D ybar, b - D bbar) on the frontier; the slope is (1 - t) / t, both outputs in units of their means."""

    homogeneous: bool = False
    in_levels: bool = True
    moves_price: bool = False
    directions: tuple[Direction, ...] = (Direction.unit(), Direction.proportional())

    def coordinates(self, sample: Sample, fit: Mask, constant: bool, shape: Shape) -> Coordinates:
        """In units of the means."""
        return directional.coordinates(sample.x, sample.y, sample.b, fit, shape, sample.time)

    def elasticity(self, t: Array) -> Array:
        """(1 - t) / t."""
        return directional.relative_price(t)

    def signed(self, t: Array) -> Array:
        """(1 - t) / t for any t."""
        with np.errstate(divide="ignore"):
            return (1.0 - t) / t

    def price(self, slope: Array, data: Coordinates, y: Array, b: Array, u: Array) -> Array:
        """slope ybar / bbar; the projection has the price of the observation."""
        return np.asarray(slope * (data.good / data.bad), dtype=np.float64)

    def room(self, u: Array, data: Coordinates, b: Array) -> Array:
        """D bbar / b, which may exceed 1."""
        return np.asarray(u * data.bad / b, dtype=np.float64)

    def moved(self, y: Array, b: Array, step: Array, data: Coordinates) -> tuple[Array, Array]:
        """(y + step ybar, b - step bbar)."""
        return y + step * data.good, b - step * data.bad


HYPERBOLIC = Hyperbolic()
DIRECTIONAL = Directional()
