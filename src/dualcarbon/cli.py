"""The front door in the terminal: init, check, run, frontier, regress, did, convert, list."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from dualcarbon import __version__
from dualcarbon.core.errors import DualcarbonError
from dualcarbon.core.interrupt import listen
from dualcarbon.core.text import LANGUAGES, Language, Text, both

if TYPE_CHECKING:
    from dualcarbon.core.exhibit import Table
    from dualcarbon.panel import Findings


class Door(TyperGroup):
    """Every error a user can meet leaves with exit code 2 and words in both languages."""

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Read the command line."""
        with _in_words():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _in_words():
            return super().invoke(ctx)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except DualcarbonError as error:
        _fail(error.say("zh"), error.say("en"))
    except KeyboardInterrupt:
        _fail(
            "已停止。已完成的步骤都保留着，没有留下写了一半的文件；再运行同一命令即从停处继续。",
            "Stopped. Finished steps are kept and nothing half-written was left; "
            "run the same command again to go on from there.",
        )
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        from dualcarbon.core.files import storage_error

        failure = storage_error(Path(error.filename or "."), error)
        _fail(failure.say("zh"), failure.say("en"))


def _fail(*lines: str) -> NoReturn:
    typer.echo("\n\n".join(lines), err=True)
    raise typer.Exit(2)


app = typer.Typer(
    cls=Door,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="从企业台账到二氧化碳、边际减排成本、数字技术效应与双语报告。\n\n"
    "From firms' accounts to CO2, marginal abatement costs, the effects of digital technology and a bilingual report.",
)

Data = Annotated[
    Path, typer.Argument(help="数据文件：parquet、csv、dta、xlsx | data file", metavar="DATA", readable=False)
]
Schema = Annotated[str, typer.Option(help="表结构：firm、province、plant | kind of panel")]
Sheet = Annotated[str | None, typer.Option(help="Excel 工作表 | sheet of a workbook")]
Encoding = Annotated[str | None, typer.Option(help="文本的编码，如 big5 | encoding of a text file, such as big5")]
Separator = Annotated[str | None, typer.Option(help="文本的分隔符 | field separator of a text file")]
Lang = Annotated[Literal["zh", "en", "both"], typer.Option(help="文字的语言 | language of the text")]
Force = Annotated[bool, typer.Option("--force", help="覆盖已有的输出文件 | replace an existing output file")]


def _refuse_overwrite(path: Path, force: bool) -> None:
    if not path.exists() or force:
        return
    from dualcarbon.core.errors import StorageError

    raise StorageError(
        Text("{p} 已存在", "{p} exists already").format(p=path),
        expected=Text("一个新文件名", "a new file name"),
        found=both(str(path)),
        remedy=Text(
            "用 --out 换一个名字，或加 --force 覆盖", "choose another name with --out, or add --force to replace it"
        ),
    )


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dualcarbon {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 | version")
    ] = False,
) -> None:
    pass


@app.command()
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

    _refuse_overwrite(out, force)
    proposal = propose(data, schema, sheet=sheet, encoding=encoding, separator=separator)
    _write(out, replace(proposal, path=_seen_from(out, data)).to_toml())
    typer.echo(f"{out}\n请逐行核对单位，再运行 | check every unit, then run:\n  dualcarbon check {out}")


def _seen_from(study_file: Path, data: Path) -> str:
    """The path of the data as a study file in its own folder has to write it."""
    if data.is_absolute():
        return str(data)
    return Path(os.path.relpath(data.absolute(), study_file.absolute().parent)).as_posix()


@app.command()
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
        _refuse_overwrite(out, force)
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
        _write(out, text)
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


@app.command()
def convert(
    data: Data,
    out: Annotated[Path, typer.Argument(help="要写的 Parquet 文件 | Parquet file to write")],
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
) -> None:
    """把数据文件转为 Parquet，列名与内容不变 | convert a data file to Parquet, names and values unchanged"""
    from dualcarbon.panel import convert as convert_file

    _refuse_overwrite(out, force=False)
    typer.echo(convert_file(data, out, sheet=sheet, encoding=encoding, separator=separator))


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="研究名：见 dualcarbon list | study: see dualcarbon list")],
    rows: Annotated[int | None, typer.Option(min=2_000, help="模拟的行数 | rows to simulate")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="自己的数据：数据文件或 study.toml | your data file or study.toml", readable=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="结果的目录 | folder of results")] = Path("runs"),
    seed: Annotated[int | None, typer.Option(min=0, help="模拟的种子 | seed of the simulation")] = None,
    drop: Annotated[
        bool, typer.Option("--drop-invalid", help="删去有错误的行并计数，而不是停下 | drop rows with errors, counted")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="不显示进度 | no progress")] = False,
) -> None:
    """运行一项研究，写出中英文报告 | run a study, write the report in Chinese and English"""
    from dualcarbon.studies import run_study

    finished = run_study(study, rows=rows, data=data, out=out, seed=seed, drop=drop, quiet=quiet)
    typer.echo(finished.summary())


