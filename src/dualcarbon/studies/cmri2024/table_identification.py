"""Which industries' levels are identified, and the evidence against those that are not."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.printed import industry_label
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source
from dualcarbon.studies.panels import VERDICTS


def build(results: Results) -> Table:
    """One row per reason, with the industries it concerns."""
    frame = (
        results.industries.group_by("default_status", "why_zh", "why_en")
        .agg(pl.col("industry2").sort(), pl.col("default_rows").sum())
        .sort("default_status", "why_en")
    )
    rows = tuple(_row(row) for row in frame.to_dicts())
    return Table(
        key="table_identification",
        number=Text("表 4-A", "Table 4-A"),
        title=Text("边际减排成本水平的可识别性", "Identification of the level of the MAC"),
        headers=(
            Header("verdict", Text("判定", "Verdict")),
            Header("why", Text("依据", "Evidence")),
            Header("industries", Text("行业数", "Industries")),
            Header("rows", Text("企业-年份", "Firm-years")),
            Header("names", Text("行业", "Which")),
        ),
        rows=rows,
        notes=(
            Text(
                "弱识别不等于错：次序与效应仍可用，水平须与跨度一起读。",
                "Weakly identified does not mean wrong: ranks and effects can be used, "
                "levels must be read with their bracket.",
            ),
        ),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )


def _row(row: dict[str, object]) -> tuple[Cell, ...]:
    codes = [str(code) for code in row["industry2"]] if isinstance(row["industry2"], list) else []
    labels = [industry_label(code) for code in codes]
    return (
        Cell(VERDICTS[str(row["default_status"])]),
        Cell(Text(str(row["why_zh"]), str(row["why_en"]))),
        Cell(len(codes), ",d"),
        Cell(int(str(row["default_rows"])), ",d"),
        Cell(Text("、".join(t.zh for t in labels), "; ".join(t.en for t in labels))),
    )
