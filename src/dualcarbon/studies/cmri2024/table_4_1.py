"""Table 4-1: marginal abatement cost and abatement room, the ten highest of each and the three lowest MACs."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024 import table_identification
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
        (Cell(Text("倒数第 {n}", "lowest {n}").format(n=i + 1)), *_mac_cells(row, results), *blank)
        for i, row in enumerate(lowest.to_dicts())
    ]
    return Table(
        key="table_4_1",
        number=Text("表 4-1", "Table 4-1"),
        title=Text(
            "企业碳边际减排成本与减排空间：行业位次",
            "Marginal abatement cost of CO2 and abatement room: industries ranked",
        ),
        headers=(Header("rank", Text("位次", "Rank")), *_mac_headers(results), *_room_headers(results)),
        rows=tuple(rows),
        notes=_notes(results, dashes=any(cell.value is None for row in rows for cell in row)),
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


def _notes(results: Results, dashes: bool) -> tuple[Text, ...]:
    notes = [
        Text(
            "边际减排成本取行业内企业-年份的中位数；减排空间为前沿以上部分占自身 CO2 的比例，取均值。",
            "MAC: median of the industry's firm-years. Abatement room: mean share of own CO2 above the frontier.",
        ),
    ]
    if dashes:
        notes.append(Text("短横：报告没有印出该行业的数值。", "A dash: the report prints no value for this industry."))
    if results.truth is not None:
        notes.append(
            Text(
                "报告印出的是企业平均值；模拟调查把它植为边际减排成本的中位数与减排空间的均值。",
                "The report prints means over firms; the simulated survey plants them as medians of the MAC and means "
                "of abatement room.",
            )
        )
    weak = results.industries.filter(pl.col("default_status") != "identified").height
    if weak:
        notes.append(
            Text(
                "水平未能完全识别的行业有 {n} 个，理由见{t}。",
                "Industries whose level is not fully identified: {n}; for the reasons see {t}.",
            ).format(n=weak, t=table_identification.NUMBER)
        )
    return tuple(notes)
