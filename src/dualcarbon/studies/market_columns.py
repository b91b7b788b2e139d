"""The columns of a market in a user's table: found by name, or named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dualcarbon.core.errors import ConfigError, InputError, SchemaError
from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import require_single
from dualcarbon.market.firms import renamed

KNOWN: Mapping[str, tuple[str, ...]] = {
    "firm": ("firm", "firm_id", "plant_id", "id", "name", "企业", "企业编号", "企业代码", "企业名称"),
    "time": ("year", "time", "period", "年份", "年"),
    "co2": ("co2", "co2_t", "emissions", "emissions_t", "二氧化碳", "碳排放", "碳排放量", "co2排放量"),
    "output": ("output", "output_cny", "value_added", "value_added_cny", "产出", "总产值", "工业总产值", "增加值"),
    "mac": ("mac", "mac_cny_per_t", "边际减排成本", "碳边际减排成本"),
    "mac_low": ("mac_low",),
    "mac_high": ("mac_high",),
    "mu": ("mu", "curvature", "曲率"),
    "scale": ("scale", "尺度"),
}
NEEDED = ("co2", "output", "mac")
NUMBERS = tuple(name for name in KNOWN if name not in ("firm", "time"))
TAKEN = (
    "state", "co2_star", "co2_change", "output_change", "mac_star", "allocation", "trade", "payment", "rebate", "cost",
    "firms", "bought", "sold", "net", "cut_cost", "trade_cost", "saving", "gain", "infeasible", "reference",
)  # fmt: skip
"""Names under which the market writes its results and sums: a column of the file that has one is renamed."""

_NAMED = Text("用 --column 名称=列名 指明，可多次", "name them with --column NAME=COLUMN, repeatable")
_PRICED = Text(
    "还没有边际减排成本时，先运行 dualcarbon frontier study.toml --model quadratic，再用其结果 results.csv；"
    "否则用 --column 名称=列名 指明，可多次",
    "without marginal abatement costs run dualcarbon frontier study.toml --model quadratic first and take its "
    "results.csv; else name them with --column NAME=COLUMN, repeatable",
)
_UNITS = frozenset({"co2_t", "emissions_t", "output_cny", "value_added_cny"})
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Firms:
    """The table of a market as it was read.

    Attributes
    ----------
    table : one row per firm, under the names of the market room
    names : name in `table` of each column of the file
    said : what was assumed on the way
    """

    table: pl.DataFrame
    names: Mapping[str, str]
    said: tuple[Text, ...]

    def group(self, option: str, name: str | None) -> str | None:
        """The column of groups that the file calls by this name.

        Raises
        ------
        ConfigError
            The file has no such column, or it holds the numbers of the market.
        """
        if name is None:
            return None
        found = self.names.get(name, name)
        if found not in self.table.columns or found in NUMBERS:
            raise ConfigError(
                Text("{o} 的列 {c} 不能用来分组", "the column {c} of {o} cannot be grouped by").format(
                    o=option, c=name
                ),
                expected=both(", ".join(c for c, n in self.names.items() if n not in NUMBERS) or "-"),
                found=both(f"{option} {name}"),
                remedy=Text("改用文件中分组的列", "name a column of groups of the file"),
            )
        return found


def firms_table(
    file: Path, named: Mapping[str, str], period: str | None, scale_by: str | None, reading: Mapping[str, str]
) -> Firms:
    """One row per firm under the names of the market room.

    Where `scale` is absent, `scale_by` asks for mean output over mean CO2 of each group of that column, or of "all".

    Raises
    ------
    InputError
        The file cannot be read.
    ConfigError
        A name that is no column of the market.
    SchemaError
        A column is not found, is found twice or holds text; or the table has several periods.
    DataError
        A firm has several rows.
    """
    table = _read(file, reading)
    places = _places(table, named)
    frame = _one_period(table, places.get("time"), period)
    names = _names(table.columns, places)
    frame = _numeric(frame.rename(names), [name for name in NUMBERS if name in names.values()])
    if "firm" in frame.columns:
        require_single(frame["firm"], _ONE_PERIOD)
    renamed = [f"{c} → {n}" for c, n in names.items() if n.startswith(f"{c}_given")]
    said = (
        *(() if _UNITS.issuperset((places["co2"], places["output"])) else (_LABELS,)),
        *((_RENAMED.format(n=", ".join(renamed)),) if renamed else ()),
    )
    return _scaled(Firms(frame, names, said), scale_by)


_LABELS = Text(
    "单位标为元与吨；文件若用别的单位，价格就是其产出单位 ÷ CO2 单位。",
    "Units are labelled CNY and t; where the file is in others, prices are in its unit of output per unit of CO2.",
)
_RENAMED = Text(
    "与结果同名的列在企业结果中改名：{n}。", "Columns with the name of a result are renamed in the table of firms: {n}."
)


_ONE_PERIOD = Text(
    "多期的表用 --period 选一期；否则改正编号",
    "take one period with --period where the table has several; else correct the keys",
)


def _names(columns: Sequence[str], places: Mapping[str, str]) -> dict[str, str]:
    """The name in the market room of each column of the file; names it gives itself are set free."""
    names = {source: name for name, source in places.items()}
    free = [column for column in columns if column not in names]
    return {
        **names,
        **dict(zip(free, free, strict=True)),
        **renamed(free, {*TAKEN, *KNOWN}, (*names.values(), *columns)),
    }


def _read(file: Path, reading: Mapping[str, str]) -> pl.DataFrame:
    from dualcarbon.panel.casting import blank_to_null, settle
    from dualcarbon.panel.formats import Options, load_table

    if file.suffix == ".toml":
        raise InputError(
            Text("碳市场不读研究文件", "a market is not cleared from a study file"),
            expected=Text("一张企业表，有 co2、output、mac 各一列", "a table of firms with co2, output and mac"),
            found=both(str(file)),
            remedy=_PRICED,
        )
    found = load_table(file, Options(reading.get("sheet"), reading.get("encoding"), reading.get("separator")))
    clean = found.frame.select(blank_to_null(n, found.frame.schema[n], ()) for n in found.frame.columns)
    return clean if found.typed else pl.DataFrame([settle(column) for column in clean])


def _places(table: pl.DataFrame, named: Mapping[str, str]) -> dict[str, str]:
    """Column of the table for each name of the market."""
    strange = [name for name in named if name not in KNOWN]
    if strange:
        raise ConfigError(
            Text("--column 的名称不对", "--column names no column of a market"),
            expected=both(" | ".join(f"{name}=..." for name in KNOWN)),
            found=both(", ".join(strange)),
            remedy=Text("例如 --column co2=排放量", "for example --column co2=emissions"),
        )
    absent = [f"{name}={source}" for name, source in named.items() if source not in table.columns]
    free = [c for c in table.columns if c not in named.values()]
    found = {name: [c for c in free if c.strip().casefold() in words] for name, words in KNOWN.items()}
    found |= {name: [source] for name, source in named.items()}
    missing = [name for name in NEEDED if not found[name]]
    twice = [f"{name}: {', '.join(columns)}" for name, columns in found.items() if len(columns) > 1]
    twice += [f"{c}: {', '.join(n for n in named if named[n] == c)}" for c in _repeated(list(named.values()))]
    if absent or missing or twice:
        raise SchemaError(
            Text("找不到市场需要的列", "the columns of a market are not found"),
            expected=Text(
                "co2、output、mac 各一列；二次响应还需 mu（曲率），有 scale 更好",
                "one column each for co2, output and mac; for the quadratic response also mu (curvature), and scale",
            ),
            found=Text(
                "缺 {m}；重复 {t}；没有的列 {a}；表中有 {h}", "missing {m}; twice {t}; absent {a}; there are {h}"
            ).format(
                m=", ".join(missing) or "-",
                t="; ".join(twice) or "-",
                a=", ".join(absent) or "-",
                h=", ".join(table.columns[:20]),
            ),
            remedy=_NAMED if "mac" not in missing else _PRICED,
        )
    return {name: columns[0] for name, columns in found.items() if columns}


def _one_period(table: pl.DataFrame, time: str | None, period: str | None) -> pl.DataFrame:
    if period is None:
        if time is not None and table[time].n_unique() > 1:
            raise SchemaError(
                Text("表中有几个时期", "the table has several periods"),
                expected=Text("一个时期，每家企业一行", "one period, one row per firm"),
                found=both(f"{time}: {_periods(table[time])}"),
                remedy=Text("用 --period 选一期", "take one with --period"),
            )
        return table
    if time is None:
        raise SchemaError(
            Text("表中没有时间列", "the table has no column of periods"),
            expected=both(", ".join(KNOWN["time"])),
            found=both(", ".join(table.columns[:20])),
            remedy=Text(
                "用 --column time=列名 指明，或去掉 --period",
                "name it with --column time=COLUMN, or leave --period out",
            ),
        )
    found = table.filter(_is_period(table[time], period))
    if not found.height:
        raise ConfigError(
            Text("没有时期 {p}", "there is no period {p}").format(p=period),
            expected=both(_periods(table[time])),
            found=both(period),
            remedy=Text("改用其中之一", "take one of these"),
        )
    return found


def _is_period(column: pl.Series, period: str) -> pl.Series:
    """Rows of a period; a year may be stored as a number with decimals."""
    if column.dtype.is_numeric():
        try:
            return column.cast(pl.Float64) == float(period)
        except ValueError:
            return column.is_null() & False
    return column.cast(pl.String) == period


def _periods(column: pl.Series) -> str:
    known = column.drop_nulls().unique().sort().head(12).to_list()
    return ", ".join(f"{v:.10g}" if isinstance(v, float) and math.isfinite(v) else str(v) for v in known)


def _repeated(values: Sequence[str]) -> list[str]:
    return sorted({v for v in values if values.count(v) > 1})


def _numeric(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Columns of numbers; an infinite price may be written in words."""
    words = [name for name in names if not frame[name].dtype.is_numeric()]
    cast = frame.with_columns(pl.col(name).cast(pl.Float64, strict=False).alias(name) for name in words)
    lost = {name: frame.filter(cast[name].is_null() & frame[name].is_not_null())[name] for name in words}
    wrong = {name: values for name, values in lost.items() if len(values)}
    if wrong:
        raise SchemaError(
            Text("有的列不是数字", "some columns hold no numbers"),
            expected=Text("{n} 为数字", "numbers in {n}").format(n=", ".join(wrong)),
            found=both("; ".join(f"{n}: {len(v)}, {v.head(_SHOWN).to_list()}" for n, v in wrong.items())),
            remedy=Text("改正这些值；没有的值留空", "correct these values; leave what is missing empty"),
        )
    return cast


def _scaled(firms: Firms, by: str | None) -> Firms:
    """The table with the scale of its frontiers, mean output / mean CO2, if it is asked for."""
    if by is None or "scale" in firms.table.columns:
        return firms
    column = None if by == "all" else firms.group("--scale-by", by)
    whole = pl.col("output").sum() / pl.col("co2").sum()
    said = Text(
        "表中没有 scale：取{g}的产出均值 ÷ CO2 均值。",
        "The table has no scale: mean output / mean CO2 of {g} is taken.",
    ).format(g=Text("全表", "the whole table") if by == "all" else Text(f"各 {by} ", f"each {by}"))
    scale = (whole if column is None else whole.over(column)).alias("scale")
    return Firms(firms.table.with_columns(scale), firms.names, (*firms.said, said))
