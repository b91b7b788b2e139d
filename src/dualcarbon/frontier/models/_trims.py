"""What a linear program's price does when rows are trimmed by carbon intensity, beside the conditional screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

TRIMS = (0.01, 0.05)
"""Shares of rows left out at either end of b / y, beside none."""


def kept(y: Array, b: Array, share: float) -> Mask:
    """True where b > 0 and b / y is not among the share of lowest or the share of highest ones.

    Parameters
    ----------
    y, b : (n,)
    share : float
        Of the rows with b > 0, at either end.

    Examples
    --------
    >>> kept(np.ones(5), np.array([0.0, 1.0, 2.0, 3.0, 4.0]), 0.1).tolist()
    [False, False, True, True, False]
    """
    positive = b > 0.0
    if share == 0.0 or not positive.any():
        return positive
    intensity = b / y
    low, high = np.quantile(intensity[positive], [share, 1.0 - share])
    return np.asarray(positive & (intensity >= low) & (intensity <= high), dtype=np.bool_)


def carried(entered: Index, source: Mask, target: Mask) -> Index:
    """Rows of a program over `source` as rows of one over `target`; those that are not in it are left out."""
    rows = np.flatnonzero(source)[entered[:, 1]]
    common = target[rows]
    at = np.cumsum(target) - 1
    return np.column_stack([entered[common, 0], at[rows[common]]])


def trim_facts(y: Array, b: Array, level: Callable[[Mask], float], known: Mapping[str, float]) -> dict[str, float]:
    """The median MAC at every trim, and the log range of these and of the `known` medians.

    `level` gives the median of the fit to some rows. The range is inf where a fit prices no row.
    """
    facts = {f"mac_trim_{100 * share:.0f}": level(kept(y, b, share)) for share in TRIMS}
    return facts | {"trim_range": log_range([*known.values(), *facts.values()])}


def no_trims() -> dict[str, float]:
    """The facts of a fit that did not ask for trims."""
    return {**{f"mac_trim_{100 * share:.0f}": math.nan for share in TRIMS}, "trim_range": math.nan}


def log_range(values: list[float]) -> float:
    """Largest less smallest logarithm; inf where a value is not positive and finite."""
    if not all(0.0 < value < math.inf for value in values):
        return math.inf
    logs = [math.log(value) for value in values]
    return max(logs) - min(logs)
