"""Table 3-1: China's power mix to 2060 as printed, the grid factor it implies, and why emissions change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon import nations, power
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.decomposition import decompose
from dualcarbon.nations.exhibits import source_line
from dualcarbon.power.words import T_PER_MWH
from dualcarbon.studies.cmri2024.results import Results

Floats = NDArray[np.float64]
_1E8_KWH_PER_TWH = 10.0
_PRINTED = 9
"""Decimals kept: rounds away the sign of a zero effect."""
_IDENTITY = "C ~ Y * S[source] * F[source]"
FACTORS = ("Y", "S", "F")
"""Total generation, shares of the sources, factors of the sources."""
_LABELS = {
    "Y": Text("其中：总发电量", "of which total generation"),
    "S": Text("其中：电源结构", "of which the mix"),
    "F": Text("其中：化石电力的因子", "of which the factor of fossil power"),
}
_1E8_KWH = Text("亿千瓦时", "1e8 kWh")
_MT = Text("百万吨", "Mt")


@dataclass(frozen=True, slots=True)
class Implied:
    """What the printed generation implies in its years.

    Attributes
    ----------
    years : tuple of int, n
    fossil_twh, clean_twh, clean_share, t_per_mwh, co2_mt : (n,)
    effects : mapping of factor to (n - 1,)
        LMDI-I additive effects between neighbouring years, Mt.
    """

    years: tuple[int, ...]
    fossil_twh: Floats
    clean_twh: Floats
    clean_share: Floats
    t_per_mwh: Floats
    co2_mt: Floats
    effects: dict[str, Floats]


def implied() -> Implied:
    """The report's scenario in the years it prints."""
    scenario = power.load_scenario("report")
    table = scenario.generation(scenario.years)
    fossil, clean = (table.filter(pl.col("clean") == c)["generation_twh"].to_numpy() for c in (False, True))
    factor = power.grid_path("report", years=scenario.years).t_per_mwh
    co2 = factor * (fossil + clean)
    return Implied(
        scenario.years,
        fossil,
        clean,
        clean / (fossil + clean),
        factor,
        co2,
        effects(scenario.years, fossil, clean, co2 / fossil),
    )


def effects(years: tuple[int, ...], fossil: Floats, clean: Floats, t_per_mwh: Floats) -> dict[str, Floats]:
    """Effects of total generation, mix and fossil factor on emissions between neighbouring years, Mt.

    Parameters
    ----------
    years : tuple of int, n
    fossil, clean : (n,) TWh
    t_per_mwh : (n,)
        Factor of fossil power; clean power has none.
    """
    total = fossil + clean
    parts = (("fossil", fossil, t_per_mwh), ("clean", clean, np.zeros(len(years))))
    rows = pl.concat(
        pl.DataFrame({"year": years, "Y": total, "S": part / total, "F": factor}).with_columns(source=pl.lit(name))
        for name, part, factor in parts
    )
    found = decompose(rows, _IDENTITY, time="year", chain=True).effects
    return {name: found.filter(pl.col("factor") == name)["effect"].to_numpy() for name in FACTORS}


def build(results: Results | None = None) -> Table:
    """The table; `results` is not read."""
    have = implied()
    return Table(
        key="table_3_1",
        number=Text("表 3-1", "Table 3-1"),
        title=Text("中国电力的结构优化与电网排放因子", "China's power mix and the grid emission factor it implies"),
        headers=(
            Header("item", Text("项目", "Item")),
            Header("unit", Text("单位", "Unit")),
            *(Header(f"y{year}", both(str(year))) for year in have.years),
        ),
        rows=_rows(have),
        notes=_notes(have),
        source=Text(
            "前两行：报告表 3-1（引《中国能源展望 2060》）；其余为 dualcarbon 计算；"
            "公布的因子：生态环境部、国家统计局。{o}",
            "First two rows: the report's Table 3-1, after China Energy Outlook 2060; the rest computed by dualcarbon; "
            "published factors: MEE and NBS. {o}",
        ).format(o=source_line("owid_mix")),
        simulated=False,
        rules_after=(2, 6),
        row_keys=("fossil", "clean", "total", "clean_share", "factor", "co2", "change", *FACTORS),
    )


def _rows(have: Implied) -> tuple[tuple[Cell, ...], ...]:
    total = have.fossil_twh + have.clean_twh
    gained = np.diff(have.co2_mt)
    return (
        _row(
            Text("化石能源发电量（报告）", "Fossil generation (report)"), _1E8_KWH, have.fossil_twh * _1E8_KWH_PER_TWH
        ),
        _row(Text("清洁能源发电量（报告）", "Clean generation (report)"), _1E8_KWH, have.clean_twh * _1E8_KWH_PER_TWH),
        _row(Text("总发电量", "Total generation"), _1E8_KWH, total * _1E8_KWH_PER_TWH),
        _row(Text("清洁份额", "Clean share"), both("%"), 100.0 * have.clean_share, ".1f"),
        _row(Text("电网因子（平均）", "Grid factor (average)"), T_PER_MWH, have.t_per_mwh, ".4f"),
        _row(Text("发电排放", "Emissions of power"), _MT, have.co2_mt),
        _row(Text("较前一列的变化", "Change from the column before"), _MT, gained, "+,.0f"),
        *(_row(_LABELS[name], _MT, have.effects[name], "+,.0f") for name in FACTORS),
    )


def _row(label: Text, unit: Text, values: Floats, form: str = ",.0f") -> tuple[Cell, ...]:
    zero = form.removeprefix("+")
    rounded = [0.0 + round(float(value), _PRINTED) for value in values]
    cells = [Cell(value, form if value else zero) for value in rounded]
    return (Cell(label), Cell(unit), *([Cell("")] if form == "+,.0f" else []), *cells)


def _notes(have: Implied) -> tuple[Text, ...]:
    return (
        Text(
            "{r}。{y} 年没有公布的平均因子，为计算值，化石因子取 2021 年的公布值。",
            "{r}. No average factor was published for {y}: it is computed, with the fossil factor published for 2021.",
        ).format(r=power.grid_path("report").rule, y=have.years[0]),
        Text(
            "变化的分解为 LMDI-I 加法形式，三项之和等于变化。",
            "The change is decomposed by additive LMDI-I; the three effects add up to it.",
        ),
        _other_statistics(have),
    )


def _other_statistics(have: Implied) -> Text:
    """The first printed year against another statistic."""
    mix = nations.shipped_mix().filter(iso3="CHN", year=have.years[0])
    total, clean = float(mix["total_twh"].item()), float(mix["clean_twh"].item())
    printed = float(have.fossil_twh[0] + have.clean_twh[0])
    return Text(
        "{y} 年：报告的总量比 Our World in Data 高 {a}%（{p} 对 {t} 亿千瓦时），清洁发电高 {b}%（{q} 对 {c}）。",
        "{y}: the report's total lies {a} % above Our World in Data ({p} against {t} in 1e8 kWh), its clean generation "
        "{b} % ({q} against {c}).",
    ).format(
        y=have.years[0],
        a=f"{100.0 * (printed / total - 1.0):.1f}",
        b=f"{100.0 * (float(have.clean_twh[0]) / clean - 1.0):.1f}",
        p=f"{printed * _1E8_KWH_PER_TWH:,.0f}",
        t=f"{total * _1E8_KWH_PER_TWH:,.0f}",
        q=f"{float(have.clean_twh[0]) * _1E8_KWH_PER_TWH:,.0f}",
        c=f"{clean * _1E8_KWH_PER_TWH:,.0f}",
    )
