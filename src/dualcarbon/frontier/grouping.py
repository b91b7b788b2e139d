"""The groups of a technology by name in both languages, the small ones pooled where there are too many to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel
from dualcarbon.core.tables import province_spellings, provinces, short_industries
from dualcarbon.core.text import Text, both

ALL = Text("全部", "All")
MOST = 40
"""Most groups an exhibit shows one by one."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Names of g groups, and the group of every row, (n,) int64; `pooled` groups stand in the last one."""

    labels: tuple[Text, ...]
    code: NDArray[np.int64]
    pooled: int

    def is_pool(self, group: int) -> bool:
        """Whether it is the one that holds the small groups."""
        return self.pooled > 0 and group == len(self.labels) - 1


def groups(panel: Panel, names: Sequence[str], most: int = MOST) -> Groups:
    """The combinations of the columns, in sorted order; beyond `most` those with fewest rows are one group, the last.

    Parameters
    ----------
    names : sequence of str
        Grouping columns; without any there is one group.

    Raises
    ------
    DataError
        If a grouping column has missing values.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"firm_id": [1, 2, 3], "year": [2010] * 3, "industry2": ["16", "16", "06"]})
    >>> found = groups(Panel.from_frame(frame, id="firm_id", time="year"), ["industry2"])
    >>> [label.en for label in found.labels], found.code.tolist()
    (['Coal mining', 'Tobacco'], [1, 1, 0])
    """
    if not names:
        return Groups((ALL,), np.zeros(panel.n, dtype=np.int64), 0)
    code = panel.codes(*names)
    first = np.unique(code, return_index=True)[1]
    rows = panel.frame.select(names)[first.tolist()].rows()
    labels = tuple(named(names, row) for row in rows)
    if len(labels) <= most:
        return Groups(labels, code, 0)
    order = np.argsort(-np.bincount(code), kind="stable")
    kept = np.sort(order[: most - 1])
    place = np.full(len(labels), most - 1, dtype=np.int64)
    place[kept] = np.arange(most - 1)
    pooled = len(labels) - most + 1
    other = Text("其余 {k} 组", "{k} other groups").format(k=f"{pooled:,}")
    return Groups((*(labels[i] for i in kept), other), place[code], pooled)


def named(names: Sequence[str], values: Sequence[object]) -> Text:
    """What a group is called: its values in words where the shipped tables know them."""
    parts = [_named(name, str(value).strip() or "–") for name, value in zip(names, values, strict=True)]
    return Text(" · ".join(part.zh for part in parts), " · ".join(part.en for part in parts))


def _named(column: str, value: str) -> Text:
    if column == "industry2":
        return short_industries().get(value, both(value))
    short = province_spellings().get(value) if column == "province" else None
    return next((p.short for p in provinces() if p.short.zh == short), both(value))


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """sum(w v) / sum(w), NaN where the weights sum to zero."""
    total = float(weights.sum())
    return float(values @ weights) / total if total > 0.0 else float("nan")


def member_rows(found: Groups, keep: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """For each group the rows that are kept, in order."""
    rows = np.flatnonzero(keep)
    order = rows[np.argsort(found.code[rows], kind="stable")]
    ends = np.cumsum(np.bincount(found.code[rows], minlength=len(found.labels)))
    return np.split(order, ends[:-1])
