"""The simulated survey at the report's size, and its CO2 accounts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from dualcarbon.accounting import account
from dualcarbon.panel.survey import Survey, simulate_survey
from registry import benchmark

SIZE = "1,009,114 rows"


@cache
def survey() -> Survey:
    return simulate_survey()


@benchmark("simulate the survey", size=SIZE)
def simulation() -> Callable[[], object]:
    return simulate_survey


@benchmark("CO2 of coal, oil and power, one national grid factor", size=SIZE)
def national() -> Callable[[], object]:
    panel = survey().panel
    return lambda: account(panel, boundary="coal_oil_power", factors="cn_2015")


@benchmark("CO2 of coal, oil and power, grid factors by province and year", size=SIZE)
def provincial() -> Callable[[], object]:
    panel = survey().panel
    return lambda: account(panel, boundary="coal_oil_power", factors="cn_province_2021")
