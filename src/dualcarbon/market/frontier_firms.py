"""From a frontier result to a table of firms for the market."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import columns_absent, option

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PRICED = ("ok", "kink", "zero", "negative")
_IN_FIT = ("ok", "zero", "infinite", "negative", "edge")
_LINEAR = 1e-6
"""Largest deviation of t from a linear function of its arguments for which the curvature is taken from its slope."""


def firms_of(
    result: FrontierResult, panel: Panel, *, period: object = None, keep: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Today's point of every firm, with curvature where the frontier is quadratic.

    The quadratic directional distance function has m = -t, t = 1 / (1 + mac / scale), scale = ybar / bbar over the rows
    of the fit, and t linear in inputs, time and s = y / ybar + b / bbar. The slope of t in s is read off the priced
    rows of each frontier: mu = -slope / bbar. Where t is not linear to 1e-6 (another function, such as a cubic one, or
    other rows of the fit), or there are too few rows, mu is missing.

    Parameters
    ----------
    result : FrontierResult
    panel : Panel
        The panel the result was made from, row by row.
    period : value of the time column, or None
        None keeps all rows; a market wants one period.
    keep : columns of the panel to carry along, such as region or size

    Returns
    -------
    polars.DataFrame
        Keys, the columns of the groups, `keep`, co2, output, mac, mac_low, mac_high, frontier_status, and for a
        quadratic model mu and scale. `mac` is infinite at the status infinite, missing at statuses without a price;
        `mac_low` and `mac_high` are there at the status kink alone: elsewhere they are no prices a firm acts on.

    Raises
    ------
    DataError
        If the rows of the panel are not those of the result.
    ConfigError
        If no row is of the period.
    """
    keys = [panel.id, panel.time]
    if result.table.height != panel.n or not result.table.select(keys).equals(panel.frame.select(keys)):
        raise DataError(
            Text("前沿结果与面板的行不一致", "the rows of the frontier result and of the panel differ"),
            expected=Text("{n} 行，键相同", "{n} rows with the same keys").format(n=panel.n),
            found=both(f"{result.table.height}: {result.table.select(keys).head(2).rows()}"),
            remedy=Text("用估计前沿所用的面板", "give the panel the frontier was fitted to"),
        )
    asked = result.technology
    columns_absent(panel.frame, (asked.good, asked.bad), Text("用估计前沿所用的面板", "give the panel of the frontier"))
    table = _points(result, panel, tuple(dict.fromkeys((*asked.group_by, *keep))))
    if result.model.startswith("quadratic"):
        table = table.with_columns(*_curvature(result, panel))
    if period is None:
        return table
    found = table.filter(pl.col(panel.time) == period)
    if not found.height:
        option("period", period, both(f"{panel.frame[panel.time].unique().sort().to_list()[:12]}"))
    return found


def _points(result: FrontierResult, panel: Panel, carried: tuple[str, ...]) -> pl.DataFrame:
    status = pl.col("frontier_status")
    named = [name for name in carried if name not in (panel.id, panel.time)]
    return (
        panel.frame.select(
            panel.id,
            panel.time,
            *named,
            pl.col(result.technology.bad).cast(pl.Float64).alias("co2"),
            pl.col(result.technology.good).cast(pl.Float64).alias("output"),
        )
        .with_columns(result.table["mac"], result.table["mac_low"], result.table["mac_high"])
        .with_columns(result.table["status"].alias("frontier_status"))
        .with_columns(
            pl.when(status == "infinite").then(float("inf")).when(status.is_in(PRICED)).then("mac").alias("mac"),
            *(pl.when(status == "kink").then(name).alias(name) for name in ("mac_low", "mac_high")),
        )
    )


def _curvature(result: FrontierResult, panel: Panel) -> tuple[pl.Series, pl.Series]:
    """mu and scale of every row."""
    t = result.technology
    codes = panel.codes(*t.group_by)
    x = np.column_stack(panel.arrays(*t.inputs))
    y, b = panel.arrays(t.good, t.bad)
    mac = result.table["mac"].to_numpy()
    used = np.isin(result.table["status"].to_numpy(), _IN_FIT)
    priced = np.isin(result.table["status"].to_numpy(), ("ok", "zero")) & np.isfinite(mac)
    clock = panel.codes(panel.time).astype(np.float64)
    mu, scale = np.full(panel.n, np.nan), np.full(panel.n, np.nan)
    for code in range(int(codes.max(initial=-1)) + 1):
        rows = codes == code
        if not (rows & used).any():
            continue
        good, bad = float(y[rows & used].mean()), float(b[rows & used].mean())
        scale[rows] = good / bad
        inside = rows & priced
        other = np.column_stack([x[inside], clock[inside]])
        slope = _slope(1.0 / (1.0 + mac[inside] * bad / good), y[inside] / good + b[inside] / bad, other)
        mu[rows] = -slope / bad
    return pl.Series("mu", mu, nan_to_null=True), pl.Series("scale", scale, nan_to_null=True)


def _slope(t: Array, s: Array, other: Array) -> float:
    """The slope of t in s where t is linear in s and the other columns; NaN elsewhere."""
    if t.size <= 2:
        return float("nan")
    moving = other[:, other.std(axis=0) > 0.0]
    columns = np.column_stack([np.ones(t.size), s, (moving - moving.mean(axis=0)) / moving.std(axis=0)])
    if t.size <= columns.shape[1] or s.std() == 0.0:
        return float("nan")
    found, _, rank, _ = np.linalg.lstsq(columns, t, rcond=1e-12)
    if rank < columns.shape[1] or np.abs(t - columns @ found).max() > _LINEAR:
        return float("nan")
    return float(found[1])
