"""A draft of the study file for a table nobody has described yet: to be read and confirmed by its owner."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dualcarbon.core.schema import Schema, load_schema, schema_names
from dualcarbon.core.text import Text
from dualcarbon.core.units import get_unit
from dualcarbon.panel.casting import has_percent_signs
from dualcarbon.panel.formats import Options, RawTable, load_table
from dualcarbon.panel.guessing import assign, unit_by_magnitude, unit_in_words
from dualcarbon.panel.matching import needs_unit

_LOOK = 20_000
_CERTAIN = 3
_CONFIRM = Text("请确认", "please confirm")
_BY_NAME = Text("按列名、标签或百分号", "stated in the name, the label or a percent sign")
_BY_MAGNITUDE = Text("仅按数量级推测", "guessed from magnitude only")
_LOOSE = Text("列名只是近似", "the name fits loosely")
_NOT_FOUND = Text("未找到", "not found")
_REQUIRED = (Text("必需", "required"),)


@dataclass(frozen=True, slots=True)
class ProposedColumn:
    """A guess: column `source` of the file is column `name` of the schema, in `unit`.

    `unit` is None where there is nothing to declare (codes, years, or the schema's own name); `fit` is from 1 (a
    part of the name) to 4 (the schema's own name); `stated` tells whether the file names the unit itself.
    """

    name: str
    source: str
    unit: str | None
    fit: int
    stated: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a file might be read.

    `others` are its columns that fit nothing, `absent` required columns not found; `reading` holds the sheet,
    encoding and separator that were said, by those names.
    """

    path: str
    schema: Schema
    columns: tuple[ProposedColumn, ...]
    others: tuple[str, ...]
    absent: tuple[str, ...]
    reading: Mapping[str, str] = field(default_factory=dict)

    @property
    def mapping(self) -> dict[str, str]:
        """``{schema column: column of the file}`` as `read` takes it."""
        return {c.name: c.source for c in self.columns}

    @property
    def units(self) -> dict[str, str]:
        """``{schema column: unit in the file}`` as `read` takes it."""
        return {c.name: c.unit for c in self.columns if c.unit is not None}

    def to_toml(self) -> str:
        """A commented study file in both languages, valid TOML; every guess is marked for confirmation."""
        parts = (_head(self), _data(self), _column_lines(self), _unit_lines(self), _co2(self), _technology(self))
        return "\n".join(line for part in parts for line in part) + "\n"


def propose(
    path: str | Path,
    schema: str | None = None,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Proposal:
    """A guess at how to read a file, from the names, labels and first 20,000 rows of its columns.

    Parameters
    ----------
    schema : str, optional
        Kind of panel; by default the one of which most required columns, then most columns and units, are found.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    table = load_table(path, Options(sheet, encoding, separator, rows=_LOOK))
    names = [schema] if schema is not None else sorted(schema_names(), key=lambda n: (n != "firm", n))
    drafts = [_draft(str(path), load_schema(name), table) for name in names]
    best = max(drafts, key=lambda d: (-len(d.absent), sum(c.fit for c in d.columns), sum(c.stated for c in d.columns)))
    said = {"sheet": sheet, "encoding": encoding, "separator": separator}
    return replace(best, reading={name: value for name, value in said.items() if value is not None})


def _draft(path: str, schema: Schema, table: RawTable) -> Proposal:
    names = table.frame.columns
    found = assign(schema, names, table.labels)
    columns = tuple(_proposed(schema, table, target, source, fit) for target, (source, fit) in found.items())
    used = {c.source for c in columns}
    absent = tuple(c.name for c in schema.columns if c.required and c.name not in found)
    return Proposal(path, schema, columns, tuple(n for n in names if n not in used), absent)


def _proposed(schema: Schema, table: RawTable, target: str, source: str, fit: int) -> ProposedColumn:
    column = schema[target]
    if source == target or not needs_unit(column):
        return ProposedColumn(target, source, None, fit, True)
    stated = unit_in_words(column, source, table.labels.get(source, ""))
    if stated is None and column.unit == "share" and has_percent_signs(table.frame[source]):
        return ProposedColumn(target, source, "percent", fit, True)
    unit = stated or unit_by_magnitude(schema, column, table.frame[source])
    return ProposedColumn(target, source, unit, fit, stated is not None)


def _comment(*texts: Text) -> str:
    return "# " + "；".join(t.zh for t in texts) + " | " + "; ".join(t.en for t in texts)


def _head(proposal: Proposal) -> Iterator[str]:
    yield _comment(
        Text("由数据文件推测的研究文件，请逐行核对", "A study file guessed from the data: please confirm every line")
    )
    yield ""


def _data(proposal: Proposal) -> Iterator[str]:
    yield "[data]"
    yield f"path = {_quoted(proposal.path)}"
    yield f'schema = "{proposal.schema.name}"'
    yield from (f"{name} = {_quoted(value)}" for name, value in proposal.reading.items())
    yield ""


def _column_lines(proposal: Proposal) -> Iterator[str]:
    yield _comment(Text("表结构的列 = 文件中的列", "schema column = column in the file"))
    yield "[data.columns]"
    absent = [c for c in proposal.schema.columns if c.name not in proposal.mapping]
    for wanted in sorted(absent, key=lambda c: not c.required):
        yield f'# {wanted.name} = "?"  {_comment(_NOT_FOUND, *_REQUIRED[: wanted.required], wanted.label)}'
    for column in proposal.columns:
        notes = [proposal.schema[column.name].label, *([] if column.fit >= _CERTAIN else [_LOOSE, _CONFIRM])]
        yield f"{column.name} = {_quoted(column.source)}  {_comment(*notes)}"
    if proposal.others:
        yield _comment(
            Text("未映射的列：{o}", "columns not mapped: {o}").format(o=", ".join(map(_quoted, proposal.others)))
        )
    yield ""


def _unit_lines(proposal: Proposal) -> Iterator[str]:
    yield _comment(Text("表结构的列 = 文件中的单位", "schema column = unit in the file"))
    yield "[data.units]"
    for column in proposal.columns:
        if column.unit is not None:
            basis = _BY_NAME if column.stated else _BY_MAGNITUDE
            yield f'{column.name} = "{column.unit}"  {_comment(get_unit(column.unit).label, basis, _CONFIRM)}'
    yield ""


def _co2(proposal: Proposal) -> Iterator[str]:
    bad = set(proposal.schema.with_role("bad")) & set(proposal.mapping)
    if bad:
        yield _comment(
            Text(
                "文件已有二氧化碳列，无需核算（cmri2024 只用由能源核算的 CO2，需有能源列）",
                "the file has a CO2 column, there is nothing to account (cmri2024 takes CO2 from energy use alone and "
                "needs the columns of energy)",
            ),
            _CONFIRM,
        )
        yield ""
        return
    if "coal_t" not in proposal.schema:
        yield _comment(Text("未找到二氧化碳列，请补充映射", "no CO2 column was found: map one"), _CONFIRM)
        yield ""
        return
    yield _comment(Text("由能源消费核算二氧化碳", "CO2 is accounted from energy use"), _CONFIRM)
    yield from ("[co2]", 'boundary = "coal_oil_power"', 'factors = "cn_2015"', "")


def _technology(proposal: Proposal) -> Iterator[str]:
    schema = proposal.schema
    found = [c.name for c in proposal.columns]
    groups = [n for n in schema.with_role("group") if n in found][:1]
    yield _comment(Text("生产技术：投入、产出、排放、分组", "technology: inputs, good, bad, groups"), _CONFIRM)
    yield "[technology]"
    yield f"inputs = {json.dumps([n for n in schema.with_role('input') if n in found])}"
    yield f'good = "{schema.with_role("good")[0]}"'
    yield f'bad = "{schema.with_role("bad")[0]}"'
    yield f"group_by = {json.dumps(groups)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
