"""The list of claims for machines and for the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dualcarbon.core.text import LANGUAGES, Language, Text
from dualcarbon.studies.cmri2024.claims.checking import LABELS, Checked, counts

_PRINTED, _FOUND = Text("报告", "report"), Text("计算", "computed")
_SECTION = Text("第 {s} 节", "section {s}")


def to_json(found: Sequence[Checked], study: str) -> str:
    """Counts over the whole list, and of every claim given what is printed and computed, its status and the reason."""
    body = {"study": study, "counts": counts(), "claims": [_plain(one) for one in found]}
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
    """A paragraph per claim and a last line of counts over the whole list, one language after the other."""
    return "\n\n".join("\n".join((*(_lines(one, lang) for one in found), _total(lang))) for lang in languages)


def _lines(one: Checked, language: Language) -> str:
    claim, finding = one.claim, one.finding
    numbers = f"{_PRINTED.get(language)} {printed_number(one)}"
    if finding.value is not None:
        numbers += f", {_FOUND.get(language)} {computed_number(one)}"
    head = f"[{LABELS[one.status].get(language)}] {claim.key} ({_SECTION.format(s=claim.section).get(language)})"
    said = (claim.said.get(language), f"{numbers} [{claim.unit.get(language)}]", finding.reason.get(language))
    return "\n  ".join((head, *said))


def _total(language: Language) -> str:
    return "  ".join(f"{LABELS[status].get(language)} {count}" for status, count in counts().items())


def printed_number(one: Checked) -> str:
    """The number as printed."""
    return f"{one.claim.printed:.{one.claim.decimals}f}"


def computed_number(one: Checked) -> str:
    """The number computed, in `computed_digits`; a dash where there is none."""
    return "–" if one.finding.value is None else f"{one.finding.value:.{computed_digits(one)}f}"


def computed_digits(one: Checked) -> int:
    """Digits behind the point: as many as printed, one more where the two numbers differ and do not count."""
    counted = one.claim.unit.en in ("year", "place")
    return one.claim.decimals + (one.status == "disagrees" and not counted)
