"""The cheapest PV, wind, battery and grid for one station, or the cheapest without carbon.

The program over 8,760 hours is in `kernels.sizing_lp`; this file gives it weather, load, money and a goal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.grid import GridPath
from dualcarbon.core.options import require_choice
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text
from dualcarbon.footprint.costs import Costs
from dualcarbon.footprint.station_checks import read, read_hours, require, require_hours, require_kind
from dualcarbon.footprint.weather import Site, Weather
from dualcarbon.footprint.yields import Panels, Turbine, pv_kwh_per_kw, wind_kwh_per_kw

if TYPE_CHECKING:
    from dualcarbon.footprint.station_result import StationDesign
    from dualcarbon.footprint.synthetic_weather import Climate

Array = NDArray[np.float64]
Solver = Literal["simplex", "ipm", "choose"]

KG = 1000.0
_DAY_H = 24


@dataclass(frozen=True, slots=True)
class LeastCost:
    """All load served as cheaply as possible, from the grid where that is cheaper."""


@dataclass(frozen=True, slots=True)
class ZeroCarbon:
    """All load served without the grid."""


@dataclass(frozen=True, slots=True)
class CarbonCap:
    """All load served, with at most `t_per_year` tonnes of CO2 a year from grid power."""

    t_per_year: float

    def __post_init__(self) -> None:
        require(0.0 <= read(self.t_per_year) < np.inf, "t_per_year", self.t_per_year)


@dataclass(frozen=True, slots=True)
class Reliability:
    """At most a share of the load lost, without the grid, or with it if `on_grid`."""

    lost_load: float
    on_grid: bool = False

    def __post_init__(self) -> None:
        require(0.0 <= read(self.lost_load) < 1.0, "lost_load", self.lost_load)


Goal = LeastCost | ZeroCarbon | CarbonCap | Reliability


@dataclass(frozen=True, slots=True)
class Load:
    """What the station uses.

    Attributes
    ----------
    kwh_per_day : float
        65 kWh, the report's 5G base station.
    profile : array-like, optional
        Weights of the 24 hours of a day, or of all hours; the same in every hour if not given.

    Examples
    --------
    >>> Load(48.0).hours(3).tolist()
    [2.0, 2.0, 2.0]
    """

    kwh_per_day: float = 65.0
    profile: ArrayLike | None = None

    def hours(self, n: int) -> Array:
        """(n,) kWh."""
        shape = np.ones(1) if self.profile is None else read_hours(self.profile).ravel()
        fits = shape.size in (1, _DAY_H, n) and np.isfinite(shape).all() and (shape >= 0.0).all() and shape.sum() > 0.0
        require(fits, "profile", f"{shape.size} values, {int((~(shape >= 0.0)).sum())} negative or not numbers")
        require(0.0 < read(self.kwh_per_day) < np.inf, "kwh_per_day", self.kwh_per_day)
        every = np.resize(shape, n) if shape.size in (1, _DAY_H) else shape
        return np.asarray(every / every.mean() * self.kwh_per_day / _DAY_H)


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid at the station.

    Attributes
    ----------
    t_per_mwh : float or array-like
        CO2 of grid power, one number or one an hour.
    cny_per_kwh : float or array-like, optional
        One price or one an hour; that of `Costs` if not given.
    limit_kw : float
        Largest draw.
    label : Text
        Which factor this is; printed with every tonne.
    """

    t_per_mwh: float | ArrayLike
    cny_per_kwh: float | ArrayLike | None = None
    limit_kw: float = np.inf
    label: Text = field(default_factory=lambda: Text("用户给定的电网因子", "the user's grid factor"))

    @classmethod
    def national(
        cls, year: int = 2023, *, cny_per_kwh: float | ArrayLike | None = None, limit_kw: float = np.inf
    ) -> Grid:
        """China's official average factor of a year (`core/reference/grid_factors.csv`)."""
        rows = {int(r["year"]): r for r in reference_rows("grid_factors") if r["series"] == "national_average"}
        require(year in rows, "year", f"{year}; {sorted(rows)}")
        row = rows[year]
        label = Text("全国电力平均因子 {y} 年（{s}）", "national average factor {y} ({s})")
        source = Text(row["source_zh"], row["source_en"])
        return cls(float(row["tco2_per_mwh"]), cny_per_kwh, limit_kw, label.format(y=year, s=source))

    @classmethod
    def of_path(
        cls, path: GridPath, year: int, *, cny_per_kwh: float | ArrayLike | None = None, limit_kw: float = np.inf
    ) -> Grid:
        """The factor of one year of a path."""
        label = Text("{p}，{y} 年", "{p}, {y}").format(p=path.label, y=year)
        return cls(float(path.at(year)[0]), cny_per_kwh, limit_kw, label)


