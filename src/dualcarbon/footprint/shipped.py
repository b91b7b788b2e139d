"""The room's tables of facts and assumptions; each row with source, year, unit and status."""

from __future__ import annotations

from collections.abc import Mapping

from dualcarbon.core.factors import STATUSES as CHECKED
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text

FOLDER = "footprint/facts"

STATUSES: Mapping[str, Text] = {
    **CHECKED,
    "derived": Text("推算", "derived"),
    "assumption": Text("假设", "assumption"),
    "scenario": Text("情景", "scenario"),
    "given": Text("使用者给出", "given by the user"),
}
"""How far a number can be relied on."""

USER = Text("使用者给出", "given by the user")

Rows = tuple[dict[str, str], ...]


def rows(name: str) -> Rows:
    """The rows of one table of the room, every cell as text."""
    return reference_rows(name, FOLDER)


def label(row: Mapping[str, str]) -> Text:
    """What the row is called."""
    return Text(row["label_zh"], row["label_en"])


def source(row: Mapping[str, str]) -> Text:
    """Where the row comes from."""
    return Text(row["source_zh"], row["source_en"])


def statuses_said(codes: object) -> Text:
    """The statuses met, in words, each once, in the order they first appear."""
    met = dict.fromkeys(str(c) for c in codes)  # type: ignore[attr-defined]
    words = [STATUSES[c] for c in met]
    return Text("、".join(w.zh for w in words), ", ".join(w.en for w in words))
