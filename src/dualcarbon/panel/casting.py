"""Text into codes and numbers, strictly: what does not fit is counted and shown, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from dualcarbon.core.schema import Kind
from dualcarbon.core.text import Text

_GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_DECISIVE = r"^[+-]?\d{1,3}(,\d{3}){2,}(\.\d*)?$|^[+-]?\d{1,3},\d{3}\.\d*$"
_YEAR = r"^(\d{4})(?:年|年度|[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T].*)?|年\d{1,2}月\d{1,2}日)$"
_PERCENT = r"^(.*\d)\s*[%％]$"
_EXACT_32, _EXACT_64 = 2**24, 2**53
_NOT_NUMBER = Text("不是数", "not a number")
_NOT_WHOLE = Text("不是整数", "not a whole number")
_SIGNED = Text(
    "带百分号，其单位却不是 percent（在 [data.units] 中声明）",
    "percentages, though their unit is not percent (declare it in [data.units])",
)
_INEXACT = Text(
    "代码以浮点数存放且超出其精度，末位已丢失",
    "a code held as a floating-point number beyond its precision, last digits lost",
)


@dataclass(frozen=True, slots=True)
class Cast:
    """A column after conversion; `faults` marks the rows whose value did not fit, for the reason given."""

    values: pl.Series
    faults: pl.Series
    reason: Text


def blank_to_null(name: str, kind: pl.DataType, missing: Sequence[str]) -> pl.Expr:
    """Text trimmed; blank text, NaN and what is declared to mean "missing", a word or a number, as null."""
    column = pl.col(name)
    if kind.is_numeric():
        known = column.fill_nan(None) if kind.is_float() else column
        codes = [code for code in map(_number, missing) if code is not None]
        return pl.when(~known.cast(pl.Float64).is_in(codes)).then(known).alias(name) if codes else known
    if kind == pl.String:
        trimmed = column.str.strip_chars()
        holds = trimmed.str.len_bytes() > 0
        words = [m.strip() for m in missing]
        return pl.when(holds & ~trimmed.is_in(words) if words else holds).then(trimmed).alias(name)
    return column


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def cast(column: pl.Series, kind: Kind) -> Cast:
    """The column as text, whole numbers or numbers; it must have passed `blank_to_null`."""
    if kind == "text":
        return _to_text(column)
    return _to_number(column) if kind == "number" else _to_integer(column)


def settle(column: pl.Series) -> pl.Series:
    """A text column as numbers if every value is one and none has a leading zero (a code); else as it is."""
    if column.dtype != pl.String:
        return column
    if column.str.contains(r"^[+-]?0\d").any():
        return column
    for kind in (pl.Int64, pl.Float64):
        number = column.cast(kind, strict=False)
        if number.null_count() == column.null_count() and not (kind == pl.Float64 and _odd(number).any()):
            return number if number.null_count() < column.len() else column
    return column


def _odd(number: pl.Series) -> pl.Series:
    return (number.is_nan() | number.is_infinite()).fill_null(False)


def _new_nulls(before: pl.Series, after: pl.Series) -> pl.Series:
    return before.is_not_null() & after.is_null()


def _to_number(column: pl.Series) -> Cast:
    if column.dtype == pl.String:
        return _text_to_number(column)
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return Cast(pl.repeat(None, column.len(), dtype=pl.Float64, eager=True), column.is_not_null(), _NOT_NUMBER)
    values = column.cast(pl.Float64)
    return _finite(values, column.is_null() & False)


def _years(column: pl.Series) -> pl.Series:
    """The year in place of a date, or of a year written out: 2015-12-31, 2015年."""
    if column.dtype in (pl.Date, pl.Datetime):
        return column.dt.year()
    return column.str.replace(_YEAR, "${1}") if column.dtype == pl.String else column


def has_percent_signs(column: pl.Series) -> bool:
    """Whether a value is written with a percent sign."""
    return column.dtype == pl.String and bool(column.str.contains(_PERCENT).any())


def without_percent_signs(column: pl.Series) -> pl.Series:
    """The column with "5.12" in place of "5.12%"."""
    return column.str.replace(_PERCENT, "${1}") if column.dtype == pl.String else column


def full_codes(codes: pl.Series, width: int) -> pl.Series:
    """Codes of so many digits with the zeros that a column of numbers has lost: 6 is 06 where others are 13.

    Nothing is changed where a code is no number or longer, or where none has the full width.
    """
    lengths = codes.str.len_bytes()
    if lengths.max() != width or not codes.str.contains(r"^\d+$").all():
        return codes
    return codes.str.zfill(width)


def _text_to_number(column: pl.Series) -> Cast:
    values = column.cast(pl.Float64, strict=False)
    faults = _new_nulls(column, values)
    if faults.any() and column.filter(faults).str.contains(_GROUPED).all() and _separators_are_thousands(column):
        values = column.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
        faults = _new_nulls(column, values)
    found = _finite(values, faults)
    signed = found.faults.any() and column.filter(found.faults).str.contains(_PERCENT).all()
    return replace(found, reason=_SIGNED) if signed else found


def _separators_are_thousands(column: pl.Series) -> bool:
    """Whether a value proves it: 1,234,567 or 1,234.5 does; 1,234 alone may be a decimal comma."""
    return bool(column.str.contains(_DECISIVE).any())


def _finite(values: pl.Series, faults: pl.Series) -> Cast:
    odd = _odd(values)
    if odd.any():
        return Cast(values.set(odd, None), faults | odd, _NOT_NUMBER)
    return Cast(values, faults, _NOT_NUMBER)


def _to_integer(column: pl.Series) -> Cast:
    number = _to_number(_years(column))
    values = number.values.cast(pl.Int64, strict=False)
    broken = number.values.is_not_null() & (values.is_null() | (values.cast(pl.Float64) != number.values)).fill_null(
        True
    )
    return Cast(values.set(broken, None), number.faults | broken, _NOT_WHOLE)


def _to_text(column: pl.Series) -> Cast:
    none = column.is_null() & False
    if column.dtype == pl.String:
        return Cast(column, none, _NOT_WHOLE)
    if column.dtype.is_float():
        limit = _EXACT_32 if column.dtype == pl.Float32 else _EXACT_64
        lost = (column.abs() > limit).fill_null(False)
        if lost.any():
            return Cast(column.cast(pl.String).set(lost, None), lost, _INEXACT)
        whole = _to_integer(column)
        return Cast(whole.values.cast(pl.String), whole.faults, _NOT_WHOLE)
    return Cast(column.cast(pl.String), none, _NOT_WHOLE)
