"""Stock of servers, racks and accelerators of a region, their power, and the sites that house them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults, shipped
from dualcarbon.footprint.milestones import between

Floats = NDArray[np.float64]
Curve = Literal["linear", "concave"]
EXPONENT = 1.4
"""Exponent of the concave power curve; Fan, Weber & Barroso (2007)."""

CURVES: Mapping[Curve, Text] = {
    "linear": Text("功率随利用率线性上升", "power rises linearly with utilisation"),
    "concave": Text("功率按 2u - u^1.4 随利用率上升", "power rises with utilisation as 2u - u^1.4"),
}


def power_w(peak_w: Floats, idle_share: Floats, utilisation: Floats, curve: Curve = "linear") -> Floats:
    """Watts of one unit at a utilisation u: peak x (idle + (1 - idle) g(u)); arrays broadcast.

    g(u) = u, or 2u - u^1.4 (Fan, Weber & Barroso 2007, https://doi.org/10.1145/1250662.1250665).

    Examples
    --------
    >>> float(power_w(400.0, 0.5, 0.3))
    260.0
    """
    load = utilisation if curve == "linear" else 2.0 * utilisation - utilisation**EXPONENT
    return np.asarray(peak_w * (idle_share + (1.0 - idle_share) * load), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Units of one kind at the years given: million units, watts at full load, idle share, utilisation.

    Attributes
    ----------
    kind : str
    label : Text
    units_million, peak_w, idle_share, utilisation : mapping of year to float
        Units above zero (interpolated geometrically); shares in [0, 1] and watts linear between the years.
    statuses : mapping of year to str

    Raises
    ------
    DataError
        If a utilisation or idle share lies outside [0, 1], units or watts are not above zero, or the four do not have
        the same years.
    """

    kind: str
    label: Text
    units_million: Mapping[int, float]
    peak_w: Mapping[int, float]
    idle_share: Mapping[int, float]
    utilisation: Mapping[int, float]
    statuses: Mapping[int, str]

    def __post_init__(self) -> None:
        least = float(np.nextafter(0.0, 1.0))
        _require(self._of(_UNITS), self.units_million, least, np.inf)
        _require(self._of(_PEAK), self.peak_w, least, np.inf)
        for what, part in ((_IDLE, self.idle_share), (_UTILISATION, self.utilisation)):
            _require(
                self._of(what),
                part,
                0.0,
                1.0,
                Text("用 0 到 1 的小数，不用百分数", "a fraction from 0 to 1, not a percentage"),
            )
        same = Text("四项参数给出同样的年份", "give the four parameters for the same years")
        for what, part in ((_PEAK, self.peak_w), (_IDLE, self.idle_share), (_UTILISATION, self.utilisation)):
            faults.require_years(self._of(what), part, self.units_million, same)

    def _of(self, what: Text) -> Text:
        return Text("{l}的{w}", "{l}, {w}").format(l=self.label, w=what)

    def units(self, years: Iterable[int]) -> Floats:
        """Million units of each year, (n,)."""
        return between(self._of(_UNITS), self.units_million, years, "geometric")

    def watts(self, years: Iterable[int], curve: Curve = "linear") -> Floats:
        """Watts per unit of each year, (n,)."""
        t = list(years)
        peak = between(self._of(_PEAK), self.peak_w, t, "linear")
        idle = between(self._of(_IDLE), self.idle_share, t, "linear")
        return power_w(peak, idle, between(self._of(_UTILISATION), self.utilisation, t, "linear"), curve)


@dataclass(frozen=True, slots=True)
class Sites:
    """What houses the units: PUE, and storage and network as a share of the units' energy.

    Raises
    ------
    DataError
        If a PUE is below 1 or a share negative.
    """

    pue: Mapping[int, float]
    other_share: Mapping[int, float]
    statuses: Mapping[int, str]

    def __post_init__(self) -> None:
        remedy = Text(
            "PUE 为总用电除以 IT 用电，不小于 1；若给的是倒数，取其倒数",
            "PUE is total over IT energy, never below 1; if its reciprocal was given, invert it",
        )
        _require(_PUE, self.pue, 1.0, np.inf, remedy)
        _require(_OTHER, self.other_share, 0.0, np.inf)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A region's fleets and sites over the years.

    Attributes
    ----------
    region : str
        `china`, `world`, `us`, or a name of one's own; check points are found by it.
    label : Text
    fleets : tuple of Fleet
        One at least.
    sites : Sites

    Raises
    ------
    ConfigError
        If there is no fleet.
    """

    region: str
    label: Text
    fleets: tuple[Fleet, ...]
    sites: Sites

    def __post_init__(self) -> None:
        if not self.fleets:
            raise ConfigError(
                Text("情景没有设备", "the scenario has no fleet"),
                expected=Text("至少一类设备", "one fleet at least"),
                found=both("()"),
                remedy=Text("给出 fleets=(Fleet(...),)", "give fleets=(Fleet(...),)"),
            )

    @property
    def years(self) -> range:
        """Years that every fleet and the sites cover."""
        spans = [*(f.units_million for f in self.fleets), self.sites.pue, self.sites.other_share]
        return range(max(min(s) for s in spans), min(max(s) for s in spans) + 1)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Statuses met, each once."""
        parts = (*(f.statuses for f in self.fleets), self.sites.statuses)
        return tuple(dict.fromkeys(s for part in parts for s in part.values()))

    def with_pue(self, pue: Mapping[int, float]) -> Scenario:
        """The same with another PUE, linear between its years; the scenario then covers no more years than it does."""
        return replace(self, sites=replace(self.sites, pue=pue))


def scenario(region: str) -> Scenario:
    """A shipped scenario: `china` 2023-2060, `world` 2020-2060, `us` 2014-2028; most of it are assumptions, so marked.

    Raises
    ------
    ConfigError
        If there is none for the region.

    Examples
    --------
    >>> scenario("world").years
    range(2020, 2061)
    """
    sites = shipped.rows("sites")
    faults.require_choice(Text("地区", "region"), region, dict.fromkeys(r["region"] for r in sites))
    own = [r for r in sites if r["region"] == region]
    rows = [r for r in shipped.rows("fleets") if r["region"] == region]
    kinds = dict.fromkeys(r["kind"] for r in rows)
    fleets = tuple(_fleet(kind, [r for r in rows if r["kind"] == kind]) for kind in kinds)
    return Scenario(
        region,
        shipped.label(own[0]),
        fleets,
        Sites(_column(own, "pue"), _column(own, "other_share"), {int(r["year"]): r["status"] for r in own}),
    )


def check_points(region: str) -> pl.DataFrame:
    """What others find for the region: year, low_twh, high_twh, projected, status, source_zh, source_en."""
    rows = [r for r in shipped.rows("checkpoints") if r["region"] == region]
    return pl.DataFrame(
        {
            "year": [int(r["year"]) for r in rows],
            "low_twh": [float(r["power_low_twh"]) for r in rows],
            "high_twh": [float(r["power_high_twh"]) for r in rows],
            "projected": [r["projected"] == "yes" for r in rows],
            "status": [r["status"] for r in rows],
            "source_zh": [r["source_zh"] for r in rows],
            "source_en": [r["source_en"] for r in rows],
        },
        schema_overrides={"year": pl.Int64, "low_twh": pl.Float64, "high_twh": pl.Float64},
    )


_UNITS = Text("台数（百万）", "units (million)")
_PEAK = Text("满载功率（瓦）", "watts at full load")
_IDLE = Text("空载功率份额", "idle share")
_UTILISATION = Text("利用率", "utilisation")
_PUE = Text("数据中心 PUE", "PUE of data centres")
_OTHER = Text("存储与网络的份额", "share of storage and network")


def _require(what: Text, part: Mapping[int, float], low: float, high: float, remedy: Text | None = None) -> None:
    told = faults.by_year(what, part)
    faults.asked_years(told)
    faults.require_range(what, told, np.array(list(told.values())), low=low, high=high, remedy=remedy)


def _fleet(kind: str, rows: list[dict[str, str]]) -> Fleet:
    return Fleet(
        kind,
        shipped.label(rows[0]),
        units_million=_column(rows, "units_million"),
        peak_w=_column(rows, "peak_w"),
        idle_share=_column(rows, "idle_share"),
        utilisation=_column(rows, "utilisation"),
        statuses={int(r["year"]): r["status"] for r in rows},
    )


def _column(rows: list[dict[str, str]], name: str) -> dict[int, float]:
    return {int(r["year"]): float(r[name]) for r in rows}
