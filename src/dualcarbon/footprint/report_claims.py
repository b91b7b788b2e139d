"""The report's 14.5 t of CO2 per zero-carbon station, reckoned again under every national factor.

Which numbers of the report agree is said in one place, the study's list of claims (`dualcarbon claims cmri2024`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.base_stations import DAYS
from dualcarbon.footprint.factors import FORMER_T_PER_MWH, IMPLIED_T_PER_MWH, SERIES
from dualcarbon.footprint.words import FACTOR, SOURCE, T_PER_MWH

REPORT_STATION_T = 14.5
"""Tonnes of CO2 a year that one zero-carbon station saves, as printed in section 3.4."""
REPORT_KWH_PER_DAY = 65.0


@dataclass(frozen=True, slots=True)
class Check:
    """What a zero-carbon station of section 3.4 saves, reckoned again.

    Attributes
    ----------
    station_t : polars.DataFrame
        series, year, t_per_mwh, t_per_station: what 65 kWh a day comes to under each national factor.
    implied_t_per_mwh : float
        14.5 t / (65 x 365 kWh).
    """

    station_t: pl.DataFrame
    implied_t_per_mwh: float

    @property
    def latest_t(self) -> float:
        """Tonnes per station and year under the latest national average factor."""
        return float(self._latest["t_per_station"])

    @property
    def said(self) -> Text:
        """The factor that 14.5 t implies beside the latest average and the former reporting factor, without a stop."""
        last = self._latest
        former = REPORT_KWH_PER_DAY * DAYS * FORMER_T_PER_MWH / 1000.0
        return Text(
            "按 {k} 千瓦时/日，每个零碳基站 {r} 吨隐含因子 {i} 吨/兆瓦时，高于 {y} 年全国平均 {f}（得 {t} 吨），"
            "接近早先的核算因子 {g}（得 {u} 吨）",
            "at {k} kWh a day {r} t per zero-carbon station implies a factor of {i} t/MWh, above the national average "
            "{f} of {y} ({t} t), near the former reporting factor {g} ({u} t)",
        ).format(
            k=f"{REPORT_KWH_PER_DAY:g}",
            r=f"{REPORT_STATION_T:g}",
            i=f"{self.implied_t_per_mwh:.3f}",
            y=last["year"],
            f=f"{last['t_per_mwh']:.4f}",
            t=f"{self.latest_t:.2f}",
            g=f"{FORMER_T_PER_MWH:.4f}",
            u=f"{former:.2f}",
        )

    @property
    def _latest(self) -> dict[str, Any]:
        return self.station_t.filter(pl.col("series") == "national_average").sort("year").to_dicts()[-1]

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
    """The report's tonnes per zero-carbon station against ours.

    14.5 t = 65 x 365 x f / 1000 needs f = 0.6112 t/MWh; 0.5306 gives 12.59 t.

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
    return Check(station_t, implied)
