"""Where the sun stands and how its radiation splits: the room's one door to pvlib's solar position."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualcarbon.footprint.weather import Site

Array = NDArray[np.float64]
MIDDLE_MIN = 30.0
"""The sun of an hour is the sun in its middle."""


@contextmanager
def pvlib_calls() -> Iterator[None]:
    """pvlib's use of a pandas name that pandas is about to drop is not the user's affair."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="DatetimeIndex.dayofyear")
        yield


def times(hours: pl.Series, site: Site, minutes: float = MIDDLE_MIN) -> Any:
    """UTC moments some minutes after the start of each hour, as pandas index."""
    import pandas as pd

    moved = hours - timedelta(hours=site.utc_offset_h) + timedelta(minutes=minutes)
    return pd.DatetimeIndex(moved.to_numpy()).tz_localize("UTC")


def position(hours: pl.Series, site: Site, minutes: float = MIDDLE_MIN) -> Any:
    """pvlib's solar position (NREL SPA), one row an hour."""
    from pvlib.solarposition import get_solarposition

    with pvlib_calls():
        return get_solarposition(times(hours, site, minutes), site.latitude, site.longitude, altitude=site.altitude_m)


def cos_zenith(hours: pl.Series, site: Site, minutes: float = MIDDLE_MIN) -> Array:
    """Cosine of the zenith angle, (t,); negative while the sun is down."""
    return np.asarray(np.cos(np.radians(position(hours, site, minutes)["zenith"].to_numpy())))


def split(hours: pl.Series, ghi: Array, site: Site) -> tuple[Array, Array]:
    """Direct normal and diffuse horizontal irradiance, W/m2, by Erbs et al. (1982)."""
    from pvlib.irradiance import erbs

    sun = position(hours, site)
    parts = erbs(ghi, sun["zenith"].to_numpy(), sun.index.day_of_year.to_numpy())
    return np.nan_to_num(np.asarray(parts["dni"])), np.nan_to_num(np.asarray(parts["dhi"]))
