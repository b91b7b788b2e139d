"""What the models of slacks share: the rows of a group, prices from slopes, evidence, the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Technology
from dualcarbon.core.text import Text
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._nonparametric import Priced, judged, names, refuse_large
from dualcarbon.frontier.models._prices import prices
from dualcarbon.frontier.models._rows import Mask, Rows, counts, place, scored, usable
from dualcarbon.kernels.slack_lp import FAILED, SOLVED

Array = NDArray[np.float64]

LARGEST = 20_000
"""Most observations one reference set may have: up to six programs per observation, a millisecond or two."""
_ZERO = 1e-11
_SHARES = ("ok", "kink", "zero", "infinite", "negative", "edge", "infeasible", "no_price")
_WAIT = Text(
    "按年设前沿（reference 取 contemporaneous）、细分组别，或以模型的参数 largest 明示愿意等待",
    'one frontier per period (reference="contemporaneous"), finer groups, or the parameter largest of the '
    "model if you will wait",
)

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
    refuse_large(label, int(np.count_nonzero(rows.fit)), largest, _WAIT)
    return Job(data, rows, scored(data, rows.fit))


def answer(work: Job, done: Outcome, technology: Technology) -> GroupFit:
    """The outcome with statuses, facts and verdict, among all rows of the group."""
    data, fit, solved = work.data, work.rows.fit, done.status == SOLVED
    zero = _ZERO * data.y[fit].mean() / data.b[fit].mean()
    status, mac = prices(done.low, done.high, solved, zero)
    priced = Priced(data.b[work.at], done.inefficiency, done.room, solved, status, mac, done.low, done.high)
    facts = counts(data, work.rows) | priced.facts(_SHARES)
    facts |= {"failed": int(np.count_nonzero(done.status == FAILED)), **done.facts}
    verdict = judged(data, work.rows, len(names(technology)), [evidence.room(facts["aggregate_room"]), *done.findings])
    return place(work.rows, priced.numbers, status, verdict, facts, done.columns, work.at)


def interval(right: float, left: float) -> tuple[float, float]:
    """Slopes dy / db from the largest change of the good as the bad changes by 1 and by -1."""
    return (math.inf, math.inf) if math.inf in (right, left) else (right, -left)
