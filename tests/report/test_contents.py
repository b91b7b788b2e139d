"""Where the exhibits of a chapter stand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from dualcarbon.core.exhibit import Chapter, Document, Table
from dualcarbon.core.text import Text, both
from dualcarbon.report.contents import sections, turned_last


def numbered(sample: SimpleNamespace, number: str) -> Table:
    return replace(sample.regression(), number=Text(f"表 {number}", f"Table {number}"), key=f"t{number}")


def order(paragraphs: tuple[Text, ...], exhibits: tuple[Table, ...]) -> list[Any]:
    chapter = Chapter(both("c"), paragraphs, exhibits)
    document = Document("d", both("t"), both("s"), (), (chapter,), (), False)
    return [part.key if isinstance(part, Table) else paragraphs.index(part) for part in sections(document)[0].parts]


def test_behind_the_first_paragraph_that_names_it(sample: SimpleNamespace) -> None:
    text = (both("Nothing."), Text("见表4-2。", "See it."), both("Table 4-2 again, and Table 4-10."), both("End."))
    one, ten, two = (numbered(sample, number) for number in ("4-1", "4-10", "4-2"))
    assert order(text, (two, ten)) == [0, 1, "t4-2", 2, "t4-10", 3]
    assert order(text, (ten, two)) == [0, 1, 2, "t4-10", "t4-2", 3]
    assert order(text, (one,)) == [0, 1, 2, 3, "t4-1"]
    assert order((), (one, two)) == ["t4-1", "t4-2"]


def test_landscape_tables_go_last_on_pages(sample: SimpleNamespace) -> None:
    parts = (both("a"), sample.wide(), both("b"))
    assert turned_last(parts, "zh") == [parts[0], parts[2], parts[1]]
