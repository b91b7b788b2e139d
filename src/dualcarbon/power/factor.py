"""The grid factor of a year: published where it is published, computed from a scenario elsewhere, and saying which."""

from __future__ import annotations

from numbers import Real
from typing import cast

from dualcarbon.core.errors import DataError
from dualcarbon.core.factors import Vintage
from dualcarbon.core.text import Text, both
from dualcarbon.power.checking import require_year
from dualcarbon.power.official import (
    area_name,
    area_of,
    official_years,
    published,
    require_kind,
    source_of,
    status_of,
    unknown_vintage,
)
from dualcarbon.power.path import MARGINAL, as_marginal, grid_path
from dualcarbon.power.scenarios import FROZEN, PowerScenario
from dualcarbon.power.words import KINDS

_CALENDAR = (1900, 2200)
COMPUTED = Text("计算值，非公布值", "computed, not published")


class GridFactor(float):
    """A grid factor in t CO2/MWh that says which one it is; in arithmetic it is a plain number.

    Attributes
    ----------
    year : int
    kind : str
        See `KINDS`.
    scenario : str
        "official" where a published value stands without a scenario, "fossil" where that of fossil power does for the
        marginal one.
    official : bool
        Whether the value was published for this very year; never of a marginal one, for which that of fossil power
        stands in, see `rule`.
    rule : Text
        How it was found.
    source, status : Text
        Who published it or what it was computed from; how far it has been checked.
    vintage : int or None
        Year of the published value used; None where it was computed.
    area : Text
    """

    __slots__ = ("area", "kind", "official", "rule", "scenario", "source", "status", "vintage", "year")

    year: int
    kind: str
    scenario: str
    official: bool
    rule: Text
    source: Text
    status: Text
    vintage: int | None
    area: Text

    def __new__(cls, t_per_mwh: float, **said: object) -> GridFactor:
        """The number and what there is to say of it: every attribute by name."""
        made = super().__new__(cls, t_per_mwh)
        for name in cls.__slots__:
            object.__setattr__(made, name, said[name])
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a grid factor does not change: {name}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (float(self), {name: getattr(self, name) for name in self.__slots__})

    def __repr__(self) -> str:
        mark = "official" if self.official else "not official"
        return f"GridFactor({float(self):.4f} t/MWh, {self.year}, {self.kind}, {self.scenario}, {mark})"


def _rebuilt(value: float, said: dict[str, object]) -> GridFactor:
    return GridFactor(value, **said)


def grid_factor(
    year: int,
    scenario: str | PowerScenario = "report",
    kind: str = "average",
    *,
    area: str | None = None,
    vintage: int | str | None = None,
) -> GridFactor:
    """The grid factor of a year, t CO2/MWh.

    Parameters
    ----------
    year : int
    scenario : str or PowerScenario
        "report", "frozen" or the user's own; not used where a published value is asked for.
    kind : str
        One of `KINDS`.
    area : str
        Province or region, for provincial and regional factors.
    vintage : int, "exact", "nearest" or "in_force"
        Take a published value: of that year, or of the year the rule picks. None computes with the scenario; for
        reporting, provincial and regional factors, which no scenario carries forward, None means "exact".

    Raises
    ------
    ConfigError
        If kind, scenario, area or vintage is unknown or does not fit.
    DataError
        If there is no factor for the year.

    Examples
    --------
    >>> now = grid_factor(2023)
    >>> float(now), now.official
    (0.5306, True)
    >>> grid_factor(2035)
    GridFactor(0.3690 t/MWh, 2035, average, report, not official)
    >>> grid_factor(2026, kind="provincial", area="Yunnan", vintage="nearest").vintage
    2023
    """
    require_kind(kind)
    home = area_of(kind, area)
    at = require_year(year, _CALENDAR, KINDS[kind].label)
    if vintage is None and KINDS[kind].projected:
        return _from_path(at, scenario, kind)
    return _published(at, kind, home, "exact" if vintage is None else vintage)


def _from_path(year: int, scenario: str | PowerScenario, kind: str) -> GridFactor:
    path = grid_path(scenario, kind, [year])
    known = official_years(kind)
    used = year if year in known else max(known) if scenario == FROZEN else None
    return GridFactor(
        float(path.t_per_mwh[0]),
        year=year,
        kind=kind,
        scenario=scenario if isinstance(scenario, str) else scenario.name,
        official=bool(path.official[0]),
        rule=path.rule,
        source=path.source if used is None else source_of(kind, used),
        status=COMPUTED if used is None else status_of(kind, used),
        vintage=used,
        area=area_name(kind, ""),
    )


def _published(year: int, kind: str, home: str, vintage: int | str) -> GridFactor:
    fixed = not isinstance(vintage, str)
    if not isinstance(vintage, str) and not (isinstance(vintage, Real) and float(vintage).is_integer()):
        raise unknown_vintage(kind, vintage, home)
    series = published(kind, "exact" if fixed else cast(Vintage, vintage))
    used = series.pick(home, int(vintage) if fixed else year)
    if used is None and fixed:
        raise unknown_vintage(kind, vintage, home)
    if used is None:
        raise _no_year(kind, year, home)
    rule = Text("取 {y} 年公布值", "the value published for {y}").format(y=used) if fixed else series.rule
    return GridFactor(
        series.values[home, used],
        year=year,
        kind=kind,
        scenario="fossil" if kind == MARGINAL else "official",
        official=used == year and kind != MARGINAL,
        rule=as_marginal(rule) if kind == MARGINAL else rule,
        source=source_of(kind, used, home),
        status=status_of(kind, used, home),
        vintage=used,
        area=area_name(kind, home),
    )


def _no_year(kind: str, year: int, home: str) -> DataError:
    years = sorted(y for area, y in published(kind).values if area == home)
    return DataError(
        Text("{y} 年没有公布的{k}因子", "no {k} factor was published for {y}").format(y=year, k=KINDS[kind].label),
        expected=both(", ".join(map(str, years))),
        found=Text("1 年：{y}", "1 year: {y}").format(y=year),
        remedy=Text(
            '用 vintage="nearest"、"in_force" 或一个公布年份写明用哪一年的值',
            'say which year to use: vintage="nearest", "in_force" or a published year',
        ),
    )
