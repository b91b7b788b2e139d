"""Which column of the file is which column of the schema, and in what unit it stands there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.schema import Column, Schema
from dualcarbon.core.text import Text
from dualcarbon.core.units import Conversion, conversion, find_unit, units_of

_BRACKETS = re.compile(r"^(.+?)\s*[(\[【]([^()\[\]【】]*)[)\]】]\s*$")
_NOISE = re.compile(r"^(?:单位:|in\s+)|\b(?:19|20)\d\d\s+")
_PARTS = re.compile(r"[,，、;；/]")


@dataclass(frozen=True, slots=True)
class Match:
    """A column of the schema found in the file: its name there and how its values convert."""

    column: Column
    source: str
    conversion: Conversion


def plain(name: str) -> str:
    """A column name without width, case and white space, so that spellings of one name agree."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def split_unit(name: str) -> tuple[str, str | None]:
    """A column name and the unit written in brackets behind it, if it is one.

    Examples
    --------
    >>> split_unit("工业总产值（千元）")
    ('工业总产值', '1e3_cny')
    >>> split_unit("coal (dry)")
    ('coal', None)
    """
    match = _BRACKETS.match(unicodedata.normalize("NFKC", name).strip())
    if match is None:
        return name, None
    inside = _NOISE.sub("", match.group(2)).strip()
    for part in (inside, *_PARTS.split(inside)):
        unit = find_unit(part)
        if unit is not None:
            return match.group(1), unit.name
    return match.group(1), None


def needs_unit(column: Column) -> bool:
    """Whether values of the column could stand in more than one unit."""
    return column.kind == "number" and len(units_of(column.unit)) > 1


def candidates(schema: Schema, names: Sequence[str]) -> dict[str, list[str]]:
    """Columns of the file that go by a name or alias of each column of the schema.

    A column that bears the schema's own name takes it alone; the others then stay what they are.
    """
    found = {}
    for column in schema.columns:
        if column.name in names:
            found[column.name] = [column.name]
            continue
        spellings = {plain(s) for s in (column.name, *column.aliases)}
        found[column.name] = [n for n in names if plain(n) in spellings or plain(split_unit(n)[0]) in spellings]
    return found


def match_columns(
    names: Sequence[str], schema: Schema, mapping: Mapping[str, str] | None, units: Mapping[str, str] | None, file: str
) -> tuple[Match, ...]:
    """The columns of the schema that the file has.

    With a `mapping` its columns are taken as said, and beside it only columns that bear the schema's own
    names; without one, names and aliases of the schema decide.

    Raises
    ------
    SchemaError
        One error that lists every fault: unknown, missing, ambiguous columns; units unknown, missing, unfit.
    """
    faults: list[Text] = []
    sources = _mapped(names, schema, mapping, faults) if mapping is not None else _by_alias(names, schema, faults)
    missing = [c for c in schema.columns if c.required and c.name not in sources]
    faults += [_missing(c, mapping is not None) for c in missing]
    matches = _with_units(sources, schema, dict(units or {}), faults)
    if faults:
        raise _schema_error(faults, names, schema, file)
    return matches


def _missing(column: Column, mapped: bool) -> Text:
    if mapped:
        return Text("缺少必需列 {c}（{z}）", "the required column {c} ({e}) is missing").format(
            c=column.name, z=column.label.zh, e=column.label.en
        )
    return Text(
        "缺少必需列 {c}（{z}），可用列名：{a}", "the required column {c} ({e}) is missing; it may be called: {a}"
    ).format(c=column.name, z=column.label.zh, e=column.label.en, a=", ".join((column.name, *column.aliases)))


