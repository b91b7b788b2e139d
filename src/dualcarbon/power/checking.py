"""What is wrong with a scenario, an amount of energy or a list of years, said before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.power.words import SOURCES

_SUM = 1e-6
"""Largest difference of a year's shares from one: six printed digits."""
_SHOWN = 5
_WORDS = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}
"""How a source is said to be clean or not."""


def checked(data: object) -> pl.DataFrame:
    """A scenario's rows as `year`, `source`, `clean`, `generation_twh`, complete and sorted.

    Raises
    ------
    SchemaError, DataError
        See `own_scenario`.
    """
    table = as_polars(data)
    by_share = "generation_twh" not in table.columns
    wanted = ["year", "source", *(["share", "total_twh"] if by_share else ["generation_twh"])]
    absent = [name for name in wanted if name not in table.columns]
    if absent:
        raise SchemaError(
            Text("情景缺少列", "the scenario lacks columns"),
            expected=Text(
                "year、source、generation_twh；或 year、source、share、total_twh",
                "year, source, generation_twh; or year, source, share, total_twh",
            ),
            found=Text("没有任何列", "no column") if not table.columns else both(", ".join(table.columns)),
            remedy=Text("补上 {c}", "add {c}").format(c=", ".join(absent)),
        )
    values = wanted[2:]
    table = _numbers(table, values)
    if by_share:
        _refuse_sums(table)
        table = table.with_columns(generation_twh=pl.col("share") * pl.col("total_twh"))
    table = _flagged(table)
    _refuse_twice_or_missing(table)
    return table.select("year", "source", "clean", "generation_twh").sort("year", "clean", "source")


def _numbers(table: pl.DataFrame, values: list[str]) -> pl.DataFrame:
    year = pl.col("year").cast(pl.Float64, strict=False)
    typed = table.with_columns(
        year, pl.col("source").cast(pl.String), *(pl.col(v).cast(pl.Float64, strict=False) for v in values)
    )
    whole = pl.col("year").is_finite() & (pl.col("year") == pl.col("year").floor())
    good = pl.all_horizontal(pl.col(v).is_finite() & (pl.col(v) >= 0.0) for v in values)
    bad = table.filter(typed.select(~(whole & good & pl.col("source").is_not_null()).fill_null(False)).to_series())
    if bad.height:
        raise _fault(
            Text("情景有负的、缺失的或读不出的值", "the scenario has negative, missing or unreadable values"),
            Text("整数年份、来源名称与不小于零的数", "whole years, a source, numbers not below zero"),
            bad.select("year", "source", *values),
            Text("改正这些行；没有发电的来源写 0", "correct these rows; write 0 where a source generates nothing"),
        )
    return typed.with_columns(pl.col("year").cast(pl.Int64))


def _refuse_sums(table: pl.DataFrame) -> None:
    sums = table.group_by("year").agg(pl.col("share").sum(), totals=pl.col("total_twh").n_unique()).sort("year")
    off = sums.filter(((pl.col("share") - 1.0).abs() > _SUM) | (pl.col("totals") > 1))
    if off.height:
        raise _fault(
            Text("各来源的份额之和不为 1，或同年总量不一", "shares do not add up to one, or a year has several totals"),
            Text(
                "每年份额之和为 1，误差不超过 {t}；总量一个", "shares of a year adding up to 1 within {t}; one total"
            ).format(t=_SUM),
            off,
            Text(
                "补上缺的来源，或改正份额（0 到 1，不是百分数）",
                "add what is missing, or correct (0 to 1, not percent)",
            ),
        )


def _flagged(table: pl.DataFrame) -> pl.DataFrame:
    known = {name: source.clean for name, source in SOURCES.items()}
    guess = pl.col("source").replace_strict(known, default=None, return_dtype=pl.Boolean)
    own = _said_clean(table) if "clean" in table.columns else pl.lit(None, pl.Boolean)
    flagged = table.with_columns(clean=pl.coalesce(own, guess))
    strange = flagged.filter(pl.col("clean").is_null())
    if strange.height:
        raise _fault(
            Text("不知道这些来源是否清洁", "it is not known whether these sources are clean"),
            Text("{s}，或带 clean 列", "{s}, or a column clean").format(s=" | ".join(SOURCES)),
            strange.select("year", "source"),
            Text("改用所列名称，或加 clean 列", "use these names, or add a column clean"),
        )
    split = flagged.group_by("source").agg(pl.col("clean").n_unique()).filter(pl.col("clean") > 1)
    if split.height:
        raise _fault(
            Text("同一来源有时清洁有时不是", "a source is clean in some rows and not in others"),
            Text("每个来源只有一种", "one kind per source"),
            split.select("source"),
            Text("分成两个来源", "make two sources of it"),
        )
    return flagged


