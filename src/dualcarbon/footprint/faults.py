"""What the room refuses, in one place: each message names the quantity, counts, the first keys, and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]
SHOWN = 5
"""Keys told in a message."""


def counted(keys: Sequence[object]) -> Text:
    """How many, and the first of them."""
    first = ", ".join(str(k) for k in keys[:SHOWN])
    return Text("{n} 个，前几个：{f}", "{n}, the first: {f}").format(n=len(keys), f=first)


def require_range(
    what: Text,
    years: Iterable[int],
    values: Floats,
    *,
    low: float = 0.0,
    high: float = np.inf,
    remedy: Text | None = None,
) -> None:
    """Every value finite and within [low, high].

    Raises
    ------
    DataError
        With the number of values outside, and the first years with their values.
    """
    outside = ~((values >= low) & (values <= high) & np.isfinite(values))
    if not outside.any():
        return
    found = [f"{y}: {v:g}" for y, v, out in zip(years, values, outside, strict=True) if out]
    least = "> 0" if 0.0 < low < np.finfo(np.float64).tiny else f">= {low:g}"
    bound = both(least) if np.isinf(high) else Text("{a} 到 {b}", "{a} to {b}").format(a=f"{low:g}", b=f"{high:g}")
    raise DataError(
        Text("{w}超出允许的范围", "{w}: outside the range allowed").format(w=what),
        expected=bound,
        found=counted(found),
        remedy=remedy or Text("改正这些年份的值", "correct the values of these years"),
    )


def number(what: Text, given: object) -> float:
    """The number that was given.

    Raises
    ------
    ConfigError
        If it is none.
    """
    try:
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ConfigError(
            Text("{w}不是数", "{w}: not a number").format(w=what),
            expected=Text("一个数，或年份到数的映射", "a number, or a mapping of years to numbers"),
            found=both(repr(given)),
            remedy=Text("改正这个值", "correct the value"),
        ) from error


def require_years(what: Text, have: Iterable[int], wanted: Iterable[int], remedy: Text) -> None:
    """Every wanted year among those there are.

    Raises
    ------
    DataError
        With the number of missing years and the first of them.
    """
    there = sorted({int(y) for y in have})
    missing = sorted({int(y) for y in wanted} - set(there))
    if not missing:
        return
    span = both(f"{there[0]}-{there[-1]}") if there else Text("没有任何年份", "no year at all")
    raise DataError(
        Text("{w}缺少年份", "{w}: years are missing").format(w=what),
        expected=Text("所求各年都有值；现有 {s}", "a value for every year asked for; there are {s}").format(s=span),
        found=counted(missing),
        remedy=remedy,
    )


def require_choice(what: Text, given: object, allowed: Iterable[str]) -> None:
    """A word among those allowed.

    Raises
    ------
    ConfigError
        With the words allowed.
    """
    words = tuple(allowed)
    if given in words:
        return
    raise ConfigError(
        Text("没有这个选项：{w}", "no such choice: {w}").format(w=what),
        expected=both(" | ".join(words)),
        found=both(repr(given)),
        remedy=Text("从上列名称中选一个", "take one of the names above"),
    )


def require_positive(what: Text, value: float, remedy: Text) -> None:
    """A finite number above zero.

    Raises
    ------
    ConfigError
    """
    if isinstance(value, Real) and np.isfinite(value) and value > 0.0:
        return
    raise ConfigError(
        Text("{w}须大于零", "{w} must be above zero").format(w=what),
        expected=Text("有限的正数", "a finite number above zero"),
        found=both(f"{value!r}"),
        remedy=remedy,
    )


def asked_years(years: Iterable[int]) -> NDArray[np.int64]:
    """The years asked for, increasing, each once.

    Raises
    ------
    ConfigError
        If there is none, or one is not a whole number.
    """
    given: list[object] = list(years) if isinstance(years, Iterable) and not isinstance(years, str) else [years]
    whole = [year for y in given if (year := whole_year(y)) is not None]
    if given and isinstance(years, Iterable) and len(whole) == len(given):
        return np.unique(np.array(whole, dtype=np.int64))
    raise _wrong_years(given)


def whole_year(given: object) -> int | None:
    """A year, also where it is written as text or kept as 2030.0; None for anything else."""
    try:
        number = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else None


def by_year(what: Text, given: Mapping[int, float]) -> dict[int, float]:
    """The values by whole year, increasing.

    Raises
    ------
    ConfigError
        If it is no mapping, a key is no whole year, two keys are the same year, or a value is no number.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(
            Text("{w}不是逐年的值", "{w}: not values by year").format(w=what),
            expected=Text("年份到数的映射", "a mapping of years to numbers"),
            found=both(type(given).__name__),
            remedy=Text("例如 {2023: 1.0, 2024: 2.0}", "for example {2023: 1.0, 2024: 2.0}"),
        )
    years = {key: whole_year(key) for key in given}
    if None in years.values() or len(set(years.values())) < len(years):
        raise _wrong_years(list(given))
    return dict(sorted((year, number(what, given[key])) for key, year in years.items() if year is not None))


def _wrong_years(given: list[object]) -> ConfigError:
    return ConfigError(
        Text("年份不对", "the years are wrong"),
        expected=Text("至少一个整数年份，各一次", "whole years, at least one, each once"),
        found=counted([repr(y) for y in given]) if given else Text("没有年份", "no year"),
        remedy=Text("例如 range(2019, 2026)，一年写 [2024]", "for example range(2019, 2026); one year as [2024]"),
    )


def require_held(what: Text, *values: Floats) -> None:
    """Numbers that a float holds: finite, and not fallen to zero.

    Raises
    ------
    DataError
    """
    lost = [f"{v:g}" for part in values for v in np.atleast_1d(part).tolist() if not (np.isfinite(v) and v > 0.0)]
    if lost:
        raise DataError(
            Text("{w}超出数所能表示的范围", "{w}: beyond what a number holds").format(w=what),
            expected=Text("1e-308 与 1e308 之间的数", "numbers between 1e-308 and 1e308"),
            found=counted(lost),
            remedy=Text("缩短年份范围，或用较小的倍数", "ask for fewer years, or take smaller multiples"),
        )
