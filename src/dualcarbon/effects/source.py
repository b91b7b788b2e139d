"""Where the rows of a regression come from, and whether they are held at once or read in passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from dualcarbon.core.errors import ConfigError, InputError
from dualcarbon.core.files import require_readable
from dualcarbon.core.panel import Panel
from dualcarbon.core.schema import load_schema
from dualcarbon.core.text import Text, both

Mode = Literal["auto", "load", "stream"]
Rows = Panel | str | Path | pl.LazyFrame | pl.DataFrame

SAMPLE = "__sample__"
"""Column that holds the sample condition, evaluated once on the whole table."""

HELD = 5
"""Times that a regression in memory holds its variables: as read, as a matrix, centred, partialled out, at work."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How much memory a regression may take, and what to do beyond.

    Parameters
    ----------
    limit_mib : float
        With mode "auto", a file is read in passes if the estimate in memory would take more:
        8 bytes x rows x (columns read + 5 x variables + 2 x effects and cluster ways). Blocks in passes are at
        most a 32nd of it, so that several are held at once; what is kept for each group of an effect comes on top.
    mode : "auto", "load" or "stream"
        By size; always in memory; always in passes. A `Panel` is in memory already: "auto" leaves it there.
    scratch : str or Path, optional
        Folder for the rows in blocks, 8 bytes x rows x (variables + weights + effects and cluster ways + 1), which
        are deleted at the end. Default the system's temporary folder. With a cluster of machines, one they share.

    Raises
    ------
    ConfigError
        If the limit is not positive or the mode is none of these.
    """

    limit_mib: float = 1024.0
    mode: Mode = "auto"
    scratch: str | Path | None = None

    def __post_init__(self) -> None:
        if not self.limit_mib > 0 or self.mode not in get_args(Mode):
            raise ConfigError(
                Text("内存选项无效", "the memory option is not valid"),
                expected=Text(
                    "limit_mib 为正，mode 为 auto、load 或 stream", "limit_mib positive, mode auto, load or stream"
                ),
                found=both(f"limit_mib={self.limit_mib}, mode={self.mode!r}"),
                remedy=Text(
                    '写成 memory="stream" 或 memory=Memory(limit_mib=512)', 'write memory="stream" or Memory(...)'
                ),
            )

    @property
    def limit(self) -> float:
        """Bytes."""
        return self.limit_mib * 2**20


def memory_of(asked: Mode | Memory | None) -> Memory:
    """The option from a word, an object or nothing."""
    if isinstance(asked, Memory):
        return asked
    return Memory() if asked is None else Memory(mode=asked)


@dataclass(frozen=True, slots=True)
class Source:
    """A table that is read when asked.

    Attributes
    ----------
    lazy : polars.LazyFrame
    name : str
        For messages.
    files : bool
        Whether rows can be read from any position without computing the others.
    """

    lazy: pl.LazyFrame
    name: str
    files: bool

    def schema(self) -> pl.Schema:
        """Names and types of the columns."""
        with reading(self.name):
            return self.lazy.collect_schema()

    def rows(self) -> int:
        """Number of rows."""
        return int(self.collect(self.lazy.select(pl.len())).item())

    def collect(self, query: pl.LazyFrame) -> pl.DataFrame:
        """A query on the table, computed in streams."""
        with reading(self.name):
            return query.collect(engine="streaming")

    def batches(self, rows: int) -> Iterator[pl.DataFrame]:
        """The table in its order, at most so many rows at a time; at least one batch."""
        total = self.rows()
        for start in range(0, max(total, 1), rows):
            with reading(self.name):
                batch = self.lazy.slice(start, rows).collect()
            yield batch

    def on_disk(self, folder: Path) -> Source:
        """The same table as a file, unless it is one."""
        if self.files:
            return self
        path = folder / "table.parquet"
        with reading(self.name):
            self.lazy.sink_parquet(path, maintain_order=True)
        return Source(pl.scan_parquet(path), self.name, True)

    def panel(self, frame: pl.DataFrame) -> Panel:
        """Rows of the table as a panel without keys."""
        return Panel(frame, "", "", load_schema("firm"))


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Names the table in what polars raises."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            Text("无法读取 {n}", "{n} cannot be read").format(n=name),
            expected=Text("列与类型一致的 Parquet 文件", "Parquet files with the same columns and types"),
            found=both(f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300]}"),
            remedy=Text(
                "检查文件是否完整、各文件的列是否一致", "check that the files are whole and their columns agree"
            ),
        ) from error


def open_source(rows: object) -> Source:
    """The table behind a path, a pattern, a lazy or a plain frame, or a panel.

    Raises
    ------
    InputError
        If no file is there, a file is not Parquet, or the object is no table.
    """
    if isinstance(rows, Panel):
        return Source(rows.frame.lazy(), Text("面板", "the panel").en, False)
    if isinstance(rows, pl.DataFrame):
        return Source(rows.lazy(), "DataFrame", False)
    if isinstance(rows, pl.LazyFrame):
        return Source(rows, "LazyFrame", False)
    if isinstance(rows, (str, Path)):
        return _files(str(rows))
    raise InputError(
        Text("不认识的数据来源", "unknown kind of source"),
        expected=Text(
            "Panel、Parquet 路径或通配符、polars LazyFrame", "a Panel, a Parquet path or pattern, a LazyFrame"
        ),
        found=both(type(rows).__name__),
        remedy=Text("用 Panel.from_frame 转换，或给出文件路径", "convert it with Panel.from_frame or give a path"),
    )


def _files(written: str) -> Source:
    if "://" not in written:
        _require_files(written)
    path = Path(written)
    pattern = str(path / "**/*.parquet") if path.is_dir() else written
    found = Source(pl.scan_parquet(pattern, glob=True), written, True)
    found.schema()
    return found


def _require_files(written: str) -> None:
    path = Path(written)
    pattern = str(path / "**/*.parquet") if path.is_dir() else written
    there = _matching(pattern) if set(pattern) & set("*?[") and not path.is_file() else [written]
    gone = [name for name in there if not Path(name).is_file()]
    if gone or not there:
        raise InputError(
            Text("没有文件 {p}", "there is no file {p}").format(p=written),
            expected=Text("Parquet 文件、文件夹或通配符", "a Parquet file, a folder of them, or a pattern"),
            found=Text("没有匹配的文件", "no file that matches"),
            remedy=Text("检查路径与通配符", "check the path and the pattern"),
        )
    for name in there:
        require_readable(Path(name))


def _matching(pattern: str) -> list[str]:
    """Files under the part of a pattern before its first wildcard that match the rest."""
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if set(part) & set("*?["))
    return sorted(str(path) for path in Path(*parts[:fixed]).glob(str(Path(*parts[fixed:]))) if path.is_file())
