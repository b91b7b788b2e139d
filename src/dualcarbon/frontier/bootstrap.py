"""Intervals for group means and medians of inefficiency, abatement room and marginal abatement cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError, ConvergenceError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import CODE, GroupData, GroupFit, Model
from dualcarbon.frontier.observations import frontiers, group_data, group_keys, observations
from dualcarbon.frontier.redrawing import Method, Parametric, Redraw, Resampling, Simulates, Subsampling
from dualcarbon.frontier.reference import Block

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_IN_ORDER = InOrder()
STATISTICS = tuple(
    f"{name}_{kind}" for name in ("inefficiency", "abatement_room", "mac") for kind in ("mean", "median")
)
"""In the order of the table, per group."""
_MAC = np.array([name.startswith("mac") for name in STATISTICS])
MOST_FAILED = 0.5
"""Share of failed draws beyond which no interval is given."""
WORTH_SAYING = 0.05
"""Share of failed draws beyond which a warning is given."""
_LEFT_OUT = tuple(CODE[word] for word in ("outlier", "missing", "refused", "no_bad", "infeasible"))
_PRICED = (CODE["ok"], CODE["kink"])


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Intervals per group and statistic.

    Attributes
    ----------
    table : polars.DataFrame
        The columns that name a frontier; `statistic` (inefficiency, abatement_room or mac, mean or median);
        `estimate`, `low`, `high`; `draws` used and `failed`.
    model : str
    method : Subsampling, Resampling or Parametric
    level : float
    seed : int
    warnings : tuple of Text
    """

    table: pl.DataFrame
    model: str
    method: Method
    level: float
    seed: int
    warnings: tuple[Text, ...] = ()

    def __repr__(self) -> str:
        used, failed = (int(self.table[name].sum()) for name in ("draws", "failed"))
        share = 100.0 * failed / max(used + failed, 1)
        return (
            f"BootstrapResult({self.model}, {self.method.label.en}: {self.table.height} intervals of "
            f"{100 * self.level:g} %, {share:.1f} % of draws failed)"
        )


@dataclass(frozen=True, slots=True)
class _Frontier:
    """One frontier: its data and what draws more of them, None where there is nothing to draw from."""

    data: GroupData
    statistics: Array
    rows: int
    draw: Redraw | None


def bootstrap(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    model: str | Model = "translog_ml",
    *,
    method: Method | None = None,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
    engine: Engine = _IN_ORDER,
) -> BootstrapResult:
    """Intervals for means and medians of inefficiency, abatement room and MAC of every frontier of a model.

    Means and medians of inefficiency and room are over the scored rows, of the MAC over the rows with a price (status
    ok or kink).

    Parameters
    ----------
    panel, technology, direction, model
        As for `fit`.
    method : Subsampling, Resampling or Parametric, or None
        None: parametric where the model offers it, else resampling of firms for models that pool periods (parametric
        frontiers), else subsampling (envelopment).
    draws : int
        At least 20.
    level : float
        Of the intervals, between 0 and 1.
    seed : int
        Every pair of draw and frontier has its own stream, so that no engine changes a bit.
    engine : Engine
        How the draws are run; never changes a number.

    Returns
    -------
    BootstrapResult
        A draw fails where the model refuses its data or gives no such statistic. No interval where more than half of
        the draws fail, or the model refuses the group itself.

    Raises
    ------
    ConfigError
        For a number of draws or a level out of range, a method the model does not offer; as in `fit`.
    SchemaError, DataError
        As in `fit`.

    Examples
    --------
    >>> from dualcarbon.frontier.models.envelopment import EnvelopmentModel
    >>> draw = np.random.default_rng(0)
    >>> x, u = draw.lognormal(size=60), 0.2 * np.abs(draw.normal(size=60))
    >>> frame = pl.DataFrame({"firm": range(60), "year": [1] * 60, "x": x, "y": x * np.exp(-u), "co2": x * np.exp(u)})
    >>> technology = Technology(["x"], "y", "co2", returns="constant", disposability="weak")
    >>> panel = Panel.from_frame(frame, id="firm", time="year")
    >>> found = bootstrap(panel, technology, Direction.proportional(), EnvelopmentModel(screen=False), draws=20)
    >>> found.table["statistic"].to_list()[:2], found.table["failed"].to_list()[:2]
    (['inefficiency_mean', 'inefficiency_median'], [0, 0])
    """
    chosen = registry.model(model) if isinstance(model, str) else model
    chosen.check(technology, direction)
    _check(draws, level)
    how = method or _default(chosen)
    found = observations(panel, technology, direction)
    parts = frontiers(panel, technology, chosen, found)
    estimated = engine.map(lambda block: _estimate(group_data(found, block), chosen, how, technology, direction), parts)
    drawn = engine.map(
        lambda draw: _once(draw, seed, estimated, chosen, technology, direction),
        range(draws),
    )
    values, rows = np.stack([one[0] for one in drawn]), np.stack([one[1] for one in drawn])
    table = _table(panel, group_keys(panel, technology, chosen), parts, estimated, values, rows, how, technology, level)
    return BootstrapResult(table, chosen.name, how, level, seed, _warnings(table))


