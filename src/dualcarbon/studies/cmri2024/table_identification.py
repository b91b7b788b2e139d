"""Which industries' levels are identified, and the evidence against those that are not."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.printed import industry_label
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source
from dualcarbon.studies.panels import VERDICTS

NUMBER = Text("表 4-B", "Table 4-B")


def build(results: Results) -> Table:
    """One row for all identified industries, one for each of the others."""
    identified = pl.col("default_status") == "identified"
    rest = results.industries.filter(~identified).sort("default_status", "industry2").to_dicts()
    sound = results.industries.filter(identified)
    rows = [_row(row) for row in rest]
    if sound.height:
        whole = Text("全部 {n} 个行业", "All {n} industries")
        named = (Text("其余 {n} 个行业", "Other industries: {n}") if rest else whole).format(n=sound.height)
        why = Text("没有证据越过阈值", "no evidence crosses its threshold")
        rows.append(
            (Cell(named), Cell(VERDICTS["identified"]), Cell(why), Cell(int(sound["default_rows"].sum()), ",d"))
        )
    return Table(
        key="table_identification",
        number=NUMBER,
        title=Text("边际减排成本水平的可识别性", "Identification of the level of the MAC"),
        headers=(
            Header("industry", Text("行业", "Industry")),
            Header("verdict", Text("判定", "Verdict")),
            Header("why", Text("依据", "Evidence")),
            Header("rows", Text("行数", "Rows")),
        ),
        rows=tuple(rows),
        notes=(
            Text(
                "弱识别不等于错误：位次与效应仍可用，水平须连同表 4-C 的跨度一起读。",
                "Weakly identified does not mean wrong: ranks and effects can be used, levels must be read with their "
                "bracket in Table 4-C.",
            ),
        ),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )


def _row(row: dict[str, object]) -> tuple[Cell, ...]:
    return (
        Cell(industry_label(str(row["industry2"]))),
        Cell(VERDICTS[str(row["default_status"])]),
        Cell(Text(str(row["why_zh"]), str(row["why_en"]))),
        Cell(int(str(row["default_rows"])), ",d"),
    )
