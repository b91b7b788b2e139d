"""Where the firms come from: the simulated survey, or a table of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.studies.cmri2024.chain import known_truth
from dualcarbon.studies.cmri2024.results import Truth
from dualcarbon.studies.config import FirmStudy, existing, parse_toml, read_text, validated
from dualcarbon.studies.store import file_sha256

if TYPE_CHECKING:
    from dualcarbon.panel import DataConfig


@dataclass(frozen=True, slots=True)
class Source:
    """The firm table, and its truth where it is simulated."""

    panel: Panel
    truth: Truth | None


def load(config: FirmStudy, data: Path | None) -> Source:
    """The user's table where one is named, else the simulated survey of the study's size and seed."""
    if data is None:
        return _simulated(config)
    return Source(declared(data).load(data.parent if data.suffix == ".toml" else "."), None)


def declared(data: Path) -> DataConfig:
    """How the user's table is read.

    A ``.toml`` is a study file as `dualcarbon init` writes it, with the table in its ``[data]``; anything else is a
    data file whose columns carry the schema's own names.
    """
    from dualcarbon.panel import DataConfig

    if data.suffix != ".toml":
        return DataConfig(path=str(data))
    part = parse_toml(read_text(data), data.name).get("data")
    if not isinstance(part, dict):
        raise ConfigError(
            Text("{p} 没有 [data] 一节", "{p} has no [data] section").format(p=data.name),
            expected=Text("dualcarbon init 写出的 study.toml", "a study.toml as dualcarbon init writes it"),
            found=both(", ".join(parse_toml(read_text(data), data.name)) or "-"),
            remedy=Text("先运行 dualcarbon init 数据文件", "run dualcarbon init DATA first"),
        )
    return validated(part, DataConfig, f"{data.name} [data]")


def inputs(data: Path | None) -> dict[str, str]:
    """SHA-256 of every file the study reads, by name.

    Raises
    ------
    InputError
        If a file is not there.
    """
    if data is None:
        return {}
    table = data if data.suffix != ".toml" else data.parent / declared(data).path
    return {path.name: file_sha256(existing(path)) for path in dict.fromkeys((existing(data), table))}


def _simulated(config: FirmStudy) -> Source:
    from dualcarbon.panel import simulate_survey

    survey = simulate_survey(config.study.rows, config.study.seed, factors=config.co2.factors)
    return Source(survey.panel, known_truth(survey))