@dataclass(frozen=True, slots=True)
class Storage:
    """The battery's physics.

    Attributes
    ----------
    charging, discharging : float
        Efficiencies between bus and battery.
    depth_of_discharge : float
        Usable share of the kWh that are paid for.
    hours : float, optional
        kWh per kW where the maker fixes it; otherwise both are chosen.
    """

    charging: float = 0.95
    discharging: float = 0.95
    depth_of_discharge: float = 1.0
    hours: float | None = None

    def __post_init__(self) -> None:
        for name in ("charging", "discharging", "depth_of_discharge"):
            require(0.0 < read(getattr(self, name)) <= 1.0, name, getattr(self, name))
        require(self.hours is None or 0.0 < read(self.hours) < np.inf, "hours", self.hours)


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest sizes the site has room for."""

    pv_kw: float = np.inf
    wind_kw: float = np.inf
    battery_kwh: float = np.inf
    converter_kw: float = np.inf

    def __post_init__(self) -> None:
        require(bool((self.array >= 0.0).all()), "limits", self.array.tolist())

    @property
    def array(self) -> Array:
        """(4,) PV, wind, battery, converter."""
        return np.array([read(kw) for kw in (self.pv_kw, self.wind_kw, self.battery_kwh, self.converter_kw)])


@dataclass(frozen=True, slots=True)
class Yields:
    """What one kW gives in every hour, where the user knows it without weather: kWh, (t,) each.

    Fewer hours than a year stand for the year by repetition.
    """

    pv: ArrayLike
    wind: ArrayLike
    label: Text = field(default_factory=lambda: Text("用户给定的出力", "the user's yields"))
    time: pl.Series | None = None
    simulated: bool = False

    @classmethod
    def of(cls, weather: Weather, panels: Panels | None = None, turbine: Turbine | None = None) -> Yields:
        """From a year of weather."""
        pv, wind = pv_kwh_per_kw(weather, panels), wind_kwh_per_kw(weather, turbine)
        return cls(pv, wind, weather.label, weather.hours["time"], weather.simulated)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a design was made for.

    Attributes
    ----------
    pv, wind, load, price, t_per_kwh : (t,)
        Per hour; price and tonnes of the grid also where the goal does not use it.
    """

    goal: Goal
    costs: Costs
    grid: Grid
    storage: Storage
    limits: Limits
    pv: Array
    wind: Array
    load: Array
    price: Array
    t_per_kwh: Array
    label: Text
    time: pl.Series | None
    simulated: bool

    @property
    def on_grid(self) -> bool:
        """Whether the goal may buy from the grid."""
        return isinstance(self.goal, (LeastCost, CarbonCap)) or (
            isinstance(self.goal, Reliability) and self.goal.on_grid
        )


