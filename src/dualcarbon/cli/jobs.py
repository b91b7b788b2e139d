"""Commands that estimate on a table: frontier, regress, did, market."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dualcarbon.cli.options import (
    Encoding,
    Force,
    Lang,
    Schema,
    Separator,
    Sheet,
    given,
    languages,
    pairs,
    print_tables,
    refuse_overwrite,
    write,
)


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

    reading = given(schema=schema, sheet=sheet, encoding=encoding, separator=separator)
    if propose:
        target = config or Path("model.toml")
        refuse_overwrite(target, force)
        asked = job.Asked(data, None, model, drop, reading)
        write(target, job.propose(asked))
        typer.echo(f"{target}\n请逐行核对，再运行 | check every line, then run:")
        typer.echo(f"  dualcarbon frontier {data} --config {target}")
        return
    finished = job.main(job.Asked(data, config, model, drop, reading), out, quiet=quiet, say=typer.echo)
    typer.echo(finished.summary())


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
        refuse_overwrite(out / f"{job.KEY}.csv", force)
    reading = given(schema=schema, sheet=sheet, encoding=encoding, separator=separator)
    columns = tuple(show or ())
    table = job.run(job.Asked(data, tuple(formula), cluster, vcov, weights, id, time, columns, drop, reading))
    print_tables([table], lang)
    for path in job.write(table, out, languages(lang)) if out is not None else ():
        typer.echo(path)


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
    cluster: Annotated[
        str | None, typer.Option(help="聚类列；企业等默认按所在地 | clusters; firms: their place by default")
    ] = None,
    anticipation: Annotated[int, typer.Option(min=0, help="预期期数 | periods of anticipation")] = 0,
    window: Annotated[tuple[int, int] | None, typer.Option(help="相对时期，如 -5 5 | relative periods")] = None,
    gaps: Annotated[str, typer.Option(help="缺期：refuse、drop_units、keep | units with gaps")] = "refuse",
    place: Annotated[
        str | None, typer.Option(help="中文地名列，默认城市列 | column of place names, in Chinese")
    ] = None,
    level: Annotated[str | None, typer.Option(help="地名层级：city、province、county | kind of places")] = None,
    within: Annotated[str | None, typer.Option(help="省份列 | column of provinces")] = None,
    city: Annotated[str | None, typer.Option(help="县所属城市的列 | column of the cities of counties")] = None,
    county: Annotated[str, typer.Option(help="县级试点：leave、treat_city、drop_city | pilot counties")] = "leave",
    province: Annotated[
        str, typer.Option(help="省级试点：leave、treat_cities、drop_cities | pilot provinces")
    ] = "leave",
    ambiguous: Annotated[str, typer.Option(help="有歧义的地名：refuse、leave_out | ambiguous names")] = "refuse",
    include: Annotated[
        list[str] | None, typer.Option(help="也使用这种核实状态的条目，如 unverified | use entries of this status too")
    ] = None,
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
        refuse_overwrite(out / f"{job.KEY}.csv", force)
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
        places=job.Places(place, level, within, city, county, province, ambiguous, tuple(include or ())),
        reading=given(schema=schema, sheet=sheet, encoding=encoding, separator=separator),
    )
    exhibits = job.run(asked)
    print_tables([item for item in exhibits if isinstance(item, Table)], lang)
    for path in job.write(exhibits, out, languages(lang)) if out is not None else ():
        typer.echo(path)


def market(
    data: Annotated[Path, typer.Argument(help="数据文件 | data file", metavar="DATA", readable=False)],
    cap: Annotated[str | None, typer.Option(help="总量：数值或当前的百分比，如 90% | cap, or % of today's CO2")] = None,
    scheme: Annotated[
        str, typer.Option(help="cap_and_trade、performance_standard、uniform、tax | scheme")
    ] = "cap_and_trade",
    response: Annotated[str, typer.Option(help="响应：quadratic、isoelastic、step | how firms respond")] = "quadratic",
    floor: Annotated[float, typer.Option(help="排放下限，当前的倍数 | lowest CO2, a multiple of today's")] = 0.5,
    ceiling: Annotated[float, typer.Option(help="排放上限，当前的倍数 | highest CO2, a multiple of today's")] = 1.0,
    elasticity: Annotated[float | None, typer.Option(help="等弹性响应的弹性 | of the isoelastic response")] = None,
    allocation: Annotated[
        str, typer.Option(help="grandfathering、benchmark、auction | who gets permits")
    ] = "grandfathering",
    benchmark: Annotated[float | None, typer.Option(help="基准：单位产出的 CO2 | CO2 per unit of output")] = None,
    benchmark_by: Annotated[str | None, typer.Option(help="基准分组列 | column of the groups of benchmarks")] = None,
    tax: Annotated[
        float | None, typer.Option(help="碳税税率；不给则达到总量 | rate; without it what reaches the cap")
    ] = None,
    price_floor: Annotated[float, typer.Option(help="价格下限 | lowest price of permits")] = 0.0,
    price_ceiling: Annotated[float | None, typer.Option(help="价格上限 | highest price of permits")] = None,
    reserve: Annotated[
        float | None, typer.Option(help="价格上限处增发的许可 | permits sold at the price ceiling")
    ] = None,
    auctioned: Annotated[
        float, typer.Option(help="绩效标准下出售的总量份额 | share of the cap that a standard sells")
    ] = 0.0,
    excluded: Annotated[str, typer.Option(help="没有价格的企业：inside、outside | firms without a price")] = "inside",
    revenue: Annotated[str, typer.Option(help="碳税收入：kept、per_firm、by_output、by_co2 | of a tax")] = "kept",
    missing: Annotated[str, typer.Option(help="没有曲率的企业：error、exclude | firms without curvature")] = "error",
    by: Annotated[str | None, typer.Option(help="分组列，如行业 | column of groups, such as the industry")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="并列其他政策 | set the other policies beside it")] = False,
    period: Annotated[str | None, typer.Option(help="取哪一期 | the period, where there are several")] = None,
    scale_by: Annotated[
        str | None,
        typer.Option(help="没有 scale 时：前沿的分组列，或 all | without scale: groups of the frontier, or all"),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="指明列，如 co2=排放量，可多次 | name a column: co2=emissions, repeatable")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="把图表与企业结果写到这个目录 | folder for exhibits and firms")
    ] = None,
    lang: Lang = "both",
    sheet: Sheet = None,
    encoding: Encoding = None,
    separator: Separator = None,
    force: Force = False,
) -> None:
    """碳市场：由企业的边际减排成本出清价格与交易 | clear a carbon market from firms' marginal abatement costs"""
    from dualcarbon.core.exhibit import Table
    from dualcarbon.studies import market_job as job

    if out is not None:
        refuse_overwrite(out / job.FIRMS, force)
    asked = job.Asked(
        data,
        cap=cap,
        scheme=scheme,
        response=response,
        floor=floor,
        ceiling=ceiling,
        elasticity=elasticity,
        allocation=allocation,
        benchmark=benchmark,
        benchmark_by=benchmark_by,
        tax=tax,
        price_floor=price_floor,
        price_ceiling=price_ceiling,
        reserve=reserve,
        auctioned=auctioned,
        excluded=excluded,
        revenue=revenue,
        missing=missing,
        by=by,
        compare=compare,
        period=period,
        scale_by=scale_by,
        columns=pairs(column or ()),
        reading=given(sheet=sheet, encoding=encoding, separator=separator),
    )
    found = job.run(asked)
    print_tables([item for item in found.exhibits if isinstance(item, Table)], lang)
    for path in job.write(found, out, languages(lang)) if out is not None else ():
        typer.echo(path)
