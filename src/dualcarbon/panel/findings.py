"""What a check found: rule, severity, how many rows, the first five, what it means, what to do."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Literal

from dualcarbon.core.text import LANGUAGES, Language, Text

Severity = Literal["error", "warning"]
Key = tuple[str | int | float | None, ...]
_WORDS = {"error": Text("错误", "error"), "warning": Text("警告", "warning")}
_CLEAN = Text("{n} 行，未发现问题。", "{n} rows, nothing found.")
_HEAD = Text("{n} 行：{e} 项错误，{w} 项警告。", "{n} rows: {e} errors, {w} warnings.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found in one column.

    Attributes
    ----------
    rule : str
        Name of the rule, the name of its file in ``panel/rules``.
    severity : "error" or "warning"
        An error makes estimates wrong or impossible; a warning makes them doubtful.
    column : str
        The column, or the columns joined by " / " for a ratio and ", " for a key.
    count : int
        Rows (for ``one_firm_group`` groups) concerned.
    share : float
        `count` over the number of rows (of groups) that the rule looked at, in [0, 1].
    keys : tuple
        The first five keys (id, time) in the order of the table, or the first five groups.
    means, remedy : Text
        What it means and what to do.
    """

    rule: str
    severity: Severity
    column: str
    count: int
    share: float
    keys: tuple[Key, ...]
    means: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of a check, errors first; `rows` is the number of rows that were looked at."""

    items: tuple[Finding, ...]
    rows: int

    @property
    def has_errors(self) -> bool:
        """Whether one of the findings is an error."""
        return any(f.severity == "error" for f in self.items)

    @property
    def exit_code(self) -> int:
        """0 for nothing, 1 for warnings only, 2 for errors."""
        return 2 if self.has_errors else min(1, len(self.items))

    def to_text(self, language: Language | Literal["both"] = "both") -> str:
        """The findings for people, in one language or in both, one after the other."""
        if language == "both":
            return "\n\n".join(self._say(one) for one in LANGUAGES)
        return self._say(language)

    def to_json(self) -> str:
        """The findings for machines: ``{"rows": ..., "exit_code": ..., "findings": [...]}``."""
        body = {"rows": self.rows, "exit_code": self.exit_code, "findings": [_record(f) for f in self.items]}
        return json.dumps(body, ensure_ascii=False, indent=2)

    def to_csv(self) -> str:
        """The findings as a table, one line each."""
        names = (
            "rule",
            "severity",
            "column",
            "count",
            "share",
            "keys",
            "means_zh",
            "means_en",
            "remedy_zh",
            "remedy_en",
        )
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        for finding in self.items:
            record = _record(finding) | {"keys": json.dumps(finding.keys, ensure_ascii=False)}
            writer.writerow([record[name] for name in names])
        return out.getvalue()

    def _say(self, language: Language) -> str:
        if not self.items:
            return _CLEAN.format(n=f"{self.rows:,}").get(language)
        errors = sum(f.severity == "error" for f in self.items)
        head = _HEAD.format(n=f"{self.rows:,}", e=errors, w=len(self.items) - errors).get(language)
        return "\n".join([head, *(_paragraph(f, language) for f in self.items)])


def _paragraph(finding: Finding, language: Language) -> str:
    means, remedy, first = ("含义", "处理", "前几行") if language == "zh" else ("Means", "Do", "First rows")
    colon = "：" if language == "zh" else ": "
    word = _WORDS[finding.severity].get(language)
    lines = [
        f"[{word}] {finding.rule} {finding.column}{colon}{finding.count:,} ({finding.share:.2%})",
        f"  {means}{colon}{finding.means.get(language)}",
        f"  {remedy}{colon}{finding.remedy.get(language)}",
    ]
    if finding.keys:
        shown = "; ".join(", ".join(map(str, key)) for key in finding.keys)
        lines.append(f"  {first}{colon}{shown}")
    return "\n".join(lines)


def _record(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "column": finding.column,
        "count": finding.count,
        "share": finding.share,
        "keys": [list(key) for key in finding.keys],
        "means_zh": finding.means.zh,
        "means_en": finding.means.en,
        "remedy_zh": finding.remedy.zh,
        "remedy_en": finding.remedy.en,
    }
