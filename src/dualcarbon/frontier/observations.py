"""From a panel to the arrays a model takes: what is usable, which frontiers there are, the data of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import GroupData, Model
from dualcarbon.frontier.reference import Block, blocks

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Observations:
    """The panel as arrays: x (n, m), goods (n, q), bads (n, r), custom steps, firm and period codes, which rows carry
    data, and the periods on the calendar, where years that nobody reports count too."""

    x: Array
    goods: Array
    bads: Array
    steps: Array | None
    unit: Index
    time: Index
    usable: NDArray[np.bool_]
    calendar: Index


def observations(panel: Panel, technology: Technology, direction: Direction) -> Observations:
    """The columns of the technology; usable are rows without missing or infinite values, inputs and goods positive.

    Raises
    ------
    SchemaError
        If a column is absent or not numeric.
    DataError
        If a bad output or a step of a custom direction is negative somewhere.
    ConfigError
        If a custom direction moves a column that is not in the technology.
    """
    x = np.column_stack(panel.arrays(*technology.inputs))
    goods = np.column_stack(panel.arrays(*technology.goods))
    bads = np.column_stack(panel.arrays(*technology.bads))
    for name, values in zip(technology.bads, bads.T, strict=True):
        _refuse_negative(panel, name, values)
    steps = _steps(panel, technology, direction) if direction.columns else None
    with np.errstate(invalid="ignore"):
        positive = np.column_stack([x, goods]) > 0.0
    usable = np.logical_and(positive.all(axis=1), np.isfinite(np.column_stack([x, goods, bads])).all(axis=1))
    if steps is not None:
        usable = np.logical_and(usable, np.isfinite(steps).all(axis=1))
    time = panel.codes(panel.time)
    return Observations(x, goods, bads, steps, panel.codes(panel.id), time, usable, _calendar(panel, time))


def _calendar(panel: Panel, codes: Index) -> Index:
    """Periods since the first where time is a whole number, else the codes of the periods that occur."""
    when = panel.frame[panel.time]
    return (when - when.min()).to_numpy().astype(np.int64) if when.dtype.is_integer() and panel.n else codes


def frontiers(panel: Panel, technology: Technology, model: Model, found: Observations) -> list[Block]:
    """The frontiers a model fits to the panel."""
    reference = "global" if model.pools else technology.reference
    return blocks(panel.codes(*technology.group_by), found.time, found.usable, reference, technology.window)


def group_keys(panel: Panel, technology: Technology, model: Model) -> tuple[str, ...]:
    """The columns that name a frontier."""
    split = not model.pools and technology.reference != "global"
    return tuple(dict.fromkeys((*technology.group_by, *((panel.time,) if split else ()))))


def group_data(found: Observations, block: Block) -> GroupData:
    """The observations of one frontier."""
    rows, every = block.rows, bool(block.evaluated.all())
    goods, bads = found.goods[rows], found.bads[rows]
    return GroupData(
        x=found.x[rows],
        y=np.ascontiguousarray(goods[:, 0]),
        b=np.ascontiguousarray(bads[:, 0]),
        unit=dense(found.unit[rows]),
        time=found.calendar[rows] - (found.calendar[rows].min() if rows.size else 0),
        more_goods=goods[:, 1:] if goods.shape[1] > 1 else None,
        more_bads=bads[:, 1:] if bads.shape[1] > 1 else None,
        steps=None if found.steps is None else found.steps[rows],
        evaluated=None if every else block.evaluated,
    )


def dense(codes: Index) -> Index:
    """The codes renumbered 0, 1, ... in their order."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _steps(panel: Panel, technology: Technology, direction: Direction) -> Array:
    """The custom direction, (n, m + q + r)."""
    names = (*technology.inputs, *technology.goods, *technology.bads)
    steps = np.zeros((panel.n, len(names)))
    for name, step in direction.columns:
        if name not in names:
            raise ConfigError(
                Text("方向中的列不在生产技术里", "the direction moves a column that is not in the technology"),
                expected=both(" | ".join(names)),
                found=both(name),
                remedy=Text("改正 Direction.custom", "correct Direction.custom"),
            )
        values = panel.arrays(step)[0] if isinstance(step, str) else np.full(panel.n, float(step))
        _refuse_negative(panel, step if isinstance(step, str) else name, values)
        steps[:, names.index(name)] = values
    return steps


def _refuse_negative(panel: Panel, bad: str, b: Array) -> None:
    rows = np.flatnonzero(b < 0.0)
    if rows.size:
        first = panel.frame.select(panel.id, panel.time)[rows[:5].tolist()].rows()
        raise DataError(
            Text("{c} 有负值", "{c} has negative values").format(c=bad),
            expected=both(f"{bad} >= 0"),
            found=Text("{n} 行为负，前几个 {f}", "{n} rows negative, first {f}").format(n=rows.size, f=first),
            remedy=Text("改正或删去这些行", "correct or drop these rows"),
        )
