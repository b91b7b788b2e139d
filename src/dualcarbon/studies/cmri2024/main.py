"""The road of the main job: firm table, CO2, frontier, effects, exhibits, report."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from dualcarbon.core.exhibit import Exhibit
from dualcarbon.core.files import write_parquet
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text
from dualcarbon.engines.threads import Threads
from dualcarbon.panel import load_panel
from dualcarbon.studies.cmri2024 import chain, real_panels
from dualcarbon.studies.cmri2024.adoption import AdoptionResults
from dualcarbon.studies.cmri2024.document import build_document, build_exhibits
from dualcarbon.studies.cmri2024.market import MarketResults
from dualcarbon.studies.cmri2024.recovery import checks
from dualcarbon.studies.cmri2024.results import Refused, Regressions, Results
from dualcarbon.studies.cmri2024.source import Source, load
from dualcarbon.studies.config import FirmStudy, overridden, shipped
from dualcarbon.studies.finished import Finished
from dualcarbon.studies.panels import Rival
from dualcarbon.studies.progress import Bar, Reporter, Silent, Watched
from dualcarbon.studies.rendering import colophon, render_step
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Done, Objects
from dualcarbon.studies.userdata import inputs, is_study_file

_WORK = 67.0


@dataclass(frozen=True, slots=True)
class Steps:
    """The finished steps that the exhibits read."""

    firms: Done[Panel]
    source: Done[Source]
    default: Done[FrontierResult]
    quadratic: Done[FrontierResult]
    regressions: Done[Regressions]
    market: Done[MarketResults | Refused]
    adoption: Done[AdoptionResults | Refused]
    real: tuple[Done[tuple[Rival, ...]], ...]

    @property
    def needs(self) -> tuple[Done[Any], ...]:
        """All of them, as the needs of a rendering step."""
        estimated = (self.firms, self.default, self.quadratic, self.regressions, self.market, self.adoption)
        return (*estimated, *self.real)


def main(*, rows: int | None, data: Path | None, out: Path, seed: int | None, drop: bool, quiet: bool) -> Finished:
    """Run the study and return where its files lie."""
    start = time.perf_counter()
    config = _config(rows, seed, data)
    options: dict[str, object] = {"config": config.model_dump(mode="json")}
    files = inputs(data)
    with ExitStack() as stack:
        reporter: Reporter = Silent() if quiet else stack.enter_context(Bar(_WORK))
        run = stack.enter_context(
            Run("cmri2024", {**options, "data": files, "drop_invalid": drop}, out, reporter, inputs=files)
        )
        steps = _estimate(run, config, data, drop)
        results = _results(config, steps)
        reports, exhibits = _write(run, results, steps)
    return Finished(run.finish(), reports, len(exhibits), time.perf_counter() - start, _remarks(results))


def _config(rows: int | None, seed: int | None, data: Path | None) -> FirmStudy:
    config = shipped("cmri2024", FirmStudy)
    if data is not None and is_study_file(data):
        config = overridden(config, data)
    changes = {k: v for k, v in (("rows", rows), ("seed", seed)) if v is not None}
    return config.model_copy(update={"study": config.study.model_copy(update=changes)})


def _estimate(run: Run, config: FirmStudy, data: Path | None, drop: bool) -> Steps:
    source = _source_step(run, config, data, drop)
    firms = _accounts_step(run, config, source)
    default = _frontier_step(run, config, firms, chain.DEFAULT, 15.0)
    quadratic = _frontier_step(run, config, firms, chain.REPLICATION, 8.0)
    effects = _effects_step(run, config, firms, default)
    market = _market_step(run, config, firms, default, quadratic, effects)
    adoption = _adoption_step(run, config, firms, effects)
    real = tuple(_real_step(run, panel) for panel in real_panels.PANELS)
    return Steps(firms, source, default, quadratic, effects, market, adoption, real)


def _source_step(run: Run, config: FirmStudy, data: Path | None, drop: bool) -> Done[Source]:
    study = {
        "rows": config.study.rows,
        "seed": config.study.seed,
        "data": run.inputs,
        "drop": drop,
        "factors": config.co2.factors,
    }
    return run.step(
        "source",
        Text("读入或模拟企业表", "read or simulate the firm table"),
        partial(load, config, data, drop),
        Objects[Source](),
        options=study,
        rows=config.study.rows if data is None else 0,
        weight=5.0,
    )


def _accounts_step(run: Run, config: FirmStudy, source: Done[Source]) -> Done[Panel]:
    table = source.value.panel
    return run.step(
        "accounts",
        Text("核算 CO2", "account for CO2"),
        lambda: chain.prepared(table, config),
        Objects[Panel](),
        options={"co2": config.co2.model_dump(), "technology": config.technology.model_dump()},
        needs=(source,),
        rows=table.n,
        weight=2.0,
    )


def _frontier_step(run: Run, config: FirmStudy, done: Done[Panel], model: str, weight: float) -> Done[FrontierResult]:
    engine = Watched(Threads(), run.reporter)
    return run.step(
        f"frontier_{model}",
        Text("前沿：{m}", "frontier: {m}").format(m=model),
        lambda: chain.fitted(done.value, config, model, engine),
        Objects[FrontierResult](),
        options={"model": model, "technology": config.technology.model_dump()},
        needs=(done,),
        rows=done.value.n,
        weight=weight,
    )


def _effects_step(run: Run, config: FirmStudy, firms: Done[Panel], default: Done[FrontierResult]) -> Done[Regressions]:
    panel = firms.value
    return run.step(
        "effects",
        Text("数字技术的效应", "effects of digital use"),
        lambda: chain.regressed(panel, default.value, config, run.reporter),
        Objects[Regressions](),
        options=config.effects.model_dump(),
        needs=(firms, default),
        rows=panel.n,
        weight=8.0,
    )


def _market_step(
    run: Run,
    config: FirmStudy,
    firms: Done[Panel],
    default: Done[FrontierResult],
    quadratic: Done[FrontierResult],
    effects: Done[Regressions],
) -> Done[MarketResults | Refused]:
    return run.step(
        "market",
        Text("碳市场", "carbon market"),
        lambda: chain.traded(firms.value, (default.value, quadratic.value), effects.value, config, Threads()),
        Objects[MarketResults | Refused](),
        options={"market": config.market.model_dump(), "seed": config.study.seed},
        needs=(firms, default, quadratic, effects),
        rows=firms.value.n,
        weight=6.0,
    )


def _adoption_step(
    run: Run, config: FirmStudy, firms: Done[Panel], effects: Done[Regressions]
) -> Done[AdoptionResults | Refused]:
    return run.step(
        "adoption",
        Text("小企业政策", "policies for small firms"),
        lambda: chain.adopted(firms.value, effects.value, config),
        Objects[AdoptionResults | Refused](),
        options={"adoption": config.adoption.model_dump(), "seed": config.study.seed},
        needs=(firms, effects),
        rows=firms.value.n,
        weight=1.0,
    )


def _real_step(run: Run, real: real_panels.RealPanel) -> Done[tuple[Rival, ...]]:
    panel = load_panel(real.name)
    return run.step(
        real.name,
        Text("真实面板：{n}", "real panel: {n}").format(n=real.labels.name),
        lambda: real_panels.fit(real, panel, Watched(Threads(), run.reporter, 0.25)),
        Objects[tuple[Rival, ...]](),
        options={"panel": real.name},
        rows=panel.n,
        weight=2.0,
    )


def _results(config: FirmStudy, steps: Steps) -> Results:
    return chain.assembled(
        config,
        steps.firms.value,
        (steps.default.value, steps.quadratic.value),
        steps.regressions.value,
        steps.market.value,
        steps.adoption.value,
        steps.source.value.truth,
    )


def _write(run: Run, results: Results, steps: Steps) -> tuple[tuple[Path, ...], dict[str, Exhibit]]:
    tables = tuple(
        table
        for real, done in zip(real_panels.PANELS, steps.real, strict=True)
        for table in real_panels.exhibits(real, load_panel(real.name), done.value)
    )
    exhibits = build_exhibits(results) | {table.key: table for table in tables}
    document = build_document(results, exhibits, real_panels.chapter(tables), colophon(run))
    for exhibit in exhibits.values():
        run.place(render_step(run, exhibit, steps.needs, weight=0.5), "exhibits")
    reports = run.place(render_step(run, document, steps.needs, weight=8.0))
    write_parquet(run.folder / "firms.parquet", _firms_table(steps))
    return tuple(path for path in reports if path.suffix in (".pdf", ".html")), exhibits


def _firms_table(steps: Steps) -> pl.DataFrame:
    """Firm-level results: keys, industry, CO2, and the default frontier's columns."""
    panel = steps.firms.value
    table = steps.default.value.table
    known = [name for name in ("industry2", "industry4", "province") if name in panel.frame.columns]
    return panel.frame.select(*known, "co2_t", "co2_coal_t").hstack(table)


def _remarks(results: Results) -> tuple[Text, ...]:
    if results.truth is None:
        return ()
    found = checks(results)
    failed = [c.name for c in found if not c.held]
    remark = Text("真值核对：{k}/{n} 项成立", "truth recovered: {k} of {n} checks held").format(
        k=len(found) - len(failed), n=len(found)
    )
    return (remark, *(Text("未成立：{c}", "not held: {c}").format(c=name) for name in failed))
