"""A table of the user's: how it is read, what it hashes to, whether its errors let a study go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Language, Text, both
from dualcarbon.panel import DataConfig, Finding, check, drop_invalid
from dualcarbon.studies.config import Co2Part, FirmStudy, existing, parse_toml, read_text, shipped, validated
from dualcarbon.studies.store import file_sha256

_MOST = 5
_FURTHER = "[effects]"
_HOW = Text(
    "以下为 dualcarbon run cmri2024 的其余设置与默认值；要改，就去掉该节标题与该行行首的 #",
    "further settings of dualcarbon run cmri2024 with their defaults; to change one, remove the # before it and before "
    "the name of its section",
)
_AS_IT_IS: Mapping[str, str] = MappingProxyType({})


def is_study_file(data: Path) -> bool:
    """Whether the path is a study file rather than a table."""
    return data.suffix == ".toml"


def declared(data: Path, reading: Mapping[str, str] = _AS_IT_IS) -> DataConfig:
    """How the user's table is read.

    A ``.toml`` is a study file as `dualcarbon init` writes it, with the table in its ``[data]``; anything else is a
    data file whose columns carry the schema's own names. `reading` holds schema, sheet, encoding or separator said
    elsewhere, which go first.
    """
    if not is_study_file(data):
        return DataConfig.model_validate({"path": str(data), **reading})
    sections = parse_toml(read_text(data), data.name)
    section = sections.get("data")
    if not isinstance(section, dict):
        raise ConfigError(
            Text("{p} 没有 [data] 一节", "{p} has no [data] section").format(p=data.name),
            expected=Text("dualcarbon init 写出的 study.toml", "a study.toml as dualcarbon init writes it"),
            found=both(", ".join(sections) or "-"),
            remedy=Text("先运行 dualcarbon init 数据文件", "run dualcarbon init DATA first"),
        )
    return validated({**section, **reading}, DataConfig, f"{data.name} [data]")


def further_sections() -> str:
    """The settings of the study cmri2024 that a table does not tell, each with its value and reason, as comments.

    Whoever wants another value takes the comment sign away.
    """
    own = (files("dualcarbon.studies") / "cmri2024" / "study.toml").read_text(encoding="utf-8")
    settings = own[own.index(_FURTHER) :].splitlines()
    return "\n".join(("", f"# {_HOW}", *(f"# {line}" if line else "" for line in settings))) + "\n"


def accounted(panel: Panel, data: Path) -> Panel:
    """The panel with the CO2 that [co2] of a study file asks for; as it is where the file has no such section.

    What the section leaves out is as in the shipped study.

    Raises
    ------
    ConfigError, SchemaError
        The section is wrong, or the energy columns are not there.
    """
    part = parse_toml(read_text(data), data.name).get("co2")
    if part is None:
        return panel
    from dualcarbon.accounting import account

    known = shipped("cmri2024", FirmStudy).co2.model_dump()
    asked = validated({**known, **part} if isinstance(part, dict) else part, Co2Part, f"{data.name} [co2]")
    return account(panel, boundary=asked.boundary, factors=asked.factors)


def folder_of(data: Path) -> Path:
    """The folder from which the table's path is taken."""
    return data.parent if is_study_file(data) else Path()


def inputs(data: Path | None) -> dict[str, str]:
    """SHA-256 of every file a study reads, by name; empty where it simulates.

    Raises
    ------
    InputError
        If a file is not there.
    """
    if data is None:
        return {}
    table = folder_of(existing(data)) / declared(data).path
    return {path.name: file_sha256(existing(path)) for path in dict.fromkeys((data, table))}


def sound_panel(data: Path, drop: bool, reading: Mapping[str, str] = _AS_IT_IS) -> Panel:
    """The user's panel, checked: errors stop, warnings do not but stand in the panel's notes.

    Parameters
    ----------
    data : Path
    drop : bool
        Drop the rows with missing, negative or impossible quantities, counted by reason, instead of stopping.
    reading : mapping
        As in `declared`.

    Raises
    ------
    DataError
        If the check finds errors.
    """
    panel = declared(data, reading).load(folder_of(data))
    if drop:
        panel = drop_invalid(panel)
    found = check(panel).items
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise _refused(data, errors, drop)
    return replace(panel, notes=(*panel.notes, _warned(found))) if found else panel


