"""Emission factors are named tables with source, year and unit; a set is chosen by name, never by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

import polars as pl

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.tables import province_spellings, provinces, reference_rows
from dualcarbon.core.text import Text, both

Scope = Literal[1, 2]
Vintage = Literal["in_force", "nearest", "exact"]

_SCOPES: Mapping[str, Scope] = {"coal_t": 1, "oil_t": 1, "gas_m3": 1, "heat_gj": 2, "power_kwh": 2}
_PER_UNIT: Mapping[str, float] = {"tCO2/t": 1.0, "tCO2/10^4 Nm3": 1e4, "tCO2/GJ": 1.0}
_KWH_PER_MWH = 1000.0
STATUSES: Mapping[str, Text] = {
    "verified": Text("已核对原文", "verified"),
    "unverified": Text("未核对原文", "unverified"),
    "one_transcription": Text("据一份公开转录", "one public transcription"),
    "two_agree": Text("两份公开转录一致", "two public transcriptions agree"),
    "three_agree": Text("三份公开转录一致", "three public transcriptions agree"),
    "transcriptions": Text("据公开转录", "public transcriptions"),
    "disputed_year": Text("有的公开文件将其归于次年", "some public files assign it to the next year"),
    "not_stated": Text("核对情况未注明", "checking not stated"),
}
"""How far a transcribed factor has been checked against its source."""
_VINTAGES: Mapping[Vintage, Text] = {
    "in_force": Text(
        "取当年有效的值（不晚于当年的最近一年；早于首年者取首年）",
        "the value in force (the latest year not after the row's; before the first year, the first)",
    ),
    "nearest": Text("取最近一年的值（距离相等取较早者）", "the value of the nearest year (the earlier of two as near)"),
    "exact": Text("只取同年的值", "the value of the same year only"),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """The CO2 factor of one energy carrier.

    Attributes
    ----------
    carrier : str
        Column of the panel, for example ``coal_t``.
    value : float
        t CO2 per unit of that column: net calorific value x carbon content x oxidation x 44/12.
    unit : str
        Unit of the carrier's column.
    scope : 1 or 2
        1 burnt on site, 2 purchased heat and power.
    fuel : Text
        The entry of the table that stands for the carrier.
    ncv_gj : float or None
        Net calorific value, GJ per unit of the column.
    carbon_t_per_gj, oxidation : float or None
        Carbon content, t C/GJ; share oxidised.
    source : Text
    status : str
        One of `STATUSES`: how far the transcription has been checked.
    year : int or None
        Year of the source, None where it states none.
    """

    carrier: str
    value: float
    unit: str
    scope: Scope
    fuel: Text
    ncv_gj: float | None
    carbon_t_per_gj: float | None
    oxidation: float | None
    source: Text
    status: str
    year: int | None


@dataclass(frozen=True, slots=True)
class GridSeries:
    """Grid factors by area and year, and the rule that picks the year.

    Attributes
    ----------
    name : str
        ``national_reporting``, ``national_average`` or ``province``.
    values : mapping of (area, year) to t CO2/MWh
    statuses : mapping of (area, year) to str
    vintage : "in_force", "nearest" or "exact"
    """

    name: str
    values: Mapping[tuple[str, int], float]
    statuses: Mapping[tuple[str, int], str]
    vintage: Vintage

    @property
    def provincial(self) -> bool:
        """Whether the factor differs by province."""
        return self.name == "province"

    @property
    def areas(self) -> tuple[str, ...]:
        """Areas that have a factor."""
        return tuple(dict.fromkeys(area for area, _ in self.values))

    @property
    def rule(self) -> Text:
        """How the year of a factor is chosen."""
        return _VINTAGES[self.vintage]

    def pick(self, area: str, year: int) -> int | None:
        """The year whose factor stands for (area, year); None if the rule finds none."""
        years = sorted(y for a, y in self.values if a == area)
        if not years:
            return None
        if self.vintage == "exact":
            return year if year in years else None
        if self.vintage == "nearest":
            return min(years, key=lambda y: (abs(y - year), y))
        return max((y for y in years if y <= year), default=years[0])

    def table(self, areas: Iterable[str], years: Iterable[int]) -> pl.DataFrame:
        """One row per area and year: `area`, `year`, `grid_year`, `t_per_kwh`.

        Areas are the short Chinese names of provinces; a national series takes any area as the country.

        Raises
        ------
        DataError
            If an area or year has no factor; the message lists them.
        """
        rows, missing = [], []
        years = sorted(set(years))
        for area in dict.fromkeys(areas):
            home = area if self.provincial else self.areas[0]
            for year in years:
                chosen = self.pick(home, year)
                if chosen is None:
                    missing.append((area, year))
                else:
                    rows.append((area, year, chosen, self.values[home, chosen] / _KWH_PER_MWH))
        if missing:
            raise _no_grid_factor(self, missing)
        schema = {"area": pl.String, "year": pl.Int64, "grid_year": pl.Int64, "t_per_kwh": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class FactorSet:
    """A named choice: one entry per carrier and a grid series."""

    name: str
    label: Text
    factors: tuple[Factor, ...]
    grid: GridSeries

    @property
    def carriers(self) -> tuple[str, ...]:
        """Carriers with a factor, power included."""
        return (*(f.carrier for f in self.factors), "power_kwh")

    def factor(self, carrier: str) -> Factor:
        """The factor of a fuel or of heat.

        Raises
        ------
        ConfigError
            If the set has none; the message lists the carriers it has.
        """
        for factor in self.factors:
            if factor.carrier == carrier:
                return factor
        raise ConfigError(
            Text("因子集 {s} 没有 {c} 的因子", "factor set {s} has no factor for {c}").format(s=self.name, c=carrier),
            expected=both(" | ".join(f.carrier for f in self.factors)),
            found=both(carrier),
            remedy=Text(
                "换一个因子集，或换一个不含该能源的边界", "take another set or a boundary without this carrier"
            ),
        )


def province_codes(column: pl.Series) -> pl.Series:
    """A column of provinces, however spelt, as short Chinese names.

    Raises
    ------
    DataError
        If a value is missing or is no province; the message lists up to ten of them with their counts.
    """
    names = province_spellings()
    found = column.cast(pl.String).replace_strict(names, default=None, return_dtype=pl.String)
    if found.null_count() == 0:
        return found
    strange = column.filter(found.is_null()).value_counts(sort=True, name="rows").head(10)
    raise DataError(
        Text("有不认识的省份", "some provinces are unknown"),
        expected=both(" ".join(p.short.zh for p in provinces())),
        found=Text("{n} 行：{s}", "{n} rows: {s}").format(n=found.null_count(), s=strange.rows()),
        remedy=Text("改正省份名称，或用全国因子", "correct the names, or take a national factor"),
    )


def factor_set_names() -> tuple[str, ...]:
    """Names of the shipped factor sets."""
    return tuple(row["name"] for row in reference_rows("factor_sets"))


@cache
def load_factor_set(name: str) -> FactorSet:
    """The factor set of that name.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.

    Examples
    --------
    >>> round(load_factor_set("cn_2015").factor("coal_t").value, 4)
    1.9003
    """
    for row in reference_rows("factor_sets"):
        if row["name"] == name:
            chosen = {c: row[c] for c in _SCOPES if c != "power_kwh" and row[c]}
            return FactorSet(
                name,
                Text(row["label_zh"], row["label_en"]),
                tuple(_factor(carrier, entry) for carrier, entry in chosen.items()),
                _grid(row["grid"], row["vintage"]),
            )
    raise ConfigError(
        Text("没有这个因子集：{n}", "no such factor set: {n}").format(n=name),
        expected=both(" | ".join(factor_set_names())),
        found=both(repr(name)),
        remedy=Text("按名称选定一个因子集", "choose a factor set by name"),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _factor(carrier: str, entry: str) -> Factor:
    table, fuel = entry.split("/")
    (row,) = (r for r in reference_rows("fuel_factors") if (r["table"], r["fuel"]) == (table, fuel))
    per = _PER_UNIT[row["ef_unit"]]
    ncv, oxidation = _number(row["ncv"]), _number(row["oxidation_pct"])
    return Factor(
        carrier=carrier,
        value=float(row["ef_co2"]) / per,
        unit=carrier.rsplit("_", 1)[1].replace("gj", "GJ"),
        scope=_SCOPES[carrier],
        fuel=Text(row["fuel"], row["fuel_en"]),
        ncv_gj=None if ncv is None else ncv / per,
        carbon_t_per_gj=_number(row["carbon_content"]),
        oxidation=None if oxidation is None else oxidation / 100.0,
        source=Text(row["source_zh"], row["source_en"]),
        status=row["status"],
        year=int(row["year"]) if row["year"] else None,
    )


def _grid(series: str, vintage: str) -> GridSeries:
    if vintage not in get_args(Vintage):
        raise ValueError(f"factor_sets.csv: vintage {vintage!r} unknown")
    rows = [r for r in reference_rows("grid_factors") if r["series"] == series]
    values = {(r["area"], int(r["year"])): float(r["tco2_per_mwh"]) for r in rows}
    statuses = {(r["area"], int(r["year"])): r["status"] for r in rows}
    return GridSeries(series, values, statuses, cast(Vintage, vintage))


def _no_grid_factor(grid: GridSeries, missing: list[tuple[str, int]]) -> DataError:
    return DataError(
        Text("电网因子序列 {g} 缺少所需的地区或年份", "grid series {g} lacks areas or years asked for").format(
            g=grid.name
        ),
        expected=Text("地区为 {a}；{r}", "areas {a}; {r}").format(a=" ".join(grid.areas), r=grid.rule),
        found=Text("{n} 个地区-年份没有因子，前几个 {f}", "{n} area-years without a factor, first {f}").format(
            n=len(missing), f=missing[:5]
        ),
        remedy=Text("删去这些行，或用全国因子", "drop these rows, or take a national factor"),
    )
