"""What a rule looks at, and how it hands over what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from dualcarbon.core.schema import Column, Role, Schema
from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding, Key, Severity
from dualcarbon.panel.preparing import Misfit

_FIRST = 5
QUANTITIES: tuple[Role, ...] = ("input", "good", "bad", "energy")


@dataclass(frozen=True, slots=True)
class Subject:
    """A table under check: keys may be missing or repeated, values may be anything but text in numbers.

    `group` is the column whose groups are compared (industry, region), None where the table has none.
    """

    frame: pl.DataFrame
    schema: Schema
    id: str
    time: str
    group: str | None
    misfits: tuple[Misfit, ...] = ()

    def columns(self, *roles: Role) -> tuple[Column, ...]:
        """Columns of the schema that the table has and that play one of the roles."""
        return tuple(c for c in self.schema.columns if c.role in roles and c.name in self.frame.columns)

    def has(self, *names: str) -> bool:
        """Whether the table has all the columns."""
        return all(name in self.frame.columns for name in names)

    def keys(self, mask: pl.Expr | pl.Series) -> tuple[Key, ...]:
        """Keys of the first five rows where the mask holds."""
        names = [n for n in (self.id, self.time) if n in self.frame.columns]
        return tuple(self.frame.lazy().filter(mask).select(names).head(_FIRST).collect().rows())

    def count(self, masks: dict[str, pl.Expr]) -> dict[str, int]:
        """Number of rows where each mask holds, in one pass."""
        if not masks:
            return {}
        counted = self.frame.select(mask.sum().alias(name) for name, mask in masks.items())
        return {name: int(n or 0) for name, n in counted.row(0, named=True).items()}

    def rows(
        self, rule: str, severity: Severity, masks: dict[str, pl.Expr], means: Text, remedy: Text
    ) -> Iterator[Finding]:
        """A finding for each column whose mask holds somewhere."""
        total = max(self.frame.height, 1)
        for name, count in self.count(masks).items():
            if count:
                yield Finding(rule, severity, name, count, count / total, self.keys(masks[name]), means, remedy)


Rule = Callable[[Subject], Iterator[Finding]]
