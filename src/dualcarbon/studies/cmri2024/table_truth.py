"""The truth the simulated survey was given, what the chain found, and the error."""

from __future__ import annotations

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.recovery import Check, checks
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source

_HELD = Text("是", "yes")
_FAILED = Text("否", "no")


def build(results: Results) -> Table | None:
    """One row per check; None on real data, which have no known truth."""
    if results.truth is None:
        return None
    found = checks(results)
    return Table(
        key="table_truth",
        number=Text("表 4-D", "Table 4-D"),
        title=Text("真值、估计与误差", "Truth, estimate and error"),
        headers=(
            Header("quantity", Text("检验项", "Quantity")),
            Header("truth", Text("真值", "Truth")),
            Header("estimate", Text("估计", "Estimate")),
            Header("error", Text("误差", "Error")),
            Header("low", Text("下限", "Low"), None, Text("允许范围", "Allowed range")),
            Header("high", Text("上限", "High"), None, Text("允许范围", "Allowed range")),
            Header("held", Text("成立", "Held")),
        ),
        rows=tuple(_row(check) for check in found),
        notes=(
            Text(
                "效应的单位同表 4-2 至表 4-4；其允许范围为真值加减估计的 95% 置信区间的半宽。",
                "Effects are in the units of Tables 4-2 to 4-4; their allowed range is the truth plus or minus half "
                "the width of the estimate's 95 % interval.",
            ),
        ),
        source=source(results),
        simulated=True,
    )


def _row(check: Check) -> tuple[Cell, ...]:
    form = ".4f"
    return (
        Cell(check.name),
        Cell(check.truth, form),
        Cell(check.estimate, form),
        Cell(check.estimate - check.truth, form),
        Cell(check.low, form),
        Cell(check.high, form),
        Cell(_HELD if check.held else _FAILED),
    )
