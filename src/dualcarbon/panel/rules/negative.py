"""Quantities below zero."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import QUANTITIES, Subject

_MEANS = Text(
    "数量为负：投入、产出、能源与排放不能小于零", "a negative quantity: inputs, outputs, energy, emissions are not"
)
_REMEDY = Text(
    "核对原始记录；研究的默认筛选会删去这些行并计数",
    "check the records; the default screen of a study drops and counts them",
)


def find(subject: Subject) -> Iterator[Finding]:
    """Inputs, outputs, energy and emissions below zero."""
    masks = {c.name: pl.col(c.name) < 0 for c in subject.columns(*QUANTITIES)}
    yield from subject.rows("negative", "error", masks, _MEANS, _REMEDY)
