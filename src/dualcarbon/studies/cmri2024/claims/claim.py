"""A printed number, and what was found of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text

FOLDER = "studies/cmri2024/claims"
Relation = Literal["equal", "above", "about"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One number the report prints.

    Attributes
    ----------
    key : str
    section : str
        Of the report, such as 2.1.
    line : int
        Line of the transcribed report.
    said : Text
        The words it stands in, verbatim (tabs as spaces), and their sense in English.
    token : str
        The number as printed; empty where the claim is an order or a sum.
    printed : float
        Its value, in `unit`.
    unit : Text
    relation : str
        "equal"; "above" where the words say more than; "about" where they say near or around.
    tolerance : float
        Equal: half of the last digit printed. About: a tenth of the value, two years for a year. Above: none.
    check, argument : str
        The function that computes it, and on what.
    """

    key: str
    section: str
    line: int
    said: Text
    token: str
    printed: float
    unit: Text
    relation: Relation
    tolerance: float
    check: str
    argument: str

    @property
    def decimals(self) -> int:
        """Digits behind the point, as printed."""
        return len(self.token.partition(".")[2])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    value : float or None
        The number computed, in the claim's unit; None where there is none.
    reason : Text
        How it was found, why it differs, or why nothing can be computed.
    source : Text, optional
        Where the facts of the computation come from.
    holds : bool or None
        The verdict where it is not that of value against print; None for that.
    """

    value: float | None
    reason: Text
    source: Text | None = None
    holds: bool | None = None


@cache
def listed() -> tuple[Claim, ...]:
    """Every claim, in the order of the report.

    Examples
    --------
    >>> listed()[0].key
    'gdp_per_head_2035'
    """
    return tuple(_claim(row) for row in reference_rows("claims", FOLDER))


def of(key: str) -> Claim:
    """The claim of this key."""
    return next(claim for claim in listed() if claim.key == key)


def _claim(row: dict[str, str]) -> Claim:
    return Claim(
        row["key"],
        row["section"],
        int(row["line"]),
        Text(row["said_zh"], row["said_en"]),
        row["token"],
        float(row["printed"]),
        Text(row["unit_zh"], row["unit_en"]),
        cast(Relation, row["relation"]),
        float(row["tolerance"]),
        row["check"],
        row["argument"],
    )
