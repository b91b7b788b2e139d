"""The places of China a policy can name: cities of prefecture level by every name they go by, and what lies in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal, cast, get_args

from dualcarbon.core.tables import province_spellings, provinces, reference_rows
from dualcarbon.core.text import Text, both

FOLDER = "policy/lists"
Rank = Literal[
    "municipality", "city", "prefecture", "autonomous_prefecture", "league", "province_county", "xpcc",
    "province", "county", "district", "zone", "nation", "unknown", "ambiguous",
]  # fmt: skip
CITY_RANKS = ("municipality", "city", "prefecture", "autonomous_prefecture", "league", "province_county", "xpcc")
"""Ranks that stand in a table of cities: prefecture level, and what the province (or XPCC) governs directly."""

_SUFFIX = {
    "autonomous_prefecture": ("州", "自治州"),
    "league": ("盟",),
    "prefecture": ("地区",),
    "province_county": ("县", "自治县"),
}
_ALIASES = {"伊犁哈萨克自治州": ("伊犁州直", "伊犁州直属县", "伊犁州直属县市", "伊犁州直属县(市)")}
_BETWEEN = str.maketrans("", "", "-_/·,、|")


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its full and short Chinese name, rank, the city and province it lies in, its English name.

    `city` is the place itself where it is of prefecture level, empty for provinces; `until` the year in which it was
    merged into others, 0 where it still exists; `earlier` further full names it went by.
    """

    name: str
    short: str
    rank: Rank
    city: str
    province: str
    name_en: str
    until: int = 0
    earlier: tuple[str, ...] = ()

    @property
    def label(self) -> Text:
        """Its name in both languages."""
        return Text(self.name, self.name_en) if self.name_en else both(self.name)


@dataclass(frozen=True, slots=True)
class Change:
    """A place that was renamed, upgraded or merged: old name, what it is today, the year, how, and the source."""

    old: str
    new: tuple[str, ...]
    year: int
    kind: str
    source: str
    status: str


@cache
def changes() -> tuple[Change, ...]:
    """Places of prefecture level that were renamed, upgraded or merged, by year.

    `status` is "document" where the approval was seen, "general" where the change is general knowledge.
    """
    return tuple(
        Change(r["old_name"], tuple(r["new_name"].split("|")), int(r["year"]), r["kind"], r["source"], r["status"])
        for r in reference_rows("changes", FOLDER)
    )


@cache
def cities() -> tuple[Place, ...]:
    """Places of prefecture level and those a province governs directly, today's names, and two that were merged."""
    earlier: dict[str, tuple[str, ...]] = {}
    for change in changes():
        if change.kind != "merged":
            earlier[change.new[0]] = (*earlier.get(change.new[0], ()), change.old)
    return tuple(
        Place(
            r["name"], r["short"], _rank(r["rank"]), r["name"], r["province"], r["name_en"],
            int(r["until"] or 0), earlier.get(r["name"], ()),
        )
        for r in reference_rows("cities", FOLDER)
    )  # fmt: skip


@cache
def city(name: str) -> Place:
    """The place of prefecture level of that full name."""
    return _by_name()[name]


@cache
def local_places() -> Mapping[str, Place]:
    """Counties, districts and zones that policies name, by their listed and by their own name."""
    found: dict[str, Place] = {}
    for r in reference_rows("local_places", FOLDER):
        earlier = tuple(n for n in r["earlier_names"].split("|") if n)
        place = Place(
            r["name"], r["name"], _rank(r["rank"]), r["city"], r["province"], r["name_en"], earlier=earlier
        )  # fmt: skip
        found |= {r["listed_name"]: place, r["name"]: place}
    return MappingProxyType(found)


@cache
def groups() -> Mapping[str, tuple[str, ...]]:
    """Members of the regions that policies name as one."""
    found: dict[str, tuple[str, ...]] = {}
    for r in reference_rows("groups", FOLDER):
        found[r["group"]] = (*found.get(r["group"], ()), r["member"])
    return MappingProxyType(found)


def plain(name: str) -> str:
    """A name without width, white space and what stands between its parts.

    Examples
    --------
    >>> plain(" 安徽省-合肥市　")
    '安徽省合肥市'
    """
    return "".join(unicodedata.normalize("NFKC", name).split()).translate(_BETWEEN)


