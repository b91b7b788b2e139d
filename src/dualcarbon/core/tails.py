"""Pulling in the tails of a column, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both


@dataclass(frozen=True, slots=True)
class Winsorised:
    """A panel with its tails pulled in, and for each column how many values were changed."""

    panel: Panel
    counts: dict[str, int]


def pull_in(panel: Panel, columns: Sequence[str], low: float, high: float) -> Winsorised:
    """Values of each column beyond its quantiles `low` and `high` set to those quantiles.

    x -> min(max(x, q(low)), q(high)), q by linear interpolation (as numpy) over the values that are not missing;
    missing values stay missing.

    Parameters
    ----------
    columns : sequence of str
        Numeric columns.
    low, high : float
        Levels, 0 <= low < high <= 1.

    Raises
    ------
    ConfigError
        If the levels are not such.
    SchemaError
        If a column is absent or not numeric.

    Examples
    --------
    >>> table = pl.DataFrame({"f": range(101), "t": [0] * 101, "v": range(101)})
    >>> found = pull_in(Panel.from_frame(table, id="f", time="t"), ["v"], 0.0, 0.98)
    >>> found.counts, found.panel.frame["v"].max()
    ({'v': 2}, 98.0)
    """
    if not 0.0 <= low < high <= 1.0:
        raise ConfigError(
            Text("缩尾的分位点不对", "the quantiles to winsorise at are wrong"),
            expected=Text("0 ≤ 下 < 上 ≤ 1", "0 <= low < high <= 1"),
            found=both(f"({low!r}, {high!r})"),
            remedy=Text("例如 (0.01, 0.99)，两侧各 1%", "for example (0.01, 0.99), 1 % in each tail"),
        )
    panel.arrays(*columns)
    counts: dict[str, int] = {}
    changed = []
    for name in dict.fromkeys(columns):
        values = panel.frame[name].cast(pl.Float64).fill_nan(None)
        pulled = values.clip(values.quantile(low, "linear"), values.quantile(high, "linear"))
        counts[name] = int((pulled != values).sum())
        changed.append(pulled)
    return Winsorised(panel.with_columns(*changed), counts)
