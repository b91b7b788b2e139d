"""Thresholds and words of the verdict."""

from __future__ import annotations

import math

import numpy as np
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
        (evidence.doubtful, 0.12, 0.121),
        (evidence.level_apart, 0.3, 0.31),
        (evidence.level_apart, 0.0, math.nan),
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
    wide, large, both = (evidence.spread(*pair) for pair in ((5.1, 1.0), (1.0, 4.1), (14.0, 110.0)))
    assert (
        wide is not None and wide.text.en == "p99/p1 of carbon intensity is 5.1, more than the 5 this model can carry"
    )
    assert large is not None and "首个投入" in large.text.zh and "碳强度" not in large.text.zh
    assert both is not None and both.text.en.count("p99/p1") == 2


def test_a_range_without_end_is_written_with_its_sign() -> None:
    found = evidence.near_range(math.inf)
    assert found is not None and "∞ log points" in found.text.en and "相差 ∞" in found.text.zh


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
        (1.2, 0.7, 1.05, True),
        (1.2, 1.15, 1.05, False),
        (1.2, 1.3, 1.05, False),
        (1.0, 1.0, 0.95, False),
        (1.2, math.nan, 1.0, False),
        (1.2, 1.0, -0.1, False),
    ],
)
def test_noise_explains_where_instruments_go_half_the_way(
    pooled: float, instrumented: float, corrected: float, explained: bool
) -> None:
    levels = {"pooled": pooled, "iv": instrumented, "noise": corrected}
    assert evidence.noise_explains({k: evidence.Level(v, 1.0) for k, v in levels.items()}) is explained


def levels(**elasticities: float) -> dict[str, evidence.Level]:
    return {name: evidence.Level(value, 1.0) for name, value in elasticities.items()}


AGREED = {"pooled": 0.1, "noise": 0.0999, "iv": 0.1, "within": 0.1, "within_noise": 0.099}


def test_limits_can_be_others() -> None:
    assert evidence.doubtful(0.2, 0.25) is None
    found = evidence.doubtful(0.3, 0.25)
    assert found is not None and "30 %" in found.text.en and "25 %" in found.text.zh
    assert evidence.near_range(0.5, 0.6) is None


def test_hidden_gap_compares_the_two_without_noise() -> None:
    assert evidence.hidden_gap(levels(noise=0.1, within_noise=0.12)) == pytest.approx(math.log(1.2), rel=1e-12)
    assert math.isnan(evidence.hidden_gap(levels(noise=0.1)))
    assert math.isnan(evidence.hidden_gap(levels(noise=math.nan, within_noise=0.12)))


@pytest.mark.parametrize(
    ("changed", "reach", "choice"),
    [
        ({}, 2.0, "pooled"),
        ({"noise": 0.08, "within_noise": 0.1}, 2.0, "within"),
        ({"noise": 0.08, "within_noise": 0.1}, 0.7, "pooled"),
        ({"noise": 0.08, "within_noise": 0.1}, math.nan, "pooled"),
        ({"noise": 0.08, "within_noise": 0.09, "iv": 0.08}, 2.0, "noise_removed"),
        ({"noise": 0.08, "within_noise": math.nan, "iv": 0.08}, 2.0, "noise_removed"),
        ({"noise": 0.06, "within_noise": 0.08, "iv": 0.06}, 2.0, "within"),
    ],
)
def test_choice_of_the_level(changed: dict[str, float], reach: float, choice: str) -> None:
    assert evidence.choose_level(levels(**(AGREED | changed)), reach) == choice
    finding = evidence.hidden(choice, 0.3)
    assert (finding is not None) == (choice == "within")
    missed = evidence.hidden(choice, 0.3, taken=False)
    assert missed is None or "takes for technology" in missed.text.en


def test_risk_rises_with_what_the_panel_leaves_open() -> None:
    """Each piece of evidence alone makes the risk larger, and the agreed case is nearly safe."""
    safe = evidence.risk(levels(**AGREED), 0.0, False)
    assert safe < 0.01
    noisy = AGREED | {"noise": 0.085}
    for first, second in (
        (evidence.risk(levels(**noisy), 0.0, True), evidence.risk(levels(**noisy), 0.0, False)),
        (evidence.risk(levels(**noisy), 0.0, True), evidence.risk(levels(**noisy), 0.1, True)),
        (safe, evidence.risk(levels(**(AGREED | {"within": 0.14})), 0.0, False)),
        (safe, evidence.risk(levels(**(AGREED | {"iv": 0.14})), 0.0, False)),
        (safe, evidence.risk(levels(**(AGREED | {"within": math.nan, "iv": math.nan})), 0.0, False)),
    ):
        assert first < second
    assert evidence.risk(levels(**(AGREED | {"pooled": math.nan})), 0.0, False) == 1.0


def test_risk_is_the_logistic_it_says() -> None:
    """By hand: p = .1, c = .09, v = .08, w = .12."""
    p, c = 0.1 / 1.1, 0.09 / 1.09
    share = (p - c) * ((1 - p) ** 2 + p**2) / (1 - 2 * p)
    hidden, noise = math.log1p(share / p**2), math.log(0.1 / 0.09)
    score = (
        -2.14
        + 1.95 * math.log(hidden)
        - 1.14 * math.log(noise)
        + 0.89 * math.log(math.log(0.09 / 0.08))
        + 4.30 * math.log(1.2)
        + 18.6 * 0.03
        + 2.60 * noise
    )
    found = evidence.risk(levels(pooled=0.1, noise=0.09, iv=0.08, within=0.12), 0.03, False)
    assert found == pytest.approx(1 / (1 + math.exp(-score)), rel=1e-12)


@pytest.mark.parametrize(
    ("y", "b", "words"),
    [
        ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], "imputed from output"),
        ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], "same at every row"),
        ([4.0, 4.0, 4.0], [1.0, 2.0, 3.0], "same at every row"),
        ([1.0, 2.0, 3.0], [1.0, 3.0, 2.0], None),
    ],
)
def test_outputs_that_do_not_vary_identify_no_price(y: list[float], b: list[float], words: str | None) -> None:
    found = evidence.one_ratio(np.log(y), np.log(b))
    assert (found is None) == (words is None)
    if found is not None and words is not None:
        assert found.verdict == "weakly_identified"
        assert words in found.text.en
        assert found.text.zh