def size_station(
    *,
    site: Site | None = None,
    weather: Weather | Yields | None = None,
    load: Load | ArrayLike | None = None,
    goal: Goal | None = None,
    costs: Costs | None = None,
    grid: Grid | None = None,
    storage: Storage | None = None,
    limits: Limits | None = None,
    panels: Panels | None = None,
    turbine: Turbine | None = None,
    climate: Climate | None = None,
    seed: int = 0,
    solver: Solver = "simplex",
) -> StationDesign:
    """The cheapest sizes and hours that meet a goal.

    Parameters
    ----------
    site : Site
        A place without a weather file: a synthetic year is made with `climate` and `seed`.
    weather : Weather or Yields
        Instead of a site: a year of weather, or the hourly yields of one kW of PV and wind.
    load : Load or array-like, optional
        kWh of every hour; 65 kWh a day spread evenly if not given.
    goal : LeastCost, ZeroCarbon, CarbonCap or Reliability
        LeastCost if not given.
    costs, grid, storage, limits, panels, turbine : optional
        Defaults with sources; the grid is China's average of 2023 without a limit.
    solver : "simplex", "ipm" or "choose"
        Of HiGHS; simplex is the fastest here (docs/methodology/zero_carbon_station.md).

    Returns
    -------
    StationDesign

    Raises
    ------
    ConfigError
        If both or neither of site and weather are given, or a parameter is impossible or of another kind.
    DataError
        If yields or load do not fit, or no sizes reach the goal: with the load that cannot be served, its hours, and
        what stands in the way.
    ConvergenceError
        If the solver stops without an answer.

    Examples
    --------
    >>> day = Yields(pv=[1.0, 0.0], wind=[0.0, 0.0])
    >>> found = size_station(weather=day, load=[1.0, 1.0], goal=ZeroCarbon(), storage=Storage(1.0, 1.0))
    >>> round(found.pv_kw, 9), round(found.battery_kwh, 9)
    (2.0, 1.0)
    """
    from dualcarbon.footprint.station_program import solved

    require_choice("solver", solver, get_args(Solver))
    require_kind("goal", goal, get_args(Goal))
    for name, given, kind in (
        ("site", site, Site),
        ("weather", weather, (Weather, Yields)),
        ("costs", costs, Costs),
        ("grid", grid, Grid),
        ("storage", storage, Storage),
        ("limits", limits, Limits),
        ("panels", panels, Panels),
        ("turbine", turbine, Turbine),
    ):
        require_kind(name, given, kind)
    case = make_case(
        _yields(site, weather, panels, turbine, climate, seed),
        load,
        goal or LeastCost(),
        costs or Costs(),
        grid or Grid.national(),
        storage or Storage(),
        limits or Limits(),
    )
    return solved(case, solver)


def _yields(
    site: Site | None,
    weather: Weather | Yields | None,
    panels: Panels | None,
    turbine: Turbine | None,
    climate: Climate | None,
    seed: int,
) -> Yields:
    if (site is None) == (weather is None):
        raise ConfigError(
            Text("不知道用哪里的天气", "it is not clear whose weather to use"),
            expected=Text("site 或 weather，二者给一", "either site or weather"),
            found=Text("两者都给", "both") if site is not None else Text("都没有给", "neither"),
            remedy=Text(
                "有气象文件时给 weather=read_weather(文件)，否则给 site=Site(...)",
                "give weather=read_weather(file) if you have one, otherwise site=Site(...)",
            ),
        )
    if isinstance(weather, Yields):
        return weather
    if weather is None:
        from dualcarbon.footprint.synthetic_weather import synthetic_weather

        assert site is not None
        (weather,) = synthetic_weather(site, climate, seed=seed)
    return Yields.of(weather, panels, turbine)


def make_case(
    yields: Yields,
    load: Load | ArrayLike | None,
    goal: Goal,
    costs: Costs,
    grid: Grid,
    storage: Storage,
    limits: Limits,
) -> Case:
    """Everything as arrays of one length."""
    pv, wind = (np.atleast_1d(read_hours(a)) for a in (yields.pv, yields.wind))
    n = pv.size
    given = Load() if load is None else load
    hours = given.hours(n) if isinstance(given, Load) else np.atleast_1d(read_hours(given))
    price = costs.grid_cny_per_kwh if grid.cny_per_kwh is None else grid.cny_per_kwh
    arrays = {
        "pv": pv,
        "wind": wind,
        "load": hours,
        "cny_per_kwh": _spread(price, n),
        "t_per_mwh": _spread(grid.t_per_mwh, n),
    }
    for name, values in arrays.items():
        require_hours(name, values, n)
    require(bool(hours.sum() > 0.0), "load", 0.0)
    require(read(grid.limit_kw) >= 0.0, "limit_kw", grid.limit_kw)
    price, tonnes = arrays["cny_per_kwh"], arrays["t_per_mwh"] / KG
    return Case(
        goal, costs, grid, storage, limits, pv, wind, hours, price, tonnes, yields.label, yields.time, yields.simulated
    )


def _spread(value: ArrayLike, n: int) -> Array:
    found = read_hours(value)
    return np.full(n, float(found)) if found.ndim == 0 else found
