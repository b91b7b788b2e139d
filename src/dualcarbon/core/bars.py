"""Drawings of parts that add up: a waterfall from one total to another, and stacked bars or areas."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dualcarbon.core.text import Text


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Steps from a first level to a last, one row each from the top, between two bars that stand on the base.

    Attributes
    ----------
    items : tuple of Text, s + 2
        The first level, the s steps, the last level.
    levels : tuple of float, s + 1
        The level before the first step and after every step.
    marks : tuple of str, s + 2
        What is printed at each bar.
    x_label : Text
    base : float
        Where the first and the last bar stand.

    Raises
    ------
    ValueError
        If there is no level or lengths differ.

    Examples
    --------
    >>> from dualcarbon.core.text import both
    >>> items = (both("2020"), both("Y"), both("I"), both("2030"))
    >>> Waterfall(items, (10.0, 14.0, 11.0), ("10", "+4", "-3", "11"), both("Mt")).steps
    (4.0, -3.0)
    """

    items: tuple[Text, ...]
    levels: tuple[float, ...]
    marks: tuple[str, ...]
    x_label: Text
    base: float = 0.0

    def __post_init__(self) -> None:
        if not self.levels or len(self.items) != len(self.levels) + 1 or len(self.marks) != len(self.items):
            raise ValueError(f"{len(self.items)} items, {len(self.levels)} levels, {len(self.marks)} marks")

    @property
    def steps(self) -> tuple[float, ...]:
        """The change at every step."""
        return tuple(after - before for before, after in pairwise(self.levels))


@dataclass(frozen=True, slots=True)
class Layer:
    """One part of a stack: a value at every place, of either sign."""

    label: Text
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Stacked:
    """Parts upon each other, positive ones above zero and negative ones below it.

    Attributes
    ----------
    x : tuple of float, p
        Places, increasing.
    layers : tuple of Layer
        The first lies next to zero.
    x_label, y_label : Text
    names : tuple of Text, p
        What the places are called; empty for their numbers.
    total : Layer, optional
        A line or, between bars, marks over the stack.
    areas : bool
        Areas between the places instead of bars at them.

    Raises
    ------
    ValueError
        If lengths differ or the places do not increase.
    """

    x: tuple[float, ...]
    layers: tuple[Layer, ...]
    x_label: Text
    y_label: Text
    names: tuple[Text, ...] = ()
    total: Layer | None = None
    areas: bool = False

    def __post_init__(self) -> None:
        parts = (*self.layers, *((self.total,) if self.total else ()))
        if any(len(part.values) != len(self.x) for part in parts) or len(self.names) not in (0, len(self.x)):
            raise ValueError(f"stacked: {[len(part.values) for part in parts]} values at {len(self.x)} places")
        if any(b <= a for a, b in pairwise(self.x)):
            raise ValueError("stacked: places that do not increase")
