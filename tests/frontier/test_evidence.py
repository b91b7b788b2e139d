"""Thresholds and words of the verdict."""

from __future__ import annotations

import math

import pytest

from dualcarbon.frontier import evidence


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.0, None), (0.3, None), (0.31, "weakly_identified"), (0.6, "weakly_identified"), (0.61, "trivial")],
)
def test_room(value: float, verdict: str | None) -> None:
    found = evidence.room(value)
    assert (found and found.verdict) == verdict


def test_room_takes_other_limits() -> None:
    assert evidence.room(0.5, weak=0.6, trivial=0.9) is None
    found = evidence.room(0.7, weak=0.6, trivial=0.9)
    assert found is not None
    assert found.verdict == "weakly_identified"
    assert "0.6" in found.text.en


def test_room_that_cannot_be_computed_is_trivial() -> None:
    found = evidence.room(math.nan)
    assert found is not None
    assert found.verdict == "trivial"


@pytest.mark.parametrize(
    ("finding", "within", "beyond"),
    [
        (evidence.bracket, 0.35, 0.36),
        (evidence.level_shift, -0.1, -0.11),
        (evidence.near_range, 0.4, 0.41),
        (evidence.skew, 0.01, 0.0),
    ],
)
def test_thresholds(finding: object, within: float, beyond: float) -> None:
    assert callable(finding)
    assert finding(within) is None
    assert finding(beyond).verdict == "weakly_identified"


def test_missing_bracket_is_said() -> None:
    found = evidence.bracket(math.nan)
    assert found is not None
    assert found.verdict == "weakly_identified"
    assert "not available" in found.text.en
    assert "不可得" in found.text.zh


def test_spread_takes_either() -> None:
    assert evidence.spread(5.0, 4.0) is None
    assert evidence.spread(5.1, 1.0) is not None
    assert evidence.spread(1.0, 4.1) is not None


def test_few_rows_are_said() -> None:
    assert evidence.few(9, 9) is None
    finding = evidence.few(8, 9)
    assert finding is not None and finding.verdict == "weakly_identified"
    assert "8" in finding.text.zh and "(9)" in finding.text.en


def test_exact_relations_are_trivial() -> None:
    assert evidence.tied(1e-5) is None
    found = evidence.tied(1e-7)
    assert found is not None
    assert found.verdict == "trivial"


def test_convergence() -> None:
    assert evidence.convergence(True, 1.0) is None
    found = evidence.convergence(False, 2e-3)
    assert found is not None
    assert "2.0e-03" in found.text.en


def test_judge_takes_the_worst_and_tells_all() -> None:
    verdict, why = evidence.judge([None, evidence.bracket(0.5), evidence.room(0.7), evidence.skew(-0.2)])
    assert verdict == "trivial"
    assert why.en.count("; ") == 2
    assert why.zh.count("；") == 2
    assert "0.50" in why.en
    assert "0.7 超过 0.6" in why.zh
    assert evidence.judge([evidence.bracket(0.5)])[0] == "weakly_identified"
    verdict, why = evidence.judge([None, None])
    assert verdict == "identified"
    assert why.en
    assert why.zh


@pytest.mark.parametrize(
    ("pooled", "instrumented", "corrected", "explained"),
    [
        (1.2, 1.0, 1.02, True),
        (1.2, 1.0, 0.97, True),
        (1.2, 1.0, 1.19, False),
        (1.2, 1.0, 0.80, False),
        (1.0, 1.0, 0.95, False),
        (1.2, math.nan, 1.0, False),
        (1.2, 1.0, -0.1, False),
    ],
)
def test_noise_explains_where_the_correction_closes_half_the_gap(
    pooled: float, instrumented: float, corrected: float, explained: bool
) -> None:
    levels = {"pooled": pooled, "iv": instrumented, "noise": corrected}
    assert evidence.noise_explains({k: evidence.Level(v, 1.0) for k, v in levels.items()}) is explained
