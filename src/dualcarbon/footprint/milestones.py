"""Values of a few years carried to every year between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.footprint import faults

Floats = NDArray[np.float64]
Rule = Literal["linear", "geometric"]

RULES: Mapping[Rule, Text] = {
    "linear": Text("各年之间线性内插", "linear between the years given"),
    "geometric": Text("各年之间按不变的增长率内插", "at a constant rate of growth between the years given"),
}

_REMEDY = Text(
    "给出覆盖首末年份的值，或缩短年份范围", "give values that cover the first and last year, or ask for fewer years"
)


def between(what: Text, given: Mapping[int, float], years: Iterable[int], rule: Rule, *, hold: bool = False) -> Floats:
    """The value of each year, (n,), from values of some years.

    linear: v = v_a + (v_b - v_a)(t - a)/(b - a); geometric: v = v_a (v_b/v_a)^((t - a)/(b - a)).

    Parameters
    ----------
    hold : bool
        Whether the first value stands before its year and the last one after; otherwise such years are refused.

    Raises
    ------
    ConfigError
        If a key is no whole year.
    DataError
        If a year lies outside those given, or a value is negative or not finite (geometric: not above zero).

    Examples
    --------
    >>> between(Text("功率", "power"), {2020: 1.0, 2022: 4.0}, [2021], "geometric").tolist()
    [2.0]
    """
    told = faults.by_year(what, given)
    known, values = np.array(list(told), dtype=np.int64), np.array(list(told.values()), dtype=np.float64)
    least = np.nextafter(0.0, 1.0) if rule == "geometric" else 0.0
    faults.require_range(what, known.tolist(), values, low=least)
    wanted = np.asarray(list(years), dtype=np.int64)
    if not hold or not len(known):
        inside = range(int(known[0]), int(known[-1]) + 1) if len(known) else ()
        faults.require_years(what, inside, wanted.tolist(), _REMEDY)
    if rule == "linear":
        return np.interp(wanted, known, values)
    return _geometric(known, values, wanted)


def _geometric(known: NDArray[np.int64], values: Floats, wanted: NDArray[np.int64]) -> Floats:
    right = np.clip(np.searchsorted(known, wanted), 1, max(len(known) - 1, 1))
    if len(known) == 1:
        return np.full(len(wanted), values[0])
    a, b = right - 1, right
    share = np.clip((wanted - known[a]) / (known[b] - known[a]), 0.0, 1.0)
    return np.asarray(np.where(share < 1.0, values[a] * (values[b] / values[a]) ** share, values[b]))
