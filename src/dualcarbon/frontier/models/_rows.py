"""Which rows of a group are used, and the way back from them to all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction
from dualcarbon.core.text import Text
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.kernels.polynomial import terms
from dualcarbon.kernels.screen import conditional_screen

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROWS_PER_COEFFICIENT = 10
"""Fewest rows per coefficient of the quadratic in ln x for which the conditional screen is run."""

ROWS_TO_SCREEN = 30
"""Fewest rows per coefficient for which a deterministic fit leaves out the rows that the screen doubts: in a smaller
group the tail of the firms and an outlier look alike, so the screen is evidence only."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a group: with b > 0; those of them the conditional screen keeps; those of the fit."""

    positive: Mask
    plausible: Mask
    fit: Mask

    @property
    def rival(self) -> Mask:
        """The rows of the fit one would have with the opposite choice about the screen."""
        return self.positive if self.treated else self.plausible

    @property
    def treated(self) -> bool:
        """Whether the fit leaves out the rows that the screen doubts."""
        return self.fit is self.plausible

    @property
    def screened(self) -> int:
        """How many rows the screen drops or, where it is off, would drop."""
        return int(np.count_nonzero(self.positive & ~self.plausible))

    def levels(self, own: float, rival: float) -> dict[str, float]:
        """The median MAC of the fit and of the rival, as facts under the choice about the screen behind each."""
        screened, untreated = (own, rival) if self.treated else (rival, own)
        return {"mac_screened": screened, "mac_untreated": untreated}


def usable(data: GroupData, screen: bool) -> Rows:
    """Which rows can be used, and which the screen finds plausible; in a small group all are used or plausible."""
    positive = data.b > 0.0
    per_coefficient = np.count_nonzero(positive) / terms(data.x.shape[1], 2)
    plausible = positive.copy()
    if per_coefficient >= ROWS_PER_COEFFICIENT:
        plausible[positive] = conditional_screen(data.x[positive], data.y[positive], data.b[positive])
    return Rows(positive, plausible, plausible if screen and per_coefficient >= ROWS_TO_SCREEN else positive)


def scored(data: GroupData, rows: Mask) -> Mask:
    """Those of the rows that want an answer."""
    return rows if data.evaluated is None else rows & data.evaluated


def tail_ratio(values: Array) -> float:
    """p99 / p1."""
    low, high = np.quantile(values, [0.01, 0.99])
    return float(high / low)


def steps(data: GroupData, reference: Mask, rows: Mask, direction: Direction) -> tuple[Array, Array, Array]:
    """gx (r, m), gy (r, q), gb (r, s) of some rows; means are those of the reference rows."""
    base = (data.x, data.goods, data.bads)
    if data.steps is not None:
        ends = np.cumsum([part.shape[1] for part in base])[:-1]
        gx, gy, gb = np.split(data.steps[rows], ends, axis=1)
        return gx, gy, gb
    count = int(np.count_nonzero(rows))
    if direction.observed:
        x, y, b = (part[rows] for part in base)
    else:
        x, y, b = (np.broadcast_to(part[reference].mean(axis=0), (count, part.shape[1])) for part in base)
    return direction.inputs * x, direction.good * y, direction.bad * b


def counts(data: GroupData, rows: Rows) -> dict[str, float]:
    """Rows of the group, without CO2, dropped by the screen, of the fit."""
    return {
        "n": data.b.size,
        "n_no_bad": int(np.count_nonzero(~rows.positive)),
        "n_screened": int(np.count_nonzero(rows.positive & ~rows.fit)),
        "n_fit": int(np.count_nonzero(rows.fit)),
    }


def place(
    rows: Rows,
    numbers: Sequence[Array],
    status: NDArray[np.int8],
    verdict: tuple[str, Text],
    facts: Mapping[str, float],
    columns: Mapping[str, Array] | None = None,
    at: Mask | None = None,
) -> GroupFit:
    """Results of the rows `at` (those of the fit) among all rows; NaN and "outlier" or "no_bad" elsewhere.

    `numbers` are inefficiency, room, MAC, its low and its high. A trivial fit refuses its rows.
    """
    where = rows.fit if at is None else at
    refused = verdict[0] == "trivial"
    everywhere = np.where(rows.positive, CODE["outlier"], CODE["no_bad"]).astype(np.int8)
    everywhere[where] = CODE["refused"] if refused else status

    def spread(values: Array) -> Array:
        out = np.full(where.size, np.nan)
        if not refused:
            out[where] = values
        return out

    full = [spread(values) for values in numbers]
    return GroupFit(
        inefficiency=full[0],
        abatement_room=full[1],
        mac=full[2],
        mac_low=full[3],
        mac_high=full[4],
        status=everywhere,
        verdict=verdict[0],
        why=verdict[1],
        facts=facts,
        columns={name: spread(values) for name, values in (columns or {}).items()},
    )
