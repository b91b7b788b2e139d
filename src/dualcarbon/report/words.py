"""The fixed phrases that every rendering may print."""

from __future__ import annotations

from dualcarbon.core.text import Language, Text, both

SIMULATED = Text("模拟数据", "Simulated data")
SIMULATED_ELSEWHERE = Text("模拟数据（本章除外）", "Simulated data (not this chapter)")
NOTE = Text("注：", "Note: ")
SOURCE = Text("数据来源：", "Source: ")
CONTENTS = Text("目录", "Contents")
ABSTRACT = Text("摘要", "Abstract")
COLOPHON = Text("编制说明", "About this report")
CONTINUED = Text("续{number}", "{number} (continued)")
PAGE = Text("第 {page} 页 / 共 {pages} 页", "Page {page} of {pages}")
YES = Text("是", "Yes")
NO = Text("否", "No")
UNIT = both("({unit})")
CAPTION = Text("{number}　{title}", "{number}. {title}")


def lead(prefix: Text, phrase: Text, language: Language) -> str:
    """A phrase behind its lead word, which is not said twice if the phrase brings it along.

    Examples
    --------
    >>> lead(SOURCE, Text("作者测算", "Authors"), "en")
    'Source: Authors'
    """
    word, text = prefix.get(language), phrase.get(language)
    return text if text.startswith(word.rstrip()) else word + text
