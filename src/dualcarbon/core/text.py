"""Words in both languages: no label or message exists in one language alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """A phrase in Chinese and in English.

    Raises
    ------
    ValueError
        If either language is empty: a phrase without its translation cannot be made.

    Examples
    --------
    >>> Text("行数 {n}", "{n} rows").format(n=3).en
    '3 rows'
    """

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh.strip() or not self.en.strip():
            raise ValueError(f"a Text needs both languages, got zh={self.zh!r}, en={self.en!r}")

    def format(self, **values: object) -> Text:
        """The phrase with its placeholders filled; a `Text` value is filled in its own language."""
        return Text(
            self.zh.format(**{k: v.zh if isinstance(v, Text) else v for k, v in values.items()}),
            self.en.format(**{k: v.en if isinstance(v, Text) else v for k, v in values.items()}),
        )

    def get(self, language: Language) -> str:
        """The phrase in one language."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return f"{self.zh} | {self.en}"


def both(word: str) -> Text:
    """A name, number or code that reads the same in both languages."""
    return Text(word, word)
