"""Values that are not of their column's kind, found when the file was read."""

from __future__ import annotations

from collections.abc import Iterator

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_MEANS = Text("{r}，前几个值：{v}", "{r}, first values: {v}")
_REMEDY = Text(
    "改正这些值；若表示缺失，在 study.toml 的 [data] 中以 missing = [...] 列出",
    "correct them; if they mean missing, list them in missing = [...] in [data] of study.toml",
)


def find(subject: Subject) -> Iterator[Finding]:
    """Text among numbers, fractions among whole numbers, codes that lost digits."""
    for misfit in subject.misfits:
        yield Finding(
            "text_in_number",
            "error",
            misfit.column,
            misfit.count,
            misfit.count / max(subject.frame.height, 1),
            misfit.keys,
            _MEANS.format(r=misfit.reason, v=", ".join(map(repr, misfit.values))),
            _REMEDY,
        )
