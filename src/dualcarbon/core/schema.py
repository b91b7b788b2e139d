"""The schema is data: a CSV per kind of panel, read by validation, documents and defaults alike."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast, get_args

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.text import Text, both

Role = Literal["id", "time", "group", "input", "good", "bad", "energy", "treatment", "control"]
Kind = Literal["text", "integer", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a panel: its name, kind, unit, role, bounds, labels and other names it goes by.

    `low` and `high` bound the possible values in `unit` (None: unbounded). `required` columns must be present.
    """

    name: str
    kind: Kind
    unit: str
    role: Role
    required: bool
    low: float | None
    high: float | None
    label: Text
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns a kind of panel may have."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the schema."""
        return tuple(c.name for c in self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(
            Text("没有这一列：{n}", "no such column: {n}").format(n=name),
            expected=Text("{s} 表的列之一", "one of the columns of {s}").format(s=self.name),
            found=both(name),
            remedy=Text("从以下列名中选择：{c}", "choose one of: {c}").format(c=", ".join(self.names)),
        )

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def with_role(self, *roles: Role) -> tuple[str, ...]:
        """Names of the columns that play one of the roles."""
        return tuple(c.name for c in self.columns if c.role in roles)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _column(row: dict[str, str]) -> Column:
    kind, role = row["kind"], row["role"]
    if kind not in get_args(Kind) or role not in get_args(Role):
        raise ValueError(f"schema row {row['name']}: kind {kind!r} or role {role!r} unknown")
    return Column(
        name=row["name"],
        kind=cast(Kind, kind),
        unit=row["unit"],
        role=cast(Role, role),
        required=row["required"] == "yes",
        low=_number(row["low"]),
        high=_number(row["high"]),
        label=Text(row["label_zh"], row["label_en"]),
        aliases=tuple(a for a in row["aliases"].split("|") if a),
    )


def schema_names() -> tuple[str, ...]:
    """Names of the schemas that are shipped."""
    folder = files("dualcarbon.core") / "schemas"
    return tuple(sorted(p.name.removesuffix(".csv") for p in folder.iterdir() if p.name.endswith(".csv")))


@cache
def load_schema(name: str) -> Schema:
    """The shipped schema of that name.

    Raises
    ------
    SchemaError
        If there is none; the message lists those that exist.

    Examples
    --------
    >>> load_schema("firm")["coal_t"].unit
    't'
    """
    if name not in schema_names():
        raise SchemaError(
            Text("没有这个表结构：{n}", "no such schema: {n}").format(n=name),
            expected=both(" | ".join(schema_names())),
            found=both(name),
            remedy=Text("改用上列名称之一", "use one of the names above"),
        )
    text = (files("dualcarbon.core") / "schemas" / f"{name}.csv").read_text(encoding="utf-8")
    return Schema(name, tuple(_column(row) for row in csv.DictReader(text.splitlines())))
