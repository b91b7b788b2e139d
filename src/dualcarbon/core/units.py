"""Units are data: what converts into what, and by exactly how much."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Protocol, Self, TypeVar

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: the exact factor to the canonical unit of its dimension, names in both languages, the source."""

    name: str
    dimension: str
    factor: Fraction
    label: Text
    aliases: tuple[str, ...]
    source: str


class Scalable(Protocol):
    """What a conversion can be applied to: a number, an array, a column."""

    def __mul__(self, other: float, /) -> Self: ...

    def __truediv__(self, other: float, /) -> Self: ...


S = TypeVar("S", bound=Scalable)


@dataclass(frozen=True, slots=True)
class Conversion:
    """The exact ratio between two units of one dimension."""

    ratio: Fraction

    def apply(self, values: S) -> S:
        """The values in the target unit.

        A ratio p/q with q = 1 multiplies by p, with p = 1 divides by q: both are exact numbers, so the result
        is the float nearest to the true value. Any other ratio multiplies by the float nearest to it.
        """
        up, down = self.ratio.numerator, self.ratio.denominator
        if up == down:
            return values
        if up == 1:
            return values / float(down)
        return values * float(self.ratio)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


@cache
def load_units() -> dict[str, Unit]:
    """Every unit that is known, by name.

    Examples
    --------
    >>> load_units()["tce"].label.zh
    '吨标准煤'
    """
    return {row["name"]: _unit(row) for row in reference_rows("units")}


def _unit(row: dict[str, str]) -> Unit:
    return Unit(
        name=row["name"],
        dimension=row["dimension"],
        factor=Fraction(row["factor"]),
        label=Text(row["label_zh"], row["label_en"]),
        aliases=tuple(a for a in row["aliases"].split("|") if a),
        source=row["source"],
    )


@cache
def _spellings() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """Spellings that must match in case (names, labels), and those that need not (aliases)."""
    exact: dict[str, Unit] = {}
    loose: dict[str, Unit] = {}
    for unit in load_units().values():
        for spelling in (unit.name, unit.label.zh, unit.label.en):
            exact.setdefault(_plain(spelling), unit)
        for spelling in unit.aliases:
            loose.setdefault(_plain(spelling).casefold(), unit)
    return exact, loose


def find_unit(text: str) -> Unit | None:
    """The unit of that name, label or alias; None if there is none.

    Names are case-sensitive (Mt is a million tonnes; mt, which some write for one tonne, is unknown).

    Examples
    --------
    >>> find_unit("万千瓦时").name
    '1e4_kWh'
    >>> find_unit("mt") is None
    True
    """
    exact, loose = _spellings()
    spelling = _plain(text)
    return exact.get(spelling) or loose.get(spelling.casefold())


def get_unit(text: str) -> Unit:
    """The unit of that name, label or alias.

    Raises
    ------
    SchemaError
        If there is none; the message lists the units.
    """
    unit = find_unit(text)
    if unit is None:
        raise SchemaError(
            Text("没有这个单位：{u}", "no such unit: {u}").format(u=text),
            expected=both(" | ".join(load_units())),
            found=both(repr(text)),
            remedy=Text("改用上列名称之一（区分大小写）", "use one of the names above (case matters)"),
        )
    return unit


def units_of(unit: str) -> tuple[str, ...]:
    """Names of the units that convert into the given one, itself included."""
    dimension = get_unit(unit).dimension
    return tuple(u.name for u in load_units().values() if u.dimension == dimension)


def conversion(source: str, target: str) -> Conversion:
    """How to turn values in `source` into values in `target`: x_target = x_source * ratio.

    Within energy, heat, electricity and coal equivalent convert by calorific value: 1 kWh = 3.6 MJ,
    1 tce = 29.3076 GJ. (The "equivalent value" of electricity, the coal burnt to make it, is no unit
    conversion and is left to the accounts.)

    Raises
    ------
    SchemaError
        If a unit is unknown or the two have different dimensions.

    Examples
    --------
    >>> conversion("1e3_cny", "cny").apply(2.5)
    2500.0
    >>> conversion("tce", "GJ").apply(1.0)
    29.3076
    """
    start, end = get_unit(source), get_unit(target)
    if start.dimension != end.dimension:
        raise SchemaError(
            Text("单位不能换算：{a} → {b}", "units do not convert: {a} -> {b}").format(a=start.name, b=end.name),
            expected=Text("与 {b} 同量纲的单位：{u}", "a unit of the dimension of {b}: {u}").format(
                b=end.name, u=" | ".join(units_of(end.name))
            ),
            found=Text("{a}（{d}）", "{a} ({d})").format(a=start.name, d=start.dimension),
            remedy=Text(
                "核对该列的单位；实物量与热量之间须用热值换算",
                "check the unit; fuel and heat convert by a heating value",
            ),
        )
    return Conversion(start.factor / end.factor)
