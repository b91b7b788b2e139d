"""Productivity change of every unit between consecutive periods, split into efficiency and technical change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import DataError
from dualcarbon.core.grouped import group_means
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier._distances import FAILED, INFEASIBLE, Measure, distances, steps_of
from dualcarbon.frontier.indices import Index, Luenberger, check, index_of
from dualcarbon.frontier.observations import Observations, observations
from dualcarbon.frontier.reference import blocks

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

_IN_ORDER = InOrder()
_TOO_FEW, _UNDEFINED, _NO_BAD, _MISSING, _MOVED = 3, 4, 5, 6, 7
STATUSES = ("ok", "infeasible", "failed", "refused", "undefined", "no_bad", "missing", "moved")
"""Statuses of a pair of periods of one unit, by code."""

_OWN, _OWN_NEXT, _OTHER, _OTHER_NEXT = range(4)
_SLOTS = ("distance", "distance_next", "distance_other", "distance_next_other")
_CHANGES = ("index", "efficiency_change", "technical_change")
_COUNTS = ("pairs", *STATUSES, "only_now", "only_next")


@dataclass(frozen=True, slots=True)
class ProductivityResult:
    """Productivity change per unit and pair of consecutive periods.

    Attributes
    ----------
    table : polars.DataFrame, one row per unit and pair of consecutive periods in which it is observed
        `unit`, `period`, `next_period`; `index`, `efficiency_change`, `technical_change` (under the biennial and the
        global base the change of the best-practice gap); the distances behind them: `distance` and `distance_next`,
        of each period to its own frontier, `distance_other` and `distance_next_other`, to the frontier of the other
        period or to the common one; `status`.
    diagnostics : polars.DataFrame, one row per group and pair of periods
        Group columns, `period`, `next_period`, `pairs`, their statuses (ok, infeasible, failed, refused, undefined,
        no_bad, missing, moved), `only_now` and `only_next`: units observed in one of the two periods only.
    index : MalmquistLuenberger or Luenberger
    technology, direction : what was asked for
    gaps : int
        Times a unit is absent in between.
    warnings : tuple of Text
    """

    table: pl.DataFrame
    diagnostics: pl.DataFrame
    index: Index
    technology: Technology
    direction: Direction
    gaps: int
    warnings: tuple[Text, ...] = ()

    def summary(self) -> pl.DataFrame:
        """Per pair of periods: geometric means of a ratio index, arithmetic of a difference, over the rows that are
        ok, then the counts of the diagnostics."""
        pair = ["period", "next_period"]
        values = [pl.col(c).log() if self.index.ratio else pl.col(c) for c in _CHANGES]
        means = group_means(self.table.filter(status="ok"), pair, values)
        if self.index.ratio:
            means = means.with_columns(pl.col(*_CHANGES).exp())
        counts = self.diagnostics.group_by(pair).agg(pl.col(_COUNTS).sum())
        return counts.join(means, on=pair, how="left", validate="1:1").select(*pair, *_CHANGES, *_COUNTS).sort(pair)

    def totals(self) -> Mapping[str, int]:
        """The counts of the diagnostics over all groups and pairs."""
        return {name: int(self.diagnostics[name].sum()) for name in _COUNTS}

    def __repr__(self) -> str:
        shares = ", ".join(f"{name} {n:,}" for name, n in self.totals().items() if n)
        return f"ProductivityResult({self.index.label.en}: {shares}; gaps {self.gaps:,})"


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Rows of the panel at the two ends of every pair, and whether it is measured (0) or why not."""

    now: Codes
    next: Codes
    code: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Task:
    """One frontier and what is measured against it: slots, pairs and rows of the panel, of equal length."""

    reference: Codes
    slot: Codes
    pair: Codes
    row: Codes


