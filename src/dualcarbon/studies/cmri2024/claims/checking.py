"""Every claim with its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.claims import by_evidence, by_nations, by_reason, by_tables
from dualcarbon.studies.cmri2024.claims.claim import Claim, Finding, listed

Status = Literal["agrees", "disagrees", "not_checkable"]
STATUSES: tuple[Status, ...] = get_args(Status)
_ROUNDING = 1e-9
"""Relative slack of the comparison, for halves that a float cannot hold."""

LABELS: Mapping[Status, Text] = {
    "agrees": Text("一致", "agrees"),
    "disagrees": Text("不一致", "disagrees"),
    "not_checkable": Text("无法核对", "not checkable"),
}

CHECKS: Mapping[str, Callable[[Claim], Finding]] = {
    check.__name__: check
    for check in (
        by_nations.peak_year,
        by_nations.gdp_per_head,
        by_nations.printed_ratio,
        by_nations.growth_needed,
        by_nations.generation,
        by_tables.mac_ratio,
        by_tables.order_named,
        by_tables.repeats_table,
        by_tables.pooled_scale,
        by_tables.rows_printed,
        by_tables.items_named,
        by_evidence.evidence,
        by_evidence.evidence_peak,
        by_evidence.evidence_sum,
        by_evidence.pilot_gdp,
        by_evidence.pilot_gdp_per_head,
        by_evidence.station_saving,
        by_reason.confidential,
        by_reason.no_source,
        by_reason.forecast,
        by_reason.quotation,
        by_reason.station_measured,
        by_reason.compute_growth,
    )
}
"""The functions that the list names."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim, what was found, and the verdict."""

    claim: Claim
    finding: Finding
    status: Status


@cache
def checked() -> tuple[Checked, ...]:
    """Every claim of the list, checked, in the order of the report."""
    found = ((claim, CHECKS[claim.check](claim)) for claim in listed())
    return tuple(Checked(claim, finding, verdict(claim, finding)) for claim, finding in found)


def verdict(claim: Claim, finding: Finding) -> Status:
    """What the finding says of the claim.

    Equal and about: |value - printed| <= tolerance. Above: value >= printed. Without a value nothing is checked.

    Examples
    --------
    >>> from dualcarbon.studies.cmri2024.claims.claim import of
    >>> verdict(of("gbr_peak_year"), Finding(1971.0, Text("同", "same")))
    'agrees'
    """
    if finding.value is None:
        return "not_checkable"
    if finding.holds is not None:
        return "agrees" if finding.holds else "disagrees"
    slack = _ROUNDING * max(abs(claim.printed), abs(finding.value))
    if claim.relation == "above":
        return "agrees" if finding.value >= claim.printed - slack else "disagrees"
    return "agrees" if abs(finding.value - claim.printed) <= claim.tolerance + slack else "disagrees"


def counts() -> dict[Status, int]:
    """How many claims have each verdict."""
    found = Counter(one.status for one in checked())
    return {status: found[status] for status in STATUSES}
