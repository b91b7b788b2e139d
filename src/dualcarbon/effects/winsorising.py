"""Winsorising before a regression, counted."""

from __future__ import annotations

from collections.abc import Sequence

from dualcarbon.core.panel import Panel
from dualcarbon.core.tails import Winsorised, pull_in
from dualcarbon.core.text import Text, both


def winsorise(panel: Panel, columns: Sequence[str], winsor: tuple[float, float] = (0.01, 0.99)) -> Winsorised:
    """The panel with the tails of columns pulled in to their quantiles, the counts, and a note of it on the panel.

    x -> min(max(x, q(low)), q(high)) over all rows of the panel, q by linear interpolation.

    Parameters
    ----------
    columns : sequence of str
        Numeric columns; take logarithms after, not before, or of the same columns: quantiles keep their order.
    winsor : (low, high)
        Levels of the quantiles.

    Raises
    ------
    ConfigError
        Levels outside 0 <= low < high <= 1.
    SchemaError
        A column is absent or not numeric.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"f": range(101), "t": [0] * 101, "v": [*range(100), 5000]})
    >>> found = winsorise(Panel.from_frame(table, id="f", time="t"), ["v"])
    >>> found.counts, found.panel.notes[-1].en
    ({'v': 2}, 'winsorised at the quantiles 0.01 and 0.99, values changed: v 2')
    """
    from dataclasses import replace

    found = pull_in(panel, columns, *winsor)
    counted = both(", ".join(f"{name} {count:,}" for name, count in found.counts.items()) or "-")
    note = Text(
        "在 {l} 与 {h} 分位数处缩尾，改变的值：{c}", "winsorised at the quantiles {l} and {h}, values changed: {c}"
    ).format(l=f"{winsor[0]:g}", h=f"{winsor[1]:g}", c=counted)
    return Winsorised(replace(found.panel, notes=(*found.panel.notes, note)), found.counts)
