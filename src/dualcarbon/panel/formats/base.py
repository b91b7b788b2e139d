"""What every kind of file is turned into, and what may be said about how to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from dualcarbon.core.errors import InputError
from dualcarbon.core.text import Text, both


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file, where its kind leaves a choice.

    Attributes
    ----------
    sheet : str or None
        Sheet of a workbook; needed when more than one holds a table.
    encoding : str or None
        Encoding of a text file (or of an old Stata file); None detects UTF-8, else GB18030, and refuses the rest.
    separator : str or None
        Field separator of a text file; None detects it from the first lines.
    rows : int or None
        Read only about so many first rows (a look at the file, not the table).
    kinds : function of the column names, or None
        Types that columns of a text file should have; where every value of every one fits, they are read so at
        once, else all columns are text.
    """

    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    rows: int | None = None
    kinds: Callable[[Sequence[str]], Mapping[str, type[pl.DataType]]] | None = None


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as it stands in its file.

    `labels` are the descriptions of columns, where the kind of file has them (Stata). `typed` is False for text
    files, of which every column is text unless a type was asked for.
    """

    frame: pl.DataFrame
    labels: Mapping[str, str] = field(default_factory=dict)
    typed: bool = True


Loader = Callable[[Path, Options], RawTable]


def require_unique_names(names: list[str], file: Path) -> None:
    """Raise if a column name occurs twice in the header.

    Raises
    ------
    InputError
        Naming every repeated column and how often it occurs.
    """
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    twice = {name: count for name, count in counts.items() if count > 1}
    if twice:
        raise InputError(
            Text("{f} 的表头有重复列名", "{f} has duplicated column names").format(f=file.name),
            expected=Text("列名各不相同", "every column name once"),
            found=both("; ".join(f"{name!r} x {count}" for name, count in twice.items())),
            remedy=Text("给重复的列改名或删去其一", "rename the duplicated columns or delete one"),
        )


def filled_names(names: list[str]) -> list[str]:
    """The names of a header, trimmed, with a place number where one is blank."""
    return [name.strip() or f"column_{place}" for place, name in enumerate(names, 1)]


def empty_file(file: Path) -> InputError:
    """The error for a file that holds nothing."""
    return InputError(
        Text("{f} 是空文件", "{f} is empty").format(f=file.name),
        expected=Text("表头与至少一行数据", "a header and at least one row"),
        found=Text("没有内容（{b} 字节）", "no content ({b} bytes)").format(b=file.stat().st_size),
        remedy=Text("检查文件是否导出或下载完整", "check that the export or download was complete"),
    )


def unreadable(file: Path, reason: str) -> InputError:
    """The error for a file whose content is not what its extension says."""
    return InputError(
        Text("{f} 无法读取", "{f} cannot be read").format(f=file.name),
        expected=Text("内容与扩展名 {s} 相符的完整文件", "a complete file of the kind {s}").format(s=file.suffix),
        found=both(reason),
        remedy=Text("用原软件重新导出，或检查是否损坏", "export it again, or check that it is not damaged"),
    )
