"""Options of the matching objects, and weights on a handful of units."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.policy.matching import Kernel, Nearest, Scores, Weighting

TREATED = Scores(np.array([0.0, 2.0]), np.array([0.5, 0.88]))
POOL = Scores(np.array([1.0, -3.0, 0.2]), np.array([0.73, 0.05, 0.55]))


def test_nearest_on_log_odds_or_probability() -> None:
    assert Nearest(caliper=None).weights(TREATED, POOL).pool.tolist() == [1.0, 0.0, 1.0]
    assert Nearest(caliper=None, k=2).weights(TREATED, POOL).pool.tolist() == [1.0, 0.0, 1.0]
    narrow = Nearest(caliper=0.1, on="probability").weights(TREATED, POOL)
    assert narrow.pool.tolist() == [0.0, 0.0, 1.0] and narrow.found.tolist() == [True, False]


def test_the_caliper_is_in_deviations_of_the_log_odds() -> None:
    deviation = np.std(np.concatenate([TREATED.index, POOL.index]), ddof=1)
    for share, found in ((0.999, False), (1.001, True)):
        weights = Nearest(caliper=share * 1.0 / deviation).weights(TREATED, POOL)
        assert weights.found.tolist() == [True, found]


def test_without_replacement_the_highest_propensity_chooses_first() -> None:
    one = Scores(np.array([0.5]), np.array([0.6]))
    weights = Nearest(caliper=None, replacement=False).weights(TREATED, one)
    assert weights.found.tolist() == [False, True] and weights.pool.tolist() == [1.0]


def test_weighting_is_by_odds() -> None:
    weights = Weighting().weights(TREATED, POOL)
    odds = np.exp(POOL.index)
    np.testing.assert_allclose(weights.pool, 2 * odds / odds.sum(), rtol=1e-13)


def test_a_kernel_that_reaches_nobody_finds_nobody() -> None:
    weights = Kernel(0.01).weights(TREATED, POOL)
    assert not weights.found.any() and not weights.pool.any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Nearest(k=0),
        lambda: Nearest(caliper=-1.0),
        lambda: Nearest(on="distance"),  # type: ignore[arg-type]
        lambda: Kernel(0.0),
    ],
)
def test_options_that_cannot_be_used_are_refused(make: object) -> None:
    with pytest.raises(ConfigError):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    "match", [Nearest(), Nearest(None, replacement=False), Nearest(0.05, on="probability"), Kernel(), Weighting()]
)
def test_every_way_says_what_it_does_in_both_languages(match: object) -> None:
    said = match.words  # type: ignore[attr-defined]
    assert "{" not in said.zh + said.en and said.zh != said.en