def productivity(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    index: str | Index = "malmquist_luenberger",
    *,
    engine: Engine = _IN_ORDER,
) -> ProductivityResult:
    """Productivity change of every unit between consecutive periods, with efficiency and technical change.

    With D^s(t) the distance of the unit in period t to the frontier of period s, base "adjacent":

        ML = [(1 + D^t(t)) / (1 + D^t(t+1)) x (1 + D^t+1(t)) / (1 + D^t+1(t+1))]^1/2,
        EC = (1 + D^t(t)) / (1 + D^t+1(t+1)),   TC = ML / EC;
        L = [D^t(t) - D^t(t+1) + D^t+1(t) - D^t+1(t+1)] / 2,   EC = D^t(t) - D^t+1(t+1),   TC = L - EC;

    base "biennial" or "global", B the technology of both or of all periods: (1 + D^B(t)) / (1 + D^B(t+1)) and
    D^B(t) - D^B(t+1), same EC, and TC is the change of the gap between the period's frontier and that technology.

    Parameters
    ----------
    panel : Panel
    technology : Technology
        `reference` "contemporaneous", "sequential" or "window" says which periods make the frontier of one.
    direction : Direction
        Steps belong to the observation that is measured. A constant direction is in means of its group over all
        periods.
    index : str, MalmquistLuenberger or Luenberger
        An object, or one of the words of `indices.NAMES`.
    engine : Engine
        How the frontiers are run; never changes a number.

    Returns
    -------
    ProductivityResult
        Statuses: ok; infeasible, a programme across periods has no solution (`efficiency_change` still stands);
        failed, the solver gave up; refused, a frontier has fewer rows than inputs and outputs; undefined, a factor
        1 + D is not positive; no_bad, zero of the first bad in one period; missing, no data in one; moved, the unit
        changes group in between. Only ok rows have an index.

    Raises
    ------
    ConfigError
        For an unknown index, a technology or direction that envelopment does not support, a ratio index with a
        direction not in observed values or without the goods, a reference that already joins later periods.
    DataError
        If the panel has fewer than two periods, or a bad output is negative somewhere.
    SchemaError
        If a column is absent or not numeric.

    Notes
    -----
    Distances to frontiers of other periods are negative where the unit lies beyond them. The non-radial measure
    admits no such point (its steps are nonnegative): the programme is infeasible, often under base "adjacent".

    Chung, Faere & Grosskopf (1997), J. Environmental Management 51, 229-240, doi:10.1006/jema.1997.0146; Oh (2010),
    J. Productivity Analysis 34, 183-197, doi:10.1007/s11123-010-0178-y; Pastor, Asmild & Lovell (2011),
    Socio-Economic Planning Sciences 45, 10-15, doi:10.1016/j.seps.2010.09.001; Chambers (1996), working paper,
    University of Maryland; Zhou, Ang & Wang (2012), European J. Operational Research 221, 625-635,
    doi:10.1016/j.ejor.2012.04.022.

    Examples
    --------
    >>> frame = pl.DataFrame({"f": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "x": [1.0] * 6, "b": [1.0] * 6})
    >>> panel = Panel.from_frame(frame.with_columns(y=pl.Series([2.0, 3.0, 1.0, 3.0, 1.0, 2.0])), id="f", time="t")
    >>> technology = Technology(["x"], "y", "b", returns="constant", disposability="weak")
    >>> found = productivity(panel, technology, Direction.proportional(), "global_luenberger")
    >>> found.table["index"].round(3).to_list()
    [0.2, 0.5, 0.3]
    """
    chosen = index_of(index)
    check(chosen, technology, direction)
    found = observations(panel, technology, direction)
    _refuse_one_period(panel, found)
    group = panel.codes(*technology.group_by)
    measured = found.usable & (found.bads[:, 0] > 0.0)
    pairs = _pairs(found, group, measured)
    measure = _measure(found, technology, direction, chosen, group)
    tasks = list(_tasks(pairs, found, group, measured, technology, chosen))
    least = len(technology.inputs) + len(technology.goods) + len(technology.bads)
    answers = engine.map(lambda task: _run(task, found, technology, measure, least), tasks)
    distance, state = _gather(pairs, tasks, answers, chosen)
    table = _table(panel, pairs, distance, *_changes(chosen, distance, state, pairs.code))
    gone = _unpaired(found, pairs)
    diagnostics = _diagnostics(panel, technology, found, group, pairs, table, gone)
    same = found.unit[1:] == found.unit[:-1]
    gaps = int(np.count_nonzero(same & (np.diff(found.time) > 1)))
    warnings = _warnings(diagnostics, gaps)
    return ProductivityResult(table, diagnostics, chosen, technology, direction, gaps, warnings)


def _refuse_one_period(panel: Panel, found: Observations) -> None:
    periods = np.unique(found.time).size
    if periods < 2:
        raise DataError(
            Text("生产率变化至少要有两期", "productivity change needs two periods"),
            expected=Text("{t} 至少两个取值", "at least two values of {t}").format(t=panel.time),
            found=both(str(periods)),
            remedy=Text(
                "给出多期数据；单期的无效率请用 frontier.fit", "give several periods; for one, use frontier.fit"
            ),
        )


