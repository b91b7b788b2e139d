"""What is wrong with a country table, said before anything is computed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both

_SHOWN = 5


def sound(frame: object, country: str, time: str, values: Sequence[str], what: Text) -> pl.DataFrame:
    """The named columns of a frame as text, whole years and numbers, rows without a value left out, sorted.

    Parameters
    ----------
    frame : polars or pandas frame, one row per country and year
    country, time : str
    values : columns that must hold finite numbers not below zero; a row without any of them is left out
    what : Text
        What the table holds, for the message.

    Raises
    ------
    SchemaError
        If a column is absent.
    DataError
        If a country-year stands twice, a year is no whole number, or a value is negative or infinite.
    """
    table = as_polars(frame)
    wanted = (country, time, *values)
    absent = [name for name in wanted if name not in table.columns]
    if absent:
        raise SchemaError(
            Text("{w}缺少列", "{w}: columns are absent").format(w=what),
            expected=both(", ".join(wanted)),
            found=Text("没有任何列", "no column") if not table.columns else both(", ".join(table.columns)),
            remedy=Text("改名或补上 {c}，或用参数指出列名", "rename or add {c}, or name your columns").format(
                c=", ".join(absent)
            ),
        )
    table = _typed(table, country, time, values, what)
    _refuse_below_zero(table, country, time, values, what)
    _refuse_twice(table, country, time, what)
    return table.sort(country, time)


def _typed(table: pl.DataFrame, country: str, time: str, values: Sequence[str], what: Text) -> pl.DataFrame:
    year, given = pl.col(time).cast(pl.Float64, strict=False), table.select(country, time, *values)
    odd = given.filter(pl.col(country).is_not_null() & (year.is_null() | ~year.is_finite() | (year != year.floor())))
    numbers = [pl.col(name).cast(pl.Float64, strict=False).fill_nan(None).alias(name) for name in values]
    text = given.filter(pl.any_horizontal(_unread(name) for name in values))
    for broken, expected in (
        (odd, Text("年份为整数", "years that are whole numbers")),
        (text, Text("数值为数", "values that are numbers")),
    ):
        if broken.height:
            raise DataError(
                Text("{w}有读不出的值", "{w}: some values cannot be read").format(w=what),
                expected=expected,
                found=_first(broken),
                remedy=Text("改正或删去这些行", "correct or drop these rows"),
            )
    typed = given.with_columns(pl.col(country).cast(pl.String), year.cast(pl.Int64).alias(time), *numbers)
    return typed.drop_nulls()


def _unread(name: str) -> pl.Expr:
    written = pl.col(name).cast(pl.String)
    return (
        written.is_not_null()
        & pl.col(name).cast(pl.Float64, strict=False).is_null()
        & (written.str.strip_chars() != "")
    )


def _refuse_below_zero(table: pl.DataFrame, country: str, time: str, values: Sequence[str], what: Text) -> None:
    bad = table.filter(pl.any_horizontal((pl.col(v) < 0) | ~pl.col(v).is_finite() for v in values))
    if bad.height:
        raise DataError(
            Text("{w}有负值或无穷大", "{w}: negative or infinite values").format(w=what),
            expected=Text("有限且不小于零", "finite numbers not below zero"),
            found=_first(bad),
            remedy=Text("改正这些行，或从较晚的年份起算（since）", "correct these rows, or begin later (since)"),
        )


def _refuse_twice(table: pl.DataFrame, country: str, time: str, what: Text) -> None:
    twice = table.filter(pl.struct(country, time).is_duplicated()).select(country, time).unique().sort(country, time)
    if twice.height:
        raise DataError(
            Text("{w}有重复的国家-年份", "{w}: country-years stand more than once").format(w=what),
            expected=Text("每个国家每年一行", "one row per country and year"),
            found=_first(twice),
            remedy=Text("只留一行，或先合计", "keep one row of each, or add them up first"),
        )


def refuse_empty(table: pl.DataFrame, what: Text) -> None:
    """Refuse a table in which no row is left.

    Raises
    ------
    DataError
    """
    if not table.height:
        raise DataError(
            Text("{w}没有数据", "{w}: there are no emissions").format(w=what),
            expected=Text("至少一个国家一年有值", "a country with a value in one year at least"),
            found=Text("0 行", "0 rows"),
            remedy=Text("补上数据，或从较早的年份起算（since）", "add data, or begin earlier (since)"),
        )


def refuse_gaps(gaps: Sequence[tuple[str, list[int]]]) -> None:
    """Refuse series with years missing between their first and last.

    Raises
    ------
    DataError
        Naming countries and years.
    """
    if gaps:
        missing = [(country, year) for country, years in gaps for year in years]
        raise DataError(
            Text("排放序列中间缺年", "years are missing inside emission series"),
            expected=Text("首年与末年之间每年都有值", "a value for every year from the first to the last"),
            found=Text("{c} 个国家缺 {n} 年，前几个 {f}", "{c} countries, {n} years, first {f}").format(
                c=len(gaps), n=len(missing), f=missing[:_SHOWN]
            ),
            remedy=Text(
                '补上这些年，用 since 从较晚年份起算，或用 gaps="status" 让这些国家不作判断',
                'fill them in, begin later with since, or leave these countries unjudged with gaps="status"',
            ),
        )


def refuse_sums(rows: pl.DataFrame, tolerance: float) -> None:
    """Refuse years whose clean and fossil generation do not make up the total.

    Raises
    ------
    DataError
        Naming the country-years.
    """
    if rows.height:
        raise DataError(
            Text("清洁与化石发电量之和不等于总量", "clean and fossil generation do not add up to the total"),
            expected=Text("相差不超过总量的 {t}", "a difference of at most {t} of the total").format(t=tolerance),
            found=_first(rows),
            remedy=Text(
                "改正这些行、删去它们，或放宽 tolerance", "correct or drop these rows, or allow more with tolerance"
            ),
        )


def refuse_unknown(wanted: Sequence[str], known: Sequence[str], what: Text) -> None:
    """Refuse countries that a table does not hold.

    Raises
    ------
    DataError
        Naming them.
    """
    unknown = [code for code in wanted if code not in set(known)]
    if unknown:
        raise DataError(
            Text("{w}没有这些国家", "{w}: no such countries").format(w=what),
            expected=Text("{n} 个国家之一，如 {f}", "among {n} countries such as {f}").format(
                n=len(known), f=", ".join(sorted(known)[:_SHOWN])
            )
            if known
            else Text("表中有国家，现在一个也没有", "countries in the table; it has none"),
            found=Text("{n} 个：{f}", "{n}: {f}").format(n=len(unknown), f=", ".join(unknown[:_SHOWN])),
            remedy=Text("用 ISO 3166 三位代码，或改正拼写", "use ISO 3166 alpha-3 codes, or correct the spelling"),
        )


def refuse_strangers(countries: Sequence[str], known: Sequence[str]) -> None:
    """Refuse to join countries of which the table of incomes has none: the two name them in different ways.

    Raises
    ------
    DataError
        Naming the first of both.
    """
    if countries and not set(countries) & set(known):
        raise DataError(
            Text("收入表里没有任何一个达峰的国家", "no country of the peaks is in the table of incomes"),
            expected=Text("两表用同样的国家名称或代码", "countries named alike in both tables"),
            found=Text("排放表：{a}；收入表：{b}", "emissions: {a}; incomes: {b}").format(
                a=", ".join(sorted(countries)[:_SHOWN]), b=", ".join(sorted(known)[:_SHOWN])
            ),
            remedy=Text(
                "两表都换成 ISO 3166 三位代码，或用 country= 指出同名的列",
                "put ISO 3166 alpha-3 codes in both, or name matching columns with country=",
            ),
        )


def refuse_unseen(wanted: Sequence[str], seen: Sequence[str], since: int) -> None:
    """Refuse countries asked for that have no generation from a year on, or a table that has none at all.

    Raises
    ------
    DataError
        Naming them.
    """
    unseen = [code for code in wanted if code not in set(seen)]
    if unseen or not seen:
        raise DataError(
            Text("{y} 年起没有发电量", "there is no generation from {y} on").format(y=since),
            expected=Text("每个所要的国家至少一年总发电量大于零", "a year with a total above zero for every country"),
            found=Text("{n} 个国家：{f}", "{n} countries: {f}").format(
                n=len(unseen), f=", ".join(unseen[:_SHOWN]) or "-"
            ),
            remedy=Text(
                "从较早的年份起（since），或去掉这些国家", "begin earlier (since), or leave these countries out"
            ),
        )


def refuse_without_year(row: Mapping[str, object]) -> None:
    """Refuse a country whose verdict has no highest year.

    Raises
    ------
    DataError
        Naming it and the verdict.
    """
    if row["peak_year"] is None:
        raise DataError(
            Text("{c} 没有最高年", "{c} has no highest year").format(c=row["country"]),
            expected=Text("有最高年的国家", "countries with a highest year"),
            found=both(str(row["status"])),
            remedy=Text("去掉该国，或补上排放数据", "leave it out, or add its emissions"),
        )


def _first(rows: pl.DataFrame) -> Text:
    return Text("{n} 行，前几行 {f}", "{n} rows, first {f}").format(n=rows.height, f=rows.head(_SHOWN).rows())
