"""Which places a policy was tried in, from when, and how well each entry is known; shipped as facts with sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import polars as pl

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both

FOLDER = "policy/lists"
COLUMNS = ("listed_name", "batch_year", "prefecture", "level", "official_source", "status", "note")
OWN = "own"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Status:
    """How well an entry is known, whether it is used without being asked for, and whether it can be used at all."""

    label: Text
    used: bool
    usable: bool = True


STATUSES = {
    "single_source": Status(Text("官方名单，单一转录", "official list, one transcription"), True),
    "report": Status(Text("研究报告所列", "listed in the report"), True),
    OWN: Status(Text("用户自备", "the user's own"), True),
    "unverified": Status(Text("未经核实", "unverified"), False),
    "count_only": Status(Text("只有数量，没有名单", "counts only, no list of places"), False, usable=False),
}
"""The rule of use: an entry is used if its status says so, and otherwise only where it is asked for by name."""


@dataclass(frozen=True, slots=True)
class PolicyList:
    """The pilot places of one policy.

    Attributes
    ----------
    name : str
    label : Text
    places : polars.DataFrame
        listed_name, batch_year, prefecture, level, official_source, status, note: every entry, word for word.
    caution : Text or None
        What a reader of any result from the list must know.
    asked : tuple of str
        Statuses used although the rule leaves them out.
    """

    name: str
    label: Text
    places: pl.DataFrame
    caution: Text | None = None
    asked: tuple[str, ...] = ()

    @property
    def used(self) -> pl.DataFrame:
        """The entries that may treat a place."""
        return self.places.filter(pl.col("status").is_in(self._statuses))

    @property
    def unused(self) -> pl.DataFrame:
        """The entries that are listed and not used."""
        return self.places.filter(~pl.col("status").is_in(self._statuses))

    @property
    def evaluable(self) -> bool:
        """Whether any entry may be used."""
        return self.used.height > 0

    @property
    def _statuses(self) -> list[str]:
        return [name for name, status in STATUSES.items() if status.used or name in self.asked]

    def including(self, *statuses: str) -> PolicyList:
        """The list with entries of these statuses used as well.

        Raises
        ------
        ConfigError
            If a status is unknown, or its entries name no place.

        Examples
        --------
        >>> policy_list("ets_start").including("unverified").used.height
        9
        """
        usable = [name for name, status in STATUSES.items() if status.usable]
        wrong = [name for name in statuses if name not in usable]
        if wrong:
            raise ConfigError(
                Text("这种核实状态的条目不能使用", "entries of this status cannot be used"),
                expected=both(" | ".join(usable)),
                found=both(", ".join(map(repr, wrong))),
                remedy=Text(
                    "改用所列状态；只有数量的名单须自备",
                    "choose among these; bring your own list where only counts exist",
                ),
            )
        return replace(self, asked=tuple(dict.fromkeys((*self.asked, *statuses))))

    def __repr__(self) -> str:
        years = self.places["batch_year"].unique().sort().to_list()
        span = "-".join(dict.fromkeys((str(years[0]), str(years[-1])))) if years else "-"
        return f"PolicyList({self.name}: {self.used.height} entries used, {self.unused.height} not, {span})"


@cache
def policies() -> dict[str, Text]:
    """Label of every shipped list, by its name.

    Examples
    --------
    >>> policies()["broadband_china"].en
    'Broadband China demonstration cities'
    """
    return {row["policy"]: Text(row["label_zh"], row["label_en"]) for row in reference_rows("policies", FOLDER)}


@cache
def policy_list(name: str) -> PolicyList:
    """The shipped list of that name.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.

    Examples
    --------
    >>> policy_list("broadband_china")
    PolicyList(broadband_china: 119 entries used, 0 not, 2014-2016)
    >>> policy_list("smart_city_count").evaluable
    False
    """
    if name not in policies():
        raise ConfigError(
            Text("没有这份试点名单：{n}", "no such policy list: {n}").format(n=name),
            expected=both(" | ".join(policies())),
            found=both(repr(name)),
            remedy=Text(
                "改用所列名称之一，或用 own_list 自备名单", "use one of these names, or bring your own with own_list"
            ),
        )
    (row,) = (r for r in reference_rows("policies", FOLDER) if r["policy"] == name)
    caution = Text(row["caution_zh"], row["caution_en"]) if row["caution_en"] else None
    rows = [r for r in reference_rows("pilots", FOLDER) if r["policy"] == name]
    frame = pl.DataFrame([[r[c] or None for c in COLUMNS] for r in rows], schema=list(COLUMNS), orient="row")
    return PolicyList(name, policies()[name], frame.with_columns(pl.col("batch_year").cast(pl.Int64)), caution)


def own_list(frame: object, name: str = "own", label: Text | None = None) -> PolicyList:
    """A list of the user's own.

    Parameters
    ----------
    frame : polars or pandas frame
        `listed_name` and `batch_year`; the other columns of `PolicyList.places` where there are any. Without `status`
        an entry counts as the user's own and is used.
    name, label
        What the list is called.

    Raises
    ------
    SchemaError
        If `listed_name` or `batch_year` is absent.
    DataError
        If one of them is empty or no whole year somewhere, or a status is unknown.

    Examples
    --------
    >>> own_list(pl.DataFrame({"listed_name": ["苏州市"], "batch_year": [2019]})).used.height
    1
    """
    table = as_polars(frame)
    absent = [c for c in ("listed_name", "batch_year") if c not in table.columns]
    if absent:
        raise SchemaError(
            Text("名单缺少列", "the list lacks columns"),
            expected=both("listed_name, batch_year"),
            found=both(", ".join(table.columns)),
            remedy=Text("补上 {c}", "add {c}").format(c=", ".join(absent)),
        )
    table = table.with_columns(*(_filled(c) for c in COLUMNS if c not in table.columns)).select(
        pl.col(c).cast(pl.Float64 if c == "batch_year" else pl.String, strict=False) for c in COLUMNS
    )
    _require_sound(table)
    return PolicyList(name, label or both(name), table.with_columns(pl.col("batch_year").cast(pl.Int64)))


def _filled(column: str) -> pl.Expr:
    return pl.lit(OWN if column == "status" else None, pl.String).alias(column)


def _require_sound(table: pl.DataFrame) -> None:
    year, status = pl.col("batch_year"), pl.col("status")
    unnamed = pl.col("listed_name").is_null() | (pl.col("listed_name").str.strip_chars() == "")
    broken = table.filter(
        unnamed
        | year.is_null()
        | (year != year.round()).fill_null(True)
        | ~status.is_in(list(STATUSES)).fill_null(False)
    )
    if broken.height:
        first = broken.select("listed_name", "batch_year", "status").head(_SHOWN).rows()
        raise DataError(
            Text("名单中有不能用的条目", "the list has entries that cannot be used"),
            expected=Text(
                "每条都有地名、整数年份，状态为 {s} 之一", "a name, a whole year and a status among {s} in every entry"
            ).format(s=" | ".join(STATUSES)),
            found=Text("{k} 条：{f}", "{k} entries: {f}").format(k=broken.height, f=first),
            remedy=Text("补全或删去这些条目", "complete or drop these entries"),
        )
