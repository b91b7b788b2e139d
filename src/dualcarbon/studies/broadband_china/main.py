"""Did Broadband China lower city CO2: on the user's city emissions, or on simulated cities where there are none."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.engines.threads import Threads
from dualcarbon.studies.broadband_china.analysis import Checked, Estimated, check, estimate
from dualcarbon.studies.broadband_china.config import BroadbandStudy
from dualcarbon.studies.broadband_china.document import build_document, exhibits
from dualcarbon.studies.broadband_china.samples import sources
from dualcarbon.studies.broadband_china.source import CEADS_FILE, COUNTY_FILE, source_folder
from dualcarbon.studies.broadband_china.verdict import verdict
from dualcarbon.studies.config import shipped
from dualcarbon.studies.finished import Finished
from dualcarbon.studies.progress import Bar, Reporter, Silent, Watched
from dualcarbon.studies.rendering import colophon, render_step
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Objects, file_sha256

_WORK = 40.0


def main(*, rows: int | None, data: Path | None, out: Path, seed: int | None, drop: bool, quiet: bool) -> Finished:
    """Run the study; `data` is the folder that holds the emission files. Unusable rows always drop, counted."""
    start = time.perf_counter()
    config = shipped("broadband_china", BroadbandStudy)
    if rows is not None:
        raise ConfigError(
            Text("broadband_china 的行数由城市与年份决定", "rows of broadband_china follow from cities and years"),
            expected=Text("不给 --rows", "no --rows"),
            found=both(f"--rows {rows}"),
            remedy=Text("去掉 --rows，用 --data 指明数据的文件夹", "leave --rows out; name the folder with --data"),
        )
    if seed is not None:
        config = config.model_copy(update={"study": config.study.model_copy(update={"seed": seed})})
    folder = source_folder(data)
    files = _hashes(folder)
    with ExitStack() as stack:
        reporter: Reporter = Silent() if quiet else stack.enter_context(Bar(_WORK))
        options = {"config": config.model_dump(mode="json"), "data": files}
        run = stack.enter_context(Run("broadband_china", options, out, reporter, inputs=files))
        reports, shown, remarks = _run(run, config, folder)
    return Finished(run.finish(), reports, shown, time.perf_counter() - start, remarks)


def _hashes(folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    held = (folder / name for name in (COUNTY_FILE, CEADS_FILE))
    return {path.name: file_sha256(path) for path in held if path.is_file()}


def _run(run: Run, config: BroadbandStudy, folder: Path | None) -> tuple[tuple[Path, ...], int, tuple[Text, ...]]:
    """The steps: estimates, checks, exhibits, report."""
    every = sources(config, folder)
    options = {"config": config.model_dump(mode="json"), "data": run.inputs}
    found = run.step(
        "estimates",
        Text("各估计方法", "estimators"),
        lambda: estimate(every[0], config),
        Objects[Estimated](),
        options=options,
        rows=every[0].panel.n,
        weight=15.0,
    )
    checked = run.step(
        "checks",
        Text("检验", "checks"),
        lambda: check(found.value, every, config, Watched(Threads(), run.reporter)),
        Objects[Checked](),
        options=options,
        needs=(found,),
        rows=every[0].panel.n,
        weight=15.0,
    )
    document = build_document(every, found.value, checked.value, colophon(run))
    items = exhibits(document)
    for item in items:
        run.place(render_step(run, item, (found, checked), weight=0.3), "exhibits")
    reports = run.place(render_step(run, document, (found, checked), weight=5.0))
    remarks = (*found.value.match.notes, *verdict(found.value, checked.value))
    return tuple(path for path in reports if path.suffix in (".pdf", ".html")), len(items), remarks
