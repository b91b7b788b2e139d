"""What covariances and notes read of residuals, summed over blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.effects.blocks import Layout, Passes, Stored, fold, load

if TYPE_CHECKING:
    from dualcarbon.kernels.streaming import Keyed

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
State = tuple[Floats, Floats, Mask, Floats]
Sums = tuple[tuple[Floats, ...], tuple["Keyed", ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sum besides squared residuals.

    Attributes
    ----------
    rows : bool
        s s' of the rows.
    subsets : tuple of tuple of int
        s_g s_g' of the clusters of each way and of each intersection; -1 is the home grouping, others are columns.
    sizes : groups of each of these
    constant : bool
        Whether a column of ones comes first.
    """

    rows: bool
    subsets: tuple[tuple[int, ...], ...]
    sizes: Mapping[int, int]
    constant: bool


@dataclass(frozen=True, slots=True)
class Meats:
    """Sum of w e^2, and the meat of the covariance, (k, k)."""

    squares: float
    meat: Floats


def meats_of(passes: Passes, plan: Plan, *state: object) -> Meats:
    """The sums of the plan, given shifts, step, the regressors kept and their coefficients.

    Clusters that lie whole in a block are summed there; the sums of others are kept by cluster until the end.
    """
    from dualcarbon.kernels.streaming import at_once, row_meat

    whole, keyed = fold(passes.engine, partial(_sums, plan, passes.layout, state), passes.blocks, _merged)
    meat, at_home, elsewhere = whole[1], iter(whole[2:]), iter(keyed)
    for subset in plan.subsets:
        part = next(at_home) if -1 in subset else row_meat(at_once(next(elsewhere))[1])
        meat = meat - (-1) ** len(subset) * part
    return Meats(float(whole[0][0]), meat)


def _merged(left: Sums, right: Sums) -> Sums:
    from dualcarbon.kernels.streaming import added, merged

    return added(left[0], right[0]), tuple(merged(a, b) for a, b in zip(left[1], right[1], strict=True))


def _sums(plan: Plan, layout: Layout, state: tuple[object, ...], stored: Stored) -> Sums:
    from dualcarbon.kernels.streaming import home_meat, keyed, row_meat, scores

    shifts, step, kept, coef = state
    block = load(stored, layout)
    squares, each = scores(block, shifts, step, kept, coef, plan.constant)  # type: ignore[arg-type]
    own = row_meat(each) if plan.rows else np.zeros((each.shape[1], each.shape[1]))
    home, others = stored.codes()
    at_home: list[Floats] = []
    elsewhere: list[Keyed] = []
    for subset in plan.subsets:
        codes = _crossed([home if place < 0 else others[:, place] for place in subset], [plan.sizes[p] for p in subset])
        if -1 in subset:
            at_home.append(home_meat(each, codes))
        else:
            elsewhere.append((keyed(codes, each),))
    return (squares, own, *at_home), tuple(elsewhere)


def _crossed(codes: Sequence[Codes], sizes: Sequence[int]) -> Codes:
    found = codes[0]
    for further, size in zip(codes[1:], sizes[1:], strict=True):
        found = found * size + further
    return np.ascontiguousarray(found)


def constant_within(passes: Passes, shifts: Floats, columns: Sequence[int], place: int | None, size: int) -> list[bool]:
    """Which columns have one value in each group of a grouping: of all rows (None), the home one (-1), or a column."""
    from dualcarbon.kernels.streaming import wider

    find = partial(_extremes, passes.layout, shifts, list(columns), place, size)
    low, high = fold(passes.engine, find, passes.blocks, wider)
    return [bool(yes) for yes in np.all(low == high, axis=0)]


def _extremes(
    layout: Layout, shifts: Floats, columns: list[int], place: int | None, size: int, stored: Stored
) -> tuple[Floats, Floats]:
    """Least and greatest values by group; of home groups, which lie whole here, 0 and the greatest difference."""
    from dualcarbon.kernels.streaming import deviations, extremes

    values = np.ascontiguousarray(deviations(load(stored, layout).values, shifts)[:, columns])
    home, others = stored.codes()
    if place is None:
        return extremes(values, np.zeros(stored.n, dtype=np.int64), 1)
    if place >= 0:
        return extremes(values, np.ascontiguousarray(others[:, place]), size)
    low, high = extremes(values, home, stored.groups)
    return np.zeros((1, len(columns))), np.max(high - low, axis=0, keepdims=True)
