"""Table 2-1: when four countries peaked and how rich they were, computed, beside what the report prints; and China."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dualcarbon import nations
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text
from dualcarbon.nations.exhibits import MT, NO, USD, YES, source_line
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import OURS, PRINTED

COUNTRIES = ("GBR", "DEU", "USA", "JPN", "CHN")
_DIFFERENCE = Text("差", "Difference")
_RATIO_DIGITS = 2
_BLANK = Cell("")


@dataclass(frozen=True, slots=True)
class Compared:
    """One country: ours in its peak year (or latest), ours in the year the report takes, and the report's numbers.

    Attributes
    ----------
    country : str
    peak : dict
        The country's row of `Peaks.frame`.
    year : int
        Year whose income stands in our row: the peak, or for China that of the report.
    ours, at_printed : tuple of float
        GDP per head of the country, of the world, ratio: in `year`, and in the report's year.
    printed_year : int or None
        Peak year the report prints.
    income_year : int
        Year of the report's income.
    printed : tuple of (float or None)
    unit_usd : float
        Last place of the report's incomes.
    """

    country: str
    peak: dict[str, object]
    year: int
    ours: tuple[float, float, float]
    at_printed: tuple[float, float, float]
    printed_year: int | None
    income_year: int
    printed: tuple[float | None, float | None, float | None]
    unit_usd: float

    @property
    def differences(self) -> tuple[float | None, ...]:
        """Ours less the report's, same year; None where ours rounds to what is printed, or nothing is."""
        places = (self.unit_usd, self.unit_usd, 10.0**-_RATIO_DIGITS)
        return tuple(
            None if said is None or abs(place * round(own / place) - said) < place / 2.0 else own - said
            for own, said, place in zip(self.at_printed, self.printed, places, strict=True)
        )


def compare(folder: Path | None = None) -> tuple[tuple[Compared, ...], nations.Peaks]:
    """The five countries from the shipped extract, or from the publishers' files in a folder."""
    emissions = nations.shipped_emissions() if folder is None else nations.read_emissions(folder)
    gdp = nations.shipped_income() if folder is None else nations.read_income(folder)
    chosen = emissions.filter(pl.col("iso3").is_in(COUNTRIES))
    found = nations.peaks(chosen, rule=nations.PeakRule(since=1960))
    rich = nations.incomes(gdp)
    printed = {row["iso3"]: row for row in reference_rows("report_table_2_1", "nations/facts")}
    return tuple(_compared(code, found.of(code), rich, printed[code]) for code in COUNTRIES), found


def _compared(code: str, peak: dict[str, object], rich: pl.DataFrame, row: dict[str, str]) -> Compared:
    said = int(row["gdp_year"])
    year = int(str(peak["peak_year"])) if peak["status"] == "peaked" else said
    numbers = [float(row[c]) if row[c] else None for c in ("gdp_per_head_usd", "world_gdp_per_head_usd", "ratio")]
    return Compared(
        code,
        peak,
        year,
        _income(rich, code, year),
        _income(rich, code, said),
        int(row["peak_year"]) if row["peak_year"] else None,
        said,
        (numbers[0], numbers[1], numbers[2]),
        float(row["unit_usd"]),
    )


def _income(rich: pl.DataFrame, code: str, year: int) -> tuple[float, float, float]:
    at = rich.row(by_predicate=(pl.col("country") == code) & (pl.col("year") == year), named=True)
    return at["gdp_per_head_usd"], at["world_gdp_per_head_usd"], at["ratio"]


def build(results: Results | None = None, folder: Path | None = None) -> Table:
    """The table; `results` is not read, `folder` takes the place of the shipped extract."""
    countries, found = compare(folder)
    rows: list[tuple[Cell, ...]] = []
    keys: list[str] = []
    ends: list[int] = []
    for one in countries:
        for key, cells in _rows(one):
            rows.append(cells)
            keys.append(f"{one.country}_{key}")
        ends.append(len(rows))
    return Table(
        key="table_2_1",
        number=Text("表 2-1", "Table 2-1"),
        title=Text(
            "中国与发达国家实现碳达峰时所处的经济发展阶段",
            "Income of developed countries when CO2 emissions peaked, and China",
        ),
        headers=_HEADERS,
        rows=tuple(rows),
        notes=_notes(countries, found),
        source=source_line("owid_co2", "wb_gdp"),
        simulated=False,
        rules_after=tuple(ends[:-1]),
        row_keys=tuple(keys),
    )