def named_city(name: str, province: str | None = None) -> tuple[Place, ...]:
    """The places a name in a table of cities can mean: none, one, or several.

    Names may be full ("合肥市"), short ("合肥"), with the province before them ("安徽合肥"), of old ("襄樊市") or
    without the nationalities ("恩施州"). A bare name that is also a province's, no municipality, means either.

    Parameters
    ----------
    name : str
    province : str, optional
        Any spelling of the province; only places in it are meant then.

    Examples
    --------
    >>> [p.name for p in named_city("湖北恩施州")], [p.name for p in named_city("吉林")]
    (['恩施土家族苗族自治州'], ['吉林市', '吉林省'])
    >>> [p.name for p in named_city("昌吉市")]
    []
    """
    found = [_by_name()[n] for n in _spellings().get(plain(name), ())]
    if province is not None:
        within = province_spellings().get(plain(province))
        return tuple(place for place in found if place.province == within)
    known = _by_province().get(plain(name))
    return (*found, known) if found and known is not None and known.short == plain(name) else tuple(found)


def named_province(name: str) -> Place | None:
    """The province a name means.

    Examples
    --------
    >>> named_province("广西壮族自治区").short
    '广西'
    """
    short = province_spellings().get(plain(name))
    return next((p for p in _province_places() if p.short == short), None)


def place_label(name: str) -> Text:
    """A place in both languages where its English name is known.

    Examples
    --------
    >>> place_label("苏州市").en, place_label("重庆市江津区").en
    ('Suzhou', 'Jiangjin, Chongqing')
    """
    exact = _by_name().get(name) or local_places().get(name)
    found = exact or named_province(name) or next(iter(named_city(name)), None)
    return Text(name, found.name_en) if found is not None and found.name_en else both(name)


def listed(name: str) -> tuple[Place, ...]:
    """The places an entry of a policy list means, the members where it names a region.

    An entry that no table knows comes back with rank "unknown", one that could be two places as "ambiguous".

    Examples
    --------
    >>> [(p.name, p.rank, p.city) for p in listed("重庆市江津区")]
    [('江津区', 'district', '重庆市')]
    >>> [p.short for p in listed("京津冀")]
    ['北京', '天津', '河北']
    """
    if name in groups():
        return tuple(place for member in groups()[name] for place in listed(member))
    if name in local_places():
        return (local_places()[name],)
    if name.startswith("全国"):
        return (Place(name, name, "nation", "", "", "The whole country"),)
    found = named_city(name)
    full = [place for place in found if name in (place.name, *place.earlier)]
    found = tuple(full) or found
    if not found:
        province = named_province(name)
        return (province or Place(name, name, "unknown", "", "", ""),)
    return found if len(found) == 1 else (Place(name, name, "ambiguous", "", "", ""),)


def _rank(text: str) -> Rank:
    if text not in get_args(Rank):
        raise ValueError(f"unknown rank {text!r}")
    return cast(Rank, text)


@cache
def _by_name() -> Mapping[str, Place]:
    return MappingProxyType({place.name: place for place in cities()})


@cache
def _province_places() -> tuple[Place, ...]:
    direct = {p.short for p in cities() if p.rank == "municipality"}
    return tuple(
        Place(p.full, p.short.zh, "province", "", p.short.zh, p.short.en)
        for p in provinces() if p.short.zh not in direct
    )  # fmt: skip


@cache
def _by_province() -> Mapping[str, Place]:
    return MappingProxyType({spelling: p for p in _province_places() for spelling in (p.short, p.name)})


@cache
def _spellings() -> Mapping[str, tuple[str, ...]]:
    """Full names of the cities each spelling can mean."""
    fronts: dict[str, list[str]] = {}
    for spelling, short in province_spellings().items():
        fronts.setdefault(short, []).append(spelling)
    found: dict[str, tuple[str, ...]] = {}
    for place in cities():
        for bare in _bare(place):
            for spelling in (bare, *(front + bare for front in fronts[place.province])):
                found[plain(spelling)] = tuple(dict.fromkeys((*found.get(plain(spelling), ()), place.name)))
    return MappingProxyType(found)


def _bare(place: Place) -> tuple[str, ...]:
    """Every name of a place without its province."""
    suffixed = (place.short + suffix for suffix in _SUFFIX.get(place.rank, ()))
    old = (short for name in place.earlier for short in (name, name.removesuffix("地区").rstrip("市盟")))
    return tuple(dict.fromkeys((place.name, place.short, *suffixed, *old, *_ALIASES.get(place.name, ()))))
