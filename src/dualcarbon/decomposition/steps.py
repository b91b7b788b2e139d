"""What one step from a period to another comes to: cells, groups, and all together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.text import Text
from dualcarbon.decomposition import faults
from dualcarbon.decomposition.cells import Cells

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Method = Literal["lmdi1", "lmdi2", "shapley", "polar"]
Form = Literal["additive", "multiplicative"]

_MOST = 16
"""Most factors whose subsets are listed."""


@dataclass(frozen=True, slots=True)
class CellShares:
    """The cells of a step.

    Attributes
    ----------
    effects : (k, n)
        Additive effects; with the weights of the logarithmic mean, ln D_k is their sum over `mean`.
    weight : (n,)
        What the log ratios are multiplied by; empty for the methods without logarithms.
    start, end : (n,)
    """

    effects: Array
    weight: Array
    start: Array
    end: Array


@dataclass(frozen=True, slots=True)
class Step:
    """Two periods compared.

    Attributes
    ----------
    start, end : (g,)
        Totals of the groups.
    parts : (g, k)
        Effects of the groups: changes, or ratios.
    whole : (k,)
        Effects of all groups together.
    """

    start: Array
    end: Array
    parts: Array
    whole: Array

    def residual(self, form: Form) -> float:
        """The largest relative difference between the effects and the change they explain, in groups and in all."""
        start, end = np.append(self.start, self.start.sum()), np.append(self.end, self.end.sum())
        effects = np.vstack([self.parts, self.whole])
        if form == "multiplicative":
            return float(np.max(np.abs(effects.prod(axis=1) * start / end - 1.0)))
        scale = np.maximum(np.abs(start), np.abs(end))
        gap = np.abs(effects.sum(axis=1) - (end - start))
        return float(np.max(np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0.0)))


def step(cells: Cells, pair: tuple[int, int], method: Method, form: Form) -> Step:
    """The effects of a step from one period to another, by places in `cells.times`."""
    if form == "multiplicative" and method in ("shapley", "polar"):
        return _by_subsets(cells, pair, method)
    found = cell_shares(cells, pair, method)
    start, end, *effects = (_sums(cells, row) for row in (found.start, found.end, *found.effects))
    parts = np.column_stack(effects)
    if form == "additive":
        return Step(start, end, parts, parts.sum(axis=0))
    from dualcarbon.kernels.log_mean import log_mean

    _require_positive(cells, pair, start, end)
    means = log_mean(end, start)
    mean = log_mean(end.sum(keepdims=True), start.sum(keepdims=True))
    return Step(start, end, np.exp(parts / means[:, None]), np.exp(parts.sum(axis=0) / mean))


def cell_shares(cells: Cells, pair: tuple[int, int], method: Method) -> CellShares:
    """The additive effects of every cell."""
    before, after = cells.values[pair[0]], cells.values[pair[1]]
    if method == "lmdi1":
        from dualcarbon.kernels.log_mean import log_mean_effects

        found = log_mean_effects(before, after)
        return CellShares(found.effects, found.weight, found.start, found.end)
    if method == "lmdi2":
        return _shares_of_totals(cells, pair)
    from dualcarbon.kernels.shapley import polar_effects, shapley_effects

    effects = (shapley_effects if method == "shapley" else polar_effects)(before, after)
    return CellShares(effects, np.empty(0), before.prod(axis=0), after.prod(axis=0))


def _shares_of_totals(cells: Cells, pair: tuple[int, int]) -> CellShares:
    """LMDI-II: weights L(V_iT / V_T, V_i0 / V_0), made to add up to 1 in each group, times L(V_T, V_0)."""
    from dualcarbon.kernels.log_mean import log_mean, log_ratio

    before, after = cells.values[pair[0]], cells.values[pair[1]]
    first, last = before.prod(axis=0), after.prod(axis=0)
    _refuse_zeros(cells, pair, (first == 0.0) != (last == 0.0))
    start, end = _sums(cells, first), _sums(cells, last)
    alive = first > 0.0
    group = cells.group
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = log_mean(np.where(alive, last / end[group], 0.0), np.where(alive, first / start[group], 0.0))
        weight = np.where(alive, shares / _sums(cells, shares)[group] * log_mean(end, start)[group], 0.0)
    ratios = log_ratio(np.where(alive, after, 1.0), np.where(alive, before, 1.0))
    return CellShares(weight * ratios, weight, first, last)


def _sums(cells: Cells, values: Array) -> Array:
    """Sums by group, (g,)."""
    if cells.groups.width == 0:
        return np.atleast_1d(values.sum())
    return np.asarray(np.bincount(cells.group, weights=values, minlength=cells.groups.height), dtype=np.float64)


def _by_subsets(cells: Cells, pair: tuple[int, int], method: Method) -> Step:
    """Geometric means over orders of the ratios of totals; groups together by logarithmic means of their totals."""
    from dualcarbon.kernels.log_mean import log_mean
    from dualcarbon.kernels.shapley import path_of_subsets, shapley_of_subsets, subset_totals

    before, after = cells.values[pair[0]], cells.values[pair[1]]
    k = len(before)
    _require_few(k)
    order = np.argsort(cells.group, kind="stable")
    totals = np.stack(
        [
            subset_totals(before[:, rows], after[:, rows])
            for rows in np.split(order, np.cumsum(np.bincount(cells.group))[:-1])
        ]
    )
    start, end = totals[:, 0], totals[:, -1]
    _require_positive(cells, pair, totals.min(axis=1), end)
    logs = np.log(totals).T
    if method == "shapley":
        parts = shapley_of_subsets(logs).T
    else:
        parts = (path_of_subsets(logs, range(k)) + path_of_subsets(logs, range(k)[::-1])).T / 2.0
    mean = log_mean(end.sum(keepdims=True), start.sum(keepdims=True))
    return Step(start, end, np.exp(parts), np.exp(log_mean(end, start) @ parts / mean))


def _named(cells: Cells, rows: Index) -> str:
    return faults.first_keys(cells.groups, rows) if cells.groups.width else "V"


def _require_positive(cells: Cells, pair: tuple[int, int], start: Array, end: Array) -> None:
    wrong = np.flatnonzero((start <= 0.0) | (end <= 0.0))
    if wrong.size:
        raise DataError(
            Text("合计不为正，乘法分解没有意义", "a total is not positive: it has no ratio to decompose"),
            expected=Text("两期的合计都大于零", "totals above zero in both periods"),
            found=Text("{a}→{b}：{n} 个，首先是 {k}", "{a} to {b}: {n}, first {k}").format(
                a=cells.times[pair[0]], b=cells.times[pair[1]], n=wrong.size, k=_named(cells, wrong)
            ),
            remedy=Text('用 form="additive"', 'use form="additive"'),
        )


def _refuse_zeros(cells: Cells, pair: tuple[int, int], matters: NDArray[np.bool_]) -> None:
    if matters.any():
        faults.bad_rows(
            Text(
                "LMDI-II 不处理只在一期为零的格子：{a}→{b}",
                "LMDI-II does not take cells that are zero in one of two periods: {a} to {b}",
            ).format(a=cells.times[pair[0]], b=cells.times[pair[1]]),
            Text("每个格子两期都为正，或都为零", "every cell positive in both periods, or zero in both"),
            Text('用 method="lmdi1"，其零值极限是精确的', 'use method="lmdi1", whose limits of zero are exact'),
            cells.keys,
            np.flatnonzero(matters),
        )


def _require_few(factors: int) -> None:
    if factors > _MOST:
        raise ConfigError(
            Text("因素太多", "too many factors"),
            expected=Text("至多 {m} 个", "at most {m}").format(m=_MOST),
            found=Text("{n} 个", "{n}").format(n=factors),
            remedy=Text('用 method="lmdi1"', 'use method="lmdi1"'),
        )
