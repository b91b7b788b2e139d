"""The table and the figure of a spatial difference-in-differences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both
from dualcarbon.policy.result import critical, two_sided
from dualcarbon.policy.spatial.impacts import KINDS
from dualcarbon.policy.spatial.variables import TREATMENT
from dualcarbon.policy.spatial.wording import ended, listed_drops, number, percent, sourced, stars

if TYPE_CHECKING:
    from dualcarbon.policy.spatial.spatial_result import SpatialEffect

Row = tuple[Cell, ...]

_KINDS = {
    "direct": Text("直接效应", "Direct"),
    "indirect": Text("间接效应", "Indirect"),
    "total": Text("总效应", "Total"),
}
_PLAIN = Text("普通双重差分", "Plain DID")
_TREATMENT = Text("处理", "Treatment")


def table(found: SpatialEffect) -> Table:
    """Coefficients, impacts of every regressor, and tests."""
    interval = Text("{p}% 置信区间", "{p} % confidence interval").format(p=percent(found.level))
    parts = (_coefficients(found), _impacts(found), _tests(found))
    return Table(
        key="spatial_did",
        number=Text("空间双重差分", "Spatial DID"),
        title=Text("{l}：{y}", "{l} of {y}").format(l=found.label, y=found.design.asked.outcome),
        headers=(
            Header("item", Text("项目", "Item")),
            Header("estimate", Text("估计值", "Estimate")),
            Header("se", Text("标准误", "Standard error")),
            Header("low", Text("下限", "Low"), None, interval),
            Header("high", Text("上限", "High"), None, interval),
            Header("p", Text("p 值", "p value")),
        ),
        rows=tuple(row for part in parts for row in part),
        notes=tuple(map(ended, (found.words(), _size(found), *found.notes, *listed_drops(found.design)))),
        source=sourced(found.provenance),
        simulated=found.design.simulated,
        rules_after=(len(parts[0]), len(parts[0]) + len(parts[1])),
    )


def figure(found: SpatialEffect) -> Figure:
    """Impacts of the treatment and the plain DID, with intervals."""
    half = critical(found.level, float("inf")) * found.plain_se
    marks = [(e, low, high) for e, _, low, high in (found.impact(kind) for kind in KINDS)]
    marks.append((found.plain, found.plain - half, found.plain + half))
    x, low, high = (tuple(one[i] for one in marks) for i in range(3))
    label = Text("对 {y} 的效应，{p}% 置信区间", "Effect on {y}, {p} % confidence interval").format(
        y=found.design.asked.outcome, p=percent(found.level)
    )
    return Figure(
        key="figure_spatial_did",
        number=Text("空间双重差分图", "Spatial DID, figure"),
        title=Text("政策的直接、间接与总效应", "Direct, indirect and total effect of the policy"),
        drawing=DotPlot((*(_KINDS[kind] for kind in KINDS), _PLAIN), (Series(label, x, low, high),), label),
        notes=tuple(map(ended, (found.words(), *found.notes[:2]))),
        source=sourced(found.provenance),
        simulated=found.design.simulated,
    )


def _coefficients(found: SpatialEffect) -> list[Row]:
    z = critical(found.level, float("inf"))
    names = [_named(name) for name in found.names]
    values = list(zip(names, found.coef.tolist(), found.se.tolist(), strict=True))
    values.insert(0, (Text("空间自相关系数 ρ", "Spatial parameter ρ"), found.rho, found.rho_se))
    values.append((_PLAIN, found.plain, found.plain_se))
    return [_row(name, e, s, e - z * s, e + z * s) for name, e, s in values]


def _impacts(found: SpatialEffect) -> list[Row]:
    rows: list[Row] = []
    for variable, kind, e, s, _, low, high, p in found.impacts.iter_rows():
        name = Text("{v}：{k}", "{v}: {k}").format(v=_named(variable), k=_KINDS[kind])
        rows.append(
            (
                Cell(name), Cell(e, number(e), stars(p)), Cell(s, number(s)), Cell(low, number(low)),
                Cell(high, number(high)), Cell(p, ".3f"),
            )
        )  # fmt: skip
    return rows


def _tests(found: SpatialEffect) -> list[Row]:
    """The tests that were made; of a model whose residuals have no test the note gives Moran's I alone."""
    rows: list[Row] = []
    for _, zh, en, statistic, df, p in found.tests.iter_rows():
        if statistic is None or math.isnan(statistic):
            continue
        name = Text(zh, en) if df == 0 else Text("{n}（χ²，{d}）", "{n} (χ², {d})").format(n=Text(zh, en), d=df)
        blank = Cell(None)
        rows.append((Cell(name), Cell(statistic, ",.2f", stars(p)), blank, blank, blank, Cell(p, ".3f")))
    return rows


def _row(name: Text, estimate: float, se: float, low: float, high: float) -> Row:
    p = two_sided(estimate / se, float("inf")) if se > 0 else None
    return (
        Cell(name), Cell(estimate, number(estimate), stars(p)), Cell(se, number(se)), Cell(low, number(low)),
        Cell(high, number(high)), Cell(p, ".3f"),
    )  # fmt: skip


def _named(name: str) -> Text:
    if name.startswith("W:"):
        return Text("邻近地区的{n}", "Neighbours' {n}").format(n=_named(name[2:]))
    return _TREATMENT if name == TREATMENT else both(name)


def _size(found: SpatialEffect) -> Text:
    return Text(
        "{n} 行，{u} 个单位 × {t} 期；对数似然 {l}；模型残差的 Moran 指数 {m}；效应的标准误与区间由 {d} 次抽取得到，"
        "p 值用 delta 法。",
        "{n} rows, {u} units × {t} periods; log-likelihood {l}; Moran's I of the residuals {m}; errors and intervals "
        "of the impacts from {d} draws, p values by the delta method.",
    ).format(
        n=f"{found.n:,}", u=f"{found.units:,}", t=found.periods, l=f"{found.loglik:,.2f}", m=f"{found.moran:.3f}",
        d=f"{found.draws:,}",
    )  # fmt: skip
