"""What every frontier model is: one group's arrays in, one `GroupFit` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text

STATUSES = (
    "ok",
    "kink",
    "zero",
    "infinite",
    "negative",
    "edge",
    "infeasible",
    "no_price",
    "no_bad",
    "outlier",
    "missing",
    "refused",
)
"""Statuses of an observation; a `GroupFit` stores their positions in this tuple."""

CODE: Mapping[str, int] = {name: i for i, name in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True)
class GroupData:
    """The observations of one group; every value finite, x and y > 0, b >= 0.

    Attributes
    ----------
    x : (n, m), y : (n,), b : (n,)
        Inputs, first good output, first bad output in the panel's units.
    unit : (n,) int64
        Dense codes of the firm.
    time : (n,) int64
        Periods since the first; periods that nobody reports count where time is a whole number.
    more_goods : (n, q - 1), more_bads : (n, r - 1), or None
        Further outputs.
    steps : (n, m + q + r) or None
        A custom direction: steps of inputs, goods and bads in the panel's units, nonnegative.
    evaluated : (n,) bool or None
        Rows that want an answer; None: all. Every row makes the frontier.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    b: NDArray[np.float64]
    unit: NDArray[np.int64]
    time: NDArray[np.int64]
    more_goods: NDArray[np.float64] | None = None
    more_bads: NDArray[np.float64] | None = None
    steps: NDArray[np.float64] | None = None
    evaluated: NDArray[np.bool_] | None = None

    @property
    def goods(self) -> NDArray[np.float64]:
        """All goods, (n, q)."""
        return _beside(self.y, self.more_goods)

    @property
    def bads(self) -> NDArray[np.float64]:
        """All bads, (n, r)."""
        return _beside(self.b, self.more_bads)


def _beside(first: NDArray[np.float64], more: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return first[:, None] if more is None else np.column_stack([first, more])


@dataclass(frozen=True, slots=True)
class GroupFit:
    """The answer for one group, arrays of shape (n,) in the order of the data; NaN where there is no number.

    `status` holds codes into `STATUSES`. `verdict` is identified, weakly_identified, trivial or too_few, with
    `why` in both languages. `facts` are the diagnostics of this fit, the same keys for every group of a model.
    `columns` are further numbers per row, (n,) each, the same names for every group: prices of further bads,
    inefficiency of single variables. Rows that are not `evaluated` are ignored.
    """

    inefficiency: NDArray[np.float64]
    abatement_room: NDArray[np.float64]
    mac: NDArray[np.float64]
    mac_low: NDArray[np.float64]
    mac_high: NDArray[np.float64]
    status: NDArray[np.int8]
    verdict: str
    why: Text
    facts: Mapping[str, float | int | str | bool | None] = field(default_factory=dict)
    columns: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


def refused(
    b: NDArray[np.float64], verdict: str, why: Text, facts: Mapping[str, float | int | str | bool | None] | None = None
) -> GroupFit:
    """The answer for a group that gets no numbers, from its first bad (n,)."""
    empty = np.full(b.size, np.nan)
    status = np.where(b > 0.0, CODE["refused"], CODE["no_bad"]).astype(np.int8)
    return GroupFit(empty, empty, empty, empty, empty, status, verdict, why, facts or {})


class Model(Protocol):
    """One file in `frontier/models/` whose `MODEL` follows this shape is found by the registry.

    Attributes
    ----------
    name : the word a user writes
    label : title in both languages
    measure : what `inefficiency` measures
    warning : said with every use of the model, or None
    several : True if it takes several goods and bads
    pools : True if one frontier spans all periods of a group whatever `technology.reference` says
    """

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> Text: ...

    @property
    def measure(self) -> Text: ...

    @property
    def warning(self) -> Text | None: ...

    @property
    def pools(self) -> bool: ...

    @property
    def several(self) -> bool: ...

    def least(self, technology: Technology) -> int:
        """Fewest usable observations a group must have for this model."""
        ...

    def check(self, technology: Technology, direction: Direction) -> None:
        """Raise `ConfigError` if the model does not support the technology or the direction."""
        ...

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Fit one group."""
        ...
