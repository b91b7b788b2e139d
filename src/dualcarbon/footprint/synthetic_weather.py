"""Years of weather where there is no file: clear sky times a stochastic index, temperature and wind with seasons.

G_t = Gcs_t k_t;   z_day = phi_d z_(day-1) + sqrt(1 - phi_d^2) e;   K_day = K_max Beta^-1(Phi(z_day))
k_t = K_max Beta^-1(Phi(y_t); mean K_day, sd s(K_day)),   y_t = phi_h y_(t-1) + sqrt(1 - phi_h^2) e
v_t = Weibull^-1(Phi(x_t + daily wave)),   x_t = phi_v x_(t-1) + sqrt(1 - phi_v^2) e
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.costs import facts
from dualcarbon.footprint.sun import pvlib_calls, split, times
from dualcarbon.footprint.weather import WIND_HEIGHT_M, YEAR_H, Site, Weather
from dualcarbon.footprint.weather_readers import TYPICAL_YEAR

Array = NDArray[np.float64]
ClearSky = Literal["ineichen", "haurwitz"]

_DAYS = 365
_COLDEST_DAY = 20.0
_WARMEST_H = 15.0
_EDGE = 1e-9


def _fact(name: str) -> float:
    return facts("sizing_weather")[name].value


@dataclass(frozen=True, slots=True)
class Climate:
    """What the weather of a site is like; every default is a row of `facts/sizing_weather.csv` with its source.

    Attributes
    ----------
    daily_mean, daily_sd : float
        Of the daily clear-sky index, global radiation over that of a clear sky.
    daily_memory, hourly_memory : float
        Correlations of successive days and hours (in normal scores).
    hourly_sd : float
        Largest standard deviation of the index within a day, reached on half-clear days.
    clear_index : float
        Largest index.
    temperature_mean_c, temperature_season_c, temperature_day_c : float
        Mean, half the range over the year, half the range over the day.
    wind_mean_m_s, wind_shape, wind_memory, wind_daily, wind_peak_hour : float
        Weibull mean and shape, correlation of successive hours, strength and hour of the daily wave.
    """

    daily_mean: float = _fact("daily_mean")
    daily_sd: float = _fact("daily_sd")
    daily_memory: float = _fact("daily_memory")
    hourly_memory: float = _fact("hourly_memory")
    hourly_sd: float = _fact("hourly_sd")
    clear_index: float = _fact("clear_index")
    temperature_mean_c: float = _fact("temperature_mean_c")
    temperature_season_c: float = _fact("temperature_season_c")
    temperature_day_c: float = _fact("temperature_day_c")
    wind_mean_m_s: float = _fact("wind_mean_m_s")
    wind_shape: float = _fact("wind_shape")
    wind_memory: float = _fact("wind_memory")
    wind_daily: float = _fact("wind_daily")
    wind_peak_hour: float = _fact("wind_peak_hour")

    def __post_init__(self) -> None:
        m, s, top = self.daily_mean, self.daily_sd, self.clear_index
        memories = (self.daily_memory, self.hourly_memory, self.wind_memory, self.wind_daily)
        fits = 0.0 < m < top <= 1.2 and 0.0 < s < np.sqrt(m * (top - m)) and 0.0 <= self.hourly_sd < top / 2.0
        if not (fits and all(0.0 <= r < 1.0 for r in memories) and self.wind_mean_m_s >= 0 and self.wind_shape > 0):
            raise ConfigError(
                Text("气候参数不成立", "the climate is impossible"),
                expected=Text(
                    "0 < 日均值 < 上限，标准差小于 √(均值(上限-均值))，相关系数在 [0, 1)，风速不为负",
                    "0 < daily mean < clear index, sd below sqrt(mean (top - mean)), memories in [0, 1), wind >= 0",
                ),
                found=both(f"{self}"),
                remedy=Text("改正 Climate 的取值", "correct the values of Climate"),
            )


def synthetic_weather(
    site: Site, climate: Climate | None = None, *, years: int = 1, seed: int = 0, clear_sky: ClearSky = "ineichen"
) -> tuple[Weather, ...]:
    """Independent years at a site, each from its own stream of random numbers.

    Parameters
    ----------
    site : Site
    climate : Climate, optional
    years : int
    seed : int
        Year i is the same however many years are asked for.
    clear_sky : "ineichen" or "haurwitz"
        Ineichen & Perez (2002, doi:10.1016/S0038-092X(02)00045-2) with the turbidity map that pvlib ships, or Haurwitz
        (1945), which needs the sun's height alone.

    Returns
    -------
    tuple of Weather, marked as simulated

    Examples
    --------
    >>> year, = synthetic_weather(Site(31.2, 121.5), seed=1)
    >>> year.hours.height, bool((year.hours["ghi_w_m2"] >= 0).all())
    (8760, True)
    """
    like = climate or Climate()
    start = datetime(TYPICAL_YEAR, 1, 1)
    time = pl.datetime_range(start, start + timedelta(hours=YEAR_H - 1), timedelta(hours=1), eager=True).alias("time")
    clear = _clear(time, site, clear_sky)
    label = Text("晴空模型与随机云量（种子 {s}，第 {i} 年）", "clear sky and stochastic clouds (seed {s}, year {i})")
    source = Text("模拟：pvlib 晴空 × 随机晴空指数", "simulated: pvlib's clear sky times a stochastic clear-sky index")
    found = []
    for i, stream in enumerate(np.random.SeedSequence(seed).spawn(years)):
        hours = _year(time, clear, site, like, np.random.default_rng(stream))
        found.append(Weather(site, hours, label.format(s=seed, i=i + 1), source, WIND_HEIGHT_M, (), True))
    return tuple(found)


def _clear(time: pl.Series, site: Site, model: ClearSky) -> Array:
    from pvlib.location import Location

    place = Location(site.latitude, site.longitude, "UTC", site.altitude_m)
    with pvlib_calls():
        sky = place.get_clearsky(times(time, site), model=model)
    return np.asarray(sky["ghi"].to_numpy(), dtype=np.float64)


def _year(time: pl.Series, clear: Array, site: Site, like: Climate, random: np.random.Generator) -> pl.DataFrame:
    ghi = clear * _index(like, clear > 0.0, random)
    dni, dhi = split(time, ghi, site)
    hour = np.arange(YEAR_H)
    season = np.cos(2 * np.pi * (hour / 24.0 - _COLDEST_DAY) / _DAYS) * (1.0 if site.latitude >= 0 else -1.0)
    daily = np.cos(2 * np.pi * (hour % 24 + 0.5 - _WARMEST_H) / 24.0)
    warmth = like.temperature_mean_c - like.temperature_season_c * season + like.temperature_day_c * daily
    return pl.DataFrame(
        {
            "time": time,
            "ghi_w_m2": ghi,
            "dni_w_m2": dni,
            "dhi_w_m2": dhi,
            "temperature_c": warmth,
            "wind_m_s": _wind(like, random),
        }
    )


def _index(like: Climate, light: NDArray[np.bool_], random: np.random.Generator) -> Array:
    """The clear-sky index of every hour with light: a day's mean, and hours about it; 0 in the dark."""
    days = _beta(_memory(_DAYS, like.daily_memory, random), like.daily_mean, like.daily_sd, like.clear_index)
    mean = np.repeat(days, 24)[light]
    spread = like.hourly_sd * 2.0 * np.sqrt(mean * (like.clear_index - mean)) / like.clear_index
    found = np.zeros(YEAR_H)
    found[light] = _beta(_memory(YEAR_H, like.hourly_memory, random)[light], mean, spread, like.clear_index)
    return found


