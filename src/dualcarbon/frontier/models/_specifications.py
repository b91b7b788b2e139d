"""Which functions of one distance compete by BIC: returns, degree, technical change, law of inefficiency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.kernels.distance import Change as OneChange
from dualcarbon.kernels.polynomial import terms

Degree = Literal[2, 3, "bic"]
Change = Literal["none", "neutral", "biased", "years", "bic"]
Inefficiency = Literal["half_normal", "exponential", "bic"]

_DEGREES = {2: "quadratic", 3: "cubic"}
_CHANGES: tuple[OneChange, ...] = ("none", "neutral", "biased", "years")
_LAWS = ("half_normal", "exponential")
_PERIODS_OF_A_TREND = 3


@dataclass(frozen=True, slots=True)
class Specification:
    """One function: returns, degree, technical change, law of u."""

    constant: bool
    degree: int
    change: OneChange
    law: str

    def size(self, inputs: int, periods: int) -> int:
        """Parameters of the function."""
        k = inputs + (not self.constant)
        extra = {"none": 0, "neutral": 2, "biased": 2 + k, "years": periods - 1}
        return terms(k, self.degree) + extra[self.change]

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Returns, degree, change and law."""
        return "constant" if self.constant else "variable", _DEGREES[self.degree], self.change, self.law


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks for: a word each, or "bic"."""

    returns: str
    degree: Degree
    change: Change
    law: Inefficiency

    def check(self) -> None:
        """Raise `ConfigError` for a word that does not exist."""
        for name, value, allowed in (
            ("degree", self.degree, get_args(Degree)),
            ("change", self.change, get_args(Change)),
            ("inefficiency", self.law, get_args(Inefficiency)),
        ):
            if value not in allowed:
                raise ConfigError(
                    Text("{n} 的取值不对", "{n} has a value that is not allowed").format(n=name),
                    expected=both(" | ".join(map(repr, allowed))),
                    found=both(repr(value)),
                    remedy=Text("改用所列取值之一", "use one of the values listed"),
                )

    def possible(self, periods: int | None = None) -> list[Specification]:
        """Every specification asked for, constant returns first, with as many periods as there are."""
        constant = [True, False] if self.returns == "bic" else [self.returns == "constant"]
        degree = [2, 3] if self.degree == "bic" else [self.degree]
        law = _LAWS if self.law == "bic" else (self.law,)
        return [Specification(*chosen) for chosen in product(constant, degree, self._changes(periods), law)]

    def _changes(self, periods: int | None) -> list[OneChange]:
        asked: list[OneChange] = list(_CHANGES) if self.change == "bic" else [self.change]
        return asked if periods is None else list(dict.fromkeys(_told_apart(one, periods) for one in asked))

    def base_size(self, inputs: int) -> int:
        """Parameters of the least function that must be affordable: the richest returns, else the poorest."""
        cheapest = min(self.possible(), key=lambda one: (one.constant, one.size(inputs, 1)))
        return cheapest.size(inputs, 1)

    def note(self, periods: int) -> Text | None:
        """What a group with few periods changes about the technical change that is asked for."""
        if self.change == "bic":
            return None
        found = _told_apart(self.change, periods)
        if found == self.change:
            return None
        if found == "none":
            return Text("只有一个时期，不含技术进步", "one period only, so no technical change is fitted")
        return Text(
            "只有两个时期，趋势以年度效应代替", "two periods only, so a level per period takes the place of the trend"
        )

    def bics(self, found: Mapping[Specification, float]) -> dict[str, float]:
        """bic_constant and bic_variable, and where more than the returns is open, every combination of open words."""
        best = {flag: _least(v for one, v in found.items() if one.constant is flag) for flag in (True, False)}
        out = {"bic_constant": best[True], "bic_variable": best[False]}
        every = self.possible()
        is_open = [len({one.words[i] for one in every}) > 1 for i in range(4)]
        if any(is_open[1:]):
            for one in every:
                word = "_".join(w for w, free in zip(one.words, is_open, strict=True) if free)
                out[f"bic_{word}"] = found.get(one, math.nan)
        return out


def _told_apart(change: OneChange, periods: int) -> OneChange:
    """The change that so many periods can tell: a trend and its square need three."""
    if periods == 1:
        return "none"
    trend = change in ("neutral", "biased")
    return "years" if trend and periods < _PERIODS_OF_A_TREND else change


def _least(values: Iterable[float]) -> float:
    return min(values, default=math.nan)
