"""A table in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Language
from dualcarbon.report.typography import glyphs

if TYPE_CHECKING:
    from rich.table import Table as RichTable

_THREE_LINES = "━━━━\n    \n────\n    \n────\n────\n    \n━━━━\n"


def terminal_table(table: Table, language: Language) -> RichTable:
    """A table for `rich.console.Console.print`, in one language.

    Chinese characters count two columns, so that the lines stay straight; nothing in the cells is read as markup.

    Parameters
    ----------
    table : Table
    language : "zh" or "en"

    Returns
    -------
    rich.table.Table
        Caption above, notes and source below, a red stamp in the caption if the data are simulated.
    """
    from rich.box import Box
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    from dualcarbon.report.printed import print_table

    printed = print_table(table, language)
    title = RichText(glyphs(printed.caption), style="bold")
    if printed.stamp:
        title.append(f" [{printed.stamp}]", style="bold red")
    notes = RichText("\n".join(map(glyphs, printed.notes)))
    result = RichTable(
        title=title, caption=notes, caption_justify="left", box=Box(_THREE_LINES), title_style="", pad_edge=False
    )
    tops = {group.first + i: group.text for group in printed.groups for i in range(group.span)}
    for header, align in zip(printed.headers, printed.aligns, strict=True):
        parts = (tops.get(header.first, ""), header.text, header.unit)
        label = RichText("\n".join(glyphs(part) for part in parts if part), style="bold")
        result.add_column(label, justify=align, overflow="fold", no_wrap=align == "right")
    for number, row in enumerate(printed.rows, start=1):
        cells = (RichText(glyphs(cell.text) + cell.stars) for cell in row)
        result.add_row(*cells, end_section=number in printed.rules_after)
    return result
