"""Tables and figures of the room, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dualcarbon.core.bars import Layer, Stacked
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text, both
from dualcarbon.power.choice import ChoiceEffect, area_text
from dualcarbon.power.scenarios import FROZEN, PowerScenario
from dualcarbon.power.words import KINDS, SWAPPED, T_PER_MWH, TWH, source_label

_NUMBER = Text("附表", "Table")
_FIGURE = Text("附图", "Figure")
_T = Text("吨", "t")
_SCENARIOS = {
    "report": Text("报告情景", "report"),
    FROZEN: Text("固定不变", "frozen"),
    "official": Text("公布值", "published"),
}


def path_table(
    paths: Sequence[GridPath], years: Sequence[int], *, key: str = "grid_path", number: Text = _NUMBER
) -> Table:
    """Factors of several paths in chosen years; an asterisk marks published values, a dash years off a path.

    Raises
    ------
    ConfigError
        If there is no path.
    """
    _require_paths(paths)
    rows = []
    for year in years:
        cells = []
        for path in paths:
            at = np.flatnonzero(path.years == year)
            star = "*" if len(at) and path.official[at[0]] else ""
            cells.append(Cell(float(path.t_per_mwh[at[0]]) if len(at) else None, ".4f", stars=star))
        rows.append((Cell(int(year), "d"), *cells))
    rules = tuple(Text("{l}：{r}。", "{l}: {r}.").format(l=p.label, r=p.rule) for p in paths)
    return Table(
        key=key,
        number=number,
        title=Text("电网排放因子路径", "Paths of the grid emission factor"),
        headers=(
            Header("year", Text("年份", "Year")),
            *(Header(f"path_{i + 1}", p.label, T_PER_MWH) for i, p in enumerate(paths)),
        ),
        rows=tuple(rows),
        notes=(Text("* 为公布值，其余为计算值。", "* published; the others are computed."), *rules),
        source=_sources(paths),
        simulated=False,
        row_keys=tuple(str(year) for year in years),
    )


def _sources(paths: Sequence[GridPath]) -> Text:
    """The sources of several paths, each named once."""
    zh = dict.fromkeys(part for path in paths for part in path.source.zh.split("；"))
    en = dict.fromkeys(part for path in paths for part in path.source.en.split("; "))
    return Text("；".join(zh), "; ".join(en))


def _require_paths(paths: Sequence[GridPath]) -> None:
    if not len(paths):
        raise ConfigError(
            Text("没有可画的路径", "there is no path to show"),
            expected=Text("至少一条 grid_path 的结果", "at least one result of grid_path"),
            found=both("0"),
            remedy=Text("例如 [grid_path()]", "for example [grid_path()]"),
        )


def path_figure(paths: Sequence[GridPath], *, key: str = "grid_path_figure", number: Text = _FIGURE) -> Figure:
    """Factors over years, one curve per path.

    Raises
    ------
    ConfigError
        If there is no path.
    """
    _require_paths(paths)
    return Figure(
        key=key,
        number=number,
        title=Text("电网排放因子路径", "Paths of the grid emission factor"),
        drawing=Lines(
            Text("年份", "Year"),
            Text("排放因子（吨/兆瓦时）", "Emission factor (t/MWh)"),
            tuple(Points(p.label, tuple(map(float, p.years)), tuple(map(float, p.t_per_mwh))) for p in paths),
            years=True,
        ),
        notes=tuple(Text("{l}：{r}。", "{l}: {r}.").format(l=p.label, r=p.rule) for p in paths),
        source=_sources(paths),
        simulated=False,
    )


def share_figure(
    scenarios: Sequence[PowerScenario], *, key: str = "clean_share_path", number: Text = _FIGURE
) -> Figure:
    """Clean share of generation over years, one curve per scenario."""
    curves = []
    for one in scenarios:
        years = np.arange(one.years[0], one.years[-1] + 1)
        curves.append(Points(one.label, tuple(map(float, years)), tuple((100.0 * one.clean_share(years)).tolist())))
    return Figure(
        key=key,
        number=number,
        title=Text("清洁发电份额路径", "Paths of the clean share of generation"),
        drawing=Lines(
            Text("年份", "Year"),
            Text("清洁发电占总发电量（%）", "Clean share of generation (%)"),
            tuple(curves),
            years=True,
        ),
        notes=tuple(Text("{l}：{r}。", "{l}: {r}.").format(l=one.label, r=one.rule) for one in scenarios),
        source=Text("；".join(one.source.zh for one in scenarios), "; ".join(one.source.en for one in scenarios)),
        simulated=False,
    )


def generation_figure(scenario: PowerScenario, *, key: str = "generation", number: Text = _FIGURE) -> Figure:
    """Generation by source over years, stacked."""
    years = np.arange(scenario.years[0], scenario.years[-1] + 1)
    table = scenario.generation(years)
    layers = tuple(
        Layer(source_label(str(name[0])), tuple(part["generation_twh"]))
        for name, part in table.group_by("source", maintain_order=True)
    )
    return Figure(
        key=key,
        number=number,
        title=Text("分来源发电量", "Generation by source"),
        drawing=Stacked(
            tuple(map(float, years)),
            layers,
            Text("年份", "Year"),
            Text("发电量（十亿千瓦时）", "Generation (TWh)"),
            areas=True,
        ),
        notes=(Text("{r}。", "{r}.").format(r=scenario.rule),),
        source=scenario.source,
        simulated=False,
    )


def generation_table(
    scenario: PowerScenario, years: Sequence[int], *, key: str = "generation_table", number: Text = _NUMBER
) -> Table:
    """Generation by source in chosen years, with total and clean share."""
    table = scenario.generation(list(years))
    names = table["source"].unique(maintain_order=True).to_list()
    rows = []
    for year in years:
        part = dict(table.filter(pl.col("year") == year).select("source", "generation_twh").iter_rows())
        share = float(scenario.clean_share([year])[0])
        amounts = [Cell(part[name], ",.1f") for name in names]
        rows.append((Cell(int(year), "d"), *amounts, Cell(sum(part.values()), ",.1f"), Cell(100.0 * share, ".1f")))
    return Table(
        key=key,
        number=number,
        title=Text("分来源发电量与清洁份额", "Generation by source and clean share"),
        headers=(
            Header("year", Text("年份", "Year")),
            *(Header(f"{name}_twh", source_label(name), TWH) for name in names),
            Header("total_twh", Text("合计", "Total"), TWH),
            Header("clean_share", Text("清洁份额", "Clean share"), both("%")),
        ),
        rows=tuple(rows),
        notes=(Text("{r}。", "{r}.").format(r=scenario.rule),),
        source=scenario.source,
        simulated=False,
        row_keys=tuple(str(year) for year in years),
    )


def choice_table(seen: ChoiceEffect, *, key: str = "factor_choice", number: Text = _NUMBER) -> Table:
    """National choices: kind, scenario or vintage, factor, emissions, ratio to the national average of the year."""
    national = seen.frame.filter(~pl.col("kind").is_in(["provincial", "regional"]))
    rows = tuple(
        (
            Cell(KINDS[row["kind"]].label),
            Cell(_basis(row)),
            Cell(row["t_per_mwh"], ".4f", stars="*" if row["official"] else ""),
            Cell(row["co2_t"], ",.1f"),
            _cell(row["ratio"]),
        )
        for row in national.iter_rows(named=True)
    )
    return Table(
        key=key,
        number=number,
        title=Text("同一用电量在不同电网因子下的排放", "The same electricity under every grid factor"),
        headers=(
            Header("kind", Text("因子种类", "Kind of factor")),
            Header("basis", Text("情景或公布年份", "Scenario or vintage")),
            Header("t_per_mwh", Text("因子", "Factor"), T_PER_MWH),
            Header("co2_t", Text("排放", "Emissions"), _T),
            Header("ratio", Text("与当年全国平均之比", "Ratio to the year's average")),
        ),
        rows=rows,
        notes=_choice_notes(seen),
        source=Text("生态环境部、国家统计局各年公告；报告表 3-1", "MEE and NBS notices; the report's Table 3-1"),
        simulated=False,
    )


def _basis(row: dict[str, object]) -> Text:
    if row["scenario"] == FROZEN:
        return Text("固定在 {y} 年", "frozen at {y}").format(y=row["vintage"])
    if row["scenario"] == "fossil":
        return Text("化石因子，{y} 年公布", "that of fossil power, published for {y}").format(y=row["vintage"])
    if row["vintage"] is not None:
        return Text("{y} 年公布值", "published for {y}").format(y=row["vintage"])
    return _SCENARIOS.get(str(row["scenario"]), both(str(row["scenario"])))


def _choice_notes(seen: ChoiceEffect) -> tuple[Text, ...]:
    low, high = seen.spread
    kinds = [kind for kind in dict.fromkeys(seen.frame["kind"]) if kind not in ("provincial", "regional")]
    return (
        Text(
            "{y} 年用电 {m} 兆瓦时；* 为当年公布值。全部选择之间从 {a} 到 {b} 吨。",
            "{m} MWh used in {y}; * published for that year. Over all choices {a} to {b} t.",
        ).format(y=seen.year, m=f"{seen.mwh:,.0f}", a=f"{low:,.1f}", b=f"{high:,.1f}"),
        *(Text("{l}：{m}", "{l}: {m}").format(l=KINDS[k].label, m=KINDS[k].meaning) for k in kinds),
        Text("{s}。", "{s}.").format(s=SWAPPED),
        *(
            Text("{y} 年没有{l}因子（情景 {s}）。", "No {l} factor in {y} (scenario {s}).").format(
                y=seen.year, l=KINDS[kind].label, s=_SCENARIOS.get(scenario, both(scenario))
            )
            for kind, scenario in seen.absent
        ),
    )


def area_table(
    seen: ChoiceEffect, kind: str = "provincial", *, key: str = "factor_choice_areas", number: Text = _NUMBER
) -> Table:
    """Emissions of the same electricity by province (or region) and vintage, highest last vintage first."""
    rows_of = seen.frame.filter(pl.col("kind") == kind)
    years = rows_of["vintage"].unique().sort().to_list()
    wide: dict[str, dict[int, dict[str, object]]] = {}
    for row in rows_of.iter_rows(named=True):
        wide.setdefault(row["area_en"], {})[row["vintage"]] = row
    ranked = sorted(wide, key=lambda name: -_co2(wide[name], max(wide[name])))
    group = Text("按公布年份的排放（吨）", "Emissions by vintage (t)")
    rows = tuple(
        (
            Cell(area_text(next(iter(wide[name].values())))),
            *(Cell(_co2(wide[name], year) if year in wide[name] else None, ",.1f") for year in years),
            _cell(wide[name][max(wide[name])]["ratio"]),
        )
        for name in ranked
    )
    return Table(
        key=key,
        number=number,
        title=Text("同一用电量在各地电网因子下的排放", "The same electricity under the factors of every area"),
        headers=(
            Header("area", Text("地区", "Area")),
            *(Header(f"co2_t_{year}", both(str(year)), None, group) for year in years),
            Header("ratio", Text("最近年与全国平均之比", "Latest over national average")),
        ),
        rows=rows,
        notes=(
            Text(
                "{y} 年用电 {m} 兆瓦时，对照为当年全国平均 {f} 吨/兆瓦时。",
                "{m} MWh used in {y}, against the national average of {f} t/MWh.",
            ).format(y=seen.year, m=f"{seen.mwh:,.0f}", f=f"{float(seen.reference):.4f}"),
        ),
        source=Text("生态环境部、国家统计局各年公告", "MEE and NBS notices"),
        simulated=False,
        row_keys=tuple(ranked),
    )


def _cell(ratio: object) -> Cell:
    return Cell(ratio if isinstance(ratio, float) else None, ".3f")


def _co2(vintages: dict[int, dict[str, object]], year: int) -> float:
    return float(str(vintages[year]["co2_t"]))
