"""The sources that stand behind a list of findings, each named once."""

from __future__ import annotations

from collections.abc import Iterable

from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.claims.checking import Checked


def source_list(found: Iterable[Checked]) -> Text:
    """All sources in the order of their first use."""
    texts = [one.finding.source for one in found if one.finding.source is not None]
    zh = dict.fromkeys(part for text in texts for part in text.zh.split("；"))
    en = dict.fromkeys(part for text in texts for part in text.en.split("; "))
    return Text("{z}。dualcarbon 计算", "{e}. Computed by dualcarbon").format(z="；".join(zh), e="; ".join(en))
