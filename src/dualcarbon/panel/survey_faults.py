"""Rows that a data check must find: duplicates, gaps, negative values, slips of the unit."""

from __future__ import annotations

import numpy as np
import polars as pl

FAULTS = ("duplicate", "missing", "negative", "unit")
_EACH = 0.002
_SLIP = 1e4


def add_faults(rng: np.random.Generator, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame with broken rows added at random places, and what is wrong with each.

    0.2 % of the rows of each kind: exact copies of a row (`duplicate`); copies under a new firm whose output is
    missing (`missing`), negative (`negative`), or 1e4 times too large (`unit`). Without them the frame is the survey.

    Returns
    -------
    frame : polars.DataFrame
    faults : polars.DataFrame
        `row` (position in the frame), `firm_id`, `year`, `column`, `fault`.
    """
    each = max(1, round(_EACH * frame.height))
    parts = [frame.with_columns(_fault=pl.lit(None, pl.String))]
    for kind in FAULTS:
        rows = np.sort(rng.choice(frame.height, each, replace=False))
        parts.append(_broken(frame[rows], kind).with_columns(_fault=pl.lit(kind)))
    whole = pl.concat(parts)
    whole = whole[rng.permutation(whole.height)]
    faults = (
        whole.with_row_index("row")
        .filter(pl.col("_fault").is_not_null())
        .select(
            pl.col("row").cast(pl.Int64),
            "firm_id",
            "year",
            pl.when(pl.col("_fault") == "duplicate")
            .then(pl.lit("firm_id"))
            .otherwise(pl.lit("output_cny"))
            .alias("column"),
            pl.col("_fault").alias("fault"),
        )
    )
    return whole.drop("_fault"), faults


def no_faults() -> pl.DataFrame:
    """The list of broken rows of a clean survey: empty."""
    text, whole = pl.String(), pl.Int64()
    return pl.DataFrame(schema={"row": whole, "firm_id": text, "year": whole, "column": text, "fault": text})


def _broken(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    if kind == "duplicate":
        return rows
    value = {
        "missing": pl.lit(None, pl.Float64),
        "negative": -pl.col("output_cny"),
        "unit": pl.col("output_cny") * _SLIP,
    }[kind]
    name = pl.format(kind[0].upper() + "{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(8))
    return rows.with_columns(value.alias("output_cny"), name.alias("firm_id"))
