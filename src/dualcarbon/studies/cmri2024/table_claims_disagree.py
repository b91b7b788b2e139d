"""Table C-1: the printed numbers that do not hold, with the right value and why."""

from __future__ import annotations

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.studies.cmri2024 import claims
from dualcarbon.studies.cmri2024.claims.output import computed_digits
from dualcarbon.studies.cmri2024.claims.sources import source_list
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import OURS, PRINTED

NUMBER = Text("表 C-1", "Table C-1")


def build(results: Results | None = None) -> Table:
    """One row per claim that disagrees; `results` is not read."""
    found = [one for one in claims.checked() if one.status == "disagrees"]
    return Table(
        key="table_claims_disagree",
        number=NUMBER,
        title=Text("报告中不成立的数字", "Numbers of the report that do not hold"),
        headers=(
            Header("section", Text("节", "Sec.")),
            Header("said", Text("报告所说", "What the report says")),
            Header("printed", PRINTED),
            Header("computed", OURS),
            Header("reason", Text("依据与原因", "Why")),
        ),
        rows=tuple(
            (
                Cell(both(one.claim.section)),
                Cell(one.claim.said),
                Cell(one.claim.printed, f".{one.claim.decimals}f"),
                Cell(one.finding.value, f".{computed_digits(one)}f"),
                Cell(one.finding.reason),
            )
            for one in found
        ),
        notes=(
            Text(
                "“等于”按印出的位数核对；“超过”按下限；“左右、接近”允许一成，年份允许两年。",
                "Equality is judged by the digits printed, 'more than' as a lower bound, 'near' and 'about' within a "
                "tenth, or two years for a year.",
            ),
            Text(
                "次序一行的“报告”与“本系统”为电子行业在三者中的位次。",
                "In the row on the order, the two numbers are the place of electronics among the three.",
            ),
        ),
        source=source_list(found),
        simulated=False,
        row_keys=tuple(one.claim.key for one in found),
    )
