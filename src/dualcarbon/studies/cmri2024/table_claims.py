"""Table C-2: every number of the report's chapters 1 to 5, with its verdict."""

from __future__ import annotations

from itertools import pairwise

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.studies.cmri2024 import claims
from dualcarbon.studies.cmri2024.claims.checking import LABELS
from dualcarbon.studies.cmri2024.claims.output import computed_digits
from dualcarbon.studies.cmri2024.claims.sources import source_list
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import OURS, PRINTED

NUMBER = Text("表 C-2", "Table C-2")
_WHY = {
    "confidential": Text("数据保密", "confidential"),
    "repeats_table": Text("数据保密", "confidential"),
    "pooled_scale": Text("数据保密", "confidential"),
    "no_source": Text("无公开来源", "no source"),
    "pilot_gdp": Text("无公开来源", "no source"),
    "pilot_gdp_per_head": Text("无公开来源", "no source"),
    "forecast": Text("属于未来", "future"),
    "growth_needed": Text("属于未来", "future"),
    "compute_growth": Text("属于未来", "future"),
    "quotation": Text("比喻", "figure of speech"),
    "station_measured": Text("测度未公开", "unpublished"),
}


def build(results: Results | None = None) -> Table:
    """One row per claim; `results` is not read."""
    found = claims.checked()
    chapters = [one.claim.section for one in found]
    return Table(
        key="table_claims",
        number=NUMBER,
        title=Text("报告正文与表中的全部数字", "Every number of the report's text and tables"),
        headers=(
            Header("section", Text("节", "Sec.")),
            Header("said", Text("报告所说", "What the report says")),
            Header("printed", PRINTED),
            Header("computed", OURS),
            Header("unit", Text("单位", "Unit")),
            Header("status", Text("结论", "Verdict")),
        ),
        rows=tuple(
            (
                Cell(both(one.claim.section)),
                Cell(one.claim.said),
                Cell(one.claim.printed, f".{one.claim.decimals}f"),
                Cell(one.finding.value, f".{computed_digits(one)}f"),
                Cell(one.claim.unit),
                Cell(_verdict(one)),
            )
            for one in found
        ),
        notes=(
            Text(
                "无法核对的原因：数据保密——出自税收调查的企业数据；无公开来源——报告未注明出处，也未附可核对的来源；"
                "属于未来；比喻；测度未公开。",
                "Why a number is not checkable: confidential, it rests on the firm data of the tax survey; no source, "
                "the report names none and none is shipped; future; figure of speech; unpublished measurement.",
            ),
        ),
        source=source_list(found),
        simulated=False,
        rules_after=tuple(i for i, (a, b) in enumerate(pairwise(chapters), start=1) if a != b),
        row_keys=tuple(one.claim.key for one in found),
    )


def _verdict(one: claims.Checked) -> Text:
    label = LABELS[one.status]
    if one.status != "not_checkable":
        return label
    return Text("{l}：{w}", "{l}: {w}").format(l=label, w=_WHY[one.claim.check])