@app.command()
def frontier(
    data: Annotated[
        Path, typer.Argument(help="数据文件或 init 写出的 study.toml | data file or study.toml", readable=False)
    ],
    config: Annotated[
        Path | None, typer.Option(help="设置：技术、方向、模型 | technology, direction, model", readable=False)
    ] = None,
    model: Annotated[str | None, typer.Option(help="模型名，先于设置 | model, goes before the settings")] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="只写出设置（默认 model.toml）| only write the settings (model.toml)")
    ] = False,
    out: Annotated[Path, typer.Option(help="结果的目录 | folder of results")] = Path("runs"),
    drop: Annotated[
        bool, typer.Option("--drop-invalid", help="删去有错误的行并计数，而不是停下 | drop rows with errors, counted")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="不显示进度 | no progress")] = False,
    schema: Annotated[str | None, typer.Option(help="表结构：firm、province、plant | kind of panel")] = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """在自己的数据上估计一个前沿模型，写出结果、诊断、图与报告 | one frontier model on your data"""
    from dualcarbon.studies.frontier_job import main as job

    said = {"schema": schema, "sheet": sheet, "encoding": encoding, "separator": separator}
    reading = {name: value for name, value in said.items() if value is not None}
    if propose:
        target = config or Path("model.toml")
        _refuse_overwrite(target, force)
        asked = job.Asked(data, None, model, drop, reading)
        _write(target, job.propose(asked))
        typer.echo(f"{target}\n请逐行核对，再运行 | check every line, then run:")
        typer.echo(f"  dualcarbon frontier {data} --config {target}")
        return
    finished = job.main(job.Asked(data, config, model, drop, reading), out, quiet=quiet, say=typer.echo)
    typer.echo(finished.summary())


@app.command()
def regress(
    data: Annotated[
        Path, typer.Argument(help="数据文件或 init 写出的 study.toml | data file or study.toml", readable=False)
    ],
    formula: Annotated[
        list[str], typer.Argument(help='公式，每列一个："y ~ x | 效应" | one formula per column: "y ~ x | effects"')
    ],
    cluster: Annotated[str | None, typer.Option(help="聚类列，如 firm_id | column of the clusters")] = None,
    vcov: Annotated[str | None, typer.Option(help="协方差：iid、hc1、cluster… | covariance")] = None,
    weights: Annotated[str | None, typer.Option(help="权重列 | column of weights")] = None,
    show: Annotated[list[str] | None, typer.Option(help="只显示这些变量 | show only these regressors")] = None,
    id: Annotated[str | None, typer.Option(help="个体列 | column of the units")] = None,
    time: Annotated[str | None, typer.Option(help="时间列 | column of the periods")] = None,
    drop: Annotated[
        bool, typer.Option("--drop-collinear", help="略去共线的变量并注明，而不是停下 | leave out, noted")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="把表写到这个目录 | folder for the table's files")] = None,
    lang: Lang = "both",
    schema: Schema = "firm",
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """回归，可吸收固定效应，打印三线表 | regression with absorbed effects, printed as a three-line table"""
    from dualcarbon.studies import regression_job as job

    if out is not None:
        _refuse_overwrite(out / f"{job.KEY}.csv", force)
    said = {"schema": schema, "sheet": sheet, "encoding": encoding, "separator": separator}
    reading = {name: value for name, value in said.items() if value is not None}
    columns = tuple(show or ())
    table = job.run(job.Asked(data, tuple(formula), cluster, vcov, weights, id, time, columns, drop, reading))
    _print([table], lang)
    for path in job.write(table, out, _languages(lang)) if out is not None else ():
        typer.echo(path)


