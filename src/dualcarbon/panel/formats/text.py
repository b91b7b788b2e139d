"""Text tables: encoding and separator are detected strictly, everything is read as text."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from zlib import error as zlib_error

import polars as pl

from dualcarbon.core.errors import ConfigError, InputError
from dualcarbon.core.text import Text
from dualcarbon.panel.formats.base import (
    Options,
    RawTable,
    empty_file,
    filled_names,
    require_unique_names,
    unreadable,
)
from dualcarbon.panel.formats.encoding import decode

EXTENSIONS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
_SEPARATORS = (",", "\t", ";", "|")
_LOOK = 64 * 1024
_LINES = 20


def load(file: Path, options: Options) -> RawTable:
    """The table of a text file, every column as text unless the kinds asked for all fit, blank fields as missing."""
    data = _utf8(file, options)
    if not data.strip():
        raise empty_file(file)
    look = _first_records(data)
    separator = _separator(look, options.separator, file)
    header = filled_names(next(csv.reader(look, delimiter=separator)))
    require_unique_names(header, file)
    kinds = options.kinds(header) if options.kinds else {}
    frame = _parse_typed(data, separator, header, kinds) if kinds and options.rows is None else None
    if frame is None:
        frame = _parse(data, separator, header, options.rows, file)
    if options.rows is None:
        _require_long_rows(data, separator, frame, file)
    return RawTable(frame, typed=False)


def _utf8(file: Path, options: Options) -> bytes:
    """The content as UTF-8 without a byte order mark and with line ends that a parser knows."""
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix.lower() == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib_error) as error:
        raise unreadable(file, str(error)) from error
    data = decode(data, options.encoding, file).removeprefix(codecs.BOM_UTF8)
    if b"\n" not in data and b"\r" in data:
        return data.replace(b"\r", b"\n")
    return data


def _first_records(data: bytes) -> list[str]:
    lines = io.StringIO(data[:_LOOK].decode("utf-8", errors="ignore"), newline="")
    return list(islice((line for line in lines if line.strip()), _LINES + 1))


def _widths(lines: Iterable[str], separator: str) -> list[int]:
    return [len(row) for row in islice(csv.reader(lines, delimiter=separator), _LINES)]


def _separator(look: list[str], wanted: str | None, file: Path) -> str:
    """The separator asked for, or the one that splits the header and most often agrees with it below."""
    if wanted is not None and len(wanted.encode()) != 1:
        raise _no_separator(wanted)
    widths = {s: _widths(look, s) for s in dict.fromkeys((*_SEPARATORS, wanted or ","))}
    splitting = {s: w for s, w in widths.items() if w[0] > 1}
    if wanted is not None and wanted in splitting:
        return wanted
    best = max(
        splitting,
        key=lambda s: (splitting[s].count(splitting[s][0]) / len(splitting[s]), splitting[s][0]),
        default=None,
    )
    if wanted is None and best is not None:
        return best
    raise _one_column(file, look[0], wanted, best, splitting.get(best or "", [0])[0])


def _no_separator(wanted: str) -> ConfigError:
    return ConfigError(
        Text("分隔符 {s} 不能用", "{s} cannot be a separator").format(s=repr(wanted)),
        expected=Text("一个半角字符，例如 , ; | 或制表符", "one ASCII character, such as , ; | or a tab"),
        found=Text("{n} 个字符", "{n} characters").format(n=len(wanted)),
        remedy=Text("改正 separator，或不写，由程序判断", "correct separator, or leave it out to have it detected"),
    )


def _one_column(file: Path, header: str, wanted: str | None, best: str | None, width: int) -> InputError:
    tried = repr(wanted) if wanted else " ".join(repr(s) for s in _SEPARATORS)
    remedy = Text(
        "指明分隔符：init、check、convert 用 --separator，study.toml 的 [data] 与 Python 用 separator =",
        "name the separator: --separator of init, check and convert, separator = in [data] of study.toml and in Python",
    )
    if best:
        remedy = Text(
            "文件以 {s!r} 分隔时有 {w} 列：把 separator 改为 {s!r}，或不写",
            "split by {s!r} the file has {w} columns: make separator {s!r}, or leave it out",
        ).format(s=best, w=width)
    return InputError(
        Text("{f} 只读出一列：分隔符不对", "{f} has one column only: wrong separator").format(f=file.name),
        expected=Text("以 {s} 分隔的多列", "several columns separated by {s}").format(s=tried),
        found=Text("一列，表头为 {h}", "one column, its header is {h}").format(h=repr(header[:80])),
        remedy=remedy,
    )


def _parse(data: bytes, separator: str, header: list[str], rows: int | None, file: Path) -> pl.DataFrame:
    try:
        frame = pl.read_csv(data, separator=separator, infer_schema=False, n_rows=rows)
    except pl.exceptions.NoDataError as error:
        raise empty_file(file) from error
    except pl.exceptions.PolarsError as error:
        raise _ragged(data, separator, len(header), file) or unreadable(file, str(error).splitlines()[0]) from error
    if frame.width != len(header):
        raise unreadable(file, f"{frame.width} columns under {len(header)} names")
    frame.columns = header
    return frame


def _parse_typed(
    data: bytes, separator: str, header: list[str], kinds: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame | None:
    """The table with the types asked for; None if a single value does not fit one, so that it can be shown."""
    types = [kinds.get(name, pl.String) for name in header]
    try:
        frame = pl.read_csv(data, separator=separator, infer_schema=False, schema_overrides=types)
    except pl.exceptions.PolarsError:
        return None
    if frame.width != len(header):
        return None
    frame.columns = header
    fits = all(frame[name].is_finite().all() for name, kind in kinds.items() if kind == pl.Float64)
    return frame if fits else None


def _require_long_rows(data: bytes, separator: str, frame: pl.DataFrame, file: Path) -> None:
    if data.count(separator.encode()) < (frame.width - 1) * (frame.height + 1):
        fault = _ragged(data, separator, frame.width, file)
        if fault:
            raise fault


def _ragged(data: bytes, separator: str, width: int, file: Path) -> InputError | None:
    """The error for rows that are longer or shorter than the header; None if there are none."""
    reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=separator)
    try:
        faults = [(reader.line_num, len(row)) for row in reader if row and len(row) != width]
    except csv.Error as error:
        return unreadable(file, f"{reader.line_num}: {error}")
    if not faults:
        return None
    first = ", ".join(f"{line}: {fields}" for line, fields in faults[:5])
    return InputError(
        Text("{f} 各行列数不一", "{f} has rows of different lengths").format(f=file.name),
        expected=Text("每行 {w} 个字段", "{w} fields in every row").format(w=width),
        found=Text("{n} 行不符，前几行（行号: 字段数）{r}", "{n} rows differ, first (line: fields) {r}").format(
            n=len(faults), r=first
        ),
        remedy=Text(
            "含分隔符的文字须加双引号；检查文件是否被截断",
            "put text that holds the separator in double quotes; check that the file is not cut off",
        ),
    )
