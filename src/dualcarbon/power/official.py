"""The published grid factors of China by kind, area and year, and the rule that picks a year."""

from __future__ import annotations

from functools import cache
from typing import cast, get_args

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.factors import STATUSES, GridSeries, Vintage, province_codes
from dualcarbon.core.tables import provinces, reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.power.words import KINDS, NATIONAL, REGIONS, SWAPPED

FOLDER = "power/facts"
_SERIES = {
    "average": "national_average",
    "reporting": "national_reporting",
    "provincial": "province",
    "regional": "region",
}
_SWAPPED = {("average", 2021), ("average", 2022)}


@cache
def _rows(kind: str) -> tuple[dict[str, str], ...]:
    if kind in _SERIES:
        return tuple(r for r in reference_rows("grid_factors") if r["series"] == _SERIES[kind])
    published = "fossil" if kind == "marginal" else kind
    return tuple(r for r in reference_rows("official", FOLDER) if r["kind"] == published)


def require_kind(kind: str) -> None:
    """Refuse a kind of factor that there is not.

    Raises
    ------
    ConfigError
        The message lists the kinds.
    """
    if kind not in KINDS:
        raise ConfigError(
            Text("没有这种电网因子：{k}", "no such kind of grid factor: {k}").format(k=kind),
            expected=both(" | ".join(KINDS)),
            found=both(repr(kind)),
            remedy=Text("从中选一种；各种的含义见 KINDS", "choose one of these; KINDS says what each means"),
        )


def published(kind: str, vintage: str = "exact") -> GridSeries:
    """The published factors of a kind as a series that picks a year by the rule `vintage`.

    Raises
    ------
    ConfigError
        If the kind or the rule is unknown.

    Examples
    --------
    >>> published("average").values["全国", 2023]
    0.5306
    """
    require_kind(kind)
    if vintage not in get_args(Vintage):
        raise unknown_vintage(kind, vintage)
    values = {(r["area"], int(r["year"])): float(r["tco2_per_mwh"]) for r in _rows(kind)}
    statuses = {(r["area"], int(r["year"])): r["status"] for r in _rows(kind)}
    return GridSeries(_SERIES.get(kind, kind), values, statuses, cast(Vintage, vintage))


def official_years(kind: str, area: str = NATIONAL) -> dict[int, float]:
    """Published factor by year, t/MWh, in order.

    Examples
    --------
    >>> official_years("fossil")
    {2021: 0.8426, 2022: 0.8325, 2023: 0.8273}
    """
    require_kind(kind)
    return {int(r["year"]): float(r["tco2_per_mwh"]) for r in sorted(_rows(kind), key=_year) if r["area"] == area}


def _year(row: dict[str, str]) -> int:
    return int(row["year"])


def source_of(kind: str, year: int, area: str = NATIONAL) -> Text:
    """Who published the factor of a year."""
    (row,) = (r for r in _rows(kind) if r["area"] == area and int(r["year"]) == year)
    return Text(row["source_zh"], row["source_en"])


def status_of(kind: str, year: int, area: str = NATIONAL) -> Text:
    """How far the factor of a year has been checked, and what to mind."""
    (row,) = (r for r in _rows(kind) if r["area"] == area and int(r["year"]) == year)
    checked = STATUSES[row["status"]]
    if (kind, year) not in _SWAPPED:
        return checked
    return Text("{a}；{b}", "{a}; {b}").format(a=checked, b=SWAPPED)


def area_of(kind: str, area: str | None) -> str:
    """The area's name in the series: the country for national kinds, a province or region however spelt.

    Raises
    ------
    ConfigError
        If a provincial or regional factor is asked for without an area, or a national one with an area.
    DataError
        If the area is unknown, or there is no factor for it.
    """
    if kind not in ("provincial", "regional"):
        if area is not None:
            raise _area_error(kind, repr(area), Text("不要给出 area", "no area"))
        return NATIONAL
    if area is None:
        raise _area_error(kind, "None", Text("一个省份或区域的名称", "the name of a province or region"))
    name = _province(area) if kind == "provincial" else _region(area)
    known = published(kind).areas
    if name not in known:
        raise DataError(
            Text("{a} 没有公布的因子", "{a} has no published factor").format(a=area),
            expected=Text(" ".join(known), ", ".join(area_name(kind, one).en for one in known)),
            found=both(repr(area)),
            remedy=Text("改用全国平均或区域平均", "take the national or a regional average"),
        )
    return name


def _province(area: str) -> str:
    import polars as pl

    return str(province_codes(pl.Series([area]))[0])


def _region(area: str) -> str:
    spellings = {spelling: zh for zh, text in REGIONS.items() for spelling in (zh, text.en)}
    return spellings.get(area, area)


def area_name(kind: str, area: str) -> Text:
    """The area in both languages."""
    if kind == "regional":
        return REGIONS[area]
    names = {p.short.zh: p.short for p in provinces()}
    return names.get(area, Text("全国", "China"))


def _area_error(kind: str, found: str, expected: Text) -> ConfigError:
    return ConfigError(
        Text("{k}因子的地区不对", "wrong area for the {k} factor").format(k=KINDS[kind].label),
        expected=expected,
        found=both(found),
        remedy=Text(
            '省级用 kind="provincial"，区域用 kind="regional"，全国不给 area',
            'use kind="provincial" with a province, kind="regional" with a region, no area for the country',
        ),
    )


def unknown_vintage(kind: str, vintage: object, area: str = NATIONAL) -> ConfigError:
    """The bilingual refusal of a vintage that there is not."""
    years = sorted({int(r["year"]) for r in _rows(kind) if kind in ("provincial", "regional") or r["area"] == area})
    return ConfigError(
        Text("{k}因子没有这个年份版本", "no such vintage of the {k} factor").format(k=KINDS[kind].label),
        expected=Text("{r}，或公布年份 {y}", "{r}, or a published year {y}").format(
            r=" | ".join(get_args(Vintage)), y=years
        ),
        found=both(repr(vintage)),
        remedy=Text("选定规则或一个公布年份", "choose a rule or one of the published years"),
    )
