"""A file as a table in the schema's names and units, before its keys are trusted: what `read` and `check` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import polars as pl

from dualcarbon.core.panel import Drop, Provenance
from dualcarbon.core.schema import Kind, Schema, load_schema
from dualcarbon.core.text import Text, both
from dualcarbon.panel.casting import Cast, blank_to_null, cast, full_codes, settle, without_percent_signs
from dualcarbon.panel.formats import Options, load_table, sha256_of
from dualcarbon.panel.matching import Match, match_columns

Key = tuple[str | int | float | None, ...]
_FIRST = 5
_PER_CENT = Fraction(1, 100)
_BLANK = Text("整行为空", "row wholly blank")
_WIDTHS = {"industry2": 2, "industry4": 4}
_PADDED = Text(
    "列 {c} 有 {n} 行的代码缺首位的 0，已补足 {w} 位（如 {a} → {b}）。",
    "Column {c}: the codes of {n} rows lack a leading 0 and are filled to {w} digits (such as {a} → {b}).",
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Values of a column that are not of its kind: how many, and the first five with their row keys."""

    column: str
    source: str
    reason: Text
    count: int
    keys: tuple[Key, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The table in the schema's names and units; keys may still be missing or repeated, and values may misfit."""

    frame: pl.DataFrame
    schema: Schema
    id: str
    time: str
    misfits: tuple[Misfit, ...]
    provenance: Provenance
    drops: tuple[Drop, ...]
    notes: tuple[Text, ...] = ()


def prepare(
    path: str | Path,
    schema: str | Schema,
    mapping: Mapping[str, str] | None,
    units: Mapping[str, str] | None,
    missing: Sequence[str],
    others: bool,
    options: Options,
) -> Prepared:
    """Load, map, convert to the kind of each column, convert units once.

    Raises
    ------
    InputError
        If the file cannot be read.
    SchemaError
        If its columns or units do not fit, all faults in one error.
    """
    chosen = load_schema(schema) if isinstance(schema, str) else schema
    file = Path(path)

    def match(names: Sequence[str]) -> tuple[Match, ...]:
        return match_columns(names, chosen, mapping, units, file.name)

    table = load_table(file, replace(options, kinds=lambda names: _kinds(match(names))))
    raw, matches = table.frame, match(table.frame.columns)
    kept, drops = _without_blank_rows(_cleaned(raw, matches, missing, others))
    columns, misfits = _convert(kept, matches)
    taken = {m.source for m in matches}
    rest = [kept[name] if table.typed else settle(kept[name]) for name in kept.columns if name not in taken]
    id, time = chosen.with_role("id")[0], chosen.with_role("time")[0]
    frame, notes = _filled(pl.DataFrame([*columns, *rest]))
    provenance = Provenance(both(file.name), sha256=sha256_of(file))
    return Prepared(frame, chosen, id, time, misfits, provenance, drops, notes)


def _filled(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Text, ...]]:
    """The table with whole codes of industries, and what was changed."""
    notes = []
    for name, width in _WIDTHS.items():
        codes = frame[name] if name in frame.columns else pl.Series(dtype=pl.String)
        if codes.dtype != pl.String:
            continue
        full = full_codes(codes, width)
        short = (codes != full).fill_null(False)
        if short.any():
            first = codes.filter(short)[0], full.filter(short)[0]
            notes.append(_PADDED.format(c=name, n=f"{short.sum():,}", w=width, a=first[0], b=first[1]))
            frame = frame.with_columns(full.alias(name))
    return frame, tuple(notes)


def _kinds(matches: tuple[Match, ...]) -> dict[str, type[pl.DataType]]:
    kinds: dict[Kind, type[pl.DataType]] = {"number": pl.Float64, "integer": pl.Int64}
    return {m.source: kinds[m.column.kind] for m in matches if m.column.kind in kinds}


def _cleaned(raw: pl.DataFrame, matches: tuple[Match, ...], missing: Sequence[str], others: bool) -> pl.DataFrame:
    names = raw.columns if others else [m.source for m in matches]
    return raw.select(blank_to_null(name, raw.schema[name], missing) for name in names)


def _without_blank_rows(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Drop, ...]]:
    if all(column.null_count() for column in frame):
        full = frame.filter(~pl.all_horizontal(pl.all().is_null()))
        gone = frame.height - full.height
        return full, (Drop(_BLANK, gone),) if gone else ()
    return frame, ()


def _convert(frame: pl.DataFrame, matches: tuple[Match, ...]) -> tuple[list[pl.Series], tuple[Misfit, ...]]:
    columns, misfits = [], []
    keys = [m.source for m in matches if m.column.role in ("id", "time")]
    for match in matches:
        per_cent = match.column.unit == "share" and match.conversion.ratio == _PER_CENT
        source = frame[match.source]
        result = cast(without_percent_signs(source) if per_cent else source, match.column.kind)
        values = result.values.alias(match.column.name)
        columns.append(match.conversion.apply(values) if match.column.kind == "number" else values)
        if result.faults.any():
            misfits.append(_misfit(frame, match, result, keys))
    return columns, tuple(misfits)


def _misfit(frame: pl.DataFrame, match: Match, result: Cast, keys: list[str]) -> Misfit:
    rows = frame.select(pl.col(keys), pl.col(match.source).alias("_value")).filter(result.faults).head(_FIRST)
    return Misfit(
        column=match.column.name,
        source=match.source,
        reason=result.reason,
        count=int(result.faults.sum()),
        keys=tuple(rows.select(keys).rows()),
        values=tuple(str(v) for v in rows["_value"]),
    )
