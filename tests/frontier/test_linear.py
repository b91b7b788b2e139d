"""What both linear-programming models do beside the program: bracket, trims, words that are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import pytest

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.evidence import BRACKET_WEAK, LEVEL_APART_WEAK
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models._trims import carried, kept, log_range
from dualcarbon.frontier.models.quadratic import QuadraticModel
from dualcarbon.frontier.models.translog_lp import TranslogLinearModel

SAME = 1e-9
"""The same program reached from other rows ends at the same vertex, to rounding."""


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData
    mac: np.ndarray

    def technology(self, returns: str) -> Technology: ...


Model = QuadraticModel | TranslogLinearModel
MODELS: list[tuple[Model, str]] = [(QuadraticModel(), "variable"), (TranslogLinearModel(), "constant")]


def solve(model: Model, simulated: Industry, returns: str, data: GroupData | None = None) -> GroupFit:
    return model.solve(data or simulated.data, simulated.technology(returns), Direction.proportional())


def test_hidden_intensity_does_not_pass_as_identified(industry: Callable[..., Industry]) -> None:
    clean, hidden = industry(n=2700, seed=1), industry(n=2700, seed=1, hidden=0.7)
    model = TranslogLinearModel()
    first, second = solve(model, clean, "constant"), solve(model, hidden, "constant")
    assert first.verdict == "identified", first.why.en
    assert first.facts["bracket_range"] < 0.25
    assert second.facts["bracket_range"] > BRACKET_WEAK
    assert second.verdict != "identified"
    assert "takes for technology" in second.why.en
    assert "本估计把它当作技术" in second.why.zh
    priced = second.mac > 0.0
    assert np.median(np.abs(np.log(second.mac[priced] / hidden.mac[priced]))) > 0.3


def test_an_envelope_that_strays_from_the_likelihood_is_not_identified(industry: Callable[..., Industry]) -> None:
    """Little hidden intensity: the three estimators agree, the envelope of all firms does not."""
    hidden = industry(n=2700, seed=3, hidden=0.4)
    found = solve(TranslogLinearModel(), hidden, "constant")
    facts = found.facts
    assert facts["bracket_range"] < BRACKET_WEAK
    furthest = max(
        abs(np.log(facts[f"elasticity_{name}"] / facts["elasticity_fit"])) for name in ("pooled", "within", "iv")
    )
    assert facts["fit_apart"] == pytest.approx(furthest) and furthest > BRACKET_WEAK
    u, data = found.inefficiency, hidden.data
    own = np.nanmedian((found.mac * data.b / data.y * np.exp(-2.0 * u))[found.status == CODE["ok"]])
    assert facts["elasticity_fit"] == pytest.approx(own, rel=SAME)
    assert found.verdict == "weakly_identified"
    assert facts["level_apart"] > LEVEL_APART_WEAK
    assert "which the evidence chooses" in found.why.en and "由证据选定" in found.why.zh


@pytest.mark.parametrize(("model", "returns"), MODELS)
def test_the_bracket_is_that_of_the_rows_of_the_fit(
    industry: Callable[..., Industry], model: Model, returns: str
) -> None:
    simulated = industry(n=1800, seed=2, hidden=0.7)
    found = solve(model, simulated, returns)
    known = [np.log(found.facts[f"elasticity_{name}"]) for name in ("pooled", "within", "iv")]
    assert found.facts["bracket_range"] == pytest.approx(max(known) - min(known))
    alone = replace(simulated.data, b=np.where(found.status == CODE["outlier"], 0.0, simulated.data.b))
    again = solve(replace(model, screen=False), simulated, returns, alone)
    assert again.facts["bracket_range"] == pytest.approx(found.facts["bracket_range"], rel=SAME)


@pytest.mark.parametrize(("model", "returns"), MODELS)
def test_without_the_bracket_nothing_is_identified(
    industry: Callable[..., Industry], model: Model, returns: str
) -> None:
    simulated = industry(n=900, seed=3)
    found = solve(replace(model, bracket=False), simulated, returns)
    assert found.verdict != "identified" and "bracket=False" in found.why.en and "bracket=False" in found.why.zh
    assert np.isnan(found.facts["bracket_range"])
    assert set(found.facts) == set(solve(model, simulated, returns).facts)


def test_one_year_alone_is_not_identified(industry: Callable[..., Industry]) -> None:
    found = solve(TranslogLinearModel(), industry(n=900, seed=4, years=1), "constant")
    assert found.verdict == "weakly_identified" and "not available" in found.why.en


@pytest.mark.parametrize(("model", "returns"), MODELS)
def test_trims_are_fits_to_the_trimmed_rows(industry: Callable[..., Industry], model: Model, returns: str) -> None:
    simulated = industry(n=1200, seed=5, noise=0.1)
    data = simulated.data
    found = solve(replace(model, screen=False, bracket=False), simulated, returns)
    plausible = solve(replace(model, bracket=False), simulated, returns).status != CODE["outlier"]
    for name, share in (("mac_trim_1", 0.01), ("mac_trim_5", 0.05)):
        trimmed = replace(data, b=np.where(kept(data.y, data.b, share), data.b, 0.0))
        alone = model.plan(trimmed, simulated.technology(returns)).fit(trimmed.b > 0.0, False, np.empty((0, 2), int))
        rows = plausible[trimmed.b > 0.0] & (alone.t[0] > 1e-7) & (alone.t[0] < 1.0 - 1e-7)
        assert found.facts[name] == pytest.approx(float(np.median(alone.price[0, rows])), rel=1e-6)
    medians = [found.facts[f"mac_{name}"] for name in ("screened", "untreated", "trim_1", "trim_5")]
    assert found.facts["trim_range"] == pytest.approx(np.log(max(medians) / min(medians)))
    assert found.facts["trim_range"] > 1.0
    assert found.facts["mac_untreated"] == pytest.approx(found.facts["mac_median"], rel=0.05)


@pytest.mark.parametrize(("model", "returns"), MODELS)
def test_trims_can_be_left_out(industry: Callable[..., Industry], model: Model, returns: str) -> None:
    simulated = industry(n=900, seed=6)
    found, without = (solve(replace(model, trims=on, bracket=False), simulated, returns) for on in (True, False))
    assert np.array_equal(found.mac, without.mac, equal_nan=True)
    assert np.isnan(without.facts["trim_range"]) and np.isfinite(found.facts["trim_range"])
    assert set(found.facts) == set(without.facts)


def test_a_trim_keeps_the_middle_of_the_positive_intensities() -> None:
    rng = np.random.default_rng(7)
    y, b = np.exp(rng.normal(size=1000)), np.exp(rng.normal(size=1000))
    b[:100] = 0.0
    rows = kept(y, b, 0.05)
    assert not rows[:100].any() and rows.sum() == 900 - 2 * 45
    inside, outside = (b / y)[rows], (b / y)[100:][~rows[100:]]
    assert ((outside < inside.min()) | (outside > inside.max())).all()
    assert np.array_equal(kept(y, b, 0.0), b > 0.0)


def test_rows_are_carried_by_observation() -> None:
    source, target = np.array([1, 0, 1, 1, 1], dtype=bool), np.array([0, 1, 1, 0, 1], dtype=bool)
    entered = np.array([[0, 0], [0, 1], [2, 2], [3, 3]])
    assert carried(entered, source, target).tolist() == [[0, 1], [3, 2]]


def test_the_range_of_medians_that_do_not_exist_is_infinite() -> None:
    assert log_range([1.0, np.e]) == pytest.approx(1.0)
    assert log_range([1.0, np.nan]) == np.inf and log_range([0.0, 1.0]) == np.inf
