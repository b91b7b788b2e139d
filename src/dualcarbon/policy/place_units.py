"""The units of a user's table as places: what each name means, and what it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from dualcarbon.core.tables import province_spellings
from dualcarbon.policy import place_faults
from dualcarbon.policy.faults import SHOWN
from dualcarbon.policy.gazetteer import Place, named_city, plain

Level = Literal["city", "province", "county"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One name in the data.

    `key` is what it is found by: full name of the city, short name of the province, or the county's plain name; None
    where the name means no known place. `candidates` are the places it can mean where they are several. `given` are its
    values in the place, province and city columns.
    """

    given: tuple[str, ...]
    key: str | None
    city: str | None
    province: str | None
    candidates: tuple[str, ...] = ()
    renamed: bool = False

    @property
    def name(self) -> str:
        """The name in the data."""
        return self.given[0]


@dataclass(frozen=True, slots=True)
class Units:
    """All names of a table; positions by key, by city and by province."""

    level: Level
    all: tuple[Unit, ...]
    by_key: dict[str, list[int]]
    by_city: dict[str, list[int]]
    by_province: dict[str, list[int]]
    has_city: bool
    has_province: bool

    @property
    def ambiguous(self) -> list[Unit]:
        """Names that can mean several places."""
        return [unit for unit in self.all if unit.candidates]

    @property
    def unknown(self) -> list[Unit]:
        """Names that mean no known place."""
        return [unit for unit in self.all if unit.key is None and not unit.candidates]


def place_columns(table: pl.DataFrame, level: Level, place: str, province: str | None, city: str | None) -> list[str]:
    """The columns that say where a unit is, checked: present, text, nowhere empty.

    Raises
    ------
    SchemaError
        If one is absent or no text.
    DataError
        If one is empty somewhere.
    """
    columns = [c for c in (place, province, city if level == "county" else None) if c is not None]
    for column in columns:
        if column not in table.columns:
            raise place_faults.no_column(column, table.columns)
        values = table[column]
        if values.dtype not in (pl.String, pl.Categorical, pl.Enum):
            raise place_faults.not_names(column, f"{values.dtype}: {values.head(SHOWN).to_list()}")
        empty = values.is_null() | (values.cast(pl.String).str.strip_chars() == "")
        if empty.any():
            raise place_faults.nameless(column, int(empty.sum()), empty.arg_true().head(SHOWN).to_list())
    return columns


def units_of(table: pl.DataFrame, level: Level, place: str, province: str | None, city: str | None) -> Units:
    """The distinct places of a table, each with what it means."""
    columns = place_columns(table, level, place, province, city)
    rows = table.select(pl.col(c).cast(pl.String) for c in columns).unique().sort(columns).rows()
    has_city, has_province = level == "county" and city is not None, province is not None
    found = tuple(_unit(row, level, has_province, has_city) for row in rows)
    return Units(
        level,
        found,
        _index((u.key, i) for i, u in enumerate(found)),
        _index((u.city, i) for i, u in enumerate(found)),
        _index((u.province, i) for i, u in enumerate(found)),
        has_city or level == "city",
        has_province or level != "county" or has_city,
    )


def same_places(units: Units) -> list[tuple[str, list[str]]]:
    """Places that several names of the data mean, with the names."""
    found = []
    for key, positions in units.by_key.items():
        within = {(units.all[i].city, units.all[i].province) for i in positions} if units.level == "county" else {None}
        if len(positions) > len(within):
            found.append((key, ["/".join(units.all[i].given) for i in positions]))
    return found


def _index(pairs: Iterable[tuple[str | None, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for key, position in pairs:
        if key is not None:
            found.setdefault(key, []).append(position)
    return found


def _unit(row: Sequence[str], level: Level, has_province: bool, has_city: bool) -> Unit:
    given = tuple(row)
    province = row[1] if has_province else None
    if level == "province":
        return _province_unit(given)
    if level == "city":
        return _city_unit(given, province)
    within = named_city(row[-1], province) if has_city else ()
    city = within[0] if len(within) == 1 else None
    short = province_spellings().get(plain(province)) if province is not None else None
    return Unit(given, plain(row[0]), city.name if city else None, city.province if city else short)


def _province_unit(given: tuple[str, ...]) -> Unit:
    short = province_spellings().get(plain(given[0]))
    return Unit(given, short, None, short)


def _city_unit(given: tuple[str, ...], province: str | None) -> Unit:
    found = named_city(given[0], province)
    if len(found) > 1:
        return Unit(given, None, None, None, tuple(place.name for place in found))
    if not found:
        return Unit(given, None, None, None)
    place = found[0]
    return Unit(given, place.name, place.name, place.province, renamed=_is_old(given[0], place))


def _is_old(name: str, place: Place) -> bool:
    """Whether the data use a name the place no longer bears."""
    return place.short not in name or plain(name).endswith(tuple(map(plain, place.earlier)) or ("\0",))
