"""One frontier model on a user's table: settings, fit, result files, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dualcarbon import frontier, market
from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import Exhibit
from dualcarbon.core.files import write_parquet, write_text, write_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text, both
from dualcarbon.engines.threads import Threads
from dualcarbon.frontier.model import Model
from dualcarbon.frontier.pictures import pictures
from dualcarbon.studies.config import existing, parse_toml, read_text
from dualcarbon.studies.finished import Finished
from dualcarbon.studies.frontier_job.config import SECTIONS, FrontierJob, configured
from dualcarbon.studies.frontier_job.document import document
from dualcarbon.studies.frontier_job.proposal import completed, to_toml
from dualcarbon.studies.frontier_job.tables import tables
from dualcarbon.studies.panels import verdict
from dualcarbon.studies.progress import Bar, Reporter, Silent, Watched
from dualcarbon.studies.rendering import colophon, render_step
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Done, Objects, file_sha256
from dualcarbon.studies.userdata import (
    inputs,
    is_study_file,
    require_columns,
    require_some_positive,
    sound_panel,
)

_WORK = 30.0
_THIS = Text("这个前沿", "this frontier")
_GROUPED = Text("{c} 缺失", "{c} missing")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says: the table, how it is read, the settings, the model that goes first."""

    data: Path
    config: Path | None = None
    model: str | None = None
    drop: bool = False
    reading: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A job that can run: its settings, the model object, the table with its CO2."""

    job: FrontierJob
    model: Model
    panel: Panel


def main(asked: Asked, out: Path, *, quiet: bool, say: Callable[[str], None] = print) -> Finished:
    """Fit the model and write its files.

    Parameters
    ----------
    out : Path
        Folder of runs.
    say : of str
        Where settings are shown that were proposed because no file gives them.

    Raises
    ------
    ConfigError, SchemaError, InputError, DataError
        If the settings, the table or the model do not fit each other.
    StorageError
        If the folder cannot be written.
    """
    start = time.perf_counter()
    files = _inputs(asked)
    with ExitStack() as stack:
        reporter: Reporter = Silent() if quiet else stack.enter_context(Bar(_WORK))
        ready = _ready(asked, reporter)
        if asked.config is None:
            say(to_toml(ready.job))
        options = {"job": ready.job.model_dump(mode="json"), "data": files, "drop_invalid": asked.drop}
        options |= {"reading": dict(asked.reading or {})}
        run = stack.enter_context(Run("frontier", options, out, reporter, inputs=files))
        done = _fit(run, ready, options)
        reports, exhibits = _write(run, ready, done)
        return Finished(run.finish(), reports, exhibits, time.perf_counter() - start, _remarks(done.value))


def propose(asked: Asked) -> str:
    """The settings of the job as TOML, with all that was not given filled in."""
    panel = sound_panel(asked.data, asked.drop, asked.reading or {})
    return to_toml(completed(_given(asked), panel, _where(asked)))


def _inputs(asked: Asked) -> dict[str, str]:
    files = inputs(asked.data)
    return files if asked.config is None else {**files, asked.config.name: file_sha256(existing(asked.config))}


def _where(asked: Asked) -> str:
    return asked.config.name if asked.config is not None else asked.data.name


def _given(asked: Asked) -> dict[str, dict[str, Any]]:
    """Sections said by the study file, over them those of the settings file, over them the model named aloud."""
    found: dict[str, Any] = {}
    if is_study_file(asked.data):
        sections = parse_toml(read_text(asked.data), asked.data.name)
        found = {name: part for name, part in sections.items() if name in SECTIONS}
    if asked.config is not None:
        for name, part in parse_toml(read_text(asked.config), asked.config.name).items():
            known = found.get(name)
            found[name] = {**known, **part} if isinstance(known, dict) and isinstance(part, dict) else part
    if asked.model is not None and found.get("model", {}).get("name") != asked.model:
        found["model"] = {"name": asked.model}
    return found


def _ready(asked: Asked, reporter: Reporter) -> Ready:
    start = time.perf_counter()
    reporter.begin(Text("读入 {d}", "read {d}").format(d=asked.data.name), 0, 3.0)
    given = _given(asked)
    panel = sound_panel(asked.data, asked.drop, asked.reading or {})
    job = completed(given, panel, _where(asked))
    model = configured(job.model)
    panel = _usable(_accounted(panel, job), job)
    reporter.end(time.perf_counter() - start, read_back=False)
    return Ready(job, model, panel)


def _accounted(panel: Panel, job: FrontierJob) -> Panel:
    if job.co2 is None:
        return panel
    from dualcarbon.accounting import account

    return account(panel, boundary=job.co2.boundary, factors=job.co2.factors)


def _usable(panel: Panel, job: FrontierJob) -> Panel:
    """The rows whose groups are known, after the columns were found to be there and to hold something."""
    technology = job.technology.built()
    steps = [step for _, step in job.direction.built().columns if isinstance(step, str)]
    numbers = (*technology.inputs, *technology.goods, *technology.bads, *steps)
    require_columns(panel, (*numbers, *technology.group_by), _THIS)
    for name in numbers:
        require_some_positive(panel, name, _THIS)
    for name in technology.group_by:
        panel = panel.keep(pl.col(name).is_not_null(), _GROUPED.format(c=name))
    _require_rows(panel, (*technology.inputs, *technology.goods), technology.bads)
    return panel


def _require_rows(panel: Panel, positive: tuple[str, ...], bads: tuple[str, ...]) -> None:
    arrays = panel.arrays(*positive, *bads)
    good = [np.isfinite(v) & (v > 0.0 if i < len(positive) else v >= 0.0) for i, v in enumerate(arrays)]
    if not bool(np.logical_and.reduce(good).any()):
        lacking = ", ".join(
            f"{name}: {panel.n - int(np.count_nonzero(ok)):,}"
            for name, ok in zip((*positive, *bads), good, strict=True)
        )
        raise DataError(
            Text("没有一行可用", "no row can be used"),
            expected=Text(
                "至少一行，投入与产出为正、排放不缺", "a row with positive inputs and goods, bads not missing"
            ),
            found=Text("共 {n} 行，各列不可用的行数：{l}", "{n} rows; rows unusable by column: {l}").format(
                n=f"{panel.n:,}", l=lacking
            ),
            remedy=Text(
                "检查列映射与缺失值，或改 [technology] 所用的列",
                "check the mapping and the missing values, or change the columns of [technology]",
            ),
        )


def _fit(run: Run, ready: Ready, options: Mapping[str, object]) -> Done[FrontierResult]:
    job, panel = ready.job, ready.panel
    return run.step(
        f"frontier_{job.model.name}",
        Text("前沿：{m}", "frontier: {m}").format(m=job.model.name),
        lambda: frontier.fit(
            panel,
            job.technology.built(),
            job.direction.built(),
            ready.model,
            engine=Watched(Threads(), run.reporter),
        ),
        Objects[FrontierResult](),
        options=options,
        rows=panel.n,
        weight=15.0,
    )


def _write(run: Run, ready: Ready, done: Done[FrontierResult]) -> tuple[tuple[Path, ...], int]:
    panel, result = ready.panel, done.value
    found = tables(panel, result)
    figures = pictures(panel, result)
    exhibits: tuple[Exhibit, ...] = (*found, *figures)
    for exhibit in exhibits:
        run.place(render_step(run, exhibit, (done,), weight=0.7), "exhibits")
    report = document(panel, result, ready.model, found, figures, colophon(run))
    reports = run.place(render_step(run, report, (done,), weight=6.0))
    written = [
        write_text(run.folder / "model.toml", to_toml(ready.job)),
        *_results(run.folder, panel, result),
    ]
    shown = [path for path in reports if path.suffix in (".pdf", ".html")]
    return (*shown, *written), len(exhibits)


def _results(folder: Path, panel: Panel, result: FrontierResult) -> tuple[Path, ...]:
    """Keys, groups, the first bad, every column of the result, what a market needs beside; and the diagnostics."""
    technology = result.technology
    beside = [n for n in (*technology.group_by, technology.bad) if n not in result.table.columns]
    keys = [panel.id, panel.time]
    table = result.table.select(keys).hstack(panel.frame.select(beside)).hstack(result.table.drop(keys))
    table = table.hstack(_for_market(panel, result, table.columns))
    return (
        write_parquet(folder / "results.parquet", table),
        write_whole(folder / "results.csv", partial(_csv, table)),
        write_whole(folder / "diagnostics.csv", partial(_csv, result.diagnostics)),
    )


def _for_market(panel: Panel, result: FrontierResult, known: list[str]) -> pl.DataFrame:
    """The first good and, of a quadratic frontier, curvature and scale: with them the file can be cleared."""
    good = panel.frame.select(n for n in (result.technology.good,) if n not in known)
    if not result.model.startswith("quadratic"):
        return good
    return good.hstack(market.firms_of(result, panel).select("mu", "scale"))


def _csv(table: pl.DataFrame, draft: Path) -> None:
    with draft.open("wb") as file:
        table.write_csv(file)


def _remarks(result: FrontierResult) -> tuple[Text, ...]:
    shares = ", ".join(f"{name} {rows:,} ({100 * share:.1f} %)" for name, rows, share in result.shares().rows())
    return (
        Text("状态：{s}", "rows by status: {s}").format(s=both(shares)),
        Text("前沿的判定：{v}", "verdicts on the frontiers: {v}").format(v=verdict(result)),
        *result.warnings,
    )