_HEADERS = (
    Header("country", Text("国家", "Country")),
    Header("line", Text("数值", "Value")),
    Header("peak_year", Text("达峰年", "Peak year")),
    Header("co2_mt", Text("排放", "CO2"), MT),
    Header("robust", Text("稳健", "Robust")),
    Header("gdp_per_head_usd", Text("人均 GDP", "GDP per head"), USD),
    Header("world_usd", Text("世界人均", "World"), USD),
    Header("ratio", Text("比值", "Ratio")),
)


def _rows(one: Compared) -> list[tuple[str, tuple[Cell, ...]]]:
    peaked = one.peak["status"] == "peaked"
    name = nations.country_name(one.country)
    year = Cell(one.year, "d") if peaked else Cell(nations.STATUSES[str(one.peak["status"])])
    robust = one.peak["robust"]
    emitted = Cell(float(str(one.peak["co2_mt"])), ",.1f")
    verdict = Cell(None if robust is None else YES if robust else NO)
    ours = OURS if peaked else Text("{o}（{y} 年）", "{o} ({y})").format(o=OURS, y=one.year)
    rows = [("ours", (Cell(name), Cell(ours), year, emitted, verdict, *_money(one.ours)))]
    if one.income_year != one.year:
        label = Text("{o}（{y} 年）", "{o} (in {y})").format(o=OURS, y=one.income_year)
        rows.append(("ours_printed_year", (_BLANK, Cell(label), _BLANK, _BLANK, _BLANK, *_money(one.at_printed))))
    said = Cell(one.printed_year, "d") if one.printed_year else _BLANK
    rows.append(("printed", (_BLANK, Cell(PRINTED), said, _BLANK, _BLANK, *_money(one.printed))))
    off = one.year - one.printed_year if one.printed_year else 0
    if off or any(d is not None for d in one.differences):
        gap = Cell(off, "+d") if off else _BLANK
        rows.append(("difference", (_BLANK, Cell(_DIFFERENCE), gap, _BLANK, _BLANK, *_gaps(one.differences))))
    return rows


def _money(values: tuple[float | None, ...]) -> tuple[Cell, ...]:
    forms = (",.0f", ",.0f", f".{_RATIO_DIGITS}f")
    return tuple(_BLANK if v is None else Cell(v, form) for v, form in zip(values, forms, strict=True))


def _gaps(values: tuple[float | None, ...]) -> tuple[Cell, ...]:
    forms = ("+,.1f", "+,.1f", f"+.{_RATIO_DIGITS}f")
    return tuple(_BLANK if v is None else Cell(v, form) for v, form in zip(values, forms, strict=True))


def _notes(countries: tuple[Compared, ...], found: nations.Peaks) -> tuple[Text, ...]:
    close = [one for one in countries if one.peak["robust"] is False]
    listed = [_why_not_robust(one) for one in close]
    china = next(one for one in countries if one.country == "CHN")
    return (
        found.rule.words,
        Text("不稳健者：{l}。", "Not robust: {l}.").format(
            l=Text("；".join(t.zh for t in listed), "; ".join(t.en for t in listed))
        )
        if listed
        else Text("各峰值年均稳健。", "Every peak year is robust."),
        Text(
            "差 = 本系统 − 报告，取报告所用的年份；只在按报告的位数取整后不一致时列出。"
            "世界人均 GDP 为世界银行现行版本，与报告所用的版本不同。",
            "Difference: ours less the report's, in the report's year, where ours does not round to what is printed. "
            "World GDP per head is the World Bank's present vintage, not the one the report used.",
        ),
        Text(
            "中国的排放数据止于 {y} 年，当年为最高；收入为报告所用的 {g} 年。",
            "China's emissions are known to {y}, the highest year so far; its income is of {g}, the report's year.",
        ).format(y=china.peak["last_year"], g=china.year),
    )


def _why_not_robust(one: Compared) -> Text:
    words = {
        "c": nations.country_name(one.country),
        "y": one.peak["runner_up_year"],
        "g": f"{float(str(one.peak['runner_up_gap_mt'])):.1f}",
        "w": ", ".join(f"{year} ({width})" for width, year in _windows(one)),
    }
    if one.peak["windows_agree"]:
        return Text("{c} {y} 年只低 {g} 百万吨", "{c} {y}, lower by {g} Mt only").format(**words)
    return Text(
        "{c} {y} 年低 {g} 百万吨，移动平均的最高年（窗口年数）为 {w}",
        "{c} {y}, lower by {g} Mt; highest years of the moving means (years in the window) {w}",
    ).format(**words)


def _windows(one: Compared) -> list[tuple[str, str]]:
    pairs = (part.split(":") for part in str(one.peak["window_years"]).split())
    return [(width, year) for width, year in pairs]
