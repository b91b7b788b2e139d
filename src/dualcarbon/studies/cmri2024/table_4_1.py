"""Table 4-1: marginal abatement cost and abatement room, the ten highest of each and the three lowest MACs."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.printed import industry_label, printed_industry
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import CNY_PER_T, MAC, OURS, PRINTED, ROOM, SHARE, TRUTH, source

TOP = 10
LOWEST = 3


def build(results: Results) -> Table:
    """The ranked table: ours, the report's printed value, and the truth where it is known."""
    frame = results.industries
    by_mac = _ranked(frame, "default_mac_median").head(TOP)
    by_room = _ranked(frame, "default_room_mean").head(TOP)
    lowest = _ranked(frame, "default_mac_median").tail(LOWEST).reverse()
    rows = [
        (
            Cell(rank + 1),
            *_mac_cells(left, results),
            *_room_cells(right, results),
        )
        for rank, (left, right) in enumerate(zip(by_mac.to_dicts(), by_room.to_dicts(), strict=True))
    ]
    blank = (Cell(""),) * len(_room_headers(results))
    rows += [
        (Cell(Text("倒数 {n}", "lowest {n}").format(n=i + 1)), *_mac_cells(row, results), *blank)
        for i, row in enumerate(lowest.to_dicts())
    ]
    return Table(
        key="table_4_1",
        number=Text("表 4-1", "Table 4-1"),
        title=Text(
            "企业碳边际减排成本与减排空间（前 10 行业）",
            "Marginal abatement cost of CO2 and abatement room of firms (ten highest industries)",
        ),
        headers=(Header("rank", Text("位次", "Rank")), *_mac_headers(results), *_room_headers(results)),
        rows=tuple(rows),
        notes=_notes(results),
        source=source(results),
        simulated=results.sample.provenance.simulated,
        rules_after=(TOP,),
    )


def _ranked(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    return frame.filter(pl.col(column).is_finite()).sort(column, "industry2", descending=[True, False])


def _mac_headers(results: Results) -> tuple[Header, ...]:
    headers = (
        Header("mac_industry", Text("行业", "Industry"), None, MAC),
        Header("mac", OURS, CNY_PER_T, MAC),
        Header("mac_printed", PRINTED, CNY_PER_T, MAC),
        Header("mac_truth", TRUTH, CNY_PER_T, MAC),
    )
    return headers if results.truth else headers[:-1]


def _room_headers(results: Results) -> tuple[Header, ...]:
    headers = (
        Header("room_industry", Text("行业", "Industry"), None, ROOM),
        Header("room", OURS, SHARE, ROOM),
        Header("room_printed", PRINTED, SHARE, ROOM),
        Header("room_truth", TRUTH, SHARE, ROOM),
    )
    return headers if results.truth else headers[:-1]


def _mac_cells(row: dict[str, object], results: Results) -> tuple[Cell, ...]:
    code = str(row["industry2"])
    cells = (
        Cell(industry_label(code)),
        _number(row["default_mac_median"], ",.2f"),
        Cell(printed_industry("mac", code), ",.2f"),
    )
    return (*cells, _number(row.get("truth_mac_median"), ",.2f")) if results.truth else cells


def _room_cells(row: dict[str, object], results: Results) -> tuple[Cell, ...]:
    code = str(row["industry2"])
    cells = (
        Cell(industry_label(code)),
        _number(row["default_room_mean"], ".4f"),
        Cell(printed_industry("room", code), ".4f"),
    )
    return (*cells, _number(row.get("truth_room_mean"), ".4f")) if results.truth else cells


def _number(value: object, form: str) -> Cell:
    return Cell(float(value) if isinstance(value, (int, float)) else None, form)


def _notes(results: Results) -> tuple[Text, ...]:
    notes = [
        Text(
            "边际减排成本为行业内企业的中位数，在前沿投影点取值；减排空间为企业均值，即占自身 CO2 排放的比例。"
            "模型：超越对数双曲距离函数，极大似然（半正态），经条件筛查。",
            "MAC is the median of an industry's firms, priced at the projection on the frontier; abatement room is the "
            "mean over firms of the share of own CO2 above the frontier. Model: translog hyperbolic distance function "
            "by maximum likelihood (half-normal) after the conditional screen.",
        ),
        Text("短横：报告没有印出该行业的数值。", "A dash: the report prints no value for this industry."),
    ]
    if results.truth is not None:
        notes.append(
            Text(
                "报告印的是企业平均；模拟调查把印出的数值植为行业中位数（边际减排成本）与均值（减排空间）。",
                "The report prints means over firms; the simulated survey plants its values as the industry's median "
                "(MAC) and mean (abatement room).",
            )
        )
    weak = results.industries.filter(pl.col("default_status") != "identified").height
    if weak:
        notes.append(
            Text(
                "{n} 个行业的水平不能完全识别，理由见可识别性一表。",
                "In {n} industries the level is not fully identified; the table on identification gives the reasons.",
            ).format(n=weak)
        )
    return tuple(notes)
