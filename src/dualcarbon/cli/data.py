"""Commands on a table: init, check, convert."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dualcarbon.cli.options import Data, Encoding, Force, Lang, Schema, Separator, Sheet, refuse_overwrite, write

if TYPE_CHECKING:
    from dualcarbon.panel import Findings


def init(
    data: Data,
    out: Annotated[Path, typer.Option(help="写到哪里 | where to write")] = Path("study.toml"),
    schema: Schema = "firm",
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """提出列与单位的映射，写出带注释的 study.toml | propose the mapping of columns and units, write study.toml"""
    from dualcarbon.panel import propose
    from dualcarbon.studies.userdata import further_sections

    refuse_overwrite(out, force)
    proposal = propose(data, schema, sheet=sheet, encoding=encoding, separator=separator)
    text = replace(proposal, path=_seen_from(out, data)).to_toml()
    write(out, text + further_sections() if proposal.schema.name == "firm" else text)
    typer.echo(f"{out}\n请逐行核对单位，再运行 | check every unit, then run:\n  dualcarbon check {out}")


def _seen_from(study_file: Path, data: Path) -> str:
    """The path of the data as a study file in its own folder has to write it."""
    if data.is_absolute():
        return str(data)
    return Path(os.path.relpath(data.absolute(), study_file.absolute().parent)).as_posix()


def check(
    data: Annotated[
        Path, typer.Argument(help="数据文件或 init 写出的 study.toml | data file or study.toml", readable=False)
    ],
    schema: Schema = "firm",
    form: Annotated[Literal["text", "json", "csv"], typer.Option("--format", help="输出格式 | output format")] = "text",
    lang: Lang = "both",
    out: Annotated[Path | None, typer.Option(help="写到文件而非屏幕 | write to a file")] = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """检查数据，列出发现 | check the data. 退出码 | exit code: 0 无 | none, 1 警告 | warnings, 2 错误 | errors"""
    if out is not None:
        refuse_overwrite(out, force)
    findings = _findings(data, schema, {"sheet": sheet, "encoding": encoding, "separator": separator})
    if form == "json":
        text = findings.to_json()
    elif form == "csv":
        text = findings.to_csv()
    else:
        text = findings.to_text(lang)
    if out is None:
        typer.echo(text)
    else:
        write(out, text)
    raise typer.Exit(findings.exit_code)


def _findings(data: Path, schema: str, reading: dict[str, str | None]) -> Findings:
    """The findings on a table, or on the table of a study file, in which what is said here goes first."""
    if data.suffix == ".toml":
        from dualcarbon.studies.userdata import declared, folder_of

        said = {name: value for name, value in reading.items() if value is not None}
        return declared(data).model_copy(update=said).check(folder_of(data))
    from dualcarbon.panel import check as check_data

    return check_data(
        data, schema, sheet=reading["sheet"], encoding=reading["encoding"], separator=reading["separator"]
    )


def convert(
    data: Data,
    out: Annotated[Path, typer.Argument(help="要写的 Parquet 文件 | Parquet file to write")],
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """把数据文件转为 Parquet，列名与内容不变 | convert a data file to Parquet, names and values unchanged"""
    from dualcarbon.panel import convert as convert_file

    refuse_overwrite(out, force)
    typer.echo(convert_file(data, out, sheet=sheet, encoding=encoding, separator=separator))