def _warned(warnings: Sequence[Finding]) -> Text:
    listed = ", ".join(f"{f.rule} {f.column}: {f.count:,}" for f in warnings)
    return Text(
        "检查有 {n} 项警告（规则、列、行数）：{w}。用 dualcarbon check 查看含义与处理。",
        "The check gave {n} warnings (rule, column, rows): {w}. See dualcarbon check for meaning and remedy.",
    ).format(n=len(warnings), w=listed)


def _refused(data: Path, errors: Sequence[Finding], dropped: bool) -> DataError:
    return DataError(
        Text("{p} 的错误有 {n} 项", "errors in {p}: {n}").format(p=data.name, n=len(errors)),
        expected=Text("检查没有错误", "a check without errors"),
        found=Text(_listed(errors, "zh"), _listed(errors, "en")),
        remedy=_remedy(errors, dropped),
    )


def _listed(errors: Sequence[Finding], language: Language) -> str:
    lines = ["", *(f"{f.column}: {f.means.get(language)} [{_where(f)}]" for f in errors)]
    return "\n    ".join(lines)


def _where(finding: Finding) -> str:
    return "; ".join([f"{finding.count:,}", *(", ".join(map(str, key)) for key in finding.keys[:_MOST])])


def _remedy(errors: Sequence[Finding], dropped: bool) -> Text:
    """What each kind of error asks for; dropping rows is offered only where it cures all of them."""
    if not dropped and all(finding.rule == "negative" for finding in errors):
        return Text(
            "用 dualcarbon check 查看全部并改正；或加 --drop-invalid 删去这些行并逐项计数",
            "see all with dualcarbon check and correct them; or add --drop-invalid to drop these rows, each counted",
        )
    asked = list(dict.fromkeys(finding.remedy for finding in errors))
    return Text(
        "；".join((*(t.zh for t in asked), "用 dualcarbon check 查看全部")),
        "; ".join((*(t.en for t in asked), "see all with dualcarbon check")),
    )


def require_columns(panel: Panel, names: Sequence[str], purpose: Text) -> None:
    """Raise `SchemaError` naming every column the study needs and the table lacks."""
    absent = [name for name in dict.fromkeys(names) if name not in panel.frame.columns]
    if absent:
        raise SchemaError(
            Text("缺少 {k} 列", "{k} columns are missing").format(k=len(absent)),
            expected=Text("{p}需要 {c}", "{p} needs {c}").format(p=purpose, c=", ".join(dict.fromkeys(names))),
            found=Text("缺 {a}；有 {h}", "missing {a}; there are {h}").format(
                a=", ".join(absent), h=", ".join(panel.frame.columns)
            ),
            remedy=Text(
                "在 study.toml 的 [data.columns] 中指明对应的列，或改 [technology]、[effects] 所用的列",
                "map them in [data.columns] of study.toml, or change the columns of [technology] and [effects]",
            ),
        )


def require_some_positive(panel: Panel, name: str, purpose: Text) -> None:
    """Raise `DataError` if a column is zero or missing in every row."""
    (values,) = panel.arrays(name)
    if not bool((values > 0.0).any()):
        raise DataError(
            Text("{c} 全为零或缺失", "{c} is zero or missing in every row").format(c=name),
            expected=Text("{p}至少要有一行为正", "{p} needs at least one positive row").format(p=purpose),
            found=Text("{n} 行都不为正", "{n} rows, none positive").format(n=f"{panel.n:,}"),
            remedy=Text(
                "检查导出、列映射与单位；若确实没有，改 study.toml 的 [co2]",
                "check the export, the mapping and the unit; if there is truly none, change [co2] in study.toml",
            ),
        )
