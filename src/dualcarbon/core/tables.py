"""The small tables of facts that are shipped: factors, industries, provinces; each row with its source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dualcarbon.core.text import Text


@cache
def reference_rows(name: str, folder: str = "core/reference") -> tuple[dict[str, str], ...]:
    """The rows of `<folder>/<name>.csv` of the package, every cell as text; `core/reference` by default."""
    text = files("dualcarbon").joinpath(*folder.split("/"), f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@dataclass(frozen=True, slots=True)
class Province:
    """A province of China: its GB/T 2260 code (two digits), short and full name."""

    code: str
    short: Text
    full: str

    @property
    def spellings(self) -> tuple[str, ...]:
        """Everything a table may call it."""
        return (self.code, self.short.zh, self.full, self.short.en)


@cache
def provinces() -> tuple[Province, ...]:
    """The 31 provinces of the mainland, by code."""
    return tuple(
        Province(row["code"], Text(row["short_zh"], row["name_en"]), row["full_zh"])
        for row in reference_rows("provinces")
    )


@cache
def province_spellings() -> dict[str, str]:
    """Short Chinese name by every spelling of it (code, short name, full name, English name).

    Examples
    --------
    >>> province_spellings()["内蒙古自治区"]
    '内蒙古'
    """
    return {spelling: p.short.zh for p in provinces() for spelling in p.spellings}


@cache
def industries() -> dict[str, Text]:
    """Name by two-digit code: mining, manufacturing and utilities of GB/T 4754-2002, 39 industries.

    Examples
    --------
    >>> industries()["16"].en
    'Manufacture of tobacco'
    """
    return {row["industry2"]: Text(row["name_zh"], row["name_en"]) for row in reference_rows("industries")}


@cache
def short_industries() -> dict[str, Text]:
    """Name by two-digit code, the English one short enough for a table.

    Examples
    --------
    >>> short_industries()["16"].en
    'Tobacco'
    """
    return {row["industry2"]: Text(row["name_zh"], row["short_en"]) for row in reference_rows("industries")}
