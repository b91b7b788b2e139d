"""Options and small acts that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dualcarbon.core.text import LANGUAGES, Language, Text, both

if TYPE_CHECKING:
    from dualcarbon.core.exhibit import Table

Data = Annotated[
    Path, typer.Argument(help="数据文件：parquet、csv、dta、xlsx | data file", metavar="DATA", readable=False)
]
Schema = Annotated[str, typer.Option(help="表结构：firm、province、plant | kind of panel")]
Sheet = Annotated[str | None, typer.Option(help="Excel 工作表 | sheet of a workbook")]
Encoding = Annotated[str | None, typer.Option(help="文本的编码，如 big5 | encoding of a text file, such as big5")]
Separator = Annotated[str | None, typer.Option(help="文本的分隔符 | field separator of a text file")]
Lang = Annotated[Literal["zh", "en", "both"], typer.Option(help="文字的语言 | language of the text")]
Force = Annotated[bool, typer.Option("--force", help="覆盖已有的输出文件 | replace an existing output file")]


def given(**options: str | None) -> dict[str, str]:
    """The options that were said on the command line."""
    return {name: value for name, value in options.items() if value is not None}


def refuse_overwrite(path: Path, force: bool) -> None:
    if not path.exists() or force:
        return
    from dualcarbon.core.errors import StorageError

    raise StorageError(
        Text("{p} 已存在", "{p} exists already").format(p=path),
        expected=Text("一个新文件名", "a new file name"),
        found=both(str(path)),
        remedy=Text("换一个名字，或加 --force 覆盖", "choose another name, or add --force to replace it"),
    )


def languages(lang: str) -> tuple[Language, ...]:
    return tuple(one for one in LANGUAGES if lang in (one, "both"))


def pairs(written: Sequence[str]) -> dict[str, str]:
    """What stands left and right of the first equals sign of each."""
    wrong = [one for one in written if not all(part.strip() for part in (*one.split("=", 1), "")[:2])]
    if wrong:
        from dualcarbon.core.errors import ConfigError

        raise ConfigError(
            Text("读不懂 {w}", "{w} cannot be read").format(w=", ".join(wrong)),
            expected=Text("名称=列名", "NAME=COLUMN"),
            found=both(", ".join(wrong)),
            remedy=Text("例如 co2=排放量", "for example co2=emissions"),
        )
    return {name.strip(): value.strip() for name, value in (one.split("=", 1) for one in written)}


def print_tables(tables: Sequence[Table], lang: str) -> None:
    """Tables in the terminal, all in one language before the next."""
    from rich.console import Console

    from dualcarbon.report import terminal_table

    console = Console() if Console().is_terminal else Console(width=120)
    for language in languages(lang):
        for table in tables:
            shown = terminal_table(table, language)
            shown.min_width = min(72, console.width)
            console.print(shown, "")


def write(path: Path, text: str) -> None:
    from dualcarbon.core.files import write_text

    write_text(path, text)
