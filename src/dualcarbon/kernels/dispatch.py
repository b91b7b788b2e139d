"""A station's hours by a rule: own power, then the battery, then the grid; surplus charges, the rest is curtailed.

    n_t = r_t - l_t                                                          own power r less load l, kWh
    n_t >= 0:  c_t = min(n_t, P, (E - s) / eta_c),      s += eta_c c_t,      curtailed n_t - c_t
    n_t <  0:  d_t = min(-n_t, P, (s - E_min) eta_d),   s -= d_t / eta_d,    grid min(-n_t - d_t, G), the rest is lost

Charge and discharge are counted where the battery meets the station's bus. With one price and an unlimited grid no
other rule buys less in a year that starts and ends with the same charge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Array = NDArray[np.float64]

GRID, CURTAILED, LOST, LOST_HOURS, CHARGED, DISCHARGED, LAST = range(7)
"""Places in the totals of `dispatch_totals`."""

_PASSES = 2000
_NOTICED = 1e-9
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class Battery:
    """What the storage can do.

    Attributes
    ----------
    energy_kwh, floor_kwh : largest and smallest charge
    power_kw : largest charge and discharge at the bus
    charging, discharging : efficiencies, (0, 1]
    """

    energy_kwh: float
    floor_kwh: float
    power_kw: float
    charging: float
    discharging: float


@dataclass(frozen=True, slots=True)
class Hours:
    """Every hour of a dispatch, kWh; arrays (t,), `charge_kwh` at the end of the hour, `start_kwh` before the first."""

    charge_kwh: Array
    charged_kwh: Array
    discharged_kwh: Array
    grid_kwh: Array
    curtailed_kwh: Array
    lost_kwh: Array
    start_kwh: float


def dispatch_totals(own: Array, load: Array, battery: Battery, grid_kw: float, start_kwh: float) -> Array:
    """Sums over the hours, (7,): grid, curtailed, lost, hours with loss, charged, discharged, last charge (kWh, h).

    An hour has a loss if more than 1e-9 of its load is lost.

    Parameters
    ----------
    own, load : (t,)
        Own power and load of every hour, kWh.
    grid_kw : float
        Largest draw from the grid; 0 for none, infinity for no limit.
    start_kwh : float
        Charge before the first hour, between floor and energy.

    Examples
    --------
    >>> battery = Battery(4.0, 0.0, 2.0, 1.0, 0.5)
    >>> dispatch_totals(np.array([5.0, 0.0]), np.array([1.0, 3.0]), battery, 0.5, 0.0).tolist()
    [0.5, 2.0, 1.5, 1.0, 2.0, 1.0, 0.0]
    """
    return _totals(own, load, *_flat(battery), grid_kw, start_kwh)


def dispatch_hours(own: Array, load: Array, battery: Battery, grid_kw: float, start_kwh: float) -> Hours:
    """Every hour of the rule; arguments as `dispatch_totals`."""
    return Hours(*_hours(own, load, *_flat(battery), grid_kw, start_kwh), start_kwh)


def repeating_start(own: Array, load: Array, battery: Battery) -> float | None:
    """The highest charge from which the hours end with no less charge than they began, kWh.

    The last charge rises with the first one, by no more than it: passes from a full battery fall towards the highest
    fixed point. The rule then needs no gift from the year before. None if 2,000 passes do not settle.

    Examples
    --------
    >>> repeating_start(np.array([3.0, 0.0]), np.ones(2), Battery(4.0, 0.0, 2.0, 1.0, 1.0))
    3.0
    """
    flat = _flat(battery)
    start = battery.energy_kwh
    for _ in range(_PASSES):
        last = float(_totals(own, load, *flat, np.inf, start)[LAST])
        if last >= start - _ROUNDING * battery.energy_kwh:
            return start
        start = last
    return None


def _flat(battery: Battery) -> tuple[float, float, float, float, float]:
    b = battery
    return b.energy_kwh, b.floor_kwh, b.power_kw, b.charging, b.discharging


@jit
def _hour(
    net: float, s: float, energy: float, floor: float, power: float, eta_c: float, eta_d: float, grid_kw: float
) -> tuple[float, float, float, float, float, float]:
    if net >= 0.0:
        charged = min(net, power, (energy - s) / eta_c)
        return min(s + eta_c * charged, energy), charged, 0.0, 0.0, net - charged, 0.0
    need = -net
    discharged = min(need, power, (s - floor) * eta_d)
    rest = need - discharged
    grid = min(rest, grid_kw)
    return max(s - discharged / eta_d, floor), 0.0, discharged, grid, 0.0, rest - grid


@jit
def _totals(
    own: Array,
    load: Array,
    energy: float,
    floor: float,
    power: float,
    eta_c: float,
    eta_d: float,
    grid_kw: float,
    start: float,
) -> Array:
    out = np.zeros(7)
    s = start
    for t in range(load.size):
        s, charged, discharged, grid, curtailed, lost = _hour(
            own[t] - load[t], s, energy, floor, power, eta_c, eta_d, grid_kw
        )
        out[0] += grid
        out[1] += curtailed
        out[2] += lost
        out[3] += lost > _NOTICED * load[t]
        out[4] += charged
        out[5] += discharged
    out[6] = s
    return out


@jit
def _hours(
    own: Array,
    load: Array,
    energy: float,
    floor: float,
    power: float,
    eta_c: float,
    eta_d: float,
    grid_kw: float,
    start: float,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    n = load.size
    level, charged, discharged = np.empty(n), np.empty(n), np.empty(n)
    grid, curtailed, lost = np.empty(n), np.empty(n), np.empty(n)
    s = start
    for t in range(n):
        s, charged[t], discharged[t], grid[t], curtailed[t], lost[t] = _hour(
            own[t] - load[t], s, energy, floor, power, eta_c, eta_d, grid_kw
        )
        level[t] = s
    return level, charged, discharged, grid, curtailed, lost