def _default(model: Model) -> Method:
    if isinstance(model, Simulates):
        return Parametric()
    return Resampling() if model.pools else Subsampling()


def _check(draws: int, level: float) -> None:
    if draws < 20 or not 0.0 < level < 1.0:
        raise ConfigError(
            Text("自助法的参数有误", "the options of the bootstrap are wrong"),
            expected=both("draws >= 20, 0 < level < 1"),
            found=both(f"draws={draws}, level={level}"),
            remedy=Text("改正 bootstrap 的参数", "correct the arguments of bootstrap"),
        )


def _estimate(data: GroupData, model: Model, method: Method, technology: Technology, direction: Direction) -> _Frontier:
    values, rows = _statistics(_solved(data, model, technology, direction), data)
    draw = method.sampler(data, model, technology, direction) if rows else None
    return _Frontier(data, values, rows, draw)


def _once(
    draw: int,
    seed: int,
    estimated: Sequence[_Frontier],
    model: Model,
    technology: Technology,
    direction: Direction,
) -> tuple[Array, Index]:
    """Statistics (groups, 6) and scored rows (groups,) of one draw of every frontier."""
    values = np.full((len(estimated), len(STATISTICS)), np.nan)
    rows = np.zeros(len(estimated), dtype=np.int64)
    for place, one in enumerate(estimated):
        if one.draw is None:
            continue
        data = one.draw(np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw, place))))
        values[place], rows[place] = _statistics(_solved(data, model, technology, direction), data)
    return values, rows


def _solved(data: GroupData, model: Model, technology: Technology, direction: Direction) -> GroupFit | None:
    if np.count_nonzero(data.b > 0.0) < model.least(technology):
        return None
    try:
        return model.solve(data, technology, direction)
    except (ArithmeticError, np.linalg.LinAlgError, ConvergenceError, NotIdentifiedError):
        return None


def _statistics(done: GroupFit | None, data: GroupData) -> tuple[Array, int]:
    """The statistics (6,) of one fit, NaN where there is none, and the number of scored rows."""
    values = np.full(len(STATISTICS), np.nan)
    if done is None:
        return values, 0
    asked = np.ones(data.b.size, dtype=np.bool_) if data.evaluated is None else data.evaluated
    scored = asked & ~np.isin(done.status, _LEFT_OUT) & np.isfinite(done.inefficiency)
    priced = asked & np.isin(done.status, _PRICED) & np.isfinite(done.mac)
    parts = (done.inefficiency[scored], done.abatement_room[scored], done.mac[priced])
    for place, part in enumerate(parts):
        if part.size:
            values[2 * place : 2 * place + 2] = part.mean(), np.median(part)
    return values, int(np.count_nonzero(scored))


def _table(
    panel: Panel,
    keys: Sequence[str],
    parts: Sequence[Block],
    estimated: Sequence[_Frontier],
    values: Array,
    rows: Index,
    method: Method,
    technology: Technology,
    level: float,
) -> pl.DataFrame:
    records = []
    for place, one in enumerate(estimated):
        share = rows[:, place] / max(one.rows, 1)
        for which, name in enumerate(STATISTICS):
            estimate, drawn = float(one.statistics[which]), values[:, place, which]
            good = np.isfinite(drawn)
            low, high = math.nan, math.nan
            if math.isfinite(estimate) and good.mean() >= 1.0 - MOST_FAILED:
                low, high = method.interval(estimate, drawn[good], share[good], technology, level, bool(_MAC[which]))
            used = int(np.count_nonzero(good))
            records.append((name, estimate, low, high, used, drawn.size - used))
    columns = ("statistic", "estimate", "low", "high", "draws", "failed")
    table = pl.DataFrame(records, schema=list(columns), orient="row")
    label = np.repeat([block.label for block in parts], len(STATISTICS))
    named = panel.frame.select(keys)[label.tolist()] if keys else pl.DataFrame()
    return pl.concat([named, table], how="horizontal")


def _warnings(table: pl.DataFrame) -> tuple[Text, ...]:
    total = table["draws"] + table["failed"]
    worst = table.filter(table["failed"] > WORTH_SAYING * total)
    if not worst.height:
        return ()
    return (
        Text(
            "{k} 个区间（共 {n} 个）有超过 {s:g} % 的抽样失败；失败过半者不给区间",
            "{k} of {n} intervals lost more than {s:g} % of their draws; where over half failed there is no interval",
        ).format(k=worst.height, n=table.height, s=100 * WORTH_SAYING),
    )
