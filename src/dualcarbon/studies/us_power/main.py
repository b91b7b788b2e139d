"""US fossil power plants: four frontier models by main fuel, on real data the user has beside the checkout."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import Field

from dualcarbon.core.engine import Engine
from dualcarbon.core.errors import ConfigError, InputError
from dualcarbon.core.exhibit import Chapter, Document, Table
from dualcarbon.core.files import require_readable
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Reference, Returns, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.engines.threads import Threads
from dualcarbon.panel import drop_invalid, load_us_power
from dualcarbon.studies.config import Strict, shipped
from dualcarbon.studies.finished import Finished
from dualcarbon.studies.panels import (
    ENVELOPMENT,
    LIKELIHOOD,
    PROGRAMMING,
    QUADRATIC,
    TRANSLOG,
    Labels,
    Plan,
    Rival,
    joined,
    models_table,
    rivals,
)
from dualcarbon.studies.progress import Bar, Reporter, Silent, Watched
from dualcarbon.studies.rendering import colophon, render_step
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Objects, file_sha256

FUELS = {
    "mmbtu_coal": ("coal", Text("煤", "coal")),
    "mmbtu_gas": ("gas", Text("气", "gas")),
    "mmbtu_pet": ("oil", Text("油", "oil")),
    "mmbtu_other": ("other", Text("其他", "other")),
}
_WORK = 20.0
_NAME = Text("美国火电厂 2016–2019（真实数据）", "US fossil power plants, 2016–2019 (real data)")
_LABELS = Labels(
    "table_us_power",
    Text("表 1", "Table 1"),
    _NAME,
    Text("电厂", "Plant"),
    Text("千瓦时/吨", "kWh/t"),
    Text("美国能源信息署、世界资源研究所，dualcarbon 计算", "US EIA and WRI, computed by dualcarbon"),
    dict(FUELS.values()),
)


class StudyPart(Strict):
    """Where the file is looked for, and the sample of the envelopment."""

    name: str
    file: str
    places: tuple[str, ...]
    envelopment_plants: int = Field(ge=20)
    seed: int = Field(ge=0)


class TechnologyPart(Strict):
    """Columns of the frontier."""

    inputs: tuple[str, ...]
    good: str
    bad: str
    group_by: tuple[str, ...]


class PowerStudy(Strict):
    """The study file."""

    study: StudyPart
    technology: TechnologyPart


def main(*, rows: int | None, data: Path | None, out: Path, seed: int | None, drop: bool, quiet: bool) -> Finished:
    """Run the study on the user's file, or on the first one found in the study's places; unusable rows always drop."""
    start = time.perf_counter()
    config = shipped("us_power", PowerStudy)
    if rows is not None:
        raise ConfigError(
            Text("us_power 不模拟数据", "us_power simulates nothing"),
            expected=Text("不给 --rows", "no --rows"),
            found=both(f"--rows {rows}"),
            remedy=Text("去掉 --rows，用 --data 指明文件", "leave --rows out and name the file with --data"),
        )
    if seed is not None:
        config = config.model_copy(update={"study": config.study.model_copy(update={"seed": seed})})
    file = data if data is not None else find(config)
    require_readable(file)
    files = {file.name: file_sha256(file)} if file.is_file() else {}
    with ExitStack() as stack:
        reporter: Reporter = Silent() if quiet else stack.enter_context(Bar(_WORK))
        run = stack.enter_context(
            Run("us_power", {"config": config.model_dump(mode="json"), "data": files}, out, reporter, inputs=files)
        )
        panel = plants(file)
        reports = _estimate(run, config, panel)
    return Finished(run.finish(), reports, 1, time.perf_counter() - start)


def plants(file: Path) -> Panel:
    """The plants with positive generation, fuel, CO2 and capacity, and their main fuel by heat."""
    panel = drop_invalid(load_us_power(file))
    panel = panel.keep(pl.col("co2_t") > 0, Text("没有 CO2 排放", "no CO2"))
    kinds = [name for name in FUELS if name in panel.frame.columns]
    largest = pl.max_horizontal(kinds)
    main_fuel = pl.coalesce(
        *(pl.when(pl.col(name) == largest).then(pl.lit(FUELS[name][0])) for name in kinds), pl.lit("other")
    )
    return panel.with_columns(main_fuel.alias("main_fuel"))


def find(config: PowerStudy) -> Path:
    """The plant file in the first of the study's places that has it."""
    for place in config.study.places:
        path = Path(place) / config.study.file
        if path.is_file():
            return path
    raise InputError(
        Text("没有找到美国电厂面板", "the US plant panel was not found"),
        expected=both(config.study.file),
        found=Text("在 {p} 中都没有", "in none of {p}").format(p=", ".join(config.study.places)),
        remedy=Text("用 --data 指明文件", "name the file with --data"),
    )


