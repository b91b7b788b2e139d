"""The function of a linear-programming model: degree, technical change, and the program that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.kernels.distance import Change, Coordinates, Shape
from dualcarbon.kernels.polynomial import basis
from dualcarbon.kernels.row_generation import Solution
from dualcarbon.kernels.row_scan import Program, program, slope

Array = NDArray[np.float64]

Degree = Literal[2, 3]


@dataclass(frozen=True, slots=True)
class Form:
    """A polynomial of degree 2 or 3 in the variables of the program, and how it moves over time.

    `change`: none; neutral, a trend with its square; biased, these and the trend times every variable; years, an
    intercept per period. Time counts periods from the first.
    """

    degree: Degree
    change: Change

    def check(self) -> None:
        """Raise ConfigError for a degree or a change that does not exist."""
        for name, value, allowed in (
            ("degree", self.degree, get_args(Degree)),
            ("change", self.change, get_args(Change)),
        ):
            if value not in allowed:
                raise ConfigError(
                    Text("{n} 的取值不对", "{n} has a value that is not allowed").format(n=name),
                    expected=both(" | ".join(map(repr, allowed))),
                    found=both(repr(value)),
                    remedy=Text("改用所列取值之一", "use one of the values listed"),
                )

    @property
    def shape(self) -> Shape:
        """The same for the coordinates."""
        return Shape(self.degree, self.change)

    def size(self, k: int) -> int:
        """Terms of the function in k variables, shifts of single years not counted."""
        return basis(k, self.degree, self.change if self.change in ("neutral", "biased") else "none").size


def written(place: Coordinates, b: Array, directions: Array, sides: Array, null_jointness: bool = False) -> Program:
    """The program over observations in their coordinates; b (n,) is the left side, directions (F, k)."""
    return program(
        place.z,
        b,
        directions,
        sides,
        terms=place.basis,
        s=place.total,
        period=place.period if place.shifts else None,
        null_jointness=null_jointness,
    )


def per_period(place: Coordinates, problem: Program, solution: Solution) -> float:
    """By how much the frontier moves out per period, mean of dQ/dtime or of the shifts; NaN without change."""
    theta, last = solution.theta, problem.periods - 1
    if place.shape.change in ("neutral", "biased"):
        return float(slope(problem, theta, np.eye(problem.basis.variables)[-1]).mean())
    return float((theta[last] - theta[0]) / place.span) if last else float("nan")
