"""The marginal factor by merit order: which plants run last in each hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]
_COLUMNS = ("source", "capacity_mw", "cost_per_mwh", "t_per_mwh")
_ROUNDING = 1e-12
"""Share by which a sum of capacities may fall short of a demand that it meets."""


@dataclass(frozen=True, slots=True)
class MeritOrder:
    """Hours served by plants in order of their cost.

    Attributes
    ----------
    plants : polars.DataFrame, p rows, cheapest first
        `source`, `capacity_mw`, `cost_per_mwh`, `t_per_mwh`, `generation_mwh`, `hours_at_margin` (share of hours).
    marginal_t_per_mwh, average_t_per_mwh : (h,)
        Factor of the plant that serves the last MW of each hour; emissions over generation of the hour.
    marginal, average : float
        Mean over hours, weighted by demand.
    """

    plants: pl.DataFrame
    marginal_t_per_mwh: Floats
    average_t_per_mwh: Floats
    marginal: float
    average: float


def merit_order(plants: object, demand_mw: object, available: Mapping[str, object] | None = None) -> MeritOrder:
    """Serve every hour's demand by the cheapest plants; the last one needed sets the marginal factor.

    g_ph = min(max(D_h - sum of cheaper a_qh K_q, 0), a_ph K_p); the plant at the margin of hour h is the first p, by
    cost, with D_h <= sum_{q<=p} a_qh K_q. No storage, grid limits, start-up or minimum load.

    Parameters
    ----------
    plants : polars or pandas frame
        `source` (unique), `capacity_mw`, `cost_per_mwh` (any currency, order alone counts; ties in order of rows),
        `t_per_mwh`.
    demand_mw : array_like, (h,)
    available : mapping of source to array_like (h,) or float in [0, 1]
        Share of capacity available; 1 where not named.

    Raises
    ------
    SchemaError, DataError
        If columns are absent, values negative or not finite, a source stands twice or is unknown, an availability lies
        outside [0, 1], or demand exceeds what is available.

    Examples
    --------
    >>> fleet = pl.DataFrame({"source": ["wind", "gas", "coal"], "capacity_mw": [50.0, 40.0, 60.0],
    ...                       "cost_per_mwh": [0.0, 60.0, 30.0], "t_per_mwh": [0.0, 0.4, 0.9]})
    >>> served = merit_order(fleet, [40.0, 100.0, 130.0])
    >>> served.marginal_t_per_mwh.tolist()
    [0.0, 0.9, 0.4]
    """
    table, demand = _plants(plants), _demand(demand_mw)
    room = _room(table, len(demand), available or {})
    top = np.cumsum(room, axis=0)
    _refuse_shortage(demand, top[-1])
    served = np.clip(demand - (top - room), 0.0, room)
    last = np.argmax((top * (1.0 + _ROUNDING) >= demand) & (room > 0.0), axis=0)
    factor = table["t_per_mwh"].to_numpy()
    marginal = factor[last]
    average = np.divide(factor @ served, demand, out=np.zeros_like(demand), where=demand > 0.0)
    counts = np.bincount(last[demand > 0.0], minlength=table.height) / max(int((demand > 0.0).sum()), 1)
    weight = demand / demand.sum()
    return MeritOrder(
        table.with_columns(generation_mwh=pl.Series(served.sum(axis=1)), hours_at_margin=pl.Series(counts)),
        marginal,
        average,
        float(weight @ marginal),
        float(weight @ average),
    )


def _plants(plants: object) -> pl.DataFrame:
    table = as_polars(plants)
    absent = [name for name in _COLUMNS if name not in table.columns]
    if absent:
        raise SchemaError(
            Text("机组表缺少列", "the table of plants lacks columns"),
            expected=both(", ".join(_COLUMNS)),
            found=both(", ".join(table.columns)),
            remedy=Text("补上 {c}", "add {c}").format(c=", ".join(absent)),
        )
    numbers = [pl.col(c).cast(pl.Float64, strict=False) for c in _COLUMNS[1:]]
    typed = table.select(pl.col("source").cast(pl.String), *numbers)
    sound = pl.all_horizontal(pl.col(c).is_finite() for c in _COLUMNS[1:]) & (pl.col("capacity_mw") >= 0.0)
    bad = typed.filter(~(sound & (pl.col("t_per_mwh") >= 0.0)).fill_null(False) | pl.col("source").is_duplicated())
    if bad.height or not typed.height:
        raise DataError(
            Text("机组表有不能用的行", "the table of plants has rows that cannot be used"),
            expected=Text("来源不重复，容量与因子不小于零", "sources once each, capacity and factor not below zero"),
            found=Text("{n} 行：{f}", "{n} rows: {f}").format(n=bad.height, f=bad.head(5).rows()),
            remedy=Text("改正或合并这些行", "correct or merge these rows"),
        )
    return typed.sort("cost_per_mwh", maintain_order=True)


def _demand(demand_mw: object) -> Floats:
    demand = np.atleast_1d(np.asarray(demand_mw, dtype=np.float64))
    bad = ~np.isfinite(demand) | (demand < 0.0)
    if bad.any() or not demand.sum() > 0.0:
        raise DataError(
            Text("负荷有负的或缺失的小时，或全为零", "demand has negative or missing hours, or none at all"),
            expected=Text("不小于零的兆瓦，至少一小时大于零", "MW not below zero, above it in one hour at least"),
            found=Text("{n} 个小时，前几个位置 {f}", "{n} hours, first positions {f}").format(
                n=int(bad.sum()), f=np.flatnonzero(bad)[:5].tolist()
            ),
            remedy=Text("补上或改正这些小时", "fill in or correct these hours"),
        )
    return demand


def _room(table: pl.DataFrame, hours: int, available: Mapping[str, object]) -> Floats:
    names = table["source"].to_list()
    unknown = [name for name in available if name not in names]
    shares = {name: np.asarray(value, dtype=np.float64) for name, value in available.items()}
    wrong = [n for n, a in shares.items() if a.shape not in ((), (hours,)) or not np.all((a >= 0.0) & (a <= 1.0))]
    if unknown or wrong:
        raise DataError(
            Text("可用率不能用", "availabilities cannot be used"),
            expected=Text("来源之一，{h} 个 [0, 1] 内的数", "a source of the table, {h} numbers in [0, 1]").format(
                h=hours
            ),
            found=Text("{n} 个：{f}", "{n}: {f}").format(n=len(unknown + wrong), f=(unknown + wrong)[:5]),
            remedy=Text("改正来源名称、长度或数值", "correct names, lengths or values"),
        )
    capacity = table["capacity_mw"].to_numpy()
    return np.vstack(
        [np.broadcast_to(shares.get(n, np.array(1.0)) * k, (hours,)) for n, k in zip(names, capacity, strict=True)]
    )


def _refuse_shortage(demand: Floats, top: Floats) -> None:
    short = np.flatnonzero(demand > top * (1.0 + _ROUNDING))
    if len(short):
        raise DataError(
            Text("可用容量不足以满足负荷", "demand exceeds what is available"),
            expected=Text("每小时负荷不超过可用容量", "demand within available capacity in every hour"),
            found=Text("{n} 个小时，前几个位置 {f}", "{n} hours, first positions {f}").format(
                n=len(short), f=short[:5].tolist()
            ),
            remedy=Text("增加容量或进口，或降低负荷", "add capacity or imports, or lower the demand"),
        )