@app.command()
def did(
    data: Annotated[Path, typer.Argument(help="数据文件 | data file", metavar="DATA", readable=False)],
    outcome: Annotated[str, typer.Option(help="结果列，或 ln(列) | column, or ln(column)")],
    policy: Annotated[str | None, typer.Option(help="政策名单，如 broadband_china | list of pilots")] = None,
    first_treated: Annotated[str | None, typer.Option(help="首次处理年份列 | column of first treated years")] = None,
    treated: Annotated[str | None, typer.Option(help="0/1 处理列 | 0/1 column")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="估计方法，可多次；all 为全部 | estimator, repeatable; all for every one")
    ] = None,
    comparison: Annotated[str, typer.Option(help="比较组：never、not_yet | comparison group")] = "never",
    controls: Annotated[list[str] | None, typer.Option(help="控制变量，可多次 | control, repeatable")] = None,
    cluster: Annotated[str | None, typer.Option(help="聚类列 | column of the clusters")] = None,
    anticipation: Annotated[int, typer.Option(min=0, help="预期期数 | periods of anticipation")] = 0,
    window: Annotated[tuple[int, int] | None, typer.Option(help="相对时期，如 -5 5 | relative periods")] = None,
    gaps: Annotated[str, typer.Option(help="缺期：refuse、drop_units、keep | units with gaps")] = "refuse",
    place: Annotated[str, typer.Option(help="地名列 | column of place names")] = "city",
    level: Annotated[str, typer.Option(help="地名层级：city、province、county | kind of places")] = "city",
    within: Annotated[str | None, typer.Option(help="省份列 | column of provinces")] = None,
    county: Annotated[str, typer.Option(help="县级试点：leave、treat_city、drop_city | pilot counties")] = "leave",
    province: Annotated[
        str, typer.Option(help="省级试点：leave、treat_cities、drop_cities | pilot provinces")
    ] = "leave",
    id: Annotated[str | None, typer.Option(help="个体列 | column of the units")] = None,
    time: Annotated[str | None, typer.Option(help="时间列 | column of the periods")] = None,
    out: Annotated[Path | None, typer.Option(help="把图表写到这个目录 | folder for tables and figures")] = None,
    lang: Lang = "both",
    schema: Annotated[str | None, typer.Option(help="表结构 | kind of panel")] = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """政策评估：匹配试点名单，估计效应 | did a policy work: match its pilots, estimate its effect"""
    from dualcarbon.core.exhibit import Table
    from dualcarbon.studies import did_job as job

    if out is not None:
        _refuse_overwrite(out / f"{job.KEY}.csv", force)
    said = {"schema": schema, "sheet": sheet, "encoding": encoding, "separator": separator}
    asked = job.Asked(
        data,
        outcome,
        policy_name=policy,
        first_treated=first_treated,
        treated=treated,
        methods=tuple(method or ("callaway_santanna",)),
        comparison=comparison,
        controls=tuple(controls or ()),
        cluster=cluster,
        anticipation=anticipation,
        window=window,
        gaps=gaps,
        id=id,
        time=time,
        places=job.Places(place, level, within, county, province),
        reading={name: value for name, value in said.items() if value is not None},
    )
    exhibits = job.run(asked)
    _print([item for item in exhibits if isinstance(item, Table)], lang)
    for path in job.write(exhibits, out, _languages(lang)) if out is not None else ():
        typer.echo(path)


@app.command(name="list")
def list_all() -> None:
    """列出研究、模型、因子集、表结构 | list studies, models, factor sets, schemas"""
    from dualcarbon.accounting import factor_sets
    from dualcarbon.core.schema import schema_names
    from dualcarbon.frontier.registry import names as model_names
    from dualcarbon.policy.lists import policies
    from dualcarbon.policy.registry import names as estimator_names
    from dualcarbon.studies import study_names

    for title, names in (
        ("研究 | studies", study_names()),
        ("前沿模型 | frontier models", model_names()),
        ("政策名单 | policy lists", tuple(policies())),
        ("政策估计方法 | policy estimators", estimator_names()),
        ("因子集 | factor sets", factor_sets()),
        ("表结构 | schemas", schema_names()),
    ):
        typer.echo(f"{title}: {', '.join(names)}")


def _languages(lang: str) -> tuple[Language, ...]:
    return tuple(one for one in LANGUAGES if lang in (one, "both"))


def _print(tables: Sequence[Table], lang: str) -> None:
    """Tables in the terminal, all in one language before the next."""
    from rich.console import Console

    from dualcarbon.report import terminal_table

    console = Console() if Console().is_terminal else Console(width=120)
    for language in _languages(lang):
        for table in tables:
            shown = terminal_table(table, language)
            shown.min_width = min(72, console.width)
            console.print(shown, "")


def _write(path: Path, text: str) -> None:
    from dualcarbon.core.files import write_text

    write_text(path, text)


def main() -> None:
    """Run the command line."""
    listen()
    app()


if __name__ == "__main__":
    main()
