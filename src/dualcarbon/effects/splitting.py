"""Into which group a row falls: by the median, quantiles, cuts or values of a column, taken by row or by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.options import is_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Kind = Literal["quantiles", "cuts", "values"]

MOST_VALUES = 50
"""Values of a column that may each make a group."""


@dataclass(frozen=True, slots=True)
class GroupSplit:
    """How a column divides rows into groups.

    Made by `GroupSplit.median()`, `GroupSplit.quantiles(4)`, `GroupSplit.at(1e6, 1e8)` or `GroupSplit.values()`; then
    `.first()`, `.mean()` or `.period(2008)` let all rows of a unit follow its first value, mean or value in one period.
    Without these a row follows its own value, so that a unit may change its group.

    A value at a cut belongs to the group above. Quantiles are those of the rows of the panel or, where units are
    divided, of the units, each once.

    Examples
    --------
    >>> GroupSplit.quantiles(3).first()
    GroupSplit(kind='quantiles', levels=(0.333..., 0.666...), taken='first', when=None)
    """

    kind: Kind
    levels: tuple[float, ...] = ()
    taken: Literal["row", "first", "mean", "period"] = "row"
    when: object = None

    @classmethod
    def median(cls) -> GroupSplit:
        """Below the median, and at or above it."""
        return cls("quantiles", (0.5,))

    @classmethod
    def quantiles(cls, groups: int | Sequence[float]) -> GroupSplit:
        """As many groups of about equal size, or groups divided at these levels between 0 and 1.

        Raises
        ------
        ConfigError
            Fewer than two groups, or levels that do not increase inside (0, 1).
        """
        if is_whole(groups, 2):
            return cls("quantiles", tuple(k / int(groups) for k in range(1, int(groups))))  # type: ignore[arg-type]
        levels = _levels(groups)
        increasing = all(a < b for a, b in zip((0.0, *levels), (*levels, 1.0), strict=True))
        if not levels or not increasing:
            raise _bad_split(groups)
        return cls("quantiles", levels)

    @classmethod
    def at(cls, *cuts: float) -> GroupSplit:
        """Groups divided at these values.

        Raises
        ------
        ConfigError
            No cut, or cuts that do not increase.
        """
        if not cuts or not all(np.isfinite(cuts)) or any(a >= b for a, b in pairwise(cuts)):
            raise _bad_split(cuts)
        return cls("cuts", tuple(map(float, cuts)))

    @classmethod
    def values(cls) -> GroupSplit:
        """One group for each value."""
        return cls("values")

    def first(self) -> GroupSplit:
        """Rows follow their unit's first value that is not missing."""
        return GroupSplit(self.kind, self.levels, "first")

    def mean(self) -> GroupSplit:
        """Rows follow their unit's mean."""
        return GroupSplit(self.kind, self.levels, "mean")

    def period(self, when: object) -> GroupSplit:
        """Rows follow their unit's value in one period; units not seen in it belong to no group."""
        return GroupSplit(self.kind, self.levels, "period", when)

    @property
    def by_unit(self) -> bool:
        """Whether all rows of a unit are in one group."""
        return self.taken != "row"


@dataclass(frozen=True, slots=True)
class Groups:
    """The rows of a panel in groups.

    Attributes
    ----------
    codes : (n,)
        Group of each row; -1 where the value is missing.
    labels : tuple of Text
    cuts : tuple of float
        Where the groups are divided; empty for values.
    rule : Text
    """

    codes: Codes
    labels: tuple[Text, ...]
    cuts: tuple[float, ...]
    rule: Text


def as_split(split: GroupSplit | str | int | Sequence[float]) -> GroupSplit:
    """The split that a word ("median", "values"), a number of groups or quantile levels stand for.

    Raises
    ------
    ConfigError
        For anything else.
    """
    if isinstance(split, GroupSplit):
        return split
    if isinstance(split, str):
        if split not in ("median", "values"):
            raise _bad_split(split)
        return GroupSplit.median() if split == "median" else GroupSplit.values()
    return GroupSplit.quantiles(split)


def _levels(written: object) -> tuple[float, ...]:
    """The quantile levels, none if they are no numbers."""
    try:
        return tuple(float(v) for v in written)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return ()


def divide(panel: Panel, by: str, split: GroupSplit, unit: str) -> Groups:
    """The groups of the rows of a panel.

    Raises
    ------
    SchemaError
        The column is absent, or not numeric where quantiles, cuts or means are asked for.
    DataError
        Fewer than two groups, or too many values.
    """
    for name in (by, unit):
        if name not in panel.frame.columns:
            raise SchemaError(
                Text("表中没有列 {n}", "the table has no column {n}").format(n=name),
                expected=both(", ".join(panel.frame.columns)),
                found=both(name),
                remedy=Text("检查 by= 与 unit= 的列名", "check the columns of by= and unit="),
            )
    if split.kind != "values" or split.taken == "mean":
        panel.arrays(by)
    if split.taken == "period":
        _require_period(panel, split.when)
    table = _taken(panel, by, split, unit)
    found = _by_value(table, by, split) if split.kind == "values" else _by_cuts(table, by, split)
    empty = [str(label) for g, label in enumerate(found.labels) if not np.any(found.codes == g)]
    if len(found.labels) < 2 or empty:
        raise DataError(
            Text("{b} 不能分成所要的组", "{b} does not divide into the groups asked for").format(b=by),
            expected=Text("至少两组，各组有行", "at least two groups, none empty"),
            found=Text("{k} 组，空组：{e}", "{k} groups, empty: {e}").format(
                k=len(found.labels), e="; ".join(empty) or "-"
            ),
            remedy=Text("换分组方式，例如 GroupSplit.at(…)", "divide in another way, for example GroupSplit.at(...)"),
        )
    return found


