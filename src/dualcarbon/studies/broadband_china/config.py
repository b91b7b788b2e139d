"""The study file of the Broadband China study, typed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualcarbon.studies.config import Strict

Years = tuple[int, int]


class StudyPart(Strict):
    """Name, seed, placebo draws."""

    name: str
    seed: int = Field(ge=0)
    draws: int = Field(ge=19)


class DataPart(Strict):
    """First and last year of each source."""

    summed_years: Years
    ceads_years: Years
    simulated_years: Years


class PolicyPart(Strict):
    """The policy, the outcome, and whom the pilots are compared with."""

    list: str
    outcome: str
    comparison: Literal["never", "not_yet"]
    county: Literal["leave", "treat_city", "drop_city"]
    window: tuple[int, int]
    concurrent: tuple[str, ...]


class BroadbandStudy(Strict):
    """The study file."""

    study: StudyPart
    data: DataPart
    policy: PolicyPart
