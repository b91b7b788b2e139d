"""Tables and the figure of a simulation."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Cell, Distributions, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults
from dualcarbon.footprint.shipped import STATUSES
from dualcarbon.footprint.simulation import Simulation
from dualcarbon.footprint.words import SOURCE, STATUS, YEAR

_OUTCOME = Text("结果", "Outcome")
_SHARE, _ERROR = Text("份额", "Share"), Text("标准误", "s.e.")
_LEVELS = Text("{p}% 分位", "{p} % percentiles")
_FIRST, _TOTAL = Text("一阶", "First-order"), Text("总", "Total")
_SHARE_HEADERS = (
    Header("input", Text("输入", "Input")),
    Header("law", Text("分布", "Law")),
    Header("source", Text("来源", "Source")),
    Header("status", STATUS),
    Header("first", _SHARE, None, _FIRST),
    Header("first_se", _ERROR, None, _FIRST),
    Header("total", _SHARE, None, _TOTAL),
    Header("total_se", _ERROR, None, _TOTAL),
)


def table(found: Simulation) -> Table:
    """One row per outcome: mean, standard deviation, percentiles."""
    levels = found.percentiles["level"].unique(maintain_order=True).to_list()
    rows = []
    for row in found.moments.to_dicts():
        values = found.percentiles.filter(pl.col("outcome") == row["outcome"])["value"]
        cells = (Cell(row["mean"], ",.4g"), Cell(row["sd"], ",.3g"), *(Cell(v, ",.4g") for v in values))
        rows.append((Cell(row["outcome"]), *cells))
    return Table(
        key="simulation",
        number=Text("模拟表", "Simulation"),
        title=Text("{l}：均值与分位数", "{l}: mean and percentiles").format(l=found.label),
        headers=(
            Header("outcome", YEAR if _in_years(found) else _OUTCOME),
            Header("mean", Text("均值", "Mean"), found.unit),
            Header("sd", Text("标准差", "Standard deviation"), found.unit),
            *(
                Header(f"p{100 * p:g}", both(f"{100 * p:g} %"), found.unit, Text("分位数", "Percentile"))
                for p in levels
            ),
        ),
        rows=tuple(rows),
        notes=_notes(found),
        source=SOURCE,
        simulated=False,
        row_keys=found.outcomes,
    )


def share_table(found: Simulation, outcome: str | None = None) -> Table:
    """One row per input: its law, source and status, first-order and total share with standard errors."""
    shown = str(outcome) if outcome is not None else found.outcomes[-1]
    faults.require_choice(_OUTCOME, shown, found.outcomes)
    part = found.shares.filter(pl.col("outcome") == shown)
    rows = []
    for row in part.to_dicts():
        law = found.inputs[row["input"]]
        words = (Cell(law.label), Cell(law.described()), Cell(law.source), Cell(STATUSES[law.status]))
        first = (Cell(row["first"], ".3f"), Cell(row["first_se"], ".3f", bracket=True))
        rows.append((*words, *first, Cell(row["total"], ".3f"), Cell(row["total_se"], ".3f", bracket=True)))
    total = part.select(pl.col("first", "total").sum()).row(0)
    blank = Cell("")
    rows.append(
        (Cell(Text("合计", "Sum")), blank, blank, blank, Cell(total[0], ".3f"), blank, Cell(total[1], ".3f"), blank)
    )
    return Table(
        key="variance_shares",
        number=Text("方差份额表", "Variance shares"),
        title=Text("{l}（{o}）：各输入占方差的份额", "{l} ({o}): share of the variance by input").format(
            l=found.label, o=shown
        ),
        headers=_SHARE_HEADERS,
        rows=tuple(rows),
        notes=(
            Text(
                "一阶份额之和与 1 之差归于各输入的交互；总份额包含交互，故其和不小于 1（不计抽样误差）。",
                "What the first-order shares lack to 1 is due to interactions; total shares contain them, so their sum "
                "is not below 1 (sampling error apart).",
            ),
            *_notes(found),
        ),
        source=SOURCE,
        simulated=False,
        rules_after=(len(rows) - 1,),
        row_keys=(*part["input"].to_list(), "sum"),
    )


def figure(found: Simulation) -> Figure:
    """Percentiles as curves over the years; without years, distributions side by side.

    Raises
    ------
    ConfigError
        Without years, if the levels are even in number.
    """
    levels = found.percentiles["level"].unique(maintain_order=True).to_list()
    values = found.percentiles["value"].to_numpy().reshape(len(found.outcomes), len(levels))
    label = Text("{l}（{u}）", "{l} ({u})").format(l=found.label, u=found.unit)
    shown = [f"{100 * p:g}" for p in levels]
    drawing: Lines | Distributions
    if _in_years(found):
        x = tuple(float(o) for o in found.outcomes)
        named = [Text("{p}% 分位", "{p} % percentile").format(p=p) for p in shown]
        curves = tuple(Points(n, x, tuple(column)) for n, column in zip(named, values.T.tolist(), strict=True))
        drawing = Lines(YEAR, label, curves, years=True)
    else:
        _require_odd(levels)
        drawing = Distributions(
            items=tuple(both(o) for o in found.outcomes),
            rows=(2 * found.draws,) * len(found.outcomes),
            levels=tuple(levels),
            quantiles=tuple(tuple(row) for row in values.tolist()),
            x_label=label,
            quantile_label=_LEVELS.format(p=Text("、".join(shown), ", ".join(shown))),
        )
    return Figure(
        key="figure_simulation",
        number=Text("模拟图", "Simulation"),
        title=Text("{l}：不确定性", "{l}: uncertainty").format(l=found.label),
        drawing=drawing,
        notes=_notes(found),
        source=SOURCE,
        simulated=False,
    )


def _require_odd(levels: Sequence[float]) -> None:
    if len(levels) % 2 == 0:
        raise ConfigError(
            Text("分位点的个数为偶数，没有居中的一个", "the levels are even in number: there is none in the middle"),
            expected=Text("奇数个分位点", "an odd number of levels"),
            found=both(", ".join(f"{p:g}" for p in levels)),
            remedy=Text("例如 levels=(0.05, 0.5, 0.95)", "for example levels=(0.05, 0.5, 0.95)"),
        )


def _in_years(found: Simulation) -> bool:
    return len(found.outcomes) > 1 and all(o.isdigit() for o in found.outcomes)


def _notes(found: Simulation) -> tuple[Text, ...]:
    said = Text(
        "{n} 次抽样的两个样本及其 {k} 组交叉，种子 {s}；各输入相互独立。",
        "Two samples of {n} draws and their {k} crossings, seed {s}; inputs are independent.",
    )
    return (said.format(n=f"{found.draws:,}", k=len(found.inputs), s=found.seed),)
