"""Outlier screening laid open: which firms the screen leaves out and why, and what single firms do to the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import registry
from dualcarbon.frontier.influence_table import influence_table
from dualcarbon.frontier.model import GroupData
from dualcarbon.frontier.observations import frontiers, group_data, observations

if TYPE_CHECKING:
    from dualcarbon.core.exhibit import Table
    from dualcarbon.frontier.models._linear import Fitted, Plan
    from dualcarbon.frontier.models.quadratic import QuadraticModel
    from dualcarbon.frontier.models.translog_lp import TranslogLinearModel

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Row = dict[str, object]

_IN_ORDER = InOrder()
_FIRM = {
    "rows": pl.Int64,
    "reason": pl.String,
    "score_good": pl.Float64,
    "score_bad": pl.Float64,
    "weight": pl.Float64,
    "mac_change": pl.Float64,
    "room_change": pl.Float64,
}
_GROUP = {
    "n": pl.Int64,
    "n_removed": pl.Int64,
    "firms_removed": pl.Int64,
    "mac_median": pl.Float64,
    "room": pl.Float64,
    "status": pl.String,
}


@dataclass(frozen=True, slots=True)
class Influence:
    """What the screen removed, and what single firms do to the answer.

    Attributes
    ----------
    groups : polars.DataFrame, one row per frontier
        Group columns; `n` rows with CO2 > 0; `n_removed` rows and `firms_removed` firms the screen leaves out;
        `mac_median` and `room` (aggregate share) of the fit to the rows it keeps; `status` optimal,
        imprecise, collinear or too_few.
    firms : polars.DataFrame
        Group columns; the firm; `part` removed or kept; `rows` that were removed or that the firm has; `reason` good
        (ln y), bad (ln b) or both; `score_good`, `score_bad`, the largest robust z; `weight`, the multipliers of the
        firm's binding rows over the norm of the cost; `mac_change`, change of ln median MAC, and `room_change`, of the
        aggregate room, when the firm's removed rows are put back or all rows of a kept firm are taken out. Both are
        measured on the rows the two fits share, NaN where the fit was not asked for.
    id : str
        Column of the firm in `firms`.
    model : Text
    k, put_back : int
        Kept firms taken out, and removed firms put back, per frontier.
    source : Text
    simulated : bool
    """

    groups: pl.DataFrame
    firms: pl.DataFrame
    id: str
    model: Text
    k: int
    put_back: int
    source: Text
    simulated: bool

    def table(self, most: int = 30) -> Table:
        """The `most` firms that move the median MAC most, with what the screen removed in all."""
        keys = self.firms.columns[: self.firms.columns.index(self.id)]
        return influence_table(self, keys, most)


@dataclass(frozen=True, slots=True)
class _Base:
    """One frontier: its data, its plan, the fit to the plausible rows."""

    data: GroupData
    plan: Plan
    positive: Mask
    plausible: Mask
    done: Fitted


def influence(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    model: str | QuadraticModel | TranslogLinearModel = "quadratic",
    *,
    k: int = 5,
    put_back: int = 20,
    engine: Engine = _IN_ORDER,
) -> Influence:
    """Which firms the conditional screen removes, and the influence of single firms on a linear program.

    The fit to the rows the screen keeps is the base, also in groups whose size keeps the models from screening. The
    `put_back` removed firms with the largest scores are put back one at a time, the `k` kept firms with the largest
    weights taken out one at a time; each program is solved exactly.

    Parameters
    ----------
    panel : Panel
    technology : Technology
    direction : Direction
    model : "quadratic", "translog_lp", or such a model with other options
    k, put_back : int
    engine : Engine

    Raises
    ------
    ConfigError
        If the model is not a linear program, does not support the technology or the direction, or k or `put_back` is
        negative.
    SchemaError, DataError
        As `fit`.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> x, r, u = draw.lognormal(size=400), draw.normal(size=400), 0.2 * np.abs(draw.normal(size=400))
    >>> b = x * np.exp(0.3 * r + u)
    >>> b[7] *= 1e-6
    >>> frame = pl.DataFrame({"firm": np.arange(400) // 4, "year": np.arange(400) % 4, "x": x, "b": b})
    >>> panel = Panel.from_frame(frame.with_columns(y=x * np.exp(0.1 * r - u)), id="firm", time="year")
    >>> technology = Technology(["x"], "y", "b", returns="constant")
    >>> report = influence(panel, technology, Direction.proportional(), "translog_lp", k=1)
    >>> report.firms.filter(pl.col("part") == "removed")["firm", "rows", "reason"].row(0)
    (1, 1, 'bad')
    """
    chosen = _linear(model)
    chosen.check(technology, direction)
    _check_count(k, put_back)
    found = observations(panel, technology, direction)
    parts = frontiers(panel, technology, chosen, found)
    done = engine.map(lambda block: _group(group_data(found, block), chosen, technology, k, put_back), parts)
    groups: list[Row] = []
    firms: list[Row] = []
    for block, (summary, listed) in zip(parts, done, strict=True):
        named = {name: panel.frame[name][block.label] for name in technology.group_by}
        ids = panel.frame[panel.id].gather(block.rows)
        groups.append(named | summary)
        firms.extend(named | {panel.id: ids[int(np.asarray(row.pop("at")))]} | row for row in listed)
    keys = {name: panel.frame.schema[name] for name in technology.group_by}
    return Influence(
        groups=pl.DataFrame(groups, schema={**keys, **_GROUP}),
        firms=pl.DataFrame(firms, schema={**keys, panel.id: panel.frame.schema[panel.id], "part": pl.String, **_FIRM}),
        id=panel.id,
        model=chosen.label,
        k=k,
        put_back=put_back,
        source=panel.provenance.name,
        simulated=panel.provenance.simulated,
    )


def _linear(model: object) -> QuadraticModel | TranslogLinearModel:
    from dualcarbon.frontier.models.quadratic import QuadraticModel
    from dualcarbon.frontier.models.translog_lp import TranslogLinearModel

    chosen = registry.model(model) if isinstance(model, str) else model
    if isinstance(chosen, (QuadraticModel, TranslogLinearModel)):
        return chosen
    raise ConfigError(
        Text("影响分析只用于线性规划模型", "influence is for linear programs"),
        expected=both("quadratic | translog_lp"),
        found=both(str(getattr(chosen, "name", chosen))),
        remedy=Text("改用这两个模型之一：其前沿由少数起作用的行决定", "use one of the two: few binding rows make them"),
    )


def _check_count(k: int, put_back: int) -> None:
    if k < 0 or put_back < 0:
        raise ConfigError(
            Text("企业个数不能为负", "a number of firms is negative"),
            expected=both("k >= 0, put_back >= 0"),
            found=both(f"k={k}, put_back={put_back}"),
            remedy=Text("改为零或正整数", "use zero or a positive whole number"),
        )


def _group(
    data: GroupData, model: QuadraticModel | TranslogLinearModel, technology: Technology, k: int, put_back: int
) -> tuple[Row, list[Row]]:
    """The summary of one frontier, and its firms."""
    from dualcarbon.frontier.models._linear import NO_ROWS
    from dualcarbon.frontier.models._rows import usable
    from dualcarbon.kernels.screen import conditional_scores

    rows = usable(data, True)
    positive, plausible = rows.positive, rows.plausible
    count = int(np.count_nonzero(positive))
    if np.count_nonzero(plausible) < model.least(technology):
        return _summary(count, 0, 0, math.nan, math.nan, "too_few"), []
    plan = model.plan(data, technology)
    base = _Base(data, plan, positive, plausible, plan.fit(plausible, False, NO_ROWS))
    status = base.done.solution.status
    if status == "collinear":
        return _summary(count, 0, 0, math.nan, math.nan, status), []
    everyone = np.ones(np.count_nonzero(plausible), dtype=np.bool_)
    mac, room = _level(base, base.done, plausible, everyone)
    scores = np.full((2, data.b.size), np.nan)
    scores[:, positive] = conditional_scores(data.x[positive], data.y[positive], data.b[positive])
    removed = _removed(base, np.abs(scores), put_back)
    gone = positive & ~plausible
    summary = _summary(count, int(gone.sum()), len(removed), mac, room, status)
    return summary, removed + _kept(base, k)


def _summary(n: int, rows: int, firms: int, mac: float, room: float, status: str) -> Row:
    return dict(zip(_GROUP, (n, rows, firms, mac, room, status), strict=True))


def _removed(base: _Base, scores: Array, put_back: int) -> list[Row]:
    """Firms with rows that the screen removes, the largest score first; the first `put_back` are put back."""
    from dualcarbon.kernels.screen import LIMIT

    gone = base.positive & ~base.plausible
    found: list[tuple[float, int, Row]] = []
    for unit in np.unique(base.data.unit[gone]):
        mine = gone & (base.data.unit == unit)
        good, bad = (float(scores[i, mine].max()) for i in (0, 1))
        reason = "both" if min(good, bad) > LIMIT else "good" if good > LIMIT else "bad"
        row = dict(zip(_FIRM, (int(mine.sum()), reason, good, bad, math.nan, math.nan, math.nan), strict=True))
        found.append((max(good, bad), int(unit), {"at": int(np.flatnonzero(mine)[0]), "part": "removed"} | row))
    found.sort(key=lambda item: (-item[0], item[1]))
    for _, unit, row in found[:put_back]:
        row["mac_change"], row["room_change"] = _change(base, base.plausible | (gone & (base.data.unit == unit)))
    return [row for _, _, row in found]


def _kept(base: _Base, k: int) -> list[Row]:
    """The k firms whose rows bind most, and what their absence does."""
    held = base.done.solution.active[:, 1]
    unit = base.data.unit[base.plausible][held]
    weight = np.bincount(unit, np.maximum(base.done.solution.weights, 0.0), minlength=int(base.data.unit.max()) + 1)
    first = [int(i) for i in np.argsort(-weight, kind="stable")[:k] if weight[i] > 0.0]
    found: list[Row] = []
    for i in first:
        mine = base.plausible & (base.data.unit == i)
        change = _change(base, base.plausible & ~mine)
        row = dict(zip(_FIRM, (int(mine.sum()), None, math.nan, math.nan, float(weight[i]), *change), strict=True))
        found.append({"at": int(np.flatnonzero(mine)[0]), "part": "kept"} | row)
    return found


def _change(base: _Base, mask: Mask) -> tuple[float, float]:
    """Change of ln median MAC and of the aggregate room from the base to the fit of other rows, on shared rows."""
    from dualcarbon.frontier.models._trims import carried

    other = base.plan.fit(mask, False, carried(base.done.solution.entered, base.plausible, mask))
    shared = mask & base.plausible
    before = _level(base, base.done, base.plausible, shared[base.plausible])
    after = _level(base, other, mask, shared[mask])
    change = math.log(after[0] / before[0]) if after[0] > 0.0 and before[0] > 0.0 else math.nan
    return change, after[1] - before[1]


def _level(base: _Base, done: Fitted, mask: Mask, rows: Mask) -> tuple[float, float]:
    """Median MAC and aggregate room of a fit to the rows of `mask`, over some of these."""
    from dualcarbon.frontier.models._linear import median_price

    b = base.data.b[mask][rows]
    return median_price(done, rows, base.plan), float((done.room[rows] * b).sum() / b.sum())
