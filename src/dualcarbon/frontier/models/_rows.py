"""Which rows of a group are used, and the way back from them to all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.kernels.quadratic_form import length
from dualcarbon.kernels.screen import conditional_screen

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROWS_PER_COEFFICIENT = 10
"""Fewest rows per coefficient of the quadratic in ln x for which the conditional screen is run."""


def usable(data: GroupData, screen: bool) -> tuple[Mask, Mask]:
    """Rows with b > 0, and those of them the conditional screen keeps (all of them in a small group)."""
    positive = data.b > 0.0
    rows = int(np.count_nonzero(positive))
    if not screen or rows < ROWS_PER_COEFFICIENT * length(data.x.shape[1]):
        return positive, positive
    kept = positive.copy()
    kept[positive] = conditional_screen(data.x[positive], data.y[positive], data.b[positive])
    return positive, kept


def counts(data: GroupData, positive: Mask, kept: Mask) -> dict[str, float]:
    """Rows of the group, without CO2, dropped by the screen, of the fit."""
    return {
        "n": data.b.size,
        "n_no_bad": int(np.count_nonzero(~positive)),
        "n_screened": int(np.count_nonzero(positive & ~kept)),
        "n_fit": int(np.count_nonzero(kept)),
    }


def place(
    rows: tuple[Mask, Mask],
    numbers: Sequence[Array],
    status: NDArray[np.int8],
    verdict: tuple[str, Text],
    facts: Mapping[str, float],
) -> GroupFit:
    """Results of the rows of the fit among all rows; NaN and "outlier" or "no_bad" elsewhere.

    `numbers` are inefficiency, room, MAC, its low and its high. A trivial fit refuses its rows.
    """
    positive, kept = rows
    refused = verdict[0] == "trivial"
    everywhere = np.where(positive, CODE["outlier"], CODE["no_bad"]).astype(np.int8)
    everywhere[kept] = CODE["refused"] if refused else status
    full = np.full((5, positive.size), np.nan)
    if not refused:
        full[:, kept] = numbers
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
    )
