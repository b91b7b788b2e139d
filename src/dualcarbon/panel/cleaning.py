"""Cleaning verbs: each returns a new panel and says how many rows or values it touched."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.tails import Winsorised, pull_in
from dualcarbon.core.text import Text, both

_MISSING = Text("{l}（{c}）缺失", "{l} ({c}) missing")
_NEGATIVE = Text("{l}（{c}）为负", "{l} ({c}) negative")
_ZERO = Text("{l}（{c}）为零", "{l} ({c}) zero")


def winsorise(panel: Panel, columns: Sequence[str], share: float) -> Winsorised:
    """Values beyond the quantiles `share` and 1 - `share` of a column set to those quantiles.

    x -> min(max(x, q(share)), q(1 - share)), q by linear interpolation (as numpy) over the values that are not
    missing; missing values stay missing.

    Parameters
    ----------
    columns : sequence of str
        Numeric columns.
    share : float
        Share of each tail, 0 <= share < 0.5.

    Raises
    ------
    ConfigError
        If `share` is outside [0, 0.5).
    SchemaError
        If a column is absent or not numeric.

    Examples
    --------
    >>> from dualcarbon.panel import load_panel
    >>> winsorise(load_panel("china_provinces"), ["output_cny", "co2_t"], 0.01).counts
    {'output_cny': 12, 'co2_t': 12}
    """
    if not 0 <= share < 0.5:
        raise ConfigError(
            Text("缩尾比例不对", "the share to winsorise is wrong"),
            expected=Text("0 ≤ share < 0.5，每侧", "0 <= share < 0.5, each tail"),
            found=both(repr(share)),
            remedy=Text("例如 share=0.01，两侧各 1%", "for example share=0.01, 1 % in each tail"),
        )
    return pull_in(panel, columns, share, 1 - share)


def drop_invalid(
    panel: Panel, positive: Sequence[str] | None = None, nonnegative: Sequence[str] | None = None
) -> Panel:
    """The default screen of a study: rows without valid inputs and output leave, counted by reason.

    For each column of `positive` rows are dropped where it is missing, then negative, then zero; for each column
    of `nonnegative` where it is negative (missing energy is left to the accounts). A row counts once, under the
    first reason that applies.

    Parameters
    ----------
    positive : sequence of str, optional
        By default the inputs and the good output of the schema that the panel has.
    nonnegative : sequence of str, optional
        By default the energy and emission columns of the schema that the panel has.

    Raises
    ------
    SchemaError
        If a column is absent or not numeric.

    Examples
    --------
    >>> frame = pl.DataFrame({"firm_id": ["a", "b"], "year": [2015, 2015], "output_cny": [0.0, 2.0]})
    >>> kept = drop_invalid(Panel.from_frame(frame, id="firm_id", time="year"))
    >>> [(d.reason.en, d.rows) for d in kept.drops]
    [('Output (output_cny) zero', 1)]
    """
    above = _present(panel, "input", "good") if positive is None else tuple(positive)
    rest = _present(panel, "energy", "bad") if nonnegative is None else tuple(nonnegative)
    panel.arrays(*above, *rest)
    for name in above:
        value = pl.col(name).cast(pl.Float64)
        panel = panel.keep(value.is_not_null() & ~value.is_nan(), _reason(panel, _MISSING, name))
        panel = panel.keep(value >= 0, _reason(panel, _NEGATIVE, name))
        panel = panel.keep(value != 0, _reason(panel, _ZERO, name))
    for name in rest:
        value = pl.col(name).cast(pl.Float64)
        panel = panel.keep(value.is_null() | value.is_nan() | (value >= 0), _reason(panel, _NEGATIVE, name))
    return panel


def _present(panel: Panel, *roles: str) -> tuple[str, ...]:
    return tuple(c.name for c in panel.schema.columns if c.role in roles and c.name in panel.frame.columns)


def _reason(panel: Panel, form: Text, name: str) -> Text:
    label = panel.schema[name].label if name in panel.schema else both(name)
    return form.format(l=label, c=name)
