"""What one kW of PV and one kW of wind give in a year of weather, kWh an hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.sun import position
from dualcarbon.footprint.weather import Weather

Array = NDArray[np.float64]

_AIR_GAS = 287.05
_KELVIN = 273.15
_DENSITY = 1.225
_STANDARD = 1000.0
_REFERENCE_C = 25.0


@dataclass(frozen=True, slots=True)
class Panels:
    """How the PV stands and what it loses.

    Attributes
    ----------
    tilt_deg : float, optional
        The latitude if not given.
    azimuth_deg : float, optional
        From north; towards the equator if not given.
    losses : float
        Soiling, shading, wiring, mismatch and the like; 0.1408 is PVWatts' default (Dobos 2014, NREL/TP-6A20-62641).
    heat_per_c : float
        Change of power per degree of the cell above 25 C, PVWatts' standard module.
    inverter : float
        Efficiency; output does not exceed 1 kW per kW.
    """

    tilt_deg: float | None = None
    azimuth_deg: float | None = None
    losses: float = 0.1408
    heat_per_c: float = -0.0047
    inverter: float = 0.96

    def __post_init__(self) -> None:
        if not (0.0 <= self.losses < 1.0 and 0.0 < self.inverter <= 1.0 and -0.02 < self.heat_per_c <= 0.0):
            raise _impossible(self)


@dataclass(frozen=True, slots=True)
class Turbine:
    """A small turbine: cubic between cut-in and rated speed, rated up to cut-out.

    Attributes
    ----------
    cut_in_m_s, rated_m_s, cut_out_m_s : float
    hub_m : float
        Height of the hub; wind rises as height to the power `shear` (1/7: Justus & Mikhail 1976,
        doi:10.1029/GL003i005p00261).
    losses : float
    """

    cut_in_m_s: float = 3.0
    rated_m_s: float = 11.0
    cut_out_m_s: float = 25.0
    hub_m: float = 20.0
    shear: float = 1.0 / 7.0
    losses: float = 0.05

    def __post_init__(self) -> None:
        ordered = 0.0 <= self.cut_in_m_s < self.rated_m_s < self.cut_out_m_s
        if not (ordered and self.hub_m > 0.0 and 0.0 <= self.shear < 1.0 and 0.0 <= self.losses < 1.0):
            raise _impossible(self)


def _impossible(what: object) -> ConfigError:
    return ConfigError(
        Text("设备参数不成立", "the equipment is impossible"),
        expected=Text(
            "损失在 [0, 1)，效率在 (0, 1]，风速切入 < 额定 < 切出",
            "losses in [0, 1), efficiency in (0, 1], cut-in < rated < cut-out",
        ),
        found=both(str(what)),
        remedy=Text("改正取值", "correct the values"),
    )


def pv_kwh_per_kw(weather: Weather, panels: Panels | None = None) -> Array:
    """PV of 1 kW (direct current), kWh an hour, (8760,).

    Irradiance on the panel by Hay & Davies; cell temperature by the SAPM (King et al. 2004, open rack, glass and
    polymer); direct current by PVWatts, P = (E / 1000) (1 + g (T_cell - 25)), less losses; inverter efficiency, at most
    1 kW.
    """
    from pvlib.irradiance import get_extra_radiation, get_total_irradiance
    from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS, sapm_cell

    how, site = panels or Panels(), weather.site
    columns = {name: weather.hours[name].to_numpy() for name in weather.hours.columns if name != "time"}
    sun = position(weather.hours["time"], site)
    tilt = abs(site.latitude) if how.tilt_deg is None else how.tilt_deg
    towards = (180.0 if site.latitude >= 0.0 else 0.0) if how.azimuth_deg is None else how.azimuth_deg
    plane = get_total_irradiance(
        tilt,
        towards,
        sun["apparent_zenith"].to_numpy(),
        sun["azimuth"].to_numpy(),
        columns["dni_w_m2"],
        columns["ghi_w_m2"],
        columns["dhi_w_m2"],
        dni_extra=np.asarray(get_extra_radiation(sun.index.day_of_year.to_numpy())),
        model="haydavies",
    )["poa_global"]
    light = np.maximum(np.nan_to_num(np.asarray(plane, dtype=np.float64)), 0.0)
    law = TEMPERATURE_MODEL_PARAMETERS["sapm"]["open_rack_glass_polymer"]
    cell = np.asarray(sapm_cell(light, columns["temperature_c"], columns["wind_m_s"], **law))
    power = light / _STANDARD * (1.0 + how.heat_per_c * (cell - _REFERENCE_C)) * (1.0 - how.losses)
    return np.clip(power * how.inverter, 0.0, 1.0)


def wind_kwh_per_kw(weather: Weather, turbine: Turbine | None = None) -> Array:
    """Wind of 1 kW, kWh an hour, (8760,).

    P = (v^3 - v_in^3) / (v_rated^3 - v_in^3) less losses, with v the wind at the hub times (density / 1.225)^(1/3)
    (IEC 61400-12-1), air density from altitude and temperature.
    """
    from pvlib.atmosphere import alt2pres

    how = turbine or Turbine()
    hub = weather.hours["wind_m_s"].to_numpy() * (how.hub_m / weather.wind_height_m) ** how.shear
    kelvin = weather.hours["temperature_c"].to_numpy() + _KELVIN
    density = float(alt2pres(weather.site.altitude_m)) / (_AIR_GAS * kelvin)
    speed = hub * np.cbrt(density / _DENSITY)
    curve = (speed**3 - how.cut_in_m_s**3) / (how.rated_m_s**3 - how.cut_in_m_s**3)
    power = np.clip(curve, 0.0, 1.0) * (1.0 - how.losses)
    return np.asarray(np.where(hub > how.cut_out_m_s, 0.0, power))
