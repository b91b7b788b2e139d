"""Commands on studies: run, list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
