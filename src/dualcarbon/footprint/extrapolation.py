"""Energy by trend: growth of compute against growth of efficiency, and the efficiency that would hold energy flat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.text import Text
from dualcarbon.footprint import faults, shipped
from dualcarbon.footprint.milestones import between

_GROWTH = Text("倍数", "multiple")
_TREND = Text("趋势外推", "extrapolation of a trend")
_BASE = Text("基年用电量", "energy of the base year")
_EFFICIENCY = Text("所需能效", "efficiency needed")
_YEARS = Text("年数", "number of years")
_MULTIPLE_REMEDY = Text("给出倍数，例如一百万倍用 1e6", "give a multiple, such as 1e6 for a million times")
_YEARS_REMEDY = Text("给出年数，例如 10", "give the number of years, such as 10")


@dataclass(frozen=True, slots=True)
class Trend:
    """Energy extrapolated from two rates.

    Attributes
    ----------
    by_year : polars.DataFrame
        year, compute_index, efficiency_index (1 in the base year), power_twh, flat_efficiency_index: the efficiency
        that would hold energy at the base year's, shortfall: by what multiple efficiency falls short of it.
    compute_per_year, efficiency_per_year : float
        Multiples.
    base_year : int
    base_twh : float
    label : Text
    """

    by_year: pl.DataFrame
    compute_per_year: float
    efficiency_per_year: float
    base_year: int
    base_twh: float
    label: Text

    @property
    def power_twh(self) -> dict[int, float]:
        """TWh by year."""
        return dict(self.by_year.select("year", "power_twh").iter_rows())

    def table(self) -> Table:
        """Compute, efficiency, energy, and what efficiency it would take."""
        from dualcarbon.footprint import computing_exhibits

        return computing_exhibits.trend_table(self)

    def figure(self) -> Figure:
        """Efficiency as it grows and as it would have to, on logs to base ten."""
        from dualcarbon.footprint import computing_exhibits

        return computing_exhibits.trend_figure(self)


def trends() -> pl.DataFrame:
    """Shipped rates: key, per_year (multiple), applies_to (compute or efficiency), status, source_zh, source_en."""
    rows = shipped.rows("trends")
    columns = ("key", "label_zh", "label_en", "applies_to", "status", "source_zh", "source_en")
    texts = {c: [r[c] for r in rows] for c in columns}
    return pl.DataFrame({**texts, "per_year": [float(r["per_year"]) for r in rows]})


def trend(
    base_twh: float,
    base_year: int,
    years: Iterable[int],
    *,
    compute: float | str,
    efficiency: float | str,
    label: Text | None = None,
) -> Trend:
    """Energy when compute and efficiency (compute per kWh) each grow at a constant rate.

        E(t) = E(0) (c / e)^(t - 0)

    Parameters
    ----------
    base_twh, base_year : float, int
        Energy in the base year.
    years : iterable of int
        Not before the base year.
    compute, efficiency : float or str
        Multiple per year, or the key of a shipped rate (`trends()`).

    Raises
    ------
    DataError
        Negative energy; a year before the base year; an index that grows beyond 1e308 or falls to zero.
    ConfigError
        A rate not above zero, an unknown key, a base year that is no whole year, energy that is no number.

    Examples
    --------
    >>> found = trend(100.0, 2024, [2024, 2034], compute="million_in_ten", efficiency="koomey")
    >>> round(found.power_twh[2034] / 100.0)
    12098
    """
    base_twh = faults.number(_BASE, base_twh)
    (base_year,) = faults.asked_years([base_year]).tolist()
    faults.require_range(_BASE, [base_year], np.array([base_twh]))
    t = faults.asked_years(years)
    _require_not_before(base_year, t.tolist())
    c, e = _rate(compute, "compute"), _rate(efficiency, "efficiency")
    after = (t - base_year).astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        grown, gained, apart = c**after, e**after, (c / e) ** after
        power = base_twh * apart
    faults.require_held(_TREND, grown, gained, apart, *((power,) if base_twh > 0.0 else ()))
    table = pl.DataFrame(
        {
            "year": t,
            "compute_index": grown,
            "efficiency_index": gained,
            "power_twh": power,
            "flat_efficiency_index": grown,
            "shortfall": apart,
        }
    )
    named = Text("算力每年 {c} 倍、能效每年 {e} 倍", "compute {c} x a year, efficiency {e} x a year")
    return Trend(table, c, e, base_year, base_twh, label or named.format(c=f"{c:.3g}", e=f"{e:.3g}"))


def break_even_efficiency(growth: float, years: float, *, energy: float = 1.0) -> float:
    """Multiple per year by which efficiency must grow: (growth / energy)^(1 / years).

    Parameters
    ----------
    growth : float
        By what compute grows in all, such as 1e6.
    years : float
    energy : float
        By what energy may grow in all; 1 holds it flat.

    Raises
    ------
    ConfigError
        If one of them is not above zero.
    DataError
        If the multiple lies beyond 1e308 or falls to zero.

    Examples
    --------
    >>> round(break_even_efficiency(1e6, 10), 2)
    3.98
    """
    faults.require_positive(_GROWTH, growth, _MULTIPLE_REMEDY)
    faults.require_positive(_YEARS, years, _YEARS_REMEDY)
    faults.require_positive(_GROWTH, energy, Text("1 表示用电量不变", "1 holds energy flat"))
    with np.errstate(over="ignore", under="ignore"):
        needed = np.exp((np.log(growth) - np.log(energy)) / years)
    faults.require_held(_EFFICIENCY, needed)
    return float(needed)


def break_even_path(
    compute: Mapping[int, float],
    *,
    energy: Mapping[int, float] | None = None,
    pue: Mapping[int, float] | None = None,
) -> pl.DataFrame:
    """The efficiency of computing that a path of compute needs for a path of energy, year by year.

        needed(t) = [compute(t)/compute(0)] / [energy(t)/energy(0)] x PUE(t)/PUE(0)

    A falling PUE takes over part of what is needed, once: from 1.48 to 1 it is worth a multiple of 1.48, whatever the
    years.

    Parameters
    ----------
    compute, energy, pue : mapping of year to float
        Compute in any unit; energy and PUE constant by default. All but compute may have fewer years (linear between).

    Returns
    -------
    polars.DataFrame
        year, compute_index, energy_index, pue_index, needed_index, needed_per_year (since the year before; missing in
        the first).

    Raises
    ------
    DataError
        If a value is not above zero, or energy or PUE do not cover the years; a PUE below 1; an index beyond 1e308.

    Examples
    --------
    >>> break_even_path({2024: 1.0, 2026: 9.0})["needed_per_year"].round(9).to_list()
    [None, 3.0]
    """
    t = faults.asked_years(compute).tolist()
    least = float(np.nextafter(0.0, 1.0))
    parts = {"compute": compute, "energy": energy or dict.fromkeys(t, 1.0), "pue": pue or dict.fromkeys(t, 1.0)}
    index = {}
    for name, part in parts.items():
        values = between(_PATHS[name], part, t, "linear")
        faults.require_range(_PATHS[name], t, values, low=1.0 if name == "pue" else least)
        with np.errstate(over="ignore", under="ignore"):
            index[name] = values / values[0]
    with np.errstate(all="ignore"):
        needed = index["compute"] / index["energy"] * index["pue"]
    faults.require_held(_EFFICIENCY, *index.values(), needed)
    yearly = np.exp(np.diff(np.log(needed)) / np.diff(t))
    return pl.DataFrame(
        {
            "year": t,
            **{f"{name}_index": values for name, values in index.items()},
            "needed_index": needed,
            "needed_per_year": [None, *yearly.tolist()],
        },
        schema_overrides={"needed_per_year": pl.Float64},
    )


_PATHS = {
    "compute": Text("算力", "compute"),
    "energy": Text("用电量", "energy"),
    "pue": Text("数据中心 PUE", "PUE of data centres"),
}


def _rate(given: float | str, applies_to: str) -> float:
    if isinstance(given, str):
        known = {r["key"]: float(r["per_year"]) for r in shipped.rows("trends") if r["applies_to"] == applies_to}
        faults.require_choice(Text("增长率", "rate of growth"), given, known)
        return known[given]
    remedy = Text("给出每年的倍数，例如 1.3", "give a multiple per year, such as 1.3")
    faults.require_positive(Text("每年的倍数", "multiple per year"), given, remedy)
    return float(given)


def _require_not_before(base_year: int, years: list[int]) -> None:
    remedy = Text("从基年起给出年份，或换一个基年", "ask for years from the base year on, or take another base year")
    later = range(base_year, max(base_year, *years) + 1)
    faults.require_years(_TREND, later, years, remedy)
