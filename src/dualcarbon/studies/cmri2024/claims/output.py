"""The list of claims for machines and for the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dualcarbon.core.text import LANGUAGES, Language, Text
from dualcarbon.studies.cmri2024.claims.checking import LABELS, STATUSES, Checked

_PRINTED, _FOUND = Text("报告", "report"), Text("计算", "computed")
_SECTION = Text("第 {s} 节", "section {s}")


def to_json(found: Sequence[Checked], study: str) -> str:
    """Counts by status and every claim: what is printed, what was computed, status and reason in both languages."""
    counts = {status: sum(one.status == status for one in found) for status in STATUSES}
    body = {"study": study, "counts": counts, "claims": [_plain(one) for one in found]}
    return json.dumps(body, ensure_ascii=False, indent=2)


def _plain(one: Checked) -> dict[str, Any]:
    claim, finding = one.claim, one.finding
    return {
        "key": claim.key,
        "section": claim.section,
        "line": claim.line,
        "said": _both(claim.said),
        "status": one.status,
        "printed": claim.printed,
        "computed": finding.value,
        "unit": _both(claim.unit),
        "relation": claim.relation,
        "tolerance": claim.tolerance,
        "check": claim.check,
        "reason": _both(finding.reason),
        "source": _both(finding.source) if finding.source else None,
    }


def _both(text: Text) -> dict[str, str]:
    return {language: text.get(language) for language in LANGUAGES}


def to_text(found: Sequence[Checked], languages: Sequence[Language]) -> str:
    """A paragraph per claim and a last line of counts, one language after the other."""
    return "\n\n".join("\n".join((*(_lines(one, lang) for one in found), _total(found, lang))) for lang in languages)


def _lines(one: Checked, language: Language) -> str:
    claim, finding = one.claim, one.finding
    numbers = f"{_PRINTED.get(language)} {printed_number(one)}"
    if finding.value is not None:
        numbers += f", {_FOUND.get(language)} {computed_number(one)}"
    head = f"[{LABELS[one.status].get(language)}] {claim.key} ({_SECTION.format(s=claim.section).get(language)})"
    return f"{head}\n  {claim.said.get(language)}\n  {numbers} [{claim.unit.get(language)}]\n  {finding.reason.get(language)}"


def _total(found: Sequence[Checked], language: Language) -> str:
    counts = [f"{LABELS[s].get(language)} {sum(one.status == s for one in found)}" for s in STATUSES]
    return "  ".join(counts)


def printed_number(one: Checked) -> str:
    """The number as printed."""
    claim = one.claim
    return f"{claim.printed:.{claim.decimals}f}"


def computed_number(one: Checked) -> str:
    """The number computed, to one more digit than the printed one where that tells them apart."""
    value, claim = one.finding.value, one.claim
    if value is None:
        return "–"
    same = f"{value:.{claim.decimals}f}"
    return same if one.status == "agrees" or same != printed_number(one) and _whole(one) else _further(value, claim.decimals)


def _whole(one: Checked) -> bool:
    """Whether the number counts: years, places."""
    return one.claim.unit.en in ("year", "place")


def _further(value: float, decimals: int) -> str:
    return f"{value:.{decimals + 1}f}"
