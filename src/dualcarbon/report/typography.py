"""Characters: formulas with subscripts, minus signs, and what a control character must not do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Script = Literal["", "sub", "sup"]

MINUS = "−"
DASH = "–"
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙ", "0123456789+−n", strict=True))
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+−n", strict=True))
_LOWER = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISE = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_FORMULA = re.compile(r"(?<![A-Z0-9_])(?:CO2|CH4|N2O|SO2)(?![0-9_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACE = re.compile(r"[\t\r\n\u2028\u2029]+")
_NEGATIVE = re.compile(r"(?<=[\s(（：:，,])-(?=\d)")
_NAUGHT = re.compile(r"-[0.,]+ ?%?")
_PERCENT = re.compile(r"(?<=[\d∞]) %")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_EXPONENT = re.compile(r"e([+-])0*(\d+)$")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one position: on the line, lowered or raised."""

    text: str
    script: Script = ""


def clean(text: str) -> str:
    """The text with an empty box for characters that files may not hold and a space for line breaks."""
    return _CONTROL.sub("□", _SPACE.sub(" ", text))


def glyphs(text: str) -> str:
    """The text with the digits of chemical formulas as subscript characters, and true minus signs before numbers.

    A percent sign stands at its number: without a space in Chinese, behind one that does not break elsewhere.

    Examples
    --------
    >>> glyphs("ln CO2, tCO2e, column CO2_t")
    'ln CO₂, tCO₂e, column CO2_t'
    >>> glyphs("skewness -0.21, 2008-2016")
    'skewness −0.21, 2008-2016'
    """
    percent = "%" if _CHINESE.search(text) else "\u00a0%"
    written = _PERCENT.sub(percent, clean(text))
    return _NEGATIVE.sub(MINUS, _FORMULA.sub(lambda match: match[0].translate(_LOWER), written))


def _script(character: str) -> Script:
    if character in _SUBSCRIPTS:
        return "sub"
    return "sup" if character in _SUPERSCRIPTS else ""


def runs(text: str) -> tuple[Run, ...]:
    """The text cut into runs, with subscripts and superscripts written in ordinary characters.

    Examples
    --------
    >>> runs("CO2")
    (Run(text='CO', script=''), Run(text='2', script='sub'))
    """
    ordinary = _SUBSCRIPTS | _SUPERSCRIPTS
    return tuple(
        Run("".join(ordinary.get(c, c) if script else c for c in part), script)
        for script, part in groupby(glyphs(text), _script)
    )


def number_text(value: float, form: str) -> str:
    """A number as it is printed: true minus sign, powers of ten written out, infinity as its sign.

    What rounds to zero has no sign.

    Examples
    --------
    >>> number_text(-1234.5, ",.1f"), number_text(2.5e-7, ".1e")
    ('−1,234.5', '2.5×10⁻⁷')
    """
    text = format(value, form).replace("inf", "∞")
    power = _EXPONENT.search(text)
    if power is not None:
        exponent = (power[1].replace("+", "") + power[2]).translate(_RAISE)
        text = f"{text[: power.start()]}×10{exponent}"
    return text.replace("-", "" if _NAUGHT.fullmatch(text) else MINUS)
