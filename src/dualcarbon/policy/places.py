"""From a policy list to a treated panel: Chinese place names matched to units, every miss with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.options import require_choice
from dualcarbon.core.panel import Panel, as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.policy import place_faults
from dualcarbon.policy.lists import PolicyList
from dualcarbon.policy.place_faults import REASONS
from dualcarbon.policy.place_notes import match_notes
from dualcarbon.policy.place_reach import County, Entry, Province, Reach, entries, is_own, reach
from dualcarbon.policy.place_units import Level, Units, same_places, units_of

_CHOICES = {"level": get_args(Level), "county": get_args(County), "province": get_args(Province)}


@dataclass(frozen=True, slots=True)
class Match:
    """A policy list matched to a table.

    Attributes
    ----------
    policy : PolicyList
    level : str
        What the places of the table are: city, province or county.
    table : Panel or polars.DataFrame
        The user's table with the column `column` added: first treated year, null for never treated.
    column : str
    matched : polars.DataFrame
        listed_name, batch_year, place, unit, how: one row for each unit an entry treats. `how` is same, renamed,
        city_group, region, or what was asked for: county, province (or city, on data of counties).
    unmatched : polars.DataFrame
        listed_name, batch_year, place, inside, reason, reason_zh, reason_en: entries that treat no unit; `inside` is
        the city or province they lie in.
    partly : polars.DataFrame
        unit, listed_name, batch_year, why, left_out: cities that hold a pilot county, and units that lie in a pilot
        province, without being treated by then; they count as untreated or are left out, as asked.
    several : polars.DataFrame
        unit, entries, first_year: units reached by more than one entry; the earliest counts.
    ambiguous : polars.DataFrame
        unit, means: names that can mean several places, left out.
    unknown : polars.DataFrame
        unit: names that mean no known place; they count as never treated.
    named, named_matched : int
        Places the list names, and how many of them treat a unit.
    units, treated : int
        Distinct places in the table, and how many of them are treated.
    notes : tuple of Text
    """

    policy: PolicyList
    level: str
    table: Panel | pl.DataFrame
    column: str
    matched: pl.DataFrame
    unmatched: pl.DataFrame
    partly: pl.DataFrame
    several: pl.DataFrame
    ambiguous: pl.DataFrame
    unknown: pl.DataFrame
    named: int
    named_matched: int
    units: int
    treated: int
    notes: tuple[Text, ...]

    @property
    def panel(self) -> Panel:
        """The panel with the column added.

        Raises
        ------
        ConfigError
            If a plain frame was matched.
        """
        if isinstance(self.table, Panel):
            return self.table
        raise ConfigError(
            Text("匹配的是普通表，不是面板", "a plain frame was matched, not a panel"),
            expected=both("Panel"),
            found=both("DataFrame"),
            remedy=Text("用 .frame，或先建面板", "use .frame, or build a panel first"),
        )

    @property
    def frame(self) -> pl.DataFrame:
        """The table with the column added."""
        return self.table.frame if isinstance(self.table, Panel) else self.table

    def __repr__(self) -> str:
        return (
            f"Match({self.policy.name}: {self.named_matched} of {self.named} places matched, "
            f"{self.treated} of {self.units} units treated)"
        )


def match_places(
    policy: PolicyList,
    data: Panel | object,
    place_column: str,
    *,
    level: Level = "city",
    province_column: str | None = None,
    city_column: str | None = None,
    county: County = "leave",
    province: Province = "leave",
    ambiguous: str = "refuse",
    unit_is_place: bool = True,
    first_column: str = "first_treated",
) -> Match:
    """The first treated year of every unit of a table, by the Chinese name of its place.

    A name is compared with every name its place goes by: with and without the province before it, the suffix of its
    rank and the nationalities in it, and the names it bore before. A name of prefecture level never matches one of
    county level: 昌吉市 is a county-level city, 昌吉 the prefecture that holds it.

    Parameters
    ----------
    policy : PolicyList
        From `policy_list` or `own_list`; only its `used` entries.
    data : Panel or frame
        With one row per unit and year, or per unit.
    place_column : str
        Names of the places: cities, provinces or counties, as `level` says.
    level : {"city", "province", "county"}
    province_column, city_column : str, optional
        What the place lies in; tells places of one name apart, and lets provincial and city pilots reach counties.
    county : {"leave", "treat_city", "drop_city"}
        What a pilot county, district or zone means for its city on data of cities: nothing (reported), treatment of the
        whole city, or that the city leaves unless its own pilot began no later.
    province : {"leave", "treat_cities", "drop_cities"}
        What a provincial pilot means for the cities or counties in it: nothing (reported), treatment, or that they
        leave unless their own pilot began no later.
    ambiguous : {"refuse", "leave_out"}
        Names that can mean several places.
    unit_is_place : bool
        False if units (firms, counties) lie in the places, so that several may share one.
    first_column : str
        Name of the column added.

    Returns
    -------
    Match

    Raises
    ------
    ConfigError
        If a choice is not among the words, or the column to add exists.
    SchemaError
        If a column is absent or no text.
    DataError
        If places are empty, several units are one place, names are ambiguous, or the list names a place twice.
    NotIdentifiedError
        If no entry may be used, or none treats a unit.

    Examples
    --------
    >>> from dualcarbon.policy.lists import policy_list
    >>> cities = pl.DataFrame({"city": ["江苏苏州", "安徽宿州", "襄樊市", "山西大同"]})
    >>> match_places(policy_list("broadband_china"), cities, "city").frame["first_treated"].to_list()
    [2014, 2016, 2015, None]
    """
    _require_choices(level, county, province, ambiguous)
    if not policy.evaluable:
        raise place_faults.nothing_usable(policy)
    panel = data if isinstance(data, Panel) else None
    table = panel.frame if panel is not None else as_polars(data)
    _require_free(table, first_column)
    units = units_of(table, level, place_column, province_column, city_column)
    keys = [c for c in (place_column, province_column, city_column if level == "county" else None) if c is not None]
    if unit_is_place:
        _require_single(units, panel, keys)
    if units.ambiguous and ambiguous == "refuse":
        raise place_faults.ambiguous_units([(u.name, u.candidates) for u in units.ambiguous])
    named = entries(policy.used.to_dicts())
    _require_listed_once(policy, named, level)
    reached = [reach(entry, units, county, province) for entry in named]
    if not any(r.units for r in reached):
        why = Counter(r.reason for r in reached if r.reason is not None).most_common()
        raise place_faults.nothing_matched(policy, [u.name for u in units.all], why)
    dropping = {w for w, choice in (("county", county), ("province", province)) if choice.startswith("drop")}
    return _match(policy, panel or table, units, reached, keys, dropping, first_column)


def _match(
    policy: PolicyList,
    data: Panel | pl.DataFrame,
    units: Units,
    reached: Sequence[Reach],
    keys: list[str],
    dropping: set[str],
    column: str,
) -> Match:
    first = _first_years(reached)
    partly = [(r, i) for r in reached for i in r.inside if r.entry.year < first.get(i, r.entry.year + 1)]
    out = {i for r, i in partly if _why(r) in dropping}
    lost = {i for i, unit in enumerate(units.all) if unit.candidates}
    table = _with_column(data, units, first, out, lost, keys, column)
    found = Match(
        policy, units.level, table, column,
        matched=_matched(units, reached),
        unmatched=_unmatched(reached),
        partly=_rows(
            [(units.all[i].name, r.entry.listed_name, r.entry.year, _why(r), i in out) for r, i in partly], _PARTLY
        ),
        several=_several(units, reached, first),
        ambiguous=_rows([(u.name, " / ".join(u.candidates)) for u in units.ambiguous], _AMBIGUOUS),
        unknown=_rows([(u.name,) for u in units.unknown], {"unit": pl.String}),
        named=len(reached),
        named_matched=sum(1 for r in reached if r.units),
        units=len(units.all) - len(out | lost),
        treated=len(first.keys() - out),
        notes=(),
    )  # fmt: skip
    notes = match_notes(found, [u.key for u in units.all])
    kept = replace(table, notes=(*table.notes, *notes)) if isinstance(table, Panel) else table
    return replace(found, table=kept, notes=notes)


_PARTLY = {
    "unit": pl.String,
    "listed_name": pl.String,
    "batch_year": pl.Int64,
    "why": pl.String,
    "left_out": pl.Boolean,
}
_AMBIGUOUS = {"unit": pl.String, "means": pl.String}
_MATCHED = {"listed_name": pl.String, "batch_year": pl.Int64, "place": pl.String, "unit": pl.String, "how": pl.String}
_UNMATCHED = {
    **dict.fromkeys(("listed_name", "place", "inside", "reason", "reason_zh", "reason_en"), pl.String),
    "batch_year": pl.Int64,
}
_SEVERAL = {"unit": pl.String, "entries": pl.String, "first_year": pl.Int64}


def _why(reached: Reach) -> str:
    """Whether an untreated unit holds a pilot county or lies in a pilot province."""
    return "province" if reached.entry.place.rank == "province" else "county"


def _first_years(reached: Sequence[Reach]) -> dict[int, int]:
    found: dict[int, int] = {}
    for r in reached:
        for i in r.units:
            found[i] = min(r.entry.year, found.get(i, r.entry.year))
    return found


def _with_column(
    data: Panel | pl.DataFrame,
    units: Units,
    first: dict[int, int],
    out: set[int],
    lost: set[int],
    keys: list[str],
    column: str,
) -> Panel | pl.DataFrame:
    """The table with first treated years; units that leave are counted by reason where it is a panel."""
    names = [f"_place_{k}" for k in range(len(keys))]
    known = pl.DataFrame([u.given for u in units.all], schema=dict.fromkeys(names, pl.String), orient="row")
    states = [("out" if i in out else "lost" if i in lost else "in") for i in range(len(units.all))]
    years = pl.Series(column, [first.get(i) for i in range(len(units.all))], dtype=pl.Int64)
    known = known.with_columns(years, pl.Series("_state", states))
    table = data.frame if isinstance(data, Panel) else data
    own = table.select(pl.col(c).cast(pl.String).alias(n) for c, n in zip(keys, names, strict=True))
    joined = own.join(known, on=names, how="left", validate="m:1", maintain_order="left")
    if not isinstance(data, Panel):
        return table.with_columns(joined[column]).filter(joined["_state"] == "in")
    wide = data.with_columns(joined[column], joined["_state"])
    wide = wide.keep(pl.col("_state") != "lost", Text("地名可指多个地方", "place name is ambiguous"))
    wide = wide.keep(
        pl.col("_state") != "out",
        Text("市内有县级试点或位于试点省", "holds a pilot county or lies in a pilot province"),
    )
    return replace(wide, frame=wide.frame.drop("_state"))


def _matched(units: Units, reached: Sequence[Reach]) -> pl.DataFrame:
    rows = [
        (r.entry.listed_name, r.entry.year, r.entry.place.name, units.all[i].name, r.entry.how)
        for r in reached
        for i in r.units
    ]
    return _rows(rows, _MATCHED)


def _unmatched(reached: Sequence[Reach]) -> pl.DataFrame:
    rows = []
    for r in reached:
        if r.reason is not None:
            place, text = r.entry.place, REASONS[r.reason]
            inside = place.province if place.city in ("", place.name) else place.city
            rows.append((r.entry.listed_name, place.name, inside, r.reason, text.zh, text.en, r.entry.year))
    order = ["listed_name", "batch_year", "place", "inside", "reason", "reason_zh", "reason_en"]
    return _rows(rows, _UNMATCHED).select(order)


def _several(units: Units, reached: Sequence[Reach], first: dict[int, int]) -> pl.DataFrame:
    by_unit: dict[int, list[Entry]] = {}
    for r in reached:
        for i in r.units:
            by_unit.setdefault(i, []).append(r.entry)
    rows = [
        (units.all[i].name, "; ".join(f"{e.listed_name} {e.year}" for e in found), first[i])
        for i, found in sorted(by_unit.items())
        if len(found) > 1
    ]
    return _rows(rows, _SEVERAL)


def _rows(rows: Sequence[tuple[object, ...]], schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def _require_choices(level: str, county: str, province: str, ambiguous: str) -> None:
    for name, value in (("level", level), ("county", county), ("province", province)):
        require_choice(name, value, _CHOICES[name])
    require_choice("ambiguous", ambiguous, ("refuse", "leave_out"))


def _require_free(table: pl.DataFrame, column: str) -> None:
    if column in table.columns:
        raise ConfigError(
            Text("表中已有列 {c}", "the table already has a column {c}").format(c=column),
            expected=Text("一个新的列名", "a new column name"),
            found=both(column),
            remedy=Text(
                "用 first_column= 另取名称，或先删去该列", "choose another with first_column=, or drop it first"
            ),
        )


def _require_single(units: Units, panel: Panel | None, keys: list[str]) -> None:
    """Every place in one unit only."""
    pairs = same_places(units)
    if not pairs and panel is not None and panel.id not in keys:
        shared = (
            panel.frame.group_by(keys).agg(pl.col(panel.id).unique().sort().cast(pl.String).alias("_ids")).sort(keys)
        )
        shared = shared.filter(pl.col("_ids").list.len() > 1)
        pairs = [("/".join(map(str, row[:-1])), row[-1]) for row in shared.rows()]
    if pairs:
        raise place_faults.twice(pairs)


def _require_listed_once(policy: PolicyList, named: Sequence[Entry], level: Level) -> None:
    years: dict[str, list[int]] = {}
    for entry in named:
        if is_own(entry, level) and entry.how in ("same", "city_group"):
            years.setdefault("/".join((entry.place.province, entry.place.name)), []).append(entry.year)
    pairs = [(place, found) for place, found in years.items() if len(found) > 1]
    if pairs:
        raise place_faults.listed_twice(policy, pairs)
