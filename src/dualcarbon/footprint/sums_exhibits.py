"""The table and the figures of the sector's totals."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from dualcarbon.core.exhibit import Cell, Figure, Header, Layer, Lines, Points, Stacked, Table
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults
from dualcarbon.footprint.sums import SECTOR, Totals
from dualcarbon.footprint.words import CO2, MT, POWER, SOURCE, TWH, YEAR

_SECTOR = Text("合计", "Sector")


def table(found: Totals, years: Iterable[int] | None = None) -> Table:
    """One row per year: electricity of the parts and the sector, its share of the nation's, CO2 under each path."""
    shown = faults.asked_years(years if years is not None else found.years).tolist()
    faults.require_years(
        Text("部门总量", "totals of the sector"),
        found.years,
        shown,
        Text("先计算这些年份", "compute these years first"),
    )
    keys = [*(c.key for c in found.components), SECTOR]
    power = {(r["year"], r["component"]): r for r in found.power.to_dicts()}
    co2 = {(r["year"], r["path"]): r for r in found.co2.filter(pl.col("component") == SECTOR).to_dicts()}
    rows = tuple(
        (
            Cell(year),
            *(Cell(power[year, key]["power_twh"], ",.1f") for key in keys),
            Cell(_percent(power[year, SECTOR]["national_share"]), ".2f"),
            *(Cell(co2[year, i]["co2_mt"], ",.1f") for i in range(len(found.paths))),
        )
        for year in shown
    )
    labels = {c.key: c.label for c in found.components} | {SECTOR: _SECTOR}
    return Table(
        key="sector_totals",
        number=Text("数字部门总量", "Sector totals"),
        title=Text("数字部门的用电与碳排放", "Electricity and CO2 of the digital sector"),
        headers=(
            Header("year", YEAR),
            *(Header(f"{key}_twh", labels[key], TWH, POWER) for key in keys),
            Header("national_share", Text("占全国用电", "Of national electricity"), both("%")),
            *(Header(f"co2_mt_{i}", p.label, MT, CO2) for i, p in enumerate(found.paths)),
        ),
        rows=rows,
        notes=_notes(found),
        source=SOURCE,
        simulated=False,
        row_keys=tuple(str(y) for y in shown),
    )


def figure(found: Totals) -> Figure:
    """The sector's CO2, a curve per grid path."""
    x = tuple(float(y) for y in found.years)
    sector = found.co2.filter(pl.col("component") == SECTOR)
    curves = tuple(
        Points(path.label, x, tuple(sector.filter(pl.col("path") == i)["co2_mt"].to_list()))
        for i, path in enumerate(found.paths)
    )
    return Figure(
        key="figure_sector_co2",
        number=Text("数字部门碳排放图", "Sector CO2"),
        title=Text("数字部门的碳排放：按电网路径", "CO2 of the digital sector by grid path"),
        drawing=Lines(YEAR, Text("CO2（百万吨）", "CO2 (Mt)"), curves, years=True),
        notes=_notes(found),
        source=SOURCE,
        simulated=False,
    )


def power_figure(found: Totals) -> Figure:
    """Electricity of the parts as areas upon each other, the sector as the line over them."""
    x = tuple(float(y) for y in found.years)
    of = {key[0]: tuple(part["power_twh"].to_list()) for key, part in found.power.group_by("component")}
    return Figure(
        key="figure_sector_power",
        number=Text("数字部门用电图", "Sector electricity"),
        title=Text("数字部门的用电量", "Electricity of the digital sector"),
        drawing=Stacked(
            x=x,
            layers=tuple(Layer(c.label, of[c.key]) for c in found.components),
            x_label=YEAR,
            y_label=Text("用电量（TWh）", "Electricity (TWh)"),
            total=Layer(_SECTOR, of[SECTOR]),
            areas=True,
        ),
        notes=(),
        source=SOURCE,
        simulated=False,
    )


def _notes(found: Totals) -> tuple[Text, ...]:
    paths = tuple(Text("{l}：{r}。", "{l}: {r}.").format(l=p.label, r=p.rule) for p in found.paths)
    if found.power["national_share"].null_count():
        return (*paths, Text("未给全国用电量，故不列占比。", "No national total is given, hence no share."))
    return paths


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share
