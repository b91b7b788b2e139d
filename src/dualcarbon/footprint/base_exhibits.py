"""Tables and the figure of 5G stations."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.base_stations import Stations
from dualcarbon.footprint.factors import factor_paths, given_paths
from dualcarbon.footprint.shipped import STATUSES
from dualcarbon.footprint.words import AVERAGE, CO2, FACTOR, MT, POWER, SOURCE, STATUS, T_PER_MWH, TWH, YEAR, YEAR_END

_TITLE = Text("5G 基站的用电与碳排放", "Electricity and CO2 of 5G stations")


def table(found: Stations) -> Table:
    """One row per year: stock, energy per station, electricity and CO2 on both stocks, the factor beside them."""
    rows = tuple(
        (
            Cell(row["year"]),
            Cell(row["stations_year_end"] / 1e4, ",.1f"),
            Cell(STATUSES[row["stock_status"]]),
            Cell(row["kwh_per_station_day"], ".1f"),
            Cell(row["power_average_twh"], ",.1f"),
            Cell(row["power_year_end_twh"], ",.1f"),
            Cell(row["t_per_mwh"], ".4f"),
            Cell(row["co2_average_mt"], ",.1f"),
            Cell(row["co2_year_end_mt"], ",.1f"),
        )
        for row in found.by_year.to_dicts()
    )
    return Table(
        key="stations_5g",
        number=Text("5G 基站表", "5G stations"),
        title=_TITLE,
        headers=(
            Header("year", YEAR),
            Header("stations_10k_year_end", Text("年末存量", "Year-end stock"), Text("万个", "10^4")),
            Header("stock_status", STATUS),
            Header("kwh_per_station_day", Text("单站日用电", "Per station and day"), Text("千瓦时", "kWh")),
            Header("power_average_twh", AVERAGE, TWH, POWER),
            Header("power_year_end_twh", YEAR_END, TWH, POWER),
            Header("t_per_mwh", FACTOR, T_PER_MWH),
            Header("co2_average_mt", AVERAGE, MT, CO2),
            Header("co2_year_end_mt", YEAR_END, MT, CO2),
        ),
        rows=rows,
        notes=found.notes,
        source=SOURCE,
        simulated=False,
        row_keys=tuple(str(y) for y in found.by_year["year"]),
    )


def factor_table(found: Stations, paths: Sequence[GridPath] | None = None) -> Table:
    """One row per factor, one column per year: CO2 on the average stock, with the factor of the last year."""
    years = found.by_year["year"].to_list()
    several = given_paths(paths, years)
    power = found.by_year["power_average_twh"].to_numpy()
    rows = tuple(
        (
            Cell(path.label),
            Cell(float(path.at(years)[-1]), ".4f"),
            *(Cell(float(v), ",.1f") for v in power * path.at(years)),
        )
        for path in several
    )
    last = Text("{y} 年因子", "Factor in {y}").format(y=years[-1])
    return Table(
        key="stations_5g_factors",
        number=Text("因子对照", "Factors compared"),
        title=Text("5G 基站的碳排放：按不同电网因子（年均存量）", "CO2 of 5G stations by grid factor (average stock)"),
        headers=(
            Header("factor", FACTOR),
            Header("t_per_mwh", last, T_PER_MWH),
            *(Header(f"co2_mt_{y}", both(str(y)), MT, CO2) for y in years),
        ),
        rows=rows,
        notes=(*found.notes[:-1], *_rules(several)),
        source=SOURCE,
        simulated=False,
        row_keys=tuple(f"factor_{i}" for i in range(len(several))),
    )


def saving_table(found: Stations) -> Table:
    """One row per technology, in the order they multiply: its share, reach and what it saves in the last year."""
    year = found.by_year["year"][-1]
    saved = {r["saving"]: r for r in found.by_saving.filter(pl.col("year") == year).to_dicts()}
    rows = tuple(
        (
            Cell(one.label),
            Cell(100.0 * one.share, ".0f"),
            Cell(100.0 * saved[one.name]["reached_share"], ".0f"),
            Cell(saved[one.name]["saved_kwh_per_station_day"], ".2f"),
            Cell(saved[one.name]["saved_twh"], ",.1f"),
            Cell(one.source),
            Cell(STATUSES[one.status]),
        )
        for one in found.energy.savings
    )
    return Table(
        key="stations_5g_savings",
        number=Text("节能技术表", "Savings"),
        title=Text("各项节能技术（{y} 年）", "Savings by technology ({y})").format(y=year),
        headers=(
            Header("saving", Text("技术", "Technology")),
            Header("share_percent", Text("节能率", "Saving"), both("%")),
            Header("reached_percent", Text("普及率", "Reach"), both("%")),
            Header("kwh_per_station_day", Text("单站日节电", "Per station and day"), Text("千瓦时", "kWh")),
            Header("saved_twh", Text("节电（年均存量）", "Saved (average stock)"), TWH),
            Header("source", Text("来源", "Source")),
            Header("status", STATUS),
        ),
        rows=rows,
        notes=(
            Text(
                "各项依次相乘；合计与次序无关，各项所省与次序有关。",
                "Savings multiply in this order; their sum does not depend on it, each one's part does.",
            ),
            *found.notes,
        ),
        source=SOURCE,
        simulated=False,
        row_keys=tuple(one.name for one in found.energy.savings),
    )


def figure(found: Stations, paths: Sequence[GridPath] | None = None) -> Figure:
    """CO2 over the years, a curve per factor on the average stock; dashed: the first factor on the year-end stock."""
    years = found.by_year["year"].to_list()
    several = given_paths(paths, years) if paths is not None else _apart(factor_paths(years))
    x = tuple(float(y) for y in years)
    average, year_end = (found.by_year[c].to_numpy() for c in ("power_average_twh", "power_year_end_twh"))
    curves = tuple(Points(path.label, x, tuple((average * path.at(years)).tolist())) for path in several)
    beside = Text("{l}（按年末存量）", "{l} (year-end stock)").format(l=several[0].label)
    return Figure(
        key="figure_stations_5g",
        number=Text("5G 基站图", "5G stations"),
        title=Text("5G 基站的碳排放趋势", "CO2 of 5G stations over the years"),
        drawing=Lines(
            x_label=YEAR,
            y_label=Text("CO2（百万吨）", "CO2 (Mt)"),
            curves=curves,
            references=(Points(beside, x, tuple((year_end * several[0].at(years)).tolist())),),
            years=True,
        ),
        notes=(
            Text("实线按年均存量，虚线按年末存量。", "Solid lines: average stock; dashed: year-end stock."),
            *found.notes[:-1],
            *_rules(several),
        ),
        source=SOURCE,
        simulated=False,
    )


def _apart(paths: Sequence[GridPath]) -> tuple[GridPath, ...]:
    """The average, the reporting and the implied factor: the others lie too near to be told apart."""
    average, reporting, *_, implied = paths
    return average, reporting, implied


def _rules(paths: Sequence[GridPath]) -> tuple[Text, ...]:
    return tuple(
        Text("{l}：{r}；{s}。", "{l}: {r}; {s}.").format(l=p.label, r=p.rule, s=p.source)
        for p in paths
        if p.official.any()
    )
