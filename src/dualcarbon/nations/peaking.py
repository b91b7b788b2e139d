"""When each country's CO2 emissions peaked, under an explicit rule, and how firmly the year stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.options import require_choice
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text
from dualcarbon.nations.faults import refuse_empty, refuse_gaps, sound
from dualcarbon.nations.rule import PeakRule

Floats = NDArray[np.float64]
Years = NDArray[np.int64]
_COUNTRY, _CO2 = ("iso3", "iso_code", "country"), ("co2_mt", "co2")
_WHAT = Text("排放表", "table of emissions")
_ROUNDING = 1e-12
"""Relative difference within which two moving means are one height."""
_SCHEMA = {
    "country": pl.String,
    "status": pl.String,
    "peak_year": pl.Int64,
    "co2_mt": pl.Float64,
    "robust": pl.Boolean,
    "runner_up_year": pl.Int64,
    "runner_up_gap_mt": pl.Float64,
    "windows_agree": pl.Boolean,
    "window_years": pl.String,
    "years_after": pl.Int64,
    "first_year": pl.Int64,
    "last_year": pl.Int64,
    "last_co2_mt": pl.Float64,
    "change_since_peak": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Peaks:
    """The peak of every country.

    Attributes
    ----------
    frame : polars.DataFrame, one row per country
        `country`; `status` (see `STATUSES`); `peak_year` and `co2_mt`, the emissions of that year; `robust` (null
        unless peaked); `runner_up_year`, `runner_up_gap_mt`: the second highest year and how far it lies below;
        `windows_agree`, `window_years`: the peak year under each moving mean ("1:1971 3:1972"), which agrees where it
        lies within half the window; `years_after`;
        `first_year`, `last_year`, `last_co2_mt`; `change_since_peak` (share). The year of a country that has not
        peaked is its highest so far.
    series : polars.DataFrame
        `country`, `year`, `co2_mt`: what was looked at.
    rule : PeakRule
    """

    frame: pl.DataFrame
    series: pl.DataFrame
    rule: PeakRule

    def of(self, country: str) -> dict[str, object]:
        """The row of one country.

        Raises
        ------
        DataError
            If it is not in the table.
        """
        from dualcarbon.nations.faults import refuse_unknown

        refuse_unknown([country], self.frame["country"].to_list(), _WHAT)
        return self.frame.row(by_predicate=pl.col("country") == country, named=True)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{k} {n}" for k, n in self.frame["status"].value_counts().sort("status").rows())
        return f"Peaks({self.frame.height} countries: {kinds})"


def peaks(
    df: object,
    *,
    country: str | None = None,
    time: str = "year",
    co2: str | None = None,
    rule: PeakRule | None = None,
    gaps: Literal["refuse", "status"] = "refuse",
) -> Peaks:
    """The peak year of every country's emissions.

    The peak is the latest year t* with the highest s_t, where s is the series or its centred moving mean over
    `rule.smooth` years (whole windows only). Statuses, first that holds: `no_emissions`, `too_short` (no whole
    window), `rising` (nothing observed after t*), `too_early` (fewer than `rule.decline` years after), `returned` (a
    later year above s_t*, possible under smoothing only), `plateau` (max of co2_t over t >= t* + decline within
    `rule.margin` of s_t*), `peaked`.

    Parameters
    ----------
    df : polars or pandas frame, one row per country and year
    country, time, co2 : str
        Columns; emissions in Mt. Rows without emissions are left out. Without a word the first that is there of iso3,
        iso_code and country, and of co2_mt and co2 (Our World in Data's own names, in Mt too).
    rule : PeakRule
    gaps : "refuse" or "status"
        Series with years missing inside: an error, or the status `gaps` and no year.

    Raises
    ------
    ConfigError
        If `gaps` is another word.
    SchemaError, DataError
        If columns are absent, no row has emissions, values are negative or infinite, country-years double, or years
        missing inside a series.

    Examples
    --------
    >>> from dualcarbon.nations import shipped_emissions
    >>> found = peaks(shipped_emissions())
    >>> found.of("USA")["peak_year"], found.of("USA")["robust"], found.of("CHN")["status"]
    (2005, False, 'rising')
    """
    require_choice("gaps", gaps, ("refuse", "status"))
    chosen = rule or PeakRule()
    frame = as_polars(df)
    country = country or _first(frame, _COUNTRY)
    co2 = co2 or _first(frame, _CO2)
    table = as_since(frame, country, time, co2, chosen.since)
    refuse_empty(table, _WHAT)
    groups = {str(key[0]): part for key, part in table.group_by(country, maintain_order=True)}
    holes = {name: missing for name, part in groups.items() if (missing := _missing(part[time].to_numpy()))}
    if gaps == "refuse":
        refuse_gaps(list(holes.items()))
    rows = [
        _judged(name, part[time].to_numpy(), part[co2].to_numpy(), chosen, name in holes)
        for name, part in groups.items()
    ]
    series = table.rename({country: "country", time: "year", co2: "co2_mt"})
    return Peaks(pl.DataFrame(rows, schema=_SCHEMA, orient="row"), series, chosen)


def _first(frame: pl.DataFrame, names: tuple[str, ...]) -> str:
    """The first of the names that is a column; the first of all if none is, which is then missed by name."""
    return next((name for name in names if name in frame.columns), names[0])


def as_since(df: object, country: str, time: str, co2: str, since: int | None) -> pl.DataFrame:
    """The checked table from the first year looked at."""
    table = as_polars(df)
    if since is not None and time in table.columns:
        table = table.filter(pl.col(time).cast(pl.Float64, strict=False) >= since)
    return sound(table, country, time, [co2], _WHAT)


def _missing(years: Years) -> list[int]:
    return sorted(set(range(int(years[0]), int(years[-1]) + 1)) - set(years.tolist()))


def moving_mean(values: Floats, window: int) -> Floats:
    """The centred mean over `window` years, (n - window + 1,): whole windows only."""
    return np.asarray(np.convolve(values, np.full(window, 1.0 / window), mode="valid")) if window > 1 else values


def _top(years: Years, values: Floats, window: int) -> tuple[int, float] | None:
    """The latest year of the highest moving mean, and that mean."""
    if len(values) < window:
        return None
    smooth = moving_mean(values, window)
    at = int(np.flatnonzero(smooth >= (1.0 - _ROUNDING) * smooth.max())[-1])
    return int(years[at + window // 2]), float(smooth[at])


def _judged(name: str, years: Years, values: Floats, rule: PeakRule, holed: bool) -> tuple[object, ...]:
    ends = (int(years[0]), int(years[-1]), float(values[-1]))
    top = _top(years, values, rule.smooth)
    if holed or top is None or values.max() == 0.0:
        status = "gaps" if holed else "too_short" if top is None else "no_emissions"
        return (name, status, *(None,) * 8, *ends, None)
    year, height = top
    at_peak = float(values[years == year][0])
    status = _status(years, values, year, height, rule)
    second, gap = _runner_up(years, values, year)
    tops = {w: found[0] for w in rule.windows if (found := _top(years, values, w)) is not None}
    agree = len(tops) == len(rule.windows) and all(abs(y - year) <= w // 2 for w, y in tops.items())
    firm = agree and gap is not None and gap > rule.margin * at_peak
    said = " ".join(f"{w}:{y}" for w, y in tops.items())
    change = float(values[-1]) / at_peak - 1.0 if at_peak else None
    robust = firm if status == "peaked" else None
    return (name, status, year, at_peak, robust, second, gap, agree, said, ends[1] - year, *ends, change)


def _status(years: Years, values: Floats, year: int, height: float, rule: PeakRule) -> str:
    after = values[years > year + rule.smooth // 2]
    if not len(after):
        return "rising"
    if years[-1] - year < rule.decline:
        return "too_early"
    if after.max() > height:
        return "returned"
    late = values[years >= year + rule.decline]
    return "plateau" if late.max() >= (1.0 - rule.margin) * height else "peaked"


def _runner_up(years: Years, values: Floats, year: int) -> tuple[int | None, float | None]:
    others = years != year
    if not others.any():
        return None, None
    at = int(np.argmax(np.where(others, values, -np.inf)))
    return int(years[at]), float(values[years == year][0] - values[at])
