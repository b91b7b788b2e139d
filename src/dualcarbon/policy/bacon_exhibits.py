"""The table and the figure of a Goodman-Bacon decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.exhibit import Cell, Figure, Header, Points, Scatter, Table
from dualcarbon.core.text import Text
from dualcarbon.policy.words import number_form, source

if TYPE_CHECKING:
    from dualcarbon.policy.bacon import Decomposition

LABELS = {
    "never_vs_treated": Text("受处理 对 从未受处理", "Treated against never treated"),
    "earlier_vs_later": Text("较早受处理 对 较晚受处理（尚未）", "Earlier against later treated"),
    "later_vs_earlier": Text("较晚受处理 对 较早受处理（已受）", "Later against already treated"),
}
_NEVER = Text("从未", "never")
_TITLE = Text("{y} 的双向固定效应系数的分解", "Decomposition of the two-way coefficient of {y}")


def table(found: Decomposition) -> Table:
    """One row per type, then one per comparison, and the coefficient they add up to."""
    form = _form(found)
    summary = [
        (Cell(LABELS[kind]), Cell(None), Cell(None), Cell(weight, ".4f"), Cell(estimate, form))
        for kind, weight, estimate, _ in found.summary.iter_rows()
    ]
    rows = [
        (
            Cell(LABELS[kind]),
            Cell(treated, "d"),
            Cell(_NEVER if comparison is None else comparison, "" if comparison is None else "d"),
            Cell(weight, ".4f"),
            Cell(estimate, form),
        )
        for kind, treated, comparison, weight, estimate in found.table.iter_rows()
    ]
    total = (
        Cell(Text("合计", "Total")),
        Cell(None),
        Cell(None),
        Cell(1.0, ".4f"),
        Cell(found.coefficient, form),
    )
    return Table(
        key="bacon",
        number=Text("Goodman-Bacon 分解", "Goodman-Bacon decomposition"),
        title=_TITLE.format(y=found.design.asked.outcome),
        headers=(
            Header("type", Text("比较", "Comparison")),
            Header("treated", Text("受处理组", "Treated cohort")),
            Header("comparison", Text("比较组", "Comparison cohort")),
            Header("weight", Text("权重", "Weight")),
            Header("estimate", Text("估计", "Estimate")),
        ),
        rows=(*summary, total, *rows),
        notes=found.notes,
        source=source(found.design),
        simulated=found.design.simulated,
        rules_after=(len(summary), len(summary) + 1),
    )


def _form(found: Decomposition) -> str:
    """One number form for all estimates: that of the largest."""
    return number_form(max(abs(found.coefficient), *found.table["estimate"].abs()))


def figure(found: Decomposition) -> Figure:
    """Weight against estimate, one colour per type; the line is the coefficient."""
    points = tuple(
        Points(LABELS[kind], tuple(part["weight"].to_list()), tuple(part["estimate"].to_list()))
        for kind in found.summary["type"]
        for part in [found.table.filter(pl.col("type") == kind)]
    )
    most = float(found.table["weight"].max())  # type: ignore[arg-type]
    label = Text("双向固定效应系数 {b}", "Two-way coefficient {b}").format(b=format(found.coefficient, _form(found)))
    return Figure(
        key="figure_bacon",
        number=Text("Goodman-Bacon 分解图", "Goodman-Bacon figure"),
        title=_TITLE.format(y=found.design.asked.outcome),
        drawing=Scatter(
            x_label=Text("权重", "Weight"),
            y_label=Text("两组两期估计", "Two-by-two estimate"),
            points=points,
            lines=(Points(label, (0.0, most), (found.coefficient, found.coefficient)),),
        ),
        notes=found.notes,
        source=source(found.design),
        simulated=found.design.simulated,
    )
