"""The formats a report can take: every module in `writers/` whose `FORMAT` is a `Format`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dualcarbon.core.exhibit import Document, Figure, Table
from dualcarbon.core.text import Language, Text

Item = Table | Figure | Document
Kind = type[Table] | type[Figure] | type[Document]


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Attributes
    ----------
    name : str
        The file name extension, and the word a user writes.
    label : Text
    writers : Mapping
        By kind of item, the function that gives the bytes of a file: of (item, language), or of the item alone
        where one file carries both languages.
    bilingual : bool
        One file carries both languages.
    own_font : bool
        Set in the fonts of the package, which must have the characters.
    """

    name: str
    label: Text
    writers: Mapping[Kind, Callable[..., bytes]]
    bilingual: bool = False
    own_font: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it can hold: table, figure, document."""
        return tuple(kind.__name__.lower() for kind in self.writers)

    def fits(self, item: Item) -> bool:
        """Whether it can hold the item."""
        return type(item) in self.writers

    def files(self, item: Item, languages: tuple[Language, ...]) -> Iterator[tuple[str, bytes]]:
        """File names and contents of an item that fits."""
        write = self.writers[type(item)]
        if self.bilingual:
            yield f"{item.key}.{self.name}", write(item)
            return
        for language in languages:
            yield f"{item.key}.{language}.{self.name}", write(item, language)


@cache
def formats() -> tuple[Format, ...]:
    """All formats by name.

    Examples
    --------
    >>> [f.name for f in formats() if "document" in f.kinds]
    ['docx', 'html', 'pdf', 'xlsx']
    """
    folder = import_module("dualcarbon.report.writers")
    names = sorted(module.name for module in iter_modules(folder.__path__))
    found = (import_module(f"{folder.__name__}.{name}").FORMAT for name in names)
    return tuple(sorted(found, key=lambda one: one.name))
