"""Where the firms come from: the simulated survey, or a table of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.studies.cmri2024.results import Truth
from dualcarbon.studies.config import FirmStudy


@dataclass(frozen=True, slots=True)
class Source:
    """The firm table, and its truth where it is simulated."""

    panel: Panel
    truth: Truth | None


def load(config: FirmStudy, data: Path | None) -> Source:
    """The user's table where one is named, else the simulated survey of the study's size and seed.

    A ``.toml`` names a study file as `dualcarbon init` writes it; anything else is a data file whose columns
    carry the schema's own names.
    """
    if data is None:
        return _simulated(config)
    from dualcarbon.panel import read, read_declared

    panel = read_declared(data) if data.suffix == ".toml" else read(data, schema="firm")
    return Source(panel, None)


def _simulated(config: FirmStudy) -> Source:
    from dualcarbon.panel import simulate_survey

    survey = simulate_survey(config.study.rows, config.study.seed, factors=config.co2.factors)
    truth = survey.truth
    industries = truth.industries.select(
        "industry2",
        pl.col("mac_median").alias("truth_mac_median"),
        pl.col("room_mean").alias("truth_room_mean"),
    )
    return Source(survey.panel, Truth(industries, truth.effects))
