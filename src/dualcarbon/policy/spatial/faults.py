"""What can be wrong with neighbours, said so that a stranger knows what to do."""

from __future__ import annotations

from collections.abc import Sequence

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.policy.faults import SHOWN


def keys(found: Sequence[object]) -> Text:
    """How many, and the first ones."""
    return Text("{k} 个，前几个 {f}", "{k}, first {f}").format(k=len(found), f=list(found[:SHOWN]))


def names_differ(absent: Sequence[object], further: Sequence[object], known: Sequence[object]) -> DataError:
    """The weights and the panel name different units."""
    return DataError(
        Text("权重与面板的单位不一致", "the weights and the panel name different units"),
        expected=Text("面板的每个单位在权重中恰有一行", "one row of the weights for every unit of the panel"),
        found=Text(
            "面板有而权重无：{a}；权重有而面板无：{f}；权重的编号形如 {e}",
            "in the panel alone: {a}; in the weights alone: {f}; ids of the weights look like {e}",
        ).format(a=keys(absent), f=keys(further), e=[repr(k) for k in known[:2]]),
        remedy=Text(
            "统一编号的写法与类型；多出的单位用 weights.only(ids) 去掉，缺少的补入权重或移出面板",
            "write the ids alike, of one type; weights.only(ids) takes out what is too much, add or leave out the rest",
        ),
    )


def repeated(found: Sequence[object]) -> DataError:
    """Ids that occur more than once."""
    return DataError(
        Text("权重的编号重复", "ids of the weights occur more than once"),
        expected=Text("每个单位一行", "one row per unit"),
        found=keys(found),
        remedy=Text("合并或改正重复的编号", "merge or correct them"),
    )


def bad_matrix(what: Text, expected: Text, found: Text, remedy: Text) -> DataError:
    """A matrix that cannot serve as weights."""
    return DataError(
        Text("权重矩阵不能用：{w}", "the weights cannot be used: {w}").format(w=what),
        expected=expected,
        found=found,
        remedy=remedy,
    )


def no_neighbours(units: int) -> NotIdentifiedError:
    """Nobody has a neighbour."""
    return NotIdentifiedError(
        Text("没有任何单位有邻居", "no unit has a neighbour"),
        expected=Text("至少两个相邻的单位", "at least two units that are neighbours"),
        found=Text("{n} 个单位全为孤岛", "all {n} units are islands").format(n=units),
        remedy=Text("放大距离阈值或改用 k 最近邻", "raise the cutoff or take the k nearest"),
    )


def no_coordinates(found: Sequence[object]) -> DataError:
    """Coordinates are missing or impossible."""
    return DataError(
        Text("坐标缺失或越界", "coordinates are missing or off the globe"),
        expected=Text("每个单位的纬度在 ±90、经度在 ±180 之间", "latitude within 90 and longitude within 180 degrees"),
        found=keys(found),
        remedy=Text("补上这些单位的坐标，或先移出它们", "add the coordinates of these units, or leave them out first"),
    )


def moving(column: str, found: Sequence[object]) -> DataError:
    """A quantity that should be fixed differs within units."""
    return DataError(
        Text("列 {c} 在单位内变动", "column {c} varies within units").format(c=column),
        expected=Text("每个单位只有一个值", "one value per unit"),
        found=keys(found),
        remedy=Text("各期取同一值", "give every period of a unit the same value"),
    )


def too_large(units: int, entries: int, limit: int) -> ConfigError:
    """The problem does not fit."""
    return ConfigError(
        Text("权重过大，似然无法精确计算", "the weights are too large for an exact likelihood"),
        expected=Text(
            "稀疏权重至多 {s} 个单位，稠密权重至多 {l} 个", "at most {s} units with sparse weights, {l} with dense ones"
        ).format(s="30,000", l=f"{limit:,}"),
        found=Text("{n} 个单位，{e} 个非零权重", "{n} units, {e} non-zero weights").format(
            n=f"{units:,}", e=f"{entries:,}"
        ),
        remedy=Text(
            "用距离阈值或 k 最近邻使权重稀疏，或先把单位汇总", "use a cutoff or the k nearest, or aggregate the units"
        ),
    )


def few(what: Text, found: object, remedy: Text) -> NotIdentifiedError:
    """Nothing to compare with."""
    return NotIdentifiedError(what, expected=Text("至少一个", "at least one"), found=both(str(found)), remedy=remedy)
