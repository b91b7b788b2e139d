"""A year of weather at a site, hour by hour: from the user's file or frame, checked, or made by `synthetic_weather`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, InputError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.station_checks import read

Array = NDArray[np.float64]
Stamp = Literal["start", "middle", "end"]
Format = Literal["epw", "tmy3", "csv"]

YEAR_H = 8760
COLUMNS = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "temperature_c", "wind_m_s")
WIND_HEIGHT_M = 10.0
"""Where weather services measure wind."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place on earth and the clock used there.

    Attributes
    ----------
    latitude, longitude : float
        Degrees, north and east positive.
    altitude_m : float
    tz : float or str
        Hours of local standard time ahead of UTC (8 for China), or a name such as ``Asia/Shanghai``, whose standard
        time is used the year round.

    Examples
    --------
    >>> Site(31.2, 121.5, 5.0, "Asia/Shanghai").utc_offset_h
    8.0
    """

    latitude: float
    longitude: float
    altitude_m: float = 0.0
    tz: float | str = 8.0

    def __post_init__(self) -> None:
        there = abs(read(self.latitude)) <= 90 and abs(read(self.longitude)) <= 180
        if not (there and np.isfinite(read(self.altitude_m)) and abs(self.utc_offset_h) <= 14):
            raise ConfigError(
                Text("地点不存在", "there is no such place"),
                expected=Text(
                    "纬度 -90 到 90，经度 -180 到 180，时差 -14 到 14 小时",
                    "latitude -90 to 90, longitude -180 to 180, UTC offset -14 to 14 h",
                ),
                found=both(f"{self.latitude}, {self.longitude}, {self.tz}"),
                remedy=Text("检查是否颠倒了经纬度", "check whether latitude and longitude are swapped"),
            )

    @property
    def utc_offset_h(self) -> float:
        """Hours of local standard time ahead of UTC."""
        if not isinstance(self.tz, str):
            return read(self.tz)
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            zone = ZoneInfo(self.tz)
        except (ZoneInfoNotFoundError, ValueError) as cause:
            raise ConfigError(
                Text("没有这个时区", "no such time zone"),
                expected=Text("小时数，或 Asia/Shanghai 一类的名称", "hours, or a name such as Asia/Shanghai"),
                found=both(self.tz),
                remedy=Text("给出与 UTC 相差的小时数", "give the hours ahead of UTC"),
            ) from cause
        offsets = [zone.utcoffset(datetime(2023, month, 15)) or timedelta() for month in (1, 7)]
        return min(offsets).total_seconds() / 3600.0


@dataclass(frozen=True, slots=True)
class Weather:
    """One checked year.

    Attributes
    ----------
    site : Site
    hours : polars.DataFrame, 8,760 rows
        time (start of the hour, local standard time), ghi_w_m2, dni_w_m2, dhi_w_m2 (means of the hour), temperature_c,
        wind_m_s.
    label, source : Text
    wind_height_m : float
        Height the wind was measured at.
    notes : tuple of Text
        What was done to the data.
    simulated : bool
    """

    site: Site
    hours: pl.DataFrame
    label: Text
    source: Text
    wind_height_m: float = WIND_HEIGHT_M
    notes: tuple[Text, ...] = ()
    simulated: bool = False

    @classmethod
    def from_frame(
        cls,
        frame: pl.DataFrame,
        site: Site,
        *,
        stamp: Stamp = "start",
        wind_height_m: float = WIND_HEIGHT_M,
        label: Text | None = None,
    ) -> Weather:
        """A year from a table with time, ghi_w_m2 and, if measured, dni_w_m2 and dhi_w_m2, temperature_c, wind_m_s.

        Parameters
        ----------
        frame : polars.DataFrame
            `time` with a zone is turned to the site's standard time; without one it is taken as that time. Without both
            parts of radiation, they are split by the model of Erbs et al. (1982, doi:10.1016/0038-092X(82)90302-4).
        stamp : "start", "middle" or "end"
            The moment of the hour that `time` names.

        Raises
        ------
        DataError
            All faults at once: missing values, gaps, repeated hours, a wrong length, negative or impossible values,
            units, and a clock that does not fit the sun, with counts, first times and remedies.
        """
        from dualcarbon.footprint.weather_checks import checked

        name = label or Text("用户的数据表", "the user's table")
        hours, notes = checked(frame, site, stamp, name)
        return cls(site, hours, name, name, wind_height_m, notes)

    def at_site(self, site: Site) -> Weather:
        """The same hours with another site, for example with the altitude a file leaves out."""
        return replace(self, site=site)


def read_weather(
    path: str | Path,
    site: Site | None = None,
    *,
    format: Format | None = None,
    stamp: Stamp | None = None,
    wind_height_m: float = WIND_HEIGHT_M,
) -> Weather:
    """A year from a file: EPW, TMY3 or plain CSV, checked as in `Weather.from_frame`.

    Parameters
    ----------
    path : path
    site : Site, optional
        Must be given for plain CSV; EPW and TMY3 carry it.
    format : "epw", "tmy3" or "csv", optional
        Told by the first line if not given.
    stamp : optional
        EPW and TMY3 name the end of the hour by definition; plain CSV the start unless told.

    Raises
    ------
    InputError
        If the file cannot be read as what it seems to be.
    DataError
        See `Weather.from_frame`.
    """
    from dualcarbon.footprint.weather_readers import read

    found = read(Path(path), format)
    place = site or found.site
    if place is None:
        raise InputError(
            Text("不知道这份气象文件是哪里的：{f}", "the weather file does not say where it is from: {f}").format(
                f=Path(path).name
            ),
            expected=Text("地点", "a site"),
            found=Text("CSV 文件不含经纬度与时区", "a CSV file without latitude, longitude and time zone"),
            remedy=Text("给出 site=Site(纬度, 经度, 海拔, 时区)", "give site=Site(latitude, longitude, altitude, tz)"),
        )
    name = Text("气象文件 {f}", "weather file {f}").format(f=Path(path).name)
    weather = Weather.from_frame(
        found.frame, place, stamp=stamp or found.stamp, wind_height_m=wind_height_m, label=name
    )
    return replace(weather, notes=(*found.notes, *weather.notes))