def _beta(score: Array, mean: Array | float, sd: Array | float, top: float) -> Array:
    """Normal scores to a beta law on [0, top] of given mean and standard deviation."""
    from scipy.special import betaincinv, ndtr

    m = np.clip(np.asarray(mean) / top, _EDGE, 1.0 - _EDGE)
    size = np.maximum(m * (1.0 - m) / np.maximum((np.asarray(sd) / top) ** 2, _EDGE**2) - 1.0, _EDGE)
    flat = np.asarray(sd) <= _EDGE
    return np.asarray(np.where(flat, m, betaincinv(m * size, (1.0 - m) * size, ndtr(score))) * top)


def _wind(like: Climate, random: np.random.Generator) -> Array:
    """Weibull wind with memory and a daily wave."""
    from scipy.special import gamma, ndtr

    wave = np.cos(2 * np.pi * (np.arange(YEAR_H) % 24 + 0.5 - like.wind_peak_hour) / 24.0)
    share = like.wind_daily
    score = np.sqrt(1.0 - share**2) * _memory(YEAR_H, like.wind_memory, random) + np.sqrt(2.0) * share * wave
    scale = like.wind_mean_m_s / gamma(1.0 + 1.0 / like.wind_shape)
    return np.asarray(scale * (-np.log1p(-np.minimum(ndtr(score), 1.0 - _EDGE))) ** (1.0 / like.wind_shape))


def _memory(n: int, rho: float, random: np.random.Generator) -> Array:
    """Stationary first-order autoregression with unit variance, (n,)."""
    from scipy.signal import lfilter

    noise = random.standard_normal(n)
    noise[1:] *= np.sqrt(1.0 - rho**2)
    return np.asarray(lfilter([1.0], [1.0, -rho], noise))
