"""Who gets whose treatment in a placebo: whole paths among units, or rows within periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import compact, dense_codes
from dualcarbon.core.errors import DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to hand values out, as arrays.

    Attributes
    ----------
    values : (v,)
        The values of all items, one item after the other.
    start, strata : (u,)
        Where the values of an item start; items exchange with items of their stratum.
    item, offset : (n,)
        The item of a row, and which of its values is the row's.
    words : Text
    """

    values: Floats
    start: Codes
    strata: Codes
    item: Codes
    offset: Codes
    words: Text

    @property
    def alone(self) -> int:
        """Items that no other can exchange with: they keep their own values in every draw."""
        return int(np.count_nonzero(np.bincount(self.strata) == 1))

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.strata)

    def draw(self, random: np.random.Generator, draws: int) -> Floats:
        """Values of the rows in several draws, (n, draws)."""
        from dualcarbon.kernels.reassignment import handed_out, shuffled

        members = np.argsort(self.strata, kind="stable").astype(np.int64)
        bounds = np.concatenate([[0], np.cumsum(np.bincount(self.strata))]).astype(np.int64)
        order = shuffled(members, bounds, random.random((draws, self.items)))
        return handed_out(self.values, self.start, self.item, self.offset, order)


class Reassignment(Protocol):
    """A rule that says which values may be exchanged."""

    def plan(self, panel: Panel, rows: Codes, values: Floats) -> Plan:
        """The exchange of the values, (n,), that stand on these rows of the panel."""
        ...


@dataclass(frozen=True, slots=True)
class WholePaths:
    """Units exchange the whole path of their treatment.

    A path goes only to a unit that is seen in the same periods, so that every value stays in its own period; a unit
    whose periods are its own alone keeps its path, and is counted.

    Parameters
    ----------
    unit : str, optional
        Column of the units; the id of the panel by default. Where a unit has several rows in a period they must share
        one value of the treatment.
    """

    unit: str | None = None

    def plan(self, panel: Panel, rows: Codes, values: Floats) -> Plan:
        """The exchange of whole paths.

        Raises
        ------
        SchemaError
            If the column of units is absent.
        DataError
            If the treatment differs within a unit and period.
        NotIdentifiedError
            If no two units are seen in the same periods.
        """
        name = self.unit or panel.id
        unit, period = _codes(panel, name, rows), _codes(panel, panel.time, rows)
        cell, cells = compact(unit * (int(period.max()) + 1) + period, (int(unit.max()) + 1) * (int(period.max()) + 1))
        first = np.full(cells, len(rows), dtype=np.int64)
        np.minimum.at(first, cell, np.arange(len(rows)))
        held = values[first]
        _require_one_value(name, held[cell], values, panel, rows)
        owner, when = unit[first], period[first]
        start = np.searchsorted(owner, np.arange(int(unit.max()) + 1)).astype(np.int64)
        strata = _patterns(owner, when, len(start))
        words = Text("处理路径整条在 {u} 之间重新分配", "whole paths of the treatment reassigned among {u}")
        found = Plan(held, start, strata, unit, cell - start[unit], words.format(u=name))
        _require_exchange(found, name)
        return found


@dataclass(frozen=True, slots=True)
class WithinPeriods:
    """Rows exchange their treatment with rows of the same period.

    Parameters
    ----------
    period : str
        Column of the periods (any grouping will do).
    """

    period: str

    def plan(self, panel: Panel, rows: Codes, values: Floats) -> Plan:
        """The exchange of single values.

        Raises
        ------
        SchemaError
            If the column is absent.
        NotIdentifiedError
            If no two rows share a period.
        """
        strata = _codes(panel, self.period, rows)
        each = np.arange(len(rows), dtype=np.int64)
        words = Text("处理在同一 {p} 的各行之间重新分配", "the treatment reassigned among rows of the same {p}")
        found = Plan(values, each, strata, each, np.zeros_like(each), words.format(p=self.period))
        _require_exchange(found, self.period)
        return found


def _codes(panel: Panel, name: str, rows: Codes) -> Codes:
    if name not in panel.frame.columns:
        raise SchemaError(
            Text("表中没有列 {n}", "the table has no column {n}").format(n=name),
            expected=both(", ".join(panel.frame.columns)),
            found=both(name),
            remedy=Text("检查 unit= 与 within= 的列名", "check the columns of unit= and within="),
        )
    column = panel.frame[name].gather(rows)
    if column.null_count():
        raise DataError(
            Text("列 {n} 有缺失值", "column {n} has missing values").format(n=name),
            expected=Text("所用各行都有 {n}", "{n} on every row used").format(n=name),
            found=Text("{k} 行缺失", "missing on {k} rows").format(k=column.null_count()),
            remedy=Text("补全，或用 sample= 舍去", "complete it, or leave these rows out with sample="),
        )
    return dense_codes([column])


def _patterns(owner: Codes, when: Codes, units: int) -> Codes:
    """Codes of the sets of periods in which units are seen, (units,)."""
    seen = pl.DataFrame({"owner": owner, "when": when}).group_by("owner", maintain_order=True).agg("when")
    words = seen["when"].cast(pl.List(pl.String)).list.join(" ")
    return dense_codes([words.to_frame()["when"]]) if units else np.zeros(0, dtype=np.int64)


def _require_one_value(unit: str, expected: Floats, values: Floats, panel: Panel, rows: Codes) -> None:
    off = np.flatnonzero(expected != values)
    if len(off):
        first = panel.frame[rows[off[:5]]].select(panel.id, panel.time).rows()
        raise DataError(
            Text("处理在同一 {u} 与时期内不唯一", "the treatment differs within a {u} and period").format(u=unit),
            expected=Text("每个 {u} 每期一个值", "one value for each {u} and period").format(u=unit),
            found=Text("{k} 行不同，前几行 {f}", "{k} rows differ, first {f}").format(k=len(off), f=first),
            remedy=Text("换更细的 unit=，或用 within=", "take a finer unit=, or use within="),
        )


def _require_exchange(plan: Plan, name: str) -> None:
    if plan.alone == plan.items:
        raise NotIdentifiedError(
            Text("没有可以互换的处理", "no treatment can be exchanged"),
            expected=Text("至少两个时期相同的单位", "at least two that are seen in the same periods"),
            found=Text("{u} 个 {n}，时期各不相同", "{u} of {n}, each with periods of its own").format(
                u=plan.items, n=name
            ),
            remedy=Text("用 within= 在同一时期内重新分配", "reassign within periods with within="),
        )