def _measure(found: Observations, technology: Technology, direction: Direction, index: Index, group: Codes) -> Measure:
    steps = steps_of(found, direction, group)
    if isinstance(index, Luenberger) and index.nonradial:
        from dualcarbon.frontier.models.nonradial import NonradialModel

        return Measure(steps, NonradialModel(index.weights).weigh(technology, direction))
    return Measure(steps, None)


def _pairs(found: Observations, group: Codes, measured: NDArray[np.bool_]) -> _Pairs:
    """Units observed in consecutive periods of the panel, which is sorted by unit and period."""
    follows = (found.unit[1:] == found.unit[:-1]) & (np.diff(found.time) == 1)
    now = np.flatnonzero(follows)
    after = now + 1
    code = np.zeros(now.size, dtype=np.int8)
    code[~(measured[now] & measured[after])] = _NO_BAD
    code[~(found.usable[now] & found.usable[after])] = _MISSING
    code[group[now] != group[after]] = _MOVED
    return _Pairs(now, after, code)


def _tasks(
    pairs: _Pairs,
    found: Observations,
    group: Codes,
    measured: NDArray[np.bool_],
    technology: Technology,
    index: Index,
) -> Iterator[_Task]:
    """Every frontier that measures some pair, with what it measures."""
    wanted = np.flatnonzero(pairs.code == 0)
    now, after = pairs.now[wanted], pairs.next[wanted]
    cell = group * (int(found.time.max()) + 1) + found.time
    own, base = ((_OWN, now, now), (_OWN_NEXT, after, after)), ((_OTHER, now, now), (_OTHER_NEXT, now, after))
    if index.base == "adjacent":
        own, base = (*own, (_OTHER, after, now), (_OTHER_NEXT, now, after)), ()  # type: ignore[assignment]
    plans = [(technology.reference, cell, own)]
    if base:
        plans.append((index.base, cell if index.base == "biennial" else group, base))  # type: ignore[arg-type]
    for reference, frontier, uses in plans:
        slot = np.concatenate([np.full(wanted.size, use[0]) for use in uses])
        pair = np.tile(wanted, len(uses))
        at = frontier[np.concatenate([use[1] for use in uses])]
        row = np.concatenate([use[2] for use in uses])
        order = np.argsort(at, kind="stable")
        sorted_at = at[order]
        for block in blocks(group, found.time, measured, reference, technology.window):
            ends = np.searchsorted(sorted_at, (frontier[block.label], frontier[block.label] + 1))
            chosen = order[ends[0] : ends[1]]
            if chosen.size:
                yield _Task(block.rows, slot[chosen], pair[chosen], row[chosen])


def _run(
    task: _Task, found: Observations, technology: Technology, measure: Measure, least: int
) -> tuple[Array, NDArray[np.int8]]:
    """Distances and codes of the entries of a task; an observation that occurs twice is measured once."""
    if task.reference.size < least:
        return np.full(task.row.size, np.nan), np.full(task.row.size, _TOO_FEW, dtype=np.int8)
    rows, back = np.unique(task.row, return_inverse=True)
    beta, status = distances(found, technology, measure, task.reference, rows)
    return beta[back], status[back]


def _gather(
    pairs: _Pairs, tasks: list[_Task], answers: list[tuple[Array, NDArray[np.int8]]], index: Index
) -> tuple[Array, NDArray[np.int8]]:
    """Distances and codes (4, pairs) by slot; a unit is not beyond a frontier that it helps to make."""
    distance = np.full((4, pairs.now.size), np.nan)
    state = np.zeros((4, pairs.now.size), dtype=np.int8)
    for task, (beta, status) in zip(tasks, answers, strict=True):
        distance[task.slot, task.pair] = beta
        state[task.slot, task.pair] = status
    inside = distance[:2] if index.base == "adjacent" else distance
    np.maximum(inside, 0.0, out=inside)
    return distance, state


