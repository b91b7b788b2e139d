"""Which units of the data each entry of a policy list treats, or why it treats none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from dualcarbon.policy.gazetteer import CITY_RANKS, Place, Rank, listed, named_city, plain
from dualcarbon.policy.place_units import Level, Units

County = Literal["leave", "treat_city", "drop_city"]
Province = Literal["leave", "treat_cities", "drop_cities"]
How = Literal["same", "renamed", "city_group", "region", "county", "city", "province"]
_LOCAL = ("county", "district", "zone")
_LEVELS: dict[str, Rank] = {"county": "county", "county_level": "county", "district": "district"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One place an entry of the list means: the listed name, the year, the place, and how it came to be meant."""

    listed_name: str
    year: int
    level: str
    place: Place
    how: How


@dataclass(frozen=True, slots=True)
class Reach:
    """What an entry reaches: positions of the units it treats, or the key of the reason why it treats none.

    `inside` are units that hold the place without being it (cities of a county-level pilot) or lie in it (cities and
    counties of a provincial pilot) and are not treated by it.
    """

    entry: Entry
    units: tuple[int, ...]
    reason: str | None
    inside: tuple[int, ...] = ()


def entries(rows: list[dict[str, Any]]) -> list[Entry]:
    """The places of the used rows of a list; a region gives one entry for each member.

    A row of level ``city_group`` means its prefecture; one of a county level that no table knows means a county of its
    prefecture.
    """
    return [entry for row in rows for entry in _entry(row)]


def _entry(row: dict[str, Any]) -> list[Entry]:
    name, level = plain(row["listed_name"]), row["level"] or ""
    grouped = level == "city_group"
    places = listed(plain(row["prefecture"])) if grouped and row["prefecture"] else listed(name)
    if places[0].rank == "unknown" and level in _LEVELS:
        places = (_local(name, level, row["prefecture"]),)
    how: How = "city_group" if grouped else "region" if len(places) > 1 else "same"
    return [Entry(row["listed_name"], row["batch_year"], level, place, how) for place in places]


def _local(name: str, level: str, prefecture: str | None) -> Place:
    within = named_city(prefecture) if prefecture else ()
    city, province = (within[0].name, within[0].province) if len(within) == 1 else ("", "")
    return Place(name, name, _LEVELS[level], city, province, "")


def reach(entry: Entry, units: Units, county: County, province: Province) -> Reach:
    """What one entry reaches at the level of the data."""
    rank = entry.place.rank
    if rank in ("nation", "unknown", "ambiguous"):
        return Reach(entry, (), rank)
    if units.level == "province":
        return _of_provinces(entry, units)
    if rank == "province":
        return _province(entry, units, province)
    if units.level == "county":
        return _of_counties(entry, units)
    return _local_of_cities(entry, units, county) if rank in _LOCAL else _city(entry, units)


def _of_provinces(entry: Entry, units: Units) -> Reach:
    place = entry.place
    if place.rank not in ("province", "municipality"):
        return Reach(entry, (), "below_province")
    return _found(entry, units.by_key.get(place.province, []), "absent")


def _province(entry: Entry, units: Units, choice: Province) -> Reach:
    """A provincial pilot on finer data."""
    inside = units.by_province.get(entry.place.province, [])
    if choice != "treat_cities":
        return Reach(entry, (), "province", tuple(inside))
    if not units.has_province:
        return Reach(entry, (), "province_column")
    return _found(replace(entry, how="province"), inside, "absent")


def _city(entry: Entry, units: Units) -> Reach:
    """A city on data of cities."""
    place = entry.place
    found = units.by_key.get(place.name, [])
    renamed = any(units.all[i].renamed for i in found) or plain(entry.listed_name) in place.earlier
    return _found(replace(entry, how="renamed") if renamed and entry.how == "same" else entry, found, _absence(entry))


def _absence(entry: Entry) -> str:
    if entry.how == "city_group":
        return "city_group"
    if entry.place.rank == "xpcc":
        return "xpcc"
    return "merged" if entry.place.until else "absent"


def _local_of_cities(entry: Entry, units: Units, choice: County) -> Reach:
    """A place within a city, on data of cities."""
    inside = tuple(units.by_key.get(entry.place.city, []))
    if choice == "treat_city":
        return _found(replace(entry, how="county"), list(inside), "absent")
    return Reach(entry, (), entry.place.rank, inside)


def _of_counties(entry: Entry, units: Units) -> Reach:
    """A place on data of counties: the county itself, or all counties of the city."""
    place = entry.place
    named = [i for name in (place.name, *place.earlier) for i in units.by_key.get(plain(name), [])]
    if place.rank in _LOCAL:
        return _county(entry, units, named)
    if units.has_city and place.name in units.by_city:
        return _found(replace(entry, how="city"), units.by_city[place.name], "absent")
    if place.rank in ("province_county", "xpcc"):
        return _county(entry, units, named)
    return Reach(entry, (), "absent" if units.has_city else "city_column")


def _county(entry: Entry, units: Units, named: list[int]) -> Reach:
    """The counties of that name which can lie where the entry says."""
    place = entry.place
    fitting = [
        i for i in named if units.all[i].city in (None, place.city) and units.all[i].province in (None, place.province)
    ]
    if len(fitting) > 1:
        return Reach(entry, (), "ambiguous")
    missing = place.rank if place.rank in ("zone", "xpcc") else "absent"
    return _found(entry, fitting, missing)


def _found(entry: Entry, units: list[int], missing: str) -> Reach:
    return Reach(entry, tuple(units), None if units else missing)


def is_own(entry: Entry, level: Level) -> bool:
    """Whether the entry names a unit of the data itself, not something that holds it or lies in it."""
    own = {"city": CITY_RANKS, "province": ("province", "municipality"), "county": ("county", "district")}
    return entry.place.rank in own[level]
