"""What the report says of the digital sector, reckoned again; every footprint with the factor it takes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.base_stations import DAYS, stations
from dualcarbon.footprint.extrapolation import break_even_efficiency
from dualcarbon.footprint.factors import FORMER_T_PER_MWH, IMPLIED_T_PER_MWH, SERIES
from dualcarbon.footprint.words import FACTOR, SOURCE, T_PER_MWH

REPORT_STATION_T = 14.5
"""Tonnes of CO2 a year that one zero-carbon station saves, as printed in section 3.4."""
REPORT_KWH_PER_DAY = 65.0
REPORT_COMPUTE_MULTIPLE = 1e6
REPORT_COMPUTE_YEARS = 10
HALF_PRINTED = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """Claims of section 3.4 reckoned again.

    Attributes
    ----------
    claims : polars.DataFrame
        key, printed, ours, unit, status (agree, disagree, not_checkable, context), said_zh, said_en.
    station_t : polars.DataFrame
        series, year, t_per_mwh, t_per_station: what 65 kWh a day comes to under each national factor.
    implied_t_per_mwh : float
        14.5 t / (65 x 365 kWh).
    """

    claims: pl.DataFrame
    station_t: pl.DataFrame
    implied_t_per_mwh: float

    def table(self) -> Table:
        """Tonnes per station and year by factor, the implied one first."""
        named = {"implied": Text("报告 14.5 吨所隐含", "implied by the report's 14.5 t"), **SERIES}
        rows = tuple(
            (
                Cell(named[row["series"]]),
                Cell(row["year"]),
                Cell(row["t_per_mwh"], ".4f"),
                Cell(row["t_per_station"], ".2f"),
                Cell(100.0 * (row["t_per_station"] / REPORT_STATION_T - 1.0), "+.1f"),
            )
            for row in self.station_t.to_dicts()
        )
        return Table(
            key="station_factors",
            number=Text("单站减排对照", "Per station"),
            title=Text(
                "一个零碳基站每年的减排量：按电网因子", "CO2 saved by one zero-carbon station a year, by grid factor"
            ),
            headers=(
                Header("series", Text("因子来源", "Factor")),
                Header("year", Text("年份", "Year")),
                Header("t_per_mwh", FACTOR, T_PER_MWH),
                Header("t_per_station", Text("每站每年", "Per station and year"), Text("吨", "t")),
                Header("difference", Text("与 14.5 吨相差", "Against 14.5 t"), both("%")),
            ),
            rows=rows,
            notes=(
                Text(
                    "每站 65 千瓦时/日 × 365 日 = 23725 千瓦时。", "65 kWh a day x 365 days = 23,725 kWh per station."
                ),
            ),
            source=SOURCE,
            simulated=False,
        )


def report_checks() -> Check:
    """The report's numbers on stations and compute against ours.

    14.5 t = 65 x 365 x f / 1000 needs f = 0.6112 t/MWh; 0.5306 gives 12.59 t. A million times the compute in ten years
    needs efficiency to grow by 10^(6/10) = 3.98 a year for flat energy.

    Examples
    --------
    >>> found = report_checks()
    >>> round(found.implied_t_per_mwh, 3), round(found.station_t["t_per_station"].min(), 2)
    (0.611, 12.59)
    """
    kwh = REPORT_KWH_PER_DAY * DAYS
    implied = REPORT_STATION_T * 1000.0 / kwh
    national = [
        (r["series"], int(r["year"]), float(r["tco2_per_mwh"]))
        for r in reference_rows("grid_factors")
        if r["series"] in SERIES
    ]
    rows = [("implied", None, IMPLIED_T_PER_MWH), *national]
    schema = {"series": pl.String, "year": pl.Int64, "t_per_mwh": pl.Float64, "t_per_station": pl.Float64}
    station_t = pl.DataFrame([(*row, kwh * row[2] / 1000.0) for row in rows], schema=schema, orient="row")
    return Check(_claims(station_t), station_t, implied)


def _claims(station_t: pl.DataFrame) -> pl.DataFrame:
    average = station_t.filter(pl.col("series") == "national_average").sort("year").tail(1).to_dicts()[0]
    growth = break_even_efficiency(REPORT_COMPUTE_MULTIPLE, REPORT_COMPUTE_YEARS)
    power = stations([2024]).by_year.to_dicts()[0]
    station = average["t_per_station"]
    agrees = "agree" if abs(station - REPORT_STATION_T) <= HALF_PRINTED else "disagree"
    former = REPORT_KWH_PER_DAY * DAYS * FORMER_T_PER_MWH / 1000.0
    of_station = _STATION.format(
        f=f"{average['t_per_mwh']:g}", y=average["year"], t=f"{station:.2f}", g=FORMER_T_PER_MWH, u=f"{former:.2f}"
    )
    of_power = _AVERAGE.format(a=f"{power['power_year_end_twh']:.1f}", b=f"{power['power_average_twh']:.1f}")
    rows: list[tuple[str, float | None, float | None, str, str, Text]] = [
        ("kwh_per_station_day", REPORT_KWH_PER_DAY, None, "kWh/d", "not_checkable", _POWER),
        ("energy_per_station_down", 20.0, None, "%", "not_checkable", _DOWN),
        ("zero_carbon_station_t", REPORT_STATION_T, station, "t", agrees, of_station),
        ("compute_growth_per_year", None, growth, "per year", "context", _COMPUTE),
        ("stations_2024_twh", None, power["power_average_twh"], "TWh", "context", of_power),
        ("fourteen_planets", 14.0, None, "planets", "not_checkable", _PLANETS),
    ]
    schema = {
        "key": pl.String,
        "printed": pl.Float64,
        "ours": pl.Float64,
        "unit": pl.String,
        "status": pl.String,
        "said_zh": pl.String,
        "said_en": pl.String,
    }
    return pl.DataFrame([(*row[:5], row[5].zh, row[5].en) for row in rows], schema=schema, orient="row")


_POWER = Text(
    "65 千瓦时/日相当于平均功率 2708 瓦；原测度未公开，无从核对",
    "65 kWh a day is a mean power of 2,708 W; the measurement is not public, so it cannot be checked",
)
_DOWN = Text(
    "“下降超过 20%”取恰好 20% 作上限；没有公开的逐年数据",
    "'down by more than 20 %' is taken as exactly 20 %, an upper bound; no yearly data are public",
)
_STATION = Text(
    "14.5 吨隐含因子 0.611；原核算因子 {g} 得 {u} 吨，{y} 年平均因子 {f} 得 {t} 吨",
    "14.5 t implies a factor of 0.611; the former reporting factor {g} gives {u} t, the average {f} of {y} {t} t",
)
_COMPUTE = Text(
    "十年一百万倍为每年 3.98 倍；用电不变需要能效同样增长",
    "a million times in ten years is 3.98 times a year; flat energy needs efficiency to grow alike",
)
_AVERAGE = Text(
    "2024 年用电：按年末存量 {a} TWh，按年均存量 {b} TWh",
    "electricity in 2024: {a} TWh on the year-end stock, {b} TWh on the average stock",
)
_PLANETS = Text("引语，没有可核对的量", "a quotation; there is no quantity to check")
