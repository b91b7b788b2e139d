"""Tables and figures of data centres and trends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import polars as pl

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults
from dualcarbon.footprint.computing import DataCentres
from dualcarbon.footprint.extrapolation import Trend
from dualcarbon.footprint.shipped import STATUSES
from dualcarbon.footprint.words import CO2, MT, POWER, SOURCE, STATUS, TWH, YEAR

_OURS = Text("自下而上", "Bottom-up")
_CEILING = 3.0
"""Multiple of the highest bottom-up value or check point up to which a trend is drawn."""


def table(found: DataCentres, years: Iterable[int] | None = None) -> Table:
    """One row per year: units and watts of each kind, energy of units and of storage and network, PUE, total."""
    shown = faults.asked_years(years if years is not None else found.by_year["year"].to_list()).tolist()
    asked = Text("所求年份", "the years asked for")
    there = found.by_year["year"].to_list()
    faults.require_years(asked, there, shown, Text("先计算这些年份", "compute these years first"))
    kinds = {f.kind: f.label for f in found.scenario.fleets}
    rows = []
    for row in found.by_year.filter(pl.col("year").is_in(shown)).to_dicts():
        units = {r["kind"]: r for r in found.by_kind.filter(pl.col("year") == row["year"]).to_dicts()}
        of_kinds = (
            c for k in kinds for c in (Cell(units[k]["units_million"], ",.1f"), Cell(units[k]["w_per_unit"], ",.0f"))
        )
        ends = (Cell(row["pue"], ".2f"), Cell(row["power_twh"], ",.0f"), Cell(row["co2_mt"], ",.0f"))
        rows.append((Cell(row["year"]), *of_kinds, Cell(row["units_twh"] + row["other_twh"], ",.0f"), *ends))
    headers = [Header("year", YEAR)]
    for kind, label in kinds.items():
        headers += [
            Header(f"{kind}_million", Text("台数", "Units"), Text("百万", "million"), label),
            Header(f"{kind}_w", Text("单台功率", "Power each"), Text("瓦", "W"), label),
        ]
    headers += [
        Header("it_twh", Text("IT 用电", "IT energy"), TWH),
        Header("pue", both("PUE")),
        Header("power_twh", POWER, TWH),
        Header("co2_mt", CO2, MT),
    ]
    return Table(
        key=f"data_centres_{found.scenario.region}",
        number=Text("数据中心表", "Data centres"),
        title=Text("{r}数据中心用电：自下而上", "{r}: electricity of data centres, bottom-up").format(
            r=found.scenario.label
        ),
        headers=tuple(headers),
        rows=tuple(rows),
        notes=found.notes,
        source=SOURCE,
        simulated=False,
        row_keys=tuple(str(y) for y in shown),
    )


def check_table(found: DataCentres) -> Table:
    """One row per check point: what others find, ours, the deviation."""
    rows = tuple(
        (
            Cell(row["year"]),
            Cell(Text(row["source_zh"], row["source_en"])),
            Cell(STATUSES[row["status"]]),
            Cell(_span(row["low_twh"], row["high_twh"])),
            Cell(row["ours_twh"], ",.0f"),
            Cell(row["deviation_percent"], "+.1f"),
        )
        for row in found.checks.to_dicts()
    )
    return Table(
        key=f"data_centres_{found.scenario.region}_checks",
        number=Text("核对点表", "Check points"),
        title=Text("{r}数据中心用电：与核对点比较", "{r}: electricity of data centres against check points").format(
            r=found.scenario.label
        ),
        headers=(
            Header("year", YEAR),
            Header("source", Text("来源", "Source")),
            Header("status", STATUS),
            Header("theirs_twh", Text("核对点", "Check point"), TWH),
            Header("ours_twh", _OURS, TWH),
            Header("deviation_percent", Text("相差", "Deviation"), both("%")),
        ),
        rows=rows,
        notes=(
            Text("区间的差距从较近的一端算起，区间内为零。", "From the nearer end of a range; zero inside it."),
            *found.notes,
        ),
        source=SOURCE,
        simulated=False,
    )


def figure(found: DataCentres, trends: Sequence[Trend] = ()) -> Figure:
    """Bottom-up and trends as curves, trends up to a ceiling; check points as dashed lines through their years."""
    years, ours = found.by_year["year"], found.by_year["power_twh"]
    references = _references(found.checks)
    ceiling = _CEILING * max(ours.to_list() + [y for part in references for y in part.y])
    curves, notes = [_curve(_OURS, found.by_year)], list(found.notes)
    for one in trends:
        part = one.by_year.filter(pl.col("year").is_between(years[0], years[-1]))
        above = part.filter(pl.col("power_twh") > ceiling)
        shown = part if above.is_empty() else part.filter(pl.col("year") < above["year"][0])
        if shown.height:
            curves.append(_curve(one.label, shown))
        if shown.height < part.height or part.is_empty():
            notes.append(_cut(one, part, above, ceiling))
    return Figure(
        key=f"figure_data_centres_{found.scenario.region}",
        number=Text("数据中心图", "Data centres"),
        title=Text(
            "{r}数据中心用电：自下而上与趋势外推", "{r}: electricity of data centres, bottom-up and by trend"
        ).format(r=found.scenario.label),
        drawing=Lines(YEAR, Text("用电量（TWh）", "Electricity (TWh)"), tuple(curves), references, years=True),
        notes=tuple(notes),
        source=SOURCE,
        simulated=False,
    )


def _curve(label: Text, rows: pl.DataFrame) -> Points:
    return Points(label, tuple(float(y) for y in rows["year"]), tuple(rows["power_twh"].to_list()))


def _cut(one: Trend, part: pl.DataFrame, above: pl.DataFrame, ceiling: float) -> Text:
    """What of a trend the figure does not show."""
    if part.is_empty():
        return Text("“{l}”在图中没有年份。", "'{l}' has no year in the figure.").format(l=one.label)
    return Text(
        "“{l}”自 {y} 年起超出 {c} TWh，不再画出，以免压平其余曲线；{z} 年为 {p} TWh。",
        "'{l}' is above {c} TWh from {y} on and no longer drawn, so as not to press the other curves flat; in {z} it "
        "comes to {p} TWh.",
    ).format(
        l=one.label,
        y=above["year"][0],
        c=f"{ceiling:,.0f}",
        z=part["year"][-1],
        p=f"{part['power_twh'][-1]:,.4g}",
    )


def _references(checks: pl.DataFrame) -> tuple[Points, ...]:
    if checks.height < 2:
        return ()
    years = tuple(float(y) for y in checks["year"])
    low, high = (tuple(checks[side].to_list()) for side in ("low_twh", "high_twh"))
    if low == high:
        return (Points(Text("核对点", "Check points"), years, low),)
    return (
        Points(Text("核对点（下限）", "Check points (low)"), years, low),
        Points(Text("核对点（上限）", "Check points (high)"), years, high),
    )


def trend_table(found: Trend) -> Table:
    """One row per year: compute, efficiency, energy, the efficiency that would hold energy flat, the shortfall."""
    columns = ("compute_index", "efficiency_index", "power_twh", "flat_efficiency_index", "shortfall")
    rows = tuple((Cell(row["year"]), *(Cell(row[c], ",.4g") for c in columns)) for row in found.by_year.to_dicts())
    return Table(
        key="compute_trend",
        number=Text("算力趋势表", "Compute trend"),
        title=Text("算力与能效的趋势外推：{l}", "Compute and efficiency by trend: {l}").format(l=found.label),
        headers=(
            Header("year", YEAR),
            Header("compute_index", Text("算力", "Compute"), _base(found)),
            Header("efficiency_index", Text("能效", "Efficiency"), _base(found)),
            Header("power_twh", POWER, TWH),
            Header("flat_efficiency_index", Text("用电不变所需能效", "Efficiency for flat energy"), _base(found)),
            Header("shortfall", Text("能效缺口", "Shortfall"), Text("倍", "times")),
        ),
        rows=rows,
        notes=_trend_notes(found),
        source=SOURCE,
        simulated=False,
        row_keys=tuple(str(y) for y in found.by_year["year"]),
    )


def trend_figure(found: Trend) -> Figure:
    """Efficiency as it grows and as flat energy needs it, in powers of ten."""
    x = tuple(float(y) for y in found.by_year["year"])
    logs = {c: tuple(math.log10(v) for v in found.by_year[c]) for c in ("efficiency_index", "flat_efficiency_index")}
    return Figure(
        key="figure_compute_trend",
        number=Text("算力趋势图", "Compute trend"),
        title=Text("用电不变所需的能效", "The efficiency that flat energy needs"),
        drawing=Lines(
            YEAR,
            Text("能效（{y} 年为 1，10 的幂次）", "Efficiency ({y} = 1, powers of ten)").format(y=found.base_year),
            (
                Points(Text("趋势能效", "Efficiency by trend"), x, logs["efficiency_index"]),
                Points(Text("用电不变所需能效", "Efficiency for flat energy"), x, logs["flat_efficiency_index"]),
            ),
            years=True,
        ),
        notes=_trend_notes(found),
        source=SOURCE,
        simulated=False,
    )


def _trend_notes(found: Trend) -> tuple[Text, ...]:
    said = Text(
        "算力每年 {c} 倍，能效每年 {e} 倍；用电不变需要能效每年 {c} 倍。",
        "Compute {c} times a year, efficiency {e} times a year; flat energy needs efficiency to grow {c} times a year.",
    )
    return (said.format(c=f"{found.compute_per_year:.3f}", e=f"{found.efficiency_per_year:.3f}"),)


def _base(found: Trend) -> Text:
    return both(f"{found.base_year} = 1")


def _span(low: float, high: float) -> str:
    return f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"
