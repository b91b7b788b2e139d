"""The door: a file comes in once, is checked once, and leaves as a sorted, immutable panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from dualcarbon.core.errors import InputError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.schema import Schema
from dualcarbon.core.text import Text
from dualcarbon.panel.formats import Options
from dualcarbon.panel.preparing import Misfit, Prepared, prepare


def read(
    path: str | Path,
    schema: str | Schema = "firm",
    mapping: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    *,
    missing: Sequence[str] = (),
    others: bool = True,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Panel:
    """The panel in a Parquet, text, Stata or Excel file, in the schema's names and canonical units.

    The file is only read. Its columns are found by `mapping`, else by the names and aliases of the schema (case,
    width and white space do not matter). A quantity must state its unit: by bearing the schema's own name (which
    ends in the unit), in brackets in its header such as ``工业总产值（千元）``, or in `units`, which goes first.

    Parameters
    ----------
    path : str or Path
        ``.parquet``, ``.csv``, ``.tsv``, ``.txt`` (also ``.gz``), ``.dta``, ``.xlsx``, ``.xls``.
    schema : str or Schema
        Kind of panel: "firm", "plant", "province".
    mapping : mapping of str to str, optional
        ``{schema column: column of the file}``; complete if given: no alias is used beside it.
    units : mapping of str to str, optional
        ``{schema column: unit in the file}``, for example ``{"output_cny": "1e3_cny"}`` or ``"千元"``.
    missing : sequence of str
        Words that stand for a missing value, for example ``("n/a", "—")``; other words among numbers are errors.
    others : bool
        Keep the columns that the schema does not know, under their own names.
    sheet, encoding, separator : str, optional
        How to read the file where its kind leaves a choice; see `formats.Options`.

    Returns
    -------
    Panel
        Sorted by (id, time); numbers are float64, codes text. Wholly blank rows are dropped and counted.

    Raises
    ------
    InputError
        If the file is missing, of unknown kind, empty, undecodable, or a value is not of its column's kind.
    SchemaError
        If columns, units or keys do not fit.

    Notes
    -----
    Thousands separators are accepted where a value of the column proves them (``1,234,567`` or ``1,234.5``);
    ``1,234`` alone could be a decimal comma and is an error. ``5.12%`` is a number where the unit is percent, and a
    date, or ``2015年``, is its year in the column of years. Industry codes that a column of numbers robbed of their
    leading zero get it back (6 is 06 where others have two digits), which the panel's notes say. Negative or
    implausible quantities come in: they are for `check` to report and for `drop_invalid` to drop.
    """
    options = Options(sheet, encoding, separator)
    prepared = prepare(path, schema, mapping, units, missing, others, options)
    name = Path(path).name
    if prepared.misfits:
        raise _misfit_error(prepared, name)
    _require_years(prepared, name)
    panel = Panel.from_frame(
        prepared.frame, id=prepared.id, time=prepared.time, schema=prepared.schema, provenance=prepared.provenance
    )
    return replace(panel, drops=prepared.drops, notes=prepared.notes)


def _misfit_error(prepared: Prepared, name: str) -> InputError:
    lines = [_line(misfit) for misfit in prepared.misfits]
    return InputError(
        Text("{f} 中有不合列类型的值", "{f} has values that are not of their column's kind").format(f=name),
        expected=Text("数值列只有数，代码完整", "numbers in columns of numbers, codes with all their digits"),
        found=Text("\n    ".join(("", *(t.zh for t in lines))), "\n    ".join(("", *(t.en for t in lines)))),
        remedy=Text(
            "改正这些值；若它们表示缺失，在 study.toml 的 [data] 中以 missing = [...] 列出；去掉有歧义的千分位逗号",
            "correct the values; if they mean missing, list them in missing = [...] in [data] of study.toml; "
            "remove ambiguous thousands separators",
        ),
    )


def _line(misfit: Misfit) -> Text:
    first = ", ".join(f"{key}: {value!r}" for key, value in zip(misfit.keys, misfit.values, strict=True))
    return Text(
        "列 {c}（文件中的 {s}）：{n} 个值{r}，前几个 {f}",
        "column {c} ({s} in the file): {n} values are {r}, first {f}",
    ).format(c=misfit.column, s=repr(misfit.source), n=misfit.count, r=misfit.reason, f=first)


def _require_years(prepared: Prepared, name: str) -> None:
    column = prepared.schema[prepared.time]
    low, high = column.low, column.high
    year = pl.col(prepared.time)
    outside = prepared.frame.filter(~year.is_between(low, high) & year.is_not_null())
    if outside.height:
        first = outside.select(prepared.id, prepared.time).head(5).rows()
        raise SchemaError(
            Text("{f} 的 {t} 超出范围", "{t} in {f} is out of bounds").format(f=name, t=prepared.time),
            expected=Text("{a:.0f} 至 {b:.0f}", "{a:.0f} to {b:.0f}").format(a=low, b=high),
            found=Text("{n} 行，前几个 {r}", "{n} rows, first {r}").format(n=outside.height, r=first),
            remedy=Text("检查年份列的映射与写法", "check which column is the year and how it is written"),
        )
