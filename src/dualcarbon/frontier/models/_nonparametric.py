"""What the nonparametric models share: their shape, what they refuse, what is said of the rows they price."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding, Verdict
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models._prices import SAME
from dualcarbon.frontier.models._rows import Mask, Rows

Array = NDArray[np.float64]

_ROWS_PER_DIMENSION = 3
_SHARES = ("ok", "kink", "zero", "infinite", "negative", "edge", "infeasible")
_PRICED = (CODE["ok"], CODE["kink"])
_LISTED = Text("改用所列的方向", "use a direction that is listed")


@dataclass(frozen=True, slots=True)
class NonparametricModel(ABC):
    """The shape of every nonparametric model; a file says which program, technologies and directions it has."""

    name: str = field(init=False)
    label: Text = field(init=False, repr=False)
    measure: Text = field(init=False, repr=False)
    warning: Text | None = field(default=None, init=False, repr=False)
    pools: bool = field(default=False, init=False, repr=False)
    several: bool = field(default=True, init=False, repr=False)

    def least(self, technology: Technology) -> int:
        """One row per input and output."""
        return len(names(technology))

    @abstractmethod
    def check(self, technology: Technology, direction: Direction) -> None:
        """Raise `ConfigError` for a technology, a direction or an option that the model does not have."""

    @abstractmethod
    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Score every observation that wants an answer; `ConfigError` if there are more than `largest`."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The rows evaluated, (r,): CO2, inefficiency, room as a share of it, whether there is a score, code, MAC and the
    ends of its interval."""

    b: Array
    inefficiency: Array
    room: Array
    solved: Mask
    status: NDArray[np.int8]
    mac: Array
    low: Array
    high: Array

    @property
    def numbers(self) -> tuple[Array, Array, Array, Array, Array]:
        """In the order of `GroupFit`."""
        return np.maximum(self.inefficiency, 0.0), np.maximum(self.room, 0.0), self.mac, self.low, self.high

    def median(self, rows: Mask | None = None) -> float:
        """Median MAC over rows with a price, NaN without any."""
        priced = np.isin(self.status, _PRICED)
        chosen = self.mac[priced if rows is None else priced & rows]
        return float(np.median(chosen)) if chosen.size else math.nan

    def facts(self, shares: Iterable[str] = _SHARES) -> dict[str, float]:
        """What is printed of every frontier and judged by `evidence`; shares of its rows by status."""
        priced, solved, b = np.isin(self.status, _PRICED), self.solved, self.b
        return {
            "aggregate_room": float(self.room[solved] @ b[solved] / b[solved].sum()) if solved.any() else math.nan,
            "efficient_share": float(np.mean(self.inefficiency[solved] <= SAME)) if solved.any() else math.nan,
            "mac_median": self.median(),
            "mac_weighted": float(self.mac[priced] @ b[priced] / b[priced].sum()) if priced.any() else math.nan,
            **{f"{name}_share": float(np.mean(self.status == CODE[name])) if b.size else math.nan for name in shares},
        }


def judged(data: GroupData, rows: Rows, least: int, findings: Iterable[Finding | None]) -> tuple[Verdict, Text]:
    """The verdict on a frontier of these rows; `least` is the model's."""
    fit = rows.fit
    few = evidence.few(int(np.count_nonzero(fit)), _ROWS_PER_DIMENSION * least)
    return evidence.judge([few, evidence.one_ratio(np.log(data.y[fit]), np.log(data.b[fit])), *findings])


def shifted(facts: Mapping[str, float]) -> Finding | None:
    """Whether the median MAC moves with the screen; nothing is said where neither fit prices a row."""
    screened, untreated = facts["mac_screened"], facts["mac_untreated"]
    if math.isnan(screened) and math.isnan(untreated):
        return None
    known = screened > 0.0 and untreated > 0.0
    return evidence.level_shift(abs(math.log(untreated / screened)) if known else math.inf)


def names(technology: Technology) -> tuple[str, ...]:
    """Inputs, goods, bads."""
    return (*technology.inputs, *technology.goods, *technology.bads)


def signs(technology: Technology) -> Array:
    """+1 for inputs and bads, -1 for goods, (p,)."""
    m, q, r = len(technology.inputs), len(technology.goods), len(technology.bads)
    return np.repeat([1.0, -1.0, 1.0], [m, q, r])


def moving(technology: Technology, direction: Direction) -> frozenset[str]:
    """The columns that the direction moves."""
    if direction.columns:
        return frozenset(name for name, step in direction.columns if step != 0.0)
    parts = (
        (technology.inputs, direction.inputs),
        (technology.goods, direction.good),
        (technology.bads, direction.bad),
    )
    return frozenset(name for part, step in parts for name in part if step != 0.0)


def outward(technology: Technology, direction: Direction) -> bool:
    """Whether something moves, and by nothing negative; columns of steps are checked by `fit`."""
    steps = [step for _, step in direction.columns] or [direction.inputs, direction.good, direction.bad]
    constants = (float(step) for step in steps if not isinstance(step, str))
    return bool(moving(technology, direction)) and min(constants, default=0.0) >= 0.0


def check_technology(label: Text, technology: Technology, allowed: Iterable[tuple[str, str]]) -> None:
    """Raise `ConfigError` unless the pair of disposability and returns is in the list."""
    found = technology.disposability, technology.returns
    if found not in allowed:
        raise ConfigError(
            Text("{m}没有这种技术", "{m} has no such technology").format(m=label),
            expected=both(", ".join(sorted(f"{d} + {r}" for d, r in allowed))),
            found=both(" + ".join(found)),
            remedy=Text(
                "改用所列的可处置性与规模报酬组合；非参数模型没有似然，不能用 bic",
                "use a pair of disposability and returns in the list; without a likelihood there is no bic",
            ),
        )


def refuse_direction(label: Text, direction: Direction, expected: Text, remedy: Text = _LISTED) -> ConfigError:
    """The error for a direction that a model cannot follow."""
    return ConfigError(
        Text("{m}不支持该方向", "{m} does not support this direction").format(m=label),
        expected=expected,
        found=both(repr(direction)),
        remedy=remedy,
    )


def refuse_large(label: Text, size: int, largest: int, remedy: Text) -> None:
    """Raise `ConfigError` if more observations than `largest` make a frontier."""
    if size > largest:
        raise ConfigError(
            Text("{m}的参照集太大", "the reference set is too large for {m}").format(m=label),
            expected=Text("至多 {n} 个观测", "at most {n} observations").format(n=largest),
            found=both(str(size)),
            remedy=remedy,
        )
