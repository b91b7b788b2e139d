"""What is counted: the carriers inside a boundary and the columns it writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.core.text import Text, both


@dataclass(frozen=True, slots=True)
class Boundary:
    """A named boundary of accounting.

    Attributes
    ----------
    name : str
    label : Text
    carriers : tuple of str
        Columns counted, in order. All must be in the table unless `where_present`.
    by_carrier : bool
        Whether ``co2_<carrier>_t`` is written for each carrier.
    by_scope : bool
        Whether ``co2_scope1_t`` and ``co2_scope2_t`` are written.
    where_present : bool
        Count those of the carriers that the table has (at least one) instead of asking for all.
    """

    name: str
    label: Text
    carriers: tuple[str, ...]
    by_carrier: bool = False
    by_scope: bool = False
    where_present: bool = False

    def counted(self, columns: Collection[str]) -> tuple[str, ...]:
        """The carriers counted in a table with these columns.

        Raises
        ------
        SchemaError
            If a carrier's column is missing.
        """
        present = tuple(c for c in self.carriers if c in columns)
        missing = tuple(c for c in self.carriers if c not in columns)
        if present and (self.where_present or not missing):
            return present
        raise SchemaError(
            Text("边界“{b}”所需的能源列缺失", "columns of the boundary '{b}' are missing").format(b=self.name),
            expected=both(", ".join(self.carriers)),
            found=Text("缺 {m}", "missing {m}").format(m=", ".join(missing)),
            remedy=Text(
                "映射这些列；确无此能源的补一列 0；或改用列齐全的边界：{o}",
                "map these columns; add a column of 0 where none was used; or take a boundary the table can fill: {o}",
            ).format(o=", ".join(_fillable(columns)) or Text("无", "none")),
        )


_ALL = ("coal_t", "oil_t", "gas_m3", "heat_gj", "power_kwh")
_BOUNDARIES = (
    Boundary("coal", Text("煤炭消费", "coal"), ("coal_t",)),
    Boundary(
        "coal_oil_power",
        Text("煤、油、电力消费", "coal, oil and power"),
        ("coal_t", "oil_t", "power_kwh"),
        by_carrier=True,
    ),
    Boundary(
        "scope1",
        Text("范围一：现场燃烧的煤、油、气", "scope 1: coal, oil and gas burnt on site"),
        ("coal_t", "oil_t", "gas_m3"),
        by_carrier=True,
    ),
    Boundary(
        "scope1_2",
        Text("范围一与范围二：另计外购热力与电力", "scopes 1 and 2: purchased heat and power as well"),
        _ALL,
        by_scope=True,
    ),
    Boundary(
        "by_fuel",
        Text("表中有的各种能源，分品种、分范围", "every carrier in the table, by carrier and scope"),
        _ALL,
        by_carrier=True,
        by_scope=True,
        where_present=True,
    ),
)


def boundaries() -> tuple[Boundary, ...]:
    """The shipped boundaries."""
    return _BOUNDARIES


def load_boundary(boundary: str | Boundary) -> Boundary:
    """The boundary of that name; a `Boundary` is handed back.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that exist.
    """
    if isinstance(boundary, Boundary):
        return boundary
    for one in _BOUNDARIES:
        if one.name == boundary:
            return one
    raise ConfigError(
        Text("没有这个核算边界：{n}", "no such accounting boundary: {n}").format(n=boundary),
        expected=both(" | ".join(b.name for b in _BOUNDARIES)),
        found=both(repr(boundary)),
        remedy=Text("改用上列名称之一，或传入 Boundary 对象", "use one of the names above or pass a Boundary"),
    )


def _fillable(columns: Collection[str]) -> tuple[str, ...]:
    return tuple(
        b.name for b in _BOUNDARIES if (any if b.where_present else all)(carrier in columns for carrier in b.carriers)
    )
