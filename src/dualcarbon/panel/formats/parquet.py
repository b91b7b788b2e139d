"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dualcarbon.panel.formats.base import Options, RawTable, empty_file, unreadable

EXTENSIONS = (".parquet", ".pq")


def load(file: Path, options: Options) -> RawTable:
    """The table of a Parquet file; categories become their words."""
    if file.stat().st_size == 0:
        raise empty_file(file)
    try:
        frame = pl.read_parquet(file, n_rows=options.rows)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(file, str(error).splitlines()[0]) from error
    words = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum)]
    return RawTable(frame.with_columns(pl.col(words).cast(pl.String)))
