"""The check of a table: every rule once, on a file, a frame or a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.panel import Panel, as_polars
from dualcarbon.core.schema import Schema, load_schema
from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Findings
from dualcarbon.panel.formats import Options
from dualcarbon.panel.preparing import Misfit, prepare
from dualcarbon.panel.rules import load_rules
from dualcarbon.panel.rules.base import Subject


def check(
    source: object,
    schema: str | Schema = "firm",
    mapping: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    *,
    missing: Sequence[str] = (),
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    group: str | None = None,
) -> Findings:
    """Everything that is wrong (errors) or doubtful (warnings) in a table.

    Parameters
    ----------
    source : Panel, polars or pandas frame, str or Path
        A file (the other arguments as in `read`), a frame in the schema's names and units, or a panel (which
        brings its own schema). Keys may be missing or repeated: that is one of the things looked for.
    group : str, optional
        Column whose groups are compared; by default the first grouping column of the schema that is there.

    Returns
    -------
    Findings
        Errors first, then by rule and column; `exit_code` 0 nothing, 1 warnings, 2 errors.

    Raises
    ------
    InputError, SchemaError
        If the file cannot be read at all, or columns or units do not fit.

    Examples
    --------
    >>> frame = pl.DataFrame({"firm_id": ["a", "a"], "year": [2015, 2015], "output_cny": [1.0, -2.0]})
    >>> [f.rule for f in check(frame).items]
    ['duplicate_keys', 'negative']
    """
    if isinstance(source, Panel):
        return run_rules(_subject(source.frame, source.schema, source.id, source.time, group))
    if isinstance(source, (str, Path)):
        made = prepare(source, schema, mapping, units, missing, True, Options(sheet, encoding, separator))
        return run_rules(_subject(made.frame, made.schema, made.id, made.time, group, made.misfits))
    known = load_schema(schema) if isinstance(schema, str) else schema
    frame = as_polars(source)
    return run_rules(_subject(frame, known, known.with_role("id")[0], known.with_role("time")[0], group))


def run_rules(subject: Subject) -> Findings:
    """The findings of every rule on one subject."""
    found = [finding for find in load_rules().values() for finding in find(subject)]
    ranked = sorted(found, key=lambda f: (f.severity != "error", f.rule, f.column))
    return Findings(tuple(ranked), subject.frame.height)


def _subject(
    frame: pl.DataFrame, schema: Schema, id: str, time: str, group: str | None, misfits: tuple[Misfit, ...] = ()
) -> Subject:
    absent = [name for name in (id, time, group) if name is not None and name not in frame.columns]
    wordy = [c.name for c in schema.columns if c.kind != "text" and c.name in frame.columns and _is_text(frame, c.name)]
    if absent or wordy:
        raise SchemaError(
            Text("表不能检查", "the table cannot be checked"),
            expected=Text("有列 {c}，数量列为数值", "columns {c}, and numbers in the quantities").format(
                c=", ".join(filter(None, (id, time, group)))
            ),
            found=Text("缺少列 [{a}]；非数值列 [{w}]", "absent [{a}]; not numeric [{w}]").format(
                a=", ".join(absent), w=", ".join(wordy)
            ),
            remedy=Text(
                "改为表结构的列名与类型，或检查文件本身", "use the schema's names and kinds, or check the file"
            ),
        )
    first = next((name for name in schema.with_role("group") if name in frame.columns), None)
    return Subject(frame.fill_nan(None), schema, id, time, group or first, misfits)


def _is_text(frame: pl.DataFrame, name: str) -> bool:
    return not (frame.schema[name].is_numeric() or frame.schema[name] == pl.Null)
