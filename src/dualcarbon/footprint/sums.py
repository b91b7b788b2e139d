"""The sector's electricity and CO2 to 2060: parts and whole, under several power scenarios, and the national share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.grid import GridPath
from dualcarbon.core.text import Text
from dualcarbon.footprint import faults
from dualcarbon.footprint.factors import require_path
from dualcarbon.footprint.milestones import between

SECTOR = "sector"
NATION = Text("全国用电量", "national electricity")


class HasPower(Protocol):
    """Anything with TWh by year: `Stations`, `DataCentres`, `Trend`."""

    @property
    def power_twh(self) -> dict[int, float]:
        """TWh by year."""
        ...


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the sector: TWh by year under a key and a label.

    Raises
    ------
    ConfigError
        If a key is no year or a value no number.
    DataError
        If a value is negative or not finite.
    """

    key: str
    label: Text
    power_twh: Mapping[int, float]

    def __post_init__(self) -> None:
        told = faults.by_year(_of(self.label), self.power_twh)
        faults.asked_years(told)
        faults.require_range(_of(self.label), told, np.array(list(told.values())))
        object.__setattr__(self, "power_twh", told)

    @classmethod
    def of(cls, key: str, label: Text, found: HasPower) -> Component:
        """The electricity of a result."""
        return cls(key, label, found.power_twh)


@dataclass(frozen=True, slots=True)
class Totals:
    """The sector under several grid paths.

    Attributes
    ----------
    power : polars.DataFrame
        year, component, power_twh, national_share; `sector` is the sum of the components. The share is missing where
        no national total is given.
    co2 : polars.DataFrame
        year, component, path (number), t_per_mwh, co2_mt.
    cumulative : polars.DataFrame
        path, component, co2_mt: sums over the years, each standing for itself only.
    components : tuple of Component
    paths : tuple of GridPath
    years : tuple of int
    """

    power: pl.DataFrame
    co2: pl.DataFrame
    cumulative: pl.DataFrame
    components: tuple[Component, ...]
    paths: tuple[GridPath, ...]
    years: tuple[int, ...]

    def table(self, years: Iterable[int] | None = None) -> Table:
        """Electricity by component, share of the nation's, and the sector's CO2 under each path."""
        from dualcarbon.footprint import sums_exhibits

        return sums_exhibits.table(self, years)

    def figure(self) -> Figure:
        """The sector's CO2 over the years, a curve per path."""
        from dualcarbon.footprint import sums_exhibits

        return sums_exhibits.figure(self)

    def power_figure(self) -> Figure:
        """Electricity over the years, the components stacked, with their sum."""
        from dualcarbon.footprint import sums_exhibits

        return sums_exhibits.power_figure(self)


def totals(
    components: Sequence[Component],
    paths: Sequence[GridPath],
    *,
    years: Iterable[int] | None = None,
    national_twh: Mapping[int, float] | None = None,
) -> Totals:
    """Electricity and CO2 of the parts and of the sector, year by year, under each grid path.

        co2(component, path, t) = power(component, t) x factor(path, t)

    Parameters
    ----------
    components : sequence of Component
        `Component.of("stations", Text(...), stations(...))`, and so on; all must cover the years.
    paths : sequence of GridPath
        Power scenarios; all must cover the years.
    years : iterable of int, optional
        Those every component has, by default.
    national_twh : mapping of year to TWh, optional
        National electricity; linear between its years, and it must cover those asked for.

    Raises
    ------
    ConfigError
        No component or path, one that is no path, or a key used twice or named `sector`.
    DataError
        Years that a component, a path or the national total does not cover; a national total not above zero.

    Examples
    --------
    >>> part = Component("a", Text("甲", "A"), {2030: 10.0, 2040: 20.0})
    >>> found = totals([part], [GridPath.constant(0.5, 2030, 2040)], national_twh={2030: 100.0, 2040: 100.0})
    >>> found.co2.filter(pl.col("component") == "sector")["co2_mt"].to_list()
    [5.0, 10.0]
    """
    _require_parts(components, paths)
    for path in paths:
        require_path(path)
    common = set.intersection(*(set(c.power_twh) for c in components))
    t = faults.asked_years(sorted(common) if years is None else years).tolist()
    remedy = Text("先把这一部分算到这些年份", "compute this part for these years first")
    for part in components:
        faults.require_years(_of(part.label), part.power_twh, t, remedy)
    values = {c.key: np.array([c.power_twh[y] for y in t], dtype=np.float64) for c in components}
    values[SECTOR] = np.sum(list(values.values()), axis=0)
    nation = None if national_twh is None else _nation(national_twh, t)
    power = pl.concat(
        pl.DataFrame(
            {
                "year": t,
                "component": [key] * len(t),
                "power_twh": twh,
                "national_share": [None] * len(t) if nation is None else twh / nation,
            },
            schema_overrides={"national_share": pl.Float64},
        )
        for key, twh in values.items()
    )
    co2 = pl.concat(
        power.select(
            "year", "component", path=pl.lit(number, dtype=pl.Int64), t_per_mwh=pl.lit(0.0), co2_mt="power_twh"
        ).with_columns(
            t_per_mwh=pl.Series(np.tile(path.at(t), len(values))),
            co2_mt=pl.col("co2_mt") * pl.Series(np.tile(path.at(t), len(values))),
        )
        for number, path in enumerate(paths)
    )
    cumulative = co2.group_by("path", "component", maintain_order=True).agg(pl.col("co2_mt").sum())
    return Totals(power, co2, cumulative, tuple(components), tuple(paths), tuple(t))


def _of(label: Text) -> Text:
    return Text("{l}的用电量", "electricity of {l}").format(l=label)


def _nation(given: Mapping[int, float], years: list[int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = between(NATION, given, years, "linear")
    faults.require_range(NATION, years, values, low=float(np.nextafter(0.0, 1.0)))
    return np.asarray(values)


def _require_parts(components: Sequence[Component], paths: Sequence[GridPath]) -> None:
    keys = [c.key for c in components]
    if keys and paths and len(set(keys)) == len(keys) and SECTOR not in keys:
        return
    raise ConfigError(
        Text("部门加总的组成不对", "the parts of the sector's total are wrong"),
        expected=Text(
            "至少一个部分与一条电网路径，部分的键各不相同且不叫 sector",
            "a part and a grid path at least, keys that differ and are not 'sector'",
        ),
        found=Text("部分 {k}，路径 {p} 条", "parts {k}, {p} paths").format(k=keys, p=len(paths)),
        remedy=Text("给每个部分一个不同的键", "give each part a key of its own"),
    )
