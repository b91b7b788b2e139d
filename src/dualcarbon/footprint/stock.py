"""Stock of 5G stations: facts of the year ends, a logistic path to saturation beyond them, or a user's own numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults, shipped

Floats = NDArray[np.float64]
STOCK = Text("5G 基站存量", "stock of 5G stations")
TEN_THOUSAND = 1e4
LAST = 2060


@dataclass(frozen=True, slots=True)
class Stock:
    """Stations in use at the end of each year.

    Attributes
    ----------
    years : (n,) int64, one after another
    stations : (n,) float64
    statuses : tuple of str, n
        Of each year: a fact's own status, or `scenario` beyond the facts, or `given`.
    label, rule, source : Text
    """

    years: NDArray[np.int64]
    stations: Floats
    statuses: tuple[str, ...]
    label: Text
    rule: Text
    source: Text

    def __post_init__(self) -> None:
        faults.require_range(STOCK, self.years.tolist(), self.stations)

    @classmethod
    def facts(cls) -> Stock:
        """Year ends 2018 (none) to 2025 as published, each with its status."""
        rows = shipped.rows("stations_5g")
        return cls(
            np.array([int(r["year"]) for r in rows], dtype=np.int64),
            np.array([float(r["stations_10k_year_end"]) for r in rows]) * TEN_THOUSAND,
            tuple(r["status"] for r in rows),
            Text("已公布的存量", "published stock"),
            Text("各年末公布值", "published at each year's end"),
            Text("工业和信息化部", "MIIT"),
        )

    @classmethod
    def of(cls, given: Mapping[int, float]) -> Stock:
        """A user's own numbers: stations at the end of each year.

        Raises
        ------
        DataError
            If a year between the first and the last is missing, or a number is negative.
        """
        told = faults.by_year(STOCK, given)
        years = faults.asked_years(told).tolist()
        whole = range(years[0], years[-1] + 1)
        faults.require_years(
            STOCK, years, whole, Text("补上这些年末的存量", "give the stock at the end of these years")
        )
        user = Text("使用者给出", "given by the user")
        values = np.array(list(told.values()))
        return cls(np.array(years, dtype=np.int64), values, ("given",) * len(years), user, user, user)

    @classmethod
    def logistic(cls, scenario: str = "mid", *, last: int = LAST) -> Stock:
        """Facts, and beyond them the logistic path of a shipped scenario: `low`, `mid` or `high` saturation.

        Raises
        ------
        ConfigError
            If there is no such scenario.
        """
        rows = {r["key"]: r for r in shipped.rows("station_scenarios")}
        faults.require_choice(Text("存量情景", "scenario of the stock"), scenario, rows)
        row = rows[scenario]
        return cls.saturating(
            float(row["saturation_10k"]) * TEN_THOUSAND,
            float(row["growth_per_year"]),
            last=last,
            label=shipped.label(row),
        )

    @classmethod
    def saturating(cls, saturation: float, growth: float, *, last: int = LAST, label: Text | None = None) -> Stock:
        """Facts, and beyond them N(t) = K / (1 + (K/N0 - 1) exp(-r (t - t0))) through the last of them.

        Parameters
        ----------
        saturation : float
            K, stations; above the last fact N0.
        growth : float
            r > 0, per year.
        last : int
            Last year of the path.

        Raises
        ------
        ConfigError
            If the saturation lies below the stock there is, or the growth is not above zero.

        Examples
        --------
        >>> stock = Stock.saturating(6e6, 0.5, last=2060)
        >>> int(stock.stations[7]), round(float(stock.stations[-1]))
        (4838000, 6000000)
        """
        facts = cls.facts()
        start, level = int(facts.years[-1]), float(facts.stations[-1])
        _require_above(saturation, level)
        faults.require_positive(
            Text("增长率", "the rate of growth"),
            growth,
            Text("给出每年的增长率，例如 0.5", "give a rate per year, such as 0.5"),
        )
        later = np.arange(start + 1, max(last, start) + 1)
        path = logistic(later - start, level, saturation, growth)
        said = Text(
            "{y} 年以前为公布值，以后为逻辑斯蒂路径：饱和 {k} 万，增长率 {r}/年",
            "published up to {y}, then logistic: saturation {k} x 10^4, growth {r} a year",
        )
        return cls(
            np.concatenate([facts.years, later]),
            np.concatenate([facts.stations, path]),
            (*facts.statuses, *("scenario",) * len(later)),
            label or Text("给定饱和水平", "saturation given"),
            said.format(y=start, k=f"{saturation / TEN_THOUSAND:g}", r=f"{growth:g}"),
            facts.source,
        )

    def at(self, years: Iterable[int]) -> Floats:
        """Stations at the end of each year, (n,).

        Raises
        ------
        DataError
            If a year is not there.
        """
        wanted = np.asarray(list(years), dtype=np.int64)
        remedy = Text(
            "2025 年以后用存量情景，例如 stock='mid'；自行给出时，年均存量还需要上一年末的值",
            "beyond 2025 take a scenario, such as stock='mid'; of your own numbers the average needs the year before",
        )
        faults.require_years(STOCK, self.years.tolist(), wanted.tolist(), remedy)
        return np.asarray(self.stations[np.searchsorted(self.years, wanted)])

    def average(self, years: Iterable[int]) -> Floats:
        """Mean of the stocks at both ends of each year, (n,); needs the end of the year before."""
        t = [int(y) for y in years]
        return 0.5 * (self.at(t) + self.at([y - 1 for y in t]))

    def status(self, year: int) -> str:
        """How far the number of that year can be relied on."""
        return self.statuses[int(np.searchsorted(self.years, year))]


def logistic(
    after: Floats | NDArray[np.int64], level: Floats | float, saturation: Floats | float, growth: Floats | float
) -> Floats:
    """K / (1 + (K/N0 - 1) exp(-r s)), s years after the stock was N0; arrays broadcast."""
    return np.asarray(saturation / (1.0 + (saturation / level - 1.0) * np.exp(-growth * after)), dtype=np.float64)


def _require_above(saturation: float, level: float) -> None:
    if saturation > level and np.isfinite(saturation):
        return
    raise ConfigError(
        Text("饱和水平低于已有存量", "the saturation lies below the stock there is"),
        expected=both(f"> {level:g}"),
        found=both(f"{saturation:g}"),
        remedy=Text("单位为个，不是万个", "the unit is stations, not ten thousands"),
    )


def resolved(stock: Stock | str | Mapping[int, float] | None) -> Stock:
    """What the word, the mapping or nothing stands for: a scenario, a user's numbers, the facts."""
    if stock is None:
        return Stock.facts()
    if isinstance(stock, Stock):
        return stock
    return Stock.logistic(stock) if isinstance(stock, str) else Stock.of(stock)
