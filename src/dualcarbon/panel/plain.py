"""A table with its own column names, for a regression that knows what it wants."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.schema import Schema, load_schema
from dualcarbon.core.text import Text, both
from dualcarbon.panel.casting import blank_to_null, settle
from dualcarbon.panel.formats import Options, load_table, sha256_of


def read_plain(
    path: str | Path,
    *,
    id: str | None = None,
    time: str | None = None,
    schema: str = "firm",
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Panel:
    """The panel in a file, no column renamed and no unit converted.

    Parameters
    ----------
    path : str or Path
        As for `read`.
    id, time : str, optional
        Key columns; by default those that bear a name or alias of the schema's keys.
    schema : str
        Labels of the columns that bear its names, and where the keys are looked for.
    sheet, encoding, separator : str, optional
        As for `read`.

    Raises
    ------
    InputError
        The file cannot be read.
    SchemaError
        A key is not found, is empty somewhere, or its pairs repeat.

    Notes
    -----
    Text columns of which every value is a number become numbers; a value with a leading zero is a code and keeps its
    column text.
    """
    table = load_table(path, Options(sheet, encoding, separator))
    clean = table.frame.select(blank_to_null(name, table.frame.schema[name], ()) for name in table.frame.columns)
    frame = clean if table.typed else pl.DataFrame([settle(column) for column in clean])
    chosen = load_schema(schema)
    unit = id or _found(frame, chosen, "id", "--id")
    period = time or _found(frame, chosen, "time", "--time")
    provenance = Provenance(both(Path(path).name), sha256=sha256_of(path))
    return Panel.from_frame(frame, id=unit, time=period, schema=chosen, provenance=provenance)


def _found(frame: pl.DataFrame, schema: Schema, role: str, option: str) -> str:
    (name,) = schema.with_role("id") if role == "id" else schema.with_role("time")
    words = {word.casefold() for word in (name, *schema[name].aliases)}
    known = [column for column in frame.columns if column.strip().casefold() in words]
    if len(known) != 1:
        raise SchemaError(
            Text("找不到关键列 {n}", "the key column {n} is not found").format(n=name),
            expected=Text("恰有一列名为 {w}", "one column called {w}").format(w=", ".join(sorted(words))),
            found=Text("{k} 列相符：{c}；表中有 {h}", "{k} such columns: {c}; the table has {h}").format(
                k=len(known), c=", ".join(known) or "-", h=", ".join(frame.columns[:40])
            ),
            remedy=Text("用 {o} 列名 指明（Python 中为 {p}=）", "name it with {o} COLUMN ({p}= in Python)").format(
                o=option, p=role
            ),
        )
    return known[0]
