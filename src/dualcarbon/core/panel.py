"""The one table every room reads: sorted, immutable, with its schema and a record of what was dropped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.schema import Schema, load_schema
from dualcarbon.core.text import Text, both


@dataclass(frozen=True, slots=True)
class Drop:
    """Rows that left the panel, and why."""

    reason: Text
    rows: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a panel comes from; `simulated` stamps every exhibit made from it."""

    name: Text
    simulated: bool = False
    sha256: str = ""


class _PandasColumn(Protocol):
    """What is used of a pandas column, without importing pandas."""

    @property
    def dtype(self) -> object: ...

    def isna(self) -> object: ...

    def tolist(self) -> list[object]: ...


_FROM_MEMORY = Provenance(Text("内存中的表", "table in memory"))


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of units over time, sorted by (id, time), keys unique.

    Attributes
    ----------
    frame : polars.DataFrame
        The table; treat as read-only. Rows are sorted by `id`, then `time`.
    id, time : str
        Key columns.
    schema : Schema
        Labels and units of the columns it knows; further columns are allowed.
    provenance : Provenance
    drops : tuple of Drop
        Every row that left, by reason, in the order they left.
    notes : tuple of Text
        What was computed into the table and from which choices, in the order it happened.

    Examples
    --------
    >>> import polars as pl
    >>> p = Panel.from_frame(pl.DataFrame({"f": [2, 1], "t": [1, 1], "v": [5.0, 3.0]}), id="f", time="t")
    >>> p.arrays("v")[0].tolist()
    [3.0, 5.0]
    """

    frame: pl.DataFrame
    id: str
    time: str
    schema: Schema
    provenance: Provenance = _FROM_MEMORY
    drops: tuple[Drop, ...] = field(default=())
    notes: tuple[Text, ...] = ()

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        id: str,
        time: str,
        schema: str | Schema = "firm",
        provenance: Provenance = _FROM_MEMORY,
    ) -> Panel:
        """A panel from a polars or pandas frame; the frame itself is not changed.

        Raises
        ------
        SchemaError
            If a key column is missing or empty somewhere, a (id, time) pair occurs twice, or a column holds values
            of several kinds.
        """
        table = as_polars(frame)
        for key in (id, time):
            _require_key(table, key)
        if id == time:
            raise SchemaError(
                Text("个体列与时间列是同一列", "the units and the periods are the same column"),
                expected=Text("两个不同的列", "two columns"),
                found=both(id),
                remedy=Text("分别指明个体列与时间列", "name the column of the units and that of the periods"),
            )
        chosen = load_schema(schema) if isinstance(schema, str) else schema
        if not _is_increasing(table, id, time):
            _require_unique(table, id, time)
            table = table.sort(id, time)
        return cls(table, id, time, chosen, provenance)

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.frame.height

    def arrays(self, *names: str) -> tuple[NDArray[np.float64], ...]:
        """Columns as float64 arrays of shape (n,), missing values as NaN.

        Raises
        ------
        SchemaError
            If a column is absent or not numeric.
        """
        return tuple(self._array(name) for name in names)

    def codes(self, *names: str) -> NDArray[np.int64]:
        """Dense integer codes 0..g-1 of the combinations of the columns, in sorted order of their values."""
        for name in names:
            self._require(name)
        if not names:
            return np.zeros(self.n, dtype=np.int64)
        columns = [self.frame[name] for name in names]
        missing = int(np.count_nonzero(np.logical_or.reduce([_is_missing(c).to_numpy() for c in columns])))
        if missing:
            raise DataError(
                Text("分组列有缺失值", "a grouping column has missing values"),
                expected=Text("{c} 无缺失", "no missing values in {c}").format(c=" ^ ".join(names)),
                found=Text("{k} 行缺失", "{k} rows missing").format(k=missing),
                remedy=Text("先删去或补全这些行", "drop or complete these rows first"),
            )
        return dense_codes(columns)

    def with_columns(self, *columns: pl.Expr | pl.Series) -> Panel:
        """The panel with columns added or replaced; keys must not change."""
        frame = self.frame.with_columns(*columns)
        for key in (self.id, self.time):
            if not frame[key].equals(self.frame[key]):
                raise ValueError(f"with_columns must not change the key {key!r}")
        return replace(self, frame=frame)

    def keep(self, mask: pl.Expr, reason: Text) -> Panel:
        """The rows where the mask holds (null counts as false); the others are counted under the reason."""
        frame = self.frame.filter(mask)
        gone = self.n - frame.height
        return replace(self, frame=frame, drops=(*self.drops, Drop(reason, gone)) if gone else self.drops)

    def _require(self, name: str) -> None:
        if name not in self.frame.columns:
            raise SchemaError(
                Text("表中没有列 {n}", "the table has no column {n}").format(n=name),
                expected=both(name),
                found=both(", ".join(self.frame.columns)),
                remedy=Text("检查列名或字段映射", "check the name or the column mapping"),
            )

    def _array(self, name: str) -> NDArray[np.float64]:
        self._require(name)
        column = self.frame[name]
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            raise SchemaError(
                Text("列 {n} 不是数值", "column {n} is not numeric").format(n=name),
                expected=Text("数值列", "a numeric column"),
                found=both(f"{column.dtype}: {column.head(5).to_list()}"),
                remedy=Text("先转换为数值", "convert it to numbers first"),
            )
        return np.ascontiguousarray(column.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)

    def __repr__(self) -> str:
        units = self.frame[self.id].n_unique() if self.n else 0
        times = self.frame[self.time]
        span = f"{times.min()!s}-{times.max()!s}" if self.n else "-"
        gone = sum(d.rows for d in self.drops)
        mark = " [simulated]" if self.provenance.simulated else ""
        return f"Panel({self.n:,} rows, {units:,} {self.id}, {self.time} {span}, {gone:,} dropped){mark}"


def as_polars(frame: object) -> pl.DataFrame:
    """A polars or pandas frame as polars; what pandas calls missing in text and nullable columns is null.

    Raises
    ------
    SchemaError
        If it is no frame, two columns have one name, or a column holds values of several kinds.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if hasattr(frame, "columns") and hasattr(frame, "items"):
        return _joined([_series(str(name), column) for name, column in frame.items()])
    raise SchemaError(
        Text("不认识的表类型", "unknown kind of table"),
        expected=Text("polars 或 pandas 表", "a polars or pandas frame"),
        found=both(type(frame).__name__),
        remedy=Text("先转换为 polars.DataFrame", "convert it to polars.DataFrame first"),
    )


