"""The chain follows the truth it is given, and the check fails when the truth is a wrong one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.engines.threads import Threads
from dualcarbon.panel.survey import simulate_survey
from dualcarbon.panel.survey_noise import Noise
from dualcarbon.panel.truth import ReportTruth
from dualcarbon.studies.cmri2024.chain import estimate
from dualcarbon.studies.cmri2024.recovery import checks
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.config import FirmStudy, shipped

ROWS = 60_000


def chain(truth: ReportTruth | None = None, noise: Noise | None = None) -> Results:
    config = shipped("cmri2024", FirmStudy)
    options = {"truth": truth or ReportTruth()} | ({} if noise is None else {"noise": noise})
    survey = simulate_survey(ROWS, 2024, factors=config.co2.factors, **options)
    return estimate(survey, config, Threads(2))


@pytest.fixture(scope="module")
def results() -> Results:
    return chain()


def test_every_planted_truth_is_found_under_noise_and_contamination(results: Results) -> None:
    found = checks(results)
    assert len(found) == 11
    assert [c.name.en for c in found if not c.held] == []


def test_without_noise_the_median_industry_is_within_three_per_cent() -> None:
    found = checks(chain(noise=Noise.none()), noisy=False)
    assert [c.name.en for c in found if not c.held] == []


def test_another_truth_is_followed() -> None:
    found = checks(chain(ReportTruth().scaled(mac=3.0, effects=2.0)))
    assert [c.name.en for c in found if not c.held] == []
    co2 = next(c for c in found if c.name.en == "digital use on ln CO2: coal, oil, power")
    assert co2.truth == pytest.approx(-2.8192, abs=1e-9)


def test_a_wrong_truth_is_seen(results: Results) -> None:
    assert results.truth is not None
    wrong_levels = replace(results, industries=results.industries.with_columns(pl.col("truth_mac_median") * 1.2))
    assert not checks(wrong_levels)[0].held
    shuffled = replace(results, industries=results.industries.with_columns(pl.col("truth_mac_median").reverse()))
    assert not checks(shuffled)[1].held
    found = [results.regressions[name] for name in results.truth.effects["name"]]
    moved = results.truth.effects.with_columns(pl.Series("estimand", [float(e.coef[0] + 3.0 * e.se[0]) for e in found]))
    wrong_effects = replace(results, truth=replace(results.truth, effects=moved))
    assert not any(c.held for c in checks(wrong_effects)[2:])


def test_real_data_have_no_truth_to_check(results: Results, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="simulated"):
        checks(replace(results, truth=None))
