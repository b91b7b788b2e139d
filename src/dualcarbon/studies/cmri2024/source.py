"""Where the firms come from: the simulated survey, or a table of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dualcarbon.core.panel import Panel
from dualcarbon.panel import simulate_survey
from dualcarbon.studies.cmri2024.chain import known_truth
from dualcarbon.studies.cmri2024.results import Truth
from dualcarbon.studies.config import FirmStudy
from dualcarbon.studies.userdata import sound_panel


@dataclass(frozen=True, slots=True)
class Source:
    """The firm table, and its truth where it is simulated."""

    panel: Panel
    truth: Truth | None


def load(config: FirmStudy, data: Path | None, drop: bool) -> Source:
    """The user's table where one is named, checked, else the simulated survey of the study's size and seed."""
    if data is not None:
        return Source(sound_panel(data, drop), None)
    survey = simulate_survey(config.study.rows, config.study.seed, factors=config.co2.factors)
    return Source(survey.panel, known_truth(survey))