def _joined(columns: list[pl.Series]) -> pl.DataFrame:
    names = [column.name for column in columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise SchemaError(
            Text("列名重复", "column names are repeated"),
            expected=Text("每个列名只出现一次", "each column name once"),
            found=both(", ".join(twice)),
            remedy=Text("改名或删去重复的列", "rename or drop the repeated columns"),
        )
    return pl.DataFrame(columns)


def _series(name: str, column: _PandasColumn) -> pl.Series:
    """A pandas column; numbers of several kinds become float64."""
    values = np.asarray(column)
    if isinstance(column.dtype, np.dtype) and values.dtype.kind in "biufM":
        return pl.Series(name, values)
    gone = np.asarray(column.isna(), dtype=np.bool_)
    items = [None if missing else value for value, missing in zip(column.tolist(), gone.tolist(), strict=True)]
    try:
        series = pl.Series(name, items)
    except TypeError as error:
        if not all(isinstance(item, (int, float)) for item in items if item is not None):
            raise _several_kinds(name, items) from error
        series = pl.Series(name, items, dtype=pl.Float64, strict=False)
    if series.dtype == pl.Object:
        raise _several_kinds(name, items)
    return series


def _several_kinds(name: str, items: list[object]) -> SchemaError:
    kinds = dict.fromkeys(type(v).__name__ for v in items if v is not None)
    return SchemaError(
        Text("列 {n} 的值不能用", "the values of column {n} cannot be used").format(n=name),
        expected=Text("全为数值、全为文字或全为日期", "all numbers, all text or all dates"),
        found=both(f"{', '.join(kinds)}: {items[:5]}"),
        remedy=Text("先统一类型，例如 astype(str)", "convert them to one kind first, for example by astype(str)"),
    )


def _require_key(table: pl.DataFrame, key: str) -> None:
    if key not in table.columns:
        raise SchemaError(
            Text("缺少关键列 {k}", "the key column {k} is missing").format(k=key),
            expected=both(key),
            found=both(", ".join(table.columns)),
            remedy=Text("用 id= 与 time= 指明关键列", "name the key columns with id= and time="),
        )
    missing = _is_missing(table[key])
    empty = int(missing.sum())
    if empty:
        rows = missing.arg_true().head(5).to_list()
        raise SchemaError(
            Text("关键列 {k} 有缺失", "the key column {k} has missing values").format(k=key),
            expected=Text("每行都有 {k}", "{k} in every row").format(k=key),
            found=Text("{n} 行缺失，前几行 {r}", "{n} rows missing, first rows {r}").format(n=empty, r=rows),
            remedy=Text("补全或删去这些行", "complete or drop these rows"),
        )


def _is_missing(column: pl.Series) -> pl.Series:
    """Whether a value is null or not a number."""
    return column.is_null() | column.is_nan().fill_null(True) if column.dtype.is_float() else column.is_null()


def _is_increasing(table: pl.DataFrame, id: str, time: str) -> bool:
    """Whether the keys, whole numbers or strings, already increase from row to row, so that none occurs twice."""
    units, times = table[id], table[time]
    if not all(keys.dtype.is_integer() or keys.dtype == pl.String for keys in (units, times)):
        return False
    before, earlier = units.shift(1), times.shift(1)
    return bool(((units > before) | ((units == before) & (times > earlier))).slice(1).all())


def _require_unique(table: pl.DataFrame, id: str, time: str) -> None:
    if table.select(pl.struct(id, time).n_unique()).item() == table.height or table.height == 0:
        return
    twice = table.group_by(id, time).len().filter(pl.col("len") > 1).sort(id, time)
    first = [tuple(r) for r in twice.select(id, time).head(5).rows()]
    raise SchemaError(
        Text("关键字重复", "duplicate keys"),
        expected=Text("每个 ({i}, {t}) 只出现一次", "each ({i}, {t}) once").format(i=id, t=time),
        found=Text("{n} 个关键字重复，前几个 {f}", "{n} keys occur more than once, first {f}").format(
            n=twice.height, f=first
        ),
        remedy=Text("先合并或删去重复行", "merge or drop the duplicates first"),
    )
