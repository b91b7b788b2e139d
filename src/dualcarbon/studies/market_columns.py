"""The columns of a market in a user's table: found by name, or named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.core.text import Text, both

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
_SHOWN = 5


def firms_table(
    file: Path, named: Mapping[str, str], period: str | None, scale_by: str | None, reading: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[Text, ...]]:
    """One row per firm under the names of the market room, and what was assumed on the way.

    Where `scale` is absent, `scale_by` asks for mean output over mean CO2 of each group of that column, or of "all".

    Raises
    ------
    InputError
        The file cannot be read.
    ConfigError
        A name that is no column of the market.
    SchemaError
        A column is not found, is found twice or holds text; a firm has several rows.
    """
    table = _read(file, reading)
    places = _places(table, named)
    frame = _one_period(table, places.get("time"), period)
    kept = {source: name for name, source in places.items()}
    taken = [c for c in frame.columns if c in KNOWN and c not in kept]
    frame = frame.rename({c: f"{c}_given" for c in taken}).rename(kept)
    frame = _numeric(frame, [name for name in KNOWN if name in frame.columns and name not in ("firm", "time")])
    if "firm" in frame.columns:
        _require_single(frame)
    return _scaled(frame, scale_by)


def _read(file: Path, reading: Mapping[str, str]) -> pl.DataFrame:
    from dualcarbon.panel.casting import blank_to_null, settle
    from dualcarbon.panel.formats import Options, load_table

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
    found = {name: [c for c in table.columns if c.strip().casefold() in words] for name, words in KNOWN.items()}
    found |= {name: [source] for name, source in named.items()}
    missing = [name for name in NEEDED if not found[name]]
    twice = [f"{name}: {', '.join(columns)}" for name, columns in found.items() if len(columns) > 1]
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
            remedy=Text("用 --column 名称=列名 指明，可多次", "name them with --column NAME=COLUMN, repeatable"),
        )
    return {name: columns[0] for name, columns in found.items() if columns}


def _one_period(table: pl.DataFrame, time: str | None, period: str | None) -> pl.DataFrame:
    if period is None:
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
    found = table.filter(pl.col(time).cast(pl.String) == period)
    if not found.height:
        raise ConfigError(
            Text("没有时期 {p}", "there is no period {p}").format(p=period),
            expected=both(", ".join(str(v) for v in table[time].unique().sort().head(12).to_list())),
            found=both(period),
            remedy=Text("改用其中之一", "take one of these"),
        )
    return found


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


def _require_single(frame: pl.DataFrame) -> None:
    twice = frame.filter(pl.col("firm").is_not_null() & pl.col("firm").is_duplicated())["firm"].unique(
        maintain_order=True
    )
    if len(twice):
        raise SchemaError(
            Text("有的企业不止一行", "some firms have more than one row"),
            expected=Text("每家企业一行", "one row per firm"),
            found=Text("{n} 家，前几家 {f}", "{n} firms, first {f}").format(
                n=len(twice), f=twice.head(_SHOWN).to_list()
            ),
            remedy=Text(
                "多期的表用 --period 选一期；否则改正编号",
                "take one period with --period where the table has several; else correct the keys",
            ),
        )


def _scaled(frame: pl.DataFrame, by: str | None) -> tuple[pl.DataFrame, tuple[Text, ...]]:
    """The table with the scale of its frontiers, mean output / mean CO2, if it is asked for."""
    if by is None or "scale" in frame.columns:
        return frame, ()
    if by != "all" and by not in frame.columns:
        raise ConfigError(
            Text("没有列 {c}", "there is no column {c}").format(c=by),
            expected=both(", ".join((*frame.columns[:20], "all"))),
            found=both(f"--scale-by {by}"),
            remedy=Text("改用前沿的分组列，或 all", "name the column of the frontier's groups, or all"),
        )
    whole = pl.col("output").sum() / pl.col("co2").sum()
    said = Text(
        "表中没有 scale：取{g}的产出均值 ÷ CO2 均值。",
        "The table has no scale: mean output / mean CO2 of {g} is taken.",
    ).format(g=Text("全表", "the whole table") if by == "all" else Text(f"各 {by} ", f"each {by}"))
    return frame.with_columns((whole if by == "all" else whole.over(by)).alias("scale")), (said,)
