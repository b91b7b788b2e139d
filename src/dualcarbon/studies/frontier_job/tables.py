"""The tables of a job: is it identified, what became of each row, the groups, further columns of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.grouping import ALL, groups, member_rows, named, weighted_mean
from dualcarbon.frontier.pictures import mac_unit, unit_of
from dualcarbon.studies.cmri2024.table_status import MEANINGS
from dualcarbon.studies.panels import VERDICTS, joined

_IDENTIFIED, _DOUBTED, _REASONS = 5, 40, 3
_MAIN = ("inefficiency", "abatement_room", "mac", "mac_low", "mac_high", "status")
_ROWS = Text("行数", "Rows")
_MAC = Text("边际减排成本", "MAC")
_ROOM = Text("减排空间", "Abatement room")
_EMISSIONS = Text("占排放比重", "Share of emissions")


@dataclass(frozen=True, slots=True)
class Given:
    """What the tables are made from."""

    panel: Panel
    result: FrontierResult

    @property
    def source(self) -> Text:
        """The source line of every exhibit of the job."""
        text = Text("{n}，dualcarbon 计算，模型 {m}", "{n}, computed by dualcarbon, model {m}")
        return text.format(n=self.panel.provenance.name, m=self.result.model)

    def table(
        self,
        key: str,
        number: int,
        title: Text,
        headers: Sequence[Header],
        rows: Sequence[tuple[Cell, ...]],
        notes: Sequence[Text] = (),
    ) -> Table:
        """A table of the job."""
        label = Text("表 {n}", "Table {n}").format(n=number)
        simulated = self.panel.provenance.simulated
        return Table(key, label, title, tuple(headers), tuple(rows), tuple(notes), self.source, simulated)


def tables(panel: Panel, result: FrontierResult) -> tuple[Table, ...]:
    """All tables, numbered from 1."""
    given = Given(panel, result)
    found = (verdict_table(given), status_table(given), group_table(given))
    further = further_table(given)
    return found if further is None else (*found, further)


def verdict_table(given: Given) -> Table:
    """One row per frontier with its reasons; frontiers of one verdict stand together where they are many."""
    diagnostics = given.result.diagnostics
    keys = diagnostics.columns[: diagnostics.columns.index("status")]
    rows: list[tuple[Cell, ...]] = []
    for name, words in VERDICTS.items():
        part = diagnostics.filter(pl.col("status") == name)
        most = _IDENTIFIED if name == "identified" else _DOUBTED
        rows += (
            [_frontier(keys, row, words) for row in part.rows(named=True)]
            if part.height <= most
            else [_together(part, words)]
        )
    headers = (
        Header("frontier", Text("前沿", "Frontier")),
        Header("verdict", Text("判定", "Verdict")),
        Header("rows", _ROWS),
        Header("reasons", Text("依据", "Reasons")),
    )
    notes = (
        Text(
            "判定针对前沿，不针对单个观测；弱识别者的水平须谨慎使用，被拒绝者不给价格。"
            "合为一行的前沿列出最常见的 {k} 条依据及其个数；逐个的证据见 diagnostics.csv。",
            "A verdict is on a frontier, not on a row. Levels that are weakly identified are to be used with care; "
            "refused frontiers give no price. Where frontiers stand together, the {k} commonest reasons are given with "
            "their counts; the evidence on each is in diagnostics.csv.",
        ).format(k=_REASONS),
    )
    return given.table("table_verdicts", 1, Text("能否识别", "Is it identified?"), headers, rows, notes)


def _frontier(keys: Sequence[str], row: dict[str, object], words: Text) -> tuple[Cell, ...]:
    label = named(keys, [row[key] for key in keys]) if keys else ALL
    reason = Text(str(row["why_zh"]), str(row["why_en"]))
    return Cell(label), Cell(words), Cell(int(str(row["rows"])), ",d"), Cell(reason)


def _together(part: pl.DataFrame, words: Text) -> tuple[Cell, ...]:
    why = part.group_by("why_zh", "why_en").len().sort("len", "why_en", descending=[True, False]).head(_REASONS)
    reasons = joined([Text(f"{zh}（{n:,}）", f"{en} ({n:,})") for zh, en, n in why.rows()])
    label = Text("{k} 个前沿", "{k} frontiers").format(k=f"{part.height:,}")
    return Cell(label), Cell(words), Cell(int(part["rows"].sum()), ",d"), Cell(reasons)


def status_table(given: Given) -> Table:
    """One row per status that occurs: rows, share of rows and of emissions."""
    (b,) = given.panel.arrays(given.result.technology.bad)
    status = given.result.table["status"].to_numpy()
    emitted = np.nansum(b)
    rows = []
    for name, count, share in given.result.shares().rows():
        part = float(np.nansum(b[status == name]))
        meaning = MEANINGS.get(name, both(name))
        rows.append(
            (
                Cell(name),
                Cell(meaning),
                Cell(count, ",d"),
                Cell(100.0 * share, ".2f"),
                Cell(100.0 * part / emitted if emitted else None, ".2f"),
            )
        )
    headers = (
        Header("status", Text("状态", "Status")),
        Header("meaning", Text("含义", "Meaning")),
        Header("rows", _ROWS),
        Header("row_percent", Text("占行数比重", "Share of rows"), both("%")),
        Header("emission_percent", _EMISSIONS, both("%")),
    )
    return given.table("table_statuses", 2, Text("各行的状态", "Rows by status"), headers, rows)


def group_table(given: Given) -> Table:
    """One row per group of the technology: MAC and abatement room; small groups pooled beyond forty."""
    panel, result = given.panel, given.result
    unit = mac_unit(panel, result)
    headers = (
        Header("group", Text("组", "Group")),
        Header("rows", _ROWS),
        Header("priced", Text("有正价格的行", "Rows priced above 0")),
        Header("mac_median", Text("中位数", "Median"), unit, _MAC),
        Header("mac_mean", Text("按排放加权的均值", "Mean weighted by emissions"), unit, _MAC),
        Header("inefficiency_mean", Text("无效率均值", "Mean inefficiency")),
        Header("room", Text("数量", "Quantity"), unit_of(panel, result.technology.bad), _ROOM),
        Header("room_percent", _EMISSIONS, both("%"), _ROOM),
    )
    notes = (
        Text(
            "边际减排成本取状态 ok 或 kink 且为正的行；减排空间取有数值的行，占这些行排放的比重。无效率为{m}。",
            "MAC: rows with status ok or kink and a price above zero. Abatement room: rows that have one, as a share "
            "of their emissions. Inefficiency is {m}.",
        ).format(m=result.measure),
    )
    title = Text("分组的边际减排成本与减排空间", "Marginal abatement cost and abatement room by group")
    return given.table("table_groups", 3, title, headers, _group_rows(given), notes)


def _group_rows(given: Given) -> list[tuple[Cell, ...]]:
    panel, table = given.panel, given.result.table
    (b,) = panel.arrays(given.result.technology.bad)
    mac, room, score = (table[name].to_numpy() for name in ("mac", "abatement_room", "inefficiency"))
    priced = table["status"].is_in(["ok", "kink"]).to_numpy() & np.isfinite(mac) & (mac > 0.0)
    found = groups(panel, given.result.technology.group_by)
    rows = []
    for label, every in zip(found.labels, member_rows(found, np.ones(panel.n, dtype=np.bool_)), strict=True):
        with_price, with_room = every[priced[every]], every[np.isfinite(room[every]) & np.isfinite(b[every])]
        scored = score[every][np.isfinite(score[every])]
        tonnes, emitted = float(room[with_room] @ b[with_room]), float(b[with_room].sum())
        median = float(np.median(mac[with_price])) if with_price.size else None
        mean = weighted_mean(mac[with_price], b[with_price]) if with_price.size else None
        rows.append(
            (
                Cell(label),
                Cell(every.size, ",d"),
                Cell(with_price.size, ",d"),
                Cell(median, figures(median)),
                Cell(mean, figures(mean)),
                Cell(float(scored.mean()) if scored.size else None, ".4f"),
                Cell(tonnes if with_room.size else None, ",.0f"),
                Cell(100.0 * tonnes / emitted if emitted else None, ".2f"),
            )
        )
    medians = [row[3].value for row in rows]
    order = sorted(
        range(len(rows)), key=lambda i: (found.is_pool(i), -m if isinstance(m := medians[i], float) else np.inf)
    )
    return [rows[i] for i in order]


def further_table(given: Given) -> Table | None:
    """Quantiles of the columns a model adds to the usual ones; None where it adds none."""
    table = given.result.table
    names = [name for name in table.columns if name not in (given.panel.id, given.panel.time, *_MAIN)]
    rows = []
    for name in names:
        values = table[name].cast(pl.Float64).to_numpy()
        values = values[np.isfinite(values)]
        cuts = np.quantile(values, (0.1, 0.5, 0.9)) if values.size else (None,) * 3
        rows.append((Cell(name), Cell(values.size, ",d"), *(Cell(_float(v), figures(_float(v))) for v in cuts)))
    headers = (
        Header("column", Text("列", "Column")),
        Header("rows", _ROWS),
        Header("p10", both("P10")),
        Header("median", Text("中位数", "Median")),
        Header("p90", both("P90")),
    )
    title = Text("模型给出的其他列", "Further columns of the model")
    return given.table("table_further", 4, title, headers, rows) if rows else None


def figures(value: float | None) -> str:
    """Four significant digits below ten thousand, whole numbers above."""
    if value is None or not np.isfinite(value) or abs(value) >= 9_999.0:
        return ",.0f"
    return ",.4g" if value == 0.0 or abs(value) >= 1e-3 else ".2e"


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
