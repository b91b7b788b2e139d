"""Any table file to Parquet, once, so that every later read is quick."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.files import write_parquet
from dualcarbon.core.text import Text, both
from dualcarbon.panel.casting import settle
from dualcarbon.panel.formats import Options, load_table


def convert(
    path: str | Path,
    out: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Path:
    """Write the table of a file as Parquet, all its columns under their own names, and return the new path.

    Columns of a text file of which every value is a number become numbers, unless one has a leading zero (a code);
    other kinds of file keep their types. No unit is converted and nothing is checked: that is what `read` does.
    The new file appears whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be read.
    ConfigError
        If `out` is the file itself or does not end in ``.parquet``.
    StorageError
        If the new file cannot be written; nothing is left behind.
    """
    source, target = Path(path), Path(out)
    _require_target(source, target)
    table = load_table(source, Options(sheet, encoding, separator))
    frame = table.frame if table.typed else pl.DataFrame([settle(column) for column in table.frame])
    return write_parquet(target, frame)


def _require_target(source: Path, target: Path) -> None:
    if target.suffix.lower() in (".parquet", ".pq") and source.resolve() != target.resolve():
        return
    raise ConfigError(
        Text("转换的目标文件不对", "the target of the conversion is wrong"),
        expected=Text("另一个以 .parquet 结尾的文件", "another file that ends in .parquet"),
        found=both(str(target)),
        remedy=Text("换一个文件名；原文件不会被改动", "choose another name; the source is never changed"),
    )