def _said_clean(table: pl.DataFrame) -> pl.Expr:
    """The column `clean` as true or false, however written; null where it is empty."""
    written = pl.col("clean").cast(pl.String).str.strip_chars().str.to_lowercase()
    read = written.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)
    unread = table.filter(written.is_not_null() & (written != "") & read.is_null())
    if unread.height:
        raise _fault(
            Text("clean 列有读不出的值", "the column clean has values that cannot be read"),
            both(" | ".join(_WORDS)),
            unread.select("year", "source", "clean"),
            Text("写 true 或 false", "write true or false"),
        )
    return read


def _refuse_twice_or_missing(table: pl.DataFrame) -> None:
    twice = table.filter(pl.struct("year", "source").is_duplicated()).select("year", "source").unique()
    if twice.height:
        raise _fault(
            Text("同年同一来源出现多次", "a source stands more than once in a year"),
            Text("每年每个来源一行", "one row per year and source"),
            twice.sort("year", "source"),
            Text("合计或删去", "add them up or drop one"),
        )
    years, names = table.select("year").unique(), table.select("source").unique()
    missing = years.join(names, how="cross").join(table, on=["year", "source"], how="anti").sort("year", "source")
    empty = table.group_by("year").agg(pl.col("generation_twh").sum()).filter(pl.col("generation_twh") <= 0.0)
    if missing.height or empty.height or years.height < 2:
        raise _fault(
            Text("情景不完整", "the scenario is incomplete"),
            Text(
                "至少两个年份，每年每个来源都有值，总量大于零",
                "two years or more, every source in each, totals above zero",
            ),
            missing if missing.height else empty if empty.height else years,
            Text("补上缺的年份与来源；没有发电写 0", "add the missing years and sources; write 0 for none"),
        )


def _fault(what: Text, expected: Text, rows: pl.DataFrame, remedy: Text) -> DataError:
    found = Text("{n} 行，前几行 {f}", "{n} rows, first {f}").format(n=rows.height, f=rows.head(_SHOWN).rows())
    return DataError(what, expected=expected, found=found, remedy=remedy)


def require_years(years: object, span: Sequence[int], label: Text) -> NDArray[np.int64]:
    """The years as whole numbers, each between the first and last of `span`.

    Raises
    ------
    DataError
        Naming years outside, or numbers that are no whole years.
    """
    try:
        given = np.atleast_1d(np.asarray(years, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise _no_years(label, span, both(repr(years))) from error
    outside = given[~(np.isfinite(given) & (given == np.floor(given)) & (given >= span[0]) & (given <= span[-1]))]
    if len(outside) or not len(given):
        shown = [int(y) if np.isfinite(y) and y == np.floor(y) else y for y in outside[:_SHOWN].tolist()]
        raise _no_years(label, span, Text("{n} 个：{f}", "{n}: {f}").format(n=len(outside), f=shown))
    return given.astype(np.int64)


def require_year(year: object, span: Sequence[int], label: Text) -> int:
    """One whole year between the first and last of `span`.

    Raises
    ------
    DataError
        If it is no whole year, lies outside, or there are several.
    """
    if np.ndim(year) != 0:  # type: ignore[arg-type]
        raise _no_years(label, span, both(repr(year)))
    return int(require_years(year, span, label)[0])


def _no_years(label: Text, span: Sequence[int], found: Text) -> DataError:
    return DataError(
        Text("{l}没有这些年份", "{l}: no such years").format(l=label),
        expected=Text("{a}-{b} 间的整数年份", "whole years in {a}-{b}").format(a=span[0], b=span[-1]),
        found=found,
        remedy=Text(
            "缩短年份范围，或用 own_scenario 给出覆盖这些年的情景；此处不外推",
            "ask for fewer years, or bring a scenario that covers them with own_scenario; nothing is extrapolated",
        ),
    )


def require_energy(mwh: float) -> float:
    """An amount of electricity, MWh.

    Raises
    ------
    DataError
        If it is negative or not finite.
    """
    try:
        amount = float(mwh)
    except (TypeError, ValueError):
        amount = float("nan")
    if not (np.isfinite(amount) and amount >= 0.0):
        raise DataError(
            Text("电量为负或不是有限数", "the amount of electricity is negative or not finite"),
            expected=Text("不小于零的兆瓦时", "MWh, not below zero"),
            found=Text("1 个值：{v}", "1 value: {v}").format(v=mwh),
            remedy=Text("改正电量；上网电量另计", "correct it; account for power fed into the grid apart"),
        )
    return amount
