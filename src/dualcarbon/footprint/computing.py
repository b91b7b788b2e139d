"""Electricity of data centres bottom-up: stock x power(utilisation) x PUE, checked against what others find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import polars as pl

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text
from dualcarbon.footprint import faults, shipped
from dualcarbon.footprint.factors import require_path
from dualcarbon.footprint.fleet import CURVES, Curve, Scenario, check_points, scenario
from dualcarbon.footprint.milestones import between

if TYPE_CHECKING:
    from dualcarbon.footprint.extrapolation import Trend

HOURS = 8760
PUE = Text("数据中心 PUE", "PUE of data centres")


@dataclass(frozen=True, slots=True)
class DataCentres:
    """Electricity of data centres by year.

    Attributes
    ----------
    by_year : polars.DataFrame
        year, units_twh, other_twh (storage and network), pue, power_twh, t_per_mwh, co2_mt; the last two are missing
        without a grid path.
    by_kind : polars.DataFrame
        year, kind, units_million, w_per_unit, units_twh.
    checks : polars.DataFrame
        Check points within the years: year, low_twh, high_twh, projected, status, source_zh, source_en, ours_twh,
        deviation_percent (from the nearer end of a range, 0 inside it).
    scenario : Scenario
    grid : GridPath or None
    notes : tuple of Text
    """

    by_year: pl.DataFrame
    by_kind: pl.DataFrame
    checks: pl.DataFrame
    scenario: Scenario
    grid: GridPath | None
    notes: tuple[Text, ...]

    @property
    def power_twh(self) -> dict[int, float]:
        """TWh by year."""
        return dict(self.by_year.select("year", "power_twh").iter_rows())

    def table(self, years: Iterable[int] | None = None) -> Table:
        """Units, watts, PUE and electricity by year."""
        from dualcarbon.footprint import computing_exhibits

        return computing_exhibits.table(self, years)

    def check_table(self) -> Table:
        """Ours beside the check points, with the deviation."""
        from dualcarbon.footprint import computing_exhibits

        return computing_exhibits.check_table(self)

    def figure(self, trends: Sequence[Trend] = ()) -> Figure:
        """Electricity over the years, bottom-up beside trends, check points beside them.

        A trend is drawn up to three times the highest of the others, which it would else press flat; a note tells when
        it leaves the figure and what it comes to.
        """
        from dualcarbon.footprint import computing_exhibits

        return computing_exhibits.figure(self, trends)


def data_centres(
    region: str | Scenario = "china",
    years: Iterable[int] | None = None,
    *,
    grid: GridPath | None = None,
    curve: Curve = "linear",
) -> DataCentres:
    """Electricity (and with a grid path CO2) of data centres by year, from stock, power, utilisation and PUE.

        units(t) = sum over kinds of N_k(t) P_k(u_k(t)) x 8760 h
        power(t) = units(t) (1 + other(t)) PUE(t)

    with P(u) = peak (idle + (1 - idle) g(u)), g(u) = u or 2u - u^1.4. Stocks grow at a constant rate between the years
    given, all else is linear between them. 8,760 hours in every year.

    Parameters
    ----------
    region : "china", "world", "us" or Scenario
        Shipped scenarios are assumptions to be changed, chosen with the check points known; the distance from these is
        in `.checks`, and there is no calibration.
    years : iterable of int, optional
        Those the scenario covers by default.
    grid : GridPath, optional
        t CO2/MWh; must cover the years.
    curve : {"linear", "concave"}

    Raises
    ------
    ConfigError
        Unknown region or curve; a grid that is no path.
    DataError
        A year outside the scenario or the grid path.

    Examples
    --------
    >>> round(data_centres("world", [2024]).power_twh[2024])
    383
    """
    faults.require_choice(Text("功率曲线", "power curve"), curve, get_args(Curve))
    plan = region if isinstance(region, Scenario) else scenario(region)
    t = faults.asked_years(years if years is not None else plan.years).tolist()
    if grid is not None:
        require_path(grid)
    by_kind = _by_kind(plan, t, curve)
    by_year = _by_year(plan, t, by_kind, grid)
    statuses = shipped.statuses_said(plan.statuses)
    notes: tuple[Text, ...] = (
        Text("情景参数的核对情况：{s}。", "Status of the scenario's parameters: {s}.").format(s=statuses),
        Text("{c}；每年 8760 小时。", "{c}; 8,760 hours a year.").format(c=CURVES[curve]),
        Text(
            "与核对点的差距如实列出，没有校准；假设值选定时已知核对点，故相近不构成验证。",
            "Distances from the check points are shown as they are, without calibration; assumed values were chosen "
            "with the check points known, so nearness is no validation.",
        ),
    )
    if grid is not None:
        notes = (*notes, Text("电网因子：{l}，{r}。", "Grid factor: {l}, {r}.").format(l=grid.label, r=grid.rule))
    return DataCentres(by_year, by_kind, _checks(plan, by_year), plan, grid, notes)


def _by_kind(plan: Scenario, years: list[int], curve: Curve) -> pl.DataFrame:
    blocks = []
    for fleet in plan.fleets:
        units, watts = fleet.units(years), fleet.watts(years, curve)
        blocks.append(
            pl.DataFrame(
                {
                    "year": years,
                    "kind": [fleet.kind] * len(years),
                    "units_million": units,
                    "w_per_unit": watts,
                    "units_twh": units * watts * HOURS / 1e6,
                }
            )
        )
    return pl.concat(blocks).sort("year", maintain_order=True)


def _by_year(plan: Scenario, years: list[int], by_kind: pl.DataFrame, grid: GridPath | None) -> pl.DataFrame:
    units = by_kind.group_by("year", maintain_order=True).agg(pl.col("units_twh").sum())["units_twh"].to_numpy()
    other = units * between(
        Text("存储与网络的份额", "share of storage and network"), plan.sites.other_share, years, "linear"
    )
    pue = between(PUE, plan.sites.pue, years, "linear")
    power = (units + other) * pue
    factor = None if grid is None else grid.at(years)
    absent = [None] * len(years)
    return pl.DataFrame(
        {
            "year": years,
            "units_twh": units,
            "other_twh": other,
            "pue": pue,
            "power_twh": power,
            "t_per_mwh": absent if factor is None else factor,
            "co2_mt": absent if factor is None else power * factor,
        },
        schema_overrides={"t_per_mwh": pl.Float64, "co2_mt": pl.Float64},
    )


def _checks(plan: Scenario, by_year: pl.DataFrame) -> pl.DataFrame:
    ours = by_year.select("year", ours_twh="power_twh")
    near = pl.col("ours_twh").clip(pl.col("low_twh"), pl.col("high_twh"))
    return (
        check_points(plan.region)
        .join(ours, on="year", how="inner", validate="m:1", maintain_order="left")
        .with_columns(deviation_percent=100.0 * (pl.col("ours_twh") / near - 1.0))
    )