def _mapped(names: Sequence[str], schema: Schema, mapping: Mapping[str, str], faults: list[Text]) -> dict[str, str]:
    sources: dict[str, str] = {}
    for target, source in mapping.items():
        if target not in schema:
            faults.append(
                Text("映射中的 {t} 不是 {s} 表的列", "{t} in the mapping is no column of the schema {s}").format(
                    t=target, s=schema.name
                )
            )
        elif source not in names:
            faults.append(
                Text("文件中没有 {t} 所指的列 {s}", "the file has no column {s}, mapped to {t}").format(
                    t=target, s=repr(source)
                )
            )
        elif source in sources.values():
            faults.append(
                Text("文件的列 {s} 被映射了两次", "the column {s} of the file is mapped twice").format(s=repr(source))
            )
        elif source != target and target in names:
            faults.append(
                Text(
                    "文件另有名为 {t} 的列，映射却把它指向 {s}",
                    "the file has a column {t}, yet the mapping turns it to {s}",
                ).format(t=target, s=repr(source))
            )
        else:
            sources[target] = source
    own = {c.name: c.name for c in schema.columns if c.name in names and c.name not in mapping}
    return sources | {name: name for name in own if name not in sources.values()}


def _by_alias(names: Sequence[str], schema: Schema, faults: list[Text]) -> dict[str, str]:
    found = candidates(schema, names)
    for target, sources in found.items():
        if len(sources) > 1:
            faults.append(
                Text("列 {t} 有多个候选：{s}", "the column {t} has several candidates: {s}").format(
                    t=target, s=", ".join(map(repr, sources))
                )
            )
    for source in names:
        targets = [target for target, sources in found.items() if source in sources]
        if len(targets) > 1:
            faults.append(
                Text("文件的列 {s} 可以是 {t} 中的任一列", "the column {s} of the file could be any of {t}").format(
                    s=repr(source), t=", ".join(targets)
                )
            )
    return {target: sources[0] for target, sources in found.items() if sources}


def _with_units(
    sources: Mapping[str, str], schema: Schema, units: dict[str, str], faults: list[Text]
) -> tuple[Match, ...]:
    for target in units:
        if target not in sources:
            faults.append(
                Text("声明了 {t} 的单位，但没有这一列", "a unit is declared for {t}, which is not there").format(
                    t=target
                )
            )
    matches = []
    for column in schema.columns:
        if column.name not in sources:
            continue
        source = sources[column.name]
        unit = units.get(column.name) or _unit_of(column, source)
        if unit is None:
            faults.append(_no_unit(column, source))
            continue
        try:
            matches.append(Match(column, source, conversion(unit, column.unit)))
        except SchemaError as error:
            faults.append(Text("列 {c}：{w}", "column {c}: {w}").format(c=column.name, w=_summary(error)))
    return tuple(matches)


def _summary(error: SchemaError) -> Text:
    return Text("{w}，应为 {e}", "{w}, expected {e}").format(w=error.what, e=error.expected)


def _unit_of(column: Column, source: str) -> str | None:
    """The unit the file itself states: by the schema's own name, or in brackets."""
    if source == column.name or not needs_unit(column):
        return column.unit
    return split_unit(source)[1]


def _no_unit(column: Column, source: str) -> Text:
    return Text(
        "列 {c}（文件中的 {s}）未声明单位，可为：{u}", "no unit is declared for {c} ({s} in the file), one of: {u}"
    ).format(c=column.name, s=repr(source), u=" | ".join(units_of(column.unit)))


def _schema_error(faults: list[Text], names: Sequence[str], schema: Schema, file: str) -> SchemaError:
    listed = Text(
        "\n    ".join(("", *(f.zh for f in faults))) + "\n    文件的列：" + ", ".join(names[:60]),
        "\n    ".join(("", *(f.en for f in faults))) + "\n    columns of the file: " + ", ".join(names[:60]),
    )
    return SchemaError(
        Text("{f} 与 {s} 表结构不符，共 {n} 处", "{f} does not fit the schema {s}: {n} faults").format(
            f=file, s=schema.name, n=len(faults)
        ),
        expected=Text(
            "每个必需列恰有一列对应，每个数量列的单位已知", "one column for each required one, every unit known"
        ),
        found=listed,
        remedy=Text(
            "用 dualcarbon init 起草 study.toml，在其 [data.columns] 与 [data.units] 指明（Python：mapping=、units=）",
            "run dualcarbon init to draft a study.toml and say so in its [data.columns] and [data.units] "
            "(mapping= and units= in Python)",
        ),
    )
