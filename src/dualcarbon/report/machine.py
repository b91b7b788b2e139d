"""Values for machines: what the data formats share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral
from typing import Any

from dualcarbon.core.exhibit import Value
from dualcarbon.core.text import Text
from dualcarbon.report.printed import is_missing
from dualcarbon.report.typography import clean, glyphs


def in_both(text: Text) -> dict[str, str]:
    """A phrase as ``{"zh": ..., "en": ...}``."""
    return {"zh": glyphs(text.zh), "en": glyphs(text.en)}


def plain(value: Value) -> int | float | str | bool | dict[str, str] | None:
    """A value as JSON can hold it: missing is None, infinity is the word ``Infinity``, numpy scalars are Python's.

    Examples
    --------
    >>> plain(float("nan")), plain(float("-inf")), plain("CO2")
    (None, '-Infinity', 'CO2')
    """
    if value is None or is_missing(value):
        return None
    if isinstance(value, Text):
        return in_both(value)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")


def optional(text: Text | None) -> dict[str, str] | None:
    """A phrase as `in_both`, None where there is none."""
    return None if text is None else in_both(text)


def plain_all(values: Iterable[Value] | None) -> list[Any] | None:
    """Values as `plain`, None where there are none."""
    return None if values is None else [plain(value) for value in values]
