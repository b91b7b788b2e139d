"""What the models of slacks share: refusals, prices from slopes, evidence, the answer of a group."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models._prices import SAME, prices
from dualcarbon.frontier.models._rows import Mask, Rows, counts, place, scored, usable
from dualcarbon.kernels.slack_lp import FAILED, SOLVED

Array = NDArray[np.float64]

LARGEST = 20_000
"""Most observations one reference set may have: up to six programs per observation, a millisecond or two."""
_ZERO = 1e-11
_ROWS_PER_DIMENSION = 3

WEAK = frozenset({("kuosmanen", "variable"), ("kuosmanen", "constant"), ("weak", "constant"), ("shephard", "constant")})
"""Disposability and returns under which bads cannot be thrown away: Kuosmanen's technology under variable returns; the
three words are one technology under constant returns."""
FREE = frozenset({("bad_as_input", "variable"), ("bad_as_input", "constant")})


@dataclass(frozen=True, slots=True)
class Job:
    """One group ready to be scored: which rows are usable, make the reference set and want an answer."""

    data: GroupData
    rows: Rows
    at: Mask

    @property
    def reference(self) -> tuple[Array, Array, Array]:
        """x (n, m), goods (n, q), bads (n, r) of the reference set."""
        return self._part(self.rows.fit)

    @property
    def units(self) -> tuple[Array, Array, Array]:
        """x, goods, bads of the rows evaluated."""
        return self._part(self.at)

    @property
    def own(self) -> list[int]:
        """Of each row evaluated, its place in the reference set."""
        return [int(i) for i in np.flatnonzero(self.at[self.rows.fit])]

    def _part(self, mask: Mask) -> tuple[Array, Array, Array]:
        return self.data.x[mask], self.data.goods[mask], self.data.bads[mask]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the rows evaluated, (r,): inefficiency, room, slopes dy / db to the right and left, solver status.

    `columns` are further numbers per row, `facts` and `findings` what the model itself has to say. Slopes: inf on both
    sides where the good has no price, -inf or inf where the bad cannot move further; NaN where there is no price.
    """

    inefficiency: Array
    room: Array
    low: Array
    high: Array
    status: NDArray[np.int8]
    columns: Mapping[str, Array]
    facts: Mapping[str, float]
    findings: tuple[Finding | None, ...] = ()


def job(data: GroupData, screen: bool, largest: int, label: Text) -> Job:
    """The rows of a group.

    Raises
    ------
    ConfigError
        If the reference set is larger than `largest`.
    """
    rows = usable(data, screen)
    size = int(np.count_nonzero(rows.fit))
    if size > largest:
        raise ConfigError(
            Text("{m}的参照集太大", "the reference set is too large for {m}").format(m=label),
            expected=Text("至多 {n} 个观测", "at most {n} observations").format(n=largest),
            found=both(str(size)),
            remedy=Text(
                "按年设前沿（reference 取 contemporaneous）、细分组别，或以模型的参数 largest 明示愿意等待",
                'one frontier per period (reference="contemporaneous"), finer groups, or the parameter largest of the '
                "model if you will wait",
            ),
        )
    return Job(data, rows, scored(data, rows))


def answer(work: Job, done: Outcome, technology: Technology, wanted: int) -> GroupFit:
    """The outcome with statuses, facts and verdict, among all rows of the group; `wanted` is the model's `least`."""
    data, fit = work.data, work.rows.fit
    zero = _ZERO * data.y[fit].mean() / data.b[fit].mean()
    status, mac = prices(done.low, done.high, done.status == SOLVED, zero)
    facts = counts(data, work.rows) | _measures(data.b[work.at], done, status, mac) | dict(done.facts)
    few = evidence.few(facts["n_fit"], _ROWS_PER_DIMENSION * wanted)
    verdict = evidence.judge(
        [
            few,
            evidence.one_ratio(np.log(data.y[fit]), np.log(data.b[fit])),
            evidence.room(facts["aggregate_room"]),
            *done.findings,
        ]
    )
    numbers = np.maximum(done.inefficiency, 0.0), np.maximum(done.room, 0.0), mac, done.low, done.high
    return place(work.rows, numbers, status, verdict, facts, done.columns, work.at)


def interval(right: float, left: float) -> tuple[float, float]:
    """Slopes dy / db from the largest change of the good as the bad changes by 1 and by -1."""
    return (math.inf, math.inf) if math.inf in (right, left) else (right, -left)


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


def refuse_direction(label: Text, direction: Direction, expected: Text) -> ConfigError:
    """The error for a direction that a model cannot follow."""
    return ConfigError(
        Text("{m}不支持该方向", "{m} does not support this direction").format(m=label),
        expected=expected,
        found=both(repr(direction)),
        remedy=Text("改用所列的方向", "use a direction that is listed"),
    )


def signs(technology: Technology) -> Array:
    """+1 for inputs and bads, -1 for goods, (p,)."""
    m, q, r = len(technology.inputs), len(technology.goods), len(technology.bads)
    return np.repeat([1.0, -1.0, 1.0], [m, q, r])


def names(technology: Technology) -> tuple[str, ...]:
    """Inputs, goods, bads."""
    return (*technology.inputs, *technology.goods, *technology.bads)


def _measures(b: Array, done: Outcome, status: NDArray[np.int8], mac: Array) -> dict[str, float]:
    """What is printed of every frontier and judged by `evidence`; shares of its rows by status."""
    solved = done.status == SOLVED
    priced = np.isin(status, (CODE["ok"], CODE["kink"]))
    shares = ("ok", "kink", "zero", "infinite", "negative", "edge", "infeasible", "no_price")
    return {
        "aggregate_room": float(done.room[solved] @ b[solved] / b[solved].sum()) if solved.any() else math.nan,
        "efficient_share": float(np.mean(done.inefficiency[solved] <= SAME)) if solved.any() else math.nan,
        "mac_median": float(np.median(mac[priced])) if priced.any() else math.nan,
        "mac_weighted": float(mac[priced] @ b[priced] / b[priced].sum()) if priced.any() else math.nan,
        **{f"{name}_share": float(np.mean(status == CODE[name])) for name in shares},
        "failed": int(np.count_nonzero(done.status == FAILED)),
    }