def _estimate(run: Run, config: PowerStudy, panel: Panel) -> tuple[Path, ...]:
    done = run.step(
        "models",
        Text("四个模型", "four models"),
        lambda: _fit(panel, config, Watched(Threads(), run.reporter, 0.25)),
        Objects[tuple[Rival, ...]](),
        options={"config": config.model_dump(mode="json"), "data": run.inputs},
        rows=panel.n,
        weight=12.0,
    )
    table = models_table(done.value, _LABELS, simulated=False)
    run.place(render_step(run, table, (done,), weight=0.5), "exhibits")
    reports = run.place(render_step(run, _document(panel, run, table), (done,), weight=5.0))
    return tuple(path for path in reports if path.suffix in (".pdf", ".html"))


def _fit(panel: Panel, config: PowerStudy, engine: Engine) -> tuple[Rival, ...]:
    part = config.technology

    def technology(returns: Returns, reference: Reference) -> Technology:
        return Technology(part.inputs, part.good, part.bad, returns, group_by=part.group_by, reference=reference)

    found = rivals(
        panel,
        (
            Plan(TRANSLOG, LIKELIHOOD, "translog_ml", technology("bic", "global")),
            Plan(TRANSLOG, PROGRAMMING, "translog_lp", technology("variable", "global")),
            Plan(QUADRATIC, PROGRAMMING, "quadratic", technology("variable", "global")),
        ),
        engine,
    )
    drawn = Text("抽样 {n} 厂", "{n} plants drawn").format(n=config.study.envelopment_plants)
    plan = Plan(ENVELOPMENT, drawn, "envelopment", technology("variable", "contemporaneous"))
    return (*found, *rivals(_sample(panel, config), (plan,), engine))


def _sample(panel: Panel, config: PowerStudy) -> Panel:
    """Plants drawn without replacement: the envelopment solves one linear programme per plant and year."""
    names = panel.frame[panel.id].unique().sort()
    draw = np.random.default_rng(config.study.seed).permutation(len(names))[: config.study.envelopment_plants]
    return panel.keep(pl.col(panel.id).is_in(names.gather(draw).implode()), Text("未抽中", "not drawn"))


def _document(panel: Panel, run: Run, table: Table) -> Document:
    return Document(
        key="report",
        title=Text("美国火电厂的碳边际减排成本", "The marginal abatement cost of CO2 in US fossil power plants"),
        subtitle=Text("真实数据，2016–2019", "Real data, 2016–2019"),
        abstract=(
            Text(
                "{n} 个电厂-年份，按主要燃料分组，四个模型并列。没有已知的真值：表中写明每个模型能否识别及其依据。",
                "{n} plant-years grouped by main fuel, four models side by side. There is no known truth: the table "
                "says of each model whether it is identified, and why.",
            ).format(n=f"{panel.n:,}"),
        ),
        chapters=(Chapter(Text("数据", "Data"), _data_words(panel)), _results_chapter(table)),
        colophon=colophon(run),
        simulated=False,
    )


def _data_words(panel: Panel) -> tuple[Text, ...]:
    """Where the rows come from, how many burn what, which were dropped."""
    fuels = panel.frame["main_fuel"].value_counts().sort("main_fuel").rows()
    words = dict(FUELS.values())
    by_fuel = Text(
        "；".join(f"{words[c].zh} {n:,}" for c, n in fuels), "; ".join(f"{words[c].en} {n:,}" for c, n in fuels)
    )
    usable = Text("{d}。可用 {n} 行：{f}。", "{d}. {n} usable rows: {f}.").format(
        d=panel.provenance.name, n=f"{panel.n:,}", f=by_fuel
    )
    gone = [
        Text("{reason} {n} 行", "{reason} ({n} rows)").format(reason=d.reason, n=f"{d.rows:,}") for d in panel.drops
    ]
    return (usable, Text("删去：{g}。", "Dropped: {g}.").format(g=joined(gone))) if gone else (usable,)


def _results_chapter(table: Table) -> Chapter:
    return Chapter(
        Text("结果", "Results"),
        (
            Text(
                "边际减排成本以少发的电量计：每少排一吨 CO2 要少发多少千瓦时。",
                "The marginal abatement cost (MAC) is counted in power not generated: kWh given up per tonne "
                "of CO2 avoided.",
            ),
        ),
        (table,),
    )
