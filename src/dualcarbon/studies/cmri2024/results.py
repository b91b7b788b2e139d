"""What the exhibits of chapter 4 read: every number is estimated before, none here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.errors import DualcarbonError
from dualcarbon.core.panel import Drop, Provenance
from dualcarbon.core.results import Estimate, FrontierResult
from dualcarbon.core.text import Text
from dualcarbon.studies.config import FirmStudy

if TYPE_CHECKING:
    from dualcarbon.effects.group_result import GroupDifference
    from dualcarbon.studies.cmri2024.adoption import AdoptionResults
    from dualcarbon.studies.cmri2024.market import MarketResults

_SIZES = ("small", "large")


@dataclass(frozen=True, slots=True)
class Sample:
    """The firm table in numbers."""

    provenance: Provenance
    rows: int
    firms: int
    first_year: int
    last_year: int
    drops: tuple[Drop, ...]
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a simulated survey planted: medians by industry, estimands by exhibit and column."""

    industries: pl.DataFrame
    effects: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Regressions:
    """The estimates behind Tables 4-2 to 4-4, by name, with the median that splits the sizes.

    `sizes` compares small with large firms, by the name of the regression that is split.
    """

    estimates: dict[str, Estimate]
    sizes: dict[str, GroupDifference]
    median_assets_cny: float

    def __getitem__(self, name: str) -> Estimate:
        whole, _, size = name.partition("_")
        if size in _SIZES:
            return self.sizes[whole].estimates[_SIZES.index(size)]
        return self.estimates[name]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a part of the report could not be computed from these firms."""

    reason: Text

    @classmethod
    def by(cls, error: DualcarbonError) -> Refused:
        """What failed and what was found."""
        return cls(Text("{w}：{f}", "{w}: {f}").format(w=error.what, f=error.found))


@dataclass(frozen=True, slots=True)
class Results:
    """All that chapter 4 needs.

    `industries` has one row per two-digit industry: the default's and the quadratic's MAC, abatement room,
    statuses. `truth` is None on real data.
    """

    config: FirmStudy
    sample: Sample
    industries: pl.DataFrame
    default: FrontierResult
    quadratic: FrontierResult
    regressions: Regressions
    market: MarketResults | Refused
    adoption: AdoptionResults | Refused
    truth: Truth | None