def _changes(
    index: Index, distance: Array, state: NDArray[np.int8], code: NDArray[np.int8]
) -> tuple[Array, NDArray[np.int8]]:
    """Index, efficiency and technical change (3, pairs), and the codes of the pairs."""
    status = code.copy()
    measured = code == 0
    for trouble in (INFEASIBLE, FAILED, _TOO_FEW):
        status[measured & (state == trouble).any(axis=0)] = trouble
    if index.ratio:
        factor = 1.0 + distance
        with np.errstate(invalid="ignore"):
            status[(status == 0) & (factor <= 0.0).any(axis=0)] = _UNDEFINED
            factor[factor <= 0.0] = np.nan
        value = np.log(factor)
    else:
        value = distance
    own, own_next, other, other_next = value
    efficiency = own - own_next
    total = (own - other_next + other - own_next) / 2.0 if index.base == "adjacent" else other - other_next
    changes = np.vstack([total, efficiency, total - efficiency])
    changes[0, status != 0] = changes[2, status != 0] = np.nan
    return np.exp(changes) if index.ratio else changes, status


def _table(panel: Panel, pairs: _Pairs, distance: Array, changes: Array, status: NDArray[np.int8]) -> pl.DataFrame:
    frame = panel.frame
    numbers = {**dict(zip(_CHANGES, changes, strict=True)), **dict(zip(_SLOTS, distance, strict=True))}
    return pl.DataFrame(
        {
            "unit": frame[panel.id][pairs.now],
            "period": frame[panel.time][pairs.now],
            "next_period": frame[panel.time][pairs.next],
            **numbers,
            "status": pl.Series(STATUSES).gather(status.astype(np.uint8)),
        }
    )


def _unpaired(found: Observations, pairs: _Pairs) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows that begin no pair though a period follows, rows that end none though one went before."""
    begins, ends = np.zeros(found.time.size, dtype=np.bool_), np.zeros(found.time.size, dtype=np.bool_)
    begins[pairs.now], ends[pairs.next] = True, True
    return ~begins & (found.time < found.time.max()), ~ends & (found.time > 0)


def _diagnostics(
    panel: Panel,
    technology: Technology,
    found: Observations,
    group: Codes,
    pairs: _Pairs,
    table: pl.DataFrame,
    gone: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> pl.DataFrame:
    """Counts per group and pair of periods, in sorted order."""
    periods = int(found.time.max()) + 1
    only_now, only_next = (np.flatnonzero(rows) for rows in gone)
    cell = group * periods + found.time
    owner = np.concatenate([cell[pairs.now], cell[only_now], cell[only_next] - 1])
    codes, place = np.unique(owner, return_inverse=True)
    at, out, into = np.split(place, np.cumsum([pairs.now.size, only_now.size]))
    words = table["status"].to_numpy()
    counts = {
        "pairs": np.bincount(at, minlength=codes.size),
        **{word: np.bincount(at[words == word], minlength=codes.size) for word in STATUSES},
        "only_now": np.bincount(out, minlength=codes.size),
        "only_next": np.bincount(into, minlength=codes.size),
    }
    label = panel.frame[panel.time].unique().sort()
    first = np.unique(group, return_index=True)[1]
    keys = panel.frame.select(technology.group_by)[first[codes // periods]] if technology.group_by else pl.DataFrame()
    span = {"period": label[codes % periods], "next_period": label[codes % periods + 1]}
    return pl.DataFrame({**keys.to_dict(), **span, **counts})


def _warnings(diagnostics: pl.DataFrame, gaps: int) -> tuple[Text, ...]:
    phrases = {
        "infeasible": Text(
            "{n} 对（共 {t} 对）的跨期规划不可行，没有指数",
            "{n} of {t} pairs have an infeasible programme across periods and no index",
        ),
        "failed": Text("{n} 对（共 {t} 对）求解失败", "the solver failed for {n} of {t} pairs"),
        "refused": Text("{n} 对（共 {t} 对）的前沿观测太少", "{n} of {t} pairs have a frontier of too few rows"),
        "undefined": Text("{n} 对（共 {t} 对）的 1 + D 不为正", "1 + D is not positive for {n} of {t} pairs"),
        "moved": Text("{n} 对（共 {t} 对）的单位换了组", "the unit changes group in {n} of {t} pairs"),
    }
    totals = {name: int(diagnostics[name].sum()) for name in phrases}
    pairs = int(diagnostics["pairs"].sum())
    said = [phrases[name].format(n=n, t=pairs) for name, n in totals.items() if n]
    if gaps:
        text = Text("{n} 处间断：单位缺席后重现，不跨期连接", "{n} gaps: units absent in between are not linked across")
        said.append(text.format(n=gaps))
    return tuple(said)
