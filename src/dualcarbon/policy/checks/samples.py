"""Designs that a check makes of a design: treatment at other times, or for other units."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.options import bad_option
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.policy import faults
from dualcarbon.policy.design import Comparison, Design, Gaps, design
from dualcarbon.policy.timing import NEVER

Codes = NDArray[np.int64]


class Asking(TypedDict, total=False):
    """Options of `design` beyond the outcome and the first treated period."""

    treated: str | None
    comparison: Comparison
    controls: tuple[str, ...] | list[str]
    cluster: str | None
    anticipation: int
    window: tuple[int, int] | None
    gaps: Gaps


def sample_of(panel: Panel | Design, outcome: str | None, first_treated: str | None, options: Asking) -> Design:
    """The design given, or that of a panel.

    Raises
    ------
    ConfigError
        A panel without an outcome, or a design with options: it already has them.
    """
    if isinstance(panel, Panel):
        if outcome is None:
            raise bad_option("outcome", Text("结果变量的列名", "the column of the outcome"), outcome)
        return design(panel, outcome, first_treated, **options)
    given = [name for name, value in (("outcome", outcome), ("first_treated", first_treated)) if value is not None]
    if given or options:
        raise ConfigError(
            Text("设计已定，不能再改选项", "a design already has its options"),
            expected=Text("只传设计，或传面板与选项", "a design alone, or a panel with options"),
            found=both(", ".join([*given, *options])),
            remedy=Text("用 design() 重建设计", "make the design anew with design()"),
        )
    return panel


def retimed(sample: Design, first: Codes) -> Design:
    """The design with other first treated periods, one per row; settled as `design` settles them.

    Raises
    ------
    NotIdentifiedError
        If nobody is treated any more, or nobody is compared with.
    """
    last, ahead = int(sample.period.max()), sample.asked.anticipation
    moved = replace(sample, first=first)
    reaches = moved.ever & (first > last) & (first - ahead <= last)
    moved = moved.only(
        ~reaches, Text("样本结束前可能已有预期", "may anticipate treatment that begins after the sample")
    )
    moved = replace(moved, first=np.where(moved.first > last, NEVER, moved.first))
    keep = moved.first > int(moved.period.min(initial=last)) + ahead
    moved = moved.only(
        keep, Text("自首期起已受处理，无处理前时期", "treated from the first period on: no period before")
    )
    faults.require_both_groups(moved.unit_first, NEVER, moved.drops)
    return moved


def treated_rows_may_begin(sample: Design) -> NDArray[np.bool_]:
    """Rows from treatment or its anticipation on, (n,)."""
    start = np.where(sample.ever, sample.first, 0) - sample.asked.anticipation
    return np.asarray(sample.ever & (sample.period >= start))
