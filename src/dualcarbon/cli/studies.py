"""Commands on studies: run, claims, list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dualcarbon.cli.options import Force, Lang, languages, refuse_overwrite, write
from dualcarbon.core.text import Text, both


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

    if rows is not None and data is not None:
        from dualcarbon.core.errors import ConfigError

        raise ConfigError(
            Text("--rows 与 --data 不能并用", "--rows and --data do not go together"),
            expected=Text("模拟的行数，或自己的数据", "rows to simulate, or data of your own"),
            found=both(f"--rows {rows} --data {data}"),
            remedy=Text("去掉其中一个；自己的表总是全部读入", "leave one out; a table of your own is read as a whole"),
        )
    finished = run_study(study, rows=rows, data=data, out=out, seed=seed, drop=drop, quiet=quiet)
    typer.echo(finished.summary())


def claims(
    study: Annotated[str, typer.Argument(help="研究名，如 cmri2024 | study, such as cmri2024")],
    json: Annotated[bool, typer.Option("--json", help="JSON，含两种语言 | JSON, in both languages")] = False,
    lang: Lang = "both",
    status: Annotated[
        Literal["agrees", "disagrees", "not_checkable"] | None,
        typer.Option(help="只列这一结论 | only claims of this status"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="写到文件而非屏幕 | write to a file")] = None,
    force: Force = False,
) -> None:
    """逐个核对报告印出的数字：一致、不一致、无法核对 | check every number a report prints"""
    from dualcarbon.studies import study_claims
    from dualcarbon.studies.cmri2024.claims.output import to_json, to_text

    if out is not None:
        refuse_overwrite(out, force)
    found = [one for one in study_claims(study) if status in (None, one.status)]
    text = to_json(found, study) if json else to_text(found, languages(lang))
    if out is None:
        typer.echo(text)
    else:
        write(out, text + "\n")


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
