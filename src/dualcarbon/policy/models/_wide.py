"""Balanced panels as a matrix of units by periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.policy.design import Design
from dualcarbon.policy.timing import NEVER

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wide:
    """Outcomes, (N, T); first treated period and cluster of each unit, (N,); periods, (T,), increasing."""

    outcome: Floats
    first: Codes
    cluster: Codes
    periods: Codes

    @property
    def never(self) -> NDArray[np.bool_]:
        """Units not treated within the sample, (N,)."""
        return np.asarray(self.first == NEVER)

    def has(self, wanted: Codes) -> bool:
        """Whether every wanted period is there."""
        return bool(np.isin(wanted, self.periods).all())

    def at(self, wanted: Codes) -> Codes:
        """Columns of the periods."""
        return np.searchsorted(self.periods, wanted).astype(np.int64)


def wide(design: Design) -> Wide:
    """The design, which must be balanced."""
    starts = design.starts
    outcome = design.outcome.reshape(len(starts), -1)
    return Wide(outcome, design.first[starts], design.cluster[starts], design.periods)
