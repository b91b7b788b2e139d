"""Stata files, read in chunks; text of files before Stata 14 is in the writer's own encoding."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.panel.formats.base import Options, RawTable, empty_file, unreadable
from dualcarbon.panel.formats.encoding import decode_words

if TYPE_CHECKING:
    from pandas import DataFrame
    from pandas.io.stata import StataReader

EXTENSIONS = (".dta",)
_CHUNK = 100_000
_UNICODE_RELEASE = 118
_RELEASE = re.compile(rb"<stata_dta><header><release>(\d{3})</release>")


def load(file: Path, options: Options) -> RawTable:
    """The table of a Stata file with its variable labels; labelled codes stay codes, dates stay numbers."""
    import pandas as pd

    if file.stat().st_size == 0:
        raise empty_file(file)
    chunk = min(_CHUNK, options.rows or _CHUNK)
    try:
        with (
            _unicode_faults_only(),
            pd.read_stata(file, chunksize=chunk, convert_categoricals=False, convert_dates=False) as reader,
        ):
            table = RawTable(_collect(reader, options.rows), _labels(reader))
    except (ValueError, OSError, UnicodeError, UnicodeWarning, KeyError, struct.error) as error:
        raise unreadable(file, str(error).strip().splitlines()[0]) from error
    return table if _release(file) >= _UNICODE_RELEASE else _redecoded(table, options.encoding, file)


@contextmanager
def _unicode_faults_only() -> Iterator[None]:
    """Wrong text raises; arithmetic on the numbers of a damaged header stays quiet, the reader refuses it after."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnicodeWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _release(file: Path) -> int:
    with file.open("rb") as handle:
        head = handle.read(64)
    match = _RELEASE.match(head)
    return int(match.group(1)) if match else head[0]


def _collect(reader: StataReader, rows: int | None) -> pl.DataFrame:
    """All chunks, or the first that reach so many rows; a column that is whole in one chunk is whole throughout."""
    chunks: list[pl.DataFrame] = []
    whole: set[str] = set()
    for chunk in reader:
        whole |= {str(name) for name, kind in chunk.dtypes.items() if kind.kind in "iu"}
        chunks.append(_as_polars(chunk))
        if rows is not None and len(chunks) * len(chunk) >= rows:
            break
    if not chunks:
        return pl.DataFrame(schema=[str(name) for name in reader.variable_labels()])
    return pl.concat(chunks, how="vertical_relaxed").with_columns(pl.col(sorted(whole)).cast(pl.Int64))


def _as_polars(chunk: DataFrame) -> pl.DataFrame:
    """Empty text and Stata's missing values as null."""
    columns = []
    for name in chunk.columns:
        column = chunk[name]
        if column.dtype.kind in "iuf":
            columns.append(pl.Series(str(name), column.to_numpy(), nan_to_null=True))
        else:
            columns.append(pl.Series(str(name), column.to_numpy(dtype=object), dtype=pl.String).replace("", None))
    return pl.DataFrame(columns)


def _labels(reader: StataReader) -> dict[str, str]:
    return {str(k): v for k, v in reader.variable_labels().items() if v}


def _redecoded(table: RawTable, encoding: str | None, file: Path) -> RawTable:
    """Names, labels and texts that were read byte by byte (as Latin-1), in their true encoding."""
    frame = table.frame
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    words = {*frame.columns, *table.labels.values(), *(w for t in texts for w in frame[t].unique().drop_nulls())}
    strange = sorted(word for word in words if not word.isascii())
    if not strange:
        return table
    decoded = decode_words([word.encode("latin-1") for word in strange], encoding, file)
    true = dict(zip(strange, decoded, strict=True))
    spelled = {word: true.get(word, word) for word in words}
    frame = frame.with_columns(pl.col(texts).replace(true))
    return RawTable(frame.rename(lambda n: spelled[n]), {spelled[n]: spelled[w] for n, w in table.labels.items()})
