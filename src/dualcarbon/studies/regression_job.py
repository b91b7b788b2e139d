"""Regressions on a user's table: read, estimate, one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dualcarbon import effects
from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.exhibit import Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Language, Text, both
from dualcarbon.studies.userdata import accounted, declared, folder_of, is_study_file

KEY = "regression"
FORMATS = ("csv", "xlsx", "docx", "tex", "html", "pdf", "json")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says.

    Attributes
    ----------
    data : Path
        Data file, or study.toml whose [data] maps columns and units and whose [co2] accounts for `co2_t`.
    formulas : one column each
    cluster, vcov, weights : as for `effects.fit`
    id, time : key columns of a data file
    show : regressors with rows of their own; all if empty
    drop_collinear : leave collinear regressors out instead of stopping
    reading : schema, sheet, encoding, separator
    """

    data: Path
    formulas: tuple[str, ...]
    cluster: str | None = None
    vcov: str | None = None
    weights: str | None = None
    id: str | None = None
    time: str | None = None
    show: tuple[str, ...] = ()
    drop_collinear: bool = False
    reading: Mapping[str, str] = field(default_factory=dict)


def run(asked: Asked) -> Table:
    """The table of the regressions.

    Raises
    ------
    InputError, SchemaError
        The file cannot be read, or a column is absent.
    ConfigError
        A formula or an option cannot be read.
    DataError, NotIdentifiedError
        A regression cannot be estimated, or regressors are collinear.
    """
    panel = _panel(asked)
    found = effects.fit_many(
        asked.formulas, panel, cluster=asked.cluster, vcov=asked.vcov, weights=asked.weights
    )  # fmt: skip
    if not asked.drop_collinear:
        for formula, estimate in zip(asked.formulas, found, strict=True):
            _require_distinct(formula, estimate)
    titles = [estimate.depvar for estimate in found] if len({e.depvar for e in found}) > 1 else None
    return effects.regression_table(
        found,
        titles,
        key=KEY,
        number=Text("回归结果", "Regression"),
        show=asked.show or None,
        wording=effects.Wording(panel=panel),
        notes=tuple(both(f"({j}) {formula}") for j, formula in enumerate(asked.formulas, start=1)),
        provenance=panel.provenance,
    )


def write(table: Table, out: Path, languages: Sequence[Language]) -> list[Path]:
    """The table in every format, in these languages."""
    from dualcarbon.report import render

    return render(table, out, languages, FORMATS)


def _panel(asked: Asked) -> Panel:
    if is_study_file(asked.data):
        if asked.id or asked.time:
            raise ConfigError(
                Text("--id、--time 只用于数据文件", "--id and --time are for data files"),
                expected=Text(
                    "study.toml 的 [data.columns] 已指明关键列", "keys mapped in [data.columns] of study.toml"
                ),
                found=both(f"--id {asked.id}, --time {asked.time}"),
                remedy=Text("删去它们", "leave them out"),
            )
        return accounted(declared(asked.data, asked.reading).load(folder_of(asked.data)), asked.data)
    from dualcarbon.panel.plain import read_plain

    return read_plain(asked.data, id=asked.id, time=asked.time, **asked.reading)


def _require_distinct(formula: str, estimate: Estimate) -> None:
    if not estimate.collinear:
        return
    raise NotIdentifiedError(
        Text("解释变量共线：{c}", "collinear regressors: {c}").format(c=", ".join(estimate.collinear)),
        expected=Text(
            "每个解释变量在效应与其他变量之外有变动", "every regressor varies beyond the effects and the others"
        ),
        found=Text("{f}：{k} 个变量共线（{n} 行）", "{f}: {k} collinear ({n} rows)").format(
            f=formula, k=len(estimate.collinear), n=f"{estimate.n:,}"
        ),
        remedy=Text(
            "从公式中删去它们，或少吸收效应；或加 --drop-collinear 略去并注明",
            "remove them from the formula or absorb fewer effects; or add --drop-collinear to leave them out, noted",
        ),
    )
