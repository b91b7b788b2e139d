"""The table of an influence report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both

if TYPE_CHECKING:
    from dualcarbon.frontier.influence import Influence

_PARTS = {"removed": Text("筛去，放回后", "removed, put back"), "kept": Text("保留，去掉后", "kept, taken out")}
_REASONS = {
    "good": Text("产出", "output"),
    "bad": Text("排放", "CO2"),
    "both": Text("产出与排放", "output and CO2"),
}


def influence_table(report: Influence, keys: Sequence[str], most: int) -> Table:
    """The `most` firms that move the median MAC most, in falling order; firms that were not tried are counted."""
    tried = report.firms.filter(pl.col("mac_change").is_not_nan())
    shown = tried.sort(pl.col("mac_change").abs(), maintain_order=True, descending=True).head(most)
    change = Text("变动", "Change")
    headers = (
        *(Header(key, both(key)) for key in keys),
        Header("firm", Text("企业", "Firm")),
        Header("part", Text("处理", "Treatment")),
        Header("rows", Text("行数", "Rows")),
        Header("reason", Text("筛去原因", "Removed for")),
        Header("score", Text("最大稳健 z", "Largest robust z")),
        Header("weight", Text("约束权重", "Binding weight")),
        Header("mac_ratio", Text("MAC 中位数", "Median MAC"), Text("倍", "times"), change),
        Header("room_change", Text("减排空间", "Abatement room"), Text("百分点", "points"), change),
    )
    return Table(
        key="frontier_influence",
        number=Text("影响分析", "Influence"),
        title=Text("{m}：单个企业的影响", "{m}: influence of single firms").format(m=report.model),
        headers=headers,
        rows=tuple(_row(row, keys, report.id) for row in shown.iter_rows(named=True)),
        notes=_notes(report, shown.height),
        source=report.source,
        simulated=report.simulated,
    )


def _row(row: dict[str, object], keys: Sequence[str], firm: str) -> tuple[Cell, ...]:
    removed = row["part"] == "removed"
    score = max(float(str(row[name])) for name in ("score_good", "score_bad"))
    return (
        *(Cell(str(row[key])) for key in keys),
        Cell(str(row[firm])),
        Cell(_PARTS[str(row["part"])]),
        Cell(int(str(row["rows"])), ",d"),
        Cell(_REASONS[str(row["reason"])] if removed else None),
        Cell(score if removed else None, ".1f"),
        Cell(None if removed else float(str(row["weight"])), ".3f"),
        Cell(math.exp(float(str(row["mac_change"]))), ",.3f"),
        Cell(100.0 * float(str(row["room_change"])), "+.2f"),
    )


def _notes(report: Influence, shown: int) -> tuple[Text, ...]:
    gone = report.firms.filter(pl.col("part") == "removed")
    reasons = {name: gone.filter(pl.col("reason") == name).height for name in _REASONS}
    counts = Text(
        "条件筛查筛去 {f} 家企业的 {r} 行（共 {n} 行）：因产出 {good} 家，因排放 {bad} 家，两者皆是 {both} 家。",
        "The conditional screen removes {r} of {n} rows, of {f} firms: {good} for output, {bad} for CO2, {both} for "
        "both.",
    )
    done = Text(
        "每个前沿放回 z 最大的至多 {p} 家、去掉约束权重最大的至多 {k} 家，每次一家，规划精确重解；"
        "变动按两次拟合共有的行计算。表中列出 MAC 变动最大的 {s} 家。",
        "Per frontier up to {p} removed firms with the largest z are put back and up to {k} kept firms with the "
        "largest binding weights taken out, one at a time, the program solved exactly; changes are over the rows both "
        "fits share. The {s} firms shown move the MAC most.",
    )
    return (
        counts.format(f=gone.height, r=report.groups["n_removed"].sum(), n=report.groups["n"].sum(), **reasons),
        done.format(p=report.put_back, k=report.k, s=shown),
    )
