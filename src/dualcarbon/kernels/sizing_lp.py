"""The cheapest PV, wind, battery and grid for a station: a linear program over all hours, in HiGHS, then made exact.

Sizes x = (PV kW, wind kW, battery kWh, battery kW); flows per hour, kWh at the station's bus:

    min  c'x + w sum_t p_t g_t
    s.t. a_t x_pv + b_t x_wind - c_t + d_t + g_t + u_t >= l_t          surplus is curtailed
         s_t = s_(t-1) + eta_c c_t - d_t / eta_d,  s_0 = s_T           the charge repeats
         floor x_E <= s_t <= x_E,   c_t <= x_P,   d_t <= x_P,   x_E = h x_P if hours are given
         g_t <= G,   w sum_t e_t g_t <= cap,   sum_t u_t <= lost cap,  0 <= x <= limits

with w = 8,760 / T. Loads are divided by their mean and money by the dearest size, so that the solver's tolerances mean
the same for a small and a large station. The solver's answer keeps its sizes and its purchases; the battery's hours are
then worked out by `dispatch`, which closes every balance to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.dispatch import Battery, Hours, dispatch_hours, repeating_start

Array = NDArray[np.float64]

SOLVED, INFEASIBLE, FAILED = 0, 1, 2
YEAR_H = 8760.0
PV, WIND, ENERGY, POWER = range(4)
_TOLERANCE = 1e-9
_MONEY = 1e-3
_STRETCH = 1e-6
_FAINT = 1e-6
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Sizing:
    """What is asked; arrays (t,) by hour.

    Attributes
    ----------
    pv, wind : kWh of one kW
    load : kWh
    cost : (4,) a year of one kW PV, kW wind, kWh battery, kW battery
    limits : (4,) largest sizes, infinity for none
    charging, discharging : efficiencies, (0, 1]
    floor : share of the battery that stays charged, [0, 1)
    hours : battery kWh per kW, or None where both are chosen
    price, co2 : cost and tonnes of one kWh of the grid, or None without a grid
    grid_kw : largest draw
    co2_cap : t a year, or None
    lost_cap : kWh lost over the hours, or None
    """

    pv: Array
    wind: Array
    load: Array
    cost: Array
    limits: Array
    charging: float
    discharging: float
    floor: float
    hours: float | None
    price: Array | None
    co2: Array | None
    grid_kw: float
    co2_cap: float | None
    lost_cap: float | None

    @property
    def weight(self) -> float:
        """Years are 8,760 h: how often the hours repeat in a year."""
        return YEAR_H / self.load.size


@dataclass(frozen=True, slots=True)
class Sized:
    """The optimum.

    Attributes
    ----------
    status : SOLVED, INFEASIBLE or FAILED; numbers are NaN unless SOLVED
    sizes : (4,)
    cost, dual_cost : a year, of the exact hours and of the program's dual
    hours : charge, flows and losses
    price : (t,) what one more kWh of load costs
    co2_price : per tonne of the cap; lost_price : per kWh of lost load allowed a year; NaN without such a cap
    iterations : of the solver
    """

    status: int
    sizes: Array
    cost: float
    dual_cost: float
    hours: Hours
    price: Array
    co2_price: float
    lost_price: float
    iterations: int


def size(asked: Sizing, solver: str = "simplex") -> Sized:
    """The optimum of the program.

    Parameters
    ----------
    asked : Sizing
    solver : "simplex", "ipm" or "choose"
        Of HiGHS; the interior point ends with a crossover to a vertex.

    Examples
    --------
    >>> zero, one = np.zeros(2), np.ones(2)
    >>> asked = Sizing(np.array([1.0, 0.0]), zero, one, np.array([1.0, 1.0, 2.0, 0.0]), np.full(4, np.inf),
    ...     1.0, 1.0, 0.0, None, None, None, 0.0, None, None)
    >>> size(asked).sizes.round(9).tolist()
    [2.0, 0.0, 1.0, 1.0]
    """
    unit = float(asked.load.mean())
    program = _Program(asked, unit)
    status, solution, iterations = program.solve(solver)
    if status != SOLVED:
        return _nothing(asked, status, iterations)
    columns, rows = np.array(solution.col_value), np.array(solution.row_dual)
    dual = program.dual_objective(rows, np.array(solution.col_dual))
    sizes = np.maximum(columns[:4], 0.0) * unit
    sizes[sizes < _NOTHING * unit] = 0.0
    bought = np.clip(columns[program.grid] * unit, 0.0, asked.grid_kw) if program.grid else np.zeros(asked.load.size)
    hours, stretch = _exact(asked, sizes, bought, columns[program.level] * unit)
    if stretch > 1.0 + _STRETCH:
        return _nothing(asked, FAILED, iterations)
    sizes = sizes * stretch
    money = program.money
    return Sized(
        status=SOLVED,
        sizes=sizes,
        cost=running_cost(asked, sizes, hours),
        dual_cost=dual * money * unit,
        hours=hours,
        price=rows[: asked.load.size] * money / asked.weight,
        co2_price=-float(rows[program.cap]) * money if program.cap is not None else np.nan,
        lost_price=-float(rows[program.lost_row]) * money / asked.weight if program.lost_row is not None else np.nan,
        iterations=iterations,
    )


def least_loss(asked: Sizing, solver: str = "simplex") -> Sized:
    """The sizes that lose least, whatever they cost: what stands in the way where the program has no answer."""
    dearest = float(asked.cost.max()) or 1.0
    price = None if asked.price is None else np.zeros(asked.load.size)
    return size(replace(asked, cost=_FAINT * asked.cost / dearest, price=price, lost_cap=np.inf), solver)


def running_cost(asked: Sizing, sizes: Array, hours: Hours) -> float:
    """Sizes and grid a year."""
    grid = 0.0 if asked.price is None else asked.weight * float(asked.price @ hours.grid_kwh)
    return float(asked.cost @ sizes) + grid


def battery_of(asked: Sizing, sizes: Array) -> Battery:
    """The storage of some sizes."""
    energy = float(sizes[ENERGY])
    return Battery(energy, asked.floor * energy, float(sizes[POWER]), asked.charging, asked.discharging)


def _nothing(asked: Sizing, status: int, iterations: int) -> Sized:
    empty = np.full(asked.load.size, np.nan)
    hours = Hours(empty, empty, empty, empty, empty, empty, np.nan)
    return Sized(status, np.full(4, np.nan), np.nan, np.nan, hours, empty, np.nan, np.nan, iterations)


class _Program:
    """Rows and columns of the program in units of the mean load."""

    def __init__(self, asked: Sizing, unit: float) -> None:
        self.asked, self.unit = asked, unit
        n = asked.load.size
        self.money = 1.0 if asked.lost_cap == np.inf else float(asked.cost.max()) * _MONEY or 1.0
        blocks = ["charged", "discharged", "level"] + ["grid"] * (asked.price is not None)
        blocks += ["lost"] * (asked.lost_cap is not None)
        places = {name: slice(4 + i * n, 4 + (i + 1) * n) for i, name in enumerate(blocks)}
        self.level, self.grid, self.lost = places["level"], places.get("grid"), places.get("lost")
        self.columns = 4 + n * len(blocks)
        self.cap: int | None = None
        self.lost_row: int | None = None
        self._parts: list[tuple[Any, Any, Any]] = []
        self._low: list[Array] = []
        self._high: list[Array] = []
        self._hourly(places)
        self._yearly()
        self._bounds()

    def _add(self, low: Array, high: Array, *terms: tuple[Any, Any]) -> int:
        """Rows with their terms (columns, values); the number of the first."""
        first = sum(part.size for part in self._low)
        rows = np.arange(first, first + low.size)
        for columns, values in terms:
            across = (
                np.broadcast_to(columns, np.shape(values)) if low.size == 1 else np.broadcast_to(columns, low.shape)
            )
            where = np.broadcast_to(rows, across.shape)
            self._parts.append((where, across, np.broadcast_to(values, across.shape)))
        self._low.append(low)
        self._high.append(high)
        return first

    def _hourly(self, places: dict[str, slice]) -> None:
        asked, n = self.asked, self.asked.load.size
        at = {name: np.arange(place.start, place.stop) for name, place in places.items()}
        one, zero, none = np.ones(n), np.zeros(n), np.full(n, np.inf)
        supply = [(PV, asked.pv), (WIND, asked.wind), (at["charged"], -one), (at["discharged"], one)]
        supply += [(at[name], one) for name in ("grid", "lost") if name in at]
        self._add(asked.load / self.unit, none, *supply)
        stored = [(at["level"], one), (np.roll(at["level"], 1), -one)] if n > 1 else []
        stored += [(at["charged"], -asked.charging * one), (at["discharged"], one / asked.discharging)]
        self._add(zero, zero, *stored)
        self._add(-none, zero, (at["level"], one), (ENERGY, -one))
        if asked.floor > 0.0:
            self._add(zero, none, (at["level"], one), (ENERGY, -asked.floor * one))
        for flow in ("charged", "discharged"):
            self._add(-none, zero, (at[flow], one), (POWER, -one))

    def _yearly(self) -> None:
        asked, one = self.asked, np.ones(1)
        if asked.hours is not None:
            self._add(0.0 * one, 0.0 * one, (ENERGY, one), (POWER, -asked.hours * one))
        if asked.co2_cap is not None and asked.co2 is not None and self.grid is not None:
            columns = np.arange(self.grid.start, self.grid.stop)
            cap = asked.co2_cap / self.unit
            self.cap = self._add(-np.inf * one, cap * one, (columns, asked.weight * asked.co2))
        if self.lost is not None and asked.lost_cap is not None and np.isfinite(asked.lost_cap):
            columns = np.arange(self.lost.start, self.lost.stop)
            self.lost_row = self._add(-np.inf * one, asked.lost_cap / self.unit * one, (columns, np.ones(columns.size)))

    def _bounds(self) -> None:
        asked = self.asked
        self.cost, self.upper = np.zeros(self.columns), np.full(self.columns, np.inf)
        self.cost[:4] = asked.cost / self.money
        self.upper[:4] = asked.limits / self.unit
        if self.grid is not None and asked.price is not None:
            self.cost[self.grid] = asked.weight * asked.price / self.money
            self.upper[self.grid] = asked.grid_kw / self.unit
        if self.lost is not None:
            self.upper[self.lost] = asked.load / self.unit
            self.cost[self.lost] = 0.0 if self.lost_row is not None else asked.weight / self.money
        self.low, self.high = np.concatenate(self._low), np.concatenate(self._high)

    def solve(self, solver: str) -> tuple[int, Any, int]:
        """Status, solution, iterations."""
        import highspy

        highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        highs.silent()
        for name, value in (("solver", solver), ("threads", 1)):
            highs.setOptionValue(name, value)
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            highs.setOptionValue(name, _TOLERANCE)
        highs.passModel(self._model(highspy))
        highs.run()
        found, model = highs.getModelStatus(), highspy.HighsModelStatus
        info = highs.getInfo()
        iterations = max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0)
        if found == model.kOptimal:
            return SOLVED, highs.getSolution(), iterations
        barred = found in (model.kInfeasible, model.kUnboundedOrInfeasible)
        return INFEASIBLE if barred else FAILED, None, iterations

    def _model(self, highspy: Any) -> Any:
        from scipy.sparse import csc_matrix

        rows, columns, values = (np.concatenate([part[i] for part in self._parts]) for i in range(3))
        shape = (self.low.size, self.columns)
        matrix = csc_matrix((values, (rows, columns)), shape=shape)
        matrix.eliminate_zeros()
        matrix.sort_indices()
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = shape
        model.col_cost_, model.col_lower_, model.col_upper_ = self.cost, np.zeros(self.columns), self.upper
        model.row_lower_, model.row_upper_ = self.low, self.high
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        return model

    def dual_objective(self, rows: Array, columns: Array) -> float:
        """sum of duals times the bounds they price; by strong duality the cost of the optimum."""
        bound = np.where(rows > 0.0, self.low, self.high)
        of_rows = rows[np.isfinite(bound)] @ bound[np.isfinite(bound)]
        priced = (columns < 0.0) & np.isfinite(self.upper)
        return float(of_rows + columns[priced] @ self.upper[priced])


def _exact(asked: Sizing, sizes: Array, bought: Array, level: Array) -> tuple[Hours, float]:
    """Hours that close to rounding, and by how much sizes and flows are stretched for what tolerance left unserved."""
    own = asked.pv * sizes[PV] + asked.wind * sizes[WIND]
    battery = battery_of(asked, sizes)
    start = repeating_start(own + bought, asked.load, battery)
    if start is None:
        hours = _along(asked, battery, own + bought, level)
    else:
        hours = dispatch_hours(own + bought, asked.load, battery, 0.0, start)
    bought_more = asked.price is not None and asked.lost_cap is None
    more = np.minimum(hours.lost_kwh, asked.grid_kw - bought) if bought_more else np.zeros(own.size)
    grid = bought + more - np.minimum(bought, hours.curtailed_kwh)
    lost = hours.lost_kwh - more
    stretch = 1.0
    if asked.lost_cap is None:
        stretch = float(np.max(asked.load / np.maximum(asked.load - lost, _NOTHING), where=lost > 0.0, initial=1.0))
        lost = np.zeros(own.size)
    charged, discharged, grid = (stretch * flow for flow in (hours.charged_kwh, hours.discharged_kwh, grid))
    curtailed = np.maximum(stretch * own + discharged - charged + grid + lost - asked.load, 0.0)
    return Hours(
        stretch * hours.charge_kwh, charged, discharged, grid, curtailed, lost, stretch * hours.start_kwh
    ), stretch


def _along(asked: Sizing, battery: Battery, supply: Array, level: Array) -> Hours:
    """The hours that follow the charge the program found."""
    level = np.clip(level, battery.floor_kwh, battery.energy_kwh)
    change = np.diff(level, prepend=level[-1])
    charged = np.minimum(np.maximum(change, 0.0) / battery.charging, battery.power_kw)
    discharged = np.minimum(np.maximum(-change, 0.0) * battery.discharging, battery.power_kw)
    net = supply + discharged - charged - asked.load
    none = np.zeros(level.size)
    return Hours(level, charged, discharged, none, np.maximum(net, 0.0), np.maximum(-net, 0.0), float(level[-1]))
