"""National grid factors of China as paths over years: which series, which vintage, and several side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.factors import GridSeries, Vintage
from dualcarbon.core.grid import GridPath
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults

SERIES: dict[str, Text] = {
    "national_average": Text("全国平均因子", "national average factor"),
    "national_reporting": Text("企业核算用全国因子", "national factor for corporate reporting"),
}
"""National series of `core/reference/grid_factors.csv`."""

FORMER_T_PER_MWH = 0.6101
LATEST_T_PER_MWH = 0.5306
IMPLIED_T_PER_MWH = 0.611


def national_path(
    series: str = "national_average", years: Iterable[int] = range(2018, 2061), *, vintage: str = "in_force"
) -> GridPath:
    """A published national factor, year by year.

    `in_force`: the latest factor not after the year, before the first the first; `nearest`; `exact`. Years without a
    factor of their own are marked as not official: `in_force` carries the last published value forward unchanged, so
    no cleaner grid is assumed.

    Parameters
    ----------
    series : {"national_average", "national_reporting"}
    years : iterable of int
    vintage : {"in_force", "nearest", "exact"}

    Raises
    ------
    ConfigError
        If the series or the vintage is unknown.
    DataError
        With `exact`, if a year has no factor.

    Examples
    --------
    >>> path = national_path(years=[2020, 2023, 2030])
    >>> path.t_per_mwh.tolist(), path.official.tolist()
    ([0.5568, 0.5306, 0.5306], [False, True, False])
    """
    faults.require_choice(Text("电网因子序列", "series of grid factors"), series, SERIES)
    faults.require_choice(Text("因子年份规则", "rule for the vintage of a factor"), vintage, get_args(Vintage))
    wanted = faults.asked_years(years)
    found = [r for r in reference_rows("grid_factors") if r["series"] == series]
    values = {(r["area"], int(r["year"])): float(r["tco2_per_mwh"]) for r in found}
    statuses = {(r["area"], int(r["year"])): r["status"] for r in found}
    picked: Vintage = next(v for v in get_args(Vintage) if v == vintage)
    grid = GridSeries(series, values, statuses, picked)
    table = grid.table(grid.areas[:1], wanted.tolist()).sort("year")
    published = ", ".join(f"{int(r['year'])}: {float(r['tco2_per_mwh']):g}" for r in found)
    return GridPath(
        SERIES[series],
        wanted,
        table["t_per_kwh"].to_numpy() * 1000.0,
        (table["year"] == table["grid_year"]).to_numpy(),
        grid.rule,
        Text("生态环境部（{p} 吨/兆瓦时）", "Ministry of Ecology and Environment ({p} t/MWh)").format(p=published),
    )


def constant_path(t_per_mwh: float, label: Text, years: Iterable[int]) -> GridPath:
    """One factor in every year, with a name that says what it is."""
    wanted = faults.asked_years(years)
    held = np.full(len(wanted), float(t_per_mwh))
    faults.require_range(Text("电网因子", "grid factor"), wanted.tolist(), held)
    return GridPath(
        Text("{n} {f} 吨/兆瓦时", "{n}, {f} t/MWh").format(n=label, f=f"{t_per_mwh:g}"),
        wanted,
        held,
        np.zeros(len(wanted), dtype=np.bool_),
        Text("各年相同", "the same in every year"),
        both("-"),
    )


def factor_paths(years: Iterable[int] = range(2018, 2061)) -> tuple[GridPath, ...]:
    """The national factors a footprint of China may be reckoned with, side by side; none is the default of all.

    Average and corporate-reporting factor in force, the former reporting factor 0.6101 held, the latest average factor
    0.5306 held, and 0.611, which the report's 14.5 t per station implies.
    """
    wanted = faults.asked_years(years)
    constants = (
        (FORMER_T_PER_MWH, Text("2020 年以前的核算因子", "reporting factor up to 2020")),
        (LATEST_T_PER_MWH, Text("2023 年平均因子", "average factor of 2023")),
        (IMPLIED_T_PER_MWH, Text("报告 14.5 吨所隐含的因子", "factor implied by the report's 14.5 t")),
    )
    held = tuple(constant_path(value, label, wanted) for value, label in constants)
    return (*(national_path(series, wanted) for series in SERIES), *held)


def given_paths(paths: Sequence[GridPath] | None, years: Iterable[int]) -> tuple[GridPath, ...]:
    """The paths given, or those of `factor_paths`.

    Raises
    ------
    ConfigError
        If none is given but an empty sequence, or one is no path.
    """
    if paths is not None and not paths:
        raise ConfigError(
            Text("没有电网路径", "there is no grid path"),
            expected=Text("至少一条路径，或不给以用公布的因子", "one path at least, or None for the published factors"),
            found=both("[]"),
            remedy=Text("例如 [dc.power.grid_path()]", "for example [dc.power.grid_path()]"),
        )
    for path in paths or ():
        require_path(path)
    return factor_paths(years) if paths is None else tuple(paths)


def chosen_path(grid: GridPath | None, factor: str | float | None, vintage: str, years: Iterable[int]) -> GridPath:
    """The one path meant by `grid`, or by the name or value of a factor; the national average if neither is given.

    Raises
    ------
    ConfigError
        If both are given, the name is unknown, or `grid` is no path.
    """
    if grid is not None and factor is not None:
        raise ConfigError(
            Text("同时给了电网路径与因子", "both a grid path and a factor are given"),
            expected=Text("grid 与 factor 二者取一", "one of grid and factor"),
            found=both(f"grid={grid.label.en!r}, factor={factor!r}"),
            remedy=Text("去掉其中一个", "leave one of them out"),
        )
    if grid is not None:
        require_path(grid)
        return grid
    if factor is None or isinstance(factor, str):
        return national_path(factor or "national_average", years, vintage=vintage)
    value = faults.number(Text("电网因子", "grid factor"), factor)
    return constant_path(value, Text("给定因子", "factor given"), years)


def require_path(grid: object) -> None:
    """Refuse what is no grid path.

    Raises
    ------
    ConfigError
    """
    if not isinstance(grid, GridPath):
        raise ConfigError(
            Text("grid 不是电网路径", "grid is no grid path"),
            expected=Text("GridPath，例如 dc.power.grid_path()", "a GridPath, such as dc.power.grid_path()"),
            found=both(repr(grid)[:80]),
            remedy=Text("一个数用 factor=", "give one number by factor="),
        )
