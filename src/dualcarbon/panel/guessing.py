"""Guesses about a file nobody has described yet: which column is which, and in what unit it stands."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib.resources import files

import polars as pl

from dualcarbon.core.schema import Column, Schema
from dualcarbon.core.units import conversion, find_unit, get_unit, units_of
from dualcarbon.panel.matching import plain, split_unit

_SHORTEST_CJK, _SHORTEST_LATIN = 2, 4
_POWER_OF_TEN = re.compile(r"^10\^?(\d)\s*(\D+)$")


def stated_unit(name: str) -> tuple[str, str | None]:
    """A name without the unit written in it, and that unit: in brackets, behind a stroke or an underscore.

    Examples
    --------
    >>> stated_unit("net_generation_mwh"), stated_unit("output_1e3_cny"), stated_unit("Energy/104 tce")
    (('net_generation', 'MWh'), ('output', '1e3_cny'), ('Energy', '1e4_tce'))
    """
    base, unit = split_unit(name)
    if unit is not None or base != name:
        return base, unit
    for mark in ("/", "_"):
        parts = name.split(mark)
        for cut in range(1, len(parts)):
            found = _unit_of_words(mark.join(parts[cut:]))
            if found is not None:
                return mark.join(parts[:cut]), found
    return name, None


def _unit_of_words(words: str) -> str | None:
    """The unit that words name; 104 kW is how 10^4 kW reads where the exponent lost its height."""
    unit = find_unit(words)
    power = _POWER_OF_TEN.match(words.strip())
    if unit is None and power is not None:
        base = find_unit(power.group(2))
        unit = find_unit(f"1e{power.group(1)}_{base.name}") if base is not None else None
    return unit.name if unit is not None else None


def assign(schema: Schema, names: Sequence[str], labels: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """The most likely column of the file for each column of the schema, and how well it fits (1 to 4).

    4: the schema's own name; 3: an alias, with or without a unit; 2: the label of the column is an alias;
    1: an alias is part of the name or label. Every column of the file is used once, the best fits first.
    """
    fits = [
        (-fit, place, alias, column.name, name)
        for place, column in enumerate(schema.columns)
        for name in names
        for fit, alias in [_fit(column, name, labels.get(name, ""))]
        if fit
    ]
    found: dict[str, tuple[str, int]] = {}
    used: set[str] = set()
    for fit, _, _, target, name in sorted(fits):
        if target not in found and name not in used:
            found[target] = (name, -fit)
            used.add(name)
    return {c.name: found[c.name] for c in schema.columns if c.name in found}


def _fit(column: Column, name: str, label: str) -> tuple[int, int]:
    """How well a name fits a column, and the place of the alias that fits (an earlier alias is the commoner)."""
    if name == column.name:
        return 4, 0
    spellings = [plain(s) for s in (column.name, *column.aliases)]
    tries = [(3, [name, stated_unit(name)[0]]), (2, [label, stated_unit(label)[0]])]
    for fit, words in tries:
        for word in words:
            if word and plain(word) in spellings:
                return fit, spellings.index(plain(word))
    for place, spelling in enumerate(spellings):
        shortest = _SHORTEST_LATIN if spelling.isascii() else _SHORTEST_CJK
        if len(spelling) >= shortest and (spelling in plain(name) or spelling in plain(label)):
            return 1, place
    return 0, 0


def unit_in_words(column: Column, *words: str) -> str | None:
    """The first unit stated in one of the words (name, label) that the column can have."""
    for word in words:
        unit = stated_unit(word)[1]
        if unit is not None and get_unit(unit).dimension == get_unit(column.unit).dimension:
            return unit
    return None


def unit_by_magnitude(schema: Schema, column: Column, values: pl.Series) -> str:
    """The decimal multiple of the column's unit that brings the median of the positive values nearest to the usual."""
    typical = _typical().get((schema.name, column.name))
    number = values.cast(pl.String).str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    median = number.filter((number > 0) & number.is_finite()).median()
    if typical is None or not isinstance(median, float):
        return column.unit
    multiples = [u for u in units_of(column.unit) if _is_decimal(conversion(u, column.unit).ratio)]
    return min(multiples, key=lambda u: (round(abs(_distance(u, column.unit, median, typical)), 9), u != column.unit))


def _distance(unit: str, canonical: str, median: float, typical: float) -> float:
    return math.log10(median) + math.log10(conversion(unit, canonical).ratio) - math.log10(typical)


def _is_decimal(ratio: Fraction) -> bool:
    power = round(math.log10(ratio))
    return ratio == Fraction(10) ** power


@cache
def _typical() -> dict[tuple[str, str], float]:
    text = (files("dualcarbon.panel") / "typical.csv").read_text(encoding="utf-8")
    return {(row["schema"], row["column"]): float(row["typical"]) for row in csv.DictReader(text.splitlines())}
