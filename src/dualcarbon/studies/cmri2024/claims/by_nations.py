"""Peak years, incomes and generation against the shipped statistics."""

from __future__ import annotations

from functools import cache

import polars as pl

from dualcarbon import nations, power
from dualcarbon.core.text import Text
from dualcarbon.nations.exhibits import source_line
from dualcarbon.studies.cmri2024.claims.claim import Claim, Finding, of

_1E8_KWH_PER_TWH = 10.0
_USD = {"USD": 1.0, "1e4 USD": 1e4}


@cache
def _peaks() -> nations.Peaks:
    return nations.peaks(nations.shipped_emissions(), rule=nations.PeakRule(since=1960))


@cache
def _incomes() -> pl.DataFrame:
    return nations.incomes(nations.shipped_income())


def peak_year(claim: Claim) -> Finding:
    """Year of highest CO2 emissions of the country in the argument, by the rule of `nations`."""
    found = _peaks().of(claim.argument)
    emissions = nations.shipped_emissions().filter(iso3=claim.argument)
    mt = dict(emissions.select("year", "co2_mt").iter_rows())
    year, said = int(str(found["peak_year"])), int(claim.printed)
    if year == said:
        reason = Text("{c}的二氧化碳排放在 {y} 年最高，为 {v} 百万吨", "{c}: CO2 emissions were highest in {y}, {v} Mt")
    else:
        reason = Text(
            "{c}的二氧化碳排放在 {y} 年最高，为 {v} 百万吨，{s} 年为 {w} 百万吨",
            "{c}: CO2 emissions were highest in {y}, {v} Mt, against {w} Mt in {s}",
        )
    name = nations.country_name(claim.argument)
    said_mt = f"{mt[said]:,.1f}"
    return Finding(
        float(year), reason.format(c=name, y=year, v=f"{mt[year]:,.1f}", s=said, w=said_mt), source_line("owid_co2")
    )


def gdp_per_head(claim: Claim) -> Finding:
    """GDP per head, current USD; the argument names country and year."""
    code, year = claim.argument.split()
    dollars = _income(code, int(year))
    value = dollars / _USD[claim.unit.en]
    off = 100.0 * (claim.printed / value - 1.0)
    reason = Text(
        "世界银行现行版本为 {v} 美元，报告相差 {d}%，可能出于统计的修订",
        "the World Bank's present vintage has {v} USD; the report differs by {d} %, which a revision may explain",
    )
    if abs(value - claim.printed) <= claim.tolerance:
        reason = Text("世界银行为 {v} 美元", "the World Bank has {v} USD")
    return Finding(value, reason.format(v=f"{dollars:,.1f}", d=f"{off:+.2f}"), source_line("wb_gdp"))


def _income(code: str, year: int) -> float:
    row = _incomes().row(by_predicate=(pl.col("country") == code) & (pl.col("year") == year), named=True)
    return float(row["gdp_per_head_usd"])


def printed_ratio(claim: Claim) -> Finding:
    """The quotient of the two printed incomes that the argument names."""
    above, below = (of(key) for key in claim.argument.split())
    value = above.printed / below.printed
    ours = gdp_per_head(above).value, gdp_per_head(below).value
    assert ours[0] is not None and ours[1] is not None
    return Finding(
        value,
        Text("{a}/{b} = {v}；按世界银行数据为 {w}", "{a}/{b} = {v}; {w} on the World Bank's data").format(
            a=f"{above.printed:.0f}", b=f"{below.printed:.0f}", v=f"{value:.3f}", w=f"{ours[0] / ours[1]:.3f}"
        ),
        Text("报告表 2-1 的两个数", "the two numbers of the report's Table 2-1"),
    )


def growth_needed(claim: Claim) -> Finding:
    """What the income of a future year asks of growth; the argument names country and year."""
    code, year = claim.argument.split()
    known = int(str(_incomes().filter(country=code).drop_nulls("gdp_per_head_usd")["year"].max()))
    now, target = _income(code, known), claim.printed * _USD[claim.unit.en]
    rate = 100.0 * ((target / now) ** (1.0 / (int(year) - known)) - 1.0)
    return Finding(
        None,
        Text(
            "属于未来；由 {k} 年的 {v} 美元到 {y} 年需每年增长 {r}%（现价美元）",
            "it lies in the future; from {v} USD in {k} it takes growth of {r} % a year to {y} (current USD)",
        ).format(k=known, v=f"{now:,.0f}", y=year, r=f"{rate:.1f}"),
        source_line("wb_gdp"),
    )


def generation(claim: Claim) -> Finding:
    """China's fossil, clean or total generation of one year against Our World in Data."""
    kind, year = claim.argument.split()
    mix = nations.shipped_mix().filter(iso3="CHN", year=int(year)).row(0, named=True)
    total, clean = float(mix["total_twh"]), float(mix["clean_twh"])
    twh = {"total": total, "clean": clean, "fossil": total - clean}[kind]
    value = twh * _1E8_KWH_PER_TWH
    printed = (
        power.load_scenario("report").generation([int(year)])["generation_twh"].to_numpy().sum() * _1E8_KWH_PER_TWH
    )
    assert kind != "total" or abs(printed - claim.printed) < claim.tolerance
    off = 100.0 * (claim.printed / value - 1.0)
    return Finding(
        value,
        Text(
            "Our World in Data 为 {v} 亿千瓦时，报告相差 {d}%：统计口径不同",
            "Our World in Data has {v} (1e8 kWh), the report differs by {d} %: the statistics differ in scope",
        ).format(v=f"{value:,.0f}", d=f"{off:+.1f}"),
        source_line("owid_mix"),
    )
