"""What PV, wind, battery and grid cost: defaults with source and status, changed by name, spread over their lives."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.station_checks import read

FOLDER = "footprint/facts"
STATUSES = {
    "unverified": Text("据公开文献，未核对原文", "published, not checked against the original"),
    "abstract": Text("据论文摘要", "from the abstract of the paper"),
    "manual": Text("据软件手册", "from the manual of a program"),
    "assumption": Text("规划取值", "planning value"),
    "own": Text("用户自定", "the user's own"),
}
"""How well a default is known."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One shipped number."""

    name: str
    value: float
    unit: str
    year: int
    status: str
    label: Text
    source: Text


@cache
def facts(name: str) -> dict[str, Fact]:
    """The numbers of `facts/<name>.csv`, by name."""
    return {
        row["name"]: Fact(
            row["name"],
            float(row["value"]),
            row["unit"],
            int(row["year"]),
            row["status"],
            Text(row["label_zh"], row["label_en"]),
            Text(row["source_zh"], row["source_en"]),
        )
        for row in reference_rows(name, FOLDER)
    }


def annuity(interest: float, years: float) -> float:
    """Capital recovery factor r / (1 - (1 + r)^-n): the yearly payment that repays 1 in n years; 1/n without interest.

    Raises
    ------
    ConfigError
        If years are not positive or interest is not above -1.

    Examples
    --------
    >>> round(annuity(0.06, 20), 6), annuity(0.0, 20)
    (0.087185, 0.05)
    """
    if not (read(years) > 0.0 and read(interest) > -1.0 and np.isfinite(years * interest)):
        raise ConfigError(
            Text("年金无法计算", "no annuity can be computed"),
            expected=Text("年限为正，利率大于 -1", "a positive life and an interest rate above -1"),
            found=Text("年限 {n}，利率 {r}", "life {n}, interest {r}").format(n=years, r=interest),
            remedy=Text("检查 Costs 的取值", "check the values of Costs"),
        )
    return 1.0 / years if interest == 0.0 else float(-interest / np.expm1(-years * np.log1p(interest)))


def _default(name: str) -> float:
    return facts("sizing_costs")[name].value


@dataclass(frozen=True, slots=True)
class Costs:
    """Money of a station; every default is a row of `Costs().table` with its source and status.

    Attributes
    ----------
    pv_cny_per_kw, wind_cny_per_kw, battery_cny_per_kwh, converter_cny_per_kw : float
        Investment.
    pv_upkeep_cny_per_kw, wind_upkeep_cny_per_kw, battery_upkeep_cny_per_kwh : float
        A year.
    pv_life_years, wind_life_years, battery_life_years, converter_life_years : float
    grid_cny_per_kwh : float
    interest : float
        A year, 0.06 for 6 %.

    Examples
    --------
    >>> Costs(interest=0.0, pv_cny_per_kw=2000.0, pv_upkeep_cny_per_kw=0.0).yearly[:1].tolist()
    [100.0]
    """

    pv_cny_per_kw: float = _default("pv_cny_per_kw")
    pv_upkeep_cny_per_kw: float = _default("pv_upkeep_cny_per_kw")
    pv_life_years: float = _default("pv_life_years")
    wind_cny_per_kw: float = _default("wind_cny_per_kw")
    wind_upkeep_cny_per_kw: float = _default("wind_upkeep_cny_per_kw")
    wind_life_years: float = _default("wind_life_years")
    battery_cny_per_kwh: float = _default("battery_cny_per_kwh")
    battery_upkeep_cny_per_kwh: float = _default("battery_upkeep_cny_per_kwh")
    battery_life_years: float = _default("battery_life_years")
    converter_cny_per_kw: float = _default("converter_cny_per_kw")
    converter_life_years: float = _default("converter_life_years")
    grid_cny_per_kwh: float = _default("grid_cny_per_kwh")
    interest: float = _default("interest")

    def __post_init__(self) -> None:
        bad = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "interest"]
        bad = [(name, value) for name, value in bad if not 0.0 <= read(value) < np.inf]
        if bad:
            raise ConfigError(
                Text("成本取值不合理", "costs are not sensible"),
                expected=Text("有限且不为负", "finite and not negative"),
                found=both(", ".join(f"{name} = {value}" for name, value in bad)),
                remedy=Text("改正这些取值", "correct these values"),
            )

    @property
    def yearly(self) -> NDArray[np.float64]:
        """(4,) CNY a year of one kW PV, kW wind, kWh battery, kW converter: annuity and upkeep."""
        r = self.interest
        return np.array(
            [
                self.pv_cny_per_kw * annuity(r, self.pv_life_years) + self.pv_upkeep_cny_per_kw,
                self.wind_cny_per_kw * annuity(r, self.wind_life_years) + self.wind_upkeep_cny_per_kw,
                self.battery_cny_per_kwh * annuity(r, self.battery_life_years) + self.battery_upkeep_cny_per_kwh,
                self.converter_cny_per_kw * annuity(r, self.converter_life_years),
            ]
        )

    @property
    def table(self) -> pl.DataFrame:
        """name, value, unit, year, status, label and source in both languages; a changed value is the user's own."""
        rows = []
        for fact in facts("sizing_costs").values():
            value = float(getattr(self, fact.name))
            kept = value == fact.value
            source = fact.source if kept else STATUSES["own"]
            rows.append(
                {
                    "name": fact.name,
                    "value": value,
                    "unit": fact.unit,
                    "year": fact.year if kept else None,
                    "status": fact.status if kept else "own",
                    "label_zh": fact.label.zh,
                    "label_en": fact.label.en,
                    "source_zh": source.zh,
                    "source_en": source.en,
                }
            )
        return pl.DataFrame(rows)
