"""One file per kind of table file; a new kind is one new file here, found by its extensions."""

from __future__ import annotations

import difflib
import hashlib
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from dualcarbon.core.errors import InputError
from dualcarbon.core.files import require_readable
from dualcarbon.core.text import Text, both
from dualcarbon.panel.formats.base import Loader, Options, RawTable

__all__ = ["Options", "RawTable", "known_extensions", "load_table", "sha256_of"]


@cache
def _loaders() -> dict[str, Loader]:
    found: dict[str, Loader] = {}
    for module in sorted(m.name for m in iter_modules(__path__)):
        home = import_module(f"{__name__}.{module}")
        if hasattr(home, "EXTENSIONS"):
            found |= dict.fromkeys(home.EXTENSIONS, home.load)
    return found


def known_extensions() -> tuple[str, ...]:
    """Extensions of the files that can be read."""
    return tuple(sorted(_loaders()))


def load_table(path: str | Path, options: Options | None = None) -> RawTable:
    """The table in a file, as it stands there: no column is renamed, no value converted.

    Raises
    ------
    InputError
        If the file is missing, of an unknown kind, empty, or cannot be decoded.
    """
    options = options or Options()
    file = _existing(Path(path))
    return _not_empty(_loader_of(file)(file, options), file)


def sha256_of(path: str | Path) -> str:
    """SHA-256 of the bytes of a file, in hexadecimal."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _loader_of(file: Path) -> Loader:
    name = file.name.lower()
    for extension in sorted(_loaders(), key=len, reverse=True):
        if name.endswith(extension):
            return _loaders()[extension]
    raise InputError(
        Text("不认识的文件类型：{f}", "unknown kind of file: {f}").format(f=file.name),
        expected=both(" | ".join(known_extensions())),
        found=both(file.suffix or file.name),
        remedy=Text("另存为上列类型之一，或改正扩展名", "save it as one of the kinds above, or correct the extension"),
    )


def _existing(file: Path) -> Path:
    require_readable(file)
    if file.is_file():
        return file
    if file.is_dir():
        found = Text("{f} 是文件夹", "{f} is a folder").format(f=file)
    else:
        near = _near_names(file)
        found = Text("没有这个文件", "no such file")
        if near:
            found = Text("没有这个文件；相近的有：{n}", "no such file; near names: {n}").format(n=", ".join(near))
    raise InputError(
        Text("找不到数据文件 {f}", "the data file {f} is not there").format(f=file),
        expected=Text("一个可读的文件", "a readable file"),
        found=found,
        remedy=Text("检查路径与文件名", "check the path and the file name"),
    )


def _near_names(file: Path) -> list[str]:
    if not file.parent.is_dir():
        return []
    names = sorted(p.name for p in file.parent.iterdir() if p.is_file())
    return difflib.get_close_matches(file.name, names, n=3, cutoff=0.5)


def _not_empty(table: RawTable, file: Path) -> RawTable:
    if table.frame.height == 0:
        raise InputError(
            Text("{f} 只有表头，没有数据", "{f} has a header and no rows").format(f=file.name),
            expected=Text("至少一行数据", "at least one row of data"),
            found=Text("0 行，{k} 列：{c}", "0 rows, {k} columns: {c}").format(
                k=table.frame.width, c=", ".join(table.frame.columns[:20])
            ),
            remedy=Text("检查文件是否导出完整", "check that the export was complete"),
        )
    return table
