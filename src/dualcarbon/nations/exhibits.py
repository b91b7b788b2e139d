"""Tables and figures of the room, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text
from dualcarbon.nations.clean import CleanShares
from dualcarbon.nations.faults import refuse_without_year
from dualcarbon.nations.income import Income, Position
from dualcarbon.nations.peaking import Peaks
from dualcarbon.nations.rule import STATUSES
from dualcarbon.nations.shipped import country_name, sources

MOST_CURVES = 6
"""Curves told apart by colour; further countries are dashed."""
MT = Text("百万吨", "Mt")
USD = Text("现价美元", "current USD")
_NUMBER = Text("附表", "Table")
_FIGURE = Text("附图", "Figure")
YES, NO = Text("是", "yes"), Text("否", "no")


def source_line(*keys: str) -> Text:
    """Publishers and licences as one line."""
    known = sources()
    parts = [Text("{l}，{c}", "{l}, {c}").format(l=known[k].label, c=known[k].licence) for k in dict.fromkeys(keys)]
    return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


def peaks_table(
    peaks: Peaks,
    countries: Sequence[str] | None = None,
    *,
    key: str = "peaks",
    number: Text = _NUMBER,
    source: Text | None = None,
) -> Table:
    """Peak year, emissions, runner-up and robustness by country; all countries in order of their peak by default.

    Raises
    ------
    DataError
        If a country is not there.
    """
    frame = peaks.frame.sort("peak_year", "country", nulls_last=True)
    if countries is not None:
        frame = pl.concat([frame.filter(country=peaks.of(code)["country"]) for code in countries])
    return Table(
        key=key,
        number=number,
        title=Text("各国二氧化碳排放的峰值年", "The peak year of CO2 emissions by country"),
        headers=(
            Header("country", Text("国家", "Country")),
            Header("status", Text("判断", "Verdict")),
            Header("peak_year", Text("最高年", "Highest year")),
            Header("co2_mt", Text("排放", "Emissions"), MT),
            Header("runner_up_year", Text("次高年", "Runner-up")),
            Header("runner_up_gap_mt", Text("低于峰值", "Below the peak"), MT),
            Header("change", Text("至末年变化", "Change to last year"), Text("%", "%")),
            Header("robust", Text("稳健", "Robust")),
        ),
        rows=tuple(_peak_row(row) for row in frame.iter_rows(named=True)),
        notes=(peaks.rule.words,),
        source=source or source_line("owid_co2"),
        simulated=False,
        row_keys=tuple(frame["country"]),
    )


def _peak_row(row: dict[str, object]) -> tuple[Cell, ...]:
    change, robust = row["change_since_peak"], row["robust"]
    return (
        Cell(country_name(str(row["country"]))),
        Cell(STATUSES[str(row["status"])]),
        _cell(row["peak_year"], "d"),
        _cell(row["co2_mt"], ",.1f"),
        _cell(row["runner_up_year"], "d"),
        _cell(row["runner_up_gap_mt"], ",.1f"),
        Cell(100.0 * change if isinstance(change, float) else None, ".1f"),
        Cell(None if robust is None else YES if robust else NO),
    )


def _cell(value: object, form: str) -> Cell:
    return Cell(value if isinstance(value, (int, float)) else None, form)


def income_table(
    income: Income, *, key: str = "income_at_peak", number: Text = _NUMBER, source: Text | None = None
) -> Table:
    """GDP per head of the country and of the world in the peak year, and their ratio."""
    frame = income.frame.sort("year", "country", nulls_last=True)
    notes: tuple[Text, ...] = (
        Text(
            "现价美元，未扣除物价：不同年份之间只可比较与世界之比。",
            "In current USD, not deflated: between years only the ratio to the world compares.",
        ),
    )
    if income.unknown:
        notes += (
            Text(
                "{n} 个国家在该年没有收入数据，留空。", "{n} countries have no income in that year; left blank."
            ).format(n=income.unknown),
        )
    return Table(
        key=key,
        number=number,
        title=Text("达峰时的收入水平", "Income when emissions peaked"),
        headers=(
            Header("country", Text("国家", "Country")),
            Header("status", Text("判断", "Verdict")),
            Header("year", Text("最高年", "Highest year")),
            Header("co2_mt", Text("排放", "Emissions"), MT),
            Header("gdp_per_head_usd", Text("人均 GDP", "GDP per head"), USD),
            Header("world_gdp_per_head_usd", Text("世界", "World"), USD),
            Header("ratio", Text("比值", "Ratio")),
        ),
        rows=tuple(_income_row(row) for row in frame.iter_rows(named=True)),
        notes=notes,
        source=source or source_line("owid_co2", "wb_gdp"),
        simulated=False,
        row_keys=tuple(frame["country"]),
    )


def _income_row(row: dict[str, object]) -> tuple[Cell, ...]:
    return (
        Cell(country_name(str(row["country"]))),
        Cell(STATUSES[str(row["status"])]),
        _cell(row["year"], "d"),
        _cell(row["co2_mt"], ",.1f"),
        _cell(row["gdp_per_head_usd"], ",.0f"),
        _cell(row["world_gdp_per_head_usd"], ",.0f"),
        _cell(row["ratio"], ".2f"),
    )


def position_table(
    now: Position, income: Income, *, key: str = "position", number: Text = _NUMBER, source: Text | None = None
) -> Table:
    """Where one country stands today beside the countries that have peaked."""
    peaked = income.frame.filter(pl.col("status") == "peaked", pl.col("known")).sort("year")
    rows = _position_rows(now, peaked)
    return Table(
        key=key,
        number=number,
        title=Text("{c}今天的位置", "Where {c} stands today").format(c=country_name(now.country)),
        headers=(
            Header("country", Text("国家", "Country")),
            Header("when", Text("时点", "When")),
            Header("year", Text("年份", "Year")),
            Header("gdp_per_head_usd", Text("人均 GDP", "GDP per head"), USD),
            Header("ratio", Text("与世界之比", "Ratio to the world")),
            Header("relative", Text("{c}今天为其倍数", "{c} today over it").format(c=country_name(now.country))),
        ),
        rows=tuple(rows),
        notes=(_standing(now),),
        source=source or source_line("owid_co2", "wb_gdp"),
        simulated=False,
        row_keys=(*peaked["country"], f"{now.country}_today"),
        rules_after=(len(rows) - 1,),
    )


def _position_rows(now: Position, peaked: pl.DataFrame) -> list[tuple[Cell, ...]]:
    facts = [
        (r["country"], Text("达峰之年", "in its peak year"), r["year"], r["gdp_per_head_usd"], r["ratio"])
        for r in peaked.iter_rows(named=True)
    ]
    facts.append((now.country, Text("最近一年", "latest year"), now.year, now.gdp_per_head_usd, now.ratio))
    return [
        (
            Cell(country_name(code)),
            Cell(when),
            Cell(year, "d"),
            Cell(income, ",.0f"),
            Cell(ratio, ".2f"),
            Cell(now.ratio / ratio, ".2f"),
        )
        for code, when, year, income, ratio in facts
    ]


def _standing(now: Position) -> Text:
    due = (
        Text("距承诺达峰的年份还有 {n} 年", "{n} years remain to the pledged peak").format(n=now.years_to_pledge)
        if now.years_to_pledge >= 0
        else Text("已过承诺达峰的年份 {n} 年", "{n} years past the pledged peak").format(n=-now.years_to_pledge)
    )
    return Text(
        "{c}：{s}；排放数据止于 {e} 年，其中最高为 {h} 年；{d}（自 {y} 年起算）。",
        "{c}: {s}; emissions are known to {e}, highest in {h}; {d} (counted from {y}).",
    ).format(
        c=country_name(now.country),
        s=STATUSES[now.status],
        e=now.emissions_to,
        h=now.highest_year,
        d=due,
        y=now.year,
    )


def peaks_figure(
    peaks: Peaks,
    countries: Sequence[str],
    *,
    span: int = 40,
    key: str = "peaks_figure",
    number: Text = _FIGURE,
    source: Text | None = None,
) -> Figure:
    """Emissions as a share of the highest, against years from it; `span` years to either side.

    Raises
    ------
    DataError
        If a country is not there, or has no highest year.
    """
    lines = []
    for code in countries:
        row = peaks.of(code)
        refuse_without_year(row)
        part = peaks.series.filter(
            pl.col("country") == code, (pl.col("year") - pl.lit(row["peak_year"])).abs() <= span
        ).with_columns(x=pl.col("year") - pl.lit(row["peak_year"]), y=100.0 * pl.col("co2_mt") / pl.lit(row["co2_mt"]))
        label = Text("{c}（{y}）", "{c} ({y})").format(c=country_name(code), y=row["peak_year"])
        lines.append(Points(label, tuple(map(float, part["x"])), tuple(part["y"])))
    return Figure(
        key=key,
        number=number,
        title=Text("达峰前后的排放", "Emissions before and after the peak"),
        drawing=Lines(
            Text("距最高年的年数", "Years from the highest year"),
            Text("排放（最高年 = 100）", "Emissions (highest year = 100)"),
            tuple(lines[:MOST_CURVES]),
            tuple(lines[MOST_CURVES:]),
        ),
        notes=(peaks.rule.words,),
        source=source or source_line("owid_co2"),
        simulated=False,
    )


def clean_figure(
    shares: CleanShares,
    countries: Sequence[str] = ("CHN", "USA", "DEU", "GBR", "FRA", "JPN", "IND", "WLD"),
    *,
    key: str = "clean_shares",
    number: Text = _FIGURE,
    source: Text | None = None,
) -> Figure:
    """Clean share of electricity over the years; after the sixth country the lines are dashed.

    Countries without shares are left out.
    """
    lines = [
        Points(country_name(code), tuple(map(float, part["year"])), tuple(100.0 * part["clean_share"]))
        for code in countries
        if (part := shares.frame.filter(pl.col("country") == code)).height
    ]
    return Figure(
        key=key,
        number=number,
        title=Text("中国与世界主要国家清洁发电份额", "Clean electricity: China and other large countries"),
        drawing=Lines(
            Text("年份", "Year"),
            Text("清洁发电占总发电量（%）", "Clean share of generation (%)"),
            tuple(lines[:MOST_CURVES]),
            tuple(lines[MOST_CURVES:]),
            years=True,
        ),
        notes=clean_notes(shares),
        source=source or source_line("owid_mix", "codecarbon_mix"),
        simulated=False,
    )


def clean_notes(shares: CleanShares) -> tuple[Text, ...]:
    """What the shares mean and where two statistics meet."""
    notes = [
        Text(
            "清洁发电：水电、核电、风电、太阳能、生物质与其他可再生能源；份额为其占总发电量之比。",
            "Clean: hydro, nuclear, wind, solar, biomass and other renewables; share of total generation.",
        )
    ]
    if "codecarbon_mix" in set(shares.frame["source"].drop_nulls()):
        notes.append(
            Text(
                "末点（多为 2023 年）来自另一份统计，与之前的年份相连时可能有小的跳动；中间缺的年份以直线相连。",
                "The last point (mostly 2023) comes from another statistic and may jump a little against the years "
                "before; a year without data in between is bridged by a straight line.",
            )
        )
    return tuple(notes)


def clean_table(
    shares: CleanShares,
    years: Sequence[int] = (1990, 2000, 2010, 2020),
    *,
    key: str = "clean_share_table",
    number: Text = _NUMBER,
    source: Text | None = None,
) -> Table:
    """Clean share by country in chosen years and in the latest, highest last share first."""
    latest = shares.latest().sort("clean_share", descending=True)
    at = {year: shares.at(year) for year in years}
    rows = tuple(
        (
            Cell(country_name(row["country"])),
            *(Cell(_percent(at[year].get(row["country"])), ".1f") for year in years),
            Cell(100.0 * row["clean_share"], ".1f"),
            Cell(row["year"], "d"),
        )
        for row in latest.iter_rows(named=True)
    )
    group = Text("清洁发电份额（%）", "Clean share (%)")
    return Table(
        key=key,
        number=number,
        title=Text("各国清洁发电份额", "Clean share of electricity by country"),
        headers=(
            Header("country", Text("国家", "Country")),
            *(Header(f"share_{y}", Text(str(y), str(y)), None, group) for y in years),
            Header("latest", Text("最近一年", "Latest"), None, group),
            Header("latest_year", Text("最近年份", "Latest year")),
        ),
        rows=rows,
        notes=clean_notes(shares),
        source=source or source_line("owid_mix", "codecarbon_mix"),
        simulated=False,
        row_keys=tuple(latest["country"]),
    )


def _percent(value: float | None) -> float | None:
    return None if value is None else 100.0 * value