def _require_period(panel: Panel, when: object) -> None:
    periods = panel.frame[panel.time].unique().sort().to_list()
    if when not in periods:
        raise DataError(
            Text("表中没有时期 {w}", "the table has no period {w}").format(w=repr(when)),
            expected=Text("{t} 的一个值", "a value of {t}").format(t=panel.time),
            found=both(", ".join(map(repr, periods[:5])) + (" ..." if len(periods) > 5 else "")),
            remedy=Text("例如 .period({p})", "for example .period({p})").format(p=repr(periods[0]) if periods else "-"),
        )


def _taken(panel: Panel, by: str, split: GroupSplit, unit: str) -> pl.DataFrame:
    """Columns `value`, the value a row follows, and `counts`, whether the row counts towards quantiles."""
    value = pl.col(by)
    if panel.frame[by].dtype.is_float():
        value = value.fill_nan(None)
    if not split.by_unit:
        return panel.frame.select(value=value, counts=pl.lit(True))
    kept = {
        "first": value.drop_nulls().first(),
        "mean": value.cast(pl.Float64, strict=False).mean(),
        "period": value.filter(pl.col(panel.time) == pl.lit(split.when)).drop_nulls().first(),
    }[split.taken]
    return panel.frame.select(value=kept.over(unit), counts=pl.col(unit).is_first_distinct())


def _by_cuts(table: pl.DataFrame, by: str, split: GroupSplit) -> Groups:
    values = table["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    cuts = split.levels
    if split.kind == "quantiles":
        counted = values[table["counts"].to_numpy() & np.isfinite(values)]
        if not len(counted):
            raise _all_missing(by, table.height)
        cuts = tuple(float(v) for v in np.quantile(counted, split.levels))
    codes = np.searchsorted(np.asarray(cuts), values, side="right").astype(np.int64)
    codes[~np.isfinite(values)] = -1
    edges = [f"{cut:,.6g}" for cut in cuts]
    labels = [both(f"{by} < {edges[0]}")]
    labels += [both(f"{low} ≤ {by} < {high}") for low, high in pairwise(edges)]
    labels.append(both(f"{by} ≥ {edges[-1]}"))
    return Groups(codes, tuple(labels), cuts, _rule(by, split, edges))


def _by_value(table: pl.DataFrame, by: str, split: GroupSplit) -> Groups:
    known = table["value"].drop_nulls().unique().sort()
    if len(known) > MOST_VALUES:
        raise DataError(
            Text("{b} 的取值太多", "{b} has too many values").format(b=by),
            expected=Text("至多 {m} 个取值", "at most {m} values").format(m=MOST_VALUES),
            found=Text("{k} 个，前几个 {v}", "{k}, first {v}").format(k=len(known), v=known.head(5).to_list()),
            remedy=Text("用 split=分位组数", "divide at quantiles: split=number of groups"),
        )
    place = pl.DataFrame({"value": known, "code": np.arange(len(known))})
    codes = table.join(place, on="value", how="left", validate="m:1", maintain_order="left")["code"]
    labels = tuple(both(f"{by} = {value}") for value in known.to_list())
    return Groups(codes.fill_null(-1).to_numpy().astype(np.int64), labels, (), _rule(by, split, []))


def _rule(by: str, split: GroupSplit, edges: Sequence[str]) -> Text:
    whose = {
        "row": Text("各行自己的值", "each row's own value"),
        "first": Text("个体的首个值", "the unit's first value"),
        "mean": Text("个体均值", "the unit's mean"),
        "period": Text("个体在 {w} 的值", "the unit's value in {w}").format(w=split.when),
    }[split.taken]
    if split.kind == "values":
        return Text("按 {b} 的取值分组（{w}）", "groups by the values of {b} ({w})").format(b=by, w=whose)
    where = ", ".join(edges)
    if split.kind == "cuts":
        return Text(
            "按 {b} 在 {e} 处分组（{w}），等于分界者归入上一组",
            "groups by {b} at {e} ({w}); a value at a cut counts above",
        ).format(b=by, e=where, w=whose)
    over = Text("个体", "units") if split.by_unit else Text("行", "rows")
    levels = ", ".join(f"{100 * level:.4g}%" for level in split.levels)
    return Text(
        "按 {b} 的分位数 {l}（= {e}，取自{o}）分组（{w}），等于分界者归入上一组",
        "groups by {b} at its quantiles {l} (= {e}, over {o}; {w}); a value at a cut counts above",
    ).format(b=by, l=levels, e=where, o=over, w=whose)


def _all_missing(by: str, rows: int) -> DataError:
    return DataError(
        Text("{b} 全部缺失", "{b} is missing everywhere").format(b=by),
        expected=Text("至少一个值", "at least one value"),
        found=Text("{n} 行都缺失", "missing on all {n} rows").format(n=rows),
        remedy=Text("检查列与时期", "check the column and the period"),
    )


def _bad_split(found: object) -> ConfigError:
    return ConfigError(
        Text("分组方式无法理解", "the split cannot be understood"),
        expected=Text(
            '"median"、"values"、组数（至少 2）、(0, 1) 内递增的分位点，或 GroupSplit.at(递增的值)',
            '"median", "values", a number of groups (at least 2), levels increasing in (0, 1), GroupSplit.at(...)',
        ),
        found=both(repr(found)),
        remedy=Text(
            '例如 split="median" 或 split=GroupSplit.median().first()',
            'say split="median" or GroupSplit.median().first()',
        ),
    )
